"""The judge of killer sudoku: givens kept, no repeat in row, column or box, every cage different digits to its sum."""

from __future__ import annotations

from functools import lru_cache

from verimill.schemas.cages import cells_of
from verimill.schemas.cells import cell_names
from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.grids.killer_sudoku import BOX, DIGITS, Answer, Problem
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.cages import sum_line
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.latin import (
    Groups,
    candidates,
    column_repeats,
    given_changed,
    indices,
    latin,
    repeat,
    row_repeats,
)
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Different, Relation


@lru_cache(maxsize=4)
def boxes_of(n: int) -> Groups:
    """The cells of each box."""
    height, width = BOX[n]
    corners = [(top, left) for top in range(0, n, height) for left in range(0, n, width)]
    return tuple(tuple((top + r) * n + left + c for r in range(height) for c in range(width)) for top, left in corners)


def box_repeats(problem: Problem, answer: Answer) -> str | None:
    return repeat(boxes_of(problem.size), "box", answer)


def cage_wrong(problem: Problem, answer: Answer) -> str | None:
    for k, (cells, target) in enumerate(zip(cells_of(problem.cages), problem.sums, strict=True), 1):
        digits = [int(answer[c]) for c in cells]
        if sum(digits) != target:
            return f"cage {k} must sum to {target}, got {sum(digits)}"
        if len(set(digits)) != len(digits):
            return f"cage {k} holds a digit more than once"
    return None


def board(problem: Problem) -> Board:
    n = problem.size
    relations: dict[str, Relation] = dict(latin(n))
    relations |= {f"box {k}": Different(group, True) for k, group in enumerate(boxes_of(n), 1)}
    for k, (cells, target) in enumerate(zip(cells_of(problem.cages), problem.sums, strict=True), 1):
        relations[f"cage {k}"] = sum_line(cells, n, target)
    return Board(cell_names(n, n), tuple(DIGITS[:n]), candidates(problem.givens, n), relations)


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    return check_on(board(problem), steps, indices(answer))


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    return recount_on(board(problem), status, indices(answer))


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(
        Rule("given", given_changed),
        Rule("row", row_repeats),
        Rule("col", column_repeats),
        Rule("box", box_repeats),
        Rule("cage", cage_wrong),
    ),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, lambda problem, answer: indices(answer)),
)
