"""Stars that do not touch, and regions: grown around them, joined in pairs, moved cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, pairwise

from verimill.schemas.cells import connected, neighbours
from verimill.schemas.rng import Rng


@lru_cache(maxsize=16)
def _row_choices(n: int, k: int) -> tuple[tuple[int, ...], ...]:
    """The columns of k stars in one row, no two beside each other."""
    return tuple(row for row in combinations(range(n), k) if all(b - a > 1 for a, b in pairwise(row)))


def placed_stars(rng: Rng, n: int, k: int) -> list[int] | None:
    """Cells of k stars in every row and column, none touching; None when this draw runs into a dead end."""
    chosen: list[int] = []
    used = [0] * n
    previous: tuple[int, ...] = ()
    for r in range(n):
        open_rows = [
            row
            for row in _row_choices(n, k)
            if all(used[c] < k for c in row)
            and all(abs(a - b) > 1 for a in row for b in previous)
            and all(used[c] + (c in row) + n - r > k for c in range(n))
        ]
        if not open_rows:
            return None
        row = rng.pick(open_rows)
        for c in row:
            used[c] += 1
        chosen.extend(r * n + c for c in row)
        previous = row
    return chosen


def grown(rng: Rng, n: int, seeds: Sequence[int]) -> list[int]:
    """Each cell's patch: patches grow from the seeds, some quickly and some slowly, until the grid is full."""
    label = [-1] * (n * n)
    border: list[list[int]] = []
    pace = [0.03 + rng.unit() ** 3 for _ in seeds]
    for k, cell in enumerate(seeds):
        label[cell] = k
    for cell in seeds:
        border.append([d for d in neighbours(n, n, cell) if label[d] < 0])
    left = n * n - len(seeds)
    while left:
        alive = [k for k in range(len(seeds)) if border[k]]
        k = rng.weighted(alive, [pace[a] for a in alive])
        at = rng.below(len(border[k]))
        border[k][at], border[k][-1] = border[k][-1], border[k][at]
        cell = border[k].pop()
        if label[cell] < 0:
            label[cell] = k
            left -= 1
            border[k].extend(d for d in neighbours(n, n, cell) if label[d] < 0)
    return label


def paired(rng: Rng, n: int, label: Sequence[int], patches: int) -> list[int] | None:
    """Patches joined two by two into regions of one piece; None when the drawn order leaves one over."""
    beside: list[set[int]] = [set() for _ in range(patches)]
    for cell in range(n * n):
        for other in neighbours(n, n, cell):
            if label[cell] != label[other]:
                beside[label[cell]].add(label[other])
    mate = [-1] * patches
    free = list(range(patches))
    while free:
        free.sort(key=lambda k: (sum(mate[o] < 0 for o in beside[k]), k))
        k = free[0]
        open_to = [o for o in sorted(beside[k]) if mate[o] < 0]
        if not open_to:
            return None
        mate[k] = rng.pick(open_to)
        mate[mate[k]] = k
        free = [f for f in free if mate[f] < 0]
    return [min(k, mate[k]) for k in label]


def moved(n: int, label: Sequence[int], cell: int, region: int) -> list[int] | None:
    """The regions with one cell given to another region, when both stay in one piece."""
    old = label[cell]
    rest = [c for c in range(n * n) if label[c] == old and c != cell]
    if not rest or not connected(rest, n, n):
        return None
    after = list(label)
    after[cell] = region
    return after
