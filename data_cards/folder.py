"""A dataset folder as the card sees it: the manifest's files, their rows in batches, the recipe beside them.

Reads only, with pyarrow, and trusts nothing but the files: a shard with another schema or another number of rows
than the manifest names is a FolderError.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verimill.schemas.rows import COLUMNS, FORMAT, arrow_schema

MANIFEST = "manifest.jsonl"
BATCH = 2_000  # rows in memory at a time


class FolderError(ValueError):
    """A folder that is no whole dataset; one sentence with file, wanted and got."""


@dataclass(frozen=True, slots=True)
class File:
    """One line of the manifest; `split` is empty where the writer noted none."""

    name: str
    table: str
    rows: int
    bytes: int
    sha256: str
    split: str


def read_files(folder: Path) -> tuple[File, ...]:
    """The files that the manifest names, in order; one that was written again counts as written last."""
    path = folder / MANIFEST
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]  # a torn last line does not count
    except FileNotFoundError:
        raise FolderError(f"{folder} holds no dataset: wanted {path}, found nothing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise FolderError(f"{path} cannot be read: {error}") from None
    found: dict[str, File] = {}
    for number, line in enumerate(lines, 1):
        file = _file(f"{path} line {number}", line)
        found.pop(file.name, None)
        found[file.name] = file
    return tuple(found.values())


def _file(where: str, line: str) -> File:
    try:
        data = json.loads(line)
        name, table, note = data["name"], data["table"], data.get("note") or {}
        file = File(name, table, data["rows"], data["bytes"], data["sha256"], str(note.get("split", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FolderError(f"{where} must be an object with name, table, rows, bytes and sha256: {line:.60}") from None
    if data.get("format", FORMAT) != FORMAT:
        raise FolderError(f"{where} is of dataset format {data['format']!r:.20}, this verimill reads format {FORMAT}")
    if table not in COLUMNS or type(file.rows) is not int or type(file.bytes) is not int:
        raise FolderError(f"{where} must name a table, its rows and its bytes, got {line:.60}")
    if not isinstance(name, str) or name.startswith("/") or ".." in Path(name).parts:
        raise FolderError(f"{where}: name must be a path below the folder, got {name!r:.80}")
    return file


def batches(folder: Path, file: File) -> Iterator[Any]:
    """The file's record batches, all columns; FolderError where it is not what the manifest names."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, count = folder / file.name, 0
    try:
        with pq.ParquetFile(path) as source:
            if not source.schema_arrow.equals(arrow_schema(file.table)):
                raise FolderError(f"{path} has other columns than the table {file.table}")
            for batch in source.iter_batches(batch_size=BATCH):
                count += batch.num_rows
                yield batch
    except FileNotFoundError:
        raise FolderError(f"{path} is missing: the manifest wants {file.rows} rows") from None
    except (OSError, pa.ArrowException) as error:
        raise FolderError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    if count != file.rows:
        raise FolderError(f"{path} must have {file.rows} rows, got {count}")


def row_of(folder: Path, files: tuple[File, ...], table: str, column: str, value: str) -> dict[str, Any] | None:
    """The first row of a table with this value, None where there is none."""
    import pyarrow.compute as pc

    for file in files:
        if file.table == table:
            for batch in batches(folder, file):
                hit = batch.filter(pc.equal(batch.column(column), value))
                if hit.num_rows:
                    row: dict[str, Any] = hit.to_pylist()[0]
                    return row
    return None


def rows_of(
    folder: Path, files: tuple[File, ...], table: str, column: str, values: Sequence[str]
) -> list[dict[str, Any]]:
    """The rows of a table with one of these values, in the order of the files."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted, rows = pa.array(values, pa.string()), []
    for file in files:
        if file.table == table and values:
            for batch in batches(folder, file):
                rows.extend(batch.filter(pc.is_in(batch.column(column), wanted)).to_pylist())
    return rows


def read_recipe(folder: Path) -> str | None:
    """The text of the recipe that the dataset was built from, None where it was not kept."""
    path = folder / "recipe.yaml"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise FolderError(f"{path} cannot be read: {error}") from None
