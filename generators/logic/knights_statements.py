"""What people say: statements drawn for a speaker, and a statement altered in one place."""

from __future__ import annotations

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
    if params.depth == 1 and not counted:
        return rng.pick(_short(n, speaker)[rng.below(100) >= 15])
    people = cast(n)
    everything = people.everything
    while True:
        if counted:
            node = _count(rng, n)
            formula, said = write(node), table(node, people)
        else:
            formula, said = _formula(rng, n, params.depth, everything)
        agree = everything ^ said ^ people.true[speaker]
        if said and said != everything and agree and agree != everything:
            return formula, agree


def _formula(rng: Rng, n: int, depth: int, everything: int) -> Draft:
    roll = rng.below(100)
    if roll < 15 or depth == 0:
        return rng.pick(_catalogue(n)[0])
    if roll < 22 and depth > 1:
        text, said = _pair(rng, n, depth - 1, everything)
        return f"not {text}", everything ^ said
    return _pair(rng, n, depth, everything)


def _pair(rng: Rng, n: int, depth: int, everything: int) -> Draft:
    if depth <= 1:
        return rng.pick(_catalogue(n)[1])
    op = rng.below(5)
    (left, a), (right, b) = _formula(rng, n, depth - 1, everything), _pair(rng, n, depth - 1, everything)
    if rng.below(2):
        left, a, right, b = right, b, left, a
    said = (a & b, a | b, a ^ b, everything ^ a ^ b, (everything ^ a) | b)[op]
    return f"{PAIRS[op]} {left} {right}", said


def _count(rng: Rng, n: int) -> Node:
    many = n if rng.below(2) else rng.between(2, n)
    members = tuple(sorted(rng.sample(range(n), many)))
    return (COUNTS[rng.below(3)], rng.below(many + 1), members)


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
