"""Judge of linear_system: values are put into every equation, row operations are done again."""

from __future__ import annotations

import re
from fractions import Fraction
from math import lcm

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.numbers.linear_system import Answer, Problem, Row
from verimill.schemas.rationals import read_rational
from verimill.verifiers.claims_numbers import SystemReader
from verimill.verifiers.steps import walk

_PART = re.compile(r"(-?[0-9]{1,9})\*(e[0-9]{1,4})")
_ROW = re.compile(r"(e[0-9]{1,4}): ((?:-?[0-9]{1,12} ){1,8})= (-?[0-9]{1,12})")


def _unsatisfied(problem: Problem, answer: Answer) -> str | None:
    base = lcm(*(value.denominator for _, value in answer))
    values = [value.numerator * (base // value.denominator) for _, value in answer]
    for at, row in enumerate(problem.rows, 1):
        if sum(a * x for a, x in zip(row, values, strict=False)) != row[-1] * base:
            return f"equation {at} does not hold"
    return None


def _parallel(one: Row, two: Row) -> bool:
    """True when the rows are nonzero multiples of each other, or both zero."""
    if not any(one) or not any(two):
        return not any(one) and not any(two)
    at = next(k for k, a in enumerate(one) if a)
    return two[at] != 0 and all(a * two[at] == b * one[at] for a, b in zip(one, two, strict=True))


class _Trail:
    """Rows and values established so far, each with the given equations it stands on."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rows: dict[str, Row] = {f"e{at}": row for at, row in enumerate(problem.rows, 1)}
        self.stands: dict[str, frozenset[str]] = {label: frozenset([label]) for label in self.rows}
        self.values: dict[str, Fraction] = {}
        self.value_stands: dict[str, frozenset[str]] = {}
        self.checked: set[str] = set()
        self.refuted = False

    def judge(self, step: Step) -> str | None:
        if len(step.claims) != 1 or step.sub:
            return "a step makes one claim and no supposition"
        handlers = {
            "combine": self._combine, "insert": self._insert, "solve": self._solve,
            "check": self._holds, "impossible": self._impossible,
        }  # fmt: skip
        handler = handlers.get(step.rule)
        return handler(step.because, step.claims[0]) if handler else f"there is no rule {step.rule!r:.20}"

    def _new_row(self, claim: str) -> tuple[str, Row]:
        match = _ROW.fullmatch(claim)
        if match is None:
            raise ValueError(f"{claim!r:.60} is no row")
        row = (*map(int, match[2].split()), int(match[3]))
        if len(row) != len(self.problem.names) + 1 or match[1] in self.rows:
            raise ValueError(f"{match[1]} is taken or has the wrong length")
        return match[1], row

    def _row(self, label: str) -> Row:
        if label not in self.rows:
            raise ValueError(f"there is no row {label!r:.20} yet")
        return self.rows[label]

    def _combine(self, because: tuple[str, ...], claim: str) -> str | None:
        total = [0] * (len(self.problem.names) + 1)
        stands: frozenset[str] = frozenset()
        for part in because:
            match = _PART.fullmatch(part)
            if match is None:
                raise ValueError(f"{part!r:.40} is no multiple of a row")
            row = self._row(match[2])
            total = [t + int(match[1]) * a for t, a in zip(total, row, strict=True)]
            stands |= self.stands[match[2]]
        label, row = self._new_row(claim)
        if not _parallel(tuple(total), row):
            return f"{label} is not that sum"
        self.rows[label], self.stands[label] = row, stands
        return None

    def _inserted(self, because: tuple[str, ...]) -> tuple[list[Fraction], frozenset[str]]:
        """The row because[0] with the named known values moved to the right side."""
        row, stands = list(map(Fraction, self._row(because[0]))), self.stands[because[0]]
        for name in because[1:]:
            if name not in self.values:
                raise ValueError(f"{name!r:.20} is not known yet")
            at = self.problem.names.index(name)
            row[-1] -= row[at] * self.values[name]
            row[at] = Fraction(0)
            stands |= self.value_stands[name]
        return row, stands

    def _insert(self, because: tuple[str, ...], claim: str) -> str | None:
        if len(because) < 2:
            return "insert names a row and at least one known unknown"
        inserted, stands = self._inserted(because)
        base = lcm(*(value.denominator for value in inserted))
        label, row = self._new_row(claim)
        if not _parallel(tuple(int(value * base) for value in inserted), row):
            return f"{label} is not {because[0]} with those values"
        self.rows[label], self.stands[label] = row, stands
        return None

    def _solve(self, because: tuple[str, ...], claim: str) -> str | None:
        if not because:
            return "solve names a row"
        inserted, stands = self._inserted(because)
        left = [at for at, a in enumerate(inserted[:-1]) if a]
        name, _, text = claim.partition(" = ")
        if len(left) != 1 or self.problem.names[left[0]] != name:
            return f"{because[0]} does not leave {name!r:.20} alone"
        if name in self.values:
            return f"{name} is known already"
        value = read_rational(text)
        if inserted[left[0]] * value != inserted[-1]:
            return f"{name} is not {value}"
        self.values[name], self.value_stands[name] = value, stands
        return None

    def _holds(self, because: tuple[str, ...], claim: str) -> str | None:
        if len(because) != 1 or claim != f"{because[0]} holds":
            return "check names one row and claims that it holds"
        row = self._row(because[0])
        if because[0] in self.checked:
            return f"{because[0]} was checked already"
        total = Fraction(0)
        for name, a in zip(self.problem.names, row, strict=False):
            if a and name not in self.values:
                return f"{name} is not known yet"
            total += a * self.values[name] if a else 0
        if total != row[-1]:
            return f"{because[0]} does not hold"
        self.checked.add(because[0])
        return None

    def _impossible(self, because: tuple[str, ...], claim: str) -> str | None:
        if len(because) != 1 or claim != "contradiction":
            return "impossible names one row and claims contradiction"
        row = self._row(because[0])
        if any(row[:-1]) or not row[-1]:
            return f"{because[0]} does not contradict itself"
        self.refuted = True
        return None

    def unfinished(self, answer: Answer | None) -> str | None:
        if answer is None:
            return None if self.refuted else "the trace does not reach a contradiction"
        for name, value in answer:
            if self.values.get(name) != value:
                return f"the trace does not reach {name} = {value}"
        # A system with more equations than unknowns is solved only when none of them was left out.
        used = frozenset(self.checked).union(*(self.value_stands[name] for name, _ in answer))
        for at in range(1, len(self.problem.rows) + 1):
            if f"e{at}" not in used:
                return f"equation {at} was never used or checked"
        return None


def _check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    trail = _Trail(problem)
    return walk(steps, trail.judge, lambda: trail.unfinished(answer))


def _recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """sympy's own elimination on the augmented matrix: no solution, a family of them, or the one."""
    import sympy

    unknowns = sympy.symbols(f"v0:{len(problem.names)}")
    matrix = sympy.Matrix([list(row) for row in problem.rows])
    found = sympy.linsolve(matrix, *unknowns)
    if not found:
        return Recount(status == "none", "sympy linsolve", "no solution")
    values = next(iter(found))
    if any(value.free_symbols for value in values):
        return Recount(status == "many", "sympy linsolve", "solutions with a free parameter")
    same = answer is not None and [str(value) for value in values] == [str(value) for _, value in answer]
    return Recount(status == "one" and same, "sympy linsolve", f"one solution {values}")


def _claims(problem: Problem, status: Status, answer: Answer | None) -> SystemReader:
    return SystemReader(problem.rows, problem.names)


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(Rule("equations", _unsatisfied),),
    check=_check,
    recount=_recount,
    claims=_claims,
)
