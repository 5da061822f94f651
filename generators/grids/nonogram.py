"""Makes nonograms: random pictures with blots, kept when rules up to the wanted tier find them from their runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import log10

from verimill.generators.engines import prose
from verimill.generators.engines.canonical import text_key
from verimill.generators.engines.constraints import Constraint, table
from verimill.generators.engines.deduction import deduce
from verimill.generators.engines.puzzles import (
    Model,
    fits,
    near_misses_of,
    solve_model,
    work_on,
)
from verimill.generators.engines.twins import refuted, with_two_answers
from verimill.schemas.cells import cell_names, neighbours
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.grids.nonogram import Answer, Params, Problem, Runs
from verimill.schemas.rng import Rng

TRIES = 400


@lru_cache(maxsize=65536)
def lines_with(n: int, runs: Runs) -> tuple[tuple[int, ...], ...]:
    """Every line of n cells with these runs, in order of the first run's start."""
    if not runs:
        return ((0,) * n,)
    found: list[tuple[int, ...]] = []
    first, rest = runs[0], runs[1:]
    needed = sum(rest) + len(rest)
    for start in range(n - first - needed + 1):
        head = (0,) * start + (1,) * first
        if not rest:
            found.append(head + (0,) * (n - len(head)))
        else:
            found.extend((*head, 0, *tail) for tail in lines_with(n - len(head) - 1, rest))
    return tuple(found)


@lru_cache(maxsize=65536)
def runs_of(line: tuple[int, ...]) -> Runs:
    """The lengths of the blocks of ones, in order."""
    found, length = [], 0
    for v in (*line, 0):
        if v:
            length += 1
        elif length:
            found.append(length)
            length = 0
    return tuple(found)


def runs_in(n: int, grid: Sequence[int]) -> Problem:
    """The problem that a picture is a solution of."""
    return Problem(
        n,
        tuple(runs_of(tuple(grid[r * n : r * n + n])) for r in range(n)),
        tuple(runs_of(tuple(grid[c::n])) for c in range(n)),
    )


def model(problem: Problem) -> Model:
    n = problem.size
    full = (3,) * (n * n)
    rows = [table(f"row {k + 1}", range(k * n, k * n + n), lines_with(n, c)) for k, c in enumerate(problem.rows)]
    cols = [table(f"col {k + 1}", range(k, n * n, n), lines_with(n, c)) for k, c in enumerate(problem.cols)]
    found: tuple[Constraint, ...] = (*rows, *cols)
    return Model(f"nonogram {n}", cell_names(n, n), ("0", "1"), full, full, found)


def to_answer(values: tuple[int, ...]) -> Answer:
    return "".join(map(str, values))


@lru_cache(maxsize=16)
def _beside(n: int) -> tuple[tuple[int, ...], ...]:
    """The cells that share a side with each cell."""
    return tuple(tuple(neighbours(n, n, cell)) for cell in range(n * n))


