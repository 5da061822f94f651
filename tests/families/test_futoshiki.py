"""Futoshiki: a hand-made puzzle, sign geometry, and near misses for every rule."""

from __future__ import annotations

import pytest

from verimill.generators.grids.futoshiki import MAKER
from verimill.schemas.grids.futoshiki import CODEC, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.grids.futoshiki import JUDGE

# 1 < 2 < 3 < 4 along the top and down the left leaves one way to fill the first row and column.
CHAIN = Problem(
    4,
    "..........3....1",
    ((0, 1), (0, 4), (1, 2), (2, 3), (4, 8), (8, 12)),
)


def broken(problem: Problem, text: str) -> list[str]:
    answer = CODEC.read(problem, text)
    return [rule.name for rule in JUDGE.rules if rule.broken(problem, answer)]


def test_a_chain_of_signs_forces_the_first_row() -> None:
    assert broken(CHAIN, "1 2 3 4\n2 1 4 3\n3 4 1 2\n4 3 2 1") == ["given"]
    assert broken(CHAIN, "2 1 3 4\n1 2 4 3\n3 4 1 2\n4 3 2 1") == ["given", "sign"]


def test_signs_across_the_edge_or_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="neighbouring"):
        Problem(4, "." * 16, ((3, 4),))
    with pytest.raises(ValueError, match="reading order"):
        Problem(4, "." * 16, ((4, 5), (0, 1)))


def test_every_rule_is_broken_alone_by_some_near_miss() -> None:
    alone = set()
    for index in range(6):
        problem = MAKER.make(rng_for("futoshiki test", index), CODEC.level(3))
        for miss in MAKER.near_misses(rng_for(index), problem, MAKER.solve(problem).answer):
            names = [rule.name for rule in JUDGE.rules if rule.broken(problem, miss.answer)]
            assert miss.rule in names
            if names == [miss.rule]:
                alone.add(miss.rule)
    assert alone == {rule.name for rule in JUDGE.rules}


def test_the_drawing_shows_every_sign() -> None:
    for index in range(4):
        problem = MAKER.make(rng_for("futoshiki drawn", index), CODEC.level(4))
        picture = MAKER.face.layouts["drawn"](problem).rsplit("\n", 1)[0]
        assert sum(picture.count(sign) for sign in "<>^v") == len(problem.signs)
