"""How grids and cages are shown, for several readers of prompts."""

from __future__ import annotations

import re
from string import ascii_letters

from readers.shapes import distinct, grid, lines_of, place


def board(task: str, size: int, symbols: str) -> dict[int, str]:
    """The cells that are not open in the only grid of a task: plain with dots, framed with underscores, labelled."""
    if "+---+" in task:
        rule = r"\+(?:---\+)+"
        found = lines_of(task, rule, *[r"\|((?: . \|)+)", rule] * size)[1::2]
        rows, dot = [match[1][1::4] for match in found], "_"
    elif re.search(r"^ +c1 ", task, re.M):
        left, head = len(f"r{size}") + 2, [f"c{c}" for c in range(1, size + 1)]
        wide = max(map(len, head))
        names = [f"r{r}".ljust(left) for r in range(1, size + 1)]
        top = " " * left + " ".join(name.rjust(wide) for name in head)
        cells = " ".join([" " * (wide - 1) + "(?:.)"] * size)
        found = lines_of(task, top, *[name + cells for name in names])[1:]
        rows, dot = [match[0][left + wide - 1 :: wide + 1] for match in found], "."
    else:
        rows, dot = [match[0][::2] for match in lines_of(task, *[r".(?: .)*"] * size)], "."
    cells = grid([" ".join(row) for row in rows], size, symbols + dot)
    return {k: cell for k, cell in enumerate(cells) if cell != dot}


def cages(task: str, size: int) -> dict[frozenset[int], str]:
    """The cages of a task, each with its clue: as a map of letters, a list or a table."""
    clue, name = r"\d+[-+*/]?", r"r\dc\d"
    if "\nCages (r1c2 is row 1, column 2; the grid is" in task:
        head = rf"Cages \(r1c2 is row 1, column 2; the grid is {size} by {size}\):"
        found = lines_of(task, head, rf"*- ({clue}): ({name}(?: {name})*)", "")[1:-1]
        told = [(m[1], [place(r, c, size) for r, c in re.findall(r"r(\d)c(\d)", m[2])]) for m in found]
    elif "| cage |" in task:
        cell, rule = r"\(\d, \d\)", r"\|---\|---\|---\|"
        row = rf"*\| (\d+) \| ({clue}) \| ({cell}(?: {cell})*) \|"
        found = lines_of(task, r"\| cage \| clue \| cells \(row, column\) \|", rule, row, "")[2:-1]
        if [int(m[1]) for m in found] != list(range(1, len(found) + 1)):
            raise ValueError(f"the cages of a table must be counted from 1: {task!r}")
        told = [(m[2], [place(r, c, size) for r, c in re.findall(r"\((\d), (\d)\)", m[3])]) for m in found]
    else:
        found = lines_of(task, *[r"[A-Za-z](?: [A-Za-z])*"] * size, "", rf"*([A-Za-z]): ({clue})", "")
        cells = grid([match[0] for match in found[:size]], size, ascii_letters)
        clues = [(match[1], match[2]) for match in found[size + 1 : -1]]
        if not distinct(clues_of := [letter for letter, _ in clues]) or set(clues_of) != set(cells):
            raise ValueError(f"each letter of the map must have one clue: {task!r}")
        told = [(text, [k for k, cell in enumerate(cells) if cell == letter]) for letter, text in clues]
    if sorted(k for _, cells in told for k in cells) != list(range(size * size)):
        raise ValueError(f"cages must cover every cell once: {task!r}")
    return {frozenset(cells): text for text, cells in told}


def told_sizes(task: str, size: int, cage_count: int = 0) -> None:
    """Raise ValueError where a sentence of the task gives another side or another number of cells or cages."""
    sides = r"of side (\d+)|(\d+) by (\d+) (?:grid|square|board)|(\d+) rows (?:and|of) (\d+)|Size: (\d+) x (\d+)"
    for found in re.finditer(sides, task):
        if {int(number) for number in found.groups() if number} != {size}:
            raise ValueError(f"the side is {size}, not {found[0]!r}")
    for number, what in re.findall(
        r"(?<!exactly )\b(\d+) (cells|squares|lots|tiles|switches|lamps|cages|in all)\b", task
    ):
        if int(number) != (cage_count if what == "cages" else size * size):
            raise ValueError(f"the number of {what} is not {number}: {task!r}")
