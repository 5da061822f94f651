"""What is special to countdown: the complete search against brute force, the rules one by one, read forms."""

from __future__ import annotations

from itertools import combinations

import pytest

from verimill.generators.numbers.countdown import MAKER
from verimill.generators.numbers.countdown_search import find
from verimill.schemas.expressions import parse
from verimill.schemas.numbers.countdown import CODEC, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.judge import verify, write_case
from verimill.verifiers.numbers.countdown import JUDGE

# Broadcast in 1997: the contestant's way went over 23850, and every result on it is whole.
SHOW = Problem((25, 50, 75, 100, 3, 6), 952)


def _broken(problem: Problem, text: str) -> list[str]:
    answer = CODEC.read(problem, text)
    return [rule.name for rule in JUDGE.rules if rule.broken(problem, answer) is not None]


def _all_values(numbers: tuple[int, ...]) -> set[int]:
    """Everything that can be made, by joining any two numbers in every way."""
    out = set(numbers)
    for i, j in combinations(range(len(numbers)), 2):
        rest = tuple(number for k, number in enumerate(numbers) if k not in (i, j))
        a, b = max(numbers[i], numbers[j]), min(numbers[i], numbers[j])
        for value in (a + b, a * b, a - b, a // b if a % b == 0 else 0):
            if value > 0:
                out |= _all_values((*rest, value))
    return out


def test_the_way_shown_on_television_is_right() -> None:
    assert _broken(SHOW, "((100 + 6) * 3 * 75 - 50) / 25") == []
    solved = MAKER.solve(SHOW)
    assert JUDGE.check(SHOW, solved.steps, solved.answer).ok


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("100 * 6 + 352", ["numbers"]), ("100 * 3", ["target"]), ("25 + 25", ["numbers", "target"]),
        ("(6 - 100) / 25", ["whole", "target"]), ("3 - 3", ["numbers", "whole", "target"]),
        ("6 / (50 - 50)", ["numbers", "whole", "target"]), ("2.5 * 100", ["numbers", "target"]),
    ],
)  # fmt: skip
def test_each_rule_is_broken_by_what_it_forbids(text: str, rules: list[str]) -> None:
    assert _broken(SHOW, text) == rules


def test_a_fraction_on_the_way_is_refused_though_the_end_is_right() -> None:
    assert _broken(Problem((3, 2, 4, 7), 6), "3 / 2 * 4") == ["whole"]
    assert _broken(Problem((3, 2, 4, 7), 6), "3 * 4 / 2") == []
    assert _broken(Problem((3, 9, 8, 1), 2), "3 - 9 + 8") == ["whole"]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (r"\boxed{\frac{9 - 1}{2} \times 3}", "right"), (r"$\frac{(9-1)}2 \cdot 3 = 12$", "right"),
        (r"9 - \frac{1}{2} \times 3", "wrong"), (r"\frac{9 - 1 \times 3}{2}", "wrong"),
    ],
)  # fmt: skip
def test_a_fraction_in_latex_keeps_its_sums_together(text: str, outcome: str) -> None:
    assert verify(write_case(CODEC, Problem((9, 1, 2, 3), 12)), text).outcome == outcome


def test_the_search_reaches_exactly_what_brute_force_reaches() -> None:
    for index in range(12):
        rng = rng_for("brute", index)
        numbers = tuple(rng.between(1, 12) for _ in range(3 + index % 2))
        values = _all_values(numbers)
        for target in range(1, 120):
            if target not in numbers:
                assert (find(numbers, target) is not None) == (target in values), (numbers, target)


def test_the_recount_agrees_on_larger_sets_that_it_solves_forward() -> None:
    seen = set()
    for index in range(8):
        rng = rng_for("recount", index)
        numbers = tuple(rng.between(1, 7) for _ in range(5 + index % 2))
        problem = Problem(numbers, rng.between(300, 2000))
        found = find(numbers, problem.target) is not None
        seen.add(found)
        answer = MAKER.solve(problem).answer if found else None
        assert JUDGE.recount(problem, "one" if found else "none", answer).agrees
    assert seen == {True, False}


def test_a_target_out_of_reach_is_refuted_join_by_join() -> None:
    problem = MAKER.make(rng_for("none", 1), CODEC.level(3))
    assert MAKER.unanswerable is not None
    changed = MAKER.unanswerable(rng_for("none", 2), problem)
    assert changed is not None
    assert JUDGE.check(changed.problem, changed.steps, None).ok
    assert not JUDGE.check(changed.problem, changed.steps[1:], None).ok
    assert not JUDGE.check(problem, changed.steps, None).ok


@pytest.mark.parametrize(
    "text",
    ["((100 + 6) × 3 × 75 − 50) ÷ 25 = 952", "952 = ((100+6)*3*75-50)/25.", "`(100+6)*3*75/25-50/25`"],
)
def test_expressions_are_read_in_many_dresses(text: str) -> None:
    assert CODEC.read(SHOW, text)


@pytest.mark.parametrize("text", ["", "2^10", "-3 + 6", "100 = 99", "1 + 2 = 3 = 952", "100 6", "import os"])
def test_what_is_no_plain_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        CODEC.read(SHOW, text)


def test_two_different_ways_are_both_right() -> None:
    problem = Problem((2, 3, 4, 6), 24)
    assert _broken(problem, "4 * 6") == [] == _broken(problem, "2 * 3 * 4")
    assert parse("4 * 6") != parse("2 * 3 * 4")
