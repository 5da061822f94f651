"""Maker of shortest-path problems: a banded random network, its far end as target, Dijkstra's steps as the trace."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import pairwise
from math import lgamma, log, log2

from verimill.generators.engines.network_text import pick_names
from verimill.generators.engines.networks import banded, canonical_key, parted, shuffled_edges, twin_names
from verimill.generators.graphs.shortest_path_words import FACE, narrate
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.graphs.shortest_path import Answer, Params, Problem
from verimill.schemas.rng import Rng

_TRIES = 20
_Arcs = list[list[tuple[int, int]]]  # per node: (weight, where to)
_FAR = 1 << 60


def make(rng: Rng, params: Params) -> Problem:
    """A network all of which can be reached from the source, and a target that is far in it."""
    n = params.nodes
    for _ in range(_TRIES):
        directed = params.ways == "one" or (params.ways == "mixed" and rng.chance(0.5))
        # A one-way edge is looked at once, a two-way edge twice: more of the former make the same work.
        links = banded(rng, n, int(params.degree * n * (0.7 if directed else 0.5)), params.reach)
        drawn = [
            # The first n - 1 edges lead away from node 0, so everything can be reached.
            (u, v, rng.between(1, params.top)) if at < n - 1 or not directed or rng.chance(0.6)
            else (v, u, rng.between(1, params.top))
            for at, (u, v) in enumerate(links)
        ]  # fmt: skip
        mixed, new = shuffled_edges(rng, n, drawn, directed)
        edges = tuple([(u, v, w) for u, v, w in mixed])
        source = new[0]
        order, hops = _order(n, _arcs(n, edges, directed), source)
        far = [v for v in order[-max(2, n // 4) :] if hops[v] >= (2 if n < 9 else 3)]
        if far:
            skin, names = pick_names(rng, n)
            return Problem(names, edges, directed, source, rng.pick(far), skin)
    raise Exhausted(f"no target is far enough from the source in {_TRIES} networks of {n} nodes")


def _arcs(n: int, edges: tuple[tuple[int, int, int], ...], directed: bool) -> _Arcs:
    out: _Arcs = [[] for _ in range(n)]
    for u, v, w in edges:
        out[u].append((w, v))
        if not directed:
            out[v].append((w, u))
    return out


def _order(n: int, out: _Arcs, source: int) -> tuple[list[int], list[int]]:
    """The nodes by distance from the source, and the least hops of a shortest path to each."""
    hops, order = [0] * n, []
    done = [False] * n
    heap = [(0, 0, source)]
    while heap:
        total, hop, u = heapq.heappop(heap)
        if done[u]:
            continue
        done[u] = True
        hops[u] = hop
        order.append(u)
        for w, v in out[u]:
            if not done[v]:
                heapq.heappush(heap, (total + w, hop + 1, v))
    return order, hops


def _dijkstra(problem: Problem, target: int) -> tuple[list[Step], list[Step], list[int], int, int]:
    """Full and brief steps up to the target (or all that can be reached), the path, its total, the edges looked at."""
    names, n, source = problem.names, len(problem.names), problem.source
    out = _arcs(n, problem.edges, problem.directed)
    best, hop, via, said = [_FAR] * n, [0] * n, [-1] * n, [""] * n
    done = [False] * n
    best[source] = 0
    full, brief = [], []
    heap = [(0, 0, source)]
    looked = 0
    while heap:
        total, hops, u = heapq.heappop(heap)
        if done[u]:
            continue
        done[u] = True
        name = names[u]
        fact = f"dist {name} = {total}"
        if u == source:
            full.append(Step(1, "start", (), (fact,)))
            brief.append(full[0])
        else:
            a = via[u]
            claims = (f"{fact} via {names[a]}",)
            known = (f"dist {names[a]} = {best[a]}", f"edge {names[a]} {name} {total - best[a]}")
            full.append(Step(len(full) + 1, "settle", (said[u],) if said[u] else known, claims))
            # A node as far as the target is of no use to it.
            if u == target or target < 0 or total < best[target]:
                brief.append(Step(len(brief) + 1, "settle", known, claims))
        if u == target:
            break
        for w, v in out[u]:
            looked += 1
            if not done[v]:
                reached = total + w
                if reached < best[v]:
                    said[v] = f"best {names[v]} = {reached} via {name}"
                    full.append(Step(len(full) + 1, "relax", (fact, f"edge {name} {names[v]} {w}"), (said[v],)))
                elif reached > best[v] or hops + 1 >= hop[v]:
                    continue
                else:
                    said[v] = ""  # as short with fewer hops: nothing is relaxed, the settling names its own edge
                best[v], hop[v], via[v] = reached, hops + 1, u
                heapq.heappush(heap, (reached, hops + 1, v))
    path: list[int] = []
    at = target
    while at >= 0:
        path.append(at)
        at = via[at]
    return full, brief, path[::-1], best[target], looked


def _fewest(n: int, out: _Arcs, source: int, target: int) -> list[int]:
    """A path of fewest hops, or no node."""
    came = [-1] * n
    came[source] = source
    row = [source]
    for u in row:
        for _, v in out[u]:
            if came[v] < 0:
                came[v] = u
                row.append(v)
    if came[target] < 0:
        return []
    path = [target]
    while path[-1] != source:
        path.append(came[path[-1]])
    return path[::-1]


def solve(problem: Problem) -> Solved[Answer]:
    """Dijkstra's algorithm; the path of least total, among equals one of fewest hops."""
    full, brief, path, total, looked = _dijkstra(problem, problem.target)
    if len(path) < 2:
        raise ValueError("the target cannot be reached from the source")
    names = problem.names
    answer = tuple([names[v] for v in path])
    claim = (f"path {' '.join(answer)} = {total}",)
    known = (f"dist {answer[-1]} = {total}",)
    full.append(Step(len(full) + 1, "path", known, claim))
    brief.append(Step(len(brief) + 1, "path", known, claim))
    out = _arcs(len(names), problem.edges, problem.directed)
    least = len(_fewest(len(names), out, problem.source, problem.target))
    # 1: a path of fewest hops is shortest; 2: the shortest takes one hop more; 3: more than one.
    tier = 1 + min(2, len(path) - least)
    hardness = Hardness(
        tier=tier,
        steps=len(full),
        search=looked,
        space=sum([log2(len(ways)) for ways in out if ways]),
        effort=float(len(full) + looked + tier),
        extra={"hops": float(len(path) - 1)},
    )
    return Solved(answer, tuple(full), tuple(brief), hardness, {"claim": "optimal", "by": ["dijkstra"], "total": total})


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """The same nodes with the edges moved so that none leads from the source's part to the target's."""
    moved = parted(rng, len(problem.names), problem.edges, problem.directed, problem.source, problem.target)
    cut = Problem(problem.names, moved, problem.directed, problem.source, problem.target, problem.skin)
    full, _, _, _, _ = _dijkstra(cut, -1)
    reached = [step.claims[0].split(" via ")[0] for step in full if step.rule != "relax"]
    steps = (*full, Step(len(full) + 1, "closed", tuple(reached), ("contradiction",)))
    return Unanswerable(cut, "none", {"claim": "none", "by": ["dijkstra"], "reached": len(reached)}, steps=steps)


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """A path cut short, a hop that no edge allows, a longer path: greedy, of fewest hops, or a detour."""
    names, n = problem.names, len(problem.names)
    at = {name: v for v, name in enumerate(names)}
    out = _arcs(n, problem.edges, problem.directed)
    weight = {(u, v): w for u, ways in enumerate(out) for w, v in ways}
    yield NearMiss(answer[:-1], "ends")
    if len(answer) > 2:
        yield NearMiss(answer[1:], "ends")
    for i in rng.shuffled(range(1, len(answer) - 1)):
        if (at[answer[i - 1]], at[answer[i + 1]]) not in weight:
            yield NearMiss(answer[:i] + answer[i + 1 :], "edges")
            break
    path = [at[name] for name in answer]
    least = sum([weight[pair] for pair in pairwise(path)])
    others = [_fewest(n, out, problem.source, problem.target)]
    for u, v in rng.shuffled(list(pairwise(path)))[:3]:
        less = tuple([e for e in problem.edges if {e[0], e[1]} != {u, v}])
        detour = Problem(names, less, problem.directed, problem.source, problem.target, problem.skin)
        others.append(_dijkstra(detour, problem.target)[2])
    seen: set[tuple[int, ...]] = set()
    for other in others:
        key = tuple(other)
        if len(other) > 1 and key not in seen and sum([weight[p] for p in pairwise(key)]) > least:
            seen.add(key)
            yield NearMiss(tuple([names[v] for v in other]), "shortest")


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """Renumbered nodes with shuffled edges; then other names in another story as well."""
    names, n = problem.names, len(problem.names)
    for other in (False, True):
        mixed, new = shuffled_edges(rng, n, problem.edges, problem.directed)
        moved = [""] * n
        for v, name in enumerate(names):
            moved[new[v]] = name
        skin, named = twin_names(rng, names, problem.skin) if other else (problem.skin, tuple(moved))
        edges = tuple([(u, v, w) for u, v, w in mixed])
        yield Problem(named, edges, problem.directed, new[problem.source], new[problem.target], skin)


def canonical(problem: Problem) -> str:
    """Equal for all relabelled copies, and only for them."""
    colours = [0] * len(problem.names)
    colours[problem.source], colours[problem.target] = 1, 2
    return canonical_key(len(colours), problem.edges, problem.directed, colours, "shortest_path")


def capacity(params: Params) -> float:
    """log10 of the weighted networks of these knobs, divided by all renumberings."""
    n, reach = params.nodes, min(params.reach, params.nodes - 1)
    pairs = reach * (n - reach) + reach * (reach - 1) // 2
    m = max(n - 1, min(pairs, int(params.degree * n * 0.5)))
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
