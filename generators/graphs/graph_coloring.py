"""Maker of graph_coloring: edges between the parts of a hidden colouring, near the density where colouring is hard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import comb, lgamma, log, log2, log10

from verimill.generators.engines.network_text import pick_names
from verimill.generators.engines.networks import canonical_key, shuffled_edges
from verimill.generators.graphs.coloring_search import Colouring, Raw, TooLong, cliques, closes, masks, peel
from verimill.generators.graphs.graph_coloring_words import FACE, PALETTES, narrate
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.graphs.graph_coloring import Answer, Params, Problem
from verimill.schemas.rng import Rng

_TRIES = 30  # networks drawn before giving up
_GUESSES = 300  # most guesses of a made problem, so that its trace stays readable
_REFUTE = 120  # most guesses of a refutation

Edges = Sequence[tuple[int, int]]


def _room(n: int, k: int) -> int:
    """Pairs of nodes in different parts of a balanced colouring."""
    return comb(n, 2) - sum(comb(len(range(c, n, k)), 2) for c in range(k))


def _drawn(rng: Rng, params: Params) -> list[tuple[int, int]]:
    """A connected network whose edges all join different parts of a hidden, balanced colouring."""
    n, k = params.nodes, params.colours
    part = rng.shuffled([v % k for v in range(n)])
    edges: dict[tuple[int, int], None] = {}
    below = rng.below
    for v in range(1, n):
        u = below(v)
        if part[u] == part[v]:
            others = [u for u in range(v) if part[u] != part[v]]
            if not others:
                continue
            u = others[below(len(others))]
        edges[u, v] = None
    wanted = min(round(n * params.degree / 2), _room(n, k))
    while len(edges) < wanted:
        u, v = below(n), below(n)
        if part[u] != part[v]:
            edges[(u, v) if u < v else (v, u)] = None
    return list(edges)


def _trivial(edges: Edges, k: int) -> bool:
    """True when colouring the nodes in turn, or all alike, is right."""
    return all(u % k != v % k for u, v in edges)


def _dressed(rng: Rng, n: int, edges: Edges, k: int) -> Problem:
    """The network under new numbers and names."""
    moved, _ = shuffled_edges(rng, n, edges, False)
    skin, names = pick_names(rng, n, [skin for skin, words in PALETTES.items() if len(words) >= k])
    return Problem(names, tuple([(e[0], e[1]) for e in moved]), tuple(rng.sample(PALETTES[skin], k)), skin)


def make(rng: Rng, params: Params) -> Problem:
    """A network that the colours suffice for; Exhausted after a bounded number of draws."""
    for _ in range(_TRIES):
        problem = _dressed(rng, params.nodes, _drawn(rng, params), params.colours)
        if _trivial(problem.edges, params.colours):
            continue
        try:
            found = _coloured(problem)
        except TooLong:
            continue
        if found.ok and found.search.guesses >= params.guesses:
            return problem
    raise Exhausted(f"no network of {params.nodes} nodes was coloured within {_GUESSES} guesses in {_TRIES} tries")


class _Found:
    """The outcome of the search on the core of a network."""

    __slots__ = ("clique", "core", "ok", "order", "raw", "search", "starts")

    def __init__(self, near: list[int], k: int, limit: int) -> None:
        self.core, self.order = peel(near, k)
        self.starts = cliques(near, self.core, k) if self.core else []
        # Neighbours of the clique are the first to be forced: the more the better.
        self.clique = max(self.starts, key=lambda c: sum(near[v].bit_count() for v in c)) if self.starts else ()
        self.search = Colouring(near, k, limit)
        self.ok, self.raw = self.search.solve(self.core, self.clique)


@lru_cache(maxsize=16)
def _coloured(problem: Problem) -> _Found:
    """The search within the limit of a made problem: `solve` asks for what `make` has just found."""
    return _Found(masks(len(problem.names), problem.edges), len(problem.palette), _GUESSES)


def _step(problem: Problem, number: int, raw: Raw) -> Step:
    """A raw step in words, its sub-steps numbered from 1."""
    rule, v, c, reasons, inner = raw
    name, palette, names = problem.names[v], problem.palette, problem.names
    because = tuple([f"{name}!={palette[d]}" if u < 0 else f"{names[u]}={palette[d]}" for u, d in reasons])
    if rule == "suppose":
        sub = tuple([_step(problem, at, deeper) for at, deeper in enumerate(inner, 1)])
        return Step(number, rule, (f"{name}={palette[c]}",), (f"{name}!={palette[c]}",), sub)
    if rule == "clash":
        return Step(number, rule, (name, *because), ("contradiction",))
    return Step(number, rule, because, (f"{name}!={palette[c]}" if rule == "same" else f"{name}={palette[c]}",))


def _start(problem: Problem, clique: Sequence[int]) -> Step:
    names = problem.names
    claims = tuple([f"{names[v]}={problem.palette[c]}" for c, v in enumerate(clique)])
    return Step(1, "start", tuple([names[v] for v in clique]), claims)


def _steps(problem: Problem, clique: Sequence[int], raw: Sequence[Raw]) -> tuple[Step, ...]:
    first = [_start(problem, clique)] if clique else []
    return tuple(first + [_step(problem, at, step) for at, step in enumerate(raw, len(first) + 1)])


def _forced_or_chosen(near: list[int], k: int, colour: list[int], v: int, c: int) -> Raw:
    """How node v gets colour c: forced where its neighbours have all others."""
    seen: dict[int, int] = {}
    rest = near[v]
    while rest:
        u = (rest & -rest).bit_length() - 1
        rest &= rest - 1
        if colour[u] >= 0:
            seen.setdefault(colour[u], u)
    if len(seen) == k - 1:
        return ("forced", v, c, tuple([(seen[d], d) for d in range(k) if d != c]), ())
    return ("choose", v, c, (), ())


def _peeled(near: list[int], k: int, colour: list[int], order: Sequence[int]) -> list[Raw]:
    """Colours for the nodes outside the core, the last to fall off first."""
    out = []
    for v in reversed(order):
        taken = 0
        rest = near[v]
        while rest:
            c = colour[(rest & -rest).bit_length() - 1]
            rest &= rest - 1
            if c >= 0:
                taken |= 1 << c
        c = (~taken & (taken + 1)).bit_length() - 1
        out.append(_forced_or_chosen(near, k, colour, v, c))
        colour[v] = c
    return out


def _without_failures(near: list[int], k: int, clique: Sequence[int], raw: Sequence[Raw]) -> list[Raw]:
    """The steps that give a colour, what was refuted left out: with hindsight the right colour is chosen at once."""
    colour = [-1] * len(near)
    for c, v in enumerate(clique):
        colour[v] = c
    out = []
    for rule, v, c, _, _ in raw:
        if rule in ("forced", "choose"):
            out.append(_forced_or_chosen(near, k, colour, v, c))
            colour[v] = c
    return out


def solve(problem: Problem) -> Solved[Answer]:
    """A colouring with its deductions and guesses; ValueError when the colours are too few."""
    n, k = len(problem.names), len(problem.palette)
    try:
        found = _coloured(problem)
    except TooLong:
        found = _Found(masks(n, problem.edges), k, 1 << 30)
    near = found.search.near
    if not found.ok:
        raise ValueError(f"{k} colours are too few")
    search = found.search
    colour = list(search.colour)
    last = _peeled(near, k, colour, found.order)
    raw = [*found.raw, *last]
    steps = _steps(problem, found.clique, raw)
    failed = any(rule in ("suppose", "same") for rule, _, _, _, _ in raw)
    brief = _steps(problem, found.clique, _without_failures(near, k, found.clique, raw)) if failed else steps
    tier = 2
    if not found.core:
        tier = 0
    elif not search.guesses or any(closes(near, found.core, clique, k) for clique in found.starts):
        tier = 1
    effort = search.effort + sum(1 + near[v].bit_count() for v in found.order)
    hardness = Hardness(
        tier, len(steps), search.guesses, round(n * log2(k), 2), float(effort),
        {"core": float(found.core.bit_count()), "edges": float(len(problem.edges))},
    )  # fmt: skip
    answer = tuple([(name, problem.palette[c]) for name, c in zip(problem.names, colour, strict=True)])
    return Solved(answer, steps, brief, hardness, {"claim": "any valid", "by": ["colouring shown"]})


def canonical(problem: Problem) -> str:
    """Key of the network and the number of colours; names, words and order left out."""
    return canonical_key(len(problem.names), problem.edges, False, head=f"colours {len(problem.palette)}")


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The words in another order, then the same network under other numbers, names and words."""
    palette = problem.palette
    turn = rng.between(1, len(palette) - 1)
    edges = tuple(rng.shuffled(problem.edges))
    yield Problem(problem.names, edges, palette[turn:] + palette[:turn], problem.skin)
    for _ in range(2):
        yield _dressed(rng, len(problem.names), problem.edges, len(problem.palette))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """One node recoloured like a neighbour, as few edges spoilt as can be; two colours swapped on one node."""
    near = masks(len(problem.names), problem.edges)
    colours = [problem.palette.index(colour) for _, colour in answer]
    options = []
    for v, mask in enumerate(near):
        for c in range(len(problem.palette)):
            spoilt = sum(1 for u, other in enumerate(colours) if mask >> u & 1 and other == c)
            if c != colours[v] and spoilt:
                options.append((spoilt, v, c))
    least = min(options)[0] if options else 0
    for _, v, c in rng.shuffled([option for option in options if option[0] == least])[:4]:
        wrong = [*answer]
        wrong[v] = (problem.names[v], problem.palette[c])
        yield NearMiss(tuple(wrong), "edges")
    k = len(problem.palette)
    yield NearMiss(tuple([(name, problem.palette[v % k]) for v, name in enumerate(problem.names)]), "edges")


