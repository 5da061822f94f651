"""A dataset folder against the rules: `verify` judges every row from scratch, `reproduce` makes it again.

Both stop at the first mismatch and name file, row and column. Rows stream through; in memory are the keys of
all rows, about 300 bytes a problem.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from sys import intern

from verimill.pipelines.certificates import can_recount, digest
from verimill.pipelines.joined import APART
from verimill.pipelines.mismatches import Mismatch, Row
from verimill.pipelines.pool import in_order
from verimill.pipelines.row_checks import check_problem, check_trace, same_problem, same_trace
from verimill.pipelines.shards import Damaged, Entry, ShardError, check_shard, read_manifest, read_shard

TABLES = ("problems", "traces")
BATCH = 100  # rows a worker gets at once
WINDOW = 2_000  # problem rows kept while their traces are read
FEW = 400  # rows that are checked sooner than a second process has started
RECOUNT_SHARE = 0.01  # of problems are solved again by the judge's second solver
_BESIDE = ("id", "family", "kind", "checker", "key", "style", "answer", "verification", "certificate")

Progress = Callable[[int], None]
Check = Callable[..., Mismatch | None]


@dataclass(slots=True)
class Audit:
    """What was checked, and the first thing that did not hold."""

    problems: int = 0
    traces: int = 0
    recounts: int = 0
    unrecounted: int = 0  # would have been solved again, were the second solver installed
    shards: int = 0
    skipped: int = 0
    seconds: float = 0.0
    file: str = ""
    mismatch: Mismatch | None = None
    altered: bool = False  # the file of the mismatch has not the bytes that the manifest names

    @property
    def ok(self) -> bool:
        """True when nothing differed."""
        return self.mismatch is None

    def __str__(self) -> str:
        if self.mismatch is not None:
            inside = self.altered and self.mismatch.column != "file"
            return f"{self.file}: {self.mismatch}" + (" (the file has not the manifest's sha256)" if inside else "")
        counts = f"{self.problems} problems, {self.traces} traces, {self.recounts} recounts, {self.shards} shards"
        return f"{counts}: all hold" + (f" ({self.skipped} rows were not sampled)" if self.skipped else "")


def verify(
    folder: Path | str,
    sample: int | None = None,
    jobs: int = 1,
    recount: float | None = None,
    progress: Progress = lambda rows: None,
) -> Audit:
    """Every row re-verified from scratch, or `sample` rows of each table, evenly spread.

    Always checked in full: sha256 of every shard against the manifest, counts, schema, unique ids, every
    canonical key once and so in one split only, every trace's problem there. In a shard whose sha256 differs every
    row is checked, and the first that does not hold is named. `recount` is the share of problems that the judge's
    second solver solves again; by default RECOUNT_SHARE of those whose solver is installed. Raises ShardError for a
    folder without a readable manifest.
    """
    checks: dict[str, Check] = {"problems": check_problem, "traces": check_trace}
    return _audit(folder, sample, jobs, checks, recount, progress)


def reproduce(
    folder: Path | str, sample: int | None = None, jobs: int = 1, progress: Progress = lambda rows: None
) -> Audit:
    """Every row made again from its key and compared column by column; else as `verify`."""
    checks: dict[str, Check] = {"problems": same_problem, "traces": same_trace}
    return _audit(folder, sample, jobs, checks, 0.0, progress)


def size(folder: Path | str) -> int:
    """Rows of problems and traces that the manifest names."""
    return sum(entry.rows for entry in read_manifest(folder) if entry.table in TABLES)


class _Stop(Exception):
    def __init__(self, file: str, mismatch: Mismatch) -> None:
        super().__init__(file)
        self.file, self.mismatch = file, mismatch


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows of one file to check, and what already differs behind them."""

    file: str
    table: str
    rows: tuple[tuple[Row, ...], ...] = ()
    mismatch: Mismatch | None = None


