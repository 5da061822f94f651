"""What the constraint engine does in bulk is what it would do one by one."""

from __future__ import annotations

from itertools import product

import pytest

from verimill.generators.engines.arrangements import Ground, constraints_of, draw_pool, rows_for, rows_of
from verimill.generators.engines.certificates import Oracle
from verimill.generators.engines.constraints import table
from verimill.generators.engines.deduction import solvable, thin, workspace
from verimill.generators.logic import seating, zebra
from verimill.schemas.clues import KINDS, SYMMETRIC, Clue, items_of
from verimill.schemas.rng import Rng

ROW = zebra.ground_of(5, 4)
RING = seating.ground_of(7, "round")


def drawn(rng: Rng, kind: str, ground: Ground, where: list[int]) -> Clue | None:
    """One clue of the kind, drawn as the words of `Draws` say."""
    used = rng.sample(range(ground.items), KINDS[kind].count("i"))
    group = [next(g for g, members in enumerate(ground.groups) if item in members) for item in used]
    if kind in ("same", "apart") and group[0] == group[1]:
        return None
    if kind == "either" and group[0] in group[1:]:
        return None
    number = rng.between(1, ground.size)
    if kind == "at":
        number = where[used[0]] + 1
    if kind == "gap":
        number = abs(where[used[0]] - where[used[1]]) - 1
        if not 1 <= number <= ground.size - 2:
            return None
    if kind in SYMMETRIC:
        used.sort()
    items = iter(used)
    a, b, c = (next(items) if form == "i" else number if form == "n" else -1 for form in KINDS[kind])
    clue: Clue = (kind, a, b, c)
    return clue if tuple(where[i] for i in items_of(clue)) in rows_for(clue, ground) else None


@pytest.mark.parametrize(
    ("ground", "weights"), [(ROW, zebra.MIXES[2]), (ROW, zebra.MIXES[3]), (RING, seating.MIXES["round", 2])]
)
@pytest.mark.parametrize("seed", range(4))
def test_a_pool_is_that_of_clues_drawn_one_by_one(ground: Ground, weights: dict[str, float], seed: int) -> None:
    bulk, single = Rng(seed), Rng(seed)
    where = bulk.shuffled(range(ground.size)) * len(ground.groups)
    single.shuffled(range(ground.size))
    count = 30
    pool = draw_pool(bulk, ground, where, weights, count)
    slow: dict[Clue, None] = {}
    for _ in range(8 * count):
        clue = drawn(single, single.weighted(list(weights), list(weights.values())), ground, where)
        if clue is not None:
            slow[clue] = None
        if len(slow) == count:
            break
    assert pool == list(slow)
    assert [bulk.unit() for _ in range(2000)] == [single.unit() for _ in range(2000)], "both streams go on alike"


@pytest.mark.parametrize("seed", range(12))
def test_clues_dropped_by_suppositions_are_those_of_asking_one_by_one(seed: int) -> None:
    rng = Rng(seed)
    where = [p for _ in ROW.groups for p in rng.shuffled(range(5))]
    pool = draw_pool(rng, ROW, where, zebra.MIXES[2], 70)
    work = workspace(5, constraints_of(ROW, "abcd", pool), full := (31,) * 20)
    clues = [(1, 4 + k) for k in range(len(pool))]
    order = rng.shuffled(range(len(pool)))
    kept = thin(work, full, where, clues, order, 5)
    assert kept is not None
    assert not all(kept)
    work.active[:] = 1
    for k in order:
        work.active[4 + k] = 0
        if not solvable(work, full, 5):
            work.active[4 + k] = 1
    assert kept == [bool(flag) for flag in work.active[4:]]


@pytest.mark.parametrize(("kind", "b", "c"), [("if_at", -1, 2), ("next", -1, -1), ("end", -1, -1), ("between", -1, -1)])
def test_the_sat_solver_is_told_just_the_rows_of_a_table(kind: str, b: int, c: int) -> None:
    rows, cells = rows_of(kind, b, c, 4, False), KINDS[kind].count("i")
    oracle = Oracle(cells, 4)
    for row in product(range(4), repeat=cells):
        told = oracle.another((table("clue 1", range(cells), rows),), [1 << k for k in row], None)
        assert told == (row in rows)
