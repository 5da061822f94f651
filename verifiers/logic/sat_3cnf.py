"""3-SAT in words: an assignment is held against every statement, a set of statements is given to a SAT solver."""

from __future__ import annotations

import re
from functools import partial

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.logic.sat_3cnf import Answer, Problem
from verimill.verifiers.boards import Board
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.relations import allowed
from verimill.verifiers.steps import walk

MAX_DEPTH = 64  # of suppositions within suppositions


def _false_statement(problem: Problem, answer: Answer) -> str | None:
    """Every statement is true when the listed facts are true and all others false."""
    if not answer.possible:
        return None
    listed = set(answer.true)
    true = {i if atom in listed else -i for i, atom in enumerate(problem.atoms, 1)}
    for at, clause in enumerate(problem.clauses, 1):
        if true.isdisjoint(clause):
            return f"statement {at} would be false"
    return None


def _too_many(problem: Problem, answer: Answer) -> str | None:
    """No more statements are named than the problem allows."""
    if not answer.possible and len(answer.statements) > problem.most:
        return f"at most {problem.most} statements may be named, got {len(answer.statements)}"
    return None


def _no_clash(problem: Problem, answer: Answer) -> str | None:
    """The named statements cannot all be true."""
    if answer.possible:
        return None
    if _satisfiable([problem.clauses[at - 1] for at in answer.statements], "minisat22"):
        return f"the {len(answer.statements)} named statements can all be true together"
    return None


def _satisfiable(clauses: list[tuple[int, int, int]], engine: str) -> bool:
    from pysat.solvers import Solver

    with Solver(name=engine, bootstrap_with=clauses) as solver:
        return bool(solver.solve())


# ---------------------------------------------------------------- steps


