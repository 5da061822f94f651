"""Kakurasu: on side 4, deduction and the plain enumeration of all row choices count the same solutions."""

from __future__ import annotations

from itertools import product

import pytest

from verimill.generators.grids.kakurasu import MAKER, sums_of
from verimill.schemas.grids.kakurasu import CODEC, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.grids.kakurasu import JUDGE


def solutions(problem: Problem) -> list[str]:
    lines = ["".join(bits) for bits in product("01", repeat=problem.size)]
    by_sum = {
        s: [line for line in lines if sum(i for i, d in enumerate(line, 1) if d == "1") == s] for s in problem.rows
    }
    grids = ("".join(rows) for rows in product(*(by_sum[s] for s in problem.rows)))
    return [g for g in grids if not any(rule.broken(problem, g) for rule in JUDGE.rules)]


def test_a_made_problem_has_the_one_solution_that_the_solver_names() -> None:
    for i in range(5):
        problem = MAKER.make(rng_for("kakurasu", i), CODEC.level(1))
        assert solutions(problem) == [MAKER.solve(problem).answer]


def test_sums_shared_by_two_markings_are_told_apart_from_none() -> None:
    seen = {"none": 0, "many": 0}
    for i in range(40):
        problem = MAKER.make(rng_for("kakurasu-perturbed", i), CODEC.level(1))
        assert MAKER.unanswerable is not None
        other = MAKER.unanswerable(rng_for("kakurasu-draw", i), problem)
        if other is not None:
            found = len(solutions(other.problem))
            assert found == 0 if other.status == "none" else found > 1
            seen[other.status] += 1
    assert seen["none"]


def test_the_weights_of_a_small_grid_are_as_stated() -> None:
    grid = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
    assert sums_of(4, grid) == Problem(4, (1, 0, 0, 3), (1, 0, 4, 0))
    with pytest.raises(ValueError, match="rows must be 4 sums"):
        Problem(4, (1, 0, 0, 11), (1, 0, 4, 0))
