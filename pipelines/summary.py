"""The counts of a build, and what a build would do, as text for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from verimill.pipelines.finals import REASONS
from verimill.pipelines.splits import Cell, cells_of, first_quotas
from verimill.pipelines.stages import GUESS
from verimill.schemas.recipes import Recipe

T = TypeVar("T")
_WHY = {
    "exhausted": "a bounded search made no problem",
    "duplicate": "the same problem, up to symmetry, was there already",
    "orphan": "an unanswerable twin whose original is a duplicate",
    "spare": "made, but no split wanted it",
}


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Aligned columns; the first stands left, the others right."""
    cells = [[f"{c:,}" if isinstance(c, int) else str(c) for c in row] for row in (head, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    return [
        "  ".join(c.ljust(w) if at == 0 else c.rjust(w) for at, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in cells
    ]


def summary_lines(summary: Mapping[str, Any], out: object, seconds: float | None = None) -> list[str]:
    """What was made, what was dropped and why, what is short."""
    splits, families = summary["splits"], summary["families"]
    rows = sum(split["rows"] for split in splits)
    took = "" if seconds is None else f" in {duration(seconds)}"
    lines = [f"{summary['recipe']}: {rows:,} problems, {summary['traces']:,} traces{took}, in {out}", ""]
    lines += table(
        ["split", "rows", "wanted", "where"], [[s["name"], s["rows"], s["wanted"], s["where"] or "-"] for s in splits]
    )
    lines.append("")
    head = ["family", "tried", "made", "kept", *REASONS]
    lines += table(head, [[name, *(counts[column] for column in head[1:])] for name, counts in families.items()])
    lines.append("")
    gone = {reason: sum(counts[reason] for counts in families.values()) for reason in REASONS}
    named = [f"  {count:,} {reason}: {_WHY[reason]}" for reason, count in gone.items() if count]
    lines += ["dropped (each named in dropped/):", *named] if named else ["nothing was dropped"]
    lines += [f"not filled: {short}" for short in summary["shortfalls"]]
    return lines


def plan_lines(recipe: Recipe, costs: Mapping[int, float], jobs: int, fixed: float) -> list[str]:
    """What a build would make and about how long it takes; `costs` are measured seconds a problem by cell."""
    cells = cells_of(recipe)
    asked = first_quotas(recipe, cells)
    seconds = [count * costs.get(at, GUESS) for at, count in enumerate(asked)]
    rows = []
    for at, entry in enumerate(recipe.families):
        mine = [c for c, cell in enumerate(cells) if cell.entry == at]
        if mine:
            levels = _levels([cells[c].level for c in mine])
            made, time = sum(asked[c] for c in mine), sum(seconds[c] for c in mine)
            rate = f"{made / time:,.0f}" if time else "-"
            rows.append([f"{entry.family} {entry.knobs_text}".strip(), levels, made, rate, duration(time)])
    lines = [f"{recipe.name}: {recipe.title}" if recipe.title else recipe.name, ""]
    splits = [[s.name, s.rows, _levels(s.levels) if s.levels else "all", s.where or "-"] for s in recipe.splits]
    lines += [*table(["split", "rows", "levels", "where"], splits), ""]
    lines += [*table(["family", "levels", "rows", "rows/s a core", "work"], rows), ""]
    traces = " and ".join(recipe.traces.oracle) or "no"
    lines.append(
        f"{sum(asked):,} problems with {traces} traces; {recipe.unanswerable:.0%} of the rows unanswerable where a "
        f"family has them; at most {recipe.tries:g} tries a row"
    )
    lines.append(f"about {duration(sum(seconds) / jobs + fixed)} with {jobs} worker processes; nothing was written")
    return lines


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


def duration(seconds: float) -> str:
    """45 s, 3 min, 2.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else "1 s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _levels(levels: Sequence[int]) -> str:
    """Levels as a recipe writes them: 1-6,8-9."""
    runs: list[list[int]] = []
    for level in levels:
        if runs and runs[-1][1] == level - 1:
            runs[-1][1] = level
        else:
            runs.append([level, level])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)
