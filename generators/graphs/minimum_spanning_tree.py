"""Maker of spanning-tree problems: a banded random network, Kruskal's steps as the trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import lgamma, log

from verimill.generators.engines.network_text import pick_names
from verimill.generators.engines.networks import banded, canonical_key, parted, shuffled_edges, twin_names
from verimill.generators.graphs.minimum_spanning_tree_words import FACE, narrate
from verimill.schemas.core import Hardness, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.graphs.minimum_spanning_tree import Answer, Params, Problem
from verimill.schemas.networks import Forest
from verimill.schemas.rng import Rng

_Edge = tuple[int, int, int]


def make(rng: Rng, params: Params) -> Problem:
    """A connected network with at least one cycle."""
    n = params.nodes
    links = banded(rng, n, max(n, int(params.degree * n * 0.5)), params.reach)
    mixed, _ = shuffled_edges(rng, n, [(u, v, rng.between(1, params.top)) for u, v in links], False)
    skin, names = pick_names(rng, n)
    return Problem(names, tuple([(u, v, w) for u, v, w in mixed]), skin)


def _path(above: list[int], u: int, v: int) -> list[int] | None:
    """The way from u to v in the forest `above` (node to parent, -1 at a root), or None when they are apart."""
    up = [u]
    while above[up[-1]] >= 0:
        up.append(above[up[-1]])
    down = [v]
    while down[-1] not in up:
        if above[down[-1]] < 0:
            return None
        down.append(above[down[-1]])
    return up[: up.index(down[-1])] + down[::-1]


def _link(above: list[int], u: int, v: int) -> None:
    """Hangs u's tree, turned so that u is its root, below v."""
    below = v
    while u >= 0:
        above[u], below, u = below, u, above[u]


def _kruskal(problem: Problem) -> tuple[list[Step], list[Step], list[_Edge], int]:
    """Full and brief steps without their end, the edges taken, and the sum of the lengths of the cycles skipped."""
    names = problem.names
    weight: dict[tuple[int, int], int] = {}
    for u, v, w in problem.edges:
        weight[u, v] = weight[v, u] = w
    above = [-1] * len(names)
    full: list[Step] = []
    brief: list[Step] = []
    tree: list[_Edge] = []
    cycles = 0
    for w, u, v in sorted([(w, u, v) if u < v else (w, v, u) for u, v, w in problem.edges]):
        path = _path(above, u, v)
        text = f"{names[u]} {names[v]} {w}"
        if path is None:
            _link(above, u, v)
            tree.append((u, v, w))
            full.append(Step(len(full) + 1, "take", (f"edge {text}",), (f"tree {text}",)))
            brief.append(Step(len(brief) + 1, "take", (f"edge {text}",), (f"tree {text}",)))
            if len(tree) == len(names) - 1:
                break
        else:
            cycles += len(path)
            by = tuple([f"tree {names[a]} {names[b]} {weight[a, b]}" for a, b in pairwise(path)])
            full.append(Step(len(full) + 1, "skip", by, (f"cycle {text}",)))
    return full, brief, tree, cycles


def _rounds(n: int, edges: tuple[_Edge, ...]) -> int:
    """Rounds in which every part takes all its lightest edges to other parts, until one part is left."""
    forest = Forest(n)
    rounds = 0
    while True:
        part = [forest.find(v) for v in range(n)]
        least = [1 << 30] * n
        across = [(part[u], part[v], w) for u, v, w in edges if part[u] != part[v]]
        if not across:
            return rounds
        for a, b, w in across:
            if w < least[a]:
                least[a] = w
            if w < least[b]:
                least[b] = w
        for a, b, w in across:
            if w == least[a] or w == least[b]:
                forest.join(a, b)
        rounds += 1


def _named(problem: Problem, pairs: list[tuple[int, int]]) -> Answer:
    names = problem.names
    return tuple([(names[u], names[v]) for u, v in sorted([(u, v) if u < v else (v, u) for u, v in pairs])])


