"""Hints: a ladder for every family, none tells the answer, the stored prompt has none of it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest

from verimill.pipelines.teachers.aids import (
    FROM,
    KEPT,
    TAGGED,
    Beginning,
    asked_question,
    continued_question,
    helped,
    joined,
    right_beginning,
)
from verimill.pipelines.teachers.hints import (
    RUNGS,
    VARIANT,
    Hint,
    hinted_question,
    ladder,
    was_helped,
    with_hint,
)  # fmt: skip
from verimill.pipelines.teachers.log import opened, sample_record, sealed
from verimill.pipelines.teachers.samples import Keys, Model, Question, Reply, Sampling
from verimill.schemas.core import Exhausted
from verimill.schemas.families import codec, constant, names
from verimill.schemas.rng import rng_for
from verimill.verifiers.judge import Case, judge_of, judge_text, write_case


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
    assert asked.hinted and was_helped(asked.variant) and asked.variant == f"{VARIANT}half"
    assert not was_helped("plain")
    with pytest.raises(ValueError, match="message of the user"):
        with_hint((("system", "Think."),), Hint("plan", "x"))


def test_a_hinted_question_has_samples_of_its_own() -> None:
    plain = Question("p1", "sudoku", 3, (("user", "Solve it."),), "{}")
    hinted = hinted_question(plain, Hint("first", "r1c1=3."))
    keys = Keys(Model("m"), Sampling())
    assert hinted.problem == plain.problem and hinted.variant == "hint-first"
    assert keys.sample(plain, 0).key != keys.sample(hinted, 0).key


def test_the_right_beginning_ends_with_the_last_right_step_before_the_first_wrong_one() -> None:
    case, prose, _ = made("sudoku")
    lines = prose.split("\n")
    whole = right_beginning(case, prose, "Answer: none")
    assert whole is not None and prose.startswith(prose[: whole.reasoning]) and whole.reasoning > len(prose) - 200
    broken = [*lines[:5], lines[5].replace("!=", "\0").replace("=", "!=").replace("\0", "="), *lines[6:]]
    kept = len("\n".join(lines[:5]).rstrip("."))
    assert right_beginning(case, "\n".join(broken), "So much for that.") == Beginning(5, kept, 0)
    assert right_beginning(case, "Hm.", "\n".join(broken)) == Beginning(5, 3, kept)
    assert right_beginning(case, "", "no idea") is None


@pytest.mark.parametrize("family", names())
def test_the_ladder_is_made_from_what_the_judge_has(family: str) -> None:
    case, _, hints = made(family)
    found = helped(("hints", write_case(case.codec, case.problem)))
    assert found == hints
    assert helped(("hints", write_case(case.codec, case.problem, "none"))) == ()


@pytest.mark.parametrize(
    ("kept", "back"),
    [
        (("a=1", ""), Reply("Answer: 2", "b=2", "reasoning")),
        (("a=1", ""), Reply("Answer: 2")),
        (("a=1", ""), Reply("\nb=2", finish="length")),
        (("a=1", ""), Reply(fault="terminal", finish="error")),
        (("", "a=1"), Reply("\nb=2\nAnswer: 2")),
        (("a=1\nb=2", "So"), Reply(" it is.\nAnswer: 2")),
    ],
)
@pytest.mark.parametrize("source", ["tags", "reasoning"])
def test_a_continued_reply_is_stored_whole_and_its_question_is_rebuilt_from_it(
    kept: tuple[str, str], back: Reply, source: str
) -> None:
    back = replace(back, extra={})
    plain = Question("p1", "sudoku", 3, (("user", "Solve it."),), "{}")
    wrong = Reply(f"{kept[1]} something wrong", f"{kept[0]}\nsomething wrong" if kept[0] else "", source)
    asked = continued_question(plain, 2, wrong, (len(kept[0]), len(kept[1])))
    role, said = asked.messages[-1]
    assert role == "assistant" and kept[0] in said and said.endswith(kept[1] or kept[0])
    keys = Keys(Model("m"), Sampling())
    sample = keys.sample(asked, 0)
    told = back.reasoning or back.text
    record = opened(sealed(sample_record(sample, joined(asked, back), "m", asked.variant)))
    assert record is not None
    assert record["extra"] == {FROM: 2, KEPT: [len(kept[0]), len(kept[1])], TAGGED: wrong.source == "tags"}
    assert record["reasoning"].startswith(kept[0]) and record["text"].startswith(kept[1])
    assert told in record["reasoning"] + record["text"]
    again = asked_question(plain, record)
    assert again is not None and keys.sample(again, 0).key == sample.key and again.variant == "continued"
