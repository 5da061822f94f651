"""Rows to Parquet shards and back; what the manifest names is whole, and nothing else counts.

A dataset folder holds `problems/*.parquet`, `traces/*.parquet` and `manifest.jsonl`, one line a shard. A shard
is written under a temporary name, flushed to disk, hashed and renamed; its manifest line comes last. A writer
killed at any moment leaves a temporary file, a file that no line names, or a torn last line: `recover` removes
all three. The same rows make the same bytes.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verimill.schemas.rows import COLUMNS, arrow_schema, names, words

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "manifest.jsonl"
TEMPORARY = ".tmp-"
ROW_GROUP = 10_000  # rows; 40-50 MB in memory at 4.5 KB a row, which the Hub's viewer can scan
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
        data = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(data, sort_keys=True, separators=(",", ":")) + "\n"


def write_shard(
    folder: Path | str,
    name: str,
    table: str,
    rows: Iterable[Mapping[str, Any]],
    note: Mapping[str, Any] | None = None,
) -> Entry:
    """The rows as one whole Parquet file at `folder/name`, on disk; `append` its entry to make it count.

    Streams: at most one row group is in memory. Raises ShardError (full disk, unwritable folder, a row that
    does not fit the schema) and leaves nothing behind.
    """
    import pyarrow as pa

    folder = Path(folder)
    final = folder / name
    temporary = final.with_name(TEMPORARY + final.name)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as sink:
            count = _write_parquet(sink, table, rows)
            sink.flush()
            os.fsync(sink.fileno())
        sha, size = _sha256(temporary), temporary.stat().st_size
        os.replace(temporary, final)
        _sync_folder(final.parent)
    except (OSError, pa.ArrowException) as error:
        _discard(temporary)
        raise _cannot("write", final, error) from error
    except BaseException:  # an interrupt or a bug in `rows` must not leave a half file behind
        _discard(temporary)
        raise
    return Entry(name, table, count, size, sha, dict(note or {}))


def _write_parquet(sink: Any, table: str, rows: Iterable[Mapping[str, Any]]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, count, source = arrow_schema(table), 0, iter(rows)
    with pq.ParquetWriter(sink, schema, **_options(table)) as writer:
        while batch := list(islice(source, ROW_GROUP)):
            _require_columns(table, batch)
            columns = [pa.array([row[f.name] for row in batch], type=f.type) for f in schema]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=ROW_GROUP)
            count += len(batch)
    return count


@lru_cache(maxsize=4)
def _options(table: str) -> dict[str, Any]:
    import inspect

    import pyarrow.parquet as pq

    options: dict[str, Any] = {
        "compression": "zstd",
        "compression_level": 3,
        "use_dictionary": list(words(table)),
        "write_page_index": True,
    }
    # A new version of a published dataset then re-uploads only what changed; pyarrow has it from 21 on.
    if "use_content_defined_chunking" in inspect.signature(pq.ParquetWriter.__init__).parameters:
        options["use_content_defined_chunking"] = True
    return options


def _require_columns(table: str, batch: Sequence[Mapping[str, Any]]) -> None:
    wanted = set(names(table))
    for row in batch:
        if row.keys() != wanted:
            lacks, extra = sorted(wanted - row.keys()), sorted(row.keys() - wanted)
            raise ShardError(f"a row of {table} lacks columns {lacks} and has unknown columns {extra}")


# --- the manifest -----------------------------------------------------------------------------------------------


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
        _sync_folder(path.parent)
    except OSError as error:
        raise _cannot("write", path, error) from error


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
        raise _cannot("read", path, error) from error
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
        raise _cannot("recover", folder, error) from error
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


# --- reading ----------------------------------------------------------------------------------------------------


def check_shard(folder: Path | str, entry: Entry) -> None:
    """The shard's bytes are those that the manifest names; ShardError with wanted and got otherwise."""
    path = Path(folder) / entry.name
    try:
        got = _sha256(path)
    except FileNotFoundError:
        raise Damaged(f"{path} is missing: the manifest wants sha256 {entry.sha256}") from None
    except OSError as error:
        raise _cannot("read", path, error) from error
    if got != entry.sha256:
        raise Damaged(f"{path} was altered or cut short: wanted sha256 {entry.sha256}, got {got}")


def read_shard(
    folder: Path | str, entry: Entry, columns: Sequence[str] | None = None, batch: int = 1000
) -> Iterator[dict[str, Any]]:
    """The shard's rows in order, `batch` in memory at a time; ShardError for another schema or a damaged file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(folder) / entry.name
    try:
        with pq.ParquetFile(path) as file:
            require_schema(path, entry.table, file.schema_arrow)
            for part in file.iter_batches(batch_size=batch, columns=list(columns) if columns else None):
                yield from part.to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise _cannot("read", path, error) from error


def require_schema(path: Path, table: str, got: pa.Schema) -> None:
    """The file has the table's columns and types; ShardError names the first that differs."""
    wanted = arrow_schema(table)
    if got.names != wanted.names:
        odd = sorted(set(got.names) ^ set(wanted.names))
        raise ShardError(f"{path} has other columns than {table}: {', '.join(odd) if odd else 'their order differs'}")
    for field_wanted, field_got in zip(wanted, got, strict=True):
        if field_wanted.type != field_got.type:
            raise ShardError(f"{path}: column {field_wanted.name} must be {field_wanted.type}, got {field_got.type}")


def read_rows(
    folder: Path | str, table: str = "problems", columns: Sequence[str] | None = None, check: bool = True
) -> Iterator[dict[str, Any]]:
    """All rows of a table, shard by shard in manifest order, with flat memory.

    With `check` every shard is hashed before its first row is given.
    """
    for entry in read_manifest(folder):
        if entry.table == table:
            if check:
                check_shard(folder, entry)
            yield from read_shard(folder, entry, columns)


# --- files ------------------------------------------------------------------------------------------------------


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _cannot(verb: str, path: Path, error: Exception) -> ShardError:
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
        raise _cannot("write to", folder, error) from error
    return folder
