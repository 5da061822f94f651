"""Makes star battles: hidden stars, regions grown around them, and cells moved until only the hidden stars fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import combinations, pairwise

from verimill.generators.engines import prose
from verimill.generators.engines.canonical import text_key
from verimill.generators.engines.constraints import Constraint, total
from verimill.generators.engines.deduction import deduce, hardness_of, solutions_of
from verimill.generators.engines.grids import LAYOUTS, numbered
from verimill.generators.engines.puzzles import (
    Model,
    at_tier,
    near_misses_of,
    refutation,
    solve_model,
    two_solutions,
    work_on,
)
from verimill.schemas.cells import cell_names, connected, neighbours, symmetries
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.grids.star_battle import Answer, Params, Problem
from verimill.schemas.rng import Rng

TRIES = 300
REPAIRS = 40
NODES = 150  # decisions of one search for other solutions; a draw that needs more is given up
LETTERS = "ABCDEFGHIJ"


@lru_cache(maxsize=16)
def _fixed(n: int, stars: int) -> tuple[Constraint, ...]:
    """Rows, columns and blocks of four: what does not depend on the regions."""
    names = cell_names(n, n)
    found = [total(f"row {r + 1}", range(r * n, r * n + n), stars, stars, unit=True) for r in range(n)]
    found += [total(f"col {c + 1}", range(c, n * n, n), stars, stars, unit=True) for c in range(n)]
    for r in range(n - 1):
        for c in range(n - 1):
            at = r * n + c
            block = (at, at + 1, at + n, at + n + 1)
            found.append(total(f"touch {names[at]}-{names[at + n + 1]}", block, 0, 1, unit=True))
    return tuple(found)


def model(problem: Problem) -> Model:
    return _model(problem.size, problem.stars, problem.regions)


def _model(n: int, k: int, label: Sequence[int]) -> Model:
    parts: list[list[int]] = [[] for _ in range(n)]
    for cell, region in enumerate(label):
        parts[region].append(cell)
    regions = [total(f"region {i}", part, k, k, unit=True) for i, part in enumerate(parts, 1)]
    full = (3,) * (n * n)
    return Model(f"star_battle {n}", cell_names(n, n), ("0", "1"), full, full, (*regions, *_fixed(n, k)))


def to_answer(n: int, values: Sequence[int]) -> Answer:
    names = cell_names(n, n)
    return tuple(names[cell] for cell, v in enumerate(values) if v)


@lru_cache(maxsize=16)
def _row_choices(n: int, k: int) -> tuple[tuple[int, ...], ...]:
    """The columns of k stars in one row, no two beside each other."""
    return tuple(row for row in combinations(range(n), k) if all(b - a > 1 for a, b in pairwise(row)))


def _stars(rng: Rng, n: int, k: int) -> list[int] | None:
    """Cells of k stars in every row and column, none touching; None when this draw runs into a dead end."""
    chosen: list[int] = []
    used = [0] * n
    previous: tuple[int, ...] = ()
    for r in range(n):
        open_rows = [
            row
            for row in _row_choices(n, k)
            if all(used[c] < k for c in row)
            and all(abs(a - b) > 1 for a in row for b in previous)
            and all(used[c] + (c in row) + n - r > k for c in range(n))
        ]
        if not open_rows:
            return None
        row = rng.pick(open_rows)
        for c in row:
            used[c] += 1
        chosen.extend(r * n + c for c in row)
        previous = row
    return chosen


def _grown(rng: Rng, n: int, seeds: Sequence[int]) -> list[int]:
    """Each cell's patch: patches grow from the seeds, some quickly and some slowly, until the grid is full."""
    label = [-1] * (n * n)
    border: list[list[int]] = []
    pace = [0.03 + rng.unit() ** 3 for _ in seeds]
    for k, cell in enumerate(seeds):
        label[cell] = k
    for cell in seeds:
        border.append([d for d in neighbours(n, n, cell) if label[d] < 0])
    left = n * n - len(seeds)
    while left:
        alive = [k for k in range(len(seeds)) if border[k]]
        k = rng.weighted(alive, [pace[a] for a in alive])
        at = rng.below(len(border[k]))
        border[k][at], border[k][-1] = border[k][-1], border[k][at]
        cell = border[k].pop()
        if label[cell] < 0:
            label[cell] = k
            left -= 1
            border[k].extend(d for d in neighbours(n, n, cell) if label[d] < 0)
    return label


