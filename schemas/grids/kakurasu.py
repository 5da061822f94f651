"""Kakurasu of side 4 to 8: mark cells so that the weighted sums of all rows and columns come out.

A marked cell adds its column number to the sum of its row, and its row number to the sum of its column.
Claims: `r3c4=1` (the cell is marked), `r3c4=0`, and the same with `!=`. Refs: `row 3`, `col 4`. Answers are the
whole grid, 1 for a marked cell and 0 for any other, one line a row. Unanswerable twins: two sums changed so
that nothing fits ("none"), sums of a marking that shares them with another ("many").
"""

from __future__ import annotations

from dataclasses import dataclass

from verimill.schemas.cells import write_grid
from verimill.schemas.core import Codec
from verimill.schemas.square_answers import read_marks, write

LEAST, MOST = 4, 8  # sides
Answer = str  # the digits row by row


@dataclass(frozen=True, slots=True)
class Params:
    size: int = 6
    """Side of the grid, 4 to 8."""
    tier: int = 2
    """Hardest deduction rule allowed, 1 to 5."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""
    work: int = 0
    """Least measured effort, 0 to 400."""
    marked: int = 50
    """Share of marked cells, 20 to 80 percent on average."""

    def __post_init__(self) -> None:
        if not LEAST <= self.size <= MOST:
            raise ValueError(f"size must be in {LEAST}..{MOST}, got {self.size}")
        if not 1 <= self.tier <= 5:
            raise ValueError(f"tier must be in 1..5, got {self.tier}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")
        if not 0 <= self.work <= 400:
            raise ValueError(f"work must be in 0..400, got {self.work}")
        if not 20 <= self.marked <= 80:
            raise ValueError(f"marked must be in 20..80, got {self.marked}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`rows`, `cols`: the sum wanted of each row and column, from the first on."""

    size: int
    rows: tuple[int, ...]
    cols: tuple[int, ...]

    def __post_init__(self) -> None:
        n = self.size
        if not LEAST <= n <= MOST:
            raise ValueError(f"size must be in {LEAST}..{MOST}, got {n}")
        top = n * (n + 1) // 2
        for name, sums in (("rows", self.rows), ("cols", self.cols)):
            if len(sums) != n or not all(0 <= s <= top for s in sums):
                raise ValueError(f"{name} must be {n} sums in 0..{top}, got {str(sums)[:60]}")


# Size, hardest rule allowed, hardest rule needed, least effort.
_LADDER: tuple[tuple[int, int, int, int], ...] = (
    (4, 1, 0, 0),
    (5, 1, 0, 0),
    (5, 2, 2, 38),
    (6, 2, 1, 46),
    (6, 2, 2, 54),
    (7, 2, 2, 60),
    (8, 2, 2, 80),
    (7, 5, 5, 100),
    (8, 5, 5, 140),
    (8, 5, 5, 240),
)


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def answer_format(problem: Problem) -> str:
    n = problem.size
    return f"the grid as {n} lines of {n} digits separated by single spaces, 1 for a marked cell and 0 for any other."


def example(problem: Problem) -> str:
    """A corner and its opposite marked, or everything when just that is asked for: never the right grid."""
    n = problem.size
    marks = ["0"] * (n * n)
    marks[0] = marks[-1] = "1"
    ends = (1, *(0,) * (n - 2), n)
    if problem.rows == ends and problem.cols == ends:
        marks = ["1"] * (n * n)
    return write_grid(marks, n)


CODEC = Codec(
    family="kakurasu",
    kind="grids",
    version=2,
    title="Kakurasu",
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
