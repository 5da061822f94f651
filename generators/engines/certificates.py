"""The second opinion on uniqueness: one persistent SAT solver a shape, every clue behind a selector literal.

Only sat/unsat answers are used, never a model or a core, so what the solver was asked before cannot shape an
instance. Retired clauses pile up; the solver is built anew after a few thousand questions.
"""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, product
from math import comb
from typing import Any

from verimill.generators.engines import kernels
from verimill.generators.engines.constraints import Constraint

ENGINE = "minisat22"
MAX_CLAUSES = 400_000
MAX_COUNTED = 1200  # clauses of a count written without running sums
MAX_VARIABLES = 5_000  # every one of them is decided on at each question, wanted or not
MAX_SELECTORS = 500  # clauses that are switched off still stand in the way
DIRECT = 3  # cells up to which a table is written as what all cells but one leave to the last, without new variables


@lru_cache(maxsize=1024)
def implied(
    rows: tuple[tuple[int, ...], ...], cells: int, n: int
) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """What each choice of values of all cells but the last leaves to the last one, counted from 1.

    Choices that leave all n values are not listed.
    """
    left: dict[tuple[int, ...], list[int]] = {}
    for row in rows:
        left.setdefault(row[:-1], []).append(row[-1] + 1)
    return tuple(
        (tuple([k + 1 for k in when]), tuple(then))
        for when in product(range(n), repeat=cells - 1)
        if len(set(then := left.get(when, []))) < n
    )


