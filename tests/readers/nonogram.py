"""Reads nonograms from their prompts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations, groupby
from typing import Any

from readers.shapes import asked, filled, lines_of, one, rows_and_columns, side, written
from readers.squares import told_sizes

Instance = dict[str, Any]  # size; the runs of each row and column, from the first on; none for an empty line
SOLVED = (1, 3, 5)


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    size = side(parts.form)
    told_sizes(parts.task, size)
    one(
        rf"of a {size} by {size} grid\.|of side {size}\.|{size} rows by {size} stitches|{size} x {size} pixels",
        parts.task,
    )
    if "Row 1: " in parts.task:
        lines = [rf"{word} {k}: (\d+(?: \d+)*)" for word in ("Row", "Column") for k in range(1, size + 1)]
        told = [match[1].split(" ") for match in lines_of(parts.task, *lines)]
    elif "Rows from top" in parts.task:
        lists = r"\d+(?:,\d+)*(?:; \d+(?:,\d+)*)*"
        found = lines_of(parts.task, f"Rows from top to bottom: ({lists})", f"Columns from left to right: ({lists})")
        told = [runs.split(",") for match in found for runs in match[1].split("; ")]
    elif "\nrows = [" in parts.task:
        found = lines_of(parts.task, r"rows = (\[\[[\d, \]\[]+\]\])", r"columns = (\[\[[\d, \]\[]+\]\])")
        told = [runs for match in found for runs in json.loads(match[1])]
    else:
        told = _drawn(parts.task, size)
    if len(told) != 2 * size:
        raise ValueError(f"{2 * size} lines must be told, got {len(told)}")
    clues = [[int(run) for run in runs] for runs in told]
    if any(0 in runs and runs != [0] for runs in clues):
        raise ValueError(f"a 0 must stand alone: {clues}")
    clues = [[run for run in runs if run] for runs in clues]
    return {"size": size, "rows": clues[:size], "cols": clues[size:]}


def _drawn(task: str, size: int) -> list[list[str]]:
    lines = task.split("\n")
    rules = [k for k, line in enumerate(lines) if re.fullmatch(rf" +-{{{3 * size - 1}}}", line)]
    if len(rules) != 1:
        raise ValueError(f"one rule must be drawn above the grid: {task!r}")
    rule = rules[0]
    margin = lines[rule].index("-")
    picture = r" *(\d+(?: \d+)*) \| \.(?:  \.)" + f"{{{size - 1}}}"
    rows = [match[1].split(" ") for match in lines_of("\n".join(lines[rule + 1 :]), *[picture] * size)]
    top = rule
    while top and re.fullmatch(r"[ \d]+", lines[top - 1]):
        top -= 1
    columns = []
    for c in range(size):
        at = margin + 3 * c
        shown = [line[at : at + 2] for line in lines[top:rule]]
        runs = [cell.strip() for cell in shown if cell.strip()]
        if any(line[at - 1] != " " for line in lines[top:rule]) or any(not c.strip() for c in shown[-len(runs) :]):
            raise ValueError(f"runs must stand above their column, the last at the bottom: {task!r}")
        columns.append(runs)
    if sum(map(len, columns)) != sum(len(line.split()) for line in lines[top:rule]):
        raise ValueError(f"every number must stand above a column: {task!r}")
    return rows + columns


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    return {"size": problem.size, "rows": list(map(list, problem.rows)), "cols": list(map(list, problem.cols))}


def accepts(instance: Instance, text: str) -> bool:
    """Whether the answer keeps every rule of the prompt."""
    cells = filled(text, instance["size"], "01")
    if cells is None:
        return False
    lines = [[cells[k] for k in line] for line in rows_and_columns(instance["size"])]
    runs = [[len(list(run)) for mark, run in groupby(line) if mark == "1"] for line in lines]
    return runs == instance["rows"] + instance["cols"]


def lines_with(runs: list[int], size: int) -> Iterator[str]:
    """Every line that has these runs."""
    free = size - sum(runs)
    for gaps in combinations(range(free + 1), len(runs)):
        line, last = "", 0
        for gap, run in zip(gaps, runs, strict=True):
            line, last = line + "0" * (gap - last) + "1" * run, gap
        yield line + "0" * (size - len(line))


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, row by row, where each column stays the beginning of a line that fits it."""
    size = instance["size"]
    columns = [{line[:k] for line in lines_with(runs, size) for k in range(size + 1)} for runs in instance["cols"]]

    def grow(rows: list[str]) -> Iterator[str]:
        if len(rows) == size:
            yield written("".join(rows), size)
            return
        for row in lines_with(instance["rows"][len(rows)], size):
            if all("".join(begun) in columns[c] for c, begun in enumerate(zip(*rows, row, strict=True))):
                yield from grow([*rows, row])

    for _, text in zip(range(limit), grow([]), strict=False):
        yield text
