"""Reads minesweeper boards from their prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from readers.shapes import asked, exactly, one, place, square

Instance = dict[str, Any]  # size; open: what each opened cell shows, by cell; all other cells are covered
SOLVED = (1, 4, 8)
MADE_UP = True  # cells of the example, which may be open ones
_RULES = (
    "how many of the up to eight cells around it (sides and corners) hold a mine",
    "digits count the mines in the neighbouring cells, diagonals included",
    "show how many of the plots next to them, also diagonally, do",
    "d is the exact number of mines among the 8 surrounding cells",
)
_NAMED = (
    "Cell r2c3 is in row 2 from the top and column 3 from the left.",
    "Plot r2c3 is in row 2 from the top and column 3 from the left.",
    "Cells: r1c1 is the top left corner, r",
)
_FREE = (
    "How many mines there are in all is not known",
    "The total number of mines is unknown",
    "Nobody knows how many pipes there are",
    "the number of mines overall is free",
)


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    if any(sum(told in parts.task for told in each) != 1 for each in (_RULES, _FREE, _NAMED)):
        raise ValueError(f"digits, cells and that the number of all mines is free must be told: {parts.task!r}")
    one(r"(?i)two lines, 'safe:' with all certainly safe cells and 'mines:' with all certainly mined cells", parts.form)
    size = int(one(r"\Asafe: r1c1\nmines: r(\d)c\1\Z", parts.example)[1])
    if "Covered (#):" not in parts.task:
        cells = square(parts.task, "[0-8#]")
        if len(cells) != size * size:
            raise ValueError(f"the board must have side {size}, got {len(cells)} cells")
        return {"size": size, "open": {k: int(cell) for k, cell in enumerate(cells) if cell != "#"}}
    shown, covered = one(r"(?m)^Open: (.*)\nCovered \(#\): (.*)$", parts.task).groups()
    opened = {place(r, c, size): int(k) for r, c, k in (one(r"^r(\d)c(\d)=(\d)$", at).groups() for at in shown.split())}
    rest = {place(*one(r"^r(\d)c(\d)$", at).groups(), size) for at in covered.split()}
    if rest & set(opened) or len(rest) + len(opened) != size * size:
        raise ValueError("every cell must be open or covered")
    return {"size": size, "open": opened}


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    return {"size": problem.size, "open": {k: int(shown) for k, shown in enumerate(problem.board) if shown != "#"}}


def _certain(instance: Instance) -> dict[int, bool] | None:
    """Covered cells that are mined (True) or free (False) in every layout; None where no layout fits."""
    from pysat.solvers import Cadical153

    size, opened = instance["size"], instance["open"]
    covered = [cell for cell in range(size * size) if cell not in opened]
    with Cadical153() as solver:
        for cell, shown in opened.items():
            r, c = divmod(cell, size)
            near = [d + 1 for d in covered if max(abs(d // size - r), abs(d % size - c)) == 1]
            if shown > len(near):
                return None
            solver.append_formula(list(exactly(shown, near)))
        if not solver.solve():
            return None
        sure = {}
        for cell in covered:
            ways = [mined for mined in (False, True) if solver.solve([cell + 1 if mined else -cell - 1])]
            if len(ways) == 1:
                sure[cell] = ways[0]
        return sure


def accepts(instance: Instance, text: str) -> bool:
    """Whether just the certain cells are listed, each under its own word."""
    lists = dict(line.split(":", 1) for line in text.split("\n") if ":" in line)
    if set(lists) != {"safe", "mines"} or text.count("\n") != 1:
        return False
    told = {}
    for word, listed in lists.items():
        for name in listed.split(",") if listed.strip() != "-" else ():
            cell = re.fullmatch(r"\s*r(\d)c(\d)\s*", name)
            if cell is None or not all(1 <= int(k) <= instance["size"] for k in cell.groups()):
                return False
            told[place(cell[1], cell[2], instance["size"])] = word == "mines"
    return told == _certain(instance)


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """The only answer, or nothing where no layout fits."""
    sure = _certain(instance)
    if sure is not None:
        names = {cell: f"r{cell // instance['size'] + 1}c{cell % instance['size'] + 1}" for cell in sorted(sure)}
        lists = (", ".join(names[cell] for cell in names if sure[cell] is mined) or "-" for mined in (False, True))
        yield "safe: {}\nmines: {}".format(*lists)
