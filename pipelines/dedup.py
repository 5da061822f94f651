"""Of all candidates with one canonical key the first in order is left, across all splits.

The key is exact, so nothing distinct is dropped, and equal for symmetric or relabelled copies, so no copy is
kept. Only key columns are in memory, about 60 bytes a candidate.
"""

from __future__ import annotations

import polars as pl

# One row a candidate, in the order of making. `cell` is its place in the recipe, `index` its number in the
# cell's stream, `twin` marks the unanswerable twin, which follows its original. `family` numbers the families;
# `meets` has a bit for each split; `shard` and `row` say where the row is.
CANDIDATES = {
    "cell": pl.Int32,
    "index": pl.Int64,
    "twin": pl.Boolean,
    "family": pl.Int16,
    "canonical": pl.String,
    "meets": pl.UInt64,
    "shard": pl.Int32,
    "row": pl.Int32,
}


def mark_duplicates(candidates: pl.DataFrame) -> pl.DataFrame:
    """`candidates` with a column `why`: null for a row that stays, else why it is dropped.

    `duplicate`: an earlier row has its canonical key. `orphan`: an unanswerable twin whose original is a
    duplicate; it would tie two splits together.
    """
    first = pl.struct("family", "canonical").is_first_distinct()
    lone = pl.col("twin") & ~pl.col("_first").shift(1, fill_value=True)
    return (
        candidates.with_columns(_first=first)
        .with_columns(
            why=pl.when(~pl.col("_first"))
            .then(pl.lit("duplicate"))
            .when(lone)
            .then(pl.lit("orphan"))
            .otherwise(pl.lit(None, dtype=pl.String))
        )
        .drop("_first")
    )


def duplicates_by_cell(marked: pl.DataFrame) -> pl.DataFrame:
    """Per cell: candidates, and how many of them were duplicates."""
    return (
        marked.group_by("cell").agg(candidates=pl.len(), duplicates=(pl.col("why") == "duplicate").sum()).sort("cell")
    )
