"""The judge of zebra puzzles: every clue met, one rule a clue kind."""

from __future__ import annotations

from functools import partial

from verimill.schemas.core import Judge, Recount, Status, Step, TraceVerdict
from verimill.schemas.logic.zebra import ROW_KINDS, Answer, Problem, positions_of
from verimill.verifiers.arrangements import clue_rules, first_broken, relation
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Different, Relation


def broken(kind: str, problem: Problem, answer: Answer) -> str | None:
    return first_broken(kind, problem.clues, partial(positions_of, problem, answer), problem.size, False)


def board(problem: Problem) -> Board:
    n = problem.size
    relations: dict[str, Relation] = {}
    for a, attribute in enumerate(problem.attributes):
        relations[f"the {attribute}s"] = Different(tuple(range(a * n, a * n + n)), True)
    for number, clue in enumerate(problem.clues, 1):
        relations[f"clue {number}"] = relation(clue, n, False)
    full = (1 << n) - 1
    return Board(problem.words, tuple(map(str, range(1, n + 1))), (full,) * len(problem.words), relations)


def _values(problem: Problem, answer: Answer | None) -> tuple[int, ...] | None:
    return None if answer is None else tuple(p - 1 for p in positions_of(problem, answer))


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    return check_on(board(problem), steps, _values(problem, answer))


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    return recount_on(board(problem), status, _values(problem, answer))


JUDGE = Judge(
    rules=clue_rules(broken, ROW_KINDS),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, _values),
)
