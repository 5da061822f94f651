"""Replies as a person would write them after reading the prompt: its own words, sentences around a grid, named rows."""

from __future__ import annotations

import pytest

from verimill.pipelines.rows import Problem, generate, series, unanswerable_twin
from verimill.verifiers.judge import verify
from verimill.verifiers.status_words import status_word


@pytest.fixture(scope="module", name="grid")
def _grid() -> Problem:
    return generate("futoshiki", level=2, seed=3)


@pytest.fixture(scope="module", name="hopeless")
def _hopeless() -> Problem:
    twins = (unanswerable_twin(problem) for problem in series("futoshiki", 2, 3, 0, 20))
    return next(twin for twin in twins if twin is not None and twin.answer == "none")


@pytest.mark.parametrize(
    "reply",
    [
        "The completed grid\n{grid}",
        "Here is the whole grid.\n{grid}\nEvery row has each number once.",
        "{grid}\nThis satisfies every row and column.",
        "**Solution**\n{grid}",
        "Answer:\n{grid}\nNo other grid is possible.",
        "The answer:\nThe filled square is this\n{grid}",
        "### Final grid\n{grid}\n\nRow 1 and column 1 were forced.",
    ],
)
def test_sentences_right_above_and_below_a_grid_do_not_hide_it(grid: Problem, reply: str) -> None:
    assert verify(grid.verification, reply.format(grid=grid.answer))
    wrong = grid.answer.split("\n")
    wrong[0], wrong[1] = wrong[1], wrong[0]
    assert verify(grid.verification, reply.format(grid="\n".join(wrong))).outcome == "wrong"


def _rows(name: str, grid: str) -> str:
    return "\n".join(name.format(k) + row for k, row in enumerate(grid.split("\n"), 1))


@pytest.mark.parametrize("name", ["Row {}: ", "**Row {}:** ", "row {} = ", "r{}: ", "r{}   ", "- R{}: "])
def test_rows_may_be_named(grid: Problem, name: str) -> None:
    assert verify(grid.verification, _rows(name, grid.answer))
    assert verify(grid.verification, f"Answer:\n{_rows(name, grid.answer)}")
    turned = "\n".join(reversed(grid.answer.split("\n")))
    assert verify(grid.verification, _rows(name, turned)).outcome == "wrong"


def test_a_grid_may_be_given_with_the_names_of_rows_and_columns(grid: Problem) -> None:
    cells = [row.split() for row in grid.answer.split("\n")]
    head = "| | " + " | ".join(f"c{c}" for c in range(1, 5)) + " |\n|" + "---|" * 5
    table = "\n".join(f"| r{r} | {' | '.join(row)} |" for r, row in enumerate(cells, 1))
    assert verify(grid.verification, f"{head}\n{table}")


def test_columns_looked_over_below_a_grid_are_not_the_answer(grid: Problem) -> None:
    columns = zip(*(row.split() for row in grid.answer.split("\n")), strict=True)
    looked = "\n".join(f"{k}: {' '.join(column)}" for k, column in enumerate(columns, 1))
    assert verify(grid.verification, f"{grid.answer}\n\nColumns:\n{looked}")


@pytest.mark.parametrize("names", ["2134", "1124", "123"])
def test_rows_named_in_another_order_or_not_all_are_not_read(grid: Problem, names: str) -> None:
    rows = [f"Row {name}: {row}" for name, row in zip(names, grid.answer.split("\n"), strict=False)]
    rows += grid.answer.split("\n")[len(rows) :]
    assert verify(grid.verification, "\n".join(rows)).outcome == "unreadable"


@pytest.mark.parametrize(
    "said",
    [
        "Reply: {}",
        "The reply is {}.",
        'The correct reply is "{}".',
        "I reply {}.",
        "Therefore {}.",
        "So the reply is **{}**",
        "Since nothing satisfies all of it, I reply {}.",
        "{} (the signs go round in a circle).",
        "{} — the signs conflict",
        "{}, since no digit is left for r1c1.",
        "{}\nBecause no digit is left for r1c1.",
        "{}\n\n1.\n\n2.\n\n3.\n\n4.\n\n5.",
    ],
)
def test_the_word_of_the_prompt_is_heard_in_a_sentence(hopeless: Problem, said: str) -> None:
    for word in ("none", "None"):
        assert verify(hopeless.verification, said.format(word))
    assert verify(hopeless.verification, said.format("many")).outcome == "wrong"


@pytest.mark.parametrize("said", ["This puzzle is impossible.", "The grid has no solution", "No valid grid exists."])
def test_other_words_for_none(hopeless: Problem, said: str) -> None:
    assert verify(hopeless.verification, said)


@pytest.mark.parametrize(
    "said",
    ["not none", "the reply is not none", "none of the rows", "many people say none", "is it none?\nno", "none or many",
     "if no answer fits, reply none. if more than one answer fits, reply many.", "no grid exists with a 3 there"],
)  # fmt: skip
def test_what_only_speaks_of_none_or_many_is_not_an_answer(said: str) -> None:
    assert status_word(said) is None
