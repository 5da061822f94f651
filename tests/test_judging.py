"""Judging one reply fully: its columns, its particulars, limits in worker processes, a crash told as our bug."""

from __future__ import annotations

import asyncio
import random
import time
from functools import lru_cache
from typing import Any

from verimill.pipelines.teachers.assessing import Assessment, assess, first_right, style
from verimill.pipelines.teachers.judging import Judges
from verimill.schemas.families import codec, constant
from verimill.schemas.rng import rng_for
from verimill.verifiers.judge import Case, judge_of, write_case


@lru_cache(maxsize=8)
def made(family: str, level: int = 3) -> tuple[Case, str, str, str]:
    """The case, its verification text, the oracle's prose and the answer."""
    code, maker = codec(family), constant(family, "generators", "MAKER")
    problem = maker.make(rng_for(family, "judging", 0), code.level(level))
    solved = maker.solve(problem)
    case = Case(code, judge_of(family), "one", problem)
    return case, write_case(code, problem), maker.narrate(problem, solved.steps), code.write(solved.answer)


def test_a_right_path_has_no_wrong_step_and_a_wrong_one_names_the_first() -> None:
    _, verification, prose, answer = made("sudoku")
    fine = assess(verification, prose, f"Answer:\n{answer}", answer)
    assert fine.steps_checked is not None and fine.steps_checked > 10
    assert (fine.steps_wrong, fine.first_wrong_step) == (0, None)
    lines = prose.split("\n")
    lines[4] = "Then r1c1=1, r1c2=1 and r1c3=1."
    broken = assess(verification, "\n".join(lines), f"Answer:\n{answer}", answer)
    assert broken.steps_wrong is not None and broken.steps_wrong >= 1
    assert broken.first_wrong_step is not None and broken.first_wrong_step >= 5
    assert broken.particulars["wrong"][0][0] == 5
    assert broken.particulars["failed_steps"] > 0


def test_the_first_right_answer_is_found_by_the_family_s_own_reader() -> None:
    case, _, prose, answer = made("arithmetic_chain")
    text = f"{prose}\nAnswer: {answer}\n" + "Let me check that again.\n" * 40 + f"Answer: {answer}"
    early = first_right(case, text, answer)
    assert early is not None and early < 0.6
    assert first_right(case, "nothing here", answer) is None and first_right(case, text, None) is None
    grid, _, prose, answer = made("sudoku")
    at = first_right(grid, f"{prose}\n\nAnswer:\n{answer}\n\nHold on.\n\nAnswer:\n{answer}", answer)
    assert at is not None and 0.5 < at < 0.98


def test_reflection_repetition_and_scripts_are_shares() -> None:
    plain = style("The cell is 3.\nThe row is full.")
    assert plain["reflection"] == 0 and plain["repeated_lines"] == 0 and plain["scripts"] is None
    looping = style("Wait, let me check this line again.\n" * 100)
    assert looping["reflection"] == 1 and looping["repeated_lines"] == 0.99 and looping["compression"] < 0.1
    mixed = style("abcd 这是数独 абв")["scripts"]
    assert mixed == {"cyrillic": 0.2727, "han": 0.3636, "latin": 0.3636}


def test_backtracks_are_counted() -> None:
    _, verification, prose, _ = made("sudoku")
    told = assess(verification, prose + "\nWait, that is wrong.\nLet me go back.", "").particulars
    assert told["backtracks"] == 2


def test_a_reply_without_claims_has_no_steps() -> None:
    _, verification, _, _ = made("sudoku")
    found = assess(verification, "", "I do not know.")
    assert (found.steps_checked, found.steps_wrong, found.first_wrong_step) == (None, None, None)


def test_a_crash_of_ours_is_told_and_not_raised() -> None:
    found = assess("{broken", "text", "text")
    assert found.steps_checked is None and found.particulars["bug"].startswith("ValueError")


def test_any_text_is_assessed_in_bounded_time() -> None:
    _, verification, prose, answer = made("killer_sudoku", 6)
    draw = random.Random(3)
    words = [
        *prose.split(),
        *answer.split(),
        "suppose",
        "if",
        "wait",
        "contradiction",
        "(",
        "=",
        "!=",
        "\n",
        "∑",
        "r9c9",
    ]
    for _ in range(10):
        text = " ".join(draw.choices(words, k=4_000))
        start = time.perf_counter()
        found = assess(verification, text, text, answer)
        assert "bug" not in found.particulars
        assert time.perf_counter() - start < 10
    long = assess(verification, (prose + "\n") * 500, answer, answer)
    assert long.particulars["cut"] is True or long.steps_checked


def test_workers_assess_and_a_dead_one_costs_no_neighbour() -> None:
    _, verification, prose, answer = made("sudoku")

    async def run() -> list[Any]:
        judges = Judges(1, limit_s=8)
        try:
            first = await asyncio.gather(
                judges.assess(verification, prose, f"Answer:\n{answer}", answer),
                judges.judge(verification, f"Answer:\n{answer}"),
                judges.assess("{broken", prose, ""),
            )
            judges._workers[0].process.kill()
            await asyncio.sleep(0.05)
            return [*first, await judges.assess(verification, prose, "", None)]
        finally:
            await judges.close()

    whole, verdict, bug, again = asyncio.run(run())
    assert isinstance(whole, Assessment) and whole.steps_wrong == 0
    assert verdict.outcome == "right"
    assert "bug" in bug.particulars
    assert again.steps_checked == whole.steps_checked
