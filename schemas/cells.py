"""Grids as text: cell names, reading and writing rows of symbols, the eight symmetries of a rectangle.

A grid is a tuple of rows flattened row by row. Cell names are `r1c1` (row, column, counted from 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from verimill.schemas.text import plain

MAX_GRID_TEXT = 4000  # characters of an answer that may be read as a grid
CELL = re.compile(  # a cell named in an answer in small letters: r1c2, (r1, c2), r_{1}c_{2}, row 1, column 2
    r"\br(?:ow)?[ _]?\{?(\d{1,2})\}?,? ?c(?:ol(?:umn)?)?[ _]?\{?(\d{1,2})(?![a-z\d])"
)


@lru_cache(maxsize=64)
def cell_names(rows: int, cols: int) -> tuple[str, ...]:
    """`r1c1`, `r1c2`, ... row by row."""
    return tuple(f"r{r}c{c}" for r in range(1, rows + 1) for c in range(1, cols + 1))


def write_grid(cells: Sequence[str], cols: int) -> str:
    """One line a row, symbols separated by one space."""
    return "\n".join(" ".join(cells[i : i + cols]) for i in range(0, len(cells), cols))


_FRAME = "|,;:[](){}\"'&\\+=`*_-"


@lru_cache(maxsize=64)
def _unframed(alphabet: str) -> dict[int, str]:
    return {ord(c): " " for c in _FRAME if c not in alphabet}


@lru_cache(maxsize=64)
def _known(alphabet: str) -> dict[str, str]:
    """Each symbol, and its other case where that is not a symbol itself, to the symbol."""
    known = {c: c for c in alphabet}
    for c in alphabet:
        known.setdefault(c.upper(), c)
        known.setdefault(c.lower(), c)
    return known


def read_grid(text: str, rows: int, cols: int, alphabet: str) -> tuple[str, ...]:
    """The rows*cols symbols of a grid, row by row.

    Takes rows on lines of their own, symbols apart or run together, with frames, commas or brackets between, and
    rows that are all named: `Row 1: ...`, `r1 ...`. `alphabet` holds the one-character symbols; letters
    count in either case. Raises ValueError naming the first thing that does not fit.
    """
    if len(text) > MAX_GRID_TEXT:
        raise ValueError(f"a grid of {rows} x {cols} needs at most {MAX_GRID_TEXT} characters, got {len(text)}")
    try:
        return _read_rows(text, rows, cols, alphabet)
    except ValueError:
        bare = _without_names(text, rows)
        if bare is None:
            raise
        return _read_rows(bare, rows, cols, alphabet)


# A bare number names no row: `1: 2 4 3 1` may be a column that is looked over.
_NAMED = re.compile(r"(?:row ?|r)(\d{1,2})\b(?:[:.)=]|[ \t]{0,3}[:=|])?(?:\*\*)?[ \t|]*", re.IGNORECASE)
_COLUMNS = re.compile(r"(?:c(?:ol)? ?\d{1,2}[ \t|]*)+", re.IGNORECASE)


def _without_names(text: str, rows: int) -> str | None:
    """The rows without names, when each has one, counted from 1; a first line of column names is gone, too."""
    if "1" not in text:
        return None
    lines = [bare for line in text.split("\n") if (bare := line.lstrip(" \t|*-+:`>").rstrip(" \t|`"))]
    if len(lines) == rows + 1 and _COLUMNS.fullmatch(lines[0]):
        del lines[0]
    named = [_NAMED.match(line) for line in lines]
    if len(lines) != rows or any(m is None or int(m[1]) != k for k, m in enumerate(named, 1)):
        return None
    return "\n".join(line[m.end() :] for line, m in zip(lines, named, strict=True) if m is not None)


def _read_rows(text: str, rows: int, cols: int, alphabet: str) -> tuple[str, ...]:
    known = _known(alphabet)
    lines = []
    for line in plain(text).translate(_unframed(alphabet)).split("\n"):
        symbols = "".join(line.split())
        if symbols:
            lines.append(symbols)
    if len(lines) == 1 and rows > 1 and len(lines[0]) == rows * cols:
        lines = [lines[0][i : i + cols] for i in range(0, rows * cols, cols)]
    if len(lines) != rows:
        raise ValueError(f"the grid must have {rows} rows, got {len(lines)}")
    out: list[str] = []
    for r, row in enumerate(lines, 1):
        if len(row) != cols:
            raise ValueError(f"row {r} must have {cols} symbols, got {len(row)}")
        try:
            out += [known[c] for c in row]
        except KeyError as error:
            raise ValueError(f"row {r} holds {error.args[0]!r}, wanted one of {' '.join(alphabet)}") from None
    return tuple(out)


@lru_cache(maxsize=64)
def symmetries(rows: int, cols: int) -> tuple[tuple[int, ...], ...]:
    """The symmetries of a rows x cols rectangle (8 when square, else 4), identity first.

    Each is a tuple p with new[i] = old[p[i]].
    """
    at = [[r * cols + c for c in range(cols)] for r in range(rows)]

    def turned(g: list[list[int]]) -> list[list[int]]:
        return [list(row) for row in zip(*g[::-1], strict=True)]

    def mirrored(g: list[list[int]]) -> list[list[int]]:
        return [row[::-1] for row in g]

    found: list[list[list[int]]] = []
    grid = at
    for _ in range(4):
        for g in (grid, mirrored(grid)):
            if len(g) == rows and g not in found:
                found.append(g)
        grid = turned(grid)
    return tuple(tuple(c for row in g for c in row) for g in found)


def neighbours(rows: int, cols: int, cell: int, diagonal: bool = False) -> Iterator[int]:
    """Cells that share a side (or, with `diagonal`, a corner) with `cell`, in index order."""
    r, c = divmod(cell, cols)
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            if (dr or dc) and (diagonal or not (dr and dc)) and 0 <= r + dr < rows and 0 <= c + dc < cols:
                yield (r + dr) * cols + c + dc


def connected(cells: Sequence[int], rows: int, cols: int) -> bool:
    """True when the cells form one piece through shared sides."""
    left = set(cells)
    if not left:
        return False
    stack = [cells[0]]
    left.discard(cells[0])
    while stack:
        for n in neighbours(rows, cols, stack.pop()):
            if n in left:
                left.discard(n)
                stack.append(n)
    return not left
