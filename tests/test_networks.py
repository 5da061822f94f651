"""The canonical key is equal for copies and for nothing else; symmetric graphs do not stall it."""

from __future__ import annotations

import time
from itertools import combinations, permutations

import pytest

from verimill.generators.engines.networks import banded, canonical_key, connected, parted, shuffled_edges
from verimill.schemas.networks import read_links, read_path
from verimill.schemas.rng import rng_for

HOSTILE = (
    "(" * 20000, "A~" * 10000, "A " * 10000, " " * 20000, "-" * 20000, "(" + " " * 19999, "\ufdfa" * 20000,
    "<-" * 10000,
    "A-B " * 5000, "=" * 20000, "1. " * 6000, "\n \t" * 6000,
)  # fmt: skip


@pytest.mark.parametrize(("n", "known"), [(4, 11), (5, 34)])
def test_as_many_keys_as_there_are_graphs(n, known):
    pairs = list(combinations(range(n), 2))
    graphs = [[pair for at, pair in enumerate(pairs) if bits >> at & 1] for bits in range(1 << len(pairs))]
    assert len({canonical_key(n, edges, False) for edges in graphs}) == known


def test_as_many_keys_as_there_are_directed_graphs_on_four_nodes():
    pairs = list(permutations(range(4), 2))
    graphs = [[pair for at, pair in enumerate(pairs) if bits >> at & 1] for bits in range(1 << len(pairs))]
    assert len({canonical_key(4, edges, True) for edges in graphs}) == 218


HANG_S = 30  # a reader that blows up takes minutes; anything less is the machine's business

PRISM = [*[(i, (i + 1) % 15) for i in range(15)], *[(i + 15, (i + 1) % 15 + 15) for i in range(15)],
         *[(i, i + 15) for i in range(15)]]  # fmt: skip


@pytest.mark.parametrize(
    "edges",
    [[], list(combinations(range(30), 2)), [(i, (i + 1) % 30) for i in range(30)], PRISM,
     [(0, i) for i in range(1, 30)], [(3 * i + a, 3 * i + b) for i in range(10) for a, b in ((0, 1), (1, 2), (0, 2))]],
    ids=["empty", "complete", "cycle", "prism", "star", "triangles"],
)  # fmt: skip
def test_symmetric_graphs_keep_their_key(edges):
    key = canonical_key(30, edges, False)
    for index in range(3):
        assert canonical_key(30, shuffled_edges(rng_for("copy", index), 30, edges, False)[0], False) == key


def test_weights_colours_ways_and_head_are_part_of_the_key():
    edges = [(0, 1, 3), (1, 2, 4)]
    keys = {
        canonical_key(3, edges, False),
        canonical_key(3, [(0, 1, 3), (1, 2, 5)], False),
        canonical_key(3, edges, True),
        canonical_key(3, [(0, 1, 3), (2, 1, 4)], True),
        canonical_key(3, edges, False, [1, 0, 0]),
        canonical_key(3, edges, False, [0, 1, 0]),
        canonical_key(3, edges, False, (), "other"),
    }
    assert len(keys) == 7


def test_banded_networks_are_connected_and_parted_ones_are_not():
    for index in range(30):
        rng = rng_for("band", index)
        edges = banded(rng, 12, 16, 4)
        assert connected(12, edges)
        assert len(set(edges)) == 16
        assert not connected(12, parted(rng, 12, [(u, v, 1) for u, v in edges], False, 0, 11))


@pytest.mark.parametrize("directed", [False, True])
def test_a_parted_network_keeps_its_edges_and_leaves_no_node_alone(directed):
    for index in range(60):
        rng = rng_for("part", index, directed)
        edges, at = shuffled_edges(rng, 9, banded(rng, 9, 14, 4), directed)
        start, away = at[0], at[8]  # the ends of the band: not each other's only neighbours
        moved = parted(rng, 9, [(u, v, 1) for u, v in edges], directed, start, away)
        pairs = {(u, v) if directed else (min(u, v), max(u, v)) for u, v, _ in moved}
        assert len(pairs) == len(moved) == 14
        assert {v for pair in pairs for v in pair} == set(range(9))
        reached = [start]
        for u in reached:
            ways = pairs if directed else pairs | {(v, u) for u, v in pairs}
            reached += [v for w, v in ways if w == u and v not in reached]
        assert away not in reached


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:6]))
def test_hostile_text_is_refused_in_no_time(text):
    for read in (read_path, lambda names, text: read_links(names, text, True)):
        started = time.perf_counter()
        try:
            read(("A", "B"), text)
        except ValueError:
            pass
        assert time.perf_counter() - started < HANG_S
