"""Fraction-free elimination as a person does it: the plan of moves that solves or refutes a system.

Moves, easiest first: a row with one unknown left gives its value; two rows in the same two unknowns are combined; else
the cheapest unknown is removed from every other row that has it. Rows are divided through by their common factor, so
numbers stay as small as they can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm

from verimill.schemas.core import Status
from verimill.schemas.numbers.linear_system import Row


@dataclass(frozen=True, slots=True)
class Move:
    """One move on rows that are numbered from 0, the given ones first.

    `rule` combine: `parts` are (multiplier, row), giving `row` as number `new`. insert: row `parts[0][1]` with the
    `known` unknowns put in. solve: that row with `known` put in gives unknown `unknown` the `value`. check, impossible:
    about that row.
    """

    rule: str
    parts: tuple[tuple[int, int], ...]
    new: int = -1
    row: Row = ()
    known: tuple[int, ...] = ()
    unknown: int = -1
    value: Fraction = Fraction(0)


@dataclass(slots=True)
class Plan:
    """Moves in order, what they show, the values found, the grade and the sizes met on the way."""

    moves: list[Move] = field(default_factory=list)
    status: Status = "one"
    values: dict[int, Fraction] = field(default_factory=dict)
    tier: int = 0
    largest: int = 0
    effort: float = 0.0


def _reduced(row: Sequence[int]) -> Row:
    divisor = gcd(*row)
    return tuple(a // divisor for a in row) if divisor > 1 else tuple(row)


def _digits(number: int) -> int:
    return len(str(abs(number)))


class Elimination:
    """Runs the moves on the rows of a system; `plan` is the outcome."""

    def __init__(self, rows: Sequence[Row], unknowns: int) -> None:
        self.rows: list[Row] = list(rows)
        self.given, self.unknowns = len(rows), unknowns
        self.active = list(range(len(rows)))
        self.reserve: list[int] = []  # pivot rows, waiting for the values of their other unknowns
        self.stands: list[frozenset[int]] = [frozenset([at]) for at in self.active]
        self.value_stands: dict[int, frozenset[int]] = {}
        self.plan = Plan()
        self.plan.largest = max(abs(a) for row in rows for a in row)

    def run(self) -> Plan:
        plan = self.plan
        while plan.status == "one" and len(plan.values) < self.unknowns:
            if not (self._solve_single() or self._insert_known() or self._join_pair() or self._eliminate()):
                plan.status = "many"
        if plan.status == "one":
            self._check_unused()
        if plan.tier == 2 and plan.status == "one" and any(v.denominator > 1 for v in plan.values.values()):
            plan.tier = 3
        return plan

    def _unknown(self, at: int) -> list[int]:
        row, values = self.rows[at], self.plan.values
        return [v for v in range(self.unknowns) if row[v] and v not in values]

    def _known(self, at: int) -> tuple[int, ...]:
        row, values = self.rows[at], self.plan.values
        return tuple(v for v in range(self.unknowns) if row[v] and v in values)

    def _record(self, move: Move, cost: float) -> None:
        self.plan.moves.append(move)
        self.plan.effort += cost

    def _new_row(self, row: Sequence[int], stands: frozenset[int]) -> tuple[int, Row]:
        self.plan.largest = max(self.plan.largest, *map(abs, row))
        reduced = _reduced(row)
        self.rows.append(reduced)
        self.stands.append(stands)
        return len(self.rows) - 1, reduced

    def _put_in(self, at: int) -> list[int]:
        """The row with every known value moved to the right, multiplied through to whole numbers."""
        row, known = self.rows[at], self._known(at)
        values = [self.plan.values[v] for v in known]
        base = lcm(*(value.denominator for value in values))
        out = [a * base for a in row]
        for v, value in zip(known, values, strict=True):
            out[-1] -= row[v] * value.numerator * (base // value.denominator)
            out[v] = 0
        return out

    def _stands_with(self, at: int, known: tuple[int, ...]) -> frozenset[int]:
        return self.stands[at].union(*(self.value_stands[v] for v in known))

    def _insert_cost(self, at: int, known: tuple[int, ...]) -> float:
        cost = 1.0
        for v in known:
            value = self.plan.values[v]
            cost += _digits(self.rows[at][v]) * _digits(value.numerator) * (3 if value.denominator > 1 else 1)
        return cost + 0.5 * _digits(self.rows[at][-1])

    def _solve_single(self) -> bool:
        for at in (*self.active, *reversed(self.reserve)):
            left = self._unknown(at)
            if not left and at in self.active:
                self.active.remove(at)
                return self._settled(at)
            if len(left) != 1:
                continue
            known, row = self._known(at), self._put_in(at)
            value = Fraction(row[-1], row[left[0]])
            self.plan.largest = max(self.plan.largest, abs(row[-1]), abs(row[left[0]]))
            self._record(
                Move("solve", ((1, at),), row=tuple(row), known=known, unknown=left[0], value=value),
                self._insert_cost(at, known) + _digits(row[-1]) * (3 if value.denominator > 1 else 1),
            )
            self.plan.values[left[0]] = value
            self.value_stands[left[0]] = self._stands_with(at, known)
            (self.active if at in self.active else self.reserve).remove(at)
            return True
        return False

    def _settled(self, at: int) -> bool:
        """A row without unknowns is dropped when it holds and refutes the system when it does not."""
        known, row = self._known(at), self._put_in(at)
        if row[-1]:
            if known:
                new, reduced = self._new_row(row, self._stands_with(at, known))
                self._record(Move("insert", ((1, at),), new, reduced, known), self._insert_cost(at, known))
                at = new
            self._record(Move("impossible", ((1, at),)), 1)
            self.plan.status = "none"
        return True

    def _insert_known(self) -> bool:
        for k, at in enumerate(self.active):
            known = self._known(at)
            if known:
                new, reduced = self._new_row(self._put_in(at), self._stands_with(at, known))
                self._record(Move("insert", ((1, at),), new, reduced, known), self._insert_cost(at, known))
                self.active[k] = new
                return True
        return False

    def _combine(self, pivot: int, other: int, unknown: int) -> None:
        """Replaces `other` by its combination with `pivot` that has no `unknown`."""
        a, b = self.rows[pivot][unknown], self.rows[other][unknown]
        base = gcd(a, b)
        up, down = a // base, -b // base
        if up < 0:
            up, down = -up, -down
        row = [up * y + down * x for x, y in zip(self.rows[pivot], self.rows[other], strict=True)]
        k = self.active.index(other)
        if not any(row):
            del self.active[k]  # says nothing new
            return
        new, reduced = self._new_row(row, self.stands[pivot] | self.stands[other])
        cost = 1.0
        for x, y in zip(self.rows[pivot], self.rows[other], strict=True):
            cost += 0.5 * (_digits(down) * _digits(x) * (abs(down) > 1) + _digits(up) * _digits(y) * (up > 1))
            cost += 0.5 * (_digits(x) + _digits(y)) * (x != 0 and y != 0)
        self._record(Move("combine", ((up, other), (down, pivot)), new, reduced), cost)
        self.active[k] = new

    def _join_pair(self) -> bool:
        seen: dict[tuple[int, ...], int] = {}
        for at in self.active:
            left = tuple(self._unknown(at))
            if len(left) != 2:
                continue
            if left in seen:
                self.plan.tier = max(self.plan.tier, 1)
                first, second = (self._weight(seen[left], at, v) for v in left)
                self._combine(seen[left], at, left[0] if first <= second else left[1])
                return True
            seen[left] = at
        return False

    def _weight(self, pivot: int, other: int, unknown: int) -> int:
        a, b = abs(self.rows[pivot][unknown]), abs(self.rows[other][unknown])
        return (a + b) // gcd(a, b)

    def _eliminate(self) -> bool:
        best: tuple[int, int, int] | None = None
        for at in self.active:
            row = self.rows[at]
            filled = sum(1 for a in row[:-1] if a)
            for v in range(self.unknowns):
                if row[v]:
                    others = (o for o in self.active if o != at and self.rows[o][v])
                    weight = filled * sum(self._weight(at, o, v) for o in others)
                    best = min(best or (weight, at, v), (weight, at, v))
        if best is None:
            return False
        self.plan.tier = 2
        _, pivot, unknown = best
        for other in [o for o in self.active if o != pivot and self.rows[o][unknown]]:
            self._combine(pivot, other, unknown)
        self.active.remove(pivot)
        self.reserve.append(pivot)
        return True

    def _check_unused(self) -> None:
        """A given row that no value stands on is put to the test; one that fails refutes the system."""
        used = frozenset[int]().union(*self.value_stands.values())
        for at in range(self.given):
            if at in used:
                continue
            if self._put_in(at)[-1]:
                self._settled(at)
                return
            self._record(Move("check", ((1, at),)), self._insert_cost(at, self._known(at)))


def plan_of(rows: Sequence[Row], unknowns: int) -> Plan:
    """The moves that solve the system, refute it, or leave it with a choice."""
    return Elimination(rows, unknowns).run()


def needed_moves(moves: Sequence[Move]) -> list[bool]:
    """For each move, whether a value, a check or the contradiction stands on it."""
    wanted: set[int] = set()
    refutes = bool(moves) and moves[-1].rule == "impossible"
    unknowns: set[int] = set()
    out = [False] * len(moves)
    for k in range(len(moves) - 1, -1, -1):
        move = moves[k]
        if move.rule in ("impossible", "check"):
            keep = True
        elif move.rule == "solve":
            keep = not refutes or move.unknown in unknowns
        else:
            keep = move.new in wanted
        if keep:
            out[k] = True
            wanted.update(at for _, at in move.parts)
            unknowns.update(move.known)
    return out
