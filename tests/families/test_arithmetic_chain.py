"""What is special to arithmetic_chain: exact values, brackets shown rightly, divisions by zero."""

from __future__ import annotations

import ast
import operator
from fractions import Fraction

import pytest

from verimill.generators.numbers.arithmetic_chain import MAKER
from verimill.schemas.core import Exhausted
from verimill.schemas.numbers.arithmetic_chain import CODEC, Problem
from verimill.schemas.rationals import read_rational
from verimill.schemas.rng import rng_for
from verimill.verifiers.numbers.arithmetic_chain import JUDGE

# (3 - 1/2) * (4 / 5) = 2, by hand.
HAND = Problem(
    (
        ("n", 3, 0), ("n", 1, 0), ("n", 2, 0), ("/", 1, 2), ("-", 0, 3),
        ("n", 4, 0), ("n", 5, 0), ("/", 5, 6), ("*", 4, 7),
    ),
    ("", "", "", "", "half", "", "", "", "total"),
)  # fmt: skip

_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def _python_value(text: str, known: dict[str, Fraction]) -> Fraction:
    """An infix text by Python's own grammar, so the printed brackets are put to the test."""

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.Constant):
            return Fraction(node.value)
        if isinstance(node, ast.Name):
            return known[node.id]
        assert isinstance(node, ast.BinOp)
        if isinstance(node.op, ast.Pow):
            return value(node.left) ** int(value(node.right))
        return _OPERATORS[type(node.op)](value(node.left), value(node.right))

    return value(ast.parse(text.replace("^", "**"), mode="eval").body)


def _made(level: int, count: int) -> list[Problem]:
    out = []
    for index in range(count):
        try:
            out.append(MAKER.make(rng_for("test", level, index), CODEC.level(level)))
        except Exhausted:
            continue
    return out


def test_a_chain_worked_by_hand_has_the_value_found_by_hand() -> None:
    solved = MAKER.solve(HAND)
    assert solved.answer == 2
    assert JUDGE.rules[0].broken(HAND, Fraction(2)) is None
    assert JUDGE.rules[0].broken(HAND, Fraction(1)) is not None
    assert JUDGE.check(HAND, solved.steps, solved.answer).ok


@pytest.mark.parametrize("layout", ["equations", "expression"])
def test_the_printed_lines_mean_what_the_problem_says(layout: str) -> None:
    typeset = str.maketrans({"×": "*", "÷": "/", "−": "-", "²": "^2", "³": "^3"})
    for problem in _made(7, 30):
        known: dict[str, Fraction] = {}
        for line in MAKER.face.layouts[layout](problem).translate(typeset).split("\n"):
            one, _, two = line.partition(" = ")
            name, text = (one, two) if one.isalpha() and layout == "equations" else (two, one)
            known[name] = _python_value(text, known)
        assert known[problem.names[-1]] == MAKER.solve(problem).answer


def test_a_division_by_zero_is_refuted_by_checked_steps_and_recounted() -> None:
    found = 0
    for at, problem in enumerate(_made(6, 30)):
        assert MAKER.unanswerable is not None
        changed = MAKER.unanswerable(rng_for("none", at), problem)
        if changed is None:
            continue
        found += 1
        assert JUDGE.check(changed.problem, changed.steps, None).ok
        assert not JUDGE.check(changed.problem, changed.steps[:-1], None).ok
        assert not JUDGE.check(problem, changed.steps, None).ok
        if found < 3:
            assert JUDGE.recount(changed.problem, "none", None).agrees
    assert found >= 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("−3⁄4", Fraction(-3, 4)), ("1,250.", Fraction(1250)), ("2 1/2", Fraction(5, 2)), ("2½", Fraction(5, 2)),
        ("-0.25", Fraction(-1, 4)), (r"\frac{-3}{4}", Fraction(-3, 4)), ("٧", Fraction(7)), ("**12**", Fraction(12)),
        ("6/-4", Fraction(-3, 2)), (r"3\frac{1}{2}", Fraction(7, 2)), (r"-3 \frac12", Fraction(-7, 2)),
        ("-(3/4)", Fraction(-3, 4)), ("1{,}250", Fraction(1250)), (r"1\,250", Fraction(1250)),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, value: Fraction) -> None:
    assert read_rational(text) == value


@pytest.mark.parametrize("text", ["", "1/0", "1 2", "1e9", "12,34", "3/4/5", "x", "1..2", "9" * 200, "7 apples"])
def test_what_is_not_one_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|denominator"):
        read_rational(text)


def test_a_tower_of_powers_in_a_tampered_problem_is_refused_at_once() -> None:
    nodes = [("n", 9, 0), ("n", 6, 0), ("^", 0, 1)]
    for at in range(2, 12):
        nodes += [("n", 6, 0), ("^", at if at == 2 else len(nodes) - 1, len(nodes))]
    with pytest.raises(ValueError, match="parts of at most"):
        Problem(tuple(nodes), ("",) * (len(nodes) - 1) + ("top",))
