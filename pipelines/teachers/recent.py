"""A sample log that remembers where the records of open problems lie, so that a portion's rows can be made at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from verimill.pipelines.teachers.log import Index, SampleLog, opened, rank_of

Record = dict[str, Any]


class RecentLog(SampleLog):
    """A log with an eye on what was appended; places of 8 bytes, until `forget`. For one event loop."""

    def __init__(self, folder: Path | str) -> None:
        super().__init__(folder)
        self._places: dict[str, list[int]] = {}
        self._problem: dict[str, str] = {}

    def append(self, record: Mapping[str, Any]) -> None:
        """As in SampleLog."""
        at = os.fstat(self._file).st_size
        super().append(record)
        key = record.get("of") or record["key"]
        problem = self._problem.get(key) or record.get("problem")
        if problem:  # a verdict on a sample of an earlier run has none here, and is given again when its row is made
            self._problem[key] = problem
            self._places.setdefault(problem, []).append(at)

    def recent(self, problem: str) -> Iterator[Record]:
        """What was appended about a problem, in order."""
        for at in self._places.get(problem, ()):
            with open(self.path, "rb") as file:
                file.seek(at)
                record = opened(file.readline())
            if record is not None:
                yield record

    def forget(self, problem: str) -> None:
        """The problem's records are on disk and nowhere else."""
        for record in self.recent(problem):
            self._problem.pop(record.get("of") or record["key"], None)
        self._places.pop(problem, None)


class Both:
    """What the log held before the run, and what came since: an Index of open problems."""

    def __init__(self, before: Index, log: RecentLog) -> None:
        self._before, self._log = before, log

    def of(self, problem: str) -> Iterator[tuple[Record, Record | None]]:
        """As in Index: of one key the best record, of its verdicts the last."""
        found = {record["key"]: (record, verdict) for record, verdict in self._before.of(problem)}
        for record in self._log.recent(problem):
            key = record.get("of")
            if key is not None:
                if key in found:
                    found[key] = (found[key][0], record)
                continue
            key = record["key"]
            if key not in found or rank_of(record) > rank_of(found[key][0]):
                found[key] = (record, None)
        yield from found.values()
