"""Facts and rules: a small theory worked by hand, the semantics that the text promises, steps that must not pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verimill.generators.logic.deduction import MAKER
from verimill.schemas.logic.deduction import ANYONE, CODEC, Answer, Problem, level
from verimill.schemas.rng import rng_for
from verimill.verifiers.logic.deduction import JUDGE, consequences

TRAITS = ("kind", "tall", "quiet", "wise", "rich")
KIND, TALL, QUIET, WISE, RICH = 1, 2, 3, 4, 5
THEORY = (
    ((0, KIND),),
    ((0, -TALL),),
    ((1, TALL),),
    ((ANYONE, KIND), (ANYONE, -TALL), (ANYONE, QUIET)),
    ((0, QUIET), (1, TALL), (1, WISE)),
    ((ANYONE, RICH), (ANYONE, TALL)),
)


def _asked(who: int, trait: int) -> Problem:
    return Problem("people", ("Ada", "Ben"), TRAITS, THEORY, (who, trait))


def test_a_chain_over_two_people_is_found_with_its_premises() -> None:
    solved = MAKER.solve(_asked(1, WISE))
    assert solved.answer == Answer("true", statements=(1, 2, 3, 4, 5))
    assert MAKER.solve(_asked(1, -WISE)).answer == Answer("false", statements=(1, 2, 3, 4, 5))
    assert JUDGE.check(_asked(1, WISE), solved.brief, solved.answer).ok


def test_a_rule_is_not_turned_round() -> None:
    problem = _asked(0, RICH)  # "rich means tall" and Ada is not tall: contraposition would make this false
    solved = MAKER.solve(problem)
    assert solved.answer == Answer("unknown", known=("kind", "not tall", "quiet"))
    for steps in (solved.steps, solved.brief):
        assert JUDGE.check(problem, steps, solved.answer).ok
    assert not JUDGE.check(problem, (*solved.steps[:-2], replace(solved.steps[-1], number=4)), solved.answer)


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (Answer("true", statements=(1, 2, 3, 4)), "support"),
        (Answer("true", statements=(1, 2, 3, 4, 5, 6)), "spare"),
        (Answer("false", statements=(1, 2, 3, 4, 5)), "support"),
        (Answer("unknown", known=("tall", "wise")), "silence"),
    ],
)
def test_each_kind_of_wrong_answer_breaks_its_own_rule(answer: Answer, rule: str) -> None:
    problem = _asked(1, WISE)
    assert [r.name for r in JUDGE.rules if r.broken(problem, answer)] == [rule]


def test_what_is_known_must_be_listed_whole() -> None:
    problem = _asked(0, RICH)
    for known in ((), ("kind", "quiet"), ("kind", "not tall", "quiet", "wise")):
        assert [r.name for r in JUDGE.rules if r.broken(problem, Answer("unknown", known=known))] == ["known"]


@pytest.mark.parametrize("seed", range(20))
def test_the_theory_never_gives_a_fact_and_its_opposite(seed: int) -> None:
    problem = MAKER.make(rng_for("deduction", seed), level(1 + seed % 6))
    known = consequences(problem.statements)
    assert not any((who, -trait) in known for who, trait in known)


def test_labels_are_balanced_and_the_number_of_statements_does_not_tell_them() -> None:
    problems = [MAKER.make(rng_for("labels", i), level(3)) for i in range(240)]
    labels = [MAKER.solve(problem).answer.label for problem in problems]
    assert all(55 <= labels.count(label) <= 105 for label in ("true", "false", "unknown"))
    assert len({len(problem.statements) for problem in problems}) == 1


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("True by 3, 1 and 2.", Answer("true", statements=(1, 2, 3))),
        ("**false** by statements 4; 5", Answer("false", statements=(4, 5))),
        ("Unknown; known: not tall, KIND", Answer("unknown", known=("kind", "not tall"))),
        ("unknown, known of Ada: nothing", Answer("unknown")),
        ("true by statement 3, statement 1", Answer("true", statements=(1, 3))),
        ("unknown; known: Ada is kind, Ada is not tall", Answer("unknown", known=("kind", "not tall"))),
        ("unknown; known: is kind, ~tall", Answer("unknown", known=("kind", "not tall"))),
    ],
)
def test_an_answer_may_be_written_in_many_ways(text: str, answer: Answer) -> None:
    assert CODEC.read(_asked(0, RICH), text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "false by",
        "unknown",
        "true by 9",
        "true by 1, 1",
        "unknown; known: green",
        "unknown; known: Ben is tall",
    ],
)
def test_a_malformed_answer_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        CODEC.read(_asked(0, RICH), text)