def _paired(rng: Rng, n: int, label: Sequence[int], patches: int) -> list[int] | None:
    """Patches joined two by two into regions of one piece; None when the drawn order leaves one over."""
    beside: list[set[int]] = [set() for _ in range(patches)]
    for cell in range(n * n):
        for other in neighbours(n, n, cell):
            if label[cell] != label[other]:
                beside[label[cell]].add(label[other])
    mate = [-1] * patches
    free = list(range(patches))
    while free:
        free.sort(key=lambda k: (sum(mate[o] < 0 for o in beside[k]), k))
        k = free[0]
        open_to = [o for o in sorted(beside[k]) if mate[o] < 0]
        if not open_to:
            return None
        mate[k] = rng.pick(open_to)
        mate[mate[k]] = k
        free = [f for f in free if mate[f] < 0]
    return [min(k, mate[k]) for k in label]


def _moved(n: int, label: Sequence[int], cell: int, region: int) -> list[int] | None:
    """The regions with one cell given to another region, when both stay in one piece."""
    old = label[cell]
    rest = [c for c in range(n * n) if label[c] == old and c != cell]
    if not rest or not connected(rest, n, n):
        return None
    after = list(label)
    after[cell] = region
    return after


def _repaired(rng: Rng, n: int, k: int, stars: Sequence[int], label: list[int]) -> Problem | None:
    """Regions under which the hidden stars are the only solution: each other solution loses a star's cell."""
    hidden = [0] * (n * n)
    for cell in stars:
        hidden[cell] = 1
    for _ in range(REPAIRS):
        seen = _model(n, k, label)
        count, _, found = solutions_of(work_on(seen), seen.domains, 2, NODES, (1, 0))
        if count < 1:
            return None
        others = [s for s in found if list(s) != hidden]
        if not others:
            return Problem(n, k, numbered(label))
        spurious = [c for c in range(n * n) if others[0][c] and not hidden[c]]
        for cell in rng.shuffled(spurious):
            around = sorted({label[d] for d in neighbours(n, n, cell)} - {label[cell]})
            after = _moved(n, label, cell, rng.pick(around)) if around else None
            if after is not None:
                label = after
                break
        else:
            return None
    return None


def make(rng: Rng, params: Params) -> Problem:
    """A star battle with one solution that needs rules of tier least..tier and at least `params.work` effort."""
    n, k = params.size, params.stars
    for _ in range(TRIES):
        placed = (_stars(rng, n, k) for _ in range(100))
        stars = next((drawn for drawn in placed if drawn is not None), None)
        if stars is None:
            continue
        grown = _grown(rng, n, stars)
        label: list[int] | None = grown
        if k == 2:
            draws = (_paired(rng, n, grown, len(stars)) for _ in range(8))
            paired = next((drawn for drawn in draws if drawn is not None), None)
            label = list(numbered(paired)) if paired is not None else None
        problem = _repaired(rng, n, k, stars, label) if label is not None else None
        if problem is None:
            continue
        seen = model(problem)
        found = deduce(work_on(seen), seen.domains, params.tier)
        if at_tier(found, params.least, params.tier) and hardness_of(found, 0, 0.0).effort >= params.work:
            return problem
    raise Exhausted(f"no star battle in {TRIES} tries with {params}")


