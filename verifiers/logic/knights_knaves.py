"""Knights and knaves: every statement is weighed under the answer, by reading the formula and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.formulas import Node, parse
from verimill.schemas.logic.knights_knaves import SKINS, Answer, Problem
from verimill.verifiers.boards import Board
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.relations import allowed
from verimill.verifiers.steps import walk


def holds(node: Node, roles: tuple[bool, ...]) -> bool:
    """Whether the formula is true when `roles[i]` says that person i tells the truth."""
    head = node[0]
    if head == "k":
        return roles[node[1]]
    if head == "n":
        return not roles[node[1]]
    if head == "and":
        return holds(node[1], roles) and holds(node[2], roles)
    if head == "or":
        return holds(node[1], roles) or holds(node[2], roles)
    if head == "if":
        return not holds(node[1], roles) or holds(node[2], roles)
    if head == "iff":
        return holds(node[1], roles) == holds(node[2], roles)
    if head == "xor":
        return holds(node[1], roles) != holds(node[2], roles)
    if head == "not":
        return not holds(node[1], roles)
    found = sum(roles[i] for i in node[2])
    return bool(found == node[1] if head == "exactly" else found >= node[1] if head == "least" else found <= node[1])


def _roles(problem: Problem, answer: Answer) -> tuple[bool, ...]:
    truthful = SKINS[problem.skin][0]
    return tuple(word == truthful for _, word in answer)


def _false_knight(problem: Problem, answer: Answer) -> str | None:
    """Whoever is called truthful says nothing false."""
    roles = _roles(problem, answer)
    for at, (speaker, formula) in enumerate(problem.statements, 1):
        if roles[speaker] and not holds(parse(formula), roles):
            return f"statement {at} would be false, though {problem.names[speaker]} is called {answer[speaker][1]}"
    return None


def _true_knave(problem: Problem, answer: Answer) -> str | None:
    """Whoever is called a liar says nothing true."""
    roles = _roles(problem, answer)
    for at, (speaker, formula) in enumerate(problem.statements, 1):
        if not roles[speaker] and holds(parse(formula), roles):
            return f"statement {at} would be true, though {problem.names[speaker]} is called {answer[speaker][1]}"
    return None


# ---------------------------------------------------------------- steps


def _may_be(node: Node, env: dict[int, bool]) -> int:
    """What the formula can be under partial roles, part by part: 1 true, 2 false, 3 either."""
    head = node[0]
    if head in ("k", "n"):
        if node[1] not in env:
            return 3
        return 1 if env[node[1]] == (head == "k") else 2
    if head in ("exactly", "least", "most"):
        low = sum(1 for i in node[2] if env.get(i) is True)
        high = low + sum(1 for i in node[2] if i not in env)
        k = node[1]
        true = low <= k <= high if head == "exactly" else high >= k if head == "least" else low <= k
        false = not low == k == high if head == "exactly" else low < k if head == "least" else high > k
        return int(true) + 2 * int(false)
    if head == "not":
        return _flip(_may_be(node[1], env))
    a, b = _may_be(node[1], env), _may_be(node[2], env)
    if head == "if":
        a, head = _flip(a), "or"
    if head == "and":
        return (a & b & 1) | ((a | b) & 2)
    if head == "or":
        return ((a | b) & 1) | (a & b & 2)
    if a == 3 or b == 3:
        return 3
    return 1 if (a == b) == (head == "iff") else 2


def _flip(value: int) -> int:
    return value >> 1 | (value & 1) << 1


def _open(node: Node, env: dict[int, bool]) -> int | None:
    """Somebody in the formula whose role is not known."""
    if node[0] in ("k", "n"):
        return None if node[1] in env else node[1]
    if node[0] in ("exactly", "least", "most"):
        return next((i for i in node[2] if i not in env), None)
    for part in node[1:]:
        found = _open(part, env)
        if found is not None:
            return found
    return None


def _possible(speaker: int, node: Node, env: dict[int, bool]) -> bool:
    """Whether some roles that extend `env` let the speaker make the statement."""
    value = _may_be(node, env)
    if speaker in env:
        if not value & (1 if env[speaker] else 2):
            return False
        if value != 3:
            return True
    chosen = speaker if speaker not in env else _open(node, env)
    if chosen is None:
        return True
    return any(_possible(speaker, node, {**env, chosen: role}) for role in (True, False))


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
            if _possible(speaker, node, env):
                return f"{step.because[0]} does not contradict the cited facts"
            if depth == 0:
                self.refuted = True
            return None
        who, role = self.fact(step.claims[0])
        if who in known:
            return f"{step.claims[0]} is about somebody already known"
        if step.rule == "content" and speaker not in env:
            return "rule content needs the speaker's role"
        if step.rule == "speaker" and (who != speaker or _may_be_split(node, env) == 3):
            return "rule speaker needs a statement that the cited facts settle"
        if _possible(speaker, node, {**env, who: not role}):
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


def _may_be_split(node: Node, env: dict[int, bool]) -> int:
    """`_may_be` without its blindness to a person named twice: every role of every open person is tried."""
    value = _may_be(node, env)
    chosen = _open(node, env)
    if value != 3 or chosen is None:
        return value
    return _may_be_split(node, {**env, chosen: True}) | _may_be_split(node, {**env, chosen: False})


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Every step re-derived from its cited statement; they must reach `answer` (None: a contradiction)."""
    checker = _Checker(problem)

    def unfinished() -> str | None:
        if answer is None:
            return None if checker.refuted else "the trace reaches no contradiction"
        roles = _roles(problem, answer)
        for i, name in enumerate(problem.names):
            if checker.known.get(i) is not roles[i]:
                return f"the trace does not establish what {name} is"
        if checker.checked and len(checker.checked) < len(problem.statements):
            return "some statements were checked, not all"
        return None

    return walk(steps, checker.top, unfinished)


