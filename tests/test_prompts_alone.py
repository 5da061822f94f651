"""The prompt alone says the problem: readers that know nothing of verimill find the instance in the text of any style.

Each file of `tests/readers` but SHARED is named after a family and has:

    read(prompt)                 the whole instance from the text alone; ValueError where the text is not as expected
    plain(problem)               the same of verimill's problem, for comparison
    accepts(instance, answer)    whether the answer is what the prompt asks for, written just as it asks
    solutions(instance, limit)   up to `limit` different right answers, found by a search of the reader's own
    SOLVED                       levels that this search is good for; 1 where it is not said
    MADE_UP                      True where the example is of words that no problem has, so that it cannot be read
    FOREIGN                      True where the example of an answer is of names that the problem does not have
"""

from __future__ import annotations

import importlib
import random
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from readers.shapes import asked

from verimill.generators.prompts import render, styles
from verimill.pipelines.contract.subject import Subject, subject
from verimill.pipelines.rows import Problem, series, unanswerable_twin
from verimill.schemas.families import names
from verimill.schemas.rng import rng_for
from verimill.verifiers.judge import verify

SHARED = ("networks", "shapes", "squares")
READERS = sorted(path.stem for path in (Path(__file__).parent / "readers").glob("*.py") if path.stem not in SHARED)
LEVELS = (1, 4, 8)
SEED = 4
SOLVED_PROBLEMS = 3  # of each level that is solved
MISSES = 24  # wrong answers asked about one problem


def reader(family: str) -> Any:
    return importlib.import_module(f"readers.{family}")


@lru_cache(maxsize=64)
def made(family: str, level: int) -> tuple[Problem, ...]:
    return tuple(islice(series(family, level, SEED, 0, 30), SOLVED_PROBLEMS))


@lru_cache(maxsize=64)
def twins(family: str, level: int) -> tuple[Problem, ...]:
    return tuple(twin for problem in made(family, level) if (twin := unanswerable_twin(problem)) is not None)


def prompts(found: Subject, problem: Problem) -> Iterator[tuple[str, str]]:
    for style in styles(found.maker.face):
        yield style, render(found.codec, found.maker.face, problem.instance, style)


def solved_levels(family: str) -> tuple[int, ...]:
    return getattr(reader(family), "SOLVED", (1,))


def changed(answer: str) -> Iterator[str]:
    """The answer with two of its words exchanged, or one replaced by another of them or by a neighbouring number."""
    rng = random.Random(answer)
    words = list(re.finditer(r"-?[0-9]+|[A-Za-z_]+", answer))
    for _ in range(MISSES):
        a, b = sorted(rng.sample(words, 2), key=lambda word: word.start()) if len(words) > 1 else words * 2
        kind = rng.randrange(3)
        if kind == 0:
            yield answer[: a.start()] + b[0] + answer[a.end() : b.start()] + a[0] + answer[b.end() :]
        elif kind == 1 or not b[0].lstrip("-").isdigit():
            yield answer[: a.start()] + b[0] + answer[a.end() :]
        else:
            yield answer[: b.start()] + str(int(b[0]) + rng.choice((-1, 1))) + answer[b.end() :]


def test_every_reader_is_of_a_family() -> None:
    assert READERS and set(READERS) <= set(names())


@pytest.mark.parametrize("family", READERS)
def test_the_prompt_of_every_style_says_the_whole_instance(family: str) -> None:
    found, by = subject(family), reader(family)
    for level in LEVELS:
        for problem in (*made(family, level)[:2], *twins(family, level)[:2]):
            wanted = by.plain(problem.instance)
            for style, prompt in prompts(found, problem):
                assert by.read(prompt) == wanted, f"{problem.key} {style}\n{prompt}"


@pytest.mark.parametrize("family", READERS)
def test_prompts_say_how_to_answer_by_an_example_that_is_wrong(family: str) -> None:
    found, by = subject(family), reader(family)
    made_up = getattr(by, "MADE_UP", False)
    for problem in (made(family, 1)[0], *twins(family, 1)[:1]):
        for style, prompt in prompts(found, problem):
            parts = asked(prompt)
            assert parts.words == found.codec.unanswerable, f"{problem.key} {style}: {parts}"
            assert not by.accepts(by.read(prompt), parts.example), f"{problem.key} {style}: {parts}"
            verdict = verify(problem.verification, parts.example)
            if getattr(by, "FOREIGN", False):
                assert verdict.outcome == "unreadable", f"{problem.key} {style}: {verdict}"
                continue
            assert not verdict and (verdict.answer or made_up), f"{problem.key} {style}: {verdict}"


@pytest.mark.parametrize("family", READERS)
def test_a_search_from_the_prompt_finds_what_the_row_claims(family: str) -> None:
    by = reader(family)
    for level in solved_levels(family):
        for problem in (*made(family, level), *twins(family, level)):
            instance = by.read(problem.prompt)
            answers = list(by.solutions(instance, 2))
            status = problem.answer if not problem.answerable else "one"
            if status == "many" or problem.checker == "unique":
                assert len(set(answers)) == {"none": 0, "one": 1, "many": 2}[status], f"{problem.key}: {answers}"
            else:
                assert bool(answers) == (status == "one"), f"{problem.key}: {answers}"
            for answer in (*answers, *([problem.answer] if status == "one" else ())):
                assert by.accepts(instance, answer), f"{problem.key}: {answer}"
                verdict = verify(problem.verification, f"Answer:\n{answer}" if "\n" in answer else f"Answer: {answer}")
                assert verdict.outcome == ("right" if status == "one" else "wrong"), f"{problem.key}: {verdict}"


@pytest.mark.parametrize("family", READERS)
def test_judge_and_reader_refuse_the_same_answers(family: str) -> None:
    found, by = subject(family), reader(family)
    for level in solved_levels(family):
        for problem in made(family, level):
            instance = by.read(problem.prompt)
            answer = found.codec.read(problem.instance, problem.answer)
            misses = found.maker.near_misses(rng_for("alone", problem.key), problem.instance, answer)
            texts = [found.codec.write(miss.answer) for miss in islice(misses, MISSES)]
            for text in (*texts, *changed(problem.answer)):
                verdict = verify(problem.verification, text)
                assert bool(verdict) == by.accepts(instance, text), f"{problem.key}: {text}\n{verdict}"
