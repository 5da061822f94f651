"""Cages: a cut of a grid into connected pieces, written as the cage of each cell, numbered by first cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from verimill.schemas.cells import connected

MAX_CAGES = 52  # each has a letter of its own in a drawing
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@lru_cache(maxsize=2048)
def cells_of(cages: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """The cells of each cage, in reading order."""
    found: dict[int, list[int]] = {}
    for cell, cage in enumerate(cages):
        found.setdefault(cage, []).append(cell)
    return tuple(tuple(found[k]) for k in sorted(found))


def check_cages(size: int, cages: tuple[int, ...], largest: int) -> None:
    """Raise ValueError unless `cages` cuts a size x size grid into connected cages of at most `largest` cells."""
    if len(cages) != size * size or not all(0 <= k < MAX_CAGES for k in cages):
        raise ValueError(f"cages must name a cage below {MAX_CAGES} for each of {size * size} cells")
    if list(dict.fromkeys(cages)) != list(range(max(cages) + 1)):
        raise ValueError("cages must be numbered from 0 in order of their first cell")
    for k, cells in enumerate(cells_of(cages), 1):
        if len(cells) > largest:
            raise ValueError(f"cage {k} must have at most {largest} cells, got {len(cells)}")
        if not connected(cells, size, size):
            raise ValueError(f"cage {k} must be in one piece")


def renumbered(labels: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(labels numbered by first cell, the old label of each new one)."""
    old = tuple(dict.fromkeys(labels))
    new = {k: i for i, k in enumerate(old)}
    return tuple(new[k] for k in labels), old
