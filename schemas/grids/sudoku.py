"""Sudoku of side 4, 6 or 9: classic, with diagonals, or with jigsaw regions.

Claims: `r3c4=7` (the cell holds 7) and `r3c4!=7`. Refs: `row 3`, `col 4`, `box 2` (regions are boxes too,
counted by their first cell in reading order), `diagonal 1` (top left to bottom right), `diagonal 2`.
Answers are the whole grid, one line a row. Unanswerable twins: a given for another ("many"), a given changed
("none").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from verimill.schemas.cells import connected
from verimill.schemas.core import Codec
from verimill.schemas.square_answers import read_digits, rows_alike, write

DIGITS = "123456789"
BOX = {4: (2, 2), 6: (2, 3), 9: (3, 3)}  # rows and columns of a classic box

Variant = Literal["classic", "diagonal", "jigsaw"]
Answer = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Params:
    size: int = 9
    """Side of the grid: 4, 6 or 9."""
    variant: Variant = "classic"
    """classic boxes, diagonal (both diagonals too), or jigsaw regions."""
    tier: int = 1
    """Hardest deduction rule allowed, 0 to 5."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""
    floor: int = 30
    """Fewest givens kept, 0 to 80 (0: as few as the rules allow)."""

    def __post_init__(self) -> None:
        if self.size not in BOX:
            raise ValueError(f"size must be 4, 6 or 9, got {self.size}")
        if self.variant not in ("classic", "diagonal", "jigsaw"):
            raise ValueError(f"variant must be classic, diagonal or jigsaw, got {self.variant}")
        if not 0 <= self.tier <= 5:
            raise ValueError(f"tier must be in 0..5, got {self.tier}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")
        if not 0 <= self.floor < self.size * self.size:
            raise ValueError(f"floor must be in 0..{self.size * self.size - 1}, got {self.floor}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`givens`: digits row by row, "." for an open cell. `regions`: the box of each cell, numbered from 0."""

    size: int
    variant: Variant
    givens: str
    regions: tuple[int, ...]

    def __post_init__(self) -> None:
        n = self.size
        if n not in BOX:
            raise ValueError(f"size must be 4, 6 or 9, got {n}")
        if len(self.givens) != n * n or any(c != "." and c not in DIGITS[:n] for c in self.givens):
            raise ValueError(f"givens must be {n * n} of {DIGITS[:n]} and '.', got {self.givens!r:.90}")
        if self.variant != "jigsaw":
            if self.regions != boxes(n):
                raise ValueError(f"regions of a {self.variant} sudoku must be its boxes")
        elif not valid_regions(n, self.regions):
            raise ValueError(f"regions must be {n} connected pieces of {n} cells, numbered by first cell")


@lru_cache(maxsize=8)
def boxes(size: int) -> tuple[int, ...]:
    """The classic box of each cell, numbered row by row."""
    height, width = BOX[size]
    return tuple(r // height * (size // width) + c // width for r in range(size) for c in range(size))


@lru_cache(maxsize=1024)
def valid_regions(size: int, regions: tuple[int, ...]) -> bool:
    """True for `size` connected regions of `size` cells each, numbered in order of their first cell."""
    if len(regions) != size * size or list(dict.fromkeys(regions)) != list(range(size)):
        return False
    pieces = [[c for c in range(size * size) if regions[c] == k] for k in range(size)]
    return all(len(p) == size and connected(p, size, size) for p in pieces)


# Size, variant, hardest rule allowed, hardest rule needed, and fewest givens of each level.
_LADDER: tuple[tuple[int, Variant, int, int, int], ...] = (
    (4, "classic", 1, 0, 5),
    (6, "classic", 0, 0, 18),
    (6, "diagonal", 1, 0, 11),
    (9, "classic", 0, 0, 48),
    (9, "classic", 1, 0, 41),
    (9, "classic", 1, 0, 35),
    (9, "classic", 1, 1, 29),
    (9, "classic", 3, 3, 26),
    (9, "diagonal", 4, 3, 0),
    (9, "jigsaw", 5, 5, 0),
)


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def answer_format(problem: Problem) -> str:
    n = problem.size
    return f"the complete grid as {n} lines of {n} digits, separated by single spaces."


CODEC = Codec(
    family="sudoku",
    kind="grids",
    version=2,
    title="Sudoku",
    checker="unique",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read_digits,
    answer_format=answer_format,
    example=rows_alike,
    unanswerable=("none", "many"),
)
