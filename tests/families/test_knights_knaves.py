"""Knights and knaves: a puzzle from the literature, brute force on small sizes, and steps that must not pass."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from verimill.generators.logic.knights_knaves import MAKER
from verimill.schemas.core import Step
from verimill.schemas.formulas import _node, _short, parse, write
from verimill.schemas.logic.knights_knaves import CODEC, Params, Problem, level
from verimill.schemas.rng import rng_for
from verimill.verifiers.logic.knights_knaves import JUDGE
from verimill.verifiers.logic.role_formulas import holds

# After Smullyan, What Is the Name of This Book?: B reports that A called himself a knave, C says that B is lying.
SMULLYAN = Problem(("Ann", "Bob", "Cid"), "island", ((1, "iff k0 n0"), (2, "n1"), (0, "least:1:1.2")))


def test_smullyans_b_is_a_knave_and_c_a_knight() -> None:
    solved = MAKER.solve(SMULLYAN)
    assert dict(solved.answer)["Bob"] == "knave"
    assert dict(solved.answer)["Cid"] == "knight"


@pytest.mark.parametrize("seed", range(20))
def test_brute_force_finds_the_one_reading(seed: int) -> None:
    problem = MAKER.make(rng_for("kk", seed), Params(people=4, depth=2, counts=30))
    fits = [
        roles
        for roles in product((True, False), repeat=4)
        if all(holds(parse(formula), roles) == roles[speaker] for speaker, formula in problem.statements)
    ]
    assert len(fits) == 1
    answer = MAKER.solve(problem).answer
    assert all(rule.broken(problem, answer) is None for rule in JUDGE.rules)


def test_a_step_that_cites_too_little_is_refused() -> None:
    problem = MAKER.make(rng_for("cite", 1), level(6))
    solved = MAKER.solve(problem)
    for at, step in enumerate(solved.steps):
        if len(step.because) > 1 and step.rule != "check":
            bare = (*solved.steps[:at], replace(step, because=step.because[:-1]), *solved.steps[at + 1 :])
            assert not JUDGE.check(problem, bare, solved.answer)


def test_a_supposition_that_does_not_end_in_a_contradiction_is_refused() -> None:
    problem = MAKER.make(rng_for("suppose", 2), level(5))
    solved = MAKER.solve(problem)
    at = next(i for i, step in enumerate(solved.steps) if step.sub)
    step: Step = solved.steps[at]
    assert not JUDGE.check(
        problem, (*solved.steps[:at], replace(step, sub=step.sub[:-1]), *solved.steps[at + 1 :]), solved.answer
    )


@pytest.mark.parametrize("text", ["k0 k1", "and k0", "k01", "exactly:3:0.1", "exactly:1:1.0", "x0", "not " * 9 + "k0"])
def test_a_malformed_statement_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Problem(("Ann", "Bob", "Cid"), "island", ((0, text), (1, "k0")))


@pytest.mark.parametrize(
    "text",
    [
        "Ann: knight, Bob: knave, Cid: knave", "cid is a knave; ANN is a knight and Bob is a knave.",
        "1. Cid → knave\n2. **Ann** - knight\n- Bob = knave",
    ],
)  # fmt: skip
def test_an_answer_may_be_written_in_many_ways(text: str) -> None:
    assert CODEC.read(SMULLYAN, text) == (("Ann", "knight"), ("Bob", "knave"), ("Cid", "knave"))


def test_a_formula_has_one_text() -> None:
    text = "if and k0 n1 not exactly:2:0.1.2"
    assert write(parse(text)) == text


def test_a_text_read_from_its_end_is_the_formula_read_from_its_start() -> None:
    words = (
        "k0",
        "n2",
        "k7",
        "exactly:1:0.2",
        "least:3:0.1",
        "most:1:2.1",
        "x",
        "and",
        "or",
        "xor",
        "iff",
        "if",
        "not",
    )
    rng = rng_for("formulas")
    whole = 0
    for _ in range(4000):
        tokens = [rng.pick(words) for _ in range(rng.between(1, 7))]
        try:
            node, used = _node(tokens, 0, 0)
        except ValueError:
            node, used = None, -1
        assert _short(tokens) == (node if used == len(tokens) else None), tokens
        whole += used == len(tokens)
    assert whole > 200
