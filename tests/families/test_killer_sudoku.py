"""Killer sudoku: cages forbid repeats, sums changed for a twin keep their total, and boxes are checked alone."""

from __future__ import annotations

import pytest

from verimill.generators.grids.killer_sudoku import MAKER
from verimill.schemas.grids.killer_sudoku import CODEC, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.grids.killer_sudoku import JUDGE

# Cage 1 bends through three boxes, so that only the cage itself forbids a repeat in it.
BENT = Problem(4, "." * 16, (0, 1, 2, 3, 0, 0, 0, 4, *range(5, 13)), (10, 2, 3, 4, 2, *[1] * 8))


def test_a_cage_forbids_a_repeat_that_rows_columns_and_boxes_allow() -> None:
    problem = Problem(4, "." * 16, (0, 1, 1, 2, 3, 4, 1, 5, *range(6, 14)), (1, 7, 4, 3, 4, 2, *[1] * 8))
    cage = next(rule for rule in JUDGE.rules if rule.name == "cage")
    assert cage.broken(problem, tuple("1234341221434321")) == "cage 2 must sum to 7, got 6"
    repeated = cage.broken(problem, tuple("1324342221434321"))
    assert repeated == "cage 2 holds a digit more than once"


def test_sums_out_of_reach_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must sum to 10\.\.10"):
        Problem(4, BENT.givens, BENT.cages, (9, *BENT.sums[1:]))


def test_a_problem_without_an_answer_keeps_the_total_of_its_sums() -> None:
    seen = set()
    for index in range(8):
        problem = MAKER.make(rng_for("killer test", index), CODEC.level(5))
        other = MAKER.unanswerable(rng_for("twin", index), problem) if MAKER.unanswerable else None
        if other is not None:
            seen.add(other.status)
            assert sum(other.problem.sums) == sum(problem.sums)
    assert seen == {"none", "many"}


def test_every_rule_is_broken_alone_by_some_near_miss() -> None:
    alone = set()
    for index in range(12):
        problem = MAKER.make(rng_for("killer test", index), CODEC.level(2 if index % 2 else 5))
        for miss in MAKER.near_misses(rng_for(index), problem, MAKER.solve(problem).answer):
            names = [rule.name for rule in JUDGE.rules if rule.broken(problem, miss.answer)]
            assert miss.rule in names
            if names == [miss.rule]:
                alone.add(miss.rule)
    assert alone == {rule.name for rule in JUDGE.rules}
