"""Judges kakurasu: every row and every column adds up to its sum."""

from __future__ import annotations

from collections.abc import Sequence

from verimill.schemas.cells import cell_names
from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.grids.kakurasu import Answer, Problem
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.claims_board import BITS, on_board
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Relation, total


def _off(what: str, wanted: Sequence[int], lines: Sequence[str]) -> str | None:
    for k, (want, line) in enumerate(zip(wanted, lines, strict=True), 1):
        got = sum(i for i, digit in enumerate(line, 1) if digit == "1")
        if got != want:
            return f"{what} {k} must add up to {want}, got {got}"
    return None


def row_off(problem: Problem, answer: Answer) -> str | None:
    n = problem.size
    return _off("row", problem.rows, [answer[r * n : r * n + n] for r in range(n)])


def column_off(problem: Problem, answer: Answer) -> str | None:
    n = problem.size
    return _off("column", problem.cols, [answer[c::n] for c in range(n)])


def board(problem: Problem) -> Board:
    n = problem.size
    weights = range(1, n + 1)
    relations: dict[str, Relation] = {}
    for k in range(n):
        relations[f"row {k + 1}"] = total(range(k * n, k * n + n), problem.rows[k], problem.rows[k], 0, weights)
        relations[f"col {k + 1}"] = total(range(k, n * n, n), problem.cols[k], problem.cols[k], 0, weights)
    return Board(cell_names(n, n), ("0", "1"), (3,) * (n * n), relations)


def _values(answer: Answer | None) -> list[int] | None:
    return None if answer is None else [int(d) for d in answer]


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    return check_on(board(problem), steps, _values(answer))


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    return recount_on(board(problem), status, _values(answer))


JUDGE = Judge(
    rules=(Rule("row", row_off), Rule("col", column_off)),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, lambda problem, answer: _values(answer), BITS),
)
