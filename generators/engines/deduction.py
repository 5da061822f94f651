"""Graded deduction over a network: solved or not, at which tier, by which steps, and which of them are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from verimill.generators.engines import kernels
from verimill.generators.engines.constraints import Array, Constraint, Network, Scratch, network, scratch_for
from verimill.schemas.core import Hardness, Step

RULES = ("only", "place", "bounds", "support", "locked", "pair", "set", "suppose", "clash", "twin", "nested", "swapped")
WEIGHT = kernels.WEIGHT
TOP_TIER = kernels.SUPPOSE_TIER
_VALUE = {1 << k: k for k in range(63)}  # of a mask with one bit


class Workspace(NamedTuple):
    """A network with its working memory; made once per shape of problem where only the clues change."""

    net: Network
    scratch: Scratch
    log: Array
    counters: Array
    stack: Array
    stack_reason: Array
    active: Array
    dom: Array
    reason: Array
    placed: Array
    dirty: Array


def workspace(n_values: int, constraints: Sequence[Constraint], domains: Sequence[int]) -> Workspace:
    """A workspace with every constraint active and the given initial masks."""
    n = len(domains)
    widest = max((len(c.scope) for c in constraints), default=1)
    room = -(-len(constraints) // 64) * 64  # so that nearby counts of constraints share one working memory
    scratch, log, count, stack, stack_reason = scratch_for(n, n_values, room, max(widest, n_values))
    return Workspace(
        network(n, constraints, domains), scratch, log, count, stack, stack_reason,
        np.ones(len(constraints), np.int64), np.array(domains, np.int64),
        np.full((n, n_values), -1, np.int32), np.zeros(n, np.int64), np.zeros(len(constraints), np.int64),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deduced:
    """The end of a run: `outcome` is "solved", "stuck" or "contradiction"; `values` the index of each placed cell."""

    outcome: str
    tier: int
    values: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    needed: frozenset[int]

    @property
    def all_needed(self) -> bool:
        """True when no step could be left out of the trace."""
        return all(row[kernels.DEPTH] or row[kernels.SID] in self.needed for row in self.rows)


def deduce(work: Workspace, domains: Sequence[int] | Array, max_tier: int = TOP_TIER) -> Deduced:
    """Run the rules up to max_tier from `domains` with the workspace's active constraints."""
    work.dom[:] = domains
    work.reason[:, :] = -1
    work.placed[:] = 0
    work.counters[:] = 0
    got = kernels.solve(
        work.net, work.active, work.dom, work.reason, work.placed, work.dirty, work.log, work.counters, max_tier,
        -1, work.scratch,
    )  # fmt: skip
    rows = int(work.counters[kernels.ROWS])
    if rows > work.log.shape[0]:
        got = 0
        rows = work.log.shape[0]
    kernels.slice_rows(work.net, work.reason, work.log, work.counters, work.scratch.need)
    needed = np.flatnonzero(work.scratch.need[: work.counters[kernels.STEPS]])
    values = tuple([_VALUE.get(m, -1) for m in work.dom.tolist()])
    return Deduced(
        ("stuck", "solved", "contradiction")[got],
        int(work.counters[kernels.TOP]),
        values,
        tuple(map(tuple, work.log[:rows].tolist())),
        frozenset(needed.tolist()),
    )


def solvable(work: Workspace, domains: Sequence[int] | Array, max_tier: int = TOP_TIER) -> bool:
    """True when `deduce` would solve this; many times faster, because nothing is logged. Tiers from 1."""
    got = kernels.closes(
        work.net, work.active, np.asarray(domains, np.int64), work.stack_reason, work.log, work.counters, max_tier,
        work.scratch,
    )  # fmt: skip
    return bool(got == 1)


def steps_of(
    found: Deduced, constraints: Sequence[Constraint], names: Sequence[str], values: Sequence[str], brief: bool = False
) -> tuple[Step, ...]:
    """The log as Steps, numbered from 1; with `brief` only those that the placements rest on."""
    out: list[Step] = []
    rows = found.rows
    at, n = 0, len(rows)
    while at < n:
        sid, depth = rows[at][kernels.SID], rows[at][kernels.DEPTH]
        end = at
        while end < n and rows[end][kernels.SID] == sid and rows[end][kernels.DEPTH] == depth:
            end += 1
        block = rows[at:end]
        sub: tuple[Step, ...] = ()
        if block[0][kernels.RULE] == kernels.SUPPOSE:
            inner = end
            while inner < n and rows[inner][kernels.DEPTH] == 1:
                inner += 1
            sub = _inner(rows[end:inner], constraints, names, values)
            end = inner
        if not brief or sid in found.needed or block[0][kernels.RULE] == kernels.CLASH:
            out.append(_step(len(out) + 1, block, sub, constraints, names, values))
        at = end
    return tuple(out)


