"""Makes star battles: hidden stars, regions grown around them, and cells moved until only the hidden stars fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial

from verimill.generators.engines.canonical import text_key
from verimill.generators.engines.carving import carved, draw_regions
from verimill.generators.engines.constraints import Constraint, total
from verimill.generators.engines.deduction import Workspace
from verimill.generators.engines.grids import numbered
from verimill.generators.engines.puzzles import (
    Model,
    near_misses_of,
    solve_model,
    work_on,
)
from verimill.generators.engines.twins import refuted, with_two_answers
from verimill.generators.grids.star_battle_regions import grown, moved, paired, placed_stars
from verimill.generators.grids.star_battle_words import FACE, narrate
from verimill.schemas.cells import cell_names, neighbours, symmetries
from verimill.schemas.core import Exhausted, Maker, NearMiss, Solved, Unanswerable
from verimill.schemas.grids.star_battle import Answer, Params, Problem
from verimill.schemas.rng import Rng

TRIES = 300
TURNS = (60, 1)  # changes of regions with one star, with two: where these are few, a fresh draw is cheaper


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
def _board(n: int, k: int) -> Workspace:
    """The network of a size; the regions are drawn into it."""
    return work_on(_model(n, k, [0] * (n * n - n + 1) + list(range(1, n))))


def make(rng: Rng, params: Params) -> Problem:
    """A star battle with one solution that needs rules of tier least..tier and at least `params.work` effort."""
    n, k = params.size, params.stars
    for _ in range(TRIES):
        placed = (placed_stars(rng, n, k) for _ in range(100))
        stars = next((drawn for drawn in placed if drawn is not None), None)
        if stars is None:
            continue
        patches = grown(rng, n, stars)
        joined = paired(rng, n, patches, len(stars)) if k == 2 else patches
        if joined is None:
            continue
        label = list(numbered(joined)) if k == 2 else joined
        hidden = [0] * (n * n)
        for cell in stars:
            hidden[cell] = 1
        tiers = (params.least, params.tier)
        regions = carved(_board(n, k), n, hidden, label, rng.seed(), TURNS[k - 1], tiers, params.work)
        if regions is not None:
            return Problem(n, k, numbered(regions))
    raise Exhausted(f"no star battle in {TRIES} tries with {params}")


def solve(problem: Problem) -> Solved[Answer]:
    n, k = problem.size, problem.stars
    seen = model(problem)
    work = draw_regions(_board(n, k), n, problem.regions)
    # All rows together hold as many stars as all regions need, so no region has one too many when none lacks one.
    told = [total(con.ref, con.scope, k, n * n, unit=True) for con in seen.constraints[:n]]
    return solve_model(seen, partial(to_answer, n), work, told=(*told, *seen.constraints[n:]))


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
            after = moved(n, label, cell, rng.pick(around)) if around else None
            label = after if after is not None else label
        other = Problem(n, problem.stars, numbered(label))
        if want == "many":
            twin = with_two_answers(other, model(other), partial(to_answer, n))
            if twin is not None:
                return twin
        else:
            twin = refuted(other, model(other))
            if twin is not None:
                return twin
    return None


MAKER = Maker(
    make=make,
    solve=solve,
    face=FACE,
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=lambda p: {5: 3.5, 6: 5.0, 7: 7.0, 8: 9.0, 9: 11.0, 10: 13.0}[p.size],
    unanswerable=unanswerable,
)
