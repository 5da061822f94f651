"""A problem with more than one answer has as many clues as one with one answer: counting them tells nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from verimill.pipelines.rows import series, unanswerable_twin


def givens(problem: Any) -> int:
    return sum(symbol != "." for symbol in problem.givens)


def cages(problem: Any) -> tuple[int, bool]:
    """How many cages there are, and whether one is larger than where all are of two cells at most."""
    sizes = Counter(problem.cages).values()
    return len(sizes), max(sizes) > 2


COUNTS: dict[str, Callable[[Any], object]] = {
    "sudoku": givens,
    "binairo": givens,
    "futoshiki": lambda problem: givens(problem) + len(problem.signs),
    "skyscrapers": lambda problem: givens(problem) + sum(map(bool, problem.views)),
    "killer_sudoku": lambda problem: (givens(problem), *cages(problem)),
    "kenken": cages,
    "zebra": lambda problem: len(problem.clues),
    "seating": lambda problem: len(problem.clues),
}


@pytest.mark.parametrize("family", COUNTS)
def test_no_clue_is_missed_where_more_than_one_answer_fits(family: str) -> None:
    seen = 0
    for level in (1, 3):
        for problem in series(family, level, 8, 0, 12):
            twin = unanswerable_twin(problem)
            if twin is not None and twin.answer == "many":
                seen += 1
                assert COUNTS[family](twin.instance) == COUNTS[family](problem.instance), twin.key
    assert seen >= 3


def test_the_totals_of_kakurasus_without_an_answer_agree() -> None:
    """Row sums times row numbers total column sums times column numbers in every marking: no short cut to none."""
    twins = [unanswerable_twin(problem) for level in (1, 3) for problem in series("kakurasu", level, 8, 0, 12)]
    none = [twin.instance for twin in twins if twin is not None and twin.answer == "none"]
    assert len(none) >= 6
    for sums in none:
        assert sum(k * s for k, s in enumerate(sums.rows, 1)) == sum(k * s for k, s in enumerate(sums.cols, 1))


def test_a_cryptarithm_without_one_answer_mostly_tells_as_many_letters() -> None:
    same = []
    for level in (1, 3):
        for problem in series("cryptarithm", level, 8, 0, 20):
            twin = unanswerable_twin(problem)
            if twin is not None:
                same.append(len(twin.instance.known) == len(problem.instance.known))
    assert len(same) >= 30 and sum(same) > 0.9 * len(same)