def solve(problem: Problem) -> Solved[Answer]:
    """Kruskal's algorithm; among edges of equal weight the one between the nodes named first."""
    full, brief, tree, cycles = _kruskal(problem)
    n, m = len(problem.names), len(problem.edges)
    if len(tree) != n - 1:
        raise ValueError("the network is not connected")
    total = sum([w for _, _, w in tree])
    full.append(Step(len(full) + 1, "total", (), (f"total {total}",)))
    brief.append(Step(len(brief) + 1, "total", (), (f"total {total}",)))
    hardness = Hardness(
        tier=_rounds(n, problem.edges),
        steps=len(full),
        search=len(full) - 1,
        space=(lgamma(m + 1) - lgamma(n) - lgamma(m - n + 2)) / log(2),
        # Putting the edges in order is work too, whether they are reached or not.
        effort=m + len(full) + cycles / 4,
        extra={"skipped": float(len(full) - n)},
    )
    answer = _named(problem, [(u, v) for u, v, _ in tree])
    return Solved(answer, tuple(full), tuple(brief), hardness, {"claim": "optimal", "by": ["kruskal"], "total": total})


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """The same nodes with the edges moved so that two sides are left apart."""
    n = len(problem.names)
    ends = Counter(v for edge in problem.edges for v in edge[:2])
    # A start with one edge could be left alone, for all to see.
    start, away = rng.sample([v for v in range(n) if ends[v] > 1] if len(problem.edges) >= n else range(n), 2)
    cut = Problem(problem.names, parted(rng, n, problem.edges, False, start, away), problem.skin)
    full, _, tree, _ = _kruskal(cut)
    steps = (*full, Step(len(full) + 1, "apart", (), ("contradiction",)))
    return Unanswerable(cut, "none", {"claim": "none", "by": ["kruskal"], "parts": n - len(tree)}, steps=steps)


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """An edge missing, an edge too many, an edge that does not exist, an edge that is heavier than need be."""
    at = {name: v for v, name in enumerate(problem.names)}
    tree = [(at[a], at[b]) for a, b in answer]
    n = len(at)
    weight = {(min(u, v), max(u, v)): w for u, v, w in problem.edges}
    drop = rng.pick(tree)
    yield NearMiss(_named(problem, [pair for pair in tree if pair != drop]), "spanning")
    above = [-1] * n
    for u, v in tree:
        _link(above, u, v)
    others = rng.shuffled([pair for pair in weight if pair not in set(tree)])
    if others:
        yield NearMiss(_named(problem, [*tree, others[0]]), "acyclic")
    swapped = 0
    for u, v in others:
        path = _path(above, u, v) or []
        on = [(min(a, b), max(a, b)) for a, b in pairwise(path)]
        lighter = [pair for pair in on if weight[pair] < weight[u, v]]
        if lighter and swapped < 2:
            swapped += 1
            out = rng.pick(lighter)
            yield NearMiss(_named(problem, [pair for pair in tree if pair != out] + [(u, v)]), "least")
    for _ in range(8):
        u, v = sorted(rng.sample(range(n), 2))
        if (u, v) not in weight:
            path = _path(above, u, v) or []
            out = (min(path[:2]), max(path[:2]))
            yield NearMiss(_named(problem, [pair for pair in tree if pair != out] + [(u, v)]), "edges")
            return


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """Renumbered nodes with shuffled edges; then other names in another story as well."""
    names, n = problem.names, len(problem.names)
    for other in (False, True):
        mixed, new = shuffled_edges(rng, n, problem.edges, False)
        moved = [""] * n
        for v, name in enumerate(names):
            moved[new[v]] = name
        skin, named = twin_names(rng, names, problem.skin) if other else (problem.skin, tuple(moved))
        yield Problem(named, tuple([(u, v, w) for u, v, w in mixed]), skin)


def canonical(problem: Problem) -> str:
    """Equal for all relabelled copies, and only for them."""
    return canonical_key(len(problem.names), problem.edges, False, (), "minimum_spanning_tree")


def capacity(params: Params) -> float:
    """log10 of the weighted networks of these knobs, divided by all renumberings."""
    n, reach = params.nodes, min(params.reach, params.nodes - 1)
    pairs = reach * (n - reach) + reach * (reach - 1) // 2
    m = min(pairs, max(n, int(params.degree * n * 0.5)))
    graphs = lgamma(pairs + 1) - lgamma(m + 1) - lgamma(pairs - m + 1) + m * log(params.top) - lgamma(n + 1)
    return max(0.0, graphs / log(10))


MAKER: Maker[Params, Problem, Answer] = Maker(
    make=make,
    solve=solve,
    face=FACE,
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=capacity,
    unanswerable=unanswerable,
)
