"""Maker of Hamiltonian-path problems: edges around a hidden path, a search that says why it gives up a beginning."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import lgamma, log, log2

from verimill.generators.engines.hamilton import Found, search
from verimill.generators.engines.network_text import pick_names
from verimill.generators.engines.networks import (
    around_path,
    canonical_key,
    shuffled_edges,
    stable_colours,
    twin_names,
)
from verimill.generators.graphs.hamiltonian_path_words import FACE, narrate
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.graphs.hamiltonian_path import Answer, Params, Problem
from verimill.schemas.networks import neighbours
from verimill.schemas.rng import Rng

_TRIES = 40
_CAP = 20_000  # events of a search that must finish
_NONE_TRIES = 6
_NONE_CAP = 400  # events of a refutation that is to be read


def make(rng: Rng, params: Params) -> Problem:
    """A network with a path through all nodes that the search finds within `params.search` steps."""
    n = params.nodes
    for _ in range(_TRIES):
        directed = params.ways == "one" or (params.ways == "mixed" and rng.chance(0.5))
        # A one-way edge helps in one direction only: a few more of them are as hard.
        m = int(params.degree * n * (0.6 if directed else 0.5))
        path, links = around_path(rng, n, m, directed)
        start = path[0] if params.start == "fixed" or (params.start == "mixed" and rng.chance(0.5)) else -1
        edges = tuple(links)
        found = _searched(n, edges, directed, start, params.search)
        if found.whole:
            skin, names = pick_names(rng, n)
            return Problem(names, edges, directed, start, skin)
    raise Exhausted(f"no network of {n} nodes is solved within {params.search} steps in {_TRIES} tries")


def _searched(n: int, edges: tuple[tuple[int, int], ...], directed: bool, start: int, cap: int) -> Found:
    colours = [int(v == start) for v in range(n)]
    return search(n, edges, directed, start, cap, stable_colours(n, edges, directed, colours))


def _steps(problem: Problem, found: Found) -> list[Step]:
    """The events as steps, without the end."""
    names = problem.names
    way = [""]
    dead: list[list[str]] = [[]]
    steps: list[Step] = []
    for number, (kind, depth, node, others) in enumerate(found.events, 1):
        name = names[node]
        if kind == "go" or kind == "forced":
            because = [f"edge {way[-1]} {name}"] if depth > 1 else []
            because += [f"dead {depth} {other}" for other in dead[-1]]
            steps.append(Step(number, kind, tuple(because), (f"at {depth} {name}",)))
            way.append(name)
            dead.append([])
            continue
        if kind == "tried":
            reasons = tuple([f"dead {depth + 1} {other}" for other in dead.pop()])
            way.pop()
        else:
            reasons = tuple([f"{'lost' if kind == 'lost' else 'last'} {names[other]}" for other in others])
        dead[-1].append(name)
        steps.append(Step(number, kind, reasons, (f"dead {depth} {name}",)))
    return steps


def solve(problem: Problem) -> Solved[Answer]:
    """Backtracking, the way on with fewest ways on first; a beginning is given up at sight or when all was tried."""
    names, n, m = problem.names, len(problem.names), len(problem.edges)
    found = _searched(n, problem.edges, problem.directed, problem.start, _CAP)
    if not found.path:
        raise ValueError("no path passes every node" if found.whole else f"no path was found in {_CAP} steps")
    answer = tuple([names[v] for v in found.path])
    steps = _steps(problem, found)
    steps.append(Step(len(steps) + 1, "done", (), (f"path {' '.join(answer)}",)))
    brief = [Step(1, "go", (), (f"at 1 {answer[0]}",))]
    for place, (a, b) in enumerate(pairwise(answer), 2):
        brief.append(Step(place, "go", (f"edge {a} {b}",), (f"at {place} {b}",)))
    brief.append(Step(n + 1, "done", (), steps[-1].claims))
    hardness = Hardness(
        # 1: there is never a choice; 2: the first comes after a quarter of the way; 3: earlier.
        tier=1 if found.forced == n else 2 if 4 * found.forced >= n else 3,
        steps=len(steps),
        search=len(found.events),
        space=(n - 1) * log2(max(1.0, 2 * m / n - 1)) + (log2(n) if problem.start < 0 else 0),
        # Every edge stands in two lists, of ways in and of ways on; the rest is what was tried.
        effort=float(2 * m + len(found.events)),
        extra={"given_up": float(sum([event.kind not in ("go", "forced") for event in found.events]))},
    )
    return Solved(answer, tuple(steps), tuple(brief), hardness, {"claim": "any_valid", "by": ["search"]})


def _pathless(rng: Rng, problem: Problem) -> tuple[tuple[tuple[int, int], ...], Found] | None:
    """The edges with one hop of each path found moved elsewhere until no path is left, and the search that says so."""
    n, directed = len(problem.names), problem.directed
    edges = list(problem.edges)
    for _ in range(4 * n):
        found = _searched(n, tuple(edges), directed, problem.start, _NONE_CAP)
        if not found.whole:
            return None
        if not found.path:
            return tuple(edges), found
        taken = {*edges} if directed else {*edges, *[(v, u) for u, v in edges]}
        out = rng.pick(list(pairwise(found.path)))
        at = edges.index(out) if out in edges else edges.index((out[1], out[0]))
        # The new edge starts where there are many already: paths rarely profit from it.
        ends = [u for e in edges for u in e]
        free = [(u, v) for u in [rng.pick(ends) for _ in range(12)] for v in [rng.below(n)] if u != v]
        edges[at : at + 1] = [pair for pair in free if pair not in taken and {*pair} != {*out}][:1]
    return None


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """The same nodes with edges moved until no path is left; of a few tries the first that is not seen at once."""
    n = len(problem.names)
    best: tuple[tuple[tuple[int, int], ...], Found] | None = None
    for _ in range(_NONE_TRIES):
        tried = _pathless(rng, problem)
        if tried is not None and (best is None or len(tried[1].events) > len(best[1].events)):
            best = tried
        if best is not None and len(best[1].events) > n:
            break
    if best is None:
        return None
    edges, found = best
    cut = Problem(problem.names, edges, problem.directed, problem.start, problem.skin)
    steps = _steps(cut, found)
    starts = range(n) if problem.start < 0 else (problem.start,)
    given_up = tuple([f"dead 1 {problem.names[v]}" for v in starts])
    steps.append(Step(len(steps) + 1, "none", given_up, ("contradiction",)))
    certificate = {"claim": "none", "by": ["complete search"], "nodes": len(found.events)}
    return Unanswerable(cut, "none", certificate, steps=tuple(steps))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """A node left out, a node passed again, a hop that no edge allows, a path from elsewhere."""
    names, n = problem.names, len(problem.names)
    at = {name: v for v, name in enumerate(names)}
    ways = neighbours(n, problem.edges, problem.directed)
    hops = {(u, v) for u, row in enumerate(ways) for v, _ in row}
    yield NearMiss(answer[:-1], "all")
    again = [names[v] for v, _ in ways[at[answer[-1]]]]
    if again:
        yield NearMiss((*answer, rng.pick(again)), "once")
    for i in rng.shuffled(range(1, n - 1)):
        swapped = (*answer[:i], answer[i + 1], answer[i], *answer[i + 2 :])
        if any((at[a], at[b]) not in hops for a, b in pairwise(swapped)):
            yield NearMiss(swapped, "edges")
            break
    if problem.start >= 0 and not problem.directed:
        yield NearMiss(answer[::-1], "start")
    elif problem.start >= 0:
        for other in rng.sample(range(n), min(n, 4)):
            if other != problem.start:
                path = _searched(n, problem.edges, True, other, 60).path
                if path:
                    yield NearMiss(tuple([names[v] for v in path]), "start")
                    return


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """Renumbered nodes with shuffled edges; then other names in another story as well."""
    names, n = problem.names, len(problem.names)
    for other in (False, True):
        mixed, new = shuffled_edges(rng, n, problem.edges, problem.directed)
        moved = [""] * n
        for v, name in enumerate(names):
            moved[new[v]] = name
        skin, named = twin_names(rng, names, problem.skin) if other else (problem.skin, tuple(moved))
        edges = tuple([(e[0], e[1]) for e in mixed])
        yield Problem(named, edges, problem.directed, new[problem.start] if problem.start >= 0 else -1, skin)


def canonical(problem: Problem) -> str:
    """Equal for all relabelled copies, and only for them."""
    colours = [int(v == problem.start) for v in range(len(problem.names))]
    return canonical_key(len(colours), problem.edges, problem.directed, colours, "hamiltonian_path")


def capacity(params: Params) -> float:
    """log10 of the sets of edges beside a given path, divided by how many paths such a network can hold."""
    n = params.nodes
    more = max(0, int(params.degree * n * 0.5) - (n - 1))
    pairs = n * (n - 1) // 2 - (n - 1)
    sets = lgamma(pairs + 1) - lgamma(more + 1) - lgamma(pairs - more + 1)
    # Every node but the first is left by one of all its edges but the one it was reached by.
    return max(0.0, (sets - n * log(params.degree - 1)) / log(10))


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
