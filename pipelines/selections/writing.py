"""A selection on disk: a dataset of its own, with everything dropped beside it.

`dropped/` has a row for each problem that went (reason: the stage) and for each trace (reason: `trace:` and the
stage); the first line of `detail` says why, and for a trace the second line is its whole row as JSON, so that
nothing is lost. The same dataset and stages give the same bytes. Run again, a whole selection is left as it is, and
one that was stopped is made anew.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from verimill import __version__
from verimill.pipelines.manifest import (
    MANIFEST,
    TEMPORARY,
    Entry,
    ShardError,
    append,
    cannot,
    read_manifest,
    require_writable,
    sha256_of,
)
from verimill.pipelines.selections.protocol import TRACE, Group, Row
from verimill.pipelines.selections.running import Lost, Progress, Report, chosen, surveyed
from verimill.pipelines.shards import read_shard, write_shard
from verimill.pipelines.stages import dropped_row
from verimill.schemas.rows import COLUMNS, compact
from verimill.schemas.selections import Stage

SELECT, RECIPE = "select.json", "recipe.yaml"
FILE_ROWS = {"problems": 5_000, "traces": 2_000, "dropped": 2_000}


def select(
    folder: Path | str,
    stages: Sequence[Stage],
    out: Path | str,
    problems: Path | str | None = None,
    progress: Progress = lambda count: None,
    anew: bool = False,
) -> Report:
    """What the stages keep of the dataset in `folder` is a dataset in `out`, and what they drop is named there.

    `problems` is the folder of the problems where the traces stand in another. Raises ValueError for an `out` that
    holds something else (with `anew`, another selection is replaced) or where nothing is left, ShardError for a
    damaged dataset.
    """
    folder, out, source = Path(folder), Path(out), Path(problems or folder)
    if not stages:
        raise ValueError("a selection needs at least one stage, got none")
    identity = {
        "stages": [stage.model_dump(mode="json") for stage in stages],
        "source": {"traces": sha256_of_manifest(folder), "problems": sha256_of_manifest(source)},
        "verimill_version": __version__,
    }
    standing = _standing(out, identity, anew)
    if standing is not None:
        return standing
    report = Report()
    surveys = surveyed(folder, source, stages)
    files = Files(out)
    for group in chosen(folder, source, stages, surveys, report, files.lose, progress):
        files.keep(group)
    if not report.problems:
        shutil.rmtree(out)
        raise ValueError(f"nothing is left of {folder} after {', '.join(map(str, stages))}; nothing was written")
    for row in dropped_before(source):
        files.put("dropped", "", row)
    entries = files.flushed()
    if (source / RECIPE).exists():
        write_text(out / RECIPE, _recipe_text((source / RECIPE).read_text(encoding="utf-8"), stages))
    append(out, *entries)
    write_text(out / SELECT, json.dumps(identity | {"report": report.data()}, indent=1, sort_keys=True) + "\n")
    return report


def sha256_of_manifest(folder: Path) -> str:
    """The hash of a dataset's manifest; ShardError where there is none."""
    read_manifest(folder)
    return sha256_of(folder / MANIFEST)


def _standing(out: Path, identity: dict[str, Any], anew: bool) -> Report | None:
    """The report of a selection that is whole in `out`; None once `out` is empty and ours to write."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        path = out / SELECT
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise ValueError(f"--out must be a new folder or one that select wrote, got {out}") from None
        report = found.pop("report", None)
        if found == identity and report is not None and _whole(out):
            return Report(**report | {"stages": [Lost(**one) for one in report["stages"]]})
        if report is not None:
            other = "stages or version" if found.get("source") == identity["source"] else "dataset"
            if found != identity and not anew:
                raise ValueError(f"{out} holds a selection of another {other}; give a new folder")
        shutil.rmtree(out)  # ours, and stopped half-way or damaged
    require_writable(out)
    write_text(out / SELECT, json.dumps(identity, indent=1, sort_keys=True) + "\n")
    return None


def _whole(out: Path) -> bool:
    try:
        entries = read_manifest(out)
    except ShardError:
        return False
    return all((out / e.name).exists() and (out / e.name).stat().st_size == e.bytes for e in entries)


def dropped_before(source: Path) -> Iterator[Row]:
    for entry in read_manifest(source):
        if entry.table == "dropped":
            yield from read_shard(source, entry)


def lost_trace(row: Row) -> tuple[str, Row | None]:
    """Why a dropped row was dropped, and the trace that it holds, if it stands for one."""
    if not row["reason"].startswith(TRACE):
        return row["detail"], None
    why, _, text = row["detail"].partition("\n")
    return why, json.loads(text)


class Files:
    """The selection's files: rows wait by table and split until they are enough for a file."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.waiting: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self.entries: dict[str, list[Entry]] = {table: [] for table in COLUMNS}
        self.parts: dict[tuple[str, str], int] = defaultdict(int)

    def keep(self, group: Group) -> None:
        """The group's rows are in the dataset."""
        split = group.problem["split"]
        self.put("problems", split, group.problem)
        for trace in group.traces:
            self.put("traces", split, trace)

    def lose(self, group: Group, stage: str, why: str, trace: Row | None) -> None:
        """What a stage dropped is in the table of dropped rows."""
        problem = group.problem
        reason = stage if trace is None else f"{TRACE}{stage}"
        detail = " ".join(why.split()) + ("" if trace is None else "\n" + compact(trace))
        level = 0 if problem["level"] is None else problem["level"]
        self.put("dropped", "", dropped_row(problem["key"], problem["family"], level, reason, detail))

    def put(self, table: str, split: str, row: Row) -> None:
        """The row waits for its file, or is in it."""
        rows = self.waiting[table, split]
        rows.append(row)
        if len(rows) >= FILE_ROWS[table]:
            self._write(table, split)

    def _write(self, table: str, split: str) -> None:
        rows = self.waiting[table, split]
        if rows:
            name = f"{table}/{split or table}-{self.parts[table, split]:05d}.parquet"
            note = {"split": split} if split else {}
            self.entries[table].append(write_shard(self.out, name, table, rows, note))
            self.parts[table, split] += 1
            rows.clear()

    def flushed(self) -> list[Entry]:
        """All files are on disk; their entries by table, then in the order of writing."""
        for table, split in list(self.waiting):
            self._write(table, split)
        if not self.entries["dropped"]:
            self.entries["dropped"].append(write_shard(self.out, "dropped/dropped-00000.parquet", "dropped", []))
        return [entry for table in COLUMNS for entry in self.entries[table]]


def _recipe_text(text: str, stages: Sequence[Stage]) -> str:
    """The source's recipe with these stages behind those that it has, so that card and reader know them."""
    import yaml

    data = yaml.safe_load(text)
    if not isinstance(data, dict):
        return text
    data["select"] = [
        *(data.get("select") or []),
        *(stage.model_dump(mode="json", exclude_none=True) for stage in stages),
    ]
    head = text.partition("\n")[0] + "\n" if text.startswith("#") else ""
    return head + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)


def write_text(path: Path, text: str) -> None:
    """The file is there whole or not at all."""
    temporary = path.with_name(TEMPORARY + path.name)
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise cannot("write", path, error) from error
