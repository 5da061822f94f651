"""Facts and rules: what cited statements give is worked out anew, by a worklist over single facts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.logic.deduction import ANYONE, Answer, Literal, Problem, fact_text, trait_text
from verimill.verifiers.claims_facts import FactsReader
from verimill.verifiers.steps import walk

Statement = tuple[Literal, ...]


def consequences(statements: Iterable[Statement]) -> set[Literal]:
    """All facts that the statements give."""
    waiting: dict[Literal, list[Statement]] = {}
    todo: list[Literal] = []
    for statement in statements:
        if len(statement) == 1:
            todo.append(statement[0])
        for condition in statement[:-1]:
            waiting.setdefault(condition, []).append(statement)
    known: set[Literal] = set()
    while todo:
        fact = todo.pop()
        if fact in known:
            continue
        known.add(fact)
        who, trait = fact
        for statement in waiting.get(fact, ()):
            if all(condition in known for condition in statement[:-1]):
                todo.append(statement[-1])
        for statement in waiting.get((ANYONE, trait), ()):
            if all((who, needed) in known for _, needed in statement[:-1]):
                todo.append((who, statement[-1][1]))
    return known


@lru_cache(maxsize=1024)
def _all(problem: Problem) -> frozenset[Literal]:
    """All facts that the problem's statements give; many answers are judged on one problem."""
    return frozenset(consequences(problem.statements))


def _target(problem: Problem, answer: Answer) -> Literal:
    who, trait = problem.question
    return (who, trait if answer.label == "true" else -trait)


def _unsupported(problem: Problem, answer: Answer) -> str | None:
    """The named statements give the question, or its opposite, as the label says."""
    if answer.label == "unknown":
        return None
    target = _target(problem, answer)
    if target in consequences(problem.statements[at - 1] for at in answer.statements):
        return None
    return f"{fact_text(problem, target)!r} does not follow from the named statements"


def _spare(problem: Problem, answer: Answer) -> str | None:
    """None of the named statements can be left out."""
    if answer.label == "unknown" or _unsupported(problem, answer) is not None:
        return None
    target = _target(problem, answer)
    for gone in answer.statements:
        if target in consequences(problem.statements[at - 1] for at in answer.statements if at != gone):
            return f"statement {gone} is not needed"
    return None


def _follows(problem: Problem, answer: Answer) -> str | None:
    """Where the answer is unknown, neither the question nor its opposite follows."""
    if answer.label != "unknown":
        return None
    who, trait = problem.question
    known = _all(problem)
    for literal in ((who, trait), (who, -trait)):
        if literal in known:
            return f"{fact_text(problem, literal)!r} follows"
    return None


def _not_as_known(problem: Problem, answer: Answer) -> str | None:
    """Where the answer is unknown, exactly what is known of the person is listed."""
    if answer.label != "unknown":
        return None
    who = problem.question[0]
    right = {trait_text(problem, trait) for person, trait in _all(problem) if person == who}
    listed = set(answer.known)
    for trait in answer.known:
        if trait not in right:
            return f"{trait!r} is not known of {problem.names[who]}"
    for trait in sorted(right):
        if trait not in listed:
            return f"{trait!r} is known of {problem.names[who]} and not listed"
    return None


# ---------------------------------------------------------------- steps


