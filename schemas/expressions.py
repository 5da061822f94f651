"""Arithmetic expressions read from text by a parser of our own, with exact values and a bounded cost.

Grammar, loosest first: sums `a + b`, `a - b`; products `a * b`, `a / b` (also `x`, `×`, `÷`, `·`); a sign
`-a`; powers `a ^ b` or `a ** b`, right to left; brackets `( )` or `[ ]`; numbers `12`, `2.5`. Nothing is implied:
`2(3)` is refused. Nothing here can run long: length, depth, count and the size of every value are capped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from verimill.schemas.text import plain

MAX_LENGTH = 4_000  # characters of text
MAX_NUMBERS = 256  # numbers in one expression
MAX_DEPTH = 64  # brackets, signs and powers within each other
MAX_DIGITS = 60  # of one written number
MAX_BITS = 8_192  # of any numerator or denominator met on the way

Operator = Literal["+", "-", "*", "/", "^"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, exact."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Negative:
    """A sign before an operand."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands joined by an operator."""

    op: Operator
    left: Expr
    right: Expr


Expr: TypeAlias = Number | Negative | Binary

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|(\*\*|[-+*/^()\[\]xX]))")
_SAME: dict[str, str] = {"**": "^", "x": "*", "X": "*", "[": "(", "]": ")"}
_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}


def parse(text: str) -> Expr:
    """The expression written in `text`; ValueError says what is malformed and where."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"an expression must have at most {MAX_LENGTH} characters, got {len(text)}")
    return _Reader(_tokens(plain(text).strip())).whole()


def _tokens(text: str) -> list[str | Fraction]:
    """Numbers as fractions, operators and brackets in one spelling each."""
    out: list[str | Fraction] = []
    at, numbers = 0, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"an expression cannot have {text[at:].lstrip()[:1]!r} at character {at + 1}")
        number, operator = found.groups()
        if number:
            numbers += 1
            if len(number) > MAX_DIGITS or numbers > MAX_NUMBERS:
                raise ValueError(
                    f"an expression must have at most {MAX_NUMBERS} numbers of at most {MAX_DIGITS} digits"
                )
            out.append(Fraction(int(number)) if number.isdigit() else Fraction(number))
        else:
            out.append(_SAME.get(operator, operator))
        at = found.end()
    return out


class _Reader:
    """Precedence climbing over a list of tokens."""

    __slots__ = ("at", "tokens")

    def __init__(self, tokens: list[str | Fraction]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str | Fraction | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def whole(self) -> Expr:
        found = self.binary(1, 0)
        if self.at < len(self.tokens):
            raise ValueError(f"expected an operator or the end of the expression, got {_show(self.peek())}")
        return found

    def binary(self, least: int, depth: int) -> Expr:
        if depth > MAX_DEPTH:
            raise ValueError(f"an expression must be nested at most {MAX_DEPTH} deep")
        left = self.operand(depth)
        while True:
            op = self.peek()
            if not isinstance(op, str) or _BINDS.get(op, 0) < least:
                return left
            self.at += 1
            # A power binds to the right, all else to the left; a sign may follow `^`, as in 2^-1.
            right = self.binary(3 if op == "^" else _BINDS[op] + 1, depth + (op == "^"))
            left = Binary(op, left, right)  # type: ignore[arg-type]

    def operand(self, depth: int) -> Expr:
        token = self.peek()
        self.at += 1
        if isinstance(token, Fraction):
            return Number(token)
        if token == "(":
            inside = self.binary(1, depth + 1)
            if self.peek() != ")":
                raise ValueError(f"expected a closing bracket, got {_show(self.peek())}")
            self.at += 1
            return inside
        if token == "-":
            return Negative(self.binary(3, depth + 1))
        if token == "+":
            return self.binary(3, depth + 1)
        raise ValueError(f"expected a number, got {_show(token)}")


def _show(token: str | Fraction | None) -> str:
    return "the end" if token is None else str(token)


def evaluate(expr: Expr) -> Fraction:
    """The exact value; ValueError for a division by zero and for values past MAX_BITS, before the work is done."""
    if isinstance(expr, Number):
        return expr.value
    if isinstance(expr, Negative):
        return -evaluate(expr.operand)
    left, right = evaluate(expr.left), evaluate(expr.right)
    if expr.op == "^":
        return _power(left, right)
    if expr.op == "+":
        value = left + right
    elif expr.op == "-":
        value = left - right
    elif expr.op == "*":
        value = left * right
    elif right == 0:
        raise ValueError("division by zero")
    else:
        value = left / right
    return _bounded(value)


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _bounded(value: Fraction) -> Fraction:
    if _bits(value) > MAX_BITS:
        raise ValueError(f"a value needs more than {MAX_BITS} bits")
    return value


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        raise ValueError(f"an exponent must be a whole number, got {str(exponent)[:40]}")
    if base == 0 and exponent <= 0:
        raise ValueError("zero can only have an exponent above zero")
    if _bits(exponent) > 64 or (abs(base) != 1 and _bits(base) * abs(int(exponent)) > MAX_BITS):
        raise ValueError(f"a power needs more than {MAX_BITS} bits")
    if abs(base) == 1:
        return Fraction(1) if exponent % 2 == 0 else base
    return base ** int(exponent)


def numbers(expr: Expr) -> tuple[Fraction, ...]:
    """Every number as written, from left to right."""
    if isinstance(expr, Number):
        return (expr.value,)
    if isinstance(expr, Negative):
        return numbers(expr.operand)
    return numbers(expr.left) + numbers(expr.right)


def write(expr: Expr) -> str:
    """Text with the fewest brackets that `parse` reads back as the same expression."""
    return _write(expr, 0)


def _write(expr: Expr, least: int) -> str:
    if isinstance(expr, Number):
        return _decimal(expr.value)
    if isinstance(expr, Negative):
        text, binds = "-" + _write(expr.operand, 3), 3
    else:
        binds = _BINDS[expr.op]
        left = _write(expr.left, 5 if expr.op == "^" else binds)
        text = f"{left} {expr.op} {_write(expr.right, 3 if expr.op == '^' else binds + 1)}"
    return f"({text})" if binds < least else text


def _decimal(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    for places in range(1, MAX_DIGITS):
        shifted = value * 10**places
        if shifted.denominator == 1:
            whole, part = divmod(shifted.numerator, 10**places)
            return f"{whole}.{part:0{places}d}"
    raise ValueError(f"a written number must be a finite decimal, got {value}")
