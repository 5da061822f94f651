"""A dataset folder against the rules: `verify` judges every row from scratch, `reproduce` makes it again.

Both stop at the first mismatch and name file, row and column. Rows stream through; in memory are the keys of
all problems (about 150 bytes each) and one file of problems while its traces are read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from verimill.pipelines.pool import in_order
from verimill.pipelines.row_checks import Mismatch, Row, check_problem, check_trace, same_problem, same_trace
from verimill.pipelines.shards import Entry, ShardError, check_shard, read_manifest, read_shard

TABLES = ("problems", "traces")
BATCH = 100  # rows a worker gets at once
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
    shards: int = 0
    skipped: int = 0
    seconds: float = 0.0
    file: str = ""
    mismatch: Mismatch | None = None

    @property
    def ok(self) -> bool:
        """True when nothing differed."""
        return self.mismatch is None

    def __str__(self) -> str:
        if self.mismatch is not None:
            return f"{self.file}: {self.mismatch}"
        counts = f"{self.problems} problems, {self.traces} traces, {self.recounts} recounts, {self.shards} shards"
        return f"{counts}: all hold" + (f" ({self.skipped} rows were not sampled)" if self.skipped else "")


def verify(
    folder: Path | str,
    sample: int | None = None,
    jobs: int = 1,
    recount: float = RECOUNT_SHARE,
    progress: Progress = lambda rows: None,
) -> Audit:
    """Every row re-verified from scratch, or `sample` rows of each table, evenly spread.

    Always checked in full: sha256 of every shard against the manifest, counts, schema, unique ids, every
    canonical key once and so in one split only, every trace's problem there. Raises ShardError for a folder
    without a readable manifest.
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
    folder: Path | str, sample: int | None, jobs: int, checks: Mapping[str, Check], share: float, progress: Progress
) -> Audit:
    began = time.perf_counter()
    audit = Audit(shards=sum(entry.table in checks for entry in read_manifest(folder)))
    jobs = jobs if size(folder) > FEW else 1
    work = partial(_check_batch, checks, share)
    for batch, recounts, done, mismatch in in_order(work, _batches(Path(folder), sample, audit, progress), jobs):
        audit.recounts += recounts
        if batch.table == "problems":
            audit.problems += done
        else:
            audit.traces += done
        progress(done)
        if mismatch is not None:
            audit.file, audit.mismatch = batch.file, mismatch
            break
    audit.seconds = time.perf_counter() - began
    return audit


def _check_batch(checks: Mapping[str, Check], share: float, batch: _Batch) -> tuple[_Batch, int, int, Mismatch | None]:
    """What came of a batch, without its rows; the first mismatch is the same for any number of jobs."""
    recounts, light = 0, _Batch(batch.file, batch.table)
    for done, rows in enumerate(batch.rows):
        chosen = batch.table == "problems" and int(rows[0]["id"][-8:], 16) < share * 0x100000000
        recounts += chosen
        mismatch = checks[batch.table](*rows, recount=True) if chosen else checks[batch.table](*rows)
        if mismatch is not None:
            return light, recounts, done, mismatch
    return light, recounts, len(batch.rows), batch.mismatch


def _batches(folder: Path, sample: int | None, audit: Audit, progress: Progress) -> Iterator[_Batch]:
    """All rows in batches, each with what must hold over all rows already checked."""
    entries, seen = read_manifest(folder), _Seen()
    for table in TABLES:
        mine = [entry for entry in entries if entry.table == table]
        picked = _Picker(sum(entry.rows for entry in mine), sample)
        for entry in mine:
            rows: list[tuple[Row, ...]] = []
            try:
                for work in _rows(folder, entry, seen, entries):
                    if not picked.take():
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


def _rows(folder: Path, entry: Entry, seen: _Seen, entries: tuple[Entry, ...]) -> Iterator[tuple[Row, ...]]:
    """The rows of a file, a trace with the problem that it answers."""
    count = 0
    try:
        check_shard(folder, entry)
        for row in read_shard(folder, entry):
            count += 1
            if entry.table == "problems":
                seen.problem(entry, row)
                yield (row,)
            else:
                yield (row, seen.trace(folder, entry, row, entries))
    except ShardError as error:
        raise _Stop(entry.name, Mismatch("-", "file", f"a whole shard of {entry.table}", str(error))) from None
    if count != entry.rows:
        raise _Stop(entry.name, Mismatch("-", "file", f"{entry.rows} rows", str(count)))


# --- what is checked over all rows -------------------------------------------------------------------------------


class _Seen:
    """Ids and canonical keys so far; each may stand once."""

    def __init__(self) -> None:
        self.problem_file: dict[bytes, str] = {}
        self.trace_ids: set[bytes] = set()
        self.split_of: dict[tuple[str, str], str] = {}
        self.beside: tuple[str, dict[str, Row]] = ("", {})

    def problem(self, entry: Entry, row: Row) -> None:
        name, key = bytes.fromhex(_hex(entry, row)), (row["family"], row["canonical"])
        if name in self.problem_file:
            raise _Stop(entry.name, Mismatch(row["id"], "id", "an id that stands once", "the same id again"))
        self.problem_file[name] = entry.name
        if key in self.split_of:
            got = f"a copy of one in split {self.split_of[key]}, here in split {row['split']}"
            raise _Stop(entry.name, Mismatch(row["id"], "canonical", "a problem that stands once, up to symmetry", got))
        self.split_of[key] = row["split"]
        wanted_split = entry.note.get("split", row["split"])
        if row["split"] != wanted_split:
            raise _Stop(entry.name, Mismatch(row["id"], "split", wanted_split, row["split"]))

    def trace(self, folder: Path, entry: Entry, row: Row, entries: tuple[Entry, ...]) -> Row:
        """The problem row that the trace answers."""
        name = bytes.fromhex(_hex(entry, row))
        if name in self.trace_ids:
            raise _Stop(entry.name, Mismatch(row["id"], "id", "an id that stands once", "the same id again"))
        self.trace_ids.add(name)
        file, loaded = self.beside
        if row["problem_id"] not in loaded:
            file = self._file_of(row["problem_id"])
            if not file:
                raise _Stop(
                    entry.name, Mismatch(row["id"], "problem_id", "a problem of this dataset", row["problem_id"])
                )
            source = next(e for e in entries if e.name == file)
            loaded = {problem["id"]: problem for problem in read_shard(folder, source, _BESIDE)}
            self.beside = (file, loaded)
        return loaded[row["problem_id"]]

    def _file_of(self, problem_id: str) -> str:
        return self.problem_file.get(bytes.fromhex(problem_id), "") if _is_id(problem_id) else ""


def _hex(entry: Entry, row: Row) -> str:
    name = str(row["id"])
    if not _is_id(name):
        raise _Stop(entry.name, Mismatch(name, "id", "32 hex digits", name))
    return name


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
