"""The values of a chain, its operations as steps, and what each of them costs."""

from __future__ import annotations

from fractions import Fraction

from verimill.schemas.core import Step
from verimill.schemas.numbers.arithmetic_chain import RULES, Problem, labels, needed
from verimill.schemas.rationals import write_rational

Value = int | Fraction


def apply(op: str, a: Value, b: Value) -> Value | None:
    """The exact value of `a op b`, whole numbers kept as int; None for a division by zero."""
    if op == "+":
        out: Value = a + b
    elif op == "-":
        out = a - b
    elif op == "*":
        out = a * b
    elif op == "^":
        out = a ** int(b)
    elif b == 0:
        return None
    else:
        out = Fraction(a) / b
    return out.numerator if isinstance(out, Fraction) and out.denominator == 1 else out


def values_of(problem: Problem) -> list[Value | None]:
    out: list[Value | None] = []
    for op, left, right in problem.nodes:
        if op == "n":
            out.append(left)
        else:
            a, b = out[left], out[right]
            out.append(None if a is None or b is None else apply(op, a, b))
    return out


def cost_of(op: str, a: Value, b: Value) -> float:
    """Work of one operation by hand: digits written, more for products, for fractions, for signs."""
    da, db = len(str(abs(a.numerator))), len(str(abs(b.numerator)))
    work = float(da + db)
    if op in "*/":
        work = 1.5 * da * db + 1
    elif op == "^":
        work = 1.5 * da * da * (int(b) - 1) + 1
    if a.denominator > 1 or b.denominator > 1:
        work = 2 * work + len(str(a.denominator)) * len(str(b.denominator)) + 2
    return work + (0.5 if a < 0 or b < 0 else 0)


def tier_of(op: str, a: Value, b: Value, value: Value) -> int:
    if value.denominator > 1 or a.denominator > 1 or b.denominator > 1:
        return 3
    if op == "^" or a < 0 or b < 0 or value < 0:
        return 2
    return 1 if op in "*/" else 0


def _order(problem: Problem) -> list[int]:
    """Operations in working order, the first one the answer needs first, so that no prefix is idle."""
    wanted = needed(problem)
    operations = [at for at, node in enumerate(problem.nodes) if node[0] != "n"]
    first = next(at for at in operations if wanted[at])
    return [first] + [at for at in operations if at != first]


def step_of(problem: Problem, label: dict[int, str], at: int, value: Value, number: int) -> Step:
    op, left, right = problem.nodes[at]
    because = tuple(label.get(child) or str(problem.nodes[child][1]) for child in (left, right))
    return Step(number, RULES[op], because, (f"{label[at]} = {write_rational(value)}",))


def steps_of(problem: Problem, values: list[Value | None], only: list[bool] | None) -> tuple[Step, ...]:
    label = labels(problem)
    out: list[Step] = []
    for at in _order(problem):
        value = values[at]
        if value is not None and (only is None or only[at]):
            out.append(step_of(problem, label, at, value, len(out) + 1))
    return tuple(out)
