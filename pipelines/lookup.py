"""Rows of a dataset by the value of a column: found by reading that column alone, then read whole, with their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verimill.pipelines.manifest import Damaged, Entry, cannot
from verimill.pipelines.shards import require_schema

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A row, its file and its number in it, from 0."""

    entry: Entry
    at: int
    row: Row


class Match(Enum):
    """How a value is looked for."""

    EQUALS = "equal"
    BEGINS = "starts_with"
    HOLDS = "match_substring"


def find(
    folder: Path, entries: Sequence[Entry], table: str, column: str, value: str, match: Match = Match.EQUALS
) -> Iterator[Found]:
    """The rows of a table whose column is, begins with or holds the value, in the order of the files."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    for entry in entries:
        if entry.table != table:
            continue
        path = folder / entry.name
        if not path.exists():
            raise Damaged(f"{path} is missing: the manifest wants {entry.rows} rows")
        try:
            with pq.ParquetFile(path) as file:
                require_schema(path, table, file.schema_arrow)
                texts = file.read(columns=[column]).column(0)
                hits = getattr(pc, match.value)(texts, value)
                for at in pc.indices_nonzero(hits).to_pylist():
                    yield Found(entry, at, _row(file, at))
        except (OSError, pa.ArrowException) as error:
            raise cannot("read", path, error) from error


def _row(file: pa.parquet.ParquetFile, at: int) -> Row:
    """Row `at` of the file; one row group is read."""
    group = 0
    while at >= (rows := file.metadata.row_group(group).num_rows):
        at, group = at - rows, group + 1
    row: Row = file.read_row_group(group).slice(at, 1).to_pylist()[0]
    return row
