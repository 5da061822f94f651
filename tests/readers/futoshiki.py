"""Reads futoshikis from their prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from readers.shapes import (
    DIGITS,
    asked,
    distinct,
    filled,
    grid,
    lines_of,
    one,
    place,
    rows_and_columns,
    side,
    touching,
    written,
)
from readers.squares import told_sizes

Instance = dict[str, Any]  # size; givens by cell; less: pairs (lesser cell, greater cell)


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    size = side(parts.form)
    told_sizes(parts.task, size)
    one(rf"(?:numbers(?: from)?|number from) 1 to {size}\b", parts.task)
    if "(^ between" in parts.task:
        givens, less = _drawn(parts.task, size)
    elif "Inequalities" in parts.task:
        givens, less = _listed(parts.task, size)
    else:
        givens, less = _told(parts.task, size)
    if any(int(number) != len(less) for number in re.findall(r"All (\d+) inequalities", parts.task)):
        raise ValueError(f"the number of inequalities must be told right: {parts.task!r}")
    if not distinct([frozenset(pair) for pair in less]) or not set(less) <= touching(size):
        raise ValueError(f"signs must stand once between neighbours, got {less}")
    return {"size": size, "givens": givens, "less": frozenset(less)}


def _open(cells: tuple[str, ...], mark: str) -> dict[int, int]:
    return {k: int(cell) for k, cell in enumerate(cells) if cell != mark}


def _drawn(task: str, size: int) -> tuple[dict[int, int], list[tuple[int, int]]]:
    row, between = r"[1-9_](?: [<> ] [1-9_])*", r"[v^ ]*"
    legend = r"\(\^ between two rows: the upper number is less than the lower; v: the upper is greater\.\)"
    *lines, _ = (found[0] for found in lines_of(task, row, *[between, row] * (size - 1), legend))
    cells = grid([" ".join(line[::4]) for line in lines[::2]], size, DIGITS[:size] + "_")
    less = []
    for r, line in enumerate(lines):
        step = 1 if r % 2 == 0 else size
        for at, sign in enumerate(line.ljust(4 * size)):
            if sign in "<>v^":
                c, off = divmod(at, 4)
                if off != (2 if r % 2 == 0 else 0):
                    raise ValueError(f"a sign must stand between two cells: {line!r}")
                a = r // 2 * size + c
                less.append((a, a + step) if sign in "<^" else (a + step, a))
    return _open(cells, "_"), less


def _listed(task: str, size: int) -> tuple[dict[int, int], list[tuple[int, int]]]:
    sign = r"r(\d)c(\d) ([<>]) r(\d)c(\d)"
    head = r"Inequalities \(r1c2 is row 1, column 2\):"
    found = lines_of(task, *[r"[1-9.](?: [1-9.])*"] * size, "", head, "*" + sign, r"|\(there are none\)")
    less = []
    for r, c, way, s, d in (match.groups() for match in found[size + 2 : -1]):
        a, b = place(r, c, size), place(s, d, size)
        less.append((a, b) if way == "<" else (b, a))
    if bool(less) == bool(found[-1][0]):
        raise ValueError("a list is told to be empty just when it is")
    return _open(grid([match[0] for match in found[:size]], size, DIGITS[:size] + "."), "."), less


def _told(task: str, size: int) -> tuple[dict[int, int], list[tuple[int, int]]]:
    cell = r"row (\d), column (\d)"
    rows = [rf"Row {r}: ((?:\d|empty)(?:, (?:\d|empty))*)" for r in range(1, size + 1)]
    found = lines_of(task, *rows, "Conditions:", f"*- {cell} is less than {cell}", "|- none")
    cells = grid([m[1].replace(",", "") for m in found[:size]], size, [*DIGITS[:size], "empty"])
    less = [(place(r, c, size), place(s, d, size)) for r, c, s, d in (m.groups() for m in found[size + 1 : -1])]
    if bool(less) == bool(found[-1][0]):
        raise ValueError("a list is told to be empty just when it is")
    return _open(cells, "empty"), less


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    givens = {k: int(cell) for k, cell in enumerate(problem.givens) if cell != "."}
    return {"size": problem.size, "givens": givens, "less": frozenset(problem.signs)}


def accepts(instance: Instance, text: str) -> bool:
    """Whether the answer keeps every rule of the prompt."""
    cells = filled(text, instance["size"], DIGITS[: instance["size"]])
    return (
        cells is not None
        and all(cells[k] == str(given) for k, given in instance["givens"].items())
        and all(distinct([cells[k] for k in line]) for line in rows_and_columns(instance["size"]))
        and all(int(cells[a]) < int(cells[b]) for a, b in instance["less"])
    )


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, by a search of its own."""
    from constraint import AllDifferentConstraint, Problem

    size = instance["size"]
    search = Problem()
    for k in range(size * size):
        given = instance["givens"].get(k)
        search.addVariable(k, [given] if given else range(1, size + 1))
    for line in rows_and_columns(size):
        search.addConstraint(AllDifferentConstraint(), line)
    for pair in instance["less"]:
        search.addConstraint(lambda a, b: a < b, pair)
    for _, found in zip(range(limit), search.getSolutionIter(), strict=False):
        yield written([found[k] for k in range(size * size)], size)
