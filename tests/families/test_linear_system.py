"""What is special to linear_system: elimination against sympy, none and many, answers in any order."""

from __future__ import annotations

from fractions import Fraction

import pytest

from verimill.generators.numbers.elimination import plan_of
from verimill.generators.numbers.linear_system import MAKER, _witnesses
from verimill.schemas.core import Step
from verimill.schemas.numbers.linear_system import CODEC, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.numbers.linear_system import JUDGE

# The Nine Chapters on the Mathematical Art, chapter 8, problem 1: bundles of top, medium and low grade grain.
NINE_CHAPTERS = Problem(((3, 2, 1, 39), (2, 3, 1, 34), (1, 2, 3, 26)), ("top", "medium", "low"))
NINE_ANSWER = (("top", Fraction(37, 4)), ("medium", Fraction(17, 4)), ("low", Fraction(11, 4)))


def test_the_grain_problem_of_the_nine_chapters_has_its_known_answer() -> None:
    solved = MAKER.solve(NINE_CHAPTERS)
    assert solved.answer == NINE_ANSWER
    assert solved.hardness.tier == 3
    assert JUDGE.check(NINE_CHAPTERS, solved.steps, solved.answer).ok
    assert JUDGE.check(NINE_CHAPTERS, solved.brief, solved.answer).ok
    assert JUDGE.recount(NINE_CHAPTERS, "one", solved.answer).agrees


def test_random_small_systems_have_the_status_that_sympy_finds() -> None:
    seen = set()
    for index in range(40):
        rng = rng_for("status", index)
        count = rng.between(1, 3)
        rows = tuple(
            (*(rng.between(-2, 2) for _ in range(count)), rng.between(-3, 3)) for _ in range(rng.between(1, 4))
        )
        rows = tuple(row for row in rows if any(row[:-1]))
        if not rows:
            continue
        problem = Problem(rows, ("x", "y", "z")[:count])
        plan = plan_of(rows, count)
        seen.add(plan.status)
        answer = MAKER.solve(problem).answer if plan.status == "one" else None
        assert JUDGE.recount(problem, plan.status, answer).agrees, (rows, plan.status)
    assert seen == {"one", "none", "many"}


def test_systems_without_one_solution_are_certified() -> None:
    seen = set()
    for level in (1, 3, 5, 7, 10):
        for index in range(6):
            problem = MAKER.make(rng_for("u", level, index), CODEC.level(level))
            assert MAKER.unanswerable is not None
            changed = MAKER.unanswerable(rng_for("v", index), problem)
            if changed is None:
                continue
            seen.add(changed.status)
            if changed.status == "none":
                assert JUDGE.check(changed.problem, changed.steps, None).ok
                assert not JUDGE.check(changed.problem, changed.steps[:-1], None).ok
            else:
                one, two = changed.witnesses
                assert one != two
                assert all(JUDGE.rules[0].broken(changed.problem, w) is None for w in (one, two))
    assert seen == {"none", "many"}


@pytest.mark.parametrize("level", [1, 3, 6, 9])
def test_no_number_or_missing_unknown_gives_away_that_there_is_no_one_solution(level: int) -> None:
    twins = 0
    for index in range(20):
        problem = MAKER.make(rng_for("plain", level, index), CODEC.level(level))
        assert MAKER.unanswerable is not None
        changed = MAKER.unanswerable(rng_for("odd", index), problem)
        if changed is not None:
            twins += 1
            for row, new in zip(problem.rows, changed.problem.rows, strict=True):
                assert [a != 0 for a in row[:-1]] == [a != 0 for a in new[:-1]]
            assert max(abs(a) for row in changed.problem.rows for a in row[:-1]) <= CODEC.level(level).coefficient
    assert twins >= 15


@pytest.mark.parametrize("settled", [1, 2, 3])
def test_two_answers_are_shown_where_one_unknown_is_settled_and_others_are_not(settled: int) -> None:
    problem = Problem(((1, 0, 0, settled), (0, 1, 1, 3)), ("x", "y", "z"))
    one, two = _witnesses(problem)
    assert one != two and dict(one)["x"] == dict(two)["x"] == settled
    assert not any(rule.broken(problem, answer) for rule in JUDGE.rules for answer in (one, two))


def test_a_story_counts_its_units() -> None:
    told = MAKER.face.layouts["prose"](
        Problem(((4, -3, 1), (2, -3, -1), (1, 1, 5), (1, 0, 1)), ("star", "gem"), "game")
    )
    assert told.split("\n") == [
        "(1) 4 stars score 1 point more than 3 gems.",
        "(2) 2 stars score 1 point less than 3 gems.",
        "(3) 1 star and 1 gem together score 5 points.",
        "(4) 1 star scores 1 point.",
    ]


def test_an_extra_equation_must_be_used_or_checked() -> None:
    problem = Problem(((1, 1, 3), (1, -1, 1), (2, 5, 9)), ("x", "y"))
    solved = MAKER.solve(problem)
    assert JUDGE.check(problem, solved.steps, solved.answer).ok
    idle = tuple(step for step in solved.steps if step.rule != "check")
    assert len(idle) == len(solved.steps) - 1
    assert "never used" in JUDGE.check(problem, idle, solved.answer).reason


def test_a_wrong_row_operation_is_named() -> None:
    problem = Problem(((1, 1, 3), (1, -1, 1)), ("x", "y"))
    steps = (Step(1, "combine", ("1*e1", "1*e2"), ("e3: 1 0 = 3",)),)
    assert JUDGE.check(problem, steps, None).first_wrong == 1


@pytest.mark.parametrize(
    "text",
    [
        "top = 37/4, medium = 17/4, low = 11/4", "low: 2.75; top: 9.25; medium: 4.25", "(37/4, 17/4, 11/4)",
        "TOP = 9 1/4\nMEDIUM = 4 1/4\nLOW = 2 3/4.", "- **top** = 37/4\n- **medium** = 17/4\n- **low** = 11/4",
        "top = 37/4, medium = 17/4 and low = 11/4", "$top = \\frac{37}{4}$, $medium = \\frac{17}{4}$, $low = 2¾$",
        "(low, top, medium) = (11/4, 37/4, 17/4)", "top is 37/4, medium is 17/4 and low is 11/4.",
        r"top = 9\frac{1}{4}, medium = 4\frac14, low = 2.75",
    ],
)  # fmt: skip
def test_an_answer_is_read_in_any_order_and_dress(text: str) -> None:
    assert CODEC.read(NINE_CHAPTERS, text) == NINE_ANSWER


def test_the_unit_of_the_story_may_stand_behind_a_value() -> None:
    problem = Problem(((1, 1, 5), (1, -1, 2)), ("gem", "lamp"), "game")
    assert dict(CODEC.read(problem, "gem = 7/2 points, lamp = 3/2 points")) == {
        "gem": Fraction(7, 2),
        "lamp": Fraction(3, 2),
    }
    with pytest.raises(ValueError, match="exact number"):
        CODEC.read(problem, "gem = 7/2 coins, lamp = 3/2 coins")


@pytest.mark.parametrize(
    "text", ["", "top = 1, medium = 2", "top = 1, top = 2, low = 3", "a = 1, b = 2, c = 3", "1, 2", "top = medium"]
)
def test_an_incomplete_or_doubled_answer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"wanted|no value|twice|unknown"):
        CODEC.read(NINE_CHAPTERS, text)
