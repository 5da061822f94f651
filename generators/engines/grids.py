"""What grid families share: layouts, Latin squares, regions, moving cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verimill.schemas.cells import connected, neighbours
from verimill.schemas.rng import Rng


def spaced(cells: Sequence[str], cols: int) -> str:
    """One line a row, symbols separated by spaces."""
    return "\n".join(" ".join(cells[i : i + cols]) for i in range(0, len(cells), cols))


def framed(cells: Sequence[str], cols: int) -> str:
    """A table with bars and rules."""
    width = max(len(c) for c in cells)
    rule = "+" + "+".join(["-" * (width + 2)] * cols) + "+"
    lines = [rule]
    for i in range(0, len(cells), cols):
        lines.append("| " + " | ".join(c.rjust(width) for c in cells[i : i + cols]) + " |")
        lines.append(rule)
    return "\n".join(lines)


def labelled(cells: Sequence[str], cols: int) -> str:
    """Each row named, each column numbered above."""
    rows = len(cells) // cols
    width = max(max(len(c) for c in cells), len(str(cols)) + 1)
    left = len(f"r{rows}")
    head = " " * left + "  " + " ".join(f"c{c}".rjust(width) for c in range(1, cols + 1))
    lines = [head]
    for r in range(rows):
        row = " ".join(c.rjust(width) for c in cells[r * cols : r * cols + cols])
        lines.append(f"r{r + 1}".ljust(left) + "  " + row)
    return "\n".join(lines)


LAYOUTS: dict[str, Callable[[Sequence[str], int], str]] = {"plain": spaced, "framed": framed, "labelled": labelled}


def latin_square(rng: Rng, n: int) -> list[int]:
    """A random Latin square of values 0..n-1, flattened, by randomised row-by-row search.

    Rows are filled cell by cell with backtracking over shuffled values; not exactly uniform, but every square
    can come up (a cyclic square with shuffled lines reaches only a sliver of them).
    """
    used = [0] * n  # values seen in each column
    grid: list[int] = []
    for _ in range(n):
        row = _latin_row(rng, n, used)
        for c, v in enumerate(row):
            used[c] |= 1 << v
        grid.extend(row)
    return grid


def _latin_row(rng: Rng, n: int, used: Sequence[int]) -> list[int]:
    """A random row that avoids each column's used values: a matching, columns with least choice first."""
    order = rng.shuffled(range(n))
    choice = [rng.shuffled([v for v in range(n) if not used[c] >> v & 1]) for c in range(n)]
    owner: dict[int, int] = {}

    def place(col: int, tried: set[int]) -> bool:
        for v in choice[col]:
            if v not in tried:
                tried.add(v)
                if v not in owner or place(owner[v], tried):
                    owner[v] = col
                    return True
        return False

    for col in order:  # always succeeds: the open values form a regular bipartite graph (Hall)
        place(col, set())
    row = [0] * n
    for v, col in owner.items():
        row[col] = v
    return row


def regions(rng: Rng, rows: int, cols: int, size: int, tries: int | None = None) -> tuple[int, ...] | None:
    """A random cut of the grid into connected regions of `size` cells, numbered by first cell; None if unlucky.

    Starts from a cut into strips and swaps border cells between neighbouring regions while all stay connected.
    """
    n = rows * cols
    label = [i // size for i in range(n)] if cols % size == 0 or size % cols == 0 else []
    if not label:
        return None
    for _ in range(12 * n if tries is None else tries):
        a = rng.below(n)
        around = [b for b in neighbours(rows, cols, a) if label[b] != label[a]]
        if not around:
            continue
        mine, theirs = label[a], label[rng.pick(around)]
        border = [
            c for c in range(n) if label[c] == theirs and any(label[d] == mine for d in neighbours(rows, cols, c))
        ]
        b = rng.pick(border)
        label[a], label[b] = theirs, mine
        if not all(connected([c for c in range(n) if label[c] == k], rows, cols) for k in (mine, theirs)):
            label[a], label[b] = mine, theirs
    return numbered(label)


def numbered(label: Sequence[int]) -> tuple[int, ...]:
    """Region labels renumbered in order of first cell."""
    order = {k: i for i, k in enumerate(dict.fromkeys(label))}
    return tuple(order[k] for k in label)
