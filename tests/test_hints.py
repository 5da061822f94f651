"""Hints: a ladder for every family, none tells the answer, the stored prompt has none of it."""

from __future__ import annotations

from functools import lru_cache

import pytest

from verimill.pipelines.teachers.hints import (
    RUNGS,
    VARIANT,
    Hint,
    hinted_question,
    ladder,
    right_prefix,
    was_hinted,
    with_hint,
)  # fmt: skip
from verimill.pipelines.teachers.samples import Keys, Model, Question, Sampling
from verimill.schemas.core import Exhausted
from verimill.schemas.families import codec, constant, names
from verimill.schemas.rng import rng_for
from verimill.verifiers.judge import Case, judge_of, judge_text


@lru_cache(maxsize=64)
def made(family: str) -> tuple[Case, str, tuple[Hint, ...]]:
    """A problem as its judge has it, its solution in prose, and its hints."""
    code, maker = codec(family), constant(family, "generators", "MAKER")
    for index in range(30):
        try:
            problem = maker.make(rng_for(family, "hints", index), code.level(3))
        except Exhausted:
            continue
        solved = maker.solve(problem)
        hints = ladder(problem, solved, maker.narrate)
        assert hints == ladder(problem, solved, maker.narrate)
        return Case(code, judge_of(family), "one", problem), maker.narrate(problem, solved.steps), hints
    raise AssertionError(family)


@pytest.mark.parametrize("family", names())
def test_the_ladder_has_its_rungs_in_order_and_none_is_a_right_answer(family: str) -> None:
    case, _, hints = made(family)
    rungs = [hint.rung for hint in hints]
    assert rungs == sorted(rungs, key=RUNGS.index)
    assert {"technique", "plan"} <= set(rungs)
    for hint in hints:
        assert judge_text(case, hint.text).outcome != "right"
        assert 10 < len(hint.text) < 20_000


@pytest.mark.parametrize("family", ["sudoku", "zebra", "kenken", "knights_knaves"])
def test_a_plan_names_no_result(family: str) -> None:
    _, _, hints = made(family)
    plan = next(hint for hint in hints if hint.rung == "plan")
    assert "=" not in plan.text


def test_what_is_stored_is_the_question_without_the_hint() -> None:
    asked = with_hint((("system", "Think."), ("user", "Solve it.")), Hint("half", "r1c1=3."))
    assert asked.asked == (("system", "Think."), ("user", "Solve it.\n\nHint. r1c1=3."))
    assert asked.stored == (("system", "Think."), ("user", "Solve it."))
    assert asked.hinted and was_hinted(asked.variant) and asked.variant == f"{VARIANT}half"
    assert not was_hinted("plain")
    with pytest.raises(ValueError, match="message of the user"):
        with_hint((("system", "Think."),), Hint("plan", "x"))


def test_a_hinted_question_has_samples_of_its_own() -> None:
    plain = Question("p1", "sudoku", 3, (("user", "Solve it."),), "{}")
    hinted = hinted_question(plain, Hint("first", "r1c1=3."))
    keys = Keys(Model("m"), Sampling())
    assert hinted.problem == plain.problem and hinted.variant == "hint-first"
    assert keys.sample(plain, 0).key != keys.sample(hinted, 0).key


def test_the_right_prefix_ends_before_the_first_wrong_claim() -> None:
    case, prose, _ = made("sudoku")
    lines = prose.split("\n")
    assert right_prefix(case, "\n".join(lines)) == "\n".join(lines)
    broken = [*lines[:5], lines[5].replace("!=", "\0").replace("=", "!=").replace("\0", "="), *lines[6:]]
    assert right_prefix(case, "\n".join(broken)) == "".join(f"{line}\n" for line in lines[:5])
