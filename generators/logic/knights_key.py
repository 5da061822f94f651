"""The key of a problem of knights and knaves: people as colours, refined until all are told apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

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


class Seen(NamedTuple):
    """What one person says: its tokens from the end, its mark while all are alike, everybody's places in it."""

    speaker: int
    formula: str
    tokens: list[str]
    blank: int
    places: list[Place]


def _seen(speaker: int, formula: str) -> Seen:
    """The statement read token by token; the two sides of and/or/xor/iff are alike."""
    tokens = formula.split(" ")
    read = [_token(token) for token in tokens]
    places: list[Place] = []
    ways = [1]
    for head, members, _, kind in read:
        way = (ways.pop() * 1000003 + head) % _MOD
        if kind == _NAMES:
            for i in members:
                places.append((i, way))
        elif kind == _NOT:
            ways.append(way)
        else:
            ways.append(way + 1 if kind == _IF else way)
            ways.append(way)
    tokens.reverse()
    read.reverse()
    return Seen(speaker, formula, tokens, _blank(read), places)


_NAMES, _NOT, _IF, _EVEN = range(4)
Token = tuple[int, tuple[int, ...], int, int]  # number of the head, who is named, mark while all are alike, kind


def _blank(read: list[Token]) -> int:
    """`_mark` of a formula with every colour 1, from its tokens in reverse."""
    marks: list[int] = []
    for head, _, mark, kind in read:
        if kind == _NAMES:
            marks.append(mark)
            continue
        x = marks.pop()
        spiced = x * x + 0x9E3779B97F4A7C1 * x + 0x1B873593
        if kind == _EVEN:
            y = marks.pop()
            marks.append((head + spiced + y * y + 0x9E3779B97F4A7C1 * y + 0x1B873593) % _MOD)
        else:
            marks.append((head + spiced if kind == _NOT else head + spiced % _MOD * 3 + marks.pop()) % _MOD)
    return marks[0]


@lru_cache(maxsize=2048)
def _token(token: str) -> Token:
    """What there is to know about a token; a connective names nobody."""
    if token in _HEADS:
        return _HEADS[token], (), 0, _NOT if token == "not" else _IF if token == "if" else _EVEN
    node = parse(token)
    members = node[2] if node[0] in COUNTS else (node[1],)
    return _HEADS[node[0]], members, _mark(node, [1] * (max(members) + 1)), _NAMES


def _refine(n: int, said: list[Seen], colour: list[int]) -> list[int]:
    """Colours that no longer split: what each person says and where they are named, seen in colours."""
    classes = len(set(colour))
    alike = colour == [1] * n
    while True:
        fresh = [_spice(c) for c in colour]
        for speaker, formula, _, blank, places in said:
            mark = blank if alike else _mark(parse(formula), colour)
            fresh[speaker] += mark * mark + 0x9E3779B97F4A7C1 * mark + 0x1B873593
            seen = mark * 5 + colour[speaker] * 3
            for i, way in places:
                x = (seen + way) % _MOD
                fresh[i] += x * x
        colour = [c % _MOD for c in fresh]
        now = len(set(colour))
        if now == classes or now == n:
            return colour
        classes = now
        alike = False


def _normal(tokens: list[str], leaves: dict[str, str], to: list[int]) -> str:
    """The text, under new numbers and with and/or/xor/iff in one order, of tokens given from the last to the first."""
    parts: list[str] = []
    pop, push = parts.pop, parts.append
    for token in tokens:
        leaf = leaves.get(token)
        if leaf is not None:
            push(leaf)
        elif token == "not":
            push(f"not {pop()}")
        elif token == "if":
            push(f"if {pop()} {pop()}")
        elif token in _HEADS:
            left, right = pop(), pop()
            push(f"{token} {left} {right}" if left < right else f"{token} {right} {left}")
        else:
            head, k, members = parse(token)
            push(f"{head}:{k}:{'.'.join(map(str, sorted([to[i] for i in members])))}")
    return parts[0]


def canonical(problem: Problem) -> str:
    """A key that renaming people, reordering statements or swapping sides of and/or/xor/iff cannot change."""
    n = len(problem.names)
    said = [_seen(speaker, formula) for speaker, formula in problem.statements]
    texts = [_label(said, colour) for colour in _discrete(n, said, _refine(n, said, [1] * n), [64])]
    return hashlib.blake2b(f"{n};{min(texts)}".encode(), digest_size=16).hexdigest()


def _label(said: list[Seen], colour: list[int]) -> str:
    order = sorted(range(len(colour)), key=colour.__getitem__)
    to = [0] * len(colour)
    leaves = {}
    for new, old in enumerate(order):
        to[old] = new
        leaves[f"k{old}"], leaves[f"n{old}"] = f"k{new}", f"n{new}"
    return ";".join(sorted([f"{to[one.speaker]} {_normal(one.tokens, leaves, to)}" for one in said]))


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
