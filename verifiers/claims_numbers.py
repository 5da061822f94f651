"""Claims that are equations, weighed: among named results, among given numbers, and in the unknowns of a system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

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