# ---------------------------------------------------------------- recount


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """All readings by python-constraint2, one boolean variable a person and one constraint a statement."""
    from constraint import Problem as Model

    model = Model()
    model.addVariables(list(range(len(problem.names))), [True, False])
    for speaker, formula in problem.statements:
        node = parse(formula)
        who = sorted({speaker, *_mentioned(node)})
        model.addConstraint(_agreement(speaker, node, who, len(problem.names)), who)
    found = []
    for solution in model.getSolutionIter():
        found.append(tuple(solution[i] for i in range(len(problem.names))))
        if len(found) == 2:
            break
    outcomes: tuple[Status, ...] = ("none", "one", "many")
    counted = outcomes[len(found)]
    agrees = counted == status and (status != "one" or answer is None or found[0] == _roles(problem, answer))
    return Recount(agrees, "python-constraint2", f"{counted} found, {status} expected")


def _mentioned(node: Node) -> Iterator[int]:
    if node[0] in ("k", "n"):
        yield node[1]
    elif node[0] in ("exactly", "least", "most"):
        yield from node[2]
    else:
        for part in node[1:]:
            yield from _mentioned(part)


def _agreement(speaker: int, node: Node, who: list[int], n: int) -> Callable[..., bool]:
    def fits(*values: bool) -> bool:
        roles = [False] * n
        for i, value in zip(who, values, strict=True):
            roles[i] = value
        return holds(node, tuple(roles)) == roles[speaker]

    return fits


def _board(problem: Problem) -> Board:
    """The same problem as cells and relations, for claims in free text."""
    relations = {}
    for at, (speaker, formula) in enumerate(problem.statements, 1):
        node = parse(formula)
        who = sorted({speaker, *_mentioned(node)})
        fits = _agreement(speaker, node, who, len(problem.names))
        relations[f"statement {at}"] = allowed(who, partial(_fits, fits))
    return Board(problem.names, ("knave", "knight"), (3,) * len(problem.names), relations)


def _fits(fits: Callable[..., bool], values: tuple[int, ...]) -> bool:
    return fits(*map(bool, values))


def _values(problem: Problem, answer: Answer) -> list[int]:
    return [int(role) for role in _roles(problem, answer)]


def _words(problem: Problem) -> dict[str, str]:
    truthful, lying = SKINS[problem.skin]
    return {truthful: "knight", lying: "knave", "truthful": "knight", "lying": "knave"}


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(Rule("knights", _false_knight), Rule("knaves", _true_knave)),
    check=check,
    recount=recount,
    claims=on_board(_board, _values, _words),
)