class _Checker:
    """The facts that stand, and the judging of one more step."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.literal = {
            fact_text(problem, (who, sign * trait)): (who, sign * trait)
            for who in range(len(problem.names))
            for trait in range(1, len(problem.traits) + 1)
            for sign in (1, -1)
        }
        self.known: set[Literal] = set()
        self.closed = False

    def fact(self, text: str) -> Literal:
        if text not in self.literal:
            raise ValueError(f"expected a person and a trait, got {text!r:.40}")
        return self.literal[text]

    def statement(self, text: str) -> Statement:
        word, _, number = text.partition(" ")
        if word != "statement" or not number.isdecimal() or len(number) > 3:
            raise ValueError(f"expected a statement, got {text!r:.40}")
        if not 1 <= int(number) <= len(self.problem.statements):
            raise ValueError(f"there is no statement {number}")
        return self.problem.statements[int(number) - 1]

    def judge(self, step: Step) -> str | None:
        if self.closed:
            return "nothing can follow the closing step"
        if len(step.claims) != 1 or step.sub:
            return "a step must make one claim and have no sub-steps"
        if step.rule == "closed":
            return self.close(step)
        if step.rule not in ("given", "apply") or not step.because:
            return f"unknown rule {step.rule!r:.20} or nothing cited"
        claim = self.fact(step.claims[0])
        if claim in self.known:
            return f"{step.claims[0]!r} was claimed before"
        statement = self.statement(step.because[0])
        cited = {self.fact(text) for text in step.because[1:]}
        if not cited <= self.known:
            return "a cited fact is not established"
        if (step.rule == "given") != (len(statement) == 1):
            return f"rule {step.rule} does not fit {step.because[0]}"
        who = claim[0] if statement[-1][0] == ANYONE else None
        conditions = {(person if who is None else who, trait) for person, trait in statement[:-1]}
        conclusion = (statement[-1][0] if who is None else who, statement[-1][1])
        if conclusion != claim or conditions != cited:
            return f"{step.because[0]} does not give {step.claims[0]!r} from the cited facts"
        self.known.add(claim)
        return None

    def close(self, step: Step) -> str | None:
        """No statement that could bear on the person asked about gives anything new."""
        if step.claims[0] != "nothing else follows" or step.because:
            return "the closing step claims that nothing else follows and cites nothing"
        people = range(len(self.problem.names))
        wanted: dict[Literal, list[tuple[Literal, ...]]] = {}
        for statement in self.problem.statements:
            for who in people if statement[-1][0] == ANYONE else (None,):
                real = tuple((person if who is None else who, trait) for person, trait in statement)
                wanted.setdefault(real[-1], []).append(real[:-1])
        asked = self.problem.question[0]
        todo = [(asked, sign * trait) for trait in range(1, len(self.problem.traits) + 1) for sign in (1, -1)]
        seen = set(todo)
        while todo:
            literal = todo.pop()
            for conditions in wanted.get(literal, ()):
                if literal not in self.known and all(condition in self.known for condition in conditions):
                    return f"{fact_text(self.problem, literal)!r} follows too"
                fresh = [condition for condition in conditions if condition not in seen]
                seen.update(fresh)
                todo.extend(fresh)
        self.closed = True
        return None


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Every step re-derived from its cited statement and facts; together they give the label and its reason."""
    checker = _Checker(problem)

    def unfinished() -> str | None:
        if answer is None:
            return "every question has an answer, none was given"
        if answer.label != "unknown":
            if checker.closed or _target(problem, answer) not in checker.known:
                return f"the trace does not reach {fact_text(problem, _target(problem, answer))!r}"
            return _unsupported(problem, answer) or _spare(problem, answer)
        if not checker.closed:
            return "the trace does not show that nothing else follows"
        return _follows(problem, answer) or _not_as_known(problem, answer)

    return walk(steps, checker.judge, unfinished)


# ---------------------------------------------------------------- recount


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """By cadical153: every fact and every opposite is a variable, statements are Horn clauses; a fact follows
    exactly when its denial cannot be satisfied."""
    from pysat.solvers import Solver

    traits = len(problem.traits)

    def variable(who: int, trait: int) -> int:
        return 2 * (who * traits + abs(trait)) + (trait < 0)

    with Solver(name="cadical153") as solver:
        for statement in problem.statements:
            for person in range(len(problem.names)) if statement[-1][0] == ANYONE else (0,):
                real = [variable(person if who == ANYONE else who, trait) for who, trait in statement]
                solver.add_clause([-x for x in real[:-1]] + [real[-1]])
        who, trait = problem.question
        yes = not solver.solve(assumptions=[-variable(who, trait)])
        no = not solver.solve(assumptions=[-variable(who, -trait)])
        known = {
            trait_text(problem, sign * k)
            for k in range(1, traits + 1)
            for sign in (1, -1)
            if not solver.solve(assumptions=[-variable(who, sign * k)])
        }
    found = "both" if yes and no else "true" if yes else "false" if no else "unknown"
    agrees = status == "one" and found != "both"
    if answer is not None:
        agrees = agrees and found == answer.label and (found != "unknown" or known == set(answer.known))
    return Recount(agrees, "cadical153", f"{found} found")


def _claims(problem: Problem, status: Status, answer: Answer | None) -> FactsReader:
    return FactsReader(problem.names, problem.traits, problem.statements, _all(problem))


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(
        Rule("support", _unsupported),
        Rule("spare", _spare),
        Rule("silence", _follows),
        Rule("known", _not_as_known),
    ),
    check=check,
    recount=recount,
    claims=_claims,
)
