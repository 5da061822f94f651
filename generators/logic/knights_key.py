"""The key of a problem of knights and knaves: people as colours, refined until all are told apart; compiled."""

# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numba as nb
import numpy as np

from verimill.generators.engines.formula_codes import coded
from verimill.schemas.logic.knights_knaves import Problem

Table = np.ndarray[Any, Any]

# The codes of `truth_tables`, said again, since a cache of compiled code sees changes of its own file alone.
IF, NOT, LEAF, COUNT = 4, 5, 6, 64

# Colours are numbers below the prime 2^61 - 1; a formula's mark is a polynomial in the colours of its people.
_PRIME = np.uint64((1 << 61) - 1)
_SLOPE, _SHIFT, _STEP = np.uint64(0x9E3779B97F4A7C1), np.uint64(0x1B873593), np.uint64(1000003)
_LOW, _HALF, _BITS30, _BITS31 = np.uint64(30), np.uint64(31), np.uint64((1 << 30) - 1), np.uint64((1 << 31) - 1)
_TOP = np.uint64(61)


@nb.njit(cache=True)
def _fold(x):
    """x modulo the prime."""
    x = (x & _PRIME) + (x >> _TOP)
    return x - _PRIME if x >= _PRIME else x


@nb.njit(cache=True)
def _times(a, b):
    """a times b modulo the prime, from halves of 31 bits, since 2^61 is 1."""
    a1, a0, b1, b0 = a >> _HALF, a & _BITS31, b >> _HALF, b & _BITS31
    middle = a1 * b0 + a0 * b1
    return _fold(np.uint64(2) * a1 * b1 + (middle >> _LOW) + ((middle & _BITS30) << _HALF) + a0 * b0)


@nb.njit(cache=True)
def _spice(x):
    return _fold(_times(x, x) + _times(_SLOPE, x) + _SHIFT)


@nb.njit(cache=True)
def _head(code):
    """The number of a token whoever it names."""
    if code >= COUNT:
        place = 8 + ((code - COUNT) >> 16)
    elif code >= LEAF:
        place = (code - LEAF) & 1
    else:
        place = 2 if code == NOT else 3 + code
    return np.uint64(1009 + 7919 * place)


@nb.njit(cache=True)
def _mark(codes, begin, end, colour, stack):
    """A number for the formula that sees people only as colours, and and/or/xor/iff without order."""
    top = 0
    for at in range(end - 1, begin - 1, -1):
        code = codes[at]
        head = _head(code)
        if code >= COUNT:
            x = head * np.uint64(31) + np.uint64((code - COUNT) >> 12 & 15) * np.uint64(65537)
            for i in range(colour.shape[0]):
                if (code - COUNT) >> i & 1:
                    x = _fold(x + _spice(colour[i]))
            stack[top] = _fold(x)
            top += 1
        elif code >= LEAF:
            stack[top] = _fold(head * np.uint64(31) + _times(_STEP, colour[(code - LEAF) >> 1]))
            top += 1
        elif code == NOT:
            stack[top - 1] = _fold(head + _spice(stack[top - 1]))
        else:
            top -= 1
            left, right = _spice(stack[top]), stack[top - 1]
            stack[top - 1] = _fold(
                head + _fold(left * np.uint64(3)) + right if code == IF else head + left + _spice(right)
            )
    return stack[0]


@nb.njit(cache=True)
def _named(codes, begin, end, seen, fresh, stack):
    """Everybody named in the formula told the way there from its root; the sides of and/or/xor/iff are alike."""
    top = 1
    stack[0] = 1
    for at in range(begin, end):
        code = codes[at]
        top -= 1
        way = _fold(_times(stack[top], _STEP) + _head(code))
        if code >= LEAF:
            x = _fold(seen + way)
            x = _times(x, x)
            for i in range(fresh.shape[0]):
                if (code - COUNT) >> i & 1 if code >= COUNT else i == (code - LEAF) >> 1:
                    fresh[i] = _fold(fresh[i] + x)
        elif code == NOT:
            stack[top] = way
            top += 1
        else:
            stack[top], stack[top + 1] = way + np.uint64(code == IF), way
            top += 2


@nb.njit(cache=True)
def _different(colour):
    """How many different colours there are."""
    many = 0
    for i in range(colour.shape[0]):
        fresh = 1
        for j in range(i):
            if colour[j] == colour[i]:
                fresh = 0
        many += fresh
    return many


@nb.njit(cache=True)
def _refine(codes, spans, colour):
    """Colours that no longer split: what each person says and where they are named, seen in colours."""
    n = colour.shape[0]
    classes = _different(colour)
    stack = np.empty(codes.shape[0] + 1, np.uint64)
    fresh = np.empty(n, np.uint64)
    while True:
        for i in range(n):
            fresh[i] = _spice(colour[i])
        for row in range(spans.shape[0]):
            speaker, begin, end = spans[row]
            mark = _mark(codes, begin, end, colour, stack)
            fresh[speaker] = _fold(fresh[speaker] + _spice(mark))
            seen = _fold(_fold(mark * np.uint64(5)) + _fold(colour[speaker] * np.uint64(3)))
            _named(codes, begin, end, seen, fresh, stack)
        colour[:] = fresh
        now = _different(colour)
        if now == classes or now == n:
            return
        classes = now


