"""KenKen of side 4 to 7: a Latin square cut into cages, each with a result and an operation.

Claims: `r3c4=7` (the cell holds 7) and `r3c4!=7`. Refs: `row 3`, `col 4`, `cage 2` (cages counted by their
first cell in reading order; a cage also says that cells of it in one row or column differ). A cage of one
cell has the operation "=" and shows its digit. "-" and "/" stand in cages of two cells, the larger digit
first. Answers are the whole grid, one line a row. Unanswerable twins: cells in other
cages or other operations ("many"), one cage's clue changed ("none").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from verimill.schemas.cages import cells_of, check_cages
from verimill.schemas.core import Codec
from verimill.schemas.square_answers import read_digits, rows_alike, write

DIGITS = "123456789"
SIZES = range(4, 8)
LARGEST = 5

Answer = tuple[str, ...]
Ops = Literal["+", "+-", "+-*", "+-*/"]


@dataclass(frozen=True, slots=True)
class Params:
    size: int = 5
    """Side of the grid, 4 to 7."""
    largest: int = 3
    """Most cells in a cage, 2 to 5."""
    ops: Ops = "+-*/"
    """The operations that cages may have: +, +-, +-* or +-*/."""
    tier: int = 2
    """Hardest deduction rule allowed, 2 to 5."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise ValueError(f"size must be in 4..7, got {self.size}")
        if not 2 <= self.largest <= LARGEST:
            raise ValueError(f"largest must be in 2..{LARGEST}, got {self.largest}")
        if self.ops not in ("+", "+-", "+-*", "+-*/"):
            raise ValueError(f"ops must be +, +-, +-* or +-*/, got {self.ops!r:.20}")
        if not 2 <= self.tier <= 5:
            raise ValueError(f"tier must be in 2..5, got {self.tier}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`cages`: the cage of each cell, numbered from 0. `ops` and `targets`: operation and result of each cage."""

    size: int
    cages: tuple[int, ...]
    ops: str
    targets: tuple[int, ...]

    def __post_init__(self) -> None:
        n = self.size
        if n not in SIZES:
            raise ValueError(f"size must be in 4..7, got {n}")
        check_cages(n, self.cages, LARGEST)
        cells = cells_of(self.cages)
        if len(self.ops) != len(cells) or len(self.targets) != len(cells):
            raise ValueError(f"ops and targets must have one entry for each of {len(cells)} cages")
        for k, (op, target, cage) in enumerate(zip(self.ops, self.targets, cells, strict=True), 1):
            if op not in ("=" if len(cage) == 1 else "+-*/" if len(cage) == 2 else "+*"):
                raise ValueError(f"cage {k} of {len(cage)} cells cannot have the operation {op!r}")
            if not 1 <= target <= n ** len(cage):
                raise ValueError(f"cage {k} must have a result in 1..{n ** len(cage)}, got {target}")


# Size, most cells in a cage, operations, hardest rule allowed and hardest rule needed of each level.
_LADDER: tuple[tuple[int, int, Ops, int, int], ...] = (
    (4, 2, "+-", 2, 0),
    (4, 3, "+-*/", 2, 2),
    (5, 2, "+-*/", 2, 2),
    (5, 3, "+-*/", 2, 2),
    (6, 2, "+-*/", 2, 2),
    (6, 3, "+-*/", 3, 2),
    (6, 4, "+-*/", 4, 2),
    (7, 3, "+-*/", 3, 2),
    (7, 4, "+-*/", 4, 2),
    (7, 4, "+-*/", 4, 3),
)


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def answer_format(problem: Problem) -> str:
    n = problem.size
    return f"the complete grid as {n} lines of {n} digits, separated by single spaces."


CODEC = Codec(
    family="kenken",
    kind="grids",
    version=2,
    title="KenKen",
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
