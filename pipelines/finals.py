"""Chosen candidates become the published files: problems, their traces, what was dropped, and the counts.

File k of a split's traces holds the traces of file k of its problems. Rows keep the order of making. The same
choice gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from verimill import __version__
from verimill.pipelines.candidates import Candidates
from verimill.pipelines.shards import Entry, read_parts, read_shard, write_parts
from verimill.pipelines.splits import Assignment, Cell
from verimill.pipelines.stages import dropped_row
from verimill.schemas.recipes import Recipe
from verimill.schemas.rows import arrow_schema


@dataclass(frozen=True, slots=True)
class FinalTask:
    """One published file: rows of working shards, in order."""

    name: str
    table: str
    split: str
    picks: tuple[tuple[Entry, tuple[int, ...]], ...]


def final_tasks(recipe: Recipe, marked: pl.DataFrame, choice: Assignment, shards: Sequence[Entry]) -> list[FinalTask]:
    """The files of all splits: problems, then traces when the recipe wants them."""
    tasks: list[FinalTask] = []
    tables = ["problems"] + (["traces"] if recipe.traces.oracle else [])
    shard, row = marked["shard"], marked["row"]
    for table in tables:
        for split, taken in zip(recipe.splits, choice.taken, strict=True):
            parts = max(1, ceil(len(taken) / recipe.file_rows))
            for part in range(parts):
                rows = taken[part * recipe.file_rows : (part + 1) * recipe.file_rows]
                picks: dict[int, list[int]] = {}
                for s, r in zip(shard.gather(rows).to_list(), row.gather(rows).to_list(), strict=True):
                    picks.setdefault(s, []).append(r)
                name = f"{table}/{split.name}-{part:05d}-of-{parts:05d}.parquet"
                chosen = tuple((shards[s], tuple(mine)) for s, mine in picks.items())
                tasks.append(FinalTask(name, table, split.name, chosen))
    return tasks


def write_final(task: FinalTask, work: Path, out: Path) -> Entry:
    """The task's file, whole on disk in `out`; it counts once the caller has appended the entry."""
    parts = _problems(task, work) if task.table == "problems" else _traces(task, work)
    return write_parts(out, task.name, task.table, parts, {"split": task.split})


def _problems(task: FinalTask, work: Path) -> Iterator[pa.Table]:
    schema = arrow_schema("problems")
    split = schema.get_field_index("split")
    for entry, chosen in task.picks:
        for part in _chosen(work, entry, chosen):
            yield pa.table(part).set_column(split, schema.field(split), [[task.split] * part.num_rows])


def _traces(task: FinalTask, work: Path) -> Iterator[pa.Table]:
    for entry, chosen in task.picks:
        ids = pa.concat_arrays([part.column("id") for part in _chosen(work, entry, chosen, ["id"])])
        beside = Entry(entry.name.replace("problems/", "traces/", 1), "traces", 0, 0, "")
        for part in read_parts(work, beside):
            yield pa.table(part.filter(pc.is_in(part.column("problem_id"), value_set=ids)))


def _chosen(
    work: Path, entry: Entry, rows: Sequence[int], columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """These rows of a working shard, in its order."""
    wanted = np.zeros(entry.rows, dtype=bool)
    wanted[list(rows)] = True
    start = 0
    for part in read_parts(work, entry, columns):
        yield part.filter(pa.array(wanted[start : start + part.num_rows]))
        start += part.num_rows


# --- what was dropped, and the counts ---------------------------------------------------------------------------


def dropped_rows(
    candidates: Candidates, cells: Sequence[Cell], marked: pl.DataFrame, work: Path, exhausted: Sequence[Entry]
) -> Iterator[dict[str, Any]]:
    """Everything made or tried and not published, with the reason. `marked` has `spare` filled in."""
    for entry in exhausted:
        if entry.rows:
            yield from read_shard(work, entry)
    gone = marked.with_row_index("at").filter(pl.col("why").is_not_null())
    copied = gone.filter(pl.col("why") == "duplicate").select("family", "canonical").unique()
    firsts = (
        marked.with_row_index("first")
        .join(copied, on=["family", "canonical"], how="semi")
        .group_by("family", "canonical")
        .agg(pl.col("first").min())
    )
    gone = gone.join(firsts, on=["family", "canonical"], how="left").sort("at")
    cell, index, twin = marked["cell"], marked["index"], marked["twin"]
    for row in gone.iter_rows(named=True):
        mine = cells[row["cell"]]
        if row["why"] == "duplicate":
            first = row["first"]
            detail = f"the same problem as {candidates.key(cell[first], index[first], twin[first])}"
        elif row["why"] == "orphan":
            detail = "its original is a duplicate"
        else:
            detail = "no split wanted it"
        key = candidates.key(row["cell"], row["index"], row["twin"])
        yield dropped_row(key, mine.family, mine.level, row["why"], detail)


def mark_spares(marked: pl.DataFrame, choice: Assignment) -> pl.DataFrame:
    """`marked` with `spare` for every row that stays and no split took."""
    taken = np.zeros(len(marked), dtype=bool)
    for rows in choice.taken:
        taken[rows] = True
    return marked.with_columns(
        why=pl.when(pl.col("why").is_null() & ~pl.lit(pl.Series(taken))).then(pl.lit("spare")).otherwise(pl.col("why"))
    )


REASONS = ("exhausted", "duplicate", "orphan", "spare")


def summary_of(
    recipe: Recipe,
    cells: Sequence[Cell],
    candidates: Candidates,
    marked: pl.DataFrame,
    choice: Assignment,
    rounds: int,
    traces: int,
) -> dict[str, Any]:
    """The counts of a build as JSON values: by split, by family and by level; nothing that depends on time."""
    counted: list[dict[str, int]] = [dict.fromkeys(("tried", "made", "kept", *REASONS), 0) for _ in cells]
    for at, tried in enumerate(candidates.tried):
        counted[at]["tried"] = tried
    grouped = marked.group_by("cell", "why", "twin").agg(pl.len()).sort("cell", "why", "twin")
    for at, why, twin, count in grouped.iter_rows():
        counted[at]["made"] += count
        counted[at][why or "kept"] += count
        if not twin:
            counted[at]["exhausted"] -= count
    for counts in counted:
        counts["exhausted"] += counts["tried"]
    levels = [
        {"family": cell.family, "level": cell.level, "knobs": cell.knobs, **counts}
        for cell, counts in zip(cells, counted, strict=True)
    ]
    families: dict[str, dict[str, int]] = {}
    for cell, counts in zip(cells, counted, strict=True):
        total = families.setdefault(cell.family, dict.fromkeys(counts, 0))
        for name, count in counts.items():
            total[name] += count
    splits = [
        {"name": split.name, "wanted": split.rows, "rows": len(taken), "where": split.where}
        for split, taken in zip(recipe.splits, choice.taken, strict=True)
    ]
    return {
        "recipe": recipe.name,
        "digest": recipe.digest,
        "verimill_version": __version__,
        "seed": recipe.seed,
        "rounds": rounds,
        "traces": traces,
        "splits": splits,
        "shortfalls": [str(short) for short in choice.shortfalls],
        "families": families,
        "levels": levels,
    }


def summary_text(summary: dict[str, Any]) -> str:
    """The summary file's text."""
    return json.dumps(summary, indent=1, sort_keys=True) + "\n"
