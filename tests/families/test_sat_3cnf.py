"""3-SAT in words: labels against brute force, the measured crossover, and steps and cores that must not pass."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from verimill.generators.logic.sat_3cnf import MAKER, statements_for
from verimill.schemas.logic.sat_3cnf import CODEC, Answer, Params, Problem, level
from verimill.schemas.rng import rng_for
from verimill.verifiers.logic.sat_3cnf import JUDGE

# All eight sign patterns on three facts cannot all hold (any seven can); two more statements about the others.
EIGHT = tuple(product((-1, 1), (-2, 2), (-3, 3)))
CUBE = Problem("rules", ("salt", "sage", "dill", "mint", "lime"), (*EIGHT, (1, 4, 5), (-1, -4, 5)), 8)


def test_the_eight_patterns_of_three_facts_are_the_smallest_clash() -> None:
    solved = MAKER.solve(CUBE)
    assert solved.answer == Answer(False, statements=tuple(range(1, 9)))
    assert JUDGE.check(CUBE, solved.steps, solved.answer).ok
    seven = Answer(False, statements=tuple(range(1, 8)))
    assert [rule.name for rule in JUDGE.rules if rule.broken(CUBE, seven)] == ["clash"]
    nine = Answer(False, statements=tuple(range(1, 10)))
    assert [rule.name for rule in JUDGE.rules if rule.broken(CUBE, nine)] == ["size"]


@pytest.mark.parametrize("seed", range(30))
def test_brute_force_agrees_about_the_label(seed: int) -> None:
    problem = MAKER.make(rng_for("sat", seed), level(1 + seed % 3))
    n = len(problem.atoms)
    models = [
        bits
        for bits in product((False, True), repeat=n)
        if all(any(bits[abs(x) - 1] == (x > 0) for x in clause) for clause in problem.clauses)
    ]
    solved = MAKER.solve(problem)
    assert solved.answer.possible == bool(models)
    for steps in (solved.steps, solved.brief):
        assert JUDGE.check(problem, steps, solved.answer).ok
    for bits in models[:5]:  # any assignment that fits is right
        other = Answer(True, true=tuple(atom for atom, bit in zip(problem.atoms, bits, strict=True) if bit))
        assert all(rule.broken(problem, other) is None for rule in JUDGE.rules)


def test_the_labels_are_balanced_and_the_size_does_not_tell_them() -> None:
    problems = [MAKER.make(rng_for("balance", i), Params(variables=8)) for i in range(300)]
    possible = [MAKER.solve(problem).answer.possible for problem in problems]
    assert 120 <= sum(possible) <= 180
    assert {len(problem.clauses) for problem in problems} == {statements_for(8)}


@pytest.mark.parametrize("variables, ratio", [(5, 5.80), (10, 5.00), (20, 4.55), (50, 4.36)])
def test_the_number_of_statements_follows_the_measured_crossover(variables: int, ratio: float) -> None:
    assert statements_for(variables) / variables == pytest.approx(ratio, rel=0.03)


def _first(possible: bool) -> tuple[Problem, Answer]:
    for i in range(50):
        problem = MAKER.make(rng_for("first", i), level(4))
        answer = MAKER.solve(problem).answer
        if answer.possible is possible:
            return problem, answer
    raise AssertionError


def test_a_choice_in_a_refutation_and_a_wrong_citation_are_refused() -> None:
    problem, answer = _first(False)
    steps = MAKER.solve(problem).steps
    head = steps[0]
    chosen = (replace(head, rule="decide", sub=()), *steps[1:])
    assert not JUDGE.check(problem, chosen, answer)
    shorter = Answer(False, statements=answer.statements[1:])
    assert not JUDGE.check(problem, steps, shorter)


def test_a_unit_step_that_leaves_something_open_is_refused() -> None:
    problem, answer = _first(True)
    steps = MAKER.solve(problem).brief
    at = next(i for i, step in enumerate(steps) if step.rule == "unit")
    bare = replace(steps[at], because=steps[at].because[:-1])
    assert not JUDGE.check(problem, (*steps[:at], bare, *steps[at + 1 :]), answer)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Possible: mint, and Salt.", Answer(True, true=("salt", "mint"))),
        ("possible: nothing", Answer(True)),
        ("possible: salt is used, mint is used", Answer(True, true=("salt", "mint"))),
        ("impossible: (7), (8)", Answer(False, statements=(7, 8))),
        ("**impossible:** statements 3, #1, 2", Answer(False, statements=(1, 2, 3))),
        ("IMPOSSIBLE - {７, 8}", Answer(False, statements=(7, 8))),
    ],
)
def test_an_answer_may_be_written_in_many_ways(text: str, answer: Answer) -> None:
    assert CODEC.read(CUBE, text) == answer


def test_a_trade_may_be_listed_in_the_words_of_the_statements() -> None:
    trades = replace(CUBE, skin="kinds", atoms=("actor", "baker", "cook", "diver", "nurse"))
    for text in ("an actor, a cook", "is an actor, is a cook", "The newcomer is an actor and is a cook."):
        assert CODEC.read(trades, f"possible: {text}") == Answer(True, true=("actor", "cook"))
    with pytest.raises(ValueError):
        CODEC.read(trades, "possible: is not a cook")


@pytest.mark.parametrize(
    "text",
    ["possible", "impossible:", "possible: sugar", "possible: salt is not used", "impossible: 99", "impossible: 3, 3"],
)
def test_a_malformed_answer_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        CODEC.read(CUBE, text)
