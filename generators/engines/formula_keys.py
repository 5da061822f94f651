"""Keys of clauses: colours of literals refined until they no longer split, compiled."""

# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(cache=True)
def _mix(x):
    x = np.uint64(x)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@nb.njit(cache=True)
def _refine(clauses, colour, marks):
    """Refine the colours of literals (2v positive, 2v+1 negative) until they no longer split."""
    n2 = colour.shape[0]
    distinct = 0
    fresh = np.empty(n2, np.uint64)
    while True:
        for i in range(n2):
            fresh[i] = _mix(colour[i] + np.uint64(3) * _mix(colour[i ^ 1] + np.uint64(11)))
        for c in range(clauses.shape[0]):
            total = np.uint64(0)
            for k in range(3):
                lit = clauses[c, k]
                total += _mix(colour[2 * (abs(lit) - 1) + (1 if lit < 0 else 0)] + np.uint64(5))
            marks[c] = _mix(total)
            for k in range(3):
                lit = clauses[c, k]
                fresh[2 * (abs(lit) - 1) + (1 if lit < 0 else 0)] += marks[c]
        colour[:] = fresh
        ordered = np.sort(fresh)
        now = 1
        for i in range(1, n2):
            if ordered[i] != ordered[i - 1]:
                now += 1
        if now <= distinct:
            return now
        distinct = now


@nb.njit(cache=True)
def _digest(marks):
    """Two words of the same marks, mixed in different ways: both are equal by chance once in 2^128."""
    one = two = np.uint64(marks.shape[0])
    for x in np.sort(marks):
        one = _mix(one * np.uint64(0x100000001B3) + x)
        two = _mix(two ^ _mix(x + np.uint64(0x9FB21C651E98DF25)))
    return one, two


@nb.njit(cache=True)
def formula_key(clauses, n):
    """Two words that are equal for formulas equal up to names, polarity flips and the order of clauses and literals."""
    colour = np.ones(2 * n, np.uint64)
    marks = np.empty(clauses.shape[0], np.uint64)
    distinct = _refine(clauses, colour, marks)
    first, second = _digest(marks)
    if distinct == 2 * n:
        return first, second
    # Single out each literal in turn; the sums do not depend on the order.
    sums = np.zeros(2, np.uint64)
    trial = np.empty_like(colour)
    for i in range(2 * n):
        trial[:] = colour
        trial[i] = _mix(trial[i] + np.uint64(77))
        _refine(clauses, trial, marks)
        one, two = _digest(marks)
        sums[0] += _mix(one)
        sums[1] += _mix(two)
    return _mix(first + sums[0]), _mix(second + sums[1])
