"""Nonogram of side 5 to 12: runs of filled cells, in order, for every row and column.

Claims: `r3c4=1` (the cell is filled), `r3c4=0`, and the same with `!=`. Refs: `row 3`, `col 4`. A line without
filled cells has no runs. Answers are the whole grid, 1 for a filled cell and 0 for an empty one, one line a row.
Unanswerable twins: a clue altered so that nothing fits ("none"), clues that two pictures share ("many").
"""

from __future__ import annotations

from dataclasses import dataclass

from verimill.schemas.cells import write_grid
from verimill.schemas.core import Codec
from verimill.schemas.square_answers import read_marks, write

LEAST, MOST = 5, 12  # sides
Answer = str  # the digits row by row
Runs = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Params:
    size: int = 8
    """Side of the grid, 5 to 12."""
    tier: int = 2
    """Hardest deduction rule allowed, 2 (one line at a time) or 5 (suppositions)."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""
    work: int = 0
    """Least measured effort, 0 to 400."""
    filled: int = 55
    """Share of filled cells, 30 to 80 percent on average."""

    def __post_init__(self) -> None:
        if not LEAST <= self.size <= MOST:
            raise ValueError(f"size must be in {LEAST}..{MOST}, got {self.size}")
        if not 2 <= self.tier <= 5:
            raise ValueError(f"tier must be in 2..5, got {self.tier}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")
        if not 0 <= self.work <= 400:
            raise ValueError(f"work must be in 0..400, got {self.work}")
        if not 30 <= self.filled <= 80:
            raise ValueError(f"filled must be in 30..80, got {self.filled}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`rows`, `cols`: the runs of each line, in order; an empty tuple for a line without filled cells."""

    size: int
    rows: tuple[Runs, ...]
    cols: tuple[Runs, ...]

    def __post_init__(self) -> None:
        n = self.size
        if not LEAST <= n <= MOST:
            raise ValueError(f"size must be in {LEAST}..{MOST}, got {n}")
        for name, clues in (("rows", self.rows), ("cols", self.cols)):
            if len(clues) != n:
                raise ValueError(f"{name} must be {n} clues, got {len(clues)}")
            for runs in clues:
                if any(not 1 <= run <= n for run in runs) or sum(runs) + len(runs) - 1 > n:
                    raise ValueError(f"{name} must hold runs that fit {n} cells, got {str(runs)[:60]}")


# Size, hardest rule allowed, hardest rule needed, least effort, percent filled.
_LADDER: tuple[tuple[int, int, int, int, int], ...] = (
    (5, 2, 0, 0, 55),
    (6, 2, 0, 52, 55),
    (7, 2, 0, 68, 55),
    (8, 2, 0, 84, 55),
    (9, 2, 0, 100, 55),
    (10, 2, 0, 120, 55),
    (11, 2, 0, 140, 55),
    (12, 2, 0, 160, 55),
    (11, 5, 5, 240, 50),
    (12, 5, 5, 290, 50),
)


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def answer_format(problem: Problem) -> str:
    n = problem.size
    return (
        f"the grid as {n} lines of {n} digits separated by single spaces, 1 for a filled cell and 0 for an empty one."
    )


def example(problem: Problem) -> str:
    """A filled first row and nothing else, or all filled when just that is asked for: never the right picture."""
    n = problem.size
    filled = n * n if problem.rows == ((n,), *((),) * (n - 1)) else n
    return write_grid(["1"] * filled + ["0"] * (n * n - filled), n)


CODEC = Codec(
    family="nonogram",
    kind="grids",
    version=2,
    title="Nonogram",
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
