"""What a build would make and about how long it takes, said before anything is made.

Rates are measured on a few problems of each family, so the times are of this machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from verimill.pipelines.splits import Cell, cells_of, first_quotas
from verimill.pipelines.stages import GUESS, time_cell
from verimill.pipelines.summary import duration, levels_text, table
from verimill.pipelines.teachers.projecting import projected, projection_lines, prompt_of_cell
from verimill.pipelines.workers import Workers
from verimill.schemas.recipes import Recipe

T = TypeVar("T")
FIXED_SECONDS = 15.0  # start of Prefect, dedup, writing and the card of a small build


def forecast(recipe: Recipe, jobs: int) -> dict[str, Any]:
    """The recipe's rows by split and family, seconds of work, and what its teachers would take, as JSON values."""
    cells = cells_of(recipe)
    sample = sampled_cells(cells)
    with Workers(min(jobs, len(sample))) as workers:
        work = [(cells[c], recipe.seed, recipe.traces.oracle) for c in sample]
        measured = {sample[at]: cost for at, cost in workers.each("measure", time_cell, work)}
        looked = [(cells[c], recipe.seed) for c in sample] if recipe.teachers else []
        prompts = {sample[at]: found for at, found in workers.each("look", prompt_of_cell, looked)}
    asked = first_quotas(recipe, cells)
    families = _families(recipe, cells, asked, spread(cells, measured))
    teachers = projected(recipe, cells, dict(enumerate(asked)), spread(cells, prompts))
    return {
        "recipe": recipe.name,
        "title": recipe.title,
        "splits": [{"name": s.name, "rows": s.rows, "levels": s.levels, "where": s.where} for s in recipe.splits],
        "families": families,
        "rows": sum(asked),
        "traces": list(recipe.traces.oracle),
        "unanswerable": recipe.unanswerable,
        "tries": recipe.tries,
        "jobs": jobs,
        "seconds": round(sum(one["seconds"] for one in families) / jobs + FIXED_SECONDS, 1),
        "teachers": [
            {
                "teacher": who.name,
                "kind": who.kind,
                "budget": who.budget.name,
                "k": who.k,
                **{what: round(number) for what, number in asdict(takes).items()},
            }
            for who, takes in teachers
        ],
        "select": [str(stage) for stage in recipe.select],
    }


def _families(
    recipe: Recipe, cells: Sequence[Cell], asked: Sequence[int], costs: Mapping[int, float]
) -> list[dict[str, Any]]:
    found = []
    for at, entry in enumerate(recipe.families):
        mine = [c for c, cell in enumerate(cells) if cell.entry == at]
        if mine:
            found.append({
                "family": entry.family,
                "knobs": entry.knobs_text,
                "levels": [cells[c].level for c in mine],
                "rows": sum(asked[c] for c in mine),
                "seconds": round(sum(asked[c] * costs.get(c, GUESS) for c in mine), 3),
            })  # fmt: skip
    return found


def forecast_lines(told: Mapping[str, Any], selected: str) -> list[str]:
    """The forecast as text for a person; `selected` is the folder that its stages would write."""
    lines = [f"{told['recipe']}: {told['title']}" if told["title"] else told["recipe"], ""]
    splits = [
        [s["name"], s["rows"], levels_text(s["levels"]) if s["levels"] else "all", s["where"] or "-"]
        for s in told["splits"]
    ]
    rows = []
    for one in told["families"]:
        rate = f"{one['rows'] / one['seconds']:,.0f}" if one["seconds"] else "-"
        name = f"{one['family']} {one['knobs']}".strip()
        rows.append([name, levels_text(one["levels"]), one["rows"], rate, duration(one["seconds"])])
    lines += [*table(["split", "rows", "levels", "where"], splits), ""]
    lines += [*table(["family", "levels", "rows", "rows/s a core", "work"], rows), ""]
    traces = " and ".join(told["traces"]) or "no"
    lines.append(
        f"{told['rows']:,} problems with {traces} traces; {told['unanswerable']:.0%} of the rows unanswerable where a "
        f"family has them; at most {told['tries']:g} tries a row"
    )
    lines.append(f"about {duration(told['seconds'])} with {told['jobs']} worker processes; nothing was written")
    lines += projection_lines(told["teachers"])
    return [*lines, "", f"then selected, into {selected}/: {', '.join(told['select'])}"] if told["select"] else lines


def sampled_cells(cells: Sequence[Cell]) -> list[int]:
    """The lowest, middle and highest cell of each entry: enough to guess the cost of the others."""
    by_entry: dict[int, list[int]] = {}
    for at, cell in enumerate(cells):
        by_entry.setdefault(cell.entry, []).append(at)
    return sorted({c for mine in by_entry.values() for c in (mine[0], mine[len(mine) // 2], mine[-1])})


def spread(cells: Sequence[Cell], measured: Mapping[int, T]) -> dict[int, T]:
    """What was measured for every cell: its own, or that of the nearest measured level of its entry."""
    costs: dict[int, T] = {}
    for at, cell in enumerate(cells):
        near = [c for c in measured if cells[c].entry == cell.entry]
        if near:
            costs[at] = measured[min(near, key=lambda c: (abs(cells[c].level - cell.level), c))]
    return costs
