"""Futoshiki of side 4 to 9: a Latin square with signs of inequality between neighbouring cells.

Claims: `r3c4=7` (the cell holds 7) and `r3c4!=7`. Refs: `row 3`, `col 4`, `sign 2` (signs counted in the
order of their first cell, then of their second, in reading order). Answers are the whole grid, one line a
row. Unanswerable twins: a clue for another ("many"), a sign turned round or a given changed ("none").
"""

from __future__ import annotations

from dataclasses import dataclass

from verimill.schemas.core import Codec
from verimill.schemas.square_answers import read_digits, rows_alike, write

DIGITS = "123456789"
SIZES = range(4, 10)

Answer = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Params:
    size: int = 5
    """Side of the grid, 4 to 9."""
    tier: int = 1
    """Hardest deduction rule allowed, 0 to 4."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""
    floor: int = 10
    """Fewest clues (givens and signs) kept, 0 to 100 (0: as few as the rules allow)."""

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise ValueError(f"size must be in 4..9, got {self.size}")
        if not 0 <= self.tier <= 4:
            raise ValueError(f"tier must be in 0..4, got {self.tier}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")
        if not 0 <= self.floor <= 100:
            raise ValueError(f"floor must be in 0..100, got {self.floor}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`givens`: digits row by row, "." for an open cell. `signs`: pairs (lesser cell, greater cell)."""

    size: int
    givens: str
    signs: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        n = self.size
        if n not in SIZES:
            raise ValueError(f"size must be in 4..9, got {n}")
        if len(self.givens) != n * n or any(c != "." and c not in DIGITS[:n] for c in self.givens):
            raise ValueError(f"givens must be {n * n} of {DIGITS[:n]} and '.', got {self.givens!r:.90}")
        last = (-1, -1)
        for a, b in self.signs:
            low, high = (a, b) if a < b else (b, a)
            if not (0 <= low and high < n * n and (high - low == n or (high - low == 1 and high % n))):
                raise ValueError(f"a sign must stand between neighbouring cells, got {a} and {b}")
            if (low, high) <= last:
                raise ValueError("signs must be in reading order and different")
            last = (low, high)


def ordered(signs: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Signs in reading order of their cells."""
    return tuple(sorted(signs, key=lambda s: (min(s), max(s))))


# Size, hardest rule allowed, hardest rule needed and fewest clues of each level.
_LADDER = (
    (4, 1, 0, 16),
    (4, 1, 0, 11),
    (5, 1, 0, 20),
    (5, 1, 1, 14),
    (6, 1, 0, 34),
    (6, 3, 0, 24),
    (7, 1, 1, 40),
    (7, 4, 2, 28),
    (8, 4, 3, 40),
    (9, 4, 3, 44),
)


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def answer_format(problem: Problem) -> str:
    n = problem.size
    return f"the complete grid as {n} lines of {n} digits, separated by single spaces, without the signs."


CODEC = Codec(
    family="futoshiki",
    kind="grids",
    version=2,
    title="Futoshiki",
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
