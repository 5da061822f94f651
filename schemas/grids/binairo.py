"""Binairo (takuzu) of side 6, 8 or 10: zeros and ones without three in a row, balanced, all lines different.

Claims: `r3c4=1` (the cell holds 1) and `r3c4!=1`. Refs: `triple r1c1-r1c3` (three neighbours in a line, named
by first and last), `count row-3` and `count col-3` (as many zeros as ones), `rows 2-5` (row 2 differs from
row 5), `cols 1-4`. Two more refs name all that holds inside one line at once, its balance and its triples:
`line row-3` and `line col-3`. Answers are the whole grid, one line a row. Unanswerable twins: a given for another
("many"), a given changed ("none").
"""

from __future__ import annotations

from dataclasses import dataclass

from verimill.schemas.core import Codec
from verimill.schemas.square_answers import read_marks, write

SIZES = (6, 8, 10)
Answer = str  # the digits row by row


@dataclass(frozen=True, slots=True)
class Params:
    size: int = 8
    """Side of the grid: 6, 8 or 10."""
    tier: int = 2
    """Hardest deduction rule allowed, 0 to 5."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""
    floor: int = 0
    """Fewest givens kept, 0 to 99 (0: as few as the rules allow)."""

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise ValueError(f"size must be 6, 8 or 10, got {self.size}")
        if not 1 <= self.tier <= 5:
            raise ValueError(f"tier must be in 1..5, got {self.tier}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")
        if not 0 <= self.floor < self.size * self.size:
            raise ValueError(f"floor must be in 0..{self.size * self.size - 1}, got {self.floor}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`givens`: "0" and "1" row by row, "." for an open cell."""

    size: int
    givens: str

    def __post_init__(self) -> None:
        n = self.size
        if n not in SIZES:
            raise ValueError(f"size must be 6, 8 or 10, got {n}")
        if len(self.givens) != n * n or not set(self.givens) <= set("01."):
            raise ValueError(f"givens must be {n * n} of 0, 1 and '.', got {self.givens!r:.110}")


# Size, hardest rule allowed, hardest rule needed, and fewest givens of each level.
_LADDER: tuple[tuple[int, int, int, int], ...] = (
    (6, 1, 0, 20),
    (6, 1, 0, 13),
    (6, 2, 2, 0),
    (8, 1, 0, 26),
    (8, 2, 2, 18),
    (8, 3, 3, 0),
    (10, 1, 1, 34),
    (10, 2, 2, 24),
    (10, 3, 3, 0),
    (10, 5, 5, 0),
)


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def answer_format(problem: Problem) -> str:
    n = problem.size
    return f"the complete grid as {n} lines of {n} digits (0 or 1), separated by single spaces."


def example(problem: Problem) -> str:
    """Rows that alternate in the same way: the form of an answer, and never right, since rows repeat."""
    row = " ".join("01" * (problem.size // 2))
    return "\n".join([row] * problem.size)


CODEC = Codec(
    family="binairo",
    kind="grids",
    version=3,
    title="Binairo",
    checker="unique",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read_marks,
    answer_format=answer_format,
    example=example,
    unanswerable=("none", "many"),
)
