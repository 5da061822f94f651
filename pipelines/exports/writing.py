"""An export on disk: a file a split, what was dropped and why, and a page that names the files to a loader.

Streams: one row group is in memory. The same dataset and options give the same bytes.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verimill import __version__
from verimill.pipelines.exports.shapes import TRACED, Dropped, Format, Item, Options, Row, format_of
from verimill.pipelines.joined import Joined, joined
from verimill.pipelines.manifest import MANIFEST, TEMPORARY, ShardError, cannot, require_writable, sha256_of
from verimill.pipelines.trace_dedup import first_of_each
from verimill.schemas.conditions import parse
from verimill.schemas.rows import compact

if TYPE_CHECKING:
    import pyarrow as pa

GROUP = 1_000  # rows of a file in memory
Progress = Callable[[int], None]


@dataclass(slots=True)
class Report:
    """What an export wrote: rows by split, and how often each reason dropped something."""

    to: str
    rows: dict[str, int] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    files: list[Path] = field(default_factory=list)


def export(
    folder: Path | str,
    to: str,
    out: Path | str,
    options: Options | None = None,
    split: str | None = None,
    where: str | None = None,
    jsonl: bool = False,
    distinct: float | None = None,
    progress: Progress = lambda problems: None,
) -> Report:
    """The dataset in `folder` as training rows of the format `to`, in the new or empty folder `out`.

    `where` is a condition on level and measured hardness. With `distinct` a trace is dropped that is so much like an
    earlier one of its problem. Raises ValueError for options that name what is not
    there, ShardError for a damaged dataset or a folder that cannot be written; then `out` holds no half file.
    """
    if distinct is not None and not 0 < distinct <= 1:
        raise ValueError(f"--distinct must be over 0 and at most 1, got {distinct:g}")
    options, form, out = options or Options(), format_of(to), Path(out)
    keep, beside = _keeper(Path(folder), split, where), form.beside(out.resolve().name)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"--out must be a new or empty folder, got {out}")
    problems = joined(folder, keep)
    first = next(problems, None)
    if first is None:
        wanted = " and ".join(part for part in (split and f"split {split}", where) if part)
        raise ValueError(f"{folder} has no problem{f' with {wanted}' if wanted else ''}")
    require_writable(out)
    report = Report(to)
    with _Files(out, form, options, jsonl, report) as files:
        items = _items(_chained(first, problems), distinct, files.drop, progress)
        rows = form.across(items, options) if form.across else (made for i in items for made in form.rows(i, options))
        for made in rows:
            files.drop(made) if isinstance(made, Dropped) else files.put(made)
    _describe(Path(folder), out, form, options, split, where, report)
    for name, text in beside.items():
        (out / name).write_text(text, encoding="utf-8")
        report.files.append(out / name)
    return report


def _chained(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _items(
    problems: Iterator[Joined], distinct: float | None, drop: Callable[[Dropped], None], progress: Progress
) -> Iterator[Item]:
    """The problems with their traces, without copies where `distinct` says so."""
    for one in problems:
        item = Item(one.problem, one.traces)
        if distinct is not None:
            for copy in _drop_copies(item, distinct):
                drop(copy)
        yield item
        progress(1)


def _keeper(folder: Path, split: str | None, where: str | None) -> Callable[[Mapping[str, Any]], bool]:
    condition = parse(where) if where else None
    rates: Mapping[str, Mapping[str, float]] = {}
    if condition is not None and any("." in name for name in condition.names):
        from verimill.pipelines.teachers.selection import rates_for

        rates = rates_for(condition, folder)

    def keep(problem: Mapping[str, Any]) -> bool:
        if split is not None and problem["split"] != split:
            return False
        if condition is None:
            return True
        measures = json.loads(problem["hardness"])
        if problem["level"] is not None:
            measures["level"] = problem["level"]
        measures |= rates.get(problem["id"], {})
        return all(name in measures for name in condition.names) and condition.holds(measures)

    return keep


def _drop_copies(item: Item, threshold: float) -> Iterator[Dropped]:
    """The item has no trace left that copies an earlier one."""
    texts = [f"{t['reasoning']}\n{t['response']}" for t in item.traces]
    firsts = first_of_each(texts, threshold)
    for trace, first in zip(item.traces, firsts, strict=True):
        if first >= 0:
            yield Dropped(item.id, trace["id"], f"near copy of another trace of the problem ({threshold:g})")
    item.traces = [trace for trace, first in zip(item.traces, firsts, strict=True) if first < 0]


class _Files:
    """The export's open files: one a split, under temporary names until all are whole."""

    def __init__(self, out: Path, form: Format, options: Options, jsonl: bool, report: Report) -> None:
        self.out, self.schema, self.jsonl, self.report = out, form.schema(options), jsonl, report
        self.names = [f.name for f in self.schema]
        self.waiting: dict[str, list[Row]] = {}
        self.sinks: dict[str, Any] = {}
        self.stack = ExitStack()
        self.lost: Any = None

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                for split in list(self.waiting):
                    self._flush(split)
        except OSError as error:
            self._discard()
            raise cannot("write", self.out, error) from error
        finally:
            self.stack.close()
        parts = sorted(self.out.glob(TEMPORARY + "*"))
        for part in parts:
            if kind is None:
                final = part.with_name(part.name.removeprefix(TEMPORARY))
                os.replace(part, final)
                self.report.files.append(final)
            else:
                part.unlink()

    def _discard(self) -> None:
        for part in self.out.glob(TEMPORARY + "*"):
            part.unlink()

    def put(self, row: Row) -> None:
        """The row goes to its split's file."""
        if list(row) != self.names:
            raise ShardError(f"a row of {self.report.to} must have the columns {self.names}, got {list(row)}")
        rows = self.waiting.setdefault(row["split"], [])
        rows.append(row)
        self.report.rows[row["split"]] = self.report.rows.get(row["split"], 0) + 1
        if len(rows) >= GROUP:
            self._flush(row["split"])

    def drop(self, one: Dropped) -> None:
        """What made no row is kept with its reason."""
        if self.lost is None:
            path = self.out / f"{TEMPORARY}dropped.jsonl"
            self.lost = self.stack.enter_context(open(path, "w", encoding="utf-8"))
        self.lost.write(compact(asdict(one)) + "\n")
        self.report.dropped[one.reason] += 1

    def _flush(self, split: str) -> None:
        rows = self.waiting[split]
        if not rows:
            return
        if self.jsonl:
            sink = self._sink(split, lambda path: open(path, "w", encoding="utf-8"))
            sink.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            import pyarrow.parquet as pq

            sink = self._sink(split, lambda path: pq.ParquetWriter(path, self.schema, compression="zstd"))
            sink.write_table(self._table(rows), row_group_size=GROUP)
        rows.clear()

    def _sink(self, split: str, opened: Callable[[Path], Any]) -> Any:
        if split not in self.sinks:
            suffix = "jsonl" if self.jsonl else "parquet"
            self.sinks[split] = self.stack.enter_context(opened(self.out / f"{TEMPORARY}{split}.{suffix}"))
        return self.sinks[split]

    def _table(self, rows: list[Row]) -> pa.Table:
        import pyarrow as pa

        columns = [pa.array([row[f.name] for row in rows], type=f.type) for f in self.schema]
        return pa.Table.from_arrays(columns, schema=self.schema)


