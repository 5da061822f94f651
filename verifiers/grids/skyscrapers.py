"""The judge of skyscrapers: givens kept, no repeat in a row or column, every view counts what it should."""

from __future__ import annotations

from functools import lru_cache

from verimill.schemas.cells import cell_names
from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.grids.skyscrapers import DIGITS, Answer, Problem, sight_lines
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.latin import candidates, column_repeats, given_changed, indices, latin, row_repeats
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Line, Relation

SIDES = ("from above into column", "from below into column", "from the left into row", "from the right into row")


def view_wrong(problem: Problem, answer: Answer) -> str | None:
    n = problem.size
    for k, (line, wanted) in enumerate(zip(sight_lines(n), problem.views, strict=True)):
        if wanted:
            tallest, seen = "", 0
            for cell in line:
                if answer[cell] > tallest:
                    tallest, seen = answer[cell], seen + 1
            if seen != wanted:
                return f"{SIDES[k // n]} {k % n + 1} must show {wanted}, got {seen}"
    return None


@lru_cache(maxsize=1024)
def view_line(cells: tuple[int, ...], wanted: int) -> Line:
    """Carries the heights passed and how many of them showed."""
    n = len(cells)

    def step(i: int, state: tuple[int, int], value: int) -> tuple[int, int] | None:
        passed, seen = state
        if passed >> value & 1:
            return None
        seen += 1 << value > passed
        # Behind a tower of height index `top` at most n - 1 - top more can show.
        top = max(value, passed.bit_length() - 1)
        return (passed | 1 << value, seen) if seen <= wanted <= seen + n - 1 - top else None

    return Line(cells, (0, 0), step, lambda state: bool(state[1] == wanted))


def board(problem: Problem) -> Board:
    n = problem.size
    relations: dict[str, Relation] = dict(latin(n))
    for k, (line, wanted) in enumerate(zip(sight_lines(n), problem.views, strict=True), 1):
        if wanted:
            relations[f"view {k}"] = view_line(line, wanted)
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
        Rule("view", view_wrong),
    ),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, lambda problem, answer: indices(answer)),
)
