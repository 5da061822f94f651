"""Killer sudoku of side 4, 6 or 9: a sudoku cut into cages of different digits, each with its sum.

Claims: `r3c4=7` (the cell holds 7) and `r3c4!=7`. Refs: `row 3`, `col 4`, `box 2`, `cage 5` (cages counted by
their first cell in reading order; a cage says that its digits differ and what they sum to). Answers are the
whole grid, one line a row. Unanswerable twins: a given for another or cells in other cages ("many"), two sums
changed by the same amount, one up and one down, so that all sums together still fit ("none").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from verimill.schemas.cages import cells_of, check_cages
from verimill.schemas.core import Codec
from verimill.schemas.square_answers import read_digits, rows_alike, write

DIGITS = "123456789"
BOX = {4: (2, 2), 6: (2, 3), 9: (3, 3)}  # rows and columns of a box

Answer = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Params:
    size: int = 6
    """Side of the grid: 4, 6 or 9."""
    largest: int = 3
    """Most cells in a cage, 2 to 6."""
    tier: int = 2
    """Hardest deduction rule allowed, 2 to 4."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""
    floor: int = 0
    """Fewest givens kept, 0 to 60 (0: as few as the rules allow)."""

    def __post_init__(self) -> None:
        if self.size not in BOX:
            raise ValueError(f"size must be 4, 6 or 9, got {self.size}")
        if not 2 <= self.largest <= min(6, self.size):
            raise ValueError(f"largest must be in 2..{min(6, self.size)}, got {self.largest}")
        if not 2 <= self.tier <= 4:
            raise ValueError(f"tier must be in 2..4, got {self.tier}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")
        if not 0 <= self.floor <= min(60, self.size * self.size - 1):
            raise ValueError(f"floor must be in 0..{min(60, self.size * self.size - 1)}, got {self.floor}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`givens`: digits row by row, "." for an open cell. `cages`: the cage of each cell; `sums` of each cage."""

    size: int
    givens: str
    cages: tuple[int, ...]
    sums: tuple[int, ...]

    def __post_init__(self) -> None:
        n = self.size
        if n not in BOX:
            raise ValueError(f"size must be 4, 6 or 9, got {n}")
        if len(self.givens) != n * n or any(c != "." and c not in DIGITS[:n] for c in self.givens):
            raise ValueError(f"givens must be {n * n} of {DIGITS[:n]} and '.', got {self.givens!r:.90}")
        check_cages(n, self.cages, n)
        cells = cells_of(self.cages)
        if len(self.sums) != len(cells):
            raise ValueError(f"sums must have one entry for each of {len(cells)} cages, got {len(self.sums)}")
        for k, (cage, target) in enumerate(zip(cells, self.sums, strict=True), 1):
            low, high = reach(n, len(cage))
            if not low <= target <= high:
                raise ValueError(f"cage {k} of {len(cage)} cells must sum to {low}..{high}, got {target}")


def reach(n: int, length: int) -> tuple[int, int]:
    """The least and the greatest sum of `length` different digits."""
    return length * (length + 1) // 2, length * (2 * n - length + 1) // 2


@lru_cache(maxsize=8)
def boxes(size: int) -> tuple[int, ...]:
    """The box of each cell, numbered row by row."""
    height, width = BOX[size]
    return tuple(r // height * (size // width) + c // width for r in range(size) for c in range(size))


# Size, most cells in a cage, hardest rule allowed, hardest rule needed and fewest givens of each level.
_LADDER = (
    (4, 2, 2, 0, 4),
    (4, 3, 2, 2, 0),
    (6, 2, 2, 2, 9),
    (6, 2, 2, 2, 4),
    (6, 3, 2, 2, 0),
    (9, 3, 2, 2, 20),
    (9, 3, 2, 2, 14),
    (9, 3, 3, 2, 9),
    (9, 3, 4, 2, 3),
    (9, 4, 4, 3, 0),
)


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def answer_format(problem: Problem) -> str:
    n = problem.size
    return f"the complete grid as {n} lines of {n} digits, separated by single spaces."


CODEC = Codec(
    family="killer_sudoku",
    kind="grids",
    version=2,
    title="Killer sudoku",
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
