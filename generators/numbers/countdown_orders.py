"""Expressions of the same value in another order, for answers that break only the rule about results on the way."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from verimill.schemas.expressions import Binary, Expr, Number, Operator


def plain(value: int) -> Expr:
    return Number(Fraction(value))


def worth_of(expr: Expr) -> Fraction:
    if isinstance(expr, Number):
        return expr.value
    if not isinstance(expr, Binary):
        raise TypeError(f"a made expression has no {type(expr).__name__}")
    a, b = worth_of(expr.left), worth_of(expr.right)
    return a + b if expr.op == "+" else a - b if expr.op == "-" else a * b if expr.op == "*" else a / b


def _flat(expr: Expr, more: str, less: str) -> tuple[list[Expr], list[Expr]]:
    """The operands of a run of `more` and `less` (+ and -, or * and /): those that raise it, those that lower it."""
    if not isinstance(expr, Binary) or expr.op not in (more, less):
        return [expr], []
    up, down = _flat(expr.left, more, less)
    inner_up, inner_down = _flat(expr.right, more, less)
    if expr.op == less:
        inner_up, inner_down = inner_down, inner_up
    return up + inner_up, down + inner_down


def _run(first: Expr, second: Expr, up: list[Expr], down: list[Expr], ops: tuple[Operator, Operator]) -> Expr:
    """`first less second`, then the rest of the run."""
    out: Expr = Binary(ops[1], first, second)
    for expr in up:
        if expr is not first:
            out = Binary(ops[0], out, expr)
    for expr in down:
        if expr is not second:
            out = Binary(ops[1], out, expr)
    return out


def regrouped(expr: Expr) -> Iterator[Expr]:
    """The same value in another order, with a result on the way that is negative, zero or a fraction."""
    if not isinstance(expr, Binary):
        return
    ops: tuple[Operator, Operator] = ("+", "-") if expr.op in "+-" else ("*", "/")
    up, down = _flat(expr, *ops)
    for one in up if len(up) > 1 else ():
        for two in down:
            a, b = worth_of(one), worth_of(two)
            if a <= b if ops[0] == "+" else (a / b).denominator != 1:
                yield _run(one, two, up, down, ops)
    for inner in regrouped(expr.left):
        yield Binary(expr.op, inner, expr.right)
    for inner in regrouped(expr.right):
        yield Binary(expr.op, expr.left, inner)