def _audit(
    folder: Path | str,
    sample: int | None,
    jobs: int,
    checks: Mapping[str, Check],
    share: float | None,
    progress: Progress,
) -> Audit:
    began = time.perf_counter()
    filled = [entry.table for entry in read_manifest(folder) if entry.rows]
    if "traces" in filled and "problems" not in filled:
        raise ShardError(f"{folder} holds traces and no problems; {APART}")
    audit = Audit(shards=sum(entry.table in checks for entry in read_manifest(folder)))
    jobs = jobs if size(folder) > FEW else 1
    work = partial(_check_batch, checks, share)
    altered: dict[str, str] = {}
    batches = _batches(Path(folder), sample, audit, progress, altered)
    for batch, recounts, left, done, mismatch in in_order(work, batches, jobs):
        audit.recounts += recounts
        audit.unrecounted += left
        if batch.table == "problems":
            audit.problems += done
        else:
            audit.traces += done
        progress(done)
        if mismatch is not None:
            audit.file, audit.mismatch, audit.altered = batch.file, mismatch, batch.file in altered
            break
    audit.seconds = time.perf_counter() - began
    return audit


def _check_batch(
    checks: Mapping[str, Check], share: float | None, batch: _Batch
) -> tuple[_Batch, int, int, int, Mismatch | None]:
    """What came of a batch, without its rows; the first mismatch is the same for any number of jobs."""
    recounts, left, light = 0, 0, _Batch(batch.file, batch.table)
    below = (RECOUNT_SHARE if share is None else share) * 0x100000000
    for done, rows in enumerate(batch.rows):
        chosen = batch.table == "problems" and int(rows[0]["id"][-8:], 16) < below
        if chosen and share is None and not _recountable(rows[0]):
            chosen, left = False, left + 1
        recounts += chosen
        mismatch = checks[batch.table](*rows, recount=True) if chosen else checks[batch.table](*rows)
        if mismatch is not None:
            return light, recounts, left, done, mismatch
    return light, recounts, left, len(batch.rows), batch.mismatch


def _recountable(row: Row) -> bool:
    """Whether the row's second solver is installed; a family that is none is the check's business."""
    try:
        return can_recount(row["family"])
    except ValueError:
        return True


def _batches(
    folder: Path, sample: int | None, audit: Audit, progress: Progress, altered: dict[str, str]
) -> Iterator[_Batch]:
    """All rows in batches, each with what must hold over all rows already checked."""
    entries = read_manifest(folder)
    seen = _Seen(folder, entries)
    for table in TABLES:
        mine = [entry for entry in entries if entry.table == table]
        picked = _Picker(sum(entry.rows for entry in mine), sample)
        for entry in mine:
            rows: list[tuple[Row, ...]] = []
            try:
                for work in _rows(folder, entry, seen, altered):
                    if not picked.take() and entry.name not in altered:
                        audit.skipped += 1
                        progress(1)
                        continue
                    rows.append(work)
                    if len(rows) == BATCH:
                        yield _Batch(entry.name, table, tuple(rows))
                        rows = []
            except _Stop as stop:
                yield _Batch(stop.file, table, tuple(rows), stop.mismatch)
                return
            yield _Batch(entry.name, table, tuple(rows))


def _rows(folder: Path, entry: Entry, seen: _Seen, altered: dict[str, str]) -> Iterator[tuple[Row, ...]]:
    """The rows of a file, a trace with the problem that it answers; why the file is not whole comes after them."""
    count = 0
    try:
        try:
            check_shard(folder, entry)
        except Damaged as error:
            if not (folder / entry.name).exists():
                raise
            altered[entry.name] = str(error)  # a person wants to know which row
        for row in read_shard(folder, entry):
            count += 1
            if entry.table == "problems":
                seen.problem(entry, row)
                yield (row,)
            else:
                yield (row, seen.trace(entry, row))
        if entry.name in altered:
            raise ShardError(altered[entry.name])
    except ShardError as error:
        told = altered.get(entry.name, str(error))
        raise _Stop(entry.name, Mismatch("-", "file", f"a whole shard of {entry.table}", told)) from None
    if count != entry.rows:
        raise _Stop(entry.name, Mismatch("-", "file", f"{entry.rows} rows", str(count)))