# --- beside the files -------------------------------------------------------------------------------------------


def _describe(
    folder: Path, out: Path, form: Format, options: Options, split: str | None, where: str | None, report: Report
) -> None:
    """`export.json`: where the rows come from. `README.md`: the splits, as `datasets` finds them."""
    told = {
        "to": form.name,
        "options": asdict(options),
        "split": split,
        "where": where,
        "rows": report.rows,
        "dropped": dict(sorted(report.dropped.items())),
        "source_manifest_sha256": sha256_of(folder / MANIFEST),
        "verimill_version": __version__,
    }
    (out / "export.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    data = [path for path in report.files if path.stem in report.rows]
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for path in data:
        lines += [f"  - split: {path.stem}", f"    path: {path.name}"]
    # JSON lines have no types: a column that is empty in one split would get another type than in the next.
    lines += ["dataset_info:", "  features:", *_features(form.schema(options), 2)]
    names = ", ".join(f"`{name}`" for name, _ in (*TRACED, *form.columns(options)))
    lines += [
        "---", "", f"# Training rows: {form.name}", "", f"Read by {form.reader}. Columns: {names}.",
        "`problem_id` and `trace_id` name the rows of the dataset that this export was made from; `export.json` has",
        "the hash of its manifest. Rows that could not be made are in `dropped.jsonl` with the reason.", "",
    ]  # fmt: skip
    (out / "README.md").write_text("\n".join(lines), encoding="utf-8")
    report.files += [out / "export.json", out / "README.md"]


def _features(fields: Any, depth: int) -> Iterator[str]:
    """The fields as the Hub's YAML names their types."""
    import pyarrow as pa

    pad = "  " * depth
    for one in fields:
        yield f"{pad}- name: {one.name}"
        kind, word = one.type, "dtype"
        if pa.types.is_list(kind):
            kind, word = kind.value_type, "list"
        if pa.types.is_struct(kind):
            yield f"{pad}  {'struct' if word == 'dtype' else word}:"
            yield from _features(list(kind), depth + 1)
        else:
            yield f"{pad}  {word}: {kind}"
