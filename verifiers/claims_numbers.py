"""Claims that are equations, weighed: among named results, among given numbers, and in the unknowns of a system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm

from verimill.verifiers.claims import FALSE, HEDGE, JUSTIFIED, KNOWN, LEAP, OPEN, Found
from verimill.verifiers.equations import Form, added, equations


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
        for equation in equations(text, self.names, self.values):
            if hedged(text, equation.at):
                continue
            difference = added(equation.left, equation.right, Fraction(-1))
            used = equation.left_names | equation.right_names
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
            alone = len(equation.left_names) == len(equation.left) == 1 and not equation.numbers
            lone = next(iter(equation.left)) if alone and abs(next(iter(equation.left.values()))) == 1 else ""
            premises = used - {lone}
            if used and used <= self.stated and len(difference) <= 1 and not premises and not equation.right_names:
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


Vector = tuple[int, ...]  # one whole number for each name, with no common divisor; the first that is not 0 is positive


def _vector(form: Form, order: Sequence[str]) -> Vector:
    """The form as a vector; parallel forms have the same one."""
    scale = lcm(*(value.denominator for value in form.values()))
    return _lowest([form[n].numerator * (scale // form[n].denominator) if n in form else 0 for n in order])


def _lowest(values: Sequence[int]) -> Vector:
    divisor = gcd(*values)
    if next((value for value in values if value), 0) < 0:
        divisor = -divisor
    return tuple(values) if divisor in (0, 1) else tuple(value // divisor for value in values)


class Span:
    """All sums of multiples of some vectors, kept in echelon form."""

    __slots__ = ("rows",)

    def __init__(self, vectors: Iterable[Vector] = ()) -> None:
        self.rows: dict[int, Vector] = {}  # by the place of its first number
        for vector in vectors:
            self.add(vector)

    def rest(self, vector: Vector) -> Vector:
        """What no multiple of the rows takes away; all zeros for a vector of the span."""
        for first in sorted(self.rows):
            if vector[first]:
                row = self.rows[first]
                a, b = row[first], vector[first]
                vector = _lowest([a * v - b * r for v, r in zip(vector, row, strict=True)])
        return vector

    def holds(self, vector: Vector) -> bool:
        """Whether the vector is one of the sums."""
        return not any(self.rest(vector))

    def add(self, vector: Vector) -> None:
        """The vector is one of them from now on."""
        rest = self.rest(vector)
        if any(rest):
            self.rows[next(at for at, value in enumerate(rest) if value)] = rest

    def with_(self, vectors: Iterable[Vector]) -> Span:
        """A larger span; this one stays as it is."""
        larger = Span()
        larger.rows = dict(self.rows)
        for vector in vectors:
            larger.add(vector)
        return larger


class SystemReader:
    """Linear equations in the unknowns of a system; a true one follows from the rows, cited ones first."""

    refuted = 0

    def __init__(self, rows: Sequence[Sequence[int]], names: Sequence[str]) -> None:
        self.order = [*names, ""]
        self.rows = [_lowest([*row[:-1], -row[-1]]) for row in rows]
        self.names = {spelling: name for name in names for spelling in (name, name.upper(), name.lower())}
        self.all = Span(self.rows)
        self.known = set(self.rows)
        self.stated = Span()

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
            vector = _vector(form, self.order)
            if not form.keys() - {""}:
                if form and not self.all.holds(vector):
                    found.append(Found(equation.text, FALSE, "the two sides differ"))
                elif equation.numbers:
                    found.append(Found(equation.text, JUSTIFIED))
                continue
            found.append(self._judged(vector, equation.text, cited))
        return found

    def _judged(self, vector: Vector, text: str, cited: list[Vector]) -> Found:
        if vector in self.known:
            return Found(text, KNOWN)
        if not self.all.holds(vector):
            against = self.all.with_([vector]).holds((*(0 for _ in self.order[1:]), 1))
            return Found(text, FALSE if against else OPEN, "the system does not give it")
        near = self.stated.holds(vector) or self.stated.with_(cited).holds(vector)
        self.stated.add(vector)
        self.known.add(vector)
        return Found(text, JUSTIFIED if near else LEAP)
