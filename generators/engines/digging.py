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

MAX_NODES = 4000


@nb.njit(cache=True)
def _sweep(units, masks):
    """Singles until nothing moves: -1 dead, 0 open, 1 solved."""
    full = (1 << units.shape[1]) - 1
    while True:
        moved = False
        open_cells = False
        for u in range(units.shape[0]):
            once, twice, fixed = 0, 0, 0
            for k in range(units.shape[1]):
                x = masks[units[u, k]]
                twice |= once & x
                once |= x
                if x & (x - 1) == 0:
                    if x == 0 or fixed & x:
                        return -1
                    fixed |= x
            if once != full:
                return -1
            if fixed == full:
                continue
            open_cells = True
            hidden = once & ~twice & ~fixed
            for k in range(units.shape[1]):
                c = units[u, k]
                x = masks[c]
                if x & (x - 1):
                    y = x & ~fixed
                    if y & hidden:
                        y &= hidden
                        if y & (y - 1):
                            return -1
                    if y != x:
                        if y == 0:
                            return -1
                        masks[c] = y
                        moved = True
        if not open_cells:
            return 1
        if not moved:
            return 0


@nb.njit(cache=True)
def _count(units, start, limit, order, found, stack):
    """Solutions up to `limit` (the last one in `found`); -1 when the search is too long. `order` ranks digits."""
    stack[0, :] = start
    top, n, nodes = 1, 0, 0
    while top > 0:
        top -= 1
        masks = found
        masks[:] = stack[top]
        end = _sweep(units, masks)
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
        for i in range(order.shape[0] - 1, -1, -1):
            bit = 1 << order[i]
            if masks[at] & bit:
                stack[top, :] = masks
                stack[top, at] = bit
                top += 1
    return n


@nb.njit(cache=True)
def _dig(units, solution, order, floor, keep, masks, found, stack, digits):
    """Open cells in `order` while no other solution appears, down to `floor` givens. Returns how many are left."""
    n = solution.shape[0]
    full = (1 << units.shape[1]) - 1
    drop = min(n // 2 + n // 18, n - floor)  # many at once first: so few are surely spare in most grids
    while drop > 0:
        for i in range(n):
            keep[order[i]] = 0 if i < drop else 1
        for c in range(n):
            masks[c] = solution[c] if keep[c] else full
        if _count(units, masks, 2, digits, found, stack) == 1:
            break
        drop -= max(1, n // 18)
    left = n - max(drop, 0)
    if drop <= 0:
        for c in range(n):
            keep[c] = 1
        drop, left = 0, n
    for i in range(drop, n):
        if left <= floor:
            break
        c = order[i]
        keep[c] = 0
        for k in range(n):
            masks[k] = solution[k] if keep[k] else full
        masks[c] = full & ~solution[c]  # another solution would differ somewhere; first ask for one that differs here
        if _count(units, masks, 1, digits, found, stack) != 0:
            keep[c] = 1
        else:
            left -= 1
    return left


class Digger:
    """Units with their working memory; not for use by two threads."""

    def __init__(self, units: Sequence[Sequence[int]], cells: int) -> None:
        self.units: Any = np.array(units, np.int64)
        self.cells = cells
        self.stack: Any = np.zeros((cells * 10, cells), np.int64)
        self.found: Any = np.zeros(cells, np.int64)
        self.masks: Any = np.zeros(cells, np.int64)
        self.keep: Any = np.zeros(cells, np.int64)

    def fill(self, start: Sequence[int], digits: Sequence[int]) -> tuple[int, ...] | None:
        """The first full grid (masks) reached from `start`, trying digit indices in the order given."""
        got = _count(self.units, np.array(start, np.int64), 1, np.array(digits, np.int64), self.found, self.stack)
        return tuple(self.found.tolist()) if got == 1 else None

    def dig(self, solution: Sequence[int], order: Sequence[int], floor: int) -> list[bool]:
        """Which cells stay given, when cells are opened in `order` while the solution (masks) is the only one.

        The last answer of each step is a proof that no solution differs from this one.
        """
        digits = np.arange(self.units.shape[1])
        _dig(
            self.units, np.array(solution, np.int64), np.array(order, np.int64), floor, self.keep, self.masks,
            self.found, self.stack, digits,
        )  # fmt: skip
        return [bool(k) for k in self.keep.tolist()]
