"""Knights and knaves: a puzzle from the literature, brute force on small sizes, and steps that must not pass."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from verimill.generators.engines import role_deduction, truth_tables
from verimill.generators.engines.formula_codes import _CODES, _TEXTS, coded
from verimill.generators.engines.role_deduction import deduce
from verimill.generators.engines.truth_tables import board, numbers_of, width
from verimill.generators.logic import knights_key, knights_statements
from verimill.generators.logic.knights_knaves import MAKER
from verimill.schemas.core import Step
from verimill.schemas.formulas import COUNTS, MAX_TOKENS, PAIRS, _node, _short, parse, people_in, rename, write
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


def _brute(formula: str, speaker: int, n: int) -> tuple[int, int]:
    """The table of a formula and of where it agrees with its speaker, from the judge's own reading of it."""
    table = agree = 0
    for a in range(1 << n):
        roles = tuple(bool(a >> i & 1) for i in range(n))
        true = holds(parse(formula), roles)
        table |= true << a
        agree |= (true == roles[speaker]) << a
    return table, agree


@pytest.mark.parametrize("knobs", [{"people": 3}, {"people": 6, "depth": 3}, {"people": 8, "counts": 100, "extra": 2}])
def test_tables_are_those_that_the_judge_would_fill(knobs: dict[str, int]) -> None:
    n, w = knobs["people"], width(knobs["people"])
    for seed in range(5):
        problem = MAKER.make(rng_for("tables", seed), Params(**knobs))
        rows = board(n, *coded(problem.statements))
        for (speaker, formula), row in zip(problem.statements, rows, strict=True):
            assert (numbers_of(row[w : 2 * w]), numbers_of(row[:w])) == _brute(formula, speaker, n)
            assert row[2 * w + 1] == 1 << speaker | sum(1 << i for i in people_in(formula))


@pytest.mark.parametrize("knobs", [Params(people=5, depth=3), Params(people=9, suppositions=2), Params(4, 2, 6, 80)])
def test_how_many_numbers_lie_ready_changes_no_problem(knobs: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [MAKER.make(rng_for("chunks", seed), knobs) for seed in range(6)]
    monkeypatch.setattr(knights_statements, "_CHUNK", 1)  # most tries now end in the middle and begin anew
    assert [MAKER.make(rng_for("chunks", seed), knobs) for seed in range(6)] == made


def test_a_log_that_runs_over_is_written_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = MAKER.make(rng_for("room", 3), level(9))
    lines = board(len(problem.names), *coded(problem.statements))
    whole = deduce(len(problem.names), lines)
    assert len(whole.rows) > 4
    monkeypatch.setattr(role_deduction, "_ROOM", 2)
    assert deduce(len(problem.names), lines) == whole


def test_codes_and_texts_say_the_same() -> None:
    tokens = [*PAIRS, "not", "k0", "n0", "k11", "n11"]
    counts = [f"{head}:{k}:0.2.11" for head in COUNTS for k in range(4)]
    assert [_TEXTS[_CODES[token]] for token in tokens + counts] == tokens + counts
    layout = (truth_tables.IF, truth_tables.NOT, truth_tables.LEAF, truth_tables.COUNT)
    assert layout == (knights_key.IF, knights_key.NOT, knights_key.LEAF, knights_key.COUNT)
    assert layout[:2] == (_CODES["if"], _CODES["not"])
    assert truth_tables.MOST_TOKENS >= MAX_TOKENS


def test_a_key_forgets_names_and_order_and_nothing_else() -> None:
    statements = ((0, "and k1 n2"), (1, "if k0 n2"), (2, "or n0 not xor k0 k1"))
    base = Problem(("Ann", "Bob", "Cid"), "island", statements)
    turned = ((2, "or not xor k1 k0 n0"), (1, "if k0 n2"), (0, "and n2 k1"))
    assert MAKER.canonical(replace(base, skin="court", statements=turned)) == MAKER.canonical(base)
    to = (2, 0, 1)
    renamed = tuple((to[who], write(rename(parse(text), to))) for who, text in statements)
    assert MAKER.canonical(replace(base, statements=renamed)) == MAKER.canonical(base)
    for other in ("if n2 k0", "if k0 k2", "iff k0 n2", "if k2 n2", "not if k0 n2"):
        changed = (statements[0], (1, other), statements[2])
        assert MAKER.canonical(replace(base, statements=changed)) != MAKER.canonical(base)
