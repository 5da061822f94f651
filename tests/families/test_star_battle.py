"""Star battle: on side 5 and 6, all placements are listed and exactly one of them fits."""

from __future__ import annotations

from itertools import permutations

import pytest

from verimill.generators.grids.star_battle import MAKER
from verimill.schemas.grids.star_battle import CODEC, Params, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.grids.star_battle import JUDGE


def solutions(problem: Problem) -> list[tuple[str, ...]]:
    n = problem.size
    placed = (tuple(f"r{r}c{c + 1}" for r, c in enumerate(cols, 1)) for cols in permutations(range(n)))
    return [answer for answer in placed if not any(rule.broken(problem, answer) for rule in JUDGE.rules)]


def test_a_made_problem_has_the_one_solution_that_the_solver_names() -> None:
    for params in (Params(5, 1, 3), CODEC.level(1), CODEC.level(2)):
        problem = MAKER.make(rng_for("star_battle", params.size), params)
        assert solutions(problem) == [MAKER.solve(problem).answer]


def test_answers_are_read_in_any_order_and_dress() -> None:
    problem = MAKER.make(rng_for("star_battle", 1), CODEC.level(1))
    assert CODEC.read(problem, "Stars: (R2C3), r1c1 and **r5c5**.") == ("r1c1", "r2c3", "r5c5")
    for text in ("(r1, c1), (r2, c3)", "r_{1}c_{1}, r_2c_3", "r1 c1; r2 c3", "row 1, column 1; row 2, column 3"):
        assert CODEC.read(problem, text) == ("r1c1", "r2c3")
    for text in ("r1c1, r1c1", "r1, r2, c3", "r1c1a", "r7c1", "r1c1, somewhere", ""):
        with pytest.raises(ValueError, match=r"."):
            CODEC.read(problem, text)


def test_regions_must_be_whole() -> None:
    with pytest.raises(ValueError, match="one piece"):
        Problem(5, 1, (0, 1, 0, 1, 1) + (2,) * 5 + (3,) * 5 + (4,) * 10)
