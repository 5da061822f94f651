"""Maker of flow problems: a banded one-way network, Edmonds and Karp's pushes as the trace, the reached side as cut."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import lgamma, log, log2

from verimill.generators.engines.flows import (
    Flow,
    augmented,
    by_search,
    decomposed,
    reached,
    reaching_sink,
    without_cycles,
)
from verimill.generators.engines.network_text import pick_names
from verimill.generators.engines.networks import banded, canonical_key, shuffled_edges, twin_names
from verimill.generators.graphs.max_flow_words import FACE, narrate
from verimill.schemas.core import Hardness, Maker, NearMiss, Solved, Step
from verimill.schemas.graphs.max_flow import Answer, Params, Problem
from verimill.schemas.rng import Rng


def make(rng: Rng, params: Params) -> Problem:
    """A network in which something can always flow: the first edges of the band lead from the source to every node."""
    n = params.nodes
    drawn: list[tuple[int, int, int]] = []
    links = banded(rng, n, int(params.degree * n * 0.5), params.reach)
    ends = dict.fromkeys(links)
    for v in rng.sample(range(1, n - 1), min(params.ends, n - 2)):
        ends[0, v] = None
    for u in rng.sample(range(1, n - 1), min(params.ends, n - 2)):
        ends[u, n - 1] = None
    for at, (u, v) in enumerate(ends):
        # Wide edges at both ends keep the narrowest cut inside the network.
        wide = u == 0 or v == n - 1
        w = rng.between(params.top // 2 + 1, 2 * params.top) if wide else rng.between(1, params.top)
        back = at >= n - 1 and not wide and rng.chance(params.back)
        drawn.append((v, u, w) if back else (u, v, w))
    mixed, new = shuffled_edges(rng, n, drawn, True)
    skin, names = pick_names(rng, n)
    return Problem(names, tuple([(u, v, w) for u, v, w in mixed]), new[0], new[n - 1], skin)


def _push(names: tuple[str, ...], number: int, way: list[int], rooms: list[int], amount: int) -> Step:
    because = tuple([f"room {names[u]} {names[v]} {r}" for (u, v), r in zip(pairwise(way), rooms, strict=True)])
    return Step(number, "push", because, (f"push {amount} {' '.join([names[v] for v in way])}",))


def solve(problem: Problem) -> Solved[Answer]:
    """Shortest augmenting ways until none is left; what the last search reached is the side of the cut."""
    names, n = problem.names, len(problem.names)
    room, pushes, came, work = augmented(n, problem.edges, problem.source, problem.sink)
    steps = [_push(names, at, way, rooms, min(rooms)) for at, (way, rooms) in enumerate(pushes, 1)]
    value = sum([min(rooms) for _, rooms in pushes])
    flow = {(u, v): w - room[u][v] for u, v, w in problem.edges if w > room[u][v]}
    straight = without_cycles(n, flow)
    if straight != flow:
        # Taking flow back can leave a cycle: the plain ways tell the same value without it.
        steps = []
        flow = straight
        room = [[0] * n for _ in range(n)]
        for u, v, w in problem.edges:
            room[u][v], room[v][u] = w - flow.get((u, v), 0), flow.get((u, v), 0)
        came = reached(room, problem.source)
    brief: list[Step] = []
    gone: Flow = dict.fromkeys(flow, 0)
    capacity = {(u, v): w for u, v, w in problem.edges}
    for way, amount in decomposed(n, problem.source, problem.sink, flow):
        rooms = [capacity[hop] - gone[hop] for hop in pairwise(way)]
        brief.append(_push(names, len(brief) + 1, way, rooms, amount))
        for hop in pairwise(way):
            gone[hop] += amount
    steps = steps or list(brief)
    side = [v for v in range(n) if came[v] >= 0]
    inside = set(side)
    cut = tuple([f"full {names[u]} {names[v]} {w}" for u, v, w in problem.edges if u in inside and v not in inside])
    claims = (f"side {' '.join([names[v] for v in side])}", f"value {value}")
    for v in by_search(came, problem.source):
        u = came[v]
        known = (f"room {names[u]} {names[v]} {room[u][v]}",)
        steps.append(Step(len(steps) + 1, "reach", known, (f"reach {names[v]}",)))
    steps.append(Step(len(steps) + 1, "cut", cut, claims))
    brief.append(Step(len(brief) + 1, "cut", cut, claims))
    told = tuple([(names[u], names[v], flow[u, v]) for u, v in sorted(flow)])
    answer = Answer(value, told, tuple([names[v] for v in side]))
    hops = sum([len(way) - 1 for way, _ in pushes])
    hardness = Hardness(
        # 1: source or sink is the narrow place; 2: so is one of them with a neighbour; 3: the cut lies deeper.
        tier=min(3, len(side), reaching_sink(room, problem.sink)),
        steps=len(steps),
        search=work,
        space=sum([log2(w + 1) for _, _, w in problem.edges]),
        # Two rooms an edge are kept account of; the rest is what the pushes and the last search go through.
        effort=float(2 * len(problem.edges) + hops + len(steps)),
        extra={"pushes": float(len(pushes))},
    )
    certificate = {"claim": "optimal", "by": ["flow", "cut"], "value": value}
    return Solved(answer, tuple(steps), tuple(brief), hardness, certificate)


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """Too much through one edge, a leak, a pipe that is not there, a wrong sum, too little flow, a wider cut."""
    names, n = problem.names, len(problem.names)
    at = {name: v for v, name in enumerate(names)}
    flow = {(at[a], at[b]): amount for a, b, amount in answer.flow}
    pairs = {(u, v) for u, v, _ in problem.edges}

    def told(moved: Flow, value: int = answer.value, side: tuple[str, ...] = answer.side) -> Answer:
        return Answer(value, tuple([(names[u], names[v], moved[u, v]) for u, v in sorted(moved) if moved[u, v]]), side)

    yield NearMiss(told(flow, answer.value + rng.between(1, 3)), "value")
    ways = decomposed(n, problem.source, problem.sink, without_cycles(n, flow))
    way, _ = rng.pick(ways)
    yield NearMiss(told({hop: f - (hop in set(pairwise(way))) for hop, f in flow.items()}, answer.value - 1), "cut")
    if len(ways) > 1:
        yield NearMiss(told(dict.fromkeys(pairwise(way), answer.value)), "capacity")
    for hop in rng.shuffled(sorted(flow)):
        if problem.source not in hop:
            yield NearMiss(told({**flow, hop: flow[hop] - 1}), "conservation")
            break
    for u, x, v in rng.shuffled(list(zip(way, way[1:], way[2:], strict=False))):
        if (u, v) not in pairs:
            short = {**flow, (u, x): flow[u, x] - 1, (x, v): flow[x, v] - 1, (u, v): 1}
            yield NearMiss(told(short), "edges")
            break
    inside = {at[name] for name in answer.side}
    for v in rng.shuffled(range(n)):
        if v not in (problem.source, problem.sink):
            other = inside ^ {v}
            if sum([w for a, b, w in problem.edges if a in other and b not in other]) != answer.value:
                yield NearMiss(told(flow, side=tuple([names[u] for u in sorted(other)])), "cut")
                return


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """Renumbered nodes with shuffled edges; then other names in another story as well."""
    names, n = problem.names, len(problem.names)
    for other in (False, True):
        mixed, new = shuffled_edges(rng, n, problem.edges, True)
        moved = [""] * n
        for v, name in enumerate(names):
            moved[new[v]] = name
        skin, named = twin_names(rng, names, problem.skin) if other else (problem.skin, tuple(moved))
        edges = tuple([(u, v, w) for u, v, w in mixed])
        yield Problem(named, edges, new[problem.source], new[problem.sink], skin)


def canonical(problem: Problem) -> str:
    """Equal for all relabelled copies, and only for them."""
    colours = [0] * len(problem.names)
    colours[problem.source], colours[problem.sink] = 1, 2
    return canonical_key(len(colours), problem.edges, True, colours, "max_flow")


def capacity(params: Params) -> float:
    """log10 of the networks of these knobs, divided by all renumberings."""
    n, reach = params.nodes, min(params.reach, params.nodes - 1)
    pairs = reach * (n - reach) + reach * (reach - 1) // 2
    m = min(pairs, max(n - 1, int(params.degree * n * 0.5)))
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
)
