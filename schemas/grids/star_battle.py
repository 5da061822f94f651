"""Star battle of side 5 to 10: one or two stars in every row, column and region, none touching.

Claims: `r3c4=1` (a star) and `r3c4=0`, and the same with `!=`. Refs: `row 3`, `col 4`, `region 2` (regions are
numbered by their first cell in reading order; prompts call them A, B, ...), `touch r1c1-r2c2` (the block of
four cells with these corners holds at most one star, which is what not touching means). Answers are the cells
of the stars. Unanswerable twins: a cell or two given to a neighbouring region so that nothing fits ("none") or
several placements do ("many").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verimill.schemas.cells import CELL, connected
from verimill.schemas.core import Codec
from verimill.schemas.text import plain

LEAST, MOST = 5, 10  # sides
MAX_TEXT = 4000
Answer = tuple[str, ...]  # names of the cells with a star, in reading order
_BETWEEN = re.compile(r"[\s,;.:*&()\[\]{}|\"'`_=+-]|\b(?:stars?|and|cells?)\b")


@dataclass(frozen=True, slots=True)
class Params:
    size: int = 8
    """Side of the grid, 5 to 10."""
    stars: int = 1
    """Stars in each row, column and region: 1, or 2 for sides 9 and 10."""
    tier: int = 5
    """Hardest deduction rule allowed, 1 to 5."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""
    work: int = 0
    """Least measured effort, 0 to 400."""

    def __post_init__(self) -> None:
        if not LEAST <= self.size <= MOST:
            raise ValueError(f"size must be in {LEAST}..{MOST}, got {self.size}")
        if self.stars != 1 and not (self.stars == 2 and self.size >= 9):
            raise ValueError(f"stars must be 1 (or 2 for sides 9 and 10), got {self.stars}")
        if not 1 <= self.tier <= 5:
            raise ValueError(f"tier must be in 1..5, got {self.tier}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")
        if not 0 <= self.work <= 400:
            raise ValueError(f"work must be in 0..400, got {self.work}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`regions`: the region of each cell, row by row, numbered from 0 in order of first cell."""

    size: int
    stars: int
    regions: tuple[int, ...]

    def __post_init__(self) -> None:
        n = self.size
        if not LEAST <= n <= MOST:
            raise ValueError(f"size must be in {LEAST}..{MOST}, got {n}")
        if self.stars not in (1, 2):
            raise ValueError(f"stars must be 1 or 2, got {self.stars}")
        if len(self.regions) != n * n or list(dict.fromkeys(self.regions)) != list(range(n)):
            raise ValueError(f"regions must be {n * n} numbers 0..{n - 1}, numbered by first cell")
        cells: list[list[int]] = [[] for _ in range(n)]
        for cell, k in enumerate(self.regions):
            cells[k].append(cell)
        if not all(connected(part, n, n) for part in cells):
            raise ValueError("every region must be one piece")


# Side 5 has only 14 placements, so a level starts at 6.
# Size, stars, hardest rule allowed, hardest rule needed, least effort.
_LADDER: tuple[tuple[int, int, int, int, int], ...] = (
    (6, 1, 1, 0, 0),
    (6, 1, 3, 3, 0),
    (7, 1, 3, 3, 0),
    (7, 1, 3, 3, 58),
    (8, 1, 3, 3, 62),
    (8, 1, 5, 5, 90),
    (9, 1, 5, 5, 150),
    (10, 1, 5, 5, 220),
    (9, 2, 5, 5, 0),
    (10, 2, 5, 5, 0),
)


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def write(answer: Answer) -> str:
    return ", ".join(answer)


def read(problem: Problem, text: str) -> Answer:
    """The cells named in the text, each once; anything else but separators and the word star is refused."""
    n = problem.size
    if len(text) > MAX_TEXT:
        raise ValueError(f"the list of stars must have at most {MAX_TEXT} characters, got {len(text)}")
    low = plain(text).lower()
    left = _BETWEEN.sub("", CELL.sub(" ", low))
    if left:
        raise ValueError(f"stars must be cells such as r1c2, got {left[:20]!r}")
    cells = sorted((int(row), int(col)) for row, col in CELL.findall(low))
    if not cells:
        raise ValueError("no cell such as r1c2 was found")
    for r, c in cells:
        if not (1 <= r <= n and 1 <= c <= n):
            raise ValueError(f"r{r}c{c} is not a cell of a {n} by {n} grid")
    if len(set(cells)) != len(cells):
        raise ValueError("a star is listed twice")
    return tuple(f"r{r}c{c}" for r, c in cells)


def answer_format(problem: Problem) -> str:
    return "the cells with stars, separated by commas, each as r (row) and c (column) with their numbers."


def example(problem: Problem) -> str:
    """Cells of the first row next to each other: the form of an answer, and never right."""
    return "r1c1, r1c2, r1c3"


CODEC = Codec(
    family="star_battle",
    kind="grids",
    version=3,
    title="Star battle",
    checker="unique",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read,
    answer_format=answer_format,
    example=example,
    shape="line",
    unanswerable=("none", "many"),
)
