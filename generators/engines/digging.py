"""Digging givens out of a full grid of digits while the solution stays unique, compiled for speed.

Works on any grid whose rules are units (rows, columns, boxes, diagonals), each holding every digit once. Masks are
swept unit by unit: bits seen once and bits seen twice give naked singles, hidden singles and dead ends in one
pass. Branching takes the cell with fewest candidates. Nothing here grades; that is `deduction`'s part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba as nb
import numpy as np
from numba.extending import intrinsic

Array = np.ndarray[Any, Any]

MAX_NODES = 4000
MAX_DEPTH = 12  # halvings of the cells of a grid


@intrinsic
def _low_bit(typing, x):
    """Index of the lowest set bit; 64 for 0. Not the one of `kernels`: a cache sees changes of its own file alone."""

    def code(context, builder, signature, args):
        return builder.cttz(args[0], context.get_constant(nb.boolean, False))

    return nb.int64(nb.int64), code


@nb.njit(cache=True)
def _sweep(units, stirred_by, masks, dirty):
    """Singles in the dirty units (a set of bits) until nothing moves: -1 dead, 0 open, 1 solved."""
    full = (1 << units.shape[1]) - 1
    u = -1
    while dirty:
        after = dirty & -(2 << u) if u >= 0 else dirty  # round and round: a unit rests until the others had their turn
        u = _low_bit(after if after else dirty)
        dirty &= ~(1 << u)
        once, twice, fixed, loose = 0, 0, 0, 0
        dead = False
        for k in range(units.shape[1]):
            x = masks[units[u, k]]
            twice |= once & x
            once |= x
            if x & (x - 1) == 0:
                dead |= fixed & x != 0
                fixed |= x
            else:
                loose |= x
        if dead or once != full:
            return -1
        hidden = once & ~twice & ~fixed
        if loose & (fixed | hidden) == 0:
            continue
        for k in range(units.shape[1]):
            c = units[u, k]
            x = masks[c]
            if x & (x - 1):
                y = x & ~fixed
                if y & hidden:
                    y &= hidden
                    if y & (y - 1):
                        return -1
                if y == 0:
                    return -1
                if y != x:
                    masks[c] = y
                    dirty |= stirred_by[c]
    for c in range(masks.shape[0]):
        if masks[c] & (masks[c] - 1):
            return 0
    return 1


@nb.njit(cache=True)
def _count(units, stirred_by, start, changed, limit, order, found, stack, branched):
    """Solutions up to `limit` (the last one in `found`); -1 when the search is too long. `order` ranks digits.

    `changed`: the only cell that moved since `start` was swept, or -1.
    """
    stack[0, :] = start
    branched[0] = changed
    top, n, nodes = 1, 0, 0
    while top > 0:
        top -= 1
        masks = found
        masks[:] = stack[top]
        dirty = (1 << units.shape[0]) - 1 if branched[top] < 0 else stirred_by[branched[top]]
        end = _sweep(units, stirred_by, masks, dirty)
        if end < 0:
            continue
        if end == 1:
            n += 1
            if n >= limit:
                return n
            continue
        nodes += 1
        if nodes > MAX_NODES or top + units.shape[1] >= stack.shape[0]:
            return -1
        best, at = 99, -1
        for c in range(masks.shape[0]):
            x, p = masks[c], 0
            while x:
                x &= x - 1
                p += 1
            if 1 < p < best:
                best, at = p, c
                if p == 2:
                    break
        for i in range(order.shape[0] - 1, -1, -1):
            bit = 1 << order[i]
            if masks[at] & bit:
                stack[top, :] = masks
                stack[top, at] = bit
                branched[top] = at
                top += 1
    return n


@nb.njit(cache=True)
def _dig(units, stirred_by, solution, order, floor, keep, found, stack, branched, digits, states, low, high, phase):
    """Open cells in `order` while no other solution appears, down to `floor` givens. Returns how many are left.

    Whether a cell can be opened is asked where the givens kept so far and all later ones have been swept. Such
    states are shared: that of a block of cells has used everything outside the block and is the start for the
    states of its two halves. Where it is solved, all cells of the block can be opened.
    """
    n = solution.shape[0]
    full = (1 << units.shape[1]) - 1
    masks = states[0]
    drop = min(n // 2 + n // 18, n - floor)  # many at once first: so few are surely spare in most grids
    while drop > 0:
        for i in range(n):
            keep[order[i]] = 0 if i < drop else 1
        for c in range(n):
            masks[c] = solution[c] if keep[c] else full
        if _count(units, stirred_by, masks, -1, 2, digits, found, stack, branched) == 1:
            break
        drop -= max(1, n // 18)
    left = n - max(drop, 0)
    if drop <= 0:
        for c in range(n):
            keep[c] = 1
        drop, left = 0, n
    masks[:] = full  # of what the first block leaves nothing is given
    depth = 0
    low[0], high[0], phase[0] = drop, n, 0
    while depth >= 0 and left > floor:
        a, b = low[depth], high[depth]
        if phase[depth] == 3:  # solved without the block
            for i in range(a, b):
                if left > floor:
                    keep[order[i]] = 0
                    left -= 1
            depth -= 1
        elif b - a <= 1:
            if b > a:
                c = order[a]
                states[depth, c] &= ~solution[c]  # another solution would differ here, all other cells being given
                if _count(units, stirred_by, states[depth], c, 1, digits, found, stack, branched) == 0:
                    keep[c] = 0
                    left -= 1
            depth -= 1
        elif phase[depth] == 2:
            depth -= 1
        else:
            middle = (a + b) // 2
            first, last = middle, b  # the half that is used
            low[depth + 1], high[depth + 1] = a, middle
            if phase[depth] == 1:
                first, last = a, middle
                low[depth + 1], high[depth + 1] = middle, b
            phase[depth] += 1
            states[depth + 1, :] = states[depth]
            dirty = 0
            for i in range(first, last):
                c = order[i]
                if keep[c] and states[depth + 1, c] != solution[c]:
                    states[depth + 1, c] = solution[c]
                    dirty |= stirred_by[c]
            depth += 1
            phase[depth] = 3 if _sweep(units, stirred_by, states[depth], dirty) == 1 else 0
    return left


class Digger:
    """Units with their working memory; not for use by two threads."""

    def __init__(self, units: Sequence[Sequence[int]], cells: int) -> None:
        self.units: Any = np.array(units, np.int64)
        self.cells = cells
        self.stack: Any = np.zeros((cells * 10, cells), np.int64)
        self.found: Any = np.zeros(cells, np.int64)
        self.branched: Any = np.zeros(cells * 10, np.int64)
        self.stirred_by: Any = np.zeros(cells, np.int64)  # the units of each cell, a set of bits
        for u, unit in enumerate(units):
            self.stirred_by[list(unit)] |= 1 << u
        self.states: Any = np.zeros((MAX_DEPTH, cells), np.int64)
        self.blocks: Any = np.zeros((3, MAX_DEPTH), np.int64)
        self.ascending: Any = np.arange(len(units[0]))
        self.keep: Any = np.zeros(cells, np.int64)

    def fill(self, start: Sequence[int], digits: Sequence[int]) -> Array | None:
        """The first full grid (masks) reached from `start`, trying digit indices in the order given."""
        got = _count(
            self.units, self.stirred_by, np.array(start, np.int64), -1, 1, np.array(digits, np.int64), self.found,
            self.stack, self.branched,
        )  # fmt: skip
        return self.found.copy() if got == 1 else None

    def dig(self, solution: Array, order: Sequence[int], floor: int) -> list[bool]:
        """Which cells stay given, when cells are opened in `order` while the solution (masks) is the only one.

        The last answer of each step is a proof that no solution differs from this one.
        """
        _dig(
            self.units, self.stirred_by, solution, np.array(order, np.int64), floor, self.keep,
            self.found, self.stack, self.branched, self.ascending, self.states, *self.blocks,
        )  # fmt: skip
        kept: list[bool] = (self.keep == 1).tolist()
        return kept
