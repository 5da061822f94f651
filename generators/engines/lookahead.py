"""Whether a formula falls to single suppositions, one variable at a time, compiled."""

# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(cache=True)
def _falls(positive, negative, true, false):
    """Whether unit propagation from these variables fails; and all variables it makes true and false."""
    one = np.uint64(1)
    moved = True
    while moved:
        moved = False
        for c in range(positive.shape[0]):
            if (positive[c] & true) | (negative[c] & false):
                continue
            free = (positive[c] | negative[c]) & ~(true | false)
            if free & (free - one):
                continue
            if free == np.uint64(0):
                return True, true, false
            true |= positive[c] & free
            false |= negative[c] & free
            moved = True
    return False, true, false


@nb.njit(cache=True)
def shallow(clauses, n):
    """Whether single suppositions refute the formula: none is ever needed inside another. Names do not matter."""
    one = np.uint64(1)
    positive = np.zeros(clauses.shape[0], np.uint64)
    negative = np.zeros(clauses.shape[0], np.uint64)
    for c in range(clauses.shape[0]):
        for k in range(3):
            if clauses[c, k] > 0:
                positive[c] |= one << np.uint64(clauses[c, k])
            else:
                negative[c] |= one << np.uint64(-clauses[c, k])
    true = np.uint64(0)
    false = np.uint64(0)
    moved = True
    while moved:
        moved = False
        for x in range(1, n + 1):
            bit = one << np.uint64(x)
            if (true | false) & bit:
                continue
            no_true = _falls(positive, negative, true | bit, false)[0]
            no_false = _falls(positive, negative, true, false | bit)[0]
            if no_true or no_false:
                if no_true:
                    fell, true, false = _falls(positive, negative, true, false | bit)
                else:
                    fell, true, false = _falls(positive, negative, true | bit, false)
                if fell:
                    return True
                moved = True
    return False