class Oracle:
    """Answers "do these constraints leave a solution other than this one?" for one shape of variables."""

    def __init__(self, n_vars: int, n_values: int) -> None:
        self.n_vars, self.n_values = n_vars, n_values
        self._start()

    def _start(self) -> None:
        from pysat.solvers import Minisat22

        self.solver: Any = Minisat22()
        self.selectors: dict[tuple[Any, ...], int] = {}
        self.sums: dict[tuple[Any, ...], dict[int, int]] = {}
        self.told: tuple[Constraint, ...] | None = None  # the last question's constraints, often the next one's
        self.told_by: list[int] = []
        self.shared = 0  # variables of `sums`, which later problems of the shape use again
        self.top = self.n_vars * self.n_values
        self.clauses = 0
        for v in range(self.n_vars):
            lits = [self.lit(v, k) for k in range(self.n_values)]
            self._add(lits)
            for i, a in enumerate(lits):
                for b in lits[i + 1 :]:
                    self._add([-a, -b])

    def lit(self, var: int, value: int) -> int:
        return var * self.n_values + value + 1

    def _fresh(self) -> int:
        self.top += 1
        return self.top

    def _add(self, clause: list[int]) -> None:
        self.solver.add_clause(clause)
        self.clauses += 1

    def selector(self, con: Constraint) -> int:
        """The literal that switches `con` on; its clauses are added the first time it is asked for."""
        key = (con.kind, con.scope, con.args, con.rows, con.complete)
        found = self.selectors.get(key)
        if found is None:
            found = self.selectors[key] = self._fresh()
            self._post(con, -found)
        return found

    def _post(self, con: Constraint, off: int) -> None:
        lit, n = self.lit, self.n_values
        if con.kind == kernels.DIFFERENT:
            for i, a in enumerate(con.scope):
                for b in con.scope[i + 1 :]:
                    for k in range(n):
                        self._add([off, -lit(a, k), -lit(b, k)])
            if con.complete:
                for k in range(n):
                    self._add([off, *(lit(v, k) for v in con.scope)])
        elif con.kind == kernels.LESS:
            a, b = con.scope
            for x in range(n):
                for y in range(min(n, x + con.args[0])):
                    self._add([off, -lit(a, x), -lit(b, y)])
        elif con.kind == kernels.TABLE and len(con.scope) <= DIRECT:
            first, last = [v * n for v in con.scope[:-1]], con.scope[-1] * n
            for when, then in implied(con.rows, len(con.scope), n):
                self._add([off, *[-a - k for a, k in zip(first, when, strict=True)], *[last + k for k in then]])
        elif con.kind == kernels.TABLE:
            rows = []
            for row in con.rows:
                t = self._fresh()
                rows.append(t)
                for v, k in zip(con.scope, row, strict=True):
                    self._add([-t, lit(v, k)])
            self._add([off, *rows])
        elif con.kind == kernels.UNLIKE:
            half = len(con.scope) // 2
            places = []
            for a, b in zip(con.scope[:half], con.scope[half:], strict=True):
                t = self._fresh()
                places.append(t)
                for k in range(n):
                    self._add([-t, -lit(a, k), -lit(b, k)])
            self._add([off, *places])
        else:
            self._post_total(con, off)

    def _post_total(self, con: Constraint, off: int) -> None:
        """The running sums as states: state s after cell i and value k gives state s + weight * value."""
        low, high, base = con.args[:3]
        if self.n_values == 2:
            if con.complete and self._post_counted(con.scope, low, high, off):
                return
            for s, end in self._sums(con.scope, base, con.args[3:]).items():
                if not low <= s <= high:
                    self._add([off, -end])
            return
        layer: dict[int, int] = {0: -off}
        for v, weight in zip(con.scope, con.args[3:], strict=True):
            after: dict[int, int] = {}
            for s, state in layer.items():
                for k in range(self.n_values):
                    t = s + weight * (k + base)
                    if t not in after:
                        after[t] = self._fresh()
                    self._add([-state, -self.lit(v, k), after[t]])
            layer = after
        for s, state in layer.items():
            if not low <= s <= high:
                self._add([-state])

    def _post_counted(self, scope: tuple[int, ...], low: int, high: int, off: int) -> bool:
        """Post a plain count as clauses over its cells alone, when these are few: no set is too full or too empty."""
        n = len(scope)
        most, least = min(high, n) + 1, n - max(low, 0) + 1
        if comb(n, most) + (comb(n, least) if least >= 0 else 0) > MAX_COUNTED or low > n or high < 0:
            return False
        ones = [self.lit(v, 1) for v in scope]
        for lits in combinations([-one for one in ones], most):
            self._add([off, *lits])
        for lits in combinations(ones, least):
            self._add([off, *lits])
        return True

    def _sums(self, scope: tuple[int, ...], base: int, weights: tuple[int, ...]) -> dict[int, int]:
        """The literal of each total of 0/1 cells: running sums and the moves between them, posted once a scope.

        A sum holds only when the cells before it make it, and every cell's value is carried by some move, so
        unit propagation alone rules out what no total allows.
        """
        key = (scope, base, weights)
        found = self.sums.get(key)
        if found is not None:
            return found
        before = self.top
        layer = {0: self._fresh()}
        self._add([layer[0]])
        for v, weight in zip(scope, weights, strict=True):
            after: dict[int, int] = {}
            into: dict[int, list[int]] = {}
            carried: tuple[list[int], list[int]] = ([], [])
            for s, state in layer.items():
                out = []
                for k in (0, 1):
                    t = s + weight * (k + base)
                    if t not in after:
                        after[t] = self._fresh()
                        into[t] = []
                    move = self._fresh()
                    out.append(move)
                    into[t].append(move)
                    carried[k].append(move)
                    self._add([-move, state])
                    self._add([-move, self.lit(v, k)])
                    self._add([-move, after[t]])
                self._add([-state, *out])
            for t, moves in into.items():
                self._add([-after[t], *moves])
            for k in (0, 1):
                self._add([-self.lit(v, k), *carried[k]])
            layer = after
        self.sums[key] = layer
        self.shared += self.top - before
        return layer

    def another(
        self, constraints: tuple[Constraint, ...], domains: Sequence[int], values: Sequence[int] | None
    ) -> bool:
        """True when a solution other than `values` (None: any) exists under the constraints and initial masks.

        A value of -1 is not asked about: to differ there alone is not to differ.
        """
        if self.clauses > MAX_CLAUSES or self.top - self.shared > MAX_VARIABLES or len(self.selectors) > MAX_SELECTORS:
            self.solver.delete()
            self._start()
        full = (1 << self.n_values) - 1
        if constraints is not self.told:
            self.told, self.told_by = constraints, [self.selector(c) for c in constraints]
        assume = list(self.told_by)
        for v, mask in enumerate(domains):
            if mask != full:
                if mask & (mask - 1) == 0:
                    assume.append(v * self.n_values + mask.bit_length())
                else:
                    assume.extend(-self.lit(v, k) for k in range(self.n_values) if not mask >> k & 1)
        if values is None:
            return bool(self.solver.solve(assumptions=assume))
        switch = self._fresh()
        self._add([-switch, *[-v * self.n_values - k - 1 for v, k in enumerate(values) if k >= 0]])
        answer = bool(self.solver.solve(assumptions=[switch, *assume]))
        self._add([-switch])
        return answer


@lru_cache(maxsize=24)
def oracle_for(shape: str, n_vars: int, n_values: int) -> Oracle:
    """The oracle of a shape (family and size), kept for the life of the process."""
    return Oracle(n_vars, n_values)


# A solver freed while the interpreter shuts down finds its library already gone and complains on stderr.
atexit.register(oracle_for.cache_clear)
