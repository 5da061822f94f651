"""Stars that do not touch, and regions: grown around them, joined in pairs, moved cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np

from verimill.generators.engines import kernels
from verimill.schemas.cells import connected
from verimill.schemas.rng import Rng

PAIRINGS = 60  # choices of a pair until patches are given up


@lru_cache(maxsize=16)
def _row_choices(n: int, k: int) -> tuple[tuple[tuple[int, ...], int, int], ...]:
    """The columns of k stars in one row, no two beside each other; as a mask; and the mask of all that they touch."""
    rows = [row for row in combinations(range(n), k) if all(b - a > 1 for a, b in pairwise(row))]
    masks = [sum(1 << c for c in row) for row in rows]
    return tuple((row, mask, mask | mask << 1 | mask >> 1) for row, mask in zip(rows, masks, strict=True))


def placed_stars(rng: Rng, n: int, k: int) -> list[int] | None:
    """Cells of k stars in every row and column, none touching; None when this draw runs into a dead end."""
    chosen: list[int] = []
    used = [0] * n
    touched = 0
    for r in range(n):
        shut = touched | sum(1 << c for c in range(n) if used[c] >= k)
        owed = sum(1 << c for c in range(n) if used[c] + n - r <= k)  # columns that need a star in every row left
        open_rows = [one for one in _row_choices(n, k) if not one[1] & shut and not owed & ~one[1]]
        if not open_rows:
            return None
        row, _, touched = rng.pick(open_rows)
        for c in row:
            used[c] += 1
        chosen.extend(r * n + c for c in row)
    return chosen


def grown(rng: Rng, n: int, seeds: Sequence[int]) -> list[int]:
    """Each cell's patch: patches grow from the seeds, some quickly and some slowly, until the grid is full."""
    pace = [0.03 + rng.unit() ** 3 for _ in seeds]
    label = kernels.grow(n, np.array(seeds, np.int64), np.array(pace), rng.seed())
    return [int(patch) for patch in label.tolist()]


def paired(rng: Rng, n: int, label: Sequence[int], patches: int) -> list[int] | None:
    """Patches joined two by two into regions of one piece; None when they cannot be, or not soon enough."""
    beside = [0] * patches
    for cell in range(n * n):
        for other in (cell + 1 if (cell + 1) % n else cell, cell + n if cell + n < n * n else cell):
            beside[label[cell]] |= 1 << label[other]
            beside[label[other]] |= 1 << label[cell]
    mate = list(range(patches))
    left = PAIRINGS

    def pair(free: int) -> bool:
        """The free patches are paired: one with fewest free neighbours first, with each of them in turn."""
        nonlocal left
        left -= 1
        open_to = {k: beside[k] & free & ~(1 << k) for k in range(patches) if free >> k & 1}
        if not open_to:
            return True
        k = min(open_to, key=lambda k: open_to[k].bit_count())
        for other in rng.shuffled([o for o in range(patches) if open_to[k] >> o & 1]):
            if left > 0 and pair(free & ~(1 << k | 1 << other)):
                mate[k], mate[other] = other, k
                return True
        return False

    return [min(k, mate[k]) for k in label] if pair((1 << patches) - 1) else None


def moved(n: int, label: Sequence[int], cell: int, region: int) -> list[int] | None:
    """The regions with one cell given to another region, when both stay in one piece."""
    old = label[cell]
    rest = [c for c in range(n * n) if label[c] == old and c != cell]
    if not rest or not connected(rest, n, n):
        return None
    after = list(label)
    after[cell] = region
    return after
