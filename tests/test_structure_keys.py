"""Canonical keys of structures: copies share one, nothing else does, and all 128 bits of it carry something."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_

import numpy as np
import pytest

from verimill.generators.engines.canonical import structure_key
from verimill.generators.engines.formula_keys import formula_key
from verimill.pipelines.certificates import maker_of
from verimill.schemas.core import Exhausted
from verimill.schemas.families import names
from verimill.schemas.keys import key_for
from verimill.schemas.rng import Rng, rng_for

LEVELS = (3, 6)
EACH = 120  # problems of a level

Edges = list[tuple[int, int, int]]
HEXAGON: Edges = [(v, (v + 1) % 6, 1) for v in range(6)]
TRIANGLES: Edges = [(0, 1, 1), (1, 2, 1), (2, 0, 1), (3, 4, 1), (4, 5, 1), (5, 3, 1)]
ASYMMETRIC: Edges = [(0, 1, 1), (1, 2, 1), (2, 3, 1), (3, 4, 1), (4, 5, 2), (1, 4, 1)]


def copy(rng: Rng, edges: Edges) -> Edges:
    """The same six vertices under other numbers, each edge maybe turned round."""
    new = rng.shuffled(range(6))
    return [(new[v], new[u], label) if rng.chance(0.5) else (new[u], new[v], label)
            for u, v, label in rng.shuffled(edges)]  # fmt: skip


@pytest.mark.parametrize("family", names())
def test_every_bit_of_a_canonical_key_varies_and_either_half_tells_problems_apart(family: str) -> None:
    maker, keys = maker_of(family), set()
    for level in LEVELS:
        for index in range(EACH):
            key = key_for(family, level, seed="halves", index=index)
            try:
                keys.add(maker.canonical(maker.make(key.rng(), key.params))[-32:])
            except Exhausted:
                continue
    numbers = [int(key, 16) for key in keys]
    assert len(numbers) > EACH, "too few problems to tell anything"
    assert reduce(or_, numbers) == 2**128 - 1 and reduce(and_, numbers) == 0
    assert len({key[:16] for key in keys}) == len({key[16:] for key in keys}) == len(keys)


@pytest.mark.parametrize("edges", [HEXAGON, TRIANGLES, ASYMMETRIC], ids=["hexagon", "triangles", "asymmetric"])
def test_relabelled_copies_of_a_structure_have_one_key(edges: Edges) -> None:
    keys = {structure_key([1] * 6, copy(rng_for("copy", index), edges)) for index in range(20)}
    assert keys == {structure_key([1] * 6, edges)}


def test_structures_that_refinement_alone_cannot_tell_apart_differ_in_both_halves() -> None:
    one, other = structure_key([1] * 6, HEXAGON), structure_key([1] * 6, TRIANGLES)
    assert one[:16] != other[:16] and one[16:] != other[16:]


def test_colours_and_labels_are_part_of_a_key() -> None:
    keys = {structure_key([1] * 6, HEXAGON), structure_key([2, 1, 1, 1, 1, 1], HEXAGON),
            structure_key([1] * 6, [(0, 1, 2), *HEXAGON[1:]]), structure_key([1] * 6, HEXAGON[1:])}  # fmt: skip
    assert len(keys) == 4


@pytest.mark.parametrize(
    "clauses",
    [[(1, 2, 3), (-1, 2, 4), (-2, -3, 4), (1, -4, 3)], [(1, 2, 3), (-1, -2, -3)], [(1, 2, 3), (1, 2, -3), (1, -2, 3)]],
    ids=["tells all literals apart", "all alike", "some alike"],
)
def test_renamed_and_flipped_copies_of_a_formula_have_one_key_with_two_full_halves(
    clauses: list[tuple[int, ...]],
) -> None:
    n = max(abs(x) for clause in clauses for x in clause)
    found = set()
    for index in range(20):
        rng = rng_for("flip", index)
        to, sign = rng.shuffled(range(1, n + 1)), [(1, -1)[rng.below(2)] for _ in range(n)]
        flipped = [rng.shuffled([to[abs(x) - 1] * sign[abs(x) - 1] * (1 if x > 0 else -1) for x in c]) for c in clauses]
        found.add(formula_key(np.array(rng.shuffled(flipped), np.int64), n))
    ((one, two),) = found
    assert one > 2**32 and two > 2**32
