"""What asking the teachers of a recipe would take, before a problem is made: requests and tokens of each.

Prompts are measured on a few problems; pass rates and lengths of replies are guesses from level and oracle steps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from verimill.pipelines.rows import problem_of
from verimill.pipelines.splits import Cell
from verimill.pipelines.stages import cell_key
from verimill.pipelines.summary import table
from verimill.pipelines.teachers.accounting import LETTERS_A_TOKEN, Projection
from verimill.pipelines.teachers.questions import expected_tokens
from verimill.pipelines.teachers.session import order_of
from verimill.schemas.core import Exhausted
from verimill.schemas.recipes import Recipe
from verimill.schemas.teachers import TeacherEntry

LOOKED_AT = 3  # problems of a cell


def prompt_of_cell(cell: Cell, seed: int) -> tuple[float, float]:
    """(letters of a prompt, tokens expected of a reply), the means over a few problems of the cell."""
    letters, expected, found = 0.0, 0.0, 0
    for index in range(LOOKED_AT):
        try:
            row = problem_of(cell_key(cell, seed, index)).row()
        except Exhausted:
            continue
        letters += sum(len(message["content"]) for message in row["prompt"])
        expected += expected_tokens(cell.level if not cell.knobs else 0, json.loads(row["hardness"]))
        found += 1
    return (letters / found, expected / found) if found else (0.0, 0.0)


def projected(
    recipe: Recipe, cells: Sequence[Cell], rows: Mapping[int, int], prompts: Mapping[int, tuple[float, float]]
) -> list[tuple[TeacherEntry, Projection]]:
    """Each teacher with what it would take; `rows` are the problems of a cell, `prompts` what a few of them measure."""
    return [(teacher, _one(recipe, teacher, cells, rows, prompts)) for teacher in recipe.teachers]


def _one(
    recipe: Recipe,
    teacher: TeacherEntry,
    cells: Sequence[Cell],
    rows: Mapping[int, int],
    prompts: Mapping[int, tuple[float, float]],
) -> Projection:
    order = order_of(teacher, Path(), Path(), 0)
    asked = {at: rows.get(at, 0) * _share(recipe, teacher, cell) for at, cell in enumerate(cells)}
    whole = sum(asked.values())
    least = min(1.0, teacher.limit / whole) if teacher.limit and whole else 1.0
    found = Projection()
    for at, count in asked.items():
        if not count:
            continue
        level = cells[at].level if not cells[at].knobs else 0
        samples = order.budget.expected(level)
        count *= least
        if order.budget.name == "exactly":
            samples = min(samples, order.budget.group(cells[at].family, level).room / count)
        letters, expected = prompts.get(at, (0.0, 0.0))
        found.problems += round(count)
        found.requests += count * samples
        found.prompt_tokens += count * samples * (letters + len(teacher.system)) / LETTERS_A_TOKEN
        found.completion_tokens += count * samples * min(expected, order.sampling.max_tokens)
    return found


def _share(recipe: Recipe, teacher: TeacherEntry, cell: Cell) -> float:
    """The share of a cell's problems that the teacher is asked, by the sizes of the splits that take from it."""
    if teacher.families is not None and cell.family not in teacher.families:
        return 0.0
    entry = recipe.families[cell.entry]
    taking = [split for split in recipe.splits if cell.level in recipe.levels_of(split, entry)]
    whole = sum(split.rows for split in taking)
    mine = sum(split.rows for split in taking if teacher.splits is None or split.name in teacher.splits)
    return mine / whole if whole else 0.0


def projection_lines(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """The projections of a forecast as a table, and what they rest on."""
    if not found:
        return []
    heads = ["teacher", "kind", "budget", "problems", "requests", "prompt tokens", "completion tokens"]
    rows = []
    for one in found:
        counts = [one[what] for what in ("problems", "requests", "prompt_tokens", "completion_tokens")]
        rows.append([one["teacher"], one["kind"], f"{one['budget']}, k = {one['k']}", *counts])
    note = "pass rates and lengths of replies are guesses from level and oracle steps; no teacher was asked"
    return ["", *table(heads, rows), "", note]