def _picture(rng: Rng, n: int, filled: int) -> list[int]:
    """Cells filled at random, then a quarter of them made like a neighbour, so that runs are longer than in noise."""
    grid = [int(rng.chance(filled / 100)) for _ in range(n * n)]
    for cell in rng.sample(range(n * n), n * n // 4):
        grid[cell] = grid[rng.pick(_beside(n)[cell])]
    return grid


def make(rng: Rng, params: Params) -> Problem:
    """A nonogram with one solution that needs rules of tier least..tier and at least `params.work` effort."""
    n = params.size
    for _ in range(TRIES):
        problem = runs_in(n, _picture(rng, n, params.filled))
        seen = model(problem)
        if fits(work_on(seen), seen.domains, (params.least, params.tier), params.work):
            return problem
    raise Exhausted(f"no nonogram in {TRIES} tries with {params}")


def solve(problem: Problem) -> Solved[Answer]:
    return solve_model(model(problem), to_answer)


def _turned(problem: Problem, which: int) -> Problem:
    """One of the eight symmetries: bit 0 mirrors left and right, bit 1 up and down, bit 2 swaps rows and columns."""
    rows, cols = problem.rows, problem.cols
    if which & 1:
        rows, cols = tuple(runs[::-1] for runs in rows), cols[::-1]
    if which & 2:
        rows, cols = rows[::-1], tuple(runs[::-1] for runs in cols)
    if which & 4:
        rows, cols = cols, rows
    return Problem(problem.size, rows, cols)


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The square turned or mirrored, in three of its ways."""
    for which in rng.sample(range(1, 8), 3):
        yield _turned(problem, which)


def canonical(problem: Problem) -> str:
    forms = (_turned(problem, which) for which in range(8))
    return text_key("nonogram", min((p.size, p.rows, p.cols) for p in forms))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    yield from near_misses_of(rng, model(problem), [int(d) for d in answer], to_answer)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """A clue altered ("none"), or the clues of a picture that shares them ("many"), when it can be certified."""
    n = problem.size
    seen = model(problem)
    if rng.chance(0.5):
        grid = [max(v, 0) for v in deduce(work_on(seen), seen.domains).values]
        for _ in range(10):  # the picture drifts cell by cell until its clues no longer tell it apart
            for cell in rng.sample(range(n * n), 2):
                grid[cell] = 1 - grid[cell]
            other = runs_in(n, grid)
            twin = with_two_answers(other, model(other), to_answer)
            if twin is not None:
                return twin
    for _ in range(10):
        changed = _altered(rng, problem)
        twin = refuted(changed, model(changed), 2) if changed is not None else None
        if twin is not None:
            return twin
    return None


def _altered(rng: Rng, problem: Problem) -> Problem | None:
    """One cell moved from a run of one row to a run of another (columns alike), so that totals still agree."""
    n = problem.size
    lines = list(problem.rows)
    a, b = rng.sample(range(n), 2)
    if not lines[a] or not lines[b]:
        return None
    i, j = rng.below(len(lines[a])), rng.below(len(lines[b]))
    if lines[a][i] == 1 or sum(lines[b]) + len(lines[b]) > n:
        return None
    lines[a] = (*lines[a][:i], lines[a][i] - 1, *lines[a][i + 1 :])
    lines[b] = (*lines[b][:j], lines[b][j] + 1, *lines[b][j + 1 :])
    return Problem(n, tuple(lines), problem.cols)


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    def describe(ref: str) -> str:
        word, k = ref.split(" ")
        runs = (problem.rows if word == "row" else problem.cols)[int(k) - 1]
        return f"{'row' if word == 'row' else 'column'} {k} ({_clue(runs, ' ')})"

    return prose.tell(steps, describe)


def _clue(runs: Runs, between: str) -> str:
    return between.join(map(str, runs)) or "0"


def _lists(problem: Problem) -> str:
    rows = [f"Row {k}: {_clue(runs, ' ')}" for k, runs in enumerate(problem.rows, 1)]
    return "\n".join(rows + [f"Column {k}: {_clue(runs, ' ')}" for k, runs in enumerate(problem.cols, 1)])


def _compact(problem: Problem) -> str:
    rows = "; ".join(_clue(runs, ",") for runs in problem.rows)
    cols = "; ".join(_clue(runs, ",") for runs in problem.cols)
    return f"Rows from top to bottom: {rows}\nColumns from left to right: {cols}"


def _drawn(problem: Problem) -> str:
    """Row clues on the left of an empty grid, column clues above it, read downwards."""
    n = problem.size
    left = [_clue(runs, " ") for runs in problem.rows]
    wide = max(map(len, left))
    above = [list(map(str, runs)) or ["0"] for runs in problem.cols]
    high = max(map(len, above))
    lines = []
    for i in range(high):
        cells = [(clue[i - high + len(clue)] if i >= high - len(clue) else "").rjust(2) for clue in above]
        lines.append(" " * (wide + 2) + " ".join(cells))
    lines.append(" " * (wide + 2) + "-" * (3 * n - 1))
    lines += [clue.rjust(wide) + " | " + " ".join([" ."] * n).lstrip() for clue in left]
    return "\n".join(lines)


def _arrays(problem: Problem) -> str:
    rows, cols = ([list(runs) or [0] for runs in clues] for clues in (problem.rows, problem.cols))
    return f"rows = {rows}\ncolumns = {cols}"


def facts(problem: Problem) -> Mapping[str, str]:
    return {"n": str(problem.size), "squares": str(problem.size**2)}


WORDINGS = (
    "Fill some cells of a {n} by {n} grid. The numbers of a row or column are the lengths of its runs of filled "
    "cells, in order from left to right or from top to bottom; between two runs there is at least one empty cell. A "
    "0 means that the line has no filled cell.\n\n{board}\n\n{answer}",
    "This is a nonogram (picture puzzle) of side {n}.\n\n{board}\n\nEvery number stands for a block of that many "
    "adjoining black cells. The blocks of a line come in the order given, with one white cell or more between them, "
    "and every black cell belongs to a block; 0 stands for a line that is white throughout. Find the picture that "
    "meets all row clues and all column clues; its black cells are the filled ones.\n\n{answer}",
    "A machine knits a pattern of {n} rows by {n} stitches in two colours. For each row and each column it notes how "
    "many coloured stitches follow one another before the colour stops, run by run (0 when there is none at all). "
    "Two runs are always separated by plain stitches. The notes say:\n\n{board}\n\nWork out the pattern: coloured "
    "stitches are the filled cells. Rows read left to right, columns top to bottom, and every note must fit "
    "exactly.\n\n{answer}",
    "Task: binary image from run lengths.\nSize: {n} x {n} pixels, {squares} in all.\nConditions: (1) the maximal "
    "runs of ones in each row, left to right, have exactly the listed lengths; (2) the same for each column, top to "
    "bottom; (3) the list 0 means no ones.\nClues:\n{board}\n\n{answer}",
)

MAKER = Maker(
    make=make,
    solve=solve,
    face=Face(WORDINGS, {"lists": _lists, "compact": _compact, "drawn": _drawn, "arrays": _arrays}, facts),
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    # Pictures over eight symmetries; at least one in ten (in a thousand at tier 5) passes the demands of its level.
    capacity=lambda p: p.size**2 * log10(2) - log10(8) - (3.0 if p.least > 2 else 1.0),
    unanswerable=unanswerable,
)
