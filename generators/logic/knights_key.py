"""The key of a problem of knights and knaves: people as colours, refined until all are told apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache

from verimill.schemas.formulas import COUNTS, PAIRS, Node, parse
from verimill.schemas.logic.knights_knaves import Problem

_MOD = (1 << 61) - 1
_HEADS = {head: 1009 + 7919 * i for i, head in enumerate(("k", "n", "not", *PAIRS, *COUNTS))}


def _mark(node: Node, colour: list[int]) -> int:
    """A number for the formula that sees people only as colours, and and/or/xor/iff without order."""
    head = node[0]
    base = _HEADS[head]
    if head in ("k", "n"):
        return (base * 31 + colour[int(node[1])] * 1000003) % _MOD
    if head in COUNTS:
        return (base * 31 + int(node[1]) * 65537 + sum(_spice(colour[i]) for i in node[2])) % _MOD
    if head == "not":
        return (base + _spice(_mark(node[1], colour))) % _MOD
    left, right = _mark(node[1], colour), _mark(node[2], colour)
    if head == "if":
        return (base + _spice(left) * 3 + right) % _MOD
    return (base + _spice(left) + _spice(right)) % _MOD


def _spice(x: int) -> int:
    return (x * x + 0x9E3779B97F4A7C1 * x + 0x1B873593) % _MOD


Place = tuple[int, int]  # a person and a number for the way from the formula's root to where they are named
Seen = tuple[int, Node, tuple[Place, ...]]  # speaker, formula, places


@lru_cache(maxsize=8192)
def _places(formula: str) -> tuple[Node, tuple[Place, ...]]:
    """The formula and everybody's places in it; the two sides of and/or/xor/iff are alike."""
    out: list[Place] = []
    ways = [1]
    for token in formula.split(" "):
        head, members = _token(token)
        way = (ways.pop() * 1000003 + head) % _MOD
        if members:
            out += [(i, way) for i in members]
        else:
            if token != "not":
                ways.append(way + 1 if token == "if" else way)
            ways.append(way)
    return parse(formula), tuple(out)


@lru_cache(maxsize=2048)
def _token(token: str) -> tuple[int, tuple[int, ...]]:
    """The number of a token's head and whom it names; a connective names nobody."""
    if token in _HEADS:
        return _HEADS[token], ()
    node = parse(token)
    return _HEADS[node[0]], node[2] if node[0] in COUNTS else (node[1],)


def _refine(n: int, said: list[Seen], colour: list[int]) -> list[int]:
    """Colours that no longer split: what each person says and where they are named, seen in colours."""
    classes = len(set(colour))
    while True:
        fresh = [_spice(c) for c in colour]
        for speaker, node, places in said:
            mark = _mark(node, colour)
            fresh[speaker] += _spice(mark)
            seen = mark * 5 + colour[speaker] * 3
            for i, way in places:
                x = (seen + way) % _MOD
                fresh[i] += x * x
        colour = [c % _MOD for c in fresh]
        now = len(set(colour))
        if now == classes or now == n:
            return colour
        classes = now


def _normal(node: Node, to: list[int]) -> str:
    """The formula's text under new numbers, with and/or/xor/iff in one order."""
    head = node[0]
    if head in ("k", "n"):
        return f"{head}{to[node[1]]}"
    if head in COUNTS:
        return f"{head}:{node[1]}:{'.'.join(map(str, sorted(to[i] for i in node[2])))}"
    parts = [_normal(part, to) for part in node[1:]]
    if head not in ("if", "not"):
        parts.sort()
    return f"{head} {' '.join(parts)}"


def canonical(problem: Problem) -> str:
    """A key that renaming people, reordering statements or swapping sides of and/or/xor/iff cannot change."""
    n = len(problem.names)
    said = [(speaker, *_places(formula)) for speaker, formula in problem.statements]
    texts = [_label(said, colour) for colour in _discrete(n, said, _refine(n, said, [1] * n), [64])]
    return hashlib.blake2b(f"{n};{min(texts)}".encode(), digest_size=16).hexdigest()


def _label(said: list[Seen], colour: list[int]) -> str:
    order = sorted(range(len(colour)), key=colour.__getitem__)
    to = [0] * len(colour)
    for new, old in enumerate(order):
        to[old] = new
    return ";".join(sorted(f"{to[speaker]} {_normal(node, to)}" for speaker, node, _ in said))


def _discrete(n: int, said: list[Seen], colour: list[int], budget: list[int]) -> Iterator[list[int]]:
    """Every colouring with all people told apart that singling out members of the least shared class leads to.

    Beyond the budget of 64 the rest of a class is left out: only problems with huge symmetry get there, and
    there the choices are copies of each other.
    """
    if len(set(colour)) == n:
        yield colour
        return
    shared = min(c for c in colour if colour.count(c) > 1)
    for i in range(n):
        if colour[i] == shared and budget[0] > 0:
            budget[0] -= 1
            single = colour[:]
            single[i] = _spice(colour[i] + 17)
            yield from _discrete(n, said, _refine(n, said, single), budget)
