"""Every kept row gets a split, exactly as many as asked for, and no two splits share a problem or its twin.

A **cell** is one entry of the recipe at one level: an endless stream of candidates, tried in order of index. A
**unit** is a candidate that is left after dedup, with its unanswerable twin where it has one; a unit goes into
one split whole. Splits with a condition choose first, then smaller ones, so that a larger train split never
changes what is in the test split. What a cell cannot give within its budget the other cells of the split give;
what none can give is said in a Shortfall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
import numpy.typing as npt

from verimill.schemas.recipes import Recipe

LEAST_TRIES = 50  # candidates that any cell may try, however few rows it is asked for
BARREN_TRIES = 40  # candidates without one that meets the condition before other cells take a cell's place


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry of the recipe at one level."""

    entry: int
    family: str
    level: int
    knobs: str


@dataclass(frozen=True, slots=True)
class Pool:
    """The units of one cell in order. `rows` and `twins` are positions in the candidate table, -1 for no twin.

    Bit s of `meets` says that the unit meets the condition of split s. `tried` counts all candidates of the
    cell, the dropped ones included.
    """

    rows: npt.NDArray[np.int64]
    twins: npt.NDArray[np.int64]
    meets: npt.NDArray[np.uint64]
    tried: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What a split could not be filled with: `got` of `wanted` rows after `tried` candidates."""

    split: str
    wanted: int
    got: int
    tried: int
    where: str | None

    def __str__(self) -> str:
        what = f" that meet {self.where}" if self.where else " that are distinct"
        return f"split {self.split} wanted {self.wanted} rows{what}, got {self.got} in {self.tried} tries"


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where the rows go: `taken[split]` are positions in the candidate table, ascending.

    `more[cell]` is how many further candidates to try; empty when nothing can be gained by going on.
    """

    taken: tuple[npt.NDArray[np.int64], ...]
    more: dict[int, int]
    shortfalls: tuple[Shortfall, ...]


def cells_of(recipe: Recipe) -> tuple[Cell, ...]:
    """The cells that at least one split draws on, in recipe order."""
    return tuple(
        Cell(at, entry.family, level, entry.knobs_text)
        for at, entry in enumerate(recipe.families)
        for level in entry.levels
        if any(level in recipe.levels_of(split, entry) for split in recipe.splits)
    )


def share_out(total: int, weights: Sequence[float], caps: Sequence[int | None], turn: int = 0) -> list[int]:
    """Whole numbers that add up to `total` in proportion to `weights`, none above its cap.

    The sum is less than `total` only when every cap is reached. `turn` moves the rounding, so that different
    entries favour different levels.
    """
    given = [0] * len(weights)
    open_ = list(range(len(weights)))
    left = total
    while open_ and left:
        parts = _in_proportion(left, [weights[i] for i in open_], turn)
        full = [i for i, part in zip(open_, parts, strict=True) if (cap := caps[i]) is not None and part >= cap]
        if not full:
            for i, part in zip(open_, parts, strict=True):
                given[i] = part
            break
        for i in full:
            given[i] = caps[i] or 0
            left -= given[i]
        open_ = [i for i in open_ if i not in full]
    return given


def _in_proportion(total: int, weights: Sequence[float], turn: int) -> list[int]:
    """Cumulative rounding in exact fractions: each part is within one of its fair share."""
    whole = sum(map(Fraction, weights), Fraction(0))
    phase = Fraction(turn * 8 % 13, 13)
    parts, before, sum_ = [], 0, Fraction(0)
    for weight in weights:
        sum_ += Fraction(weight)
        upto = int(total * sum_ / whole + phase)
        parts.append(upto - before)
        before = upto
    return parts


def first_quotas(recipe: Recipe, cells: Sequence[Cell]) -> list[int]:
    """Rows that each cell is first asked for, over all splits."""
    asked = [0] * len(cells)
    for split in range(len(recipe.splits)):
        for cell, quota in _quotas(recipe, cells, split, {}).items():
            asked[cell] += quota
    return asked


def _quotas(recipe: Recipe, cells: Sequence[Cell], split: int, caps: dict[int, int]) -> dict[int, int]:
    """Rows of one split by cell: by weight over the entries, then evenly over an entry's levels."""
    wanted = recipe.splits[split]
    by_entry: dict[int, list[int]] = {}
    for at, cell in enumerate(cells):
        if cell.level in recipe.levels_of(wanted, recipe.families[cell.entry]):
            by_entry.setdefault(cell.entry, []).append(at)
    entry_caps = [
        sum(caps[c] for c in inside) if all(c in caps for c in inside) else None for inside in by_entry.values()
    ]
    weights = [recipe.families[entry].weight for entry in by_entry]
    quotas: dict[int, int] = {}
    for (entry, inside), rows in zip(
        by_entry.items(), share_out(wanted.rows, weights, entry_caps, turn=split), strict=True
    ):
        parts = share_out(rows, [1.0] * len(inside), [caps.get(c) for c in inside], turn=entry + split)
        quotas.update(zip(inside, parts, strict=True))
    return quotas


