"""Splits: exactly as many rows as asked for, in fair shares, or a sentence that says what is short."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verimill.pipelines.splits import Assignment, Pool, assign, cells_of, first_quotas, share_out
from verimill.schemas.recipes import Recipe, parse_recipe

RECIPE = """\
name: x
seed: 1
families:
  - {family: arithmetic_chain, weight: 3}
  - shortest_path
splits:
  - {name: train, rows: 80, levels: 1-4}
  - {name: test, rows: 20, levels: 1-4}
  - {name: hard, rows: 6, levels: 3-5, where: "tier > 2"}
tries: 5
"""


def _recipe(old: str = "", new: str = "") -> Recipe:
    assert old in RECIPE
    return parse_recipe(RECIPE.replace(old, new) if old else RECIPE)


def _pool(start: int, units: int, twin_every: int = 0, hard_every: int = 0, tried: int | None = None) -> Pool:
    """Units at positions from `start`, two positions each; bit 2 is the condition of split `hard`."""
    at = np.arange(units, dtype=np.int64)
    twins = np.where(at % twin_every == 0, start + 2 * at + 1, -1) if twin_every else np.full(units, -1)
    hard = (at % hard_every == 0) if hard_every else np.zeros(units, dtype=bool)
    meets = (3 + 4 * hard.astype(np.int64)).astype(np.uint64)
    return Pool(start + 2 * at, twins.astype(np.int64), meets, units if tried is None else tried)


def _mill(recipe: Recipe, grow: dict[int, dict[str, int]], start: int = 0) -> tuple[Assignment, list[int]]:
    """Rounds until nothing more is wanted; `grow[cell]` says how the units of a cell look."""
    cells = cells_of(recipe)
    tried = [start or count for count in first_quotas(recipe, cells)]
    for _ in range(40):
        pools = []
        for at, count in enumerate(tried):
            look = dict(grow.get(at, grow.get(-1, {})))
            most = look.pop("most", count)
            pools.append(_pool(at * 1_000_000, min(count, most), tried=count, **look))
        choice = assign(recipe, cells, pools)
        if not choice.more:
            return choice, tried
        for cell, count in choice.more.items():
            tried[cell] += count
    raise AssertionError("the rounds do not end")


def test_shares_follow_the_weights_and_levels_are_even() -> None:
    recipe = _recipe()
    cells = cells_of(recipe)
    quotas = first_quotas(recipe, cells)
    assert sum(quotas) == 106
    by_family = [sum(q for q, c in zip(quotas, cells, strict=True) if c.entry == entry) for entry in (0, 1)]
    assert by_family == [75 + 5, 25 + 1] or by_family == [75 + 4, 25 + 2]


def test_few_rows_are_spread_over_levels_and_families() -> None:
    recipe = parse_recipe(
        "name: x\nseed: 1\nfamilies: [arithmetic_chain, shortest_path]\nsplits: [{name: train, rows: 4, levels: 1-6}]\n"
    )
    used = [c for c, quota in zip(cells_of(recipe), first_quotas(recipe, cells_of(recipe)), strict=True) if quota]
    assert {cell.entry for cell in used} == {0, 1}
    assert len({cell.level for cell in used}) > 2


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 5000),
    st.lists(st.tuples(st.floats(0.01, 100), st.none() | st.integers(0, 300)), min_size=1, max_size=12),
    st.integers(0, 50),
)
def test_shares_add_up_and_keep_their_caps(total: int, parts: list[tuple[float, int | None]], turn: int) -> None:
    weights, caps = [w for w, _ in parts], [c for _, c in parts]
    given_ = share_out(total, weights, caps, turn)
    assert all(0 <= got and (cap is None or got <= cap) for got, cap in zip(given_, caps, strict=True))
    room = None if None in caps else sum(c for c in caps if c is not None)
    assert sum(given_) == (total if room is None else min(total, room))


def test_splits_get_exactly_their_rows_and_share_none() -> None:
    choice, _ = _mill(_recipe(), {-1: {"hard_every": 3, "twin_every": 4}})
    assert [len(rows) for rows in choice.taken] == [80, 20, 6]
    assert len(np.unique(np.concatenate(choice.taken))) == 106
    assert choice.shortfalls == ()


def test_a_twin_is_in_the_split_of_its_original() -> None:
    choice, _ = _mill(_recipe(), {-1: {"hard_every": 3, "twin_every": 2}})
    home = {int(row): split for split, rows in enumerate(choice.taken) for row in rows}
    twins = [row for row in home if row % 2]
    assert twins and all(home[row - 1] == home[row] for row in twins)


def test_hard_rows_go_to_the_split_that_asks_for_them() -> None:
    choice, tried = _mill(_recipe(), {-1: {"hard_every": 10}})
    assert all(row % 1_000_000 // 2 % 10 == 0 for row in choice.taken[2])
    assert len(choice.taken[2]) == 6
    assert sum(tried) > 106


def test_what_one_level_cannot_give_the_others_give() -> None:
    choice, tried = _mill(_recipe(), {0: {"most": 3}, -1: {"hard_every": 2}})
    assert [len(rows) for rows in choice.taken] == [80, 20, 6]
    assert choice.shortfalls == ()
    assert tried[0] <= 5 * 25 + 50


def test_a_split_that_cannot_be_filled_is_named_with_what_was_tried() -> None:
    recipe = _recipe()
    choice, tried = _mill(recipe, {-1: {"hard_every": 0}})
    assert [len(rows) for rows in choice.taken] == [80, 20, 0]
    cells = cells_of(recipe)
    spent = sum(t for t, cell in zip(tried, cells, strict=True) if 3 <= cell.level <= 5)
    assert [str(short) for short in choice.shortfalls] == [
        f"split hard wanted 6 rows that meet tier > 2, got 0 in {spent} tries"
    ]


def test_a_condition_met_once_in_a_hundred_is_still_filled() -> None:
    choice, tried = _mill(_recipe("tries: 5", "tries: 2000"), {-1: {"hard_every": 100}})
    assert [len(rows) for rows in choice.taken] == [80, 20, 6]
    assert sum(tried) < 6 * 100 * 6


def test_more_training_rows_leave_the_test_split_as_it_was() -> None:
    small, _ = _mill(_recipe(), {-1: {"hard_every": 3}}, start=2000)
    large, _ = _mill(_recipe("rows: 80", "rows: 800"), {-1: {"hard_every": 3}}, start=2000)
    assert small.taken[1].tolist() == large.taken[1].tolist()
    assert small.taken[2].tolist() == large.taken[2].tolist()


@pytest.mark.parametrize("twin_every", [0, 1, 3])
def test_a_last_row_leaves_its_twin_behind(twin_every: int) -> None:
    recipe = parse_recipe(
        "name: x\nseed: 1\nfamilies: [{family: arithmetic_chain, levels: 2}]\nsplits: [{name: train, rows: 7}]\n"
    )
    choice = assign(recipe, cells_of(recipe), [_pool(0, 20, twin_every)])
    assert len(choice.taken[0]) == 7
