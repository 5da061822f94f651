"""Skyscrapers: what is seen from each side, a square settled by its views, and near misses for every rule."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from verimill.generators.grids.skyscrapers import MAKER, lines_showing, visible
from verimill.schemas.grids.skyscrapers import CODEC, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.grids.skyscrapers import JUDGE, view_line


def test_views_count_what_is_not_hidden() -> None:
    assert [visible(h) for h in ((1, 2, 3, 4), (4, 3, 2, 1), (2, 1, 4, 3), (3, 1, 2, 4))] == [4, 1, 2, 2]
    # Unsigned Stirling numbers of the first kind count the orders of 5 heights that show 0, 1, ... 5.
    assert [len(lines) for lines in lines_showing(5)] == [0, 24, 50, 35, 10, 1]


def test_the_automaton_accepts_exactly_the_lines_that_show_the_number() -> None:
    for wanted in range(1, 5):
        line = view_line((0, 1, 2, 3), wanted)
        for values in product(range(4), repeat=4):
            assert line.holds(values) == (values in lines_showing(4)[wanted])


def test_brute_force_finds_one_square_for_each_made_problem() -> None:
    rows = list(permutations("1234"))
    squares = [
        tuple(d for row in chosen for d in row)
        for chosen in product(rows, repeat=4)
        if all(len(set(column)) == 4 for column in zip(*chosen, strict=True))
    ]
    for index in range(4):
        problem = MAKER.make(rng_for("skyscrapers test", index), CODEC.level(2))
        fitting = [s for s in squares if not any(rule.broken(problem, s) for rule in JUDGE.rules)]
        assert fitting == [MAKER.solve(problem).answer]


def test_every_rule_is_broken_alone_by_some_near_miss() -> None:
    alone = set()
    for index in range(6):
        problem = MAKER.make(rng_for("skyscrapers test", index), CODEC.level(3))
        for miss in MAKER.near_misses(rng_for(index), problem, MAKER.solve(problem).answer):
            names = [rule.name for rule in JUDGE.rules if rule.broken(problem, miss.answer)]
            assert miss.rule in names
            if names == [miss.rule]:
                alone.add(miss.rule)
    assert alone == {rule.name for rule in JUDGE.rules}


def test_a_view_taller_than_the_line_is_refused() -> None:
    with pytest.raises(ValueError, match="views must be"):
        Problem(4, "." * 16, (5, *[0] * 15))
