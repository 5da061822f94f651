"""Networks of finite-domain constraints, as arrays for the kernels and as objects for everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from verimill.generators.engines import kernels

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint over variables (by index); make it with `different`, `less`, `total`, `table`, `unlike`.

    `ref` is the text by which traces and the judge name it ("row 3", "clue 5"). Values are indices 0..; `base`
    is what index 0 stands for in a TOTAL. `tier` is the tier of a TABLE's SUPPORT rule.
    """

    ref: str
    kind: int
    scope: tuple[int, ...]
    args: tuple[int, ...] = ()
    rows: tuple[tuple[int, ...], ...] = ()
    complete: bool = False
    tier: int = 2


def different(ref: str, scope: Sequence[int], complete: bool = False) -> Constraint:
    """All values differ; `complete` when there are as many values as cells, so each value has a place."""
    return Constraint(ref, kernels.DIFFERENT, tuple(scope), complete=complete)


def less(ref: str, a: int, b: int, gap: int = 1) -> Constraint:
    """Value of a plus gap is at most value of b."""
    return Constraint(ref, kernels.LESS, (a, b), (gap,))


def total(
    ref: str,
    scope: Sequence[int],
    low: int,
    high: int,
    base: int = 0,
    weights: Sequence[int] | None = None,
    unit: bool = False,
) -> Constraint:
    """low <= sum of weight * (value index + base) <= high.

    `unit` promises 0/1 cells of weight 1 and base 0: BOUNDS is then complete, and the rule NESTED applies.
    """
    coefficients = tuple(weights) if weights is not None else (1,) * len(scope)
    return Constraint(
        ref, kernels.TOTAL, tuple(scope), (low, high, base, *coefficients), complete=unit, tier=1 if unit else 2
    )


def unlike(ref: str, a: Sequence[int], b: Sequence[int], totals: tuple[int, int] = (-1, -1)) -> Constraint:
    """Two lines of 0/1 cells differ somewhere; `totals` are the indices of the TOTALs of a and of b, if equal."""
    return Constraint(ref, kernels.UNLIKE, (*a, *b), totals)


def table(ref: str, scope: Sequence[int], rows: Sequence[tuple[int, ...]], tier: int = 2) -> Constraint:
    """The cells hold one of the listed tuples of value indices."""
    return Constraint(ref, kernels.TABLE, tuple(scope), (), tuple(rows), tier=tier)


class Network(NamedTuple):
    """The arrays of a list of constraints; what each holds is in its name, `_at` arrays are offsets."""

    kind: Array
    scope_at: Array
    scope: Array
    arg_at: Array
    args: Array
    tuples: Array
    var_at: Array
    var_cons: Array
    tier: Array
    perm: Array
    full: Array


class Scratch(NamedTuple):
    """Working memory of the kernels, sized for one shape of network and used again."""

    masks: Array
    chosen: Array
    reach: Array
    back: Array
    dom: Array
    reason: Array
    placed: Array
    dirty: Array
    need: Array
    thin_dom: Array
    thin_placed: Array
    thin_dirty: Array
    start: Array


MAX_ROWS = 60_000  # log rows of one run, suppositions included


@lru_cache(maxsize=32)
def scratch_for(n_vars: int, n_values: int, n_cons: int, widest: int) -> tuple[Scratch, Array, Array, Array, Array]:
    """(scratch, log, counters, search stack, reasons of the search) for a shape; not for use by two threads."""
    scratch = Scratch(
        np.zeros(max(widest, 4), np.int64),
        np.zeros(8, np.int64),
        np.zeros((widest + 1, kernels.MAX_SPAN), np.int8),
        np.zeros((widest + 1, kernels.MAX_SPAN), np.int8),
        np.zeros(n_vars, np.int64),
        np.zeros((n_vars, n_values), np.int32),
        np.zeros(n_vars, np.int8),
        np.zeros(n_cons, np.int64),
        np.zeros(MAX_ROWS, np.int8),
        np.zeros(n_vars, np.int64),
        np.zeros(n_vars, np.int8),
        np.zeros(n_cons, np.int64),
        np.zeros(n_vars, np.int64),
    )
    return (
        scratch,
        np.zeros((MAX_ROWS, kernels.WIDTH), np.int64),
        np.zeros(8, np.int64),
        np.zeros((n_vars * n_values + 8, n_vars), np.int64),
        np.zeros((n_vars, n_values), np.int32),
    )


_FLAT: dict[int, tuple[tuple[tuple[int, ...], ...], Array]] = {}
MAX_FLAT = 1024


def flat(rows: tuple[tuple[int, ...], ...]) -> Array:
    """The numbers of a table one after another; kept by identity, since families draw the same tables many times."""
    found = _FLAT.get(id(rows))
    if found is None or found[0] is not rows:  # the table is held with its array, so its id is not given away
        if len(_FLAT) >= MAX_FLAT:
            _FLAT.clear()
        found = _FLAT[id(rows)] = (rows, np.array(rows, np.int64).ravel())
    return found[1]


def network(n_vars: int, constraints: Sequence[Constraint], domains: Sequence[int]) -> Network:
    """The arrays of `constraints` over `n_vars` variables with initial masks `domains`."""
    scope_at, arg_at = [0], [0]
    scope: list[int] = []
    args: list[int] = []
    tuples: list[Array] = []
    n_tuples = 0
    seen_tables: dict[int, int] = {}
    full = []
    watch: list[list[int]] = [[] for _ in range(n_vars)]
    for c, con in enumerate(constraints):
        scope.extend(con.scope)
        scope_at.append(len(scope))
        for v in con.scope:
            watch[v].append(c)
        if con.kind == kernels.TABLE:
            at = seen_tables.get(id(con.rows))
            if at is None:
                at = seen_tables[id(con.rows)] = n_tuples
                tuples.append(flat(con.rows))
                n_tuples += len(tuples[-1])
            args.extend((at, len(con.rows)))
        else:
            args.extend(con.args)
        arg_at.append(len(args))
        mask = 0
        for v in con.scope:
            mask |= domains[v]
        full.append(mask)
    var_at, var_cons = [0], []
    for cons in watch:
        var_cons.extend(cons)
        var_at.append(len(var_cons))
    return Network(
        np.array([c.kind for c in constraints], np.int64),
        np.array(scope_at, np.int64),
        np.array(scope, np.int64),
        np.array(arg_at, np.int64),
        np.array(args or [0], np.int64),
        np.concatenate(tuples) if tuples else np.zeros(1, np.int64),
        np.array(var_at, np.int64),
        np.array(var_cons or [0], np.int64),
        np.array([c.tier for c in constraints], np.int64),
        np.array([1 if c.complete else 0 for c in constraints], np.int64),
        np.array(full, np.int64),
    )
