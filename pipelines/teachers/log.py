"""The sample log: append-only lines of JSON, each with a checksum, written as soon as a reply is there.

`samples/*.jsonl` of a folder are read together, whoever wrote them: copying another run's file there makes the
union. A line is a sample (what came back) or a verdict (what a judge made of it, in the end with its path). Each is
one write to the system, so a killed process loses nothing that it had received; the disk is flushed once a second or
after 64 records. A torn last line is cut when the file is opened; a damaged line elsewhere is passed over and counted,
and its sample is asked again.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

from verimill.pipelines.manifest import cannot
from verimill.pipelines.teachers.samples import Reply, Sample

FOLDER = "samples"
SYNC_S, SYNC_RECORDS = 1.0, 64
_REPLY_FIELDS = tuple(Reply.__slots__)


def sealed(record: Mapping[str, Any]) -> bytes:
    """The record as a line: JSON whose last member is the checksum of all before it."""
    body = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")[:-1]
    return b'%s,"crc":"%08x"}\n' % (body, crc32(body))


def opened(line: bytes) -> dict[str, Any] | None:
    """The record of a line; None where its checksum is wrong or it is no record."""
    body, mark, crc = line.rpartition(b',"crc":"')
    if not mark or crc.rstrip(b"\n") != b'%08x"}' % crc32(body):
        return None
    record = json.loads(body.decode("utf-8", "surrogatepass") + "}")
    return record if isinstance(record, dict) else None


def sample_record(sample: Sample, reply: Reply, teacher: str, variant: str = "plain") -> dict[str, Any]:
    """What is logged of a reply. Addresses and keys are no part of it."""
    head = {"key": sample.key, "problem": sample.problem, "number": sample.number, "seed": sample.seed}
    shown = {name: getattr(reply, name) for name in _REPLY_FIELDS}
    shown["seconds"] = round(reply.seconds, 3)
    return {**head, "teacher": teacher, "variant": variant, **shown}


def verdict_record(key: str, outcome: str, reason: str, answer: str | None, by: str) -> dict[str, Any]:
    """What is logged of a verdict; `outcome` is bug where the judge itself failed."""
    return {"of": key, "outcome": outcome, "reason": reason, "answer": answer, "by": by}


def reply_of(record: Mapping[str, Any]) -> Reply:
    """The reply that `sample_record` logged."""
    return Reply(**{name: record[name] for name in _REPLY_FIELDS})


class SampleLog:
    """The log of a folder, open for appending by this process alone."""

    def __init__(self, folder: Path | str) -> None:
        home = Path(folder) / FOLDER
        self._gate = threading.Lock()
        self._dirty, self._closed = 0, False
        self.error: OSError | None = None
        self._due = threading.Event()
        try:
            home.mkdir(parents=True, exist_ok=True)
            self.path, self._file = _first_free(home)
            self.cut = _cut_torn_line(self._file)
        except OSError as error:
            raise cannot("write", home, error) from error
        self._syncer = threading.Thread(target=self._keep_synced, daemon=True, name="sample log")
        self._syncer.start()

    def append(self, record: Mapping[str, Any]) -> None:
        """The record is with the system; a full disk leaves no half line and raises DiskFull."""
        line = sealed(record)
        with self._gate:
            if self.error is not None:
                raise cannot("write", self.path, self.error) from self.error
            before = os.lseek(self._file, 0, os.SEEK_END)
            try:
                view = memoryview(line)
                while view:
                    view = view[os.write(self._file, view) :]
            except OSError as error:
                os.ftruncate(self._file, before)
                raise cannot("write", self.path, error) from error
            self._dirty += 1
            if self._dirty == SYNC_RECORDS:
                self._due.set()

    def sync(self) -> None:
        """All records so far are on disk."""
        with self._gate:
            dirty, self._dirty = self._dirty, 0
        if dirty:
            os.fsync(self._file)

    def _keep_synced(self) -> None:
        while not self._closed:
            self._due.wait(SYNC_S)
            self._due.clear()
            try:
                if not self._closed:
                    self.sync()
            except OSError as error:  # the next append raises it, where somebody sees it
                self.error = error

    def close(self) -> None:
        """The log is on disk and free for others."""
        if self._closed:
            return
        self._closed = True
        self._due.set()
        self._syncer.join()
        try:
            self.sync()
        except OSError as error:
            raise cannot("write", self.path, error) from error
        finally:
            os.close(self._file)

    def __enter__(self) -> SampleLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _first_free(home: Path) -> tuple[Path, int]:
    """The first log file that no other process holds, locked; a run beside another gets a file of its own."""
    number = 0
    while True:
        path = home / f"{number:03d}.jsonl"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return path, file
        except BlockingIOError:
            os.close(file)
            number += 1


def _cut_torn_line(file: int) -> int:
    """Bytes cut from the end so that the last line is whole and checks."""
    size = os.lseek(file, 0, os.SEEK_END)
    end = size
    while end:
        start = max(0, end - (1 << 16))
        while True:  # the last line, from the newline before it
            block = os.pread(file, end - start, start)
            newline = block.rfind(b"\n", 0, len(block) - 1)
            if newline >= 0 or start == 0:
                break
            start = max(0, start - (1 << 20))
        line = block[newline + 1 :]
        if line.endswith(b"\n") and opened(line) is not None:
            break
        end = start + newline + 1
    if end < size:
        os.ftruncate(file, end)
        os.fsync(file)
    return size - end


# --- reading ----------------------------------------------------------------------------------------------------


def lines_of(path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """(offset, record) of every whole line; None for a damaged one. A torn last line is passed over."""
    offset = 0
    with open(path, "rb", buffering=1 << 20) as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield offset, opened(line)
            offset += len(line)


def rank_of(record: Mapping[str, Any]) -> int:
    """Better records of one key have a higher rank: finished, then truncated with more room, then faults."""
    if record["fault"]:
        return 0 if record["fault"] == "transient" else 1
    return 1 << 40 if record["finish"] != "length" else 2 + int(record["allowed"])


class Index:
    """Where each sample of a folder stands, 40 bytes a sample; texts stay on disk.

    `damaged` counts lines that could not be trusted. What is appended later is not seen.
    """

    def __init__(self, folder: Path | str) -> None:
        import numpy as np

        self._np: Any = np
        self.paths = tuple(sorted((Path(folder) / FOLDER).glob("*.jsonl")))
        self.damaged = 0
        problem, key, place, rank = array("Q"), array("Q"), array("Q"), array("Q")
        judged, verdict = array("Q"), array("Q")
        for at, path in enumerate(self.paths):
            for offset, record in lines_of(path):
                where = at << 48 | offset
                if record is None:
                    self.damaged += 1
                elif "of" in record:
                    judged.append(int(record["of"][:16], 16))
                    verdict.append(where)
                else:
                    problem.append(_hash(record["problem"]))
                    key.append(int(record["key"][:16], 16))
                    place.append(where)
                    rank.append(rank_of(record))
        # views, not copies: at a million samples each column is 8 MB
        self._keep(*(np.frombuffer(a, dtype=np.uint64) for a in (problem, key, place, rank, judged, verdict)))
        self._files: dict[int, Any] = {}

    def _keep(self, problem: Any, key: Any, place: Any, rank: Any, judged: Any, verdict: Any) -> None:
        np = self._np
        # Of one key the best record counts, of equals the first; of its verdicts the last.
        order = np.lexsort((place, ~rank, key))
        best = order[_starts(np, key[order])]
        best = best[np.argsort(problem[best], kind="stable")]
        self._problem, self._key, self._place = problem[best], key[best], place[best]
        order = np.argsort(judged, kind="stable")
        last = order[_starts(np, judged[order][::-1])[::-1]]
        self._judged, self._verdict = judged[last], verdict[last]

    def __len__(self) -> int:
        return len(self._place)

    def of(self, problem: str) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
        """(sample, last verdict or None) of every sample of a problem, whatever its teacher."""
        np, wanted = self._np, _hash(problem)
        low = np.searchsorted(self._problem, np.uint64(wanted), "left")
        high = np.searchsorted(self._problem, np.uint64(wanted), "right")
        for at in range(int(low), int(high)):
            record = self._read(int(self._place[at]))
            if record is None or record["problem"] != problem:
                continue
            after = int(np.searchsorted(self._judged, self._key[at], "right"))
            verdict = None
            if after and self._judged[after - 1] == self._key[at]:
                verdict = self._read(int(self._verdict[after - 1]))
            yield record, verdict if verdict is not None and verdict["of"] == record["key"] else None

    def _read(self, place: int) -> dict[str, Any] | None:
        at, offset = place >> 48, place & (1 << 48) - 1
        if at not in self._files:
            self._files[at] = open(self.paths[at], "rb")
        self._files[at].seek(offset)
        return opened(self._files[at].readline())

    def close(self) -> None:
        """No file stays open."""
        for file in self._files.values():
            file.close()
        self._files.clear()


def _starts(np: Any, values: Any) -> Any:
    """Where a value differs from the one before."""
    found = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def _hash(text: str) -> int:
    """Sixty-four bits of an id; two ids that share them are told apart when their records are read."""
    return crc32(text.encode()) << 32 | crc32(text.encode()[::-1] + b"#")
