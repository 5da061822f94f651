"""Reads binairos from their prompts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from readers.shapes import asked, distinct, filled, models, one, rows_and_columns, side, written
from readers.squares import board, told_sizes

Instance = dict[str, Any]  # size; givens by cell
SOLVED = (1, 2, 3)


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    size = side(parts.form)
    told_sizes(parts.task, size)
    half = rf"{size // 2}"
    one(
        rf"exactly {half} zeros and {half} ones\.|{half} of either digit;|in every row and column exactly {half} "
        rf"switches are on,|\(2\) {half} zeros and {half} ones in each row and in each column;",
        parts.task,
    )
    return {"size": size, "givens": board(parts.task, size, "01")}


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    return {"size": problem.size, "givens": {k: cell for k, cell in enumerate(problem.givens) if cell != "."}}


def accepts(instance: Instance, text: str) -> bool:
    """Whether the answer keeps every rule of the prompt."""
    size = instance["size"]
    cells = filled(text, size, "01")
    if cells is None or any(cells[k] != given for k, given in instance["givens"].items()):
        return False
    lines = ["".join(cells[k] for k in line) for line in rows_and_columns(size)]
    return (
        all(line.count("0") == line.count("1") and "000" not in line and "111" not in line for line in lines)
        and distinct(lines[:size])
        and distinct(lines[size:])
    )


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers: a SAT solver keeps all rules but that lines differ, which is looked at afterwards."""
    size = instance["size"]
    one_at = {k: k + 1 for k in range(size * size)}
    clauses = [[one_at[k] if given == "1" else -one_at[k]] for k, given in instance["givens"].items()]
    for line in rows_and_columns(size):
        # Balanced: of any half and one more, some hold 1 and some hold 0. Three alike are refused in the same way.
        groups = [*combinations(line, size // 2 + 1), *(line[k : k + 3] for k in range(size - 2))]
        clauses += [[sign * one_at[k] for k in group] for group in groups for sign in (1, -1)]
    for ones in models(clauses, one_at, 10_000):
        text = written([int(k in ones) for k in range(size * size)], size)
        if limit > 0 and accepts(instance, text):
            yield text
            limit -= 1
        if not limit:
            return
