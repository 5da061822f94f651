"""The manifest of a dataset folder: what it names is whole and on disk, and nothing else counts.

`manifest.jsonl` has one line a shard, written after the shard. A writer killed at any moment leaves a temporary
file, a file that no line names, or a torn last line: `recover` removes all three.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verimill.schemas.rows import COLUMNS, FORMAT

MANIFEST = "manifest.jsonl"
TEMPORARY = ".tmp-"
_CHUNK = 1 << 20


class ShardError(ValueError):
    """A shard or manifest that cannot be written or trusted; the message names file, wanted and got."""


class Damaged(ShardError):
    """A shard whose bytes are not those that the manifest names."""


class DiskFull(ShardError):
    """No room for a shard; what was committed before stays, and the work can go on later."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One manifest line. `name` is the path below the folder; `note` is whatever the writer wants to find again."""

    name: str
    table: str
    rows: int
    bytes: int
    sha256: str
    note: Mapping[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """The manifest line, newline included."""
        data = {"format": FORMAT} | {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(data, sort_keys=True, separators=(",", ":")) + "\n"


def append(folder: Path | str, *entries: Entry) -> None:
    """The entries' lines stand at the end of the manifest, on disk; from now on their shards count.

    Several processes may append to one folder: a lock keeps lines whole.
    """
    path = Path(folder) / MANIFEST
    text = "".join(entry.line() for entry in entries).encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            before = os.fstat(descriptor).st_size
            try:
                _write_all(descriptor, text)
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, before)  # a full disk must not leave half a line
                raise
        finally:
            os.close(descriptor)
        sync_folder(path.parent)
    except OSError as error:
        raise cannot("write", path, error) from error


def rewrite(folder: Path | str, entries: Iterable[Entry]) -> None:
    """The manifest names these entries in this order and no others; shards that it named before are gone."""
    folder = Path(folder)
    path, temporary = folder / MANIFEST, folder / f"{TEMPORARY}{MANIFEST}"
    entries = tuple(entries)
    before = read_manifest(folder) if path.exists() else ()
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.writelines(entry.line() for entry in entries)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(folder)
        named = {entry.name for entry in entries}
        for entry in before:
            if entry.name not in named:
                (folder / entry.name).unlink(missing_ok=True)
    except OSError as error:
        raise cannot("write", path, error) from error


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def read_manifest(folder: Path | str) -> tuple[Entry, ...]:
    """The entries in order; a shard written again later counts once, as it was written last.

    A torn last line is passed over. Raises ShardError where another line is malformed, or no manifest exists.
    """
    path = Path(folder) / MANIFEST
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise ShardError(f"{folder} holds no dataset: wanted {path}, found nothing") from None
    except OSError as error:
        raise cannot("read", path, error) from error
    lines = text.split(b"\n")
    found: dict[str, Entry] = {}
    for number, line in enumerate(lines[:-1], 1):
        entry = _entry(path, number, line)
        found.pop(entry.name, None)
        found[entry.name] = entry
    return tuple(found.values())


def _entry(path: Path, number: int, line: bytes) -> Entry:
    where = f"{path} line {number}"
    try:
        data = json.loads(line)
    except ValueError:
        raise ShardError(f"{where} must be a JSON object, got {line[:60]!r}") from None
    made = data.pop("format", FORMAT) if isinstance(data, dict) else FORMAT
    if made != FORMAT:
        raise ShardError(
            f"{where} is of dataset format {made!r:.20}, this verimill reads format {FORMAT}: use the verimill that "
            "the dataset's card names"
        )
    if not isinstance(data, dict) or set(data) != set(Entry.__slots__):
        raise ShardError(f"{where} must have {', '.join(Entry.__slots__)}, got {line[:60]!r}")
    entry = Entry(**data)
    types = {"name": str, "table": str, "rows": int, "bytes": int, "sha256": str, "note": dict}
    for name, kind in types.items():
        if type(data[name]) is not kind:
            raise ShardError(f"{where}: {name} must be {kind.__name__}, got {data[name]!r:.60}")
    if entry.table not in COLUMNS:
        raise ShardError(f"{where}: table must be one of {', '.join(COLUMNS)}, got {entry.table!r:.40}")
    if entry.name.startswith("/") or ".." in Path(entry.name).parts:
        raise ShardError(f"{where}: name must be a path below the folder, got {entry.name!r:.80}")
    return entry


def recover(folder: Path | str) -> tuple[Entry, ...]:
    """The folder holds whole, named shards only, and their entries are returned.

    Deletes temporary files and Parquet files that no line names, cuts a torn last line. An entry whose file is
    missing or of another size is dropped from the result, so that its shard is made again. To be called by the
    one process that starts the work, before any writer.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    try:
        if path.exists():
            _cut_torn_line(path)
        entries = read_manifest(folder) if path.exists() else ()
        whole = tuple(e for e in entries if _size(folder / e.name) == e.bytes)
        keep = {folder / e.name for e in whole}
        for table in COLUMNS:
            for file in sorted((folder / table).rglob("*.parquet")):
                if file.name.startswith(TEMPORARY) or file not in keep:
                    file.unlink()
    except OSError as error:
        raise cannot("recover", folder, error) from error
    return whole


def _cut_torn_line(path: Path) -> None:
    with open(path, "rb+") as file:
        data = file.read()
        end = data.rfind(b"\n") + 1
        if end < len(data):
            file.truncate(end)
            file.flush()
            os.fsync(file.fileno())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else -1


def check_shard(folder: Path | str, entry: Entry) -> None:
    """The shard's bytes are those that the manifest names; ShardError with wanted and got otherwise."""
    path = Path(folder) / entry.name
    try:
        got = sha256_of(path)
    except FileNotFoundError:
        raise Damaged(f"{path} is missing: the manifest wants sha256 {entry.sha256}") from None
    except OSError as error:
        raise cannot("read", path, error) from error
    if got != entry.sha256:
        raise Damaged(f"{path} was altered or cut short: wanted sha256 {entry.sha256}, got {got}")


# --- files ------------------------------------------------------------------------------------------------------


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Renames in the folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cannot(verb: str, path: Path, error: Exception) -> ShardError:
    """The error of a file operation as one sentence; DiskFull where there was no room."""
    number = getattr(error, "errno", None)
    why = os.strerror(number) if number else str(error).splitlines()[0]
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFull(f"cannot {verb} {path}: the disk is full ({why}); nothing of it was committed")
    return ShardError(f"cannot {verb} {path}: {why}")


def require_writable(folder: Path | str) -> Path:
    """The folder exists and can be written; ShardError at once otherwise, before any work is done."""
    folder = Path(folder)
    probe = folder / f"{TEMPORARY}probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise cannot("write to", folder, error) from error
    return folder
