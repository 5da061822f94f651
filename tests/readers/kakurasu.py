"""Reads kakurasus from their prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from readers.shapes import asked, filled, lines_of, one, rows_and_columns, side, written
from readers.squares import told_sizes

Instance = dict[str, Any]  # size; the sum of each row and column, from the first on
SOLVED = (1, 3, 5)


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    size = side(parts.form)
    told_sizes(parts.task, size)
    lamps = rf"{size**2} lamps in {size} rows and {size} columns\."
    one(rf"of a {size} by {size} grid\.|of side {size}\.|{lamps}|for r, c = 1\.\.{size},", parts.task)
    if "Row sums, " in parts.task:
        lists = r"Row sums, top to bottom: (.*)", r"Column sums, left to right: (.*)"
        rows, cols = (re.fullmatch(r"\d+(?:, \d+)*", m[1]) for m in lines_of(parts.task, *lists))
        if not rows or not cols:
            raise ValueError(f"sums must be listed: {parts.task!r}")
        sums = [list(map(int, found[0].split(", "))) for found in (rows, cols)]
    elif "row 1: " in parts.task:
        lines = [rf"{word} {k}: (\d+)" for word in ("row", "column") for k in range(1, size + 1)]
        numbers = [int(match[1]) for match in lines_of(parts.task, *lines)]
        sums = [numbers[:size], numbers[size:]]
    elif "+----+" in parts.task:
        sums = _framed(parts.task, size)
    else:
        sums = _margins(parts.task, size)
    if [len(numbers) for numbers in sums] != [size, size]:
        raise ValueError(f"{size} sums of rows and of columns must be told: {parts.task!r}")
    return {"size": size, "rows": sums[0], "cols": sums[1]}


def _framed(task: str, size: int) -> list[list[int]]:
    rule = r"\+(?:----\+)" + f"{{{size + 1}}}"
    head = r"\|    \|" + "".join(rf" c{c} \|" for c in range(1, size + 1)) + " sum"
    rows = [part for r in range(1, size + 1) for part in (rule, rf"\| r{r} \|(?:    \|){{{size}}} (\d+)")]
    found = lines_of(task, rule, head, *rows, rule, r"\|sum \|((?: [ \d]\d \|)+)")
    return [[int(match[1]) for match in found[3:-2:2]], list(map(int, re.findall(r"\d+", found[-1][1])))]


def _margins(task: str, size: int) -> list[list[int]]:
    head = " {5}" + "".join(f"{c:>4}" for c in range(1, size + 1))
    rows = [rf"   {r} (?:   \.){{{size}}}  = (\d+)" for r in range(1, size + 1)]
    found = lines_of(task, head, *rows, r"   = ((?:  [ \d]\d)+)")
    return [[int(match[1]) for match in found[1:-1]], list(map(int, found[-1][1].split()))]


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    return {"size": problem.size, "rows": list(problem.rows), "cols": list(problem.cols)}


def accepts(instance: Instance, text: str) -> bool:
    """Whether the answer keeps every rule of the prompt."""
    cells = filled(text, instance["size"], "01")
    if cells is None:
        return False
    lines = [[cells[k] for k in line] for line in rows_and_columns(instance["size"])]
    sums = [sum(k for k, cell in enumerate(line, 1) if cell == "1") for line in lines]
    return sums == instance["rows"] + instance["cols"]


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, row by row."""
    size = instance["size"]
    marks = [set(chosen) for many in range(size + 1) for chosen in combinations(range(1, size + 1), many)]

    def grow(rows: list[set[int]], left: list[int]) -> Iterator[str]:
        r = len(rows)
        if r == size:
            if not any(left):
                yield written([int(c in row) for row in rows for c in range(1, size + 1)], size)
            return
        most = sum(range(r + 1, size + 1))
        for row in marks:
            if sum(row) == instance["rows"][r]:
                after = [number - (r + 1) * (c in row) for c, number in enumerate(left, 1)]
                if all(0 <= number <= most - r - 1 for number in after):
                    yield from grow([*rows, row], after)

    for _, text in zip(range(limit), grow([], instance["cols"]), strict=False):
        yield text
