"""Each problem of a dataset with its traces, one at a time, with flat memory.

Trace files usually stand in the order of the problems and are streamed; one that does not (a teacher answers in any
order) is read whole and sorted. In memory are a hash of every problem's id and the rows of one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verimill.pipelines.shards import Entry, ShardError, check_shard, read_manifest, read_shard

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Row = dict[str, Any]
APART = "samples asked into a folder of their own join their problems with `verimill select --problems FOLDER`"
BATCH = 500  # rows of a file in memory at a time


@dataclass(slots=True)
class Joined:
    """One problem's row and the rows of its traces, in the order of the files."""

    problem: Row
    traces: list[Row]


@dataclass(slots=True)
class _Cursor:
    """A trace file: where its first trace belongs, and the traces that are still to come."""

    entry: Entry
    first: int
    last: int
    positions: npt.NDArray[np.int64]
    rows: Iterator[Row] | None = None
    at: int = 0
    taken: list[Row] = field(default_factory=list)


def joined(
    folder: Path | str,
    keep: Callable[[Mapping[str, Any]], bool] = lambda problem: True,
    check: bool = True,
    problems: Path | str | None = None,
) -> Iterator[Joined]:
    """Every problem for which `keep` holds, with its traces, in the order of the problems.

    `problems` is the folder of the problems where they do not stand beside the traces.
    Raises ShardError for a damaged file (with `check`, before its rows are used) and for a trace without a problem.
    """
    folder, source = Path(folder), Path(problems or folder)
    entries = read_manifest(folder)
    of_source = entries if source == folder else read_manifest(source)
    if check:
        for entry in entries:
            check_shard(folder, entry)
        for entry in () if source == folder else of_source:
            check_shard(source, entry)
    named = [entry for entry in of_source if entry.table == "problems"]
    cursors = _cursors(folder, source, named, [entry for entry in entries if entry.table == "traces" and entry.rows])
    waiting = sorted(cursors, key=lambda cursor: cursor.first)
    active: list[_Cursor] = []
    place = -1
    for entry in named:
        for row in read_shard(source, entry, batch=BATCH):
            place += 1
            while waiting and waiting[0].first <= place:
                active.append(waiting.pop(0))
            wanted = keep(row)
            traces = [trace for cursor in active for trace in _taken(folder, cursor, place)]
            active = [cursor for cursor in active if cursor.last > place]
            if wanted:
                yield Joined(row, traces)


def _taken(folder: Path, cursor: _Cursor, place: int) -> Iterator[Row]:
    """The cursor's traces of the problem at `place`."""
    if cursor.rows is None:
        rows: Iterator[Row] = read_shard(folder, cursor.entry, batch=BATCH)
        if (cursor.positions[1:] < cursor.positions[:-1]).any():
            order = cursor.positions.argsort(kind="stable")
            whole = list(rows)
            cursor.positions = cursor.positions[order]
            rows = iter([whole[at] for at in order])
        cursor.rows = rows
    while cursor.at < len(cursor.positions) and cursor.positions[cursor.at] == place:
        cursor.at += 1
        yield next(cursor.rows)


def _cursors(folder: Path, source: Path, problems: Sequence[Entry], traces: Sequence[Entry]) -> list[_Cursor]:
    import numpy as np

    if not traces:
        return []
    if not any(entry.rows for entry in problems):
        raise ShardError(f"{source} holds no problems for the traces of {folder}; {APART}")
    ids = np.concatenate([_ids(source, entry, "id") for entry in problems])
    order = ids.argsort(kind="stable")
    ranked = ids[order]
    found = []
    for entry in traces:
        mine = _ids(folder, entry, "problem_id")
        at = np.minimum(np.searchsorted(ranked, mine), max(len(ranked) - 1, 0))
        if not len(ranked) or (ranked[at] != mine).any():
            raise ShardError(f"{folder / entry.name} has a trace whose problem is in no problems file of the dataset")
        places = order[at].astype(np.int64)
        found.append(_Cursor(entry, int(places.min()), int(places.max()), places))
    return found


def _ids(folder: Path, entry: Entry, column: str) -> npt.NDArray[np.uint64]:
    """The first 64 bits of each id (hex of 128); two of a billion ids meet with a chance of 3 %, of a million never."""
    import numpy as np

    texts = [row[column][:16] for row in read_shard(folder, entry, [column], batch=10_000)]
    return np.array([int(text, 16) for text in texts], dtype=np.uint64)
