"""Trimming a brief trace: a leading step that every later step can do without is left out.

The slice of `deduction` follows reasons, and a reason names all that was gone when a rule looked, which can be
more than the rule needed. Replaying the rest without a step tells. Each claim is replayed by denying it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from verimill.generators.engines import kernels
from verimill.generators.engines.constraints import Constraint
from verimill.schemas.core import Step

Masks = list[int]


class Replay:
    """The state of a replay: masks, and which constraint each ref names."""

    def __init__(self, constraints: Sequence[Constraint], names: Sequence[str], values: Sequence[str]) -> None:
        self.by_ref = {c.ref: c for c in constraints}
        self.cell = {name: i for i, name in enumerate(names)}
        self.bit = {text: 1 << k for k, text in enumerate(values)}
        self.peers: Mapping[int, list[tuple[int, ...]]] = {i: [] for i in range(len(names))}
        for c in constraints:
            if c.kind == kernels.DIFFERENT:
                for v in c.scope:
                    self.peers[v].append(c.scope)

    def place(self, masks: Masks, v: int) -> None:
        for scope in self.peers[v]:
            for u in scope:
                if u != v:
                    masks[u] &= ~masks[v]

    def follows(self, masks: Masks, step: Step) -> bool:
        """True when every claim of the step follows; its claims are then in `masks`."""
        if step.claims == ("contradiction",):
            return 0 in masks or any(not possible(self.by_ref[ref], masks) for ref in step.because)
        for claim in step.claims:
            name, sign, value = claim.partition("!=") if "!=" in claim else claim.partition("=")
            v, bit = self.cell[name], self.bit[value]
            denied = masks[v] & (~bit if sign == "=" else bit)
            trial = list(masks)
            trial[v] = denied
            if denied and denied & (denied - 1) == 0:
                self.place(trial, v)
            if step.sub:
                if denied and not all(self.follows(trial, inner) for inner in step.sub):
                    return False
            elif denied and all(possible(self.by_ref[ref], trial) for ref in step.because):
                return False
            masks[v] &= bit if sign == "=" else ~bit
            if sign == "=":
                self.place(masks, v)
        return True


_HOLDING: dict[int, tuple[tuple[tuple[int, ...], ...], list[dict[int, int]]]] = {}
MAX_HOLDING = 1024


def _row_left(con: Constraint, masks: Sequence[int]) -> bool:
    """True when a row of a table fits the masks; the rows that hold a value in a place are one set of bits."""
    rows = con.rows
    found = _HOLDING.get(id(rows))
    if found is None or found[0] is not rows:  # the table is held with its sets, so its id is not given away
        if len(_HOLDING) >= MAX_HOLDING:
            _HOLDING.clear()
        holding: list[dict[int, int]] = [{} for _ in con.scope]
        for r, row in enumerate(rows):
            for place, k in zip(holding, row, strict=True):
                place[k] = place.get(k, 0) | 1 << r
        found = _HOLDING[id(rows)] = (rows, holding)
    left = (1 << len(rows)) - 1
    for v, place in zip(con.scope, found[1], strict=True):
        mask, some = masks[v], 0
        for k, holders in place.items():
            if mask >> k & 1:
                some |= holders
        left &= some
        if not left:
            return False
    return bool(left)


def possible(con: Constraint, masks: Sequence[int]) -> bool:
    """True when the constraint alone can still be met."""
    scope = con.scope
    if con.kind == kernels.TABLE:
        return _row_left(con, masks)
    if con.kind == kernels.LESS:
        a, b = masks[scope[0]], masks[scope[1]]
        return bool(a and b) and (a & -a).bit_length() + con.args[0] <= b.bit_length()
    if con.kind == kernels.TOTAL:
        low, high, base = con.args[:3]
        sums = {0}
        for v, weight in zip(scope, con.args[3:], strict=True):
            terms = [weight * (k + base) for k in range(masks[v].bit_length()) if masks[v] >> k & 1]
            sums = {s + t for s in sums for t in terms}
        return any(low <= s <= high for s in sums)
    if con.kind == kernels.UNLIKE:
        half = len(scope) // 2
        pairs = zip(scope[:half], scope[half:], strict=True)
        return not all(masks[a] == masks[b] and masks[a].bit_count() == 1 for a, b in pairs)
    return _matching(scope, masks, con.complete)


def _matching(scope: Sequence[int], masks: Sequence[int], complete: bool) -> bool:
    union = 0
    for v in scope:
        union |= masks[v]
    if complete and union.bit_count() < len(scope):
        return False
    owner: dict[int, int] = {}

    def place(v: int, tried: set[int]) -> bool:
        mask = masks[v]
        while mask:
            bit = mask & -mask
            mask ^= bit
            if bit not in tried:
                tried.add(bit)
                if bit not in owner or place(owner[bit], tried):
                    owner[bit] = v
                    return True
        return False

    return all(place(v, set()) for v in sorted(scope, key=lambda v: masks[v].bit_count()))


def trimmed(
    steps: tuple[Step, ...], domains: Sequence[int], constraints: Sequence[Constraint], names: Sequence[str],
    values: Sequence[str],
) -> tuple[Step, ...]:  # fmt: skip
    """The steps without leading ones that the rest can do without, renumbered. A placement is never spare."""
    replay: Replay | None = None
    first = 0
    while first < len(steps) - 1 and all("!=" in claim for claim in steps[first].claims):
        if replay is None:
            replay = Replay(constraints, names, values)
        masks = list(domains)
        for v, mask in enumerate(domains):
            if mask & (mask - 1) == 0:
                replay.place(masks, v)
        if not all(replay.follows(masks, step) for step in steps[first + 1 :]):
            break
        first += 1
    if first == 0:
        return steps
    return tuple(replace(step, number=k) for k, step in enumerate(steps[first:], 1))
