"""What people say: statements drawn for a speaker, and a statement altered in one place."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from verimill.generators.engines.truth_tables import cast, table
from verimill.schemas.formulas import COUNTS, PAIRS, Node, write
from verimill.schemas.logic.knights_knaves import Params
from verimill.schemas.rng import Rng

Draft = tuple[str, int]  # a formula and its table


@lru_cache(maxsize=16)
def _catalogue(n: int) -> tuple[tuple[Draft, ...], tuple[Draft, ...]]:
    """Every leaf, and every pair of leaves about two people."""
    people = cast(n)
    leaves = [((kind, i), f"{kind}{i}") for i in range(n) for kind in "kn"]
    pairs = []
    for a, left in leaves:
        for b, right in leaves:
            if a[1] != b[1]:
                pairs += [(f"{op} {left} {right}", table((op, a, b), people)) for op in PAIRS]
    return tuple((text, table(leaf, people)) for leaf, text in leaves), tuple(pairs)


@lru_cache(maxsize=128)
def _short(n: int, speaker: int) -> tuple[tuple[Draft, ...], tuple[Draft, ...]]:
    """Of the catalogue what this speaker can say without a paradox, with where it agrees with the speaker."""
    people = cast(n)
    kept = []
    for drafts in _catalogue(n):
        agreed = [(text, people.everything ^ said ^ people.true[speaker]) for text, said in drafts]
        kept.append(tuple([draft for draft in agreed if draft[1] not in (0, people.everything)]))
    return kept[0], kept[1]


def statement(rng: Rng, n: int, speaker: int, params: Params) -> Draft:
    """A statement that is neither empty nor a paradox by itself, and where it agrees with its speaker."""
    counted = params.counts > 0 and rng.below(100) < params.counts
    depth = params.depth
    if depth == 1 and not counted:
        return rng.pick(_short(n, speaker)[rng.below(100) >= 15])
    people = cast(n)
    everything = people.everything
    alone = people.true[speaker]
    leaves, pairs = _catalogue(n)
    while True:
        formula, said = _count(rng, n) if counted else _formula(rng.unit, leaves, pairs, depth, everything)
        agree = everything ^ said ^ alone
        if said and said != everything and agree and agree != everything:
            return formula, agree


Drafts = tuple[Draft, ...]


def _formula(draw: Callable[[], float], leaves: Drafts, pairs: Drafts, depth: int, everything: int) -> Draft:
    """A leaf, a negation or a pair of at most this depth; `draw` gives numbers in [0, 1)."""
    roll = draw() * 100
    if roll < 15:
        return leaves[int(draw() * len(leaves))]
    if roll < 22 and depth > 1:
        text, said = _pair(draw, leaves, pairs, depth - 1, everything)
        return f"not {text}", everything ^ said
    return _pair(draw, leaves, pairs, depth, everything)


def _pair(draw: Callable[[], float], leaves: Drafts, pairs: Drafts, depth: int, everything: int) -> Draft:
    if depth == 1:
        return pairs[int(draw() * len(pairs))]
    op = int(draw() * 5)
    if depth == 2:
        some = leaves if draw() * 100 < 15 else pairs
        left, a = some[int(draw() * len(some))]
        right, b = pairs[int(draw() * len(pairs))]
    else:
        left, a = _formula(draw, leaves, pairs, depth - 1, everything)
        right, b = _pair(draw, leaves, pairs, depth - 1, everything)
    if draw() >= 0.5:
        left, a, right, b = right, b, left, a
    if op == 0:
        said = a & b
    elif op == 1:
        said = a | b
    elif op == 4:
        said = (everything ^ a) | b
    else:
        said = a ^ b if op == 2 else everything ^ a ^ b
    return f"{PAIRS[op]} {left} {right}", said


def _count(rng: Rng, n: int) -> Draft:
    many = n if rng.below(2) else rng.between(2, n)
    members = 0
    for i in rng.sample(range(n), many):
        members |= 1 << i
    return _counted(n, members, COUNTS[rng.below(3)], rng.below(many + 1))


@lru_cache(maxsize=4096)
def _counted(n: int, members: int, head: str, k: int) -> Draft:
    node = (head, k, tuple([i for i in range(n) if members >> i & 1]))
    return write(node), table(node, cast(n))


def altered(rng: Rng, n: int, node: Node) -> Node:
    """The formula with one leaf, count or connective changed."""
    head = node[0]
    if head in ("k", "n"):
        return ("n" if head == "k" else "k", node[1]) if rng.chance(0.5) else (head, rng.below(n))
    if head in COUNTS:
        return (head, rng.below(len(node[2]) + 1), node[2]) if rng.chance(0.7) else (rng.pick(COUNTS), *node[1:])
    if head == "not":
        return ("not", altered(rng, n, node[1]))
    roll = rng.below(3)
    if roll == 0:
        return (rng.pick(PAIRS), node[1], node[2])
    if roll == 1:
        return (head, altered(rng, n, node[1]), node[2])
    return (head, node[1], altered(rng, n, node[2]))
