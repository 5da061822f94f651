"""Rows to Parquet shards and back, in the frozen columns of schemas.rows.

A dataset folder holds `problems/*.parquet`, `traces/*.parquet` and the manifest. A shard is written under a
temporary name, flushed to disk, hashed and renamed; its manifest line comes last. The same rows make the same
bytes, and neither writing nor reading holds more than one row group.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verimill.pipelines.manifest import (
    MANIFEST,
    TEMPORARY,
    Damaged,
    DiskFull,
    Entry,
    ShardError,
    append,
    cannot,
    check_shard,
    read_manifest,
    recover,
    require_writable,
    sha256_of,
    sync_folder,
)
from verimill.schemas.rows import arrow_schema, names, words

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MANIFEST", "Damaged", "DiskFull", "Entry", "ShardError", "append", "check_shard", "read_manifest",
           "read_parts", "read_rows", "read_shard", "recover", "require_file", "require_schema", "require_writable",
           "write_parts", "write_shard"]  # fmt: skip

ROW_GROUP = 10_000  # rows; 40-50 MB in memory at 4.5 KB a row, which the Hub's viewer can scan
PART = 1_000  # rows that are Python objects at one time


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
    return write_parts(folder, name, table, _parts(table, iter(rows)), note)


def write_parts(
    folder: Path | str,
    name: str,
    table: str,
    parts: Iterable[pa.Table],
    note: Mapping[str, Any] | None = None,
) -> Entry:
    """As `write_shard`, for rows that are Arrow already; the bytes do not depend on how the rows are cut into parts."""
    import pyarrow as pa

    folder = Path(folder)
    final = folder / name
    temporary = final.with_name(TEMPORARY + final.name)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as sink:
            count = _write_parquet(sink, table, parts)
            sink.flush()
            os.fsync(sink.fileno())
        sha, size = sha256_of(temporary), temporary.stat().st_size
        os.replace(temporary, final)
        sync_folder(final.parent)
    except (OSError, pa.ArrowException) as error:
        _discard(temporary)
        raise cannot("write", final, error) from error
    except BaseException:  # an interrupt or a bug in `rows` must not leave a half file behind
        _discard(temporary)
        raise
    return Entry(name, table, count, size, sha, dict(note or {}))


def _write_parquet(sink: Any, table: str, parts: Iterable[pa.Table]) -> int:
    import pyarrow.parquet as pq

    count = 0
    with pq.ParquetWriter(sink, arrow_schema(table), **_options(table)) as writer:
        for group in _groups(table, parts):
            writer.write_table(group, row_group_size=ROW_GROUP)
            count += group.num_rows
            del group  # or it would live beside the next one
    return count


def _groups(table: str, parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Row groups of ROW_GROUP rows each, the last one of what is left; each column is one chunk."""
    import pyarrow as pa

    schema = arrow_schema(table)
    waiting: list[list[pa.Array]] = [[] for _ in schema]  # by column, so that each is let go as soon as it is joined
    rows = 0

    def joined() -> pa.Table:
        columns = []
        for chunks in waiting:
            columns.append(pa.concat_arrays(chunks))
            chunks.clear()
        return pa.Table.from_arrays(columns, schema=schema)

    for part in parts:
        while part.num_rows:
            taken = part.slice(0, ROW_GROUP - rows)
            part, rows = part.slice(taken.num_rows), rows + taken.num_rows
            for chunks, column in zip(waiting, taken.columns, strict=True):
                chunks.extend(column.chunks)
            if rows == ROW_GROUP:
                yield joined()
                rows = 0
    if rows:
        yield joined()


def _parts(table: str, rows: Iterator[Mapping[str, Any]]) -> Iterator[pa.Table]:
    """Rows as Arrow tables of a tenth of a row group: Python rows weigh several times as much."""
    import pyarrow as pa

    schema = arrow_schema(table)
    while batch := list(islice(rows, PART)):
        _require_columns(table, batch)
        columns = [pa.array([row[f.name] for row in batch], type=f.type) for f in schema]
        batch.clear()
        yield pa.Table.from_arrays(columns, schema=schema)


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


def _discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


# --- reading ----------------------------------------------------------------------------------------------------


def read_shard(
    folder: Path | str, entry: Entry, columns: Sequence[str] | None = None, batch: int = PART
) -> Iterator[dict[str, Any]]:
    """The shard's rows in order, `batch` in memory at a time; ShardError for another schema or a damaged file."""
    for part in read_parts(folder, entry, columns, batch):
        yield from part.to_pylist()


def read_parts(
    folder: Path | str, entry: Entry, columns: Sequence[str] | None = None, batch: int = PART
) -> Iterator[pa.RecordBatch]:
    """As `read_shard`, without a Python object a value."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(folder) / entry.name
    try:
        with pq.ParquetFile(path) as file:
            require_schema(path, entry.table, file.schema_arrow)
            yield from file.iter_batches(batch_size=batch, columns=list(columns) if columns else None)
    except (OSError, pa.ArrowException) as error:
        raise cannot("read", path, error) from error


def require_file(folder: Path | str, entry: Entry) -> None:
    """The shard is there, of the size that the manifest names and with the columns of its table; one sentence if not.

    Its bytes are not read: `check_shard` hashes them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(folder) / entry.name
    if not path.exists():
        raise Damaged(f"{path} is missing: the manifest wants {entry.rows} rows in {entry.bytes} bytes")
    try:
        require_schema(path, entry.table, pq.read_schema(path))
        size = path.stat().st_size
    except (OSError, pa.ArrowException) as error:
        raise cannot("read", path, error) from error
    if size != entry.bytes:
        raise Damaged(f"{path} was altered or cut short: the manifest wants {entry.bytes} bytes, got {size}")


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
