"""The judge of seating puzzles: every clue met, one rule a clue kind."""

from __future__ import annotations

from functools import partial

from verimill.schemas.core import Judge, Recount, Status, Step, TraceVerdict
from verimill.schemas.logic.seating import SEAT_KINDS, Answer, Problem, seats_of
from verimill.verifiers.arrangements import clue_rules, first_broken, relation
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Different, Relation


def broken(kind: str, problem: Problem, answer: Answer) -> str | None:
    n = len(problem.people)
    return first_broken(kind, problem.clues, partial(seats_of, problem, answer), n, problem.shape == "round")


def board(problem: Problem) -> Board:
    n = len(problem.people)
    relations: dict[str, Relation] = {"the people": Different(tuple(range(n)), True)}
    for number, clue in enumerate(problem.clues, 1):
        relations[f"clue {number}"] = relation(clue, n, problem.shape == "round")
    return Board(problem.people, tuple(map(str, range(1, n + 1))), ((1 << n) - 1,) * n, relations)


def _values(problem: Problem, answer: Answer | None) -> tuple[int, ...] | None:
    return None if answer is None else tuple(seat - 1 for seat in seats_of(problem, answer))


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    return check_on(board(problem), steps, _values(problem, answer))


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    return recount_on(board(problem), status, _values(problem, answer))


JUDGE = Judge(
    rules=clue_rules(broken, SEAT_KINDS),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, _values),
)