class _Checker:
    """The literals that stand, and the judging of one more step."""

    def __init__(self, problem: Problem, answer: Answer) -> None:
        self.problem = problem
        self.answer = answer
        self.named = set(answer.statements)
        self.literal = {atom: i for i, atom in enumerate(problem.atoms, 1)}
        self.literal |= {f"not {atom}": -i for i, atom in enumerate(problem.atoms, 1)}
        self.known: set[int] = set()
        self.refuted = False

    def fact(self, text: str) -> int:
        if text not in self.literal:
            raise ValueError(f"expected a fact or not and a fact, got {text!r:.40}")
        return self.literal[text]

    def clause(self, text: str) -> tuple[int, int, int]:
        word, _, number = text.partition(" ")
        if word != "statement" or not number.isdecimal() or len(number) > 3:
            raise ValueError(f"expected a statement, got {text!r:.40}")
        at = int(number)
        if not 1 <= at <= len(self.problem.clauses):
            raise ValueError(f"there is no statement {number}")
        if not self.answer.possible and at not in self.named:
            raise ValueError(f"statement {number} is not among those of the answer")
        return self.problem.clauses[at - 1]

    def top(self, step: Step) -> str | None:
        """Judge a step outside any supposition."""
        if self.refuted:
            return "nothing can follow a contradiction"
        return self.judge(step, self.known, 0)

    def judge(self, step: Step, known: set[int], depth: int) -> str | None:
        if len(step.claims) != 1:
            return f"a step must make one claim, got {len(step.claims)}"
        if step.rule == "contradiction":
            return self.contradiction(step, known, depth)
        claim = self.fact(step.claims[0])
        if claim in known or -claim in known:
            return f"{step.claims[0]!r:.40} is about a fact already settled"
        if step.rule == "suppose":
            why = self.suppose(step, claim, known, depth)
        elif step.sub:
            why = f"rule {step.rule!r:.20} has no sub-steps"
        elif step.rule == "decide":
            bare = not step.because and depth == 0 and self.answer.possible
            why = None if bare else "a choice cites nothing and belongs to an assignment only"
        elif step.rule == "unit":
            why = self.unit(step, claim, known)
        else:
            why = f"unknown rule {step.rule!r:.20}"
        if why is None:
            known.add(claim)
        return why

    def cited(self, step: Step, known: set[int]) -> tuple[tuple[int, int, int], set[int]]:
        """The statement that a step cites, and the literals of it that the cited facts make false."""
        if not step.because:
            raise ValueError("nothing is cited")
        clause = self.clause(step.because[0])
        false = {-self.fact(text) for text in step.because[1:]}
        for literal in false:
            if -literal not in known:
                raise ValueError(f"a cited fact is not established: {step.because[1:]!r:.80}")
        return clause, false

    def unit(self, step: Step, claim: int, known: set[int]) -> str | None:
        clause, false = self.cited(step, known)
        if claim not in clause:
            return f"{step.because[0]} does not mention {step.claims[0]!r:.40}"
        left = [literal for literal in clause if literal != claim and literal not in false]
        return f"{step.because[0]} leaves more open than {step.claims[0]!r:.40}" if left else None

    def contradiction(self, step: Step, known: set[int], depth: int) -> str | None:
        if step.claims[0] != "contradiction" or step.sub:
            return "rule and claim do not fit each other"
        clause, false = self.cited(step, known)
        if any(literal not in false for literal in clause):
            return f"{step.because[0]} is not false under the cited facts"
        if depth == 0:
            self.refuted = True
        return None

    def suppose(self, step: Step, claim: int, known: set[int], depth: int) -> str | None:
        if depth >= MAX_DEPTH or not step.sub or step.because:
            return "a supposition needs sub-steps and cites nothing"
        inner = known | {-claim}
        for at, below in enumerate(step.sub, 1):
            if below.number != at:
                return f"expected sub-step {at}, got {below.number}"
            if (below.rule == "contradiction") != (at == len(step.sub)):
                return "a supposition must end, and only end, in a contradiction"
            why = self.judge(below, inner, depth + 1)
            if why is not None:
                return f"sub-step {at}: {why}"
        return None


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Every step re-derived by unit propagation on its cited statement; together they give the answer.

    For an assignment the steps must settle every fact as the answer says; for named statements they must end
    in a contradiction outside any supposition, citing only those statements.
    """
    if answer is None:
        return TraceVerdict(0, 0, None, False, "every problem has an answer, none was given")
    checker = _Checker(problem, answer)

    def unfinished() -> str | None:
        if not answer.possible:
            return _too_many(problem, answer) if checker.refuted else "the trace reaches no contradiction"
        listed = set(answer.true)
        for i, atom in enumerate(problem.atoms, 1):
            if (i if atom in listed else -i) not in checker.known:
                return f"the trace does not settle {atom!r} as the answer has it"
        return _false_statement(problem, answer)

    return walk(steps, checker.top, unfinished)


# ---------------------------------------------------------------- recount


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """Up to 10 facts python-constraint2 searches for an assignment, beyond that cadical153 does."""
    n = len(problem.atoms)
    if n <= 10:
        method = "python-constraint2"
        possible = _by_constraints(problem)
    else:
        method = "cadical153"
        possible = _satisfiable(list(problem.clauses), method)
    if status != "one" or answer is None:
        return Recount(status == "one", method, "every problem has an answer")
    agrees = possible == answer.possible
    if agrees and not possible:
        agrees = not _satisfiable([problem.clauses[at - 1] for at in answer.statements], "cadical153")
    elif agrees:
        agrees = _false_statement(problem, answer) is None
    return Recount(agrees, method, f"{'possible' if possible else 'impossible'} found")


def _by_constraints(problem: Problem) -> bool:
    from constraint import Problem as Model

    model = Model()
    model.addVariables(list(range(1, len(problem.atoms) + 1)), [True, False])
    for a, b, c in problem.clauses:
        wanted = (a > 0, b > 0, c > 0)
        model.addConstraint(lambda x, y, z, w=wanted: x == w[0] or y == w[1] or z == w[2], [abs(a), abs(b), abs(c)])
    return model.getSolution() is not None


def _board(problem: Problem) -> Board:
    """The same problem as cells and relations, for claims in free text."""
    names = tuple(atom.partition(" ")[0] for atom in problem.atoms)
    relations = {}
    for at, clause in enumerate(problem.clauses, 1):
        relations[f"statement {at}"] = allowed([abs(i) - 1 for i in clause], partial(_met, clause))
    return Board(names, ("false", "true"), (3,) * len(names), relations)


def _met(clause: tuple[int, int, int], values: tuple[int, ...]) -> bool:
    return any(bool(value) == (literal > 0) for literal, value in zip(clause, values, strict=True))


_TRADE = re.compile(r"\b(?:is|be|were) (not )?an? ([a-z]+)")


def _plainly(problem: Problem, sentence: str) -> str:
    """`is not a weaver` as `weaver != true`; the other renderings already put the name first."""
    if problem.skin != "kinds":
        return sentence
    return _TRADE.sub(lambda m: f"{m[2]} {'!=' if m[1] else '='} true", sentence)


def _words(problem: Problem) -> dict[str, str]:
    words = dict.fromkeys(("used", "included", "yes", "in", "present"), "true") | {"unused": "false", "out": "false"}
    if problem.skin == "people":
        words |= {atom.rpartition(" ")[2]: "true" for atom in problem.atoms}
    return words


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(
        Rule("statements", _false_statement),
        Rule("size", _too_many),
        Rule("clash", _no_clash),
    ),
    check=check,
    recount=recount,
    claims=on_board(_board, None, _words, prepare=_plainly),
)
