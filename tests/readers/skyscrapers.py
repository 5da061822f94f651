"""Reads skyscraper puzzles from their prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

from readers.shapes import DIGITS, asked, distinct, filled, grid, lines_of, one, rows_and_columns, side, written
from readers.squares import told_sizes

Instance = dict[str, Any]  # size; givens by cell; views: (side, line from 0) to how many buildings are seen
ABOVE, BELOW, LEFT, RIGHT = SIDES = ("above", "below", "left", "right")
ORDERS = (
    "from above, left to right",
    "from below, left to right",
    "from the left, top to bottom",
    "from the right, top to bottom",
)


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    size = side(parts.form)
    told_sizes(parts.task, size)
    one(rf"(?:heights?|height from|with) 1 to {size}\b", parts.task)
    way = _framed if "\n  +-" in parts.task else _listed if "\nViews (" in parts.task else _told
    cells, views = way(parts.task, size)
    givens = {k: int(cell) for k, cell in enumerate(cells) if cell in DIGITS}
    return {"size": size, "givens": givens, "views": views}


def _framed(task: str, size: int) -> tuple[tuple[str, ...], dict[tuple[str, int], int]]:
    rule, edge, row = (
        rf"  \+-{{{2 * size + 1}}}\+",
        r"(?:[ 1-9]+)?",
        r"([ 1-9]) \| ([1-9_](?: [1-9_])*) \|(?: ([1-9]))?",
    )
    above, _, *rows, _, below = lines_of(task, edge, rule, *[row] * size, rule, edge)
    views = {(LEFT, r): int(match[1]) for r, match in enumerate(rows) if match[1] != " "}
    views |= {(RIGHT, r): int(match[3]) for r, match in enumerate(rows) if match[3]}
    for name, match in ((ABOVE, above), (BELOW, below)):
        for at, number in enumerate(match[0]):
            if number != " ":
                c, off = divmod(at - 4, 2)
                if off or not 0 <= c < size:
                    raise ValueError(f"a number must stand at a column: {match[0]!r}")
                views[name, c] = int(number)
    return grid([match[2] for match in rows], size, DIGITS[:size] + "_"), views


def _listed(task: str, size: int) -> tuple[tuple[str, ...], dict[tuple[str, int], int]]:
    numbers = [rf"{order}: ([-1-9](?: [-1-9])*)" for order in ORDERS]
    found = lines_of(task, *[r"[.1-9](?: [.1-9])*"] * size, "", r"Views \(- where none is given\):", *numbers)
    views = {}
    for name, match in zip(SIDES, found[-4:], strict=True):
        for c, number in zip(range(size), match[1].split(" "), strict=True):
            if number != "-":
                views[name, c] = int(number)
    return grid([match[0] for match in found[:size]], size, DIGITS[:size] + "."), views


def _told(task: str, size: int) -> tuple[tuple[str, ...], dict[tuple[str, int], int]]:
    rows = [rf"Row {r}: ((?:\d|empty)(?:, (?:\d|empty))*)" for r in range(1, size + 1)]
    look = r"*- looking from (?:(above|below) into column|the (left|right) into row) (\d): (\d)"
    found = lines_of(task, *rows, "Buildings seen:", look, "|- nothing is said")
    views = {(m[1] or m[2], int(m[3]) - 1): int(m[4]) for m in found[size + 1 : -1]}
    if len(views) != len(found) - size - 2 or bool(views) == bool(found[-1][0]):
        raise ValueError(f"each view must be told once: {task!r}")
    return grid([match[1].replace(",", "") for match in found[:size]], size, [*DIGITS[:size], "empty"]), views


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    n = problem.size
    givens = {k: int(cell) for k, cell in enumerate(problem.givens) if cell != "."}
    views = {(SIDES[k // n], k % n): seen for k, seen in enumerate(problem.views) if seen}
    return {"size": n, "givens": givens, "views": views}


def seen(heights: Sequence[int]) -> int:
    """How many buildings are seen along a line, nearest first."""
    return sum(all(lower < height for lower in heights[:k]) for k, height in enumerate(heights))


def _line_fits(instance: Instance, first: str, last: str, k: int, heights: Sequence[int]) -> bool:
    views = instance["views"]
    return views.get((first, k), seen(heights)) == seen(heights) and (
        views.get((last, k), seen(heights[::-1])) == seen(heights[::-1])
    )


def accepts(instance: Instance, text: str) -> bool:
    """Whether the answer keeps every rule of the prompt."""
    size = instance["size"]
    cells = filled(text, size, DIGITS[:size])
    if cells is None or any(cells[k] != str(given) for k, given in instance["givens"].items()):
        return False
    lines = [[int(cells[k]) for k in line] for line in rows_and_columns(size)]
    return all(map(distinct, lines)) and all(
        _line_fits(instance, *((LEFT, RIGHT) if k < size else (ABOVE, BELOW)), k % size, line)
        for k, line in enumerate(lines)
    )


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, row by row."""
    size = instance["size"]
    fitting = [
        [
            row
            for row in permutations(range(1, size + 1))
            if _line_fits(instance, LEFT, RIGHT, r, row)
            and all(instance["givens"].get(r * size + c, height) == height for c, height in enumerate(row))
        ]
        for r in range(size)
    ]

    def grow(rows: list[Sequence[int]]) -> Iterator[str]:
        if len(rows) == size:
            text = written([height for row in rows for height in row], size)
            if accepts(instance, text):
                yield text
            return
        for row in fitting[len(rows)]:
            if all(height != above[c] for above in rows for c, height in enumerate(row)):
                yield from grow([*rows, row])

    for _, text in zip(range(limit), grow([]), strict=False):
        yield text
