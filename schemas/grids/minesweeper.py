"""Minesweeper of side 5 to 9: which covered cells are certainly safe, and which are certainly mined.

Opened cells show how many of their up to eight neighbours hold a mine; the number of all mines is not told. A
cell is certain when every layout of mines that fits the numbers agrees on it. Claims: `r3c4=safe` and
`r3c4=mine`, and the same with `!=`. Refs: `number r3c4` (the count shown there). A trace ends when every certain
cell is claimed, and claims no other. Answers are two lists of cells. Unanswerable twins: a number changed so that
no layout fits ("none"); "many" cannot be, since the certain cells are one set.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from verimill.schemas.cells import CELL, neighbours
from verimill.schemas.core import Codec
from verimill.schemas.text import plain

LEAST, MOST = 5, 9  # sides
MAX_TEXT = 4000
COVERED = "#"
Answer = tuple[tuple[str, ...], tuple[str, ...]]  # names of the safe and of the mined cells, in reading order
_LABEL = re.compile(r"\b(safe|mines?|mined)\b")
_BETWEEN = re.compile(r"[\s,;.:*&()\[\]{}|\"'`_=+-]|\b(?:cells?|and|none|certainly)\b")


@dataclass(frozen=True, slots=True)
class Params:
    size: int = 8
    """Side of the board, 5 to 9."""
    mines: int = 20
    """Share of mined cells, 10 to 40 percent on average."""
    opened: int = 40
    """Share of safe cells opened at first, 10 to 80 percent; around a 0 all are opened."""
    tier: int = 5
    """Hardest deduction rule allowed, 1 to 5."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""
    work: int = 0
    """Least measured effort, 0 to 400."""

    def __post_init__(self) -> None:
        if not LEAST <= self.size <= MOST:
            raise ValueError(f"size must be in {LEAST}..{MOST}, got {self.size}")
        if not 10 <= self.mines <= 40:
            raise ValueError(f"mines must be in 10..40, got {self.mines}")
        if not 10 <= self.opened <= 80:
            raise ValueError(f"opened must be in 10..80, got {self.opened}")
        if not 1 <= self.tier <= 5:
            raise ValueError(f"tier must be in 1..5, got {self.tier}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")
        if not 0 <= self.work <= 400:
            raise ValueError(f"work must be in 0..400, got {self.work}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`board`: row by row, a digit for an opened cell and "#" for a covered one."""

    size: int
    board: str

    def __post_init__(self) -> None:
        n = self.size
        if not LEAST <= n <= MOST:
            raise ValueError(f"size must be in {LEAST}..{MOST}, got {n}")
        if len(self.board) != n * n or not set(self.board) <= set("012345678#"):
            raise ValueError(f"board must be {n * n} of the digits 0 to 8 and '#', got {self.board!r:.90}")
        for cell, shown in enumerate(self.board):
            if shown != COVERED:
                covered = sum(self.board[d] == COVERED for d in _around(n)[cell])
                if int(shown) > covered:
                    raise ValueError(f"board shows {shown} at cell {cell} with only {covered} covered neighbours")


@lru_cache(maxsize=16)
def _around(n: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(neighbours(n, n, cell, diagonal=True)) for cell in range(n * n))


# Side, percent mined, percent opened, hardest rule allowed, hardest rule needed, least effort.
_LADDER: tuple[tuple[int, int, int, int, int, int], ...] = (
    (5, 22, 45, 1, 0, 0),
    (6, 22, 45, 1, 0, 16),
    (6, 22, 45, 3, 3, 20),
    (7, 22, 45, 3, 3, 30),
    (8, 22, 45, 3, 3, 42),
    (7, 25, 45, 5, 5, 50),
    (8, 25, 45, 5, 5, 70),
    (8, 25, 45, 5, 5, 100),
    (9, 25, 45, 5, 5, 130),
    (9, 25, 45, 5, 5, 170),
)


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def write(answer: Answer) -> str:
    safe, mined = (", ".join(cells) or "-" for cells in answer)
    return f"safe: {safe}\nmines: {mined}"


def read(problem: Problem, text: str) -> Answer:
    """The cells listed after `safe` and after `mines`; a cell that is open, unknown or listed twice is refused."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"the two lists must have at most {MAX_TEXT} characters, got {len(text)}")
    low = plain(text).lower()
    head, *parts = _LABEL.split(low)
    if len(parts) != 4 or _BETWEEN.sub("", head):
        raise ValueError("the answer must be one list after 'safe:' and one after 'mines:'")
    found: dict[bool, tuple[str, ...]] = {}
    seen: set[str] = set()
    for label, listed in zip(parts[::2], parts[1::2], strict=True):
        found[label == "safe"] = _cells(problem, listed, seen)
    if len(found) != 2:
        raise ValueError("the answer must be one list after 'safe:' and one after 'mines:'")
    return found[True], found[False]


def _cells(problem: Problem, text: str, seen: set[str]) -> tuple[str, ...]:
    n = problem.size
    left = _BETWEEN.sub("", CELL.sub(" ", text))
    if left:
        raise ValueError(f"a list must hold cells such as r1c2, got {left[:20]!r}")
    cells = sorted((int(r), int(c)) for r, c in CELL.findall(text))
    for r, c in cells:
        name = f"r{r}c{c}"
        if not (1 <= r <= n and 1 <= c <= n) or problem.board[(r - 1) * n + c - 1] != COVERED:
            raise ValueError(f"{name} is not a covered cell of this board")
        if name in seen:
            raise ValueError(f"{name} is listed twice")
        seen.add(name)
    return tuple(f"r{r}c{c}" for r, c in cells)


def answer_format(problem: Problem) -> str:
    return (
        "two lines, 'safe:' with all certainly safe cells and 'mines:' with all certainly mined cells, each cell as r "
        "(row) and c (column) with their numbers, separated by commas, or - for an empty list."
    )


def example(problem: Problem) -> str:
    """Two cells of the board's corners, fewer than any made problem has certain: the form, never the answer."""
    return f"safe: r1c1\nmines: r{problem.size}c{problem.size}"


CODEC = Codec(
    family="minesweeper",
    kind="grids",
    version=4,
    title="Minesweeper: certain cells",
    checker="exact",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read,
    answer_format=answer_format,
    example=example,
    unanswerable=("none",),
)
