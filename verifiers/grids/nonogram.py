"""Judges nonograms: the runs of filled cells in each row and column are those of its clue."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from verimill.schemas.cells import cell_names
from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.grids.nonogram import Answer, Problem, Runs
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.claims_board import BITS, on_board
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Line, Relation


@lru_cache(maxsize=8192)
def _runs(line: str) -> Runs:
    return tuple(map(len, line.replace("0", " ").split()))


def _off(what: str, wanted: Sequence[Runs], lines: Sequence[str]) -> str | None:
    for k, (want, line) in enumerate(zip(wanted, lines, strict=True), 1):
        got = _runs(line)
        if got != want:
            return f"{what} {k} must have runs {_listed(want)}, got {_listed(got)}"
    return None


def _listed(runs: Runs) -> str:
    return " ".join(map(str, runs)) or "none"


def row_off(problem: Problem, answer: Answer) -> str | None:
    n = problem.size
    return _off("row", problem.rows, [answer[r * n : r * n + n] for r in range(n)])


def column_off(problem: Problem, answer: Answer) -> str | None:
    n = problem.size
    return _off("column", problem.cols, [answer[c::n] for c in range(n)])


def _automaton(cells: tuple[int, ...], runs: Runs) -> Line:
    """Reads a line; the state is (runs begun, cells of the run that is being read or 0)."""
    begun = len(runs)

    def step(i: int, state: tuple[int, int], value: int) -> tuple[int, int] | None:
        k, length = state  # length 0: between runs, k of them done
        if value:
            if length == 0:
                return (k + 1, 1) if k < begun else None
            return (k, length + 1) if length < runs[k - 1] else None
        if length and length != runs[k - 1]:
            return None
        return k, 0

    def accept(state: tuple[int, int]) -> bool:
        k, length = state
        return k == begun and (length == 0 or length == runs[k - 1])

    return Line(cells, (0, 0), step, accept)


def board(problem: Problem) -> Board:
    n = problem.size
    relations: dict[str, Relation] = {}
    for k in range(n):
        relations[f"row {k + 1}"] = _automaton(tuple(range(k * n, k * n + n)), problem.rows[k])
        relations[f"col {k + 1}"] = _automaton(tuple(range(k, n * n, n)), problem.cols[k])
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
