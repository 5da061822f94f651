"""Dedup: the first of each canonical key stays, whatever split would have had the others."""

from __future__ import annotations

import polars as pl

from verimill.pipelines.dedup import CANDIDATES, mark_duplicates


def _table(rows: list[tuple[str, bool, int]]) -> pl.DataFrame:
    """Candidates from (canonical key, is a twin, family)."""
    data = [
        {"cell": 0, "index": at, "twin": twin, "family": family, "canonical": key, "meets": 1, "shard": 0, "row": at}
        for at, (key, twin, family) in enumerate(rows)
    ]
    return pl.DataFrame(data, schema=CANDIDATES)


def _why(rows: list[tuple[str, bool, int]]) -> list[str | None]:
    return mark_duplicates(_table(rows))["why"].to_list()


def test_the_first_of_a_key_stays() -> None:
    assert _why([("a", False, 0), ("b", False, 0), ("a", False, 0), ("a", False, 0)]) == [
        None,
        None,
        "duplicate",
        "duplicate",
    ]


def test_families_do_not_share_keys() -> None:
    assert _why([("a", False, 0), ("a", False, 1)]) == [None, None]


def test_a_twin_goes_with_its_duplicate_original() -> None:
    assert _why([("a", False, 0), ("a", False, 0), ("t", True, 0)]) == [None, "duplicate", "orphan"]


def test_a_twin_that_was_there_already_goes_alone() -> None:
    assert _why([("a", False, 0), ("t", True, 0), ("b", False, 0), ("t", True, 0)]) == [None, None, None, "duplicate"]


def test_the_answer_is_the_same_for_two_hundred_thousand_rows_as_for_a_dictionary() -> None:
    keys = [f"{(n * n * 2654435761) % 150_001:032x}" for n in range(200_000)]
    seen: set[str] = set()
    wanted = [key in seen or seen.add(key) is not None for key in keys]
    marked = mark_duplicates(
        pl.DataFrame(
            {"canonical": keys},
        ).with_columns(family=pl.lit(0), twin=pl.lit(False))
    )
    assert (marked["why"] == "duplicate").fill_null(False).to_list() == wanted


def test_no_rows_are_no_duplicates() -> None:
    assert len(mark_duplicates(pl.DataFrame(schema=CANDIDATES))) == 0