def capacity(params: Params) -> float:
    """log10 of a lower bound: edge sets between balanced parts, over the orders of the nodes."""
    n, k = params.nodes, params.colours
    room = _room(n, k)
    edges = min(round(n * params.degree / 2), room)
    return max(0.0, log10(comb(room, edges)) - lgamma(n + 1) / log(10))


def _crossed(rng: Rng, n: int, edges: list[tuple[int, int]], colour: Sequence[int], k: int) -> list[tuple[int, int]]:
    """The edges with one moved to join two nodes of the same colour, best where no clique of k + 1 comes of it.

    No node loses its only edge: one that stands alone would tell that edges were moved.
    """
    near = masks(n, edges)
    alike = [(u, v) for u in range(n) for v in range(u + 1, n) if colour[u] == colour[v] and not near[u] >> v & 1]
    new = rng.pick(alike)
    for pair in rng.sample(alike, min(8, len(alike))):
        common = near[pair[0]] & near[pair[1]]
        if not common or len(cliques(near, common, k - 1)[0]) < k - 1:
            new = pair
            break
    out = list(edges)
    spare = [at for at, (u, v) in enumerate(edges) if near[u].bit_count() > 1 and near[v].bit_count() > 1]
    out[rng.pick(spare or range(len(out)))] = new
    return out


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """The network with edges moved until its colours are too few; None when that takes too long to prove."""
    n, k = len(problem.names), len(problem.palette)
    edges = list(problem.edges)
    for _ in range(40):
        near = masks(n, edges)
        try:
            found = _Found(near, k, _REFUTE)
        except TooLong:
            return None
        if not found.ok:
            changed = Problem(problem.names, tuple(edges), problem.palette, problem.skin)
            by = ["complete search with a refutation step by step"]
            steps = _steps(changed, found.clique, found.raw)
            return Unanswerable(changed, "none", {"claim": "none", "by": by}, (), steps)
        colour = list(found.search.colour)
        _peeled(near, k, colour, found.order)
        edges = _crossed(rng, n, edges, colour, k)
    return None


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
