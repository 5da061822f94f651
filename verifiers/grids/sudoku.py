"""The judge of sudoku: givens kept, and rows, columns, boxes (and diagonals) without a repeated digit."""

from __future__ import annotations

from functools import lru_cache

from verimill.schemas.cells import cell_names
from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.grids.sudoku import DIGITS, Answer, Problem
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Different


def given_changed(problem: Problem, answer: Answer) -> str | None:
    for i, (given, digit) in enumerate(zip(problem.givens, answer, strict=True)):
        if given not in (".", digit):
            return f"r{i // problem.size + 1}c{i % problem.size + 1} must stay {given}, got {digit}"
    return None


def _repeat(groups: tuple[tuple[int, ...], ...], what: str, answer: Answer) -> str | None:
    for k, group in enumerate(groups, 1):
        digits = [answer[i] for i in group]
        if len(set(digits)) != len(digits):
            twice = next(d for d in digits if digits.count(d) > 1)
            return f"{what} {k} holds {twice} more than once"
    return None


@lru_cache(maxsize=4)
def _lines(n: int) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    rows = tuple(tuple(range(r * n, r * n + n)) for r in range(n))
    cols = tuple(tuple(range(c, n * n, n)) for c in range(n))
    slants = (tuple(range(0, n * n, n + 1)), tuple(range(n - 1, n * n - 1, n - 1)))
    return rows, cols, slants


@lru_cache(maxsize=1024)
def _regions(regions: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    found: dict[int, list[int]] = {}
    for cell, region in enumerate(regions):
        found.setdefault(region, []).append(cell)
    return tuple(tuple(found[k]) for k in sorted(found))


def row_repeats(problem: Problem, answer: Answer) -> str | None:
    return _repeat(_lines(problem.size)[0], "row", answer)


def column_repeats(problem: Problem, answer: Answer) -> str | None:
    return _repeat(_lines(problem.size)[1], "col", answer)


def box_repeats(problem: Problem, answer: Answer) -> str | None:
    return _repeat(_regions(problem.regions), "box", answer)


def diagonal_repeats(problem: Problem, answer: Answer) -> str | None:
    if problem.variant != "diagonal":
        return None
    return _repeat(_lines(problem.size)[2], "diagonal", answer)


def board(problem: Problem) -> Board:
    n = problem.size
    rows, cols, slants = _lines(n)
    relations = {f"row {k}": Different(group, True) for k, group in enumerate(rows, 1)}
    relations |= {f"col {k}": Different(group, True) for k, group in enumerate(cols, 1)}
    relations |= {f"box {k}": Different(group, True) for k, group in enumerate(_regions(problem.regions), 1)}
    if problem.variant == "diagonal":
        relations |= {f"diagonal {k}": Different(group, True) for k, group in enumerate(slants, 1)}
    full = (1 << n) - 1
    domains = tuple(full if g == "." else 1 << DIGITS.index(g) for g in problem.givens)
    return Board(cell_names(n, n), tuple(DIGITS[:n]), domains, relations)


def _indices(answer: Answer | None) -> list[int] | None:
    return None if answer is None else [DIGITS.index(d) for d in answer]


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    return check_on(board(problem), steps, _indices(answer))


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    return recount_on(board(problem), status, _indices(answer))


JUDGE = Judge(
    rules=(
        Rule("given", given_changed),
        Rule("row", row_repeats),
        Rule("col", column_repeats),
        Rule("box", box_repeats),
        Rule("diagonal", diagonal_repeats),
    ),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, lambda problem, answer: _indices(answer)),
)
