"""Reads sudokus from their prompts: classic, with diagonals, with regions of any form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from readers.shapes import (
    DIGITS,
    asked,
    distinct,
    filled,
    grid,
    lines_of,
    models,
    one,
    rows_and_columns,
    side,
    written,
)
from readers.squares import board, told_sizes

Instance = dict[str, Any]  # size; givens by cell; groups: the sets of cells that hold every digit once
SOLVED = (1, 2, 5)


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    size = side(parts.form)
    told_sizes(parts.task, size)
    one(rf"digits? (?:from )?1 to {size}\b", parts.task)
    task, groups = parts.task, [frozenset(line) for line in rows_and_columns(size)]
    head = "\nRegions (each letter is one region):\n"
    if re.search(rf"(?:each|in any) of the {size} regions marked by letters", task):
        task, _, below = task.partition(head)
        letters = grid([m[0] for m in lines_of(below, *[r"[A-Z](?: [A-Z])*"] * size)], size, "ABCDEFGHI"[:size])
        groups += [frozenset(k for k in range(size**2) if letters[k] == letter) for letter in set(letters)]
        task += "\n".join(below.split("\n")[size:])
    else:
        diagonals = r"(, and each of the two long diagonals| or on either of the two long diagonals)?"
        found = one(rf"(?:each|in any) of the (\d) boxes of (\d) rows by (\d) columns{diagonals}", task)
        groups += [frozenset(box) for box in boxes(size, int(found[2]), int(found[3]))]
        if int(found[1]) != size or head in task:
            raise ValueError(f"{size} boxes must be told: {task!r}")
        if found[4]:
            groups += [frozenset(range(0, size**2, size + 1)), frozenset(range(size - 1, size**2 - 1, size - 1))]
    if len(groups) < 3 * size or any(len(group) != size for group in groups):
        raise ValueError(f"groups of {size} cells must be told: {task!r}")
    return {"size": size, "givens": board(task, size, DIGITS[:size]), "groups": frozenset(groups)}


def boxes(size: int, rows: int, cols: int) -> list[list[int]]:
    """The cells of each box of so many rows and columns."""
    found: dict[tuple[int, int], list[int]] = {}
    for k in range(size * size):
        found.setdefault((k // size // rows, k % size // cols), []).append(k)
    return list(found.values())


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    n = problem.size
    groups = [frozenset(line) for line in rows_and_columns(n)]
    groups += [frozenset(k for k in range(n * n) if problem.regions[k] == region) for region in range(n)]
    if problem.variant == "diagonal":
        groups += [frozenset(r * n + r for r in range(n)), frozenset(r * n + n - 1 - r for r in range(n))]
    givens = {k: cell for k, cell in enumerate(problem.givens) if cell != "."}
    return {"size": n, "givens": givens, "groups": frozenset(groups)}


def accepts(instance: Instance, text: str) -> bool:
    """Whether the answer keeps every rule of the prompt."""
    cells = filled(text, instance["size"], DIGITS[: instance["size"]])
    return (
        cells is not None
        and all(cells[k] == given for k, given in instance["givens"].items())
        and all(distinct([cells[k] for k in group]) for group in instance["groups"])
    )


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, by a SAT solver."""
    size = instance["size"]
    digits, cells = DIGITS[:size], range(size * size)
    name = {(k, d): 1 + k * size + i for k in cells for i, d in enumerate(digits)}
    clauses = [[name[k, given]] for k, given in instance["givens"].items()]
    clauses += [[name[k, d] for d in digits] for k in cells]
    for group in instance["groups"]:
        clauses += [[-name[a, d], -name[b, d]] for a, b in combinations(group, 2) for d in digits]
    for true in models(clauses, name, limit):
        digit = dict(true)
        yield written([digit[k] for k in cells], size)