@nb.njit(cache=True)
def _less(a, b):
    """Whether one row of codes comes before another of which it is no beginning."""
    for k in range(min(a.shape[0], b.shape[0])):
        if a[k] != b[k]:
            return a[k] < b[k]
    return a.shape[0] < b.shape[0]


@nb.njit(cache=True)
def _renamed(code, to):
    """The code under new numbers of the people."""
    if code >= COUNT:
        members = 0
        for i in range(to.shape[0]):
            if (code - COUNT) >> i & 1:
                members |= 1 << to[i]
        return COUNT + ((code - COUNT) >> 12 << 12 | members)
    return LEAF + 2 * to[(code - LEAF) >> 1] + ((code - LEAF) & 1) if code >= LEAF else code


@nb.njit(cache=True)
def _normal(codes, begin, end, to, out):
    """The formula under new numbers, the sides of and/or/xor/iff in order, at the end of `out`: where it begins there.

    Read from its end, so that the parts of a connective lie next to each other when it comes.
    """
    starts = np.empty(end - begin + 1, np.int64)  # where the parts begin that wait for a connective, last to first
    waiting, at = 0, out.shape[0]
    for i in range(end - 1, begin - 1, -1):
        code = codes[i]
        if code < IF:
            left, right = starts[waiting - 1], starts[waiting - 2]
            after = starts[waiting - 3] if waiting > 2 else out.shape[0]
            if _less(out[right:after], out[left:right]):
                turned = np.concatenate((out[right:after], out[left:right]))
                out[left:after] = turned
        if code <= IF:
            waiting -= 2
        elif code == NOT:
            waiting -= 1
        at -= 1
        out[at] = _renamed(code, to)
        starts[waiting] = at
        waiting += 1
    return at


@nb.njit(cache=True)
def _labelled(codes, spans, colour):
    """The statements with people numbered by their colours, in order: who speaks, then the codes of what is said."""
    n = colour.shape[0]
    to = np.zeros(n, np.int64)
    for i in range(n):
        for j in range(n):
            to[i] += colour[j] < colour[i]
    many, longest = spans.shape[0], 0
    for row in range(many):
        longest = max(longest, spans[row, 2] - spans[row, 1])
    rows = np.empty((many, longest + 1), np.int64)
    first = np.empty(many, np.int64)
    order = np.arange(many)
    size = 0
    for row in range(many):
        speaker, begin, end = spans[row]
        first[row] = _normal(codes, begin, end, to, rows[row]) - 1
        rows[row, first[row]] = to[speaker]
        size += end - begin + 1
        k = row
        while k and _less(rows[row, first[row] :], rows[order[k - 1], first[order[k - 1]] :]):
            order[k] = order[k - 1]
            k -= 1
        order[k] = row
    out = np.empty(size, np.int32)
    at = 0
    for row in order:
        for k in range(first[row], longest + 1):
            out[at] = rows[row, k]
            at += 1
    return out


@nb.njit(cache=True)
def _told_apart(codes, spans, colour):
    """The colours refined in place; the statements as those name people, nothing while some are alike."""
    _refine(codes, spans, colour)
    if _different(colour) == colour.shape[0]:
        return _labelled(codes, spans, colour)
    return np.empty(0, np.int32)


def canonical(problem: Problem) -> str:
    """A key that renaming people, reordering statements or swapping sides of and/or/xor/iff cannot change."""
    n = len(problem.names)
    codes, spans = coded(problem.statements)
    least = min(_labels(codes, spans, np.ones(n, np.uint64), [64]))
    return hashlib.blake2b(b"%d;" % n + least, digest_size=16).hexdigest()


def _labels(codes: Table, spans: Table, colour: Table, budget: list[int]) -> Iterator[bytes]:
    """The statements under every numbering that singling out members of the least shared class leads to.

    Beyond the budget of 64 the rest of a class is left out: only problems with huge symmetry get there, and
    there the choices are copies of each other.
    """
    label = _told_apart(codes, spans, colour)
    if label.size:
        yield label.astype("<i4").tobytes()
        return
    colours = colour.tolist()
    shared = min(c for c in colours if colours.count(c) > 1)
    for i, c in enumerate(colours):
        if c == shared and budget[0] > 0:
            budget[0] -= 1
            single = colour.copy()
            single[i] = _single(colour[i])
            yield from _labels(codes, spans, single, budget)


@nb.njit(cache=True)
def _single(colour):
    """The colour of somebody singled out of a class."""
    return _spice(colour + np.uint64(17))