def _inner(
    rows: Sequence[tuple[int, ...]], constraints: Sequence[Constraint], names: Sequence[str], values: Sequence[str]
) -> tuple[Step, ...]:
    out: list[Step] = []
    at = 0
    while at < len(rows):
        end = at
        while end < len(rows) and rows[end][kernels.SID] == rows[at][kernels.SID]:
            end += 1
        out.append(_step(len(out) + 1, rows[at:end], (), constraints, names, values))
        at = end
    return tuple(out)


def _step(
    number: int, block: Sequence[tuple[int, ...]], sub: tuple[Step, ...], constraints: Sequence[Constraint],
    names: Sequence[str], values: Sequence[str],
) -> Step:  # fmt: skip
    _, rule, con, con2, _, _, _, _ = block[0]
    because: tuple[str, ...] = ()
    if con >= 0:
        because = (constraints[con].ref,)
        if con2 >= 0:
            because += (constraints[con2].ref,)
    if rule == kernels.CLASH:
        return Step(number, "clash", because, ("contradiction",))
    claims: list[str] = []
    for row in block:
        name, mask = names[row[kernels.VAR]], row[kernels.MASK]
        if row[kernels.PLACED]:
            claims.append(f"{name}={values[mask.bit_length() - 1]}")
        else:
            claims.extend(f"{name}!={values[k]}" for k in range(mask.bit_length()) if mask >> k & 1)
    return Step(number, RULES[rule], because, tuple(claims), sub)


def hardness_of(found: Deduced, nodes: int, space: float) -> Hardness:
    """Tier, steps and weighted effort of a run; `nodes` are the decisions of the complete search."""
    steps = 0
    effort = 0.0
    last_sid = last_depth = -1
    counts = [0] * len(RULES)
    for sid, rule, _, _, _, _, _, depth in found.rows:
        if sid == last_sid and depth == last_depth:
            continue
        last_sid, last_depth = sid, depth
        if depth == 0:
            steps += 1
            counts[rule] += 1
            effort += WEIGHT[rule]
        else:
            effort += 1
    extra = {f"{RULES[r]}_steps": float(counts[r]) for r in range(len(RULES)) if counts[r]}
    return Hardness(found.tier, steps, nodes, round(space, 3), effort, extra)


def nodes_of(
    work: Workspace, domains: Sequence[int] | Array, limit: int = 2, max_nodes: int = 200_000
) -> tuple[int, int]:
    """(solutions up to `limit`, decisions) by complete search; solutions is -1 past max_nodes."""
    found = solutions_of(work, domains, limit, max_nodes)
    return found[0], found[1]


def solutions_of(
    work: Workspace,
    domains: Sequence[int] | Array,
    limit: int,
    max_nodes: int = 200_000,
    order: Sequence[int] | None = None,
) -> tuple[int, int, list[tuple[int, ...]]]:
    """(count, decisions, the solutions found as value indices) by complete search; count -1 past max_nodes.

    `order`: the value indices in the order in which they are tried; ascending by default.
    """
    n_values = work.reason.shape[1]
    tries = np.array(order if order is not None else range(n_values), np.int64)
    store = np.zeros((limit, len(work.dom)), np.int64)
    count = kernels.search(
        work.net, work.active, np.asarray(domains, np.int64), limit, max_nodes, tries, store, work.log, work.counters,
        work.stack, work.stack_reason, work.scratch,
    )  # fmt: skip
    solutions = [tuple(m.bit_length() - 1 for m in row) for row in store[: max(count, 0)].tolist()]
    return count, int(work.counters[kernels.NODES]), solutions


def thin(
    work: Workspace,
    full: Sequence[int],
    solution: Sequence[int],
    clues: Sequence[tuple[int, int]],
    order: Sequence[int],
    max_tier: int,
    floor: int = 0,
    afresh: bool = True,
) -> list[bool] | None:
    """Which clues stay when as many as possible are dropped, in `order`, with rules up to max_tier still solving.

    A clue is (0, cell) for a given or (1, constraint index); `full` are the masks without givens, `solution`
    the value index of every cell. Never fewer than `floor` clues. None when even all clues do not solve. Constraints
    that are no clue hold, all of them when `afresh`, else those that the workspace has active.
    On return the workspace's active flags are those of the kept clues.
    """
    keep = np.ones(len(clues), np.int8)
    at = np.array([c[1] for c in clues], np.int64)
    kinds = np.array([c[0] for c in clues], np.int64)
    sol = np.array([1 << s for s in solution], np.int64)
    if afresh:
        work.active[:] = 1
    got = kernels.thin(
        work.net, work.active, np.array(full, np.int64), sol, kinds, at, np.array(order, np.int64), keep, floor,
        max_tier, work.reason, work.log, work.counters, work.scratch,
    )  # fmt: skip
    if got < 0:
        work.active[:] = 1
        return None
    for i in np.flatnonzero(kinds == 1).tolist():
        work.active[at[i]] = keep[i]
    return [bool(k) for k in keep.tolist()]
