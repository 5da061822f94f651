"""The rows that the report counts, as data frames: a line a problem, and the traces file by file.

A dataset may lie in several folders: what `verimill ask` writes holds the traces of a teacher and no problems.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verimill.data_cards.folder import File, FolderError, read_files

if TYPE_CHECKING:
    import polars as pl

FIFTHS = 5


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a table, and the folder that it lies in."""

    folder: Path
    file: File

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.folder / self.file.name


def sources(folders: Sequence[Path | str]) -> tuple[Source, ...]:
    """The files of all folders. Raises FolderError where one is missing, or no problems are named."""
    found = [Source(Path(folder), file) for folder in folders for file in read_files(Path(folder))]
    for source in found:
        if not source.path.exists():
            raise FolderError(f"{source.path} is missing: the manifest wants {source.file.rows} rows")
    if not any(source.file.table == "problems" and source.file.rows for source in found):
        raise FolderError(f"{folders[0]} has no problems: a report needs at least one row")
    return tuple(found)


def of(found: Sequence[Source], table: str) -> list[Source]:
    """The files of one table that have rows."""
    return [source for source in found if source.file.table == table and source.file.rows]


def scan(source: Source, columns: Sequence[str]) -> pl.LazyFrame:
    """Some columns of a file, not read yet."""
    import polars as pl

    return pl.scan_parquet(source.path).select(columns)


def collected(frame: pl.LazyFrame, path: Path) -> pl.DataFrame:
    """The frame, read; FolderError where the file is not what it should be."""
    import polars as pl

    try:
        return frame.collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FolderError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None


def problems(found: Sequence[Source]) -> pl.DataFrame:
    """A line a problem: id, family, level (0: knobs), split, answerable, tier, power and fifth of effort, prompt size.

    `fifth` ranks a problem among those of its family, 0 the easiest, since efforts of two families do not compare.
    """
    import numpy as np
    import polars as pl

    columns = ["id", "family", "level", "split", "answerable", "hardness", "prompt"]
    told = pl.col("hardness").str
    parts = [
        collected(
            scan(source, columns).select(
                "id", "family", pl.col("level").fill_null(0).cast(pl.Int16), "split", "answerable",
                tier=told.json_path_match("$.tier").cast(pl.Float64).cast(pl.Int16),
                effort=told.json_path_match("$.effort").cast(pl.Float64),
                size=pl.col("prompt").list.eval(pl.element().struct.field("content").str.len_chars()).list.sum(),
            ),
            source.path,
        )
        for source in of(found, "problems")
    ]  # fmt: skip
    table = pl.concat(parts)
    powers = np.frexp(np.maximum(table["effort"].to_numpy(), 0.5))[1] - 1
    rank = pl.col("effort").rank("min").over("family") - 1
    return table.with_columns(
        power=pl.Series(powers, dtype=pl.Int16), fifth=(rank * FIFTHS // pl.len().over("family")).cast(pl.Int16)
    )


def traces(found: Sequence[Source], lines: pl.DataFrame, columns: Sequence[Any]) -> Iterator[pl.DataFrame]:
    """Each trace file's chosen columns beside those of its problems; traces of no known problem are left out."""
    for source in of(found, "traces"):
        import polars as pl

        frame = pl.scan_parquet(source.path).select("problem_id", *columns)
        yield collected(frame, source.path).join(lines, left_on="problem_id", right_on="id", how="inner")