def solve(problem: Problem) -> Solved[Answer]:
    return solve_model(model(problem), partial(to_answer, problem.size))


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The square turned or mirrored, in three of its ways."""
    n = problem.size
    for move in rng.sample(symmetries(n, n)[1:], 3):
        yield Problem(n, problem.stars, numbered([problem.regions[i] for i in move]))


def canonical(problem: Problem) -> str:
    n = problem.size
    forms = (numbered([problem.regions[i] for i in move]) for move in symmetries(n, n))
    return text_key("star_battle", n, problem.stars, min(forms))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    n = problem.size
    values = [int(name in answer) for name in cell_names(n, n)]
    yield from near_misses_of(rng, model(problem), values, partial(to_answer, n))


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """One to three cells given to neighbouring regions so that none or several placements fit, when certified."""
    n = problem.size
    want = rng.pick(("none", "many"))
    for _ in range(24):
        label: list[int] = list(problem.regions)
        for _ in range(rng.between(1, 3)):
            cell = rng.below(n * n)
            around = sorted({label[d] for d in neighbours(n, n, cell)} - {label[cell]})
            after = _moved(n, label, cell, rng.pick(around)) if around else None
            label = after if after is not None else label
        other = Problem(n, problem.stars, numbered(label))
        if want == "many":
            pair = two_solutions(model(other))
            if pair is not None:
                shown = (to_answer(n, pair[0]), to_answer(n, pair[1]))
                return Unanswerable(other, "many", {"claim": "many", "by": ["two solutions shown"]}, shown)
        else:
            steps = refutation(model(other))
            if steps is not None:
                proof = {"claim": "none", "by": ["refutation by deduction rules"]}
                return Unanswerable(other, "none", proof, (), steps)
    return None


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    def describe(ref: str) -> str:
        word, what = ref.split(" ")
        if word == "region":
            return f"region {LETTERS[int(what) - 1]}"
        if word == "touch":
            return f"the block {what.replace('-', ' to ')} (at most one star)"
        return f"{'column' if word == 'col' else 'row'} {what}"

    return prose.tell(steps, describe)


def _letters(problem: Problem) -> list[str]:
    return [LETTERS[k] for k in problem.regions]


def _shown(layout: str, problem: Problem) -> str:
    return LAYOUTS[layout](_letters(problem), problem.size)


def _cells(problem: Problem) -> str:
    names = cell_names(problem.size, problem.size)
    return "\n".join(
        f"Region {LETTERS[k]}: " + " ".join(names[c] for c, region in enumerate(problem.regions) if region == k)
        for k in range(problem.size)
    )


def facts(problem: Problem) -> Mapping[str, str]:
    k = problem.stars
    return {
        "n": str(problem.size),
        "last": LETTERS[problem.size - 1],
        "each": "exactly one star" if k == 1 else "exactly two stars",
        "cameras": "exactly one camera" if k == 1 else "exactly two cameras",
        "k": str(k),
    }


WORDINGS = (
    "Place stars in a {n} by {n} grid so that every row, every column and every region holds {each}. Stars may not "
    "touch each other, not even at a corner. Each letter from A to {last} marks one region.\n\n{board}\n\nCells are "
    "named by row (r) and column (c), counted from the top left.\n\n{answer}",
    "This is a star battle of side {n}; cells with the same letter belong to the same region.\n\n{board}\n\nPut "
    "{each} into each row, {each} into each column and {each} into each region. Two stars must never be in "
    "neighbouring cells, whether the cells share a side or only a corner. Rows count from the top (r1), columns from "
    "the left (c1).\n\n{answer}",
    "A warehouse floor of {n} by {n} tiles is split into {n} zones, A to {last}:\n\n{board}\n\nCameras are to be "
    "mounted over some tiles: {cameras} over every row of tiles, {cameras} over every column, and {cameras} in every "
    "zone. Two cameras disturb each other when their tiles touch along an edge or at a corner, so that is forbidden. "
    "Which tiles get cameras? Tile r2c3 is in the second row from the top and the third column from the left; list "
    "the cameras as the stars.\n\n{answer}",
    "Task: star placement.\nConditions: (1) {k} per row; (2) {k} per column; (3) {k} per region, where regions are "
    "the areas A..{last}; (4) no two stars adjacent horizontally, vertically or diagonally.\nCells: r1c1 is the top "
    "left corner, r{n}c{n} the bottom right.\nRegions:\n{board}\n\n{answer}",
)

MAKER = Maker(
    make=make,
    solve=solve,
    face=Face(WORDINGS, {**{name: partial(_shown, name) for name in LAYOUTS}, "cells": _cells}, facts),
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=lambda p: {5: 3.5, 6: 5.0, 7: 7.0, 8: 9.0, 9: 11.0, 10: 13.0}[p.size],
    unanswerable=unanswerable,
)
