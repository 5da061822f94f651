"""Equations in sentences: `28 + 10 = 38`, `fr = 13 + 15 - 3 = 25`, `2x - 3y = 7`, `x = 7/2`.

A sentence is cut into runs of numbers, known names, signs and brackets; a run with `=` (or `is`) is an equation, or
a chain of them. Each side is a linear form in the names, exact, or it is passed over; where the values of the names
are known, products and quotients of names are taken at these values. Work is linear in the text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

Form = dict[str, Fraction]  # name to coefficient; "" is the constant

MAX_DIGITS = 60
MAX_RUN = 200  # tokens of one equation
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[A-Za-z_][A-Za-z_0-9]*|[-+*/^()=]|\S")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_IS = frozenset({"=", "is", "equals", "gives", "makes"})


_SPOKEN = frozenset("times plus minus over by of mod modulo squared cubed percent % x sqrt root < > !".split())


class Equation(NamedTuple):
    """Two neighbouring sides of a chain."""

    left: Form
    right: Form
    text: str
    numbers: tuple[Fraction, ...]  # as written on the left
    at: int
    left_names: frozenset[str]  # as written: a product of names leaves only its value in the form
    right_names: frozenset[str]


Values = Mapping[str, Fraction | None]


def equations(text: str, names: Mapping[str, str], values: Values | None = None) -> list[Equation]:
    """The equations of a sentence; `names` maps spellings to names, `values` names to what they are."""
    values = values or {}
    found: list[Equation] = []
    run: list[tuple[str, int]] = []
    before = ""  # the word that a run follows: after "2 plus", the run has only the end of a sum
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word in names or word in _IS or word in "-+*/^()" or _NUMBER.fullmatch(word):
            run.append((word, match.start()))
        else:
            found += _of_run(run, names, values, before, word)
            run, before = [], word
    return found + _of_run(run, names, values, before, "")


def _of_run(
    run: list[tuple[str, int]], names: Mapping[str, str], values: Values, before: str, after: str
) -> list[Equation]:
    if len(run) > MAX_RUN or not any(word in _IS for word, _ in run):
        return []
    sides: list[tuple[list[str], Form | None]] = []
    start, words = 0, [word for word, _ in run]
    ends = [at for at, word in enumerate(words) if word in _IS] + [len(words)]
    for end in ends:
        part = words[start:end]
        sides.append((part, _Side(part, names, values).form()))
        start = end + 1
    if before.lower() in _SPOKEN:
        sides[0] = ([], None)
    if after.lower() in _SPOKEN:
        sides[-1] = ([], None)
    found = []
    for (left, a), (right, b) in itertools.pairwise(sides):
        if a is not None and b is not None and not (len(left) == 1 == len(right) and a.keys() | b.keys() <= {""}):
            if len(right) == 1 and "." in right[0] and abs(_constant(a) - _constant(b)) < _last_place(right[0]):
                b = a  # rounded, not wrong
            numbers = tuple(Fraction(word) for word in left if _NUMBER.fullmatch(word))
            shown = f"{' '.join(left)} = {' '.join(right)}"
            used = [frozenset(names[word] for word in side if word in names) for side in (left, right)]
            found.append(Equation(a, b, shown, numbers, run[0][1], *used))
    return found


class _Side:
    """Recursive descent over the tokens of one side; None where it is not a linear form."""

    def __init__(self, words: Sequence[str], names: Mapping[str, str], values: Values) -> None:
        self.words, self.names, self.values, self.at, self.depth = words, names, values, 0, 0

    def form(self) -> Form | None:
        """The value, or None."""
        if not self.words:
            return None
        try:
            value = self._sum()
        except (ValueError, ZeroDivisionError, OverflowError):
            return None
        return value if self.at == len(self.words) else None

    def _peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def _sum(self) -> Form:
        self.depth += 1
        if self.depth > 40:
            raise ValueError("too deep")
        total = self._product()
        while self._peek() in ("+", "-"):
            sign = 1 if self._peek() == "+" else -1
            self.at += 1
            total = added(total, self._product(), Fraction(sign))
        self.depth -= 1
        return total

    def _product(self) -> Form:
        value = self._power()
        while True:
            word = self._peek()
            if word in ("*", "/"):
                self.at += 1
                other = self._power()
                if word == "/":
                    other = {"": 1 / _plain(self._settled(other))}
                elif any(value.keys() - {""}) and any(other.keys() - {""}):
                    other = self._settled(other)
                value = _times(value, other)
            elif word in self.names and _NUMBER.fullmatch(self.words[self.at - 1]):  # 5x
                value = _times(value, self._power())
            else:
                return value

    def _settled(self, form: Form) -> Form:
        """The form at the values of its names, where all are known; else as it is."""
        total = Fraction(0)
        for name, factor in form.items():
            value = self.values.get(name) if name else Fraction(1)
            if value is None:
                return form
            total += factor * value
        return {"": total}

    def _power(self) -> Form:
        value = self._atom()
        if self._peek() == "^":
            self.at += 1
            exponent = _plain(self._atom())
            if exponent.denominator != 1 or not 0 <= exponent <= 12:
                raise ValueError("exponent")
            value = {"": _plain(self._settled(value)) ** int(exponent)}
        return value

    def _atom(self) -> Form:
        word = self._peek()
        self.at += 1
        if word == "-":
            return added({}, self._power(), Fraction(-1))
        if word == "+":
            return self._power()
        if word == "(":
            value = self._sum()
            if self._peek() != ")":
                raise ValueError("bracket")
            self.at += 1
            return value
        if word in self.names:
            return {self.names[word]: Fraction(1)}
        if _NUMBER.fullmatch(word) and len(word) <= MAX_DIGITS:
            return {"": Fraction(word)}
        raise ValueError("no value")


def _constant(form: Form) -> Fraction:
    return form.get("", Fraction(0)) if form.keys() <= {""} else Fraction(10**9)


def _last_place(number: str) -> Fraction:
    """One in the last decimal place of a number."""
    return Fraction(1, 10 ** len(number.partition(".")[2]))


def added(one: Form, two: Form, factor: Fraction) -> Form:
    """one + factor * two, without zero terms."""
    total = dict(one)
    for name, value in two.items():
        total[name] = total.get(name, Fraction(0)) + factor * value
    return {name: value for name, value in total.items() if value}


def _plain(form: Form) -> Fraction:
    if any(form.keys() - {""}):
        raise ValueError("not a number")
    value = form.get("", Fraction(0))
    if value.numerator.bit_length() > 400 or value.denominator.bit_length() > 400:
        raise ValueError("too large")
    return value


def _times(one: Form, two: Form) -> Form:
    if any(one.keys() - {""}) and any(two.keys() - {""}):
        raise ValueError("not linear")
    form, factor = (two, _plain(one)) if any(two.keys() - {""}) else (one, _plain(two))
    return {name: value * factor for name, value in form.items() if value * factor}
