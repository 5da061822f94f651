"""Skyscrapers of side 4 to 7: a Latin square of heights, with how many can be seen from the edge.

A building hides all lower ones behind it. Claims: `r3c4=7` (the cell holds 7) and `r3c4!=7`. Refs: `row 3`,
`col 4`, `view 5`. Views are counted from 1: those from above, left to right; from below, left to right; from the
left, top to bottom; from the right, top to bottom. A view says that its line holds every height once and how
many of them show. Answers are the whole grid, one line a row. Unanswerable twins: a clue for another ("many"),
a view or a given changed ("none").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from verimill.schemas.core import Codec
from verimill.schemas.square_answers import read_digits, rows_alike, write

DIGITS = "123456789"
SIZES = range(4, 8)

Answer = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Params:
    size: int = 5
    """Side of the grid, 4 to 7."""
    tier: int = 2
    """Hardest deduction rule allowed, 2 to 4."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""
    floor: int = 0
    """Fewest clues (views and givens) kept, 0 to 70 (0: as few as the rules allow)."""
    shown: int = 60
    """How readily givens stay beside views, 0 (only where views do not do) to 100 (as readily as views)."""

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise ValueError(f"size must be in 4..7, got {self.size}")
        if not 2 <= self.tier <= 4:
            raise ValueError(f"tier must be in 2..4, got {self.tier}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")
        if not 0 <= self.floor <= 70:
            raise ValueError(f"floor must be in 0..70, got {self.floor}")
        if not 0 <= self.shown <= 100:
            raise ValueError(f"shown must be in 0..100, got {self.shown}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`givens`: heights row by row, "." for an open cell. `views`: from above, below, left, right; 0 for none."""

    size: int
    givens: str
    views: tuple[int, ...]

    def __post_init__(self) -> None:
        n = self.size
        if n not in SIZES:
            raise ValueError(f"size must be in 4..7, got {n}")
        if len(self.givens) != n * n or any(c != "." and c not in DIGITS[:n] for c in self.givens):
            raise ValueError(f"givens must be {n * n} of {DIGITS[:n]} and '.', got {self.givens!r:.90}")
        if len(self.views) != 4 * n or not all(0 <= v <= n for v in self.views):
            raise ValueError(f"views must be {4 * n} numbers in 0..{n}")


@lru_cache(maxsize=8)
def sight_lines(n: int) -> tuple[tuple[int, ...], ...]:
    """The cells of each view, nearest first, in the order of `views`."""
    down = [tuple(range(c, n * n, n)) for c in range(n)]
    across = [tuple(range(r * n, r * n + n)) for r in range(n)]
    return (*down, *(line[::-1] for line in down), *across, *(line[::-1] for line in across))


# Size, hardest rule allowed, hardest rule needed, fewest clues and how readily givens stay, of each level.
_LADDER = (
    (4, 2, 0, 14, 60),
    (4, 2, 2, 8, 60),
    (5, 2, 2, 15, 60),
    (5, 2, 2, 10, 0),
    (6, 2, 2, 22, 30),
    (6, 2, 2, 20, 0),
    (6, 3, 2, 16, 0),
    (7, 2, 2, 30, 25),
    (7, 2, 2, 28, 5),
    (7, 3, 2, 26, 0),
)


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def answer_format(problem: Problem) -> str:
    n = problem.size
    return f"the heights as {n} lines of {n} digits, separated by single spaces, without the numbers of the edge."


CODEC = Codec(
    family="skyscrapers",
    kind="grids",
    version=2,
    title="Skyscrapers",
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
