"""The judge of futoshiki: givens kept, no repeat in a row or column, every sign of inequality true."""

from __future__ import annotations

from verimill.schemas.cells import cell_names
from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.grids.futoshiki import DIGITS, Answer, Problem
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.latin import candidates, column_repeats, given_changed, indices, latin, row_repeats
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Relation, less


def sign_broken(problem: Problem, answer: Answer) -> str | None:
    n = problem.size
    for a, b in problem.signs:
        if not answer[a] < answer[b]:  # one digit each, so text order is number order
            return f"r{a // n + 1}c{a % n + 1} < r{b // n + 1}c{b % n + 1} is false, got {answer[a]} and {answer[b]}"
    return None


def board(problem: Problem) -> Board:
    n = problem.size
    relations: dict[str, Relation] = dict(latin(n))
    for k, (a, b) in enumerate(problem.signs, 1):
        relations[f"sign {k}"] = less(a, b)
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
        Rule("sign", sign_broken),
    ),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, lambda problem, answer: indices(answer)),
)
