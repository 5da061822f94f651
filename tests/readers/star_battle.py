"""Reads star battles from their prompts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from readers.shapes import asked, exactly, models, one, place, rows_and_columns, square

Instance = dict[str, Any]  # size; stars in each row, column and region; the region's letter of each cell
SOLVED = (1, 4, 9)
_APART = (
    "Stars may not touch each other, not even at a corner",
    "never be in neighbouring cells, whether the cells share a side or only a corner",
    "when their tiles touch along an edge or at a corner, so that is forbidden",
    "no two stars adjacent horizontally, vertically or diagonally",
)
_EACH = (
    r"every row, every column and every region holds exactly (one|two) stars?\.",
    r"exactly (one|two) stars? into each row, exactly \1 stars? into each column and exactly \1 stars? into each "
    r"region\.",
    r"exactly (one|two) cameras? over every row of tiles, exactly \1 cameras? over every column, and exactly \1 "
    r"cameras? in every zone",
    r"\(1\) (1|2) per row; \(2\) \1 per column; \(3\) \1 per region",
)
_SIDE = r"in a (\d+) by \1 grid so|star battle of side (\d+);|floor of (\d+) by \3 tiles|r(\d+)c\4 the bottom right"
_NAMED = (
    "counted from the top left",
    "Rows count from the top (r1), columns from the left (c1)",
    "Tile r2c3 is in the second row from the top and the third column from the left",
    "r1c1 is the top left corner",
)


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    for told in (_APART, _NAMED):
        if sum(sentence in parts.task for sentence in told) != 1:
            raise ValueError(f"one of {told} must be told: {parts.task!r}")
    stars = [match[1] for each in _EACH if (match := re.search(each, parts.task))]
    if len(stars) != 1:
        raise ValueError(f"how many stars there are must be told once: {parts.task!r}")
    one(r"(?i)\Athe cells with stars, separated by commas, each as r \(row\) and c \(column\)", parts.form)
    size = int(next(filter(None, one(_SIDE, parts.task).groups())))
    if "\nRegion A:" in parts.task:
        listed = [one(rf"(?m)^Region {letter}: (.*)$", parts.task)[1] for letter in "ABCDEFGHIJ"[:size]]
        found = {}
        for letter, cells in zip("ABCDEFGHIJ", listed, strict=False):
            for name in cells.split():
                cell = place(*one(r"^r(\d+)c(\d+)$", name).groups(), size)
                if cell in found:
                    raise ValueError(f"{name} must be in one region")
                found[cell] = letter
        regions = tuple(found[cell] for cell in range(size * size))
    else:
        regions = square(parts.task, "[A-J]")
    if len(regions) != size * size or len(set(regions)) != size:
        raise ValueError(f"there must be {size} regions on {size * size} cells")
    return {"size": size, "stars": {"one": 1, "two": 2, "1": 1, "2": 2}[stars[0]], "regions": regions}


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    letters = tuple("ABCDEFGHIJ"[region] for region in problem.regions)
    return {"size": problem.size, "stars": problem.stars, "regions": letters}


def _close(size: int) -> set[tuple[int, int]]:
    """Pairs of cells that touch, corners included."""
    places = {cell: divmod(cell, size) for cell in range(size * size)}
    return {
        (a, b)
        for a, (r, c) in places.items()
        for b in (a + 1, a + size - 1, a + size, a + size + 1)
        if b in places and abs(places[b][1] - c) <= 1 and places[b][0] - r <= 1
    }


def accepts(instance: Instance, text: str) -> bool:
    """Whether the answer keeps every rule of the prompt."""
    size, stars = instance["size"], instance["stars"]
    names = [re.fullmatch(r"\s*r(\d+)c(\d+)\s*", name) for name in text.split(",")]
    if not all(m and 1 <= int(m[1]) <= size and 1 <= int(m[2]) <= size for m in names):
        return False
    cells = [place(m[1], m[2], size) for m in names if m]
    lines = [Counter(kind(cell) for cell in cells) for kind in (lambda c: c // size, lambda c: c % size)]
    lines.append(Counter(instance["regions"][cell] for cell in cells))
    return (
        len(set(cells)) == len(cells)
        and all(len(line) == size and set(line.values()) == {stars} for line in lines)
        and not any(pair in _close(size) for pair in combinations(sorted(cells), 2))
    )


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, by a search of its own."""
    size, stars = instance["size"], instance["stars"]
    groups = rows_and_columns(size)
    groups += [[c for c, r in enumerate(instance["regions"]) if r == letter] for letter in set(instance["regions"])]
    clauses = [clause for group in groups for clause in exactly(stars, [cell + 1 for cell in group])]
    clauses += [(-a - 1, -b - 1) for a, b in _close(size)]
    names = {f"r{cell // size + 1}c{cell % size + 1}": cell + 1 for cell in range(size * size)}
    for found in models(clauses, names, limit):
        yield ", ".join(map(str, found))
