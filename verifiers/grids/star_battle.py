"""Judges star battles: stars per row, column and region, and no two stars that touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from verimill.schemas.cells import cell_names
from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.grids.star_battle import Answer, Problem
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.claims_board import BITS, on_board
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Relation, total


@lru_cache(maxsize=128)
def _place(name: str) -> tuple[int, int]:
    r, c = name[1:].split("c")
    return int(r), int(c)


def _off(what: str, n: int, stars: int, groups: Iterable[int]) -> str | None:
    seen = [0] * n
    for k in groups:
        seen[k] += 1
    for k, got in enumerate(seen, 1):
        if got != stars:
            return f"{what} {k} must hold {stars} star{'s' if stars > 1 else ''}, got {got}"
    return None


def row_off(problem: Problem, answer: Answer) -> str | None:
    return _off("row", problem.size, problem.stars, (_place(name)[0] - 1 for name in answer))


def column_off(problem: Problem, answer: Answer) -> str | None:
    return _off("column", problem.size, problem.stars, (_place(name)[1] - 1 for name in answer))


def region_off(problem: Problem, answer: Answer) -> str | None:
    n = problem.size
    cells = (_place(name) for name in answer)
    return _off("region", n, problem.stars, (problem.regions[(r - 1) * n + c - 1] for r, c in cells))


def touching(problem: Problem, answer: Answer) -> str | None:
    stars = {_place(name) for name in answer}
    for name in answer:
        r, c = _place(name)
        for other in ((r, c + 1), (r + 1, c - 1), (r + 1, c), (r + 1, c + 1)):
            if other in stars:
                return f"{name} touches r{other[0]}c{other[1]}"
    return None


def board(problem: Problem) -> Board:
    n, k = problem.size, problem.stars
    names = cell_names(n, n)
    relations: dict[str, Relation] = {}
    for i in range(n):
        relations[f"row {i + 1}"] = total(range(i * n, i * n + n), k, k)
        relations[f"col {i + 1}"] = total(range(i, n * n, n), k, k)
        part = [cell for cell, region in enumerate(problem.regions) if region == i]
        relations[f"region {i + 1}"] = total(part, k, k)
    for r in range(n - 1):
        for c in range(n - 1):
            at = r * n + c
            relations[f"touch {names[at]}-{names[at + n + 1]}"] = total((at, at + 1, at + n, at + n + 1), 0, 1)
    return Board(names, ("0", "1"), (3,) * (n * n), relations)


def _values(problem: Problem, answer: Answer | None) -> Sequence[int] | None:
    if answer is None:
        return None
    n = problem.size
    values = [0] * (n * n)
    for r, c in map(_place, answer):
        values[(r - 1) * n + c - 1] = 1
    return values


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    return check_on(board(problem), steps, _values(problem, answer))


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    return recount_on(board(problem), status, _values(problem, answer))


JUDGE = Judge(
    rules=(
        Rule("row", row_off),
        Rule("col", column_off),
        Rule("region", region_off),
        Rule("touch", touching),
    ),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, _values, BITS),
)
