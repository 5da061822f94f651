"""Steps about who is a knight and who a knave, each re-derived from the statement that it cites."""

from __future__ import annotations

from verimill.schemas.core import Step, TraceVerdict
from verimill.schemas.formulas import parse
from verimill.schemas.logic.knights_knaves import Answer, Problem
from verimill.verifiers.logic.role_formulas import holds, may_be, possible, roles_of
from verimill.verifiers.steps import walk


class _Checker:
    """What the accepted steps have established, and the judging of one more."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.at = {name: i for i, name in enumerate(problem.names)}
        self.known: dict[int, bool] = {}
        self.checked: set[int] = set()
        self.refuted = False

    def fact(self, text: str) -> tuple[int, bool]:
        name, _, role = text.partition("=")
        if name not in self.at or role not in ("knight", "knave"):
            raise ValueError(f"expected NAME=knight or NAME=knave, got {text!r:.40}")
        return self.at[name], role == "knight"

    def statement(self, text: str) -> int:
        word, _, number = text.partition(" ")
        if word != "statement" or not number.isdecimal() or len(number) > 2:
            raise ValueError(f"expected a statement, got {text!r:.40}")
        if not 1 <= int(number) <= len(self.problem.statements):
            raise ValueError(f"there is no statement {number}")
        return int(number) - 1

    def top(self, step: Step) -> str | None:
        """Judge a step outside any supposition."""
        if self.refuted:
            return "nothing can follow a contradiction"
        if step.rule == "check":
            return self.check(step)
        if self.checked:
            return "deduction after the checks have begun"
        return self.judge(step, self.known, 0)

    def judge(self, step: Step, known: dict[int, bool], depth: int) -> str | None:
        if len(step.claims) != 1:
            return f"a step must make one claim, got {len(step.claims)}"
        if step.rule == "suppose":
            return self.suppose(step, known, depth)
        if step.sub:
            return f"rule {step.rule!r:.20} has no sub-steps"
        if step.rule not in ("speaker", "content", "either", "contradiction") or not step.because:
            return f"unknown rule {step.rule!r:.20} or nothing cited"
        speaker, formula = self.problem.statements[self.statement(step.because[0])]
        env = {}
        for text in step.because[1:]:
            who, role = self.fact(text)
            if known.get(who) is not role:
                return f"{text} is cited but not established"
            env[who] = role
        node = parse(formula)
        if (step.rule == "contradiction") != (step.claims[0] == "contradiction"):
            return "rule and claim do not fit each other"
        if step.rule == "contradiction":
            if possible(speaker, node, env):
                return f"{step.because[0]} does not contradict the cited facts"
            if depth == 0:
                self.refuted = True
            return None
        who, role = self.fact(step.claims[0])
        if who in known:
            return f"{step.claims[0]} is about somebody already known"
        if step.rule == "content" and speaker not in env:
            return "rule content needs the speaker's role"
        if step.rule == "speaker" and (who != speaker or may_be(node, env) == 3):
            return "rule speaker needs a statement that the cited facts settle"
        if possible(speaker, node, {**env, who: not role}):
            return f"{step.claims[0]} does not follow from {', '.join(step.because)}"
        known[who] = role
        return None

    def suppose(self, step: Step, known: dict[int, bool], depth: int) -> str | None:
        """A claim whose opposite is led to a contradiction by its sub-steps."""
        who, role = self.fact(step.claims[0])
        if who in known:
            return f"{step.claims[0]} is about somebody already known"
        if depth >= 12 or not step.sub or step.because:
            return "a supposition needs sub-steps and cites nothing"
        inner = {**known, who: not role}
        for at, below in enumerate(step.sub, 1):
            if below.number != at:
                return f"expected sub-step {at}, got {below.number}"
            if (below.rule == "contradiction") != (at == len(step.sub)):
                return "a supposition must end, and only end, in a contradiction"
            why = self.judge(below, inner, depth + 1)
            if why is not None:
                return f"sub-step {at}: {why}"
        known[who] = role
        return None

    def check(self, step: Step) -> str | None:
        if len(self.known) < len(self.problem.names):
            return "a check needs everybody's role"
        if len(step.because) != 1 or len(step.claims) != 1 or step.sub:
            return "a check cites one statement and claims its truth"
        at = self.statement(step.because[0])
        speaker, formula = self.problem.statements[at]
        roles = tuple(self.known[i] for i in range(len(self.problem.names)))
        value = holds(parse(formula), roles)
        if step.claims[0] != f"statement {at + 1} is {'true' if value else 'false'}" or at in self.checked:
            return f"wrong or repeated check of statement {at + 1}"
        if value != roles[speaker]:
            return f"statement {at + 1} does not fit its speaker"
        self.checked.add(at)
        return None


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Every step re-derived from its cited statement; they must reach `answer` (None: a contradiction)."""
    checker = _Checker(problem)

    def unfinished() -> str | None:
        if answer is None:
            return None if checker.refuted else "the trace reaches no contradiction"
        roles = roles_of(problem, answer)
        for i, name in enumerate(problem.names):
            if checker.known.get(i) is not roles[i]:
                return f"the trace does not establish what {name} is"
        if checker.checked and len(checker.checked) < len(problem.statements):
            return "some statements were checked, not all"
        return None

    return walk(steps, checker.top, unfinished)
