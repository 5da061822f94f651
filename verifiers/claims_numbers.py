"""Claims that are equations: `28 + 10 = 38`, `fr = 13 + 15 - 3 = 25`, `2x - 3y = 7`, `x = 7/2`.

A sentence is cut into runs of numbers, known names, signs and brackets; a run with `=` (or `is`) is an equation, or
a chain of them. Each side is a linear form in the names, exact, or it is passed over. Work is linear in the text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from verimill.verifiers.claims import FALSE, HEDGE, JUSTIFIED, KNOWN, LEAP, OPEN, Found

Form = dict[str, Fraction]  # name to coefficient; "" is the constant

MAX_DIGITS = 60
MAX_RUN = 200  # tokens of one equation
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[A-Za-z_][A-Za-z_0-9]*|[-+*/^()=]|\S")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_IS = frozenset({"=", "is", "equals", "gives", "makes"})


class Equation(NamedTuple):
    """Two neighbouring sides of a chain."""

    left: Form
    right: Form
    text: str
    numbers: tuple[Fraction, ...]  # as written on the left
    at: int


def equations(text: str, names: Mapping[str, str]) -> list[Equation]:
    """The equations of a sentence; `names` maps spellings to names."""
    found: list[Equation] = []
    run: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word in names or word in _IS or word in "-+*/^()" or _NUMBER.fullmatch(word):
            run.append((word, match.start()))
        else:
            found += _of_run(run, names)
            run = []
    return found + _of_run(run, names)


def _of_run(run: list[tuple[str, int]], names: Mapping[str, str]) -> list[Equation]:
    if len(run) > MAX_RUN or not any(word in _IS for word, _ in run):
        return []
    sides: list[tuple[list[str], Form | None]] = []
    start, words = 0, [word for word, _ in run]
    ends = [at for at, word in enumerate(words) if word in _IS] + [len(words)]
    for end in ends:
        part = words[start:end]
        sides.append((part, _Side(part, names).form()))
        start = end + 1
    found = []
    for (left, a), (right, b) in itertools.pairwise(sides):
        if a is not None and b is not None:
            numbers = tuple(Fraction(word) for word in left if _NUMBER.fullmatch(word))
            found.append(Equation(a, b, f"{' '.join(left)} = {' '.join(right)}", numbers, run[0][1]))
    return found


class _Side:
    """Recursive descent over the tokens of one side; None where it is not a linear form."""

    def __init__(self, words: Sequence[str], names: Mapping[str, str]) -> None:
        self.words, self.names, self.at, self.depth = words, names, 0, 0

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
                value = _times(value, other) if word == "*" else _times(value, {"": 1 / _plain(other)})
            elif word in self.names and _NUMBER.fullmatch(self.words[self.at - 1]):  # 5x
                value = _times(value, self._power())
            else:
                return value

    def _power(self) -> Form:
        value = self._atom()
        if self._peek() == "^":
            self.at += 1
            exponent = _plain(self._atom())
            if exponent.denominator != 1 or not 0 <= exponent <= 12:
                raise ValueError("exponent")
            value = {"": _plain(value) ** int(exponent)}
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


def hedged(text: str, at: int) -> bool:
    """True where the words before `at` only consider what follows."""
    return text.endswith("?") or HEDGE.search(re.split(r"[:;]|\bso\b|\bthen\b", text[:at])[-1]) is not None


class ChainReader:
    """Equations among numbers and named results; `values` are the true ones."""

    refuted = 0

    def __init__(self, values: Mapping[str, Fraction | None]) -> None:
        self.values = values
        self.names = {spelling: name for name in values for spelling in (name, name.upper(), name.capitalize())}
        self.stated: set[str] = set()

    def sentence(self, text: str) -> list[Found]:
        """The equations of a sentence, judged."""
        found = []
        for equation in equations(text, self.names):
            if hedged(text, equation.at):
                continue
            difference = added(equation.left, equation.right, Fraction(-1))
            used = {name for form in (equation.left, equation.right) for name in form} - {""}
            if not used and equation.left == equation.right and len(equation.numbers) < 2:
                continue  # 7 = 7 says nothing
            if any(self.values.get(name) is None for name in used):
                found.append(Found(equation.text, FALSE, "a result without a value is given one"))
                continue
            left = difference.pop("", Fraction(0))
            for name, factor in difference.items():
                value = self.values[name]
                left += factor * (value if value is not None else 0)
            if left:
                found.append(Found(equation.text, FALSE, "the two sides differ"))
                continue
            lone = next(iter(equation.left)) if len(equation.left) == 1 and not equation.numbers else ""
            premises = used - {lone}
            if (
                used
                and used <= self.stated
                and len(difference) <= 1
                and not premises
                and not equation.right.keys() - {""}
            ):
                found.append(Found(equation.text, KNOWN))
            else:
                found.append(
                    Found(equation.text, JUSTIFIED if premises <= self.stated and (used or equation.numbers) else LEAP)
                )
            if lone:
                self.stated.add(lone)
        return found


class PoolReader:
    """Joins of given numbers: each operand must be given or made before."""

    refuted = 0

    def __init__(self, numbers: Iterable[int]) -> None:
        self.pool = {Fraction(number) for number in numbers}

    def sentence(self, text: str) -> list[Found]:
        """The sums of a sentence, judged; a right result may be used from then on."""
        found = []
        for equation in equations(text, {}):
            if len(equation.numbers) < 2:
                continue
            if equation.left != equation.right:
                found.append(Found(equation.text, FALSE, "the two sides differ"))
                continue
            strange = [number for number in equation.numbers if number not in self.pool]
            self.pool.add(equation.right.get("", Fraction(0)))
            if strange:
                found.append(Found(equation.text, OPEN, f"{strange[0]} is not among the numbers"))
            else:
                found.append(Found(equation.text, JUSTIFIED))
        return found


class SystemReader:
    """Linear equations in the unknowns of a system; a true one follows from the rows, cited ones first."""

    refuted = 0

    def __init__(self, rows: Sequence[Sequence[int]], names: Sequence[str]) -> None:
        self.rows: list[Form] = []
        for row in rows:
            form = {name: Fraction(value) for name, value in zip(names, row, strict=False) if value}
            self.rows.append(added(form, {"": Fraction(row[-1])}, Fraction(-1)))
        self.order = [*names, ""]
        self.names = {spelling: name for name in names for spelling in (name, name.upper(), name.lower())}
        self.all = _reduced(self.rows, self.order)
        self.stated: list[Form] = []

    def sentence(self, text: str) -> list[Found]:
        """The equations of a sentence, judged."""
        found = []
        cited = [
            self.rows[int(k) - 1] for k in re.findall(r"\(?\be?(\d{1,2})\)?", text) if 0 < int(k) <= len(self.rows)
        ]
        for equation in equations(text, self.names):
            form = added(equation.left, equation.right, Fraction(-1))
            if hedged(text, equation.at) or (not form and equation.left.keys() <= {""} and len(equation.numbers) < 2):
                continue
            if not form.keys() - {""}:
                if form and not _within(form, self.all, self.order):
                    found.append(Found(equation.text, FALSE, "the two sides differ"))
                elif equation.numbers:
                    found.append(Found(equation.text, JUSTIFIED))
                continue
            found.append(self._judged(form, equation.text, cited))
        return found

    def _judged(self, form: Form, text: str, cited: list[Form]) -> Found:
        if any(_parallel(form, row) for row in (*self.stated, *self.rows)):
            return Found(text, KNOWN)
        if not _within(form, self.all, self.order):
            against = _within({"": Fraction(1)}, _reduced([*self.all, form], self.order), self.order)
            return Found(text, FALSE if against else OPEN, "the system does not give it")
        near = _within(form, _reduced([*cited, *self.stated], self.order), self.order)
        self.stated.append(form)
        return Found(text, JUSTIFIED if near else LEAP)


def _parallel(one: Form, two: Form) -> bool:
    if one.keys() != two.keys():
        return False
    return len({one[name] / two[name] for name in one}) == 1


def _reduced(rows: Sequence[Form], order: Sequence[str]) -> list[Form]:
    """Rows in echelon form, each with 1 at its first name."""
    done: list[Form] = []
    for row in rows:
        left = _remainder(row, done, order)
        if left:
            first = next(name for name in order if name in left)
            done.append({name: value / left[first] for name, value in left.items()})
            done.sort(key=lambda form: next(at for at, name in enumerate(order) if name in form))
    return done


def _remainder(form: Form, rows: Sequence[Form], order: Sequence[str]) -> Form:
    for row in rows:
        first = next(name for name in order if name in row)
        if first in form:
            form = added(form, row, -form[first])
    return form


def _within(form: Form, rows: Sequence[Form], order: Sequence[str]) -> bool:
    return not _remainder(form, rows, order)
