"""Networks of finite-domain constraints, as arrays for the kernels and as objects for everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
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
    flat: Array


class Tools(NamedTuple):
    """What of the working memory propagation without a trace needs beside its state."""

    chosen: Array
    reach: Array
    back: Array
    saved: Array


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
    start: Array
    sums: Array
    state: Array
    tools: Tools
    branch: Array
    dom_of: Array
    placed_of: Array
    low: Array
    high: Array
    phase: Array


MAX_DEPTH = 20  # halvings of a list of clues
MAX_ROWS = 60_000  # log rows of one run, suppositions included


def state_for(n_vars: int, n_cons: int, widest: int) -> Array:
    """The state of propagation without a trace: counts, where each part begins, the parts."""
    sizes = (n_vars, n_vars, n_cons, n_cons, n_cons, n_cons, n_vars, max(widest, 4), widest + 1)
    starts = [kernels.S_HEAD]
    for size in sizes:
        starts.append(starts[-1] + size)
    state = np.zeros(starts[-1], np.int64)
    state[kernels.S_DOM : kernels.S_DOM + len(sizes)] = starts[:-1]
    state[kernels.S_ROOM] = n_cons
    return state


@lru_cache(maxsize=32)
def scratch_for(n_vars: int, n_values: int, n_cons: int, widest: int) -> tuple[Scratch, Array, Array, Array, Array]:
    """(scratch, log, counters, search stack, reasons of the search) for a shape; not for use by two threads."""
    reach = np.zeros((widest + 1, kernels.MAX_SPAN), np.int8)
    back = np.zeros_like(reach)
    chosen = np.zeros(8, np.int64)
    scratch = Scratch(
        masks=np.zeros(max(widest, 4), np.int64),
        chosen=chosen,
        reach=reach,
        back=back,
        dom=np.zeros(n_vars, np.int64),
        reason=np.zeros((n_vars, n_values), np.int32),
        placed=np.zeros(n_vars, np.int64),
        dirty=np.zeros(n_cons, np.int64),
        need=np.zeros(MAX_ROWS, np.int8),
        start=np.zeros(n_vars, np.int64),
        sums=np.zeros(widest + 1, np.int64),
        state=state_for(n_vars, n_cons, widest),
        tools=Tools(chosen, reach, back, np.zeros((2, n_vars), np.int64)),
        branch=np.zeros(n_vars * n_values + 8, np.int64),
        dom_of=np.zeros((MAX_DEPTH, n_vars), np.int64),
        placed_of=np.zeros((MAX_DEPTH, n_vars), np.int64),
        low=np.zeros(MAX_DEPTH, np.int64),
        high=np.zeros(MAX_DEPTH, np.int64),
        phase=np.zeros(MAX_DEPTH, np.int64),
    )
    return (
        scratch,
        np.zeros((MAX_ROWS, kernels.WIDTH), np.int64),
        np.zeros(8, np.int64),
        np.zeros((n_vars * n_values + 8, n_vars), np.int64),
        np.zeros((n_vars, n_values), np.int32),
    )


Rows = tuple[tuple[int, ...], ...]
_FLAT: dict[int, tuple[Rows, Array, int]] = {}
MAX_FLAT = 1024


def flat(rows: Rows) -> tuple[Array, int]:
    """A table as the kernels read it (see `kernels.rows_left`) and one more than its greatest value.

    Kept by identity, since families draw the same tables many times.
    """
    found = _FLAT.get(id(rows))
    if found is None or found[0] is not rows:  # the table is held with its array, so its id is not given away
        if len(_FLAT) >= MAX_FLAT:
            _FLAT.clear()
        found = _FLAT[id(rows)] = (rows, *_packed(rows))
    return found[1], found[2]


def _packed(rows: Rows) -> tuple[Array, int]:
    if not rows:
        return np.zeros(1, np.int64), 0
    cells = np.array(rows, np.int64)
    n, values = cells.shape[1], int(cells.max()) + 1
    if n <= 3:
        masks = np.zeros(values ** (n - 1), np.int64)
        at = np.zeros(len(rows), np.int64)
        for i in range(n - 1):
            at = at * values + cells[:, i]
        np.bitwise_or.at(masks, at, np.int64(1) << cells[:, n - 1])
        return masks, values
    if n * values > 64:
        return cells.ravel(), values
    bits = np.bitwise_or.reduce(np.uint64(1) << (cells + values * np.arange(n)).astype(np.uint64), axis=1)
    # In mixed order, so that a few rows show most of what is possible.
    mixed = np.argsort(
        np.arange(len(rows), dtype=np.uint64) * np.uint64(2654435761) % np.uint64(1 << 32), kind="stable"
    )
    return bits[mixed].view(np.int64), values


def network(n_vars: int, constraints: Sequence[Constraint], domains: Sequence[int]) -> Network:
    """The arrays of `constraints` over `n_vars` variables with initial masks `domains`."""
    scope_at, arg_at = [0], [0]
    scope: list[int] = []
    args: list[int] = []
    tuples: list[Array] = []
    n_tuples = 0
    seen_tables: dict[int, tuple[int, int]] = {}
    full = []
    for con in constraints:
        scope.extend(con.scope)
        scope_at.append(len(scope))
        if con.kind == kernels.TABLE:
            seen = seen_tables.get(id(con.rows))
            if seen is None:
                numbers, values = flat(con.rows)
                seen = seen_tables[id(con.rows)] = (n_tuples, values)
                tuples.append(numbers)
                n_tuples += len(numbers)
            args.extend((seen[0], len(con.rows), seen[1]))
        else:
            args.extend(con.args)
        arg_at.append(len(args))
        mask = 0
        if con.kind == kernels.DIFFERENT:  # no other kind is asked for all of its values
            for v in con.scope:
                mask |= domains[v]
        full.append(mask)
    cells = np.array(scope, np.int64)
    var_at = np.concatenate(([0], np.cumsum(np.bincount(cells, minlength=n_vars))))
    watched = np.repeat(np.arange(len(constraints)), np.diff(scope_at))
    var_cons = watched[np.argsort(cells, kind="stable")]
    parts: list[Any] = [
        [c.kind for c in constraints],
        scope_at,
        cells,
        arg_at,
        args or [0],
        np.concatenate(tuples) if tuples else (0,),
        var_at,
        var_cons,
        [c.tier for c in constraints],
        [1 if c.complete else 0 for c in constraints],
        full,
    ]
    starts = [kernels.N_HEAD]
    for part in parts:
        starts.append(starts[-1] + len(part))
    whole = np.empty(starts[-1], np.int64)
    whole[: kernels.N_HEAD] = (n_vars, len(constraints), *starts[:-1])
    for part, a, b in zip(parts, starts, starts[1:], strict=False):
        whole[a:b] = part
    return Network._make((*(whole[a:b] for a, b in pairwise(starts)), whole))
