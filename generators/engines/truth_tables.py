"""Deduction over truth tables kept as big integers: bit a of a table is the truth under assignment a.

Person i is truthful in the assignments whose bit i is set. One statement is one constraint: its speaker is
truthful exactly where its table is set. With at most 12 people a table has 4096 bits and an operation on it
costs well under a microsecond.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from verimill.schemas.formulas import Node, parse, people_in


class Cast(NamedTuple):
    """The tables of n people: `true[i]`, `false[i]`, and `everything`."""

    true: tuple[int, ...]
    false: tuple[int, ...]
    everything: int


@lru_cache(maxsize=16)
def cast(n: int) -> Cast:
    """The basic tables of n people."""
    size = 1 << n
    everything = (1 << size) - 1
    true = []
    for i in range(n):
        block = ((1 << (1 << i)) - 1) << (1 << i)  # 2^i zeros, then 2^i ones
        width = 2 << i
        while width < size:
            block |= block << width
            width *= 2
        true.append(block)
    return Cast(tuple(true), tuple(everything ^ t for t in true), everything)


def table(node: Node, people: Cast) -> int:
    """Where the formula is true."""
    head = node[0]
    if head == "k":
        return people.true[node[1]]
    if head == "n":
        return people.false[node[1]]
    if head == "and":
        return table(node[1], people) & table(node[2], people)
    if head == "or":
        return table(node[1], people) | table(node[2], people)
    if head == "xor":
        return table(node[1], people) ^ table(node[2], people)
    if head == "iff":
        return people.everything ^ table(node[1], people) ^ table(node[2], people)
    if head == "if":
        return (people.everything ^ table(node[1], people)) | table(node[2], people)
    if head == "not":
        return people.everything ^ table(node[1], people)
    return _count(head, node[1], node[2], people)


def told(formula: str, n: int) -> int:
    """Where a formula about n people is true: its text is read from the end, each part's table put on a stack."""
    everything, simple = cast(n).everything, _simple
    stack: list[int] = []
    pop, push = stack.pop, stack.append
    for token in reversed(formula.split(" ")):
        if token == "and":
            push(pop() & pop())
        elif token == "or":
            push(pop() | pop())
        elif token == "xor":
            push(pop() ^ pop())
        elif token == "iff":
            push(everything ^ pop() ^ pop())
        elif token == "if":
            push((everything ^ pop()) | pop())
        elif token == "not":
            push(everything ^ pop())
        else:
            push(simple(token, n))
    return stack[0]


@lru_cache(maxsize=4096)
def _simple(token: str, n: int) -> int:
    return table(parse(token), cast(n))


def _count(head: str, k: int, members: tuple[int, ...], people: Cast) -> int:
    exactly = [people.everything]  # exactly[j]: assignments with j truthful among the members seen
    for i in members:
        t, f = people.true[i], people.false[i]
        exactly = [
            (exactly[j] & f if j < len(exactly) else 0) | (exactly[j - 1] & t if j else 0)
            for j in range(len(exactly) + 1)
        ]
    if head == "exactly":
        return exactly[k]
    chosen = exactly[k:] if head == "least" else exactly[: k + 1]
    out = 0
    for part in chosen:
        out |= part
    return out


class Line(NamedTuple):
    """A statement made ready: what is said, where speaker and statement agree, and who is involved."""

    speaker: int
    said: int
    agree: int
    people: tuple[int, ...]


_KEPT = 4096
_lines: dict[tuple[int, int, str], Line] = {}


def ready(n: int, speaker: int, formula: str) -> Line:
    """The line of one statement; the last few thousand are kept."""
    line = _lines.get((n, speaker, formula))
    if line is None:
        people = cast(n)
        line = drawn(n, speaker, formula, people.everything ^ told(formula, n) ^ people.true[speaker])
    return line


def drawn(n: int, speaker: int, formula: str, agree: int) -> Line:
    """The line of a statement whose table is known to whoever drew it, kept for `ready`."""
    people = cast(n)
    who = people_in(formula)
    if speaker not in who:
        who = tuple(sorted((*who, speaker)))
    if len(_lines) >= _KEPT:
        _lines.clear()
    line = _lines[n, speaker, formula] = Line(speaker, people.everything ^ agree ^ people.true[speaker], agree, who)
    return line


def solutions(n: int, lines: tuple[Line, ...] | list[Line]) -> int:
    """The table of the assignments that fit every statement."""
    left = cast(n).everything
    for line in lines:
        left &= line.agree
    return left
