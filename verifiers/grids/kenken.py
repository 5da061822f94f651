"""The judge of KenKen: no repeat in a row or column, and every cage gives its result."""

from __future__ import annotations

from verimill.schemas.cages import cells_of
from verimill.schemas.cells import cell_names
from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.grids.kenken import DIGITS, Answer, Problem
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.cages import arithmetic_line, result_of
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.latin import column_repeats, indices, latin, row_repeats
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Relation


def cage_wrong(problem: Problem, answer: Answer) -> str | None:
    for k, (cells, op, target) in enumerate(zip(cells_of(problem.cages), problem.ops, problem.targets, strict=True), 1):
        got = result_of(op, [int(answer[c]) for c in cells])
        if got != target:
            shown = " ".join(answer[c] for c in cells)
            return f"cage {k} must give {target}{op if op != '=' else ''}, got {shown}"
    return None


def board(problem: Problem) -> Board:
    n = problem.size
    relations: dict[str, Relation] = dict(latin(n))
    for k, (cells, op, target) in enumerate(zip(cells_of(problem.cages), problem.ops, problem.targets, strict=True), 1):
        relations[f"cage {k}"] = arithmetic_line(cells, n, op, target)
    return Board(cell_names(n, n), tuple(DIGITS[:n]), ((1 << n) - 1,) * (n * n), relations)


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    return check_on(board(problem), steps, indices(answer))


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    return recount_on(board(problem), status, indices(answer))


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(
        Rule("row", row_repeats),
        Rule("col", column_repeats),
        Rule("cage", cage_wrong),
    ),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, lambda problem, answer: indices(answer)),
)
