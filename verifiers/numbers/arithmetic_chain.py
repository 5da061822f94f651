"""Judge of arithmetic_chain: works the chain out itself in whole-number pairs and re-derives each step."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.numbers.arithmetic_chain import RULES, Problem, labels, needed
from verimill.schemas.rationals import read_rational
from verimill.verifiers.claims_numbers import ChainReader
from verimill.verifiers.steps import walk

Pair = tuple[int, int]  # numerator, denominator; the denominator is 0 where there is no value


def _join(op: str, one: Pair, two: Pair) -> Pair:
    """The pair of `one op two`; a zero denominator says that there is no value."""
    (a, b), (c, d) = one, two
    if b == 0 or d == 0:
        return (0, 0)
    if op == "+":
        return (a * d + c * b, b * d)
    if op == "-":
        return (a * d - c * b, b * d)
    if op == "*":
        return (a * c, b * d)
    if op == "/":
        return (a * d, b * c) if c else (0, 0)
    return (a**c, b**c)


@lru_cache(maxsize=4096)
def _value(problem: Problem) -> Fraction | None:
    """The asked value, or None when it needs a division by zero."""
    pairs: list[Pair] = []
    for op, left, right in problem.nodes:
        if op == "n":
            pairs.append((left, 1))
            continue
        top, bottom = _join(op, pairs[left], pairs[right])
        if bottom:
            exact = Fraction(top, bottom)
            top, bottom = exact.numerator, exact.denominator
        pairs.append((top, bottom))
    top, bottom = pairs[-1]
    return Fraction(top, bottom) if bottom else None


def _wrong_value(problem: Problem, answer: Fraction) -> str | None:
    if answer == _value(problem):
        return None
    return f"{problem.names[-1]} is not {answer}"


def _check(problem: Problem, steps: tuple[Step, ...], answer: Fraction | None) -> TraceVerdict:
    label_at = labels(problem)
    at_label = {label: at for at, label in label_at.items()}
    known: dict[str, Fraction] = {}
    wanted = needed(problem)
    refuted = False

    def operands(at: int) -> tuple[tuple[str, Fraction | None], ...]:
        out: list[tuple[str, Fraction | None]] = []
        for child in problem.nodes[at][1:]:
            op, number, _ = problem.nodes[child]
            if op == "n":
                out.append((str(number), Fraction(number)))
            else:
                out.append((label_at[child], known.get(label_at[child])))
        return tuple(out)

    def judge(step: Step) -> str | None:
        nonlocal refuted
        if len(step.claims) != 1 or step.sub:
            return "a step makes one claim and no supposition"
        if step.rule == "divide by zero":
            return refute(step)
        label, _, text = step.claims[0].partition(" = ")
        if label not in at_label:
            return f"there is no operation {label!r:.20}"
        at = at_label[label]
        op = problem.nodes[at][0]
        (one, a), (two, b) = operands(at)
        if step.rule != RULES[op] or step.because != (one, two):
            return f"{label} is {RULES[op]} of {one} and {two}"
        if a is None or b is None:
            return f"{one if a is None else two} is not known yet"
        top, bottom = _join(op, (a.numerator, a.denominator), (b.numerator, b.denominator))
        if bottom == 0:
            return f"{label} has no value"
        value = read_rational(text)
        if value * bottom != top:
            return f"{label} is not {value}"
        known[label] = value
        return None

    def refute(step: Step) -> str | None:
        nonlocal refuted
        if step.claims != ("contradiction",) or len(step.because) != 1 or step.because[0] not in at_label:
            return "a division by zero names one operation and claims contradiction"
        at = at_label[step.because[0]]
        if problem.nodes[at][0] != "/" or not wanted[at]:
            return f"{step.because[0]} is not a division that the asked result needs"
        if operands(at)[1][1] != 0:
            return f"the divisor of {step.because[0]} is not known to be 0"
        refuted = True
        return None

    def unfinished() -> str | None:
        if answer is None:
            return None if refuted else "the trace does not reach a division by zero"
        last = label_at[len(problem.nodes) - 1]
        return None if known.get(last) == answer else "the trace does not reach the answer"

    return walk(steps, judge, unfinished)


def _recount(problem: Problem, status: Status, answer: Fraction | None) -> Recount:
    """The asked value again from the top down in sympy's own rationals."""
    import sympy

    found: dict[int, Any] = {}

    def value(at: int) -> Any:
        op, left, right = problem.nodes[at]
        if op == "n":
            return sympy.Integer(left)
        if at not in found:
            one, two = value(left), value(right)
            if op == "/":
                found[at] = sympy.nan if two == 0 else one / two
            elif op == "^":
                found[at] = one**two
            else:
                found[at] = one + two if op == "+" else one - two if op == "-" else one * two
        return found[at]

    result = value(len(problem.nodes) - 1)
    if result is sympy.nan:
        agrees = status == "none"
    else:
        agrees = status == "one" and answer is not None and str(result) == str(answer)
    return Recount(agrees, "sympy rationals", f"value {result}")


def _claims(problem: Problem, status: Status, answer: Fraction | None) -> ChainReader:
    values: dict[str, Fraction | None] = {}
    pairs: list[Pair] = []
    for (op, left, right), name in zip(problem.nodes, problem.names, strict=True):
        pair = (left, 1) if op == "n" else _join(op, pairs[left], pairs[right])
        exact = Fraction(*pair) if pair[1] else None
        pairs.append((exact.numerator, exact.denominator) if exact is not None else pair)
        if name:
            values[name] = exact
    return ChainReader(values)


JUDGE: Judge[Problem, Fraction] = Judge(
    rules=(Rule("value", _wrong_value),), check=_check, recount=_recount, claims=_claims
)
