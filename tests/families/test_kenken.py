"""KenKen: what a cage says, a small puzzle by hand, and every square of a 4 x 4 counted by brute force."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from verimill.generators.grids.kenken import MAKER
from verimill.schemas.grids.kenken import CODEC, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.grids.kenken import JUDGE


def right(problem: Problem, answer: tuple[str, ...]) -> bool:
    return not any(rule.broken(problem, answer) for rule in JUDGE.rules)


def test_brute_force_finds_one_square_for_each_made_problem() -> None:
    rows = list(permutations("1234"))
    squares = [
        tuple(d for row in chosen for d in row)
        for chosen in product(rows, repeat=4)
        if all(len(set(column)) == 4 for column in zip(*chosen, strict=True))
    ]
    assert len(squares) == 576
    for index in range(4):
        problem = MAKER.make(rng_for("kenken test", index), CODEC.level(2))
        assert [s for s in squares if right(problem, s)] == [MAKER.solve(problem).answer]


def test_division_and_difference_take_the_larger_number_first() -> None:
    problem = Problem(4, (0, 0, 1, 1, *range(2, 14)), "/-" + "=" * 12, (2, 1, 2, 1, 4, 3, 3, 4, 1, 2, 4, 3, 2, 1))
    assert not any(rule.name == "cage" and rule.broken(problem, tuple("1234214334124321")) for rule in JUDGE.rules)
    assert not any(rule.name == "cage" and rule.broken(problem, tuple("2143214334124321")) for rule in JUDGE.rules)
    assert any(rule.name == "cage" and rule.broken(problem, tuple("1324214334124321")) for rule in JUDGE.rules)


def test_a_split_cage_and_a_subtraction_of_three_are_refused() -> None:
    with pytest.raises(ValueError, match="one piece"):
        Problem(4, (0, 1, 0, *range(2, 15)), "+" + "=" * 14, (3,) + (1,) * 14)
    with pytest.raises(ValueError, match="cannot have the operation"):
        Problem(4, (0, 0, 0, *range(1, 14)), "-" + "=" * 13, (3,) + (1,) * 13)