# --- what is checked over all rows -------------------------------------------------------------------------------


class _Seen:
    """Ids and canonical keys so far; each may stand once. Eight bytes of each are kept, to keep memory small."""

    def __init__(self, folder: Path, entries: tuple[Entry, ...]) -> None:
        self.file_of: dict[int, str] = {}
        self.split_of: dict[int, str] = {}
        self.traces: set[int] = set()
        self.beside = _Beside(folder, entries)

    def problem(self, entry: Entry, row: Row) -> None:
        """The row is new, up to symmetry, and stands in the split of its file."""
        if _name(entry, row) in self.file_of:
            raise _Stop(entry.name, Mismatch(row["id"], "id", "an id that stands once", "the same id again"))
        self.file_of[_name(entry, row)] = entry.name
        key = int(digest(row["family"], row["canonical"])[:16], 16)
        if key in self.split_of:
            got = f"a copy of one in split {self.split_of[key]}, here in split {row['split']}"
            raise _Stop(entry.name, Mismatch(row["id"], "canonical", "a problem that stands once, up to symmetry", got))
        self.split_of[key] = intern(row["split"])
        wanted = entry.note.get("split", row["split"])
        if row["split"] != wanted:
            raise _Stop(entry.name, Mismatch(row["id"], "split", wanted, row["split"]))

    def trace(self, entry: Entry, row: Row) -> Row:
        """The problem row that the trace, a new one, answers."""
        if _name(entry, row) in self.traces:
            raise _Stop(entry.name, Mismatch(row["id"], "id", "an id that stands once", "the same id again"))
        self.traces.add(_name(entry, row))
        name = row["problem_id"]
        file = self.file_of.get(int(name[:16], 16)) if _is_id(name) else None
        problem = self.beside.find(name, file) if file is not None else None
        if problem is None:
            raise _Stop(entry.name, Mismatch(row["id"], "problem_id", "a problem of this dataset", name))
        return problem


class _Beside:
    """Problem rows, read in step with the traces that answer them; another order costs the memory of a file."""

    def __init__(self, folder: Path, entries: tuple[Entry, ...]) -> None:
        self.folder, self.entries = folder, {entry.name: entry for entry in entries}
        self.file = ""
        self.rows: dict[str, Row] = {}
        self.source: Iterator[Row] = iter(())

    def find(self, name: str, file: str) -> Row | None:
        """The problem of that id in that file, or None."""
        if name in self.rows:
            return self.rows[name]
        if file == self.file and self._advance(name, keep=WINDOW):
            return self.rows[name]
        again = file == self.file
        self.file, self.rows = file, {}
        self.source = read_shard(self.folder, self.entries[file], _BESIDE)
        return self.rows[name] if self._advance(name, keep=None if again else WINDOW) else None

    def _advance(self, name: str, keep: int | None) -> bool:
        """Read on until `name` is there, or to the end with everything kept."""
        for row in self.source:
            self.rows[row["id"]] = row
            if keep is not None and len(self.rows) > keep:
                del self.rows[next(iter(self.rows))]
            if keep is not None and row["id"] == name:
                return True
        return name in self.rows


def _name(entry: Entry, row: Row) -> int:
    if not _is_id(row["id"]):
        raise _Stop(entry.name, Mismatch(row["id"], "id", "32 hex digits", row["id"]))
    return int(row["id"][:16], 16)


def _is_id(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


class _Picker:
    """Says of each row in turn whether it is in the sample: `sample` of `total`, evenly spread."""

    def __init__(self, total: int, sample: int | None) -> None:
        self.total, self.sample, self.at = total, sample, 0

    def take(self) -> bool:
        at, self.at = self.at, self.at + 1
        if self.sample is None or self.sample >= self.total:
            return True
        return (at + 1) * self.sample // self.total > at * self.sample // self.total
