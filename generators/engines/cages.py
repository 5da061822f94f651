"""What makers of cage puzzles share: cutting a grid, tables of what a cage can hold, and ways to show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from verimill.generators.engines.grids import spaced
from verimill.schemas.cages import LETTERS, cells_of, renumbered
from verimill.schemas.cells import cell_names, connected, neighbours
from verimill.schemas.rng import Rng


@lru_cache(maxsize=16)
def around(n: int) -> tuple[tuple[int, ...], ...]:
    """The neighbours of each cell."""
    return tuple(tuple(neighbours(n, n, cell)) for cell in range(n * n))


def cut(rng: Rng, n: int, largest: int, solution: Sequence[int] | None = None) -> tuple[int, ...]:
    """A random cut of the grid into cages of 1 to `largest` cells, few of them single.

    With a `solution`, no cage holds a value twice.
    """
    label = [-1] * (n * n)
    sizes: list[int] = []
    for first in rng.shuffled(range(n * n)):
        if label[first] >= 0:
            continue
        k, cage, want = len(sizes), [first], rng.between(2, largest)
        label[first] = k
        while len(cage) < want:
            edge = [c for b in cage for c in around(n)[b] if label[c] < 0 and _fits(solution, cage, c)]
            if not edge:
                break
            cage.append(rng.pick(edge))
            label[cage[-1]] = k
        sizes.append(len(cage))
    members: list[list[int]] = [[] for _ in sizes]
    for cell, k in enumerate(label):
        members[k].append(cell)
    for cell in range(n * n):  # a lone cell joins a neighbour that has room
        k = label[cell]
        if len(members[k]) > 1:
            continue
        for near in rng.shuffled(around(n)[cell]):
            into = members[label[near]]
            if len(into) < largest and _fits(solution, into, cell):
                members[k] = []
                into.append(cell)
                label[cell] = label[near]
                break
    return renumbered(label)[0]


def _fits(solution: Sequence[int] | None, cage: Sequence[int], cell: int) -> bool:
    return solution is None or all(solution[b] != solution[cell] for b in cage)


@lru_cache(maxsize=8192)
def sums(n: int, length: int, target: int) -> tuple[tuple[int, ...], ...]:
    """Every tuple of `length` different values 0..n-1 whose digits (value + 1) sum to `target`."""
    found: list[tuple[int, ...]] = []

    def grow(row: tuple[int, ...], left: int) -> None:
        if len(row) == length:
            if left == 0:
                found.append(row)
            return
        for v in range(min(n, left)):
            if v not in row:
                grow((*row, v), left - v - 1)

    grow((), target)
    return tuple(found)


@lru_cache(maxsize=8192)
def results(n: int, op: str, target: int, shape: tuple[tuple[int, int], ...]) -> tuple[tuple[int, ...], ...]:
    """Every tuple of values that gives `target`; cells of `shape` (row, column) in one line hold different ones."""
    apart = [
        [j for j in range(i) if shape[j][0] == shape[i][0] or shape[j][1] == shape[i][1]] for i in range(len(shape))
    ]
    found: list[tuple[int, ...]] = []

    def grow(row: tuple[int, ...], result: int) -> None:
        i = len(row)
        if i == len(shape):
            if result == target:
                found.append(row)
            return
        for v in range(n):
            if all(row[j] != v for j in apart[i]):
                after = v + 1 if i == 0 else operate(op, result, v + 1)
                if after <= target or op in "-/":
                    grow((*row, v), after)

    grow((), 0)
    return tuple(found)


def operate(op: str, a: int, b: int) -> int:
    """a op b, the larger first; -1 where it is not whole."""
    if op == "+":
        return a + b
    if op == "*":
        return a * b
    if a < b:
        a, b = b, a
    if op == "-":
        return a - b
    return a // b if a % b == 0 else -1


def shape_of(n: int, cells: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """The cells as (row, column) counted from the cage's own corner, so that equal shapes share a table."""
    top, left = min(c // n for c in cells), min(c % n for c in cells)
    return tuple((c // n - top, c % n - left) for c in cells)


def cells_moved(rng: Rng, n: int, cages: tuple[int, ...]) -> tuple[int, ...]:
    """The labels after up to three cells went to a neighbouring cage, none larger than the largest was.

    Every cage stays in one piece, and their number stays what it was.
    """
    label = list(cages)
    most = max(map(len, cells_of(cages)))
    wanted = rng.between(1, 3)
    for cell in rng.shuffled(range(n * n)):
        rest = [c for c in range(n * n) if label[c] == label[cell] and c != cell]
        near = sorted({label[d] for d in around(n)[cell]} - {label[cell]})
        into = [k for k in near if label.count(k) < most]
        if rest and into and connected(rest, n, n):
            label[cell] = rng.pick(into)
            wanted -= 1
        if not wanted:
            break
    return tuple(label)


def moved(cages: Sequence[int], move: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(cages after a move, the old cage of each new one)."""
    return renumbered([cages[i] for i in move])


Clue = Callable[[int], str]


def mapped(n: int, cages: tuple[int, ...], clue: Clue) -> str:
    """A map of letters, then the clue of each letter."""
    lines = [f"{LETTERS[k]}: {clue(k)}" for k in range(max(cages) + 1)]
    return spaced([LETTERS[k] for k in cages], n) + "\n\n" + "\n".join(lines)


def listed(n: int, cages: tuple[int, ...], clue: Clue) -> str:
    """One cage a line: its clue and the names of its cells."""
    names = cell_names(n, n)
    lines = [f"- {clue(k)}: {' '.join(names[c] for c in cells)}" for k, cells in enumerate(cells_of(cages))]
    return f"Cages (r1c2 is row 1, column 2; the grid is {n} by {n}):\n" + "\n".join(lines)


def tabled(n: int, cages: tuple[int, ...], clue: Clue) -> str:
    """A table of cages with row and column numbers."""
    lines = ["| cage | clue | cells (row, column) |", "|---|---|---|"]
    for k, cells in enumerate(cells_of(cages)):
        places = " ".join(f"({c // n + 1}, {c % n + 1})" for c in cells)
        lines.append(f"| {k + 1} | {clue(k)} | {places} |")
    return "\n".join(lines)


LAYOUTS = {"mapped": mapped, "listed": listed, "tabled": tabled}