def assign(recipe: Recipe, cells: Sequence[Cell], pools: Sequence[Pool]) -> Assignment:
    """Fill the splits from the pools; say what more to try, and, when that is nothing, what is short."""
    free = [np.ones(len(pool.rows), dtype=bool) for pool in pools]
    order = sorted(range(len(recipe.splits)), key=lambda s: (recipe.splits[s].where is None, recipe.splits[s].rows, s))
    taken: dict[int, npt.NDArray[np.int64]] = {}
    asked = [0] * len(cells)
    lacks: list[tuple[int, int, int]] = []  # split, cell, rows
    for split in order:
        quotas, caps = _settled(recipe, cells, pools, free, split)
        parts = [np.empty(0, dtype=np.int64)]
        for cell, quota in quotas.items():
            rows = _take(pools[cell], free[cell], split, quota)
            parts.append(rows)
            asked[cell] += quota
            if len(rows) < quota and cell not in caps:
                lacks.append((split, cell, quota - len(rows)))
        taken[split] = np.sort(np.concatenate(parts))
    more: dict[int, int] = {}
    for split, cell, lack in lacks:
        limit = max(LEAST_TRIES, ceil(recipe.tries * asked[cell]))
        count = _next_count(pools[cell], split, lack, limit)
        if count > 0:
            more[cell] = more.get(cell, 0) + count
    in_order = tuple(taken[s] for s in range(len(recipe.splits)))
    return Assignment(in_order, more, _shortfalls(recipe, cells, pools, in_order))


def _settled(
    recipe: Recipe, cells: Sequence[Cell], pools: Sequence[Pool], free: list[npt.NDArray[np.bool_]], split: int
) -> tuple[dict[int, int], dict[int, int]]:
    """Quotas that take spent cells into account, and the caps of those: what they can still give."""
    caps: dict[int, int] = {}
    while True:
        quotas = _quotas(recipe, cells, split, caps)
        barren: list[int] = []
        spent: list[int] = []
        for cell, quota in quotas.items():
            if cell in caps or quota <= (can := _can_give(pools[cell], free[cell], split)):
                continue
            if pools[cell].tried >= max(LEAST_TRIES, ceil(recipe.tries * quota)):
                spent.append(cell)
            elif can == 0 and pools[cell].tried >= max(BARREN_TRIES, 2 * quota):
                barren.append(cell)
        # A cell without one fit unit stands back early, as long as another cell can take its place.
        fruitful = [cell for cell in quotas if cell not in caps and cell not in spent and cell not in barren]
        out = spent + (barren if fruitful else [])
        if not out:
            return quotas, caps
        for cell in out:
            caps[cell] = _can_give(pools[cell], free[cell], split)


def _fit(pool: Pool, free: npt.NDArray[np.bool_], split: int) -> npt.NDArray[np.int64]:
    """Indexes of the free units that meet the split's condition."""
    met = (pool.meets >> np.uint64(split)) & np.uint64(1)
    return np.flatnonzero(free & (met == 1))


def _can_give(pool: Pool, free: npt.NDArray[np.bool_], split: int) -> int:
    fit = _fit(pool, free, split)
    return int(len(fit) + np.count_nonzero(pool.twins[fit] >= 0))


def _take(pool: Pool, free: npt.NDArray[np.bool_], split: int, quota: int) -> npt.NDArray[np.int64]:
    """Positions of the first units that fill the quota; the last one leaves its twin behind if one row is wanted."""
    fit = _fit(pool, free, split)
    upto = np.cumsum(1 + (pool.twins[fit] >= 0))
    whole = fit[upto <= quota]
    free[whole] = False
    rows = np.concatenate([pool.rows[whole], pool.twins[whole]])
    got = int(upto[len(whole) - 1]) if len(whole) else 0
    if got < quota and len(whole) < len(fit):
        last = fit[len(whole)]
        free[last] = False
        rows = np.append(rows, pool.rows[last])
    kept: npt.NDArray[np.int64] = rows[rows >= 0]
    return kept


def _next_count(pool: Pool, split: int, lack: int, limit: int) -> int:
    """Candidates to try next: what the yield so far suggests, at most twice those tried."""
    if pool.tried == 0:
        return min(lack, limit)
    fit = int(np.count_nonzero((pool.meets >> np.uint64(split)) & np.uint64(1)))
    hoped = max(fit, 0.5) / pool.tried
    wanted = ceil(lack / hoped * (1.1 if lack > 10 else 1.0))
    return max(0, min(wanted, max(2 * pool.tried, 16), limit - pool.tried))


def _shortfalls(
    recipe: Recipe, cells: Sequence[Cell], pools: Sequence[Pool], taken: Sequence[npt.NDArray[np.int64]]
) -> tuple[Shortfall, ...]:
    short = []
    for split, rows in zip(recipe.splits, taken, strict=True):
        if len(rows) < split.rows:
            mine = [
                pool.tried
                for cell, pool in zip(cells, pools, strict=True)
                if cell.level in recipe.levels_of(split, recipe.families[cell.entry])
            ]
            short.append(Shortfall(split.name, split.rows, len(rows), sum(mine), split.where))
    return tuple(short)
