"""True clues drawn in bulk, compiled: what is tried and thrown away costs little.

The draws are those that `Rng.weighted`, `Rng.sample` and `Rng.between` would make, number by number, so a pool is
the same as one drawn clue by clue. What a clue kind means is not said here but read off tables of 0 and 1.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numba as nb
import numpy as np

from verimill.schemas.clues import KINDS, SYMMETRIC, Clue
from verimill.schemas.rng import Rng

APART, EITHER, OWN, GAP = 1, 2, 3, 4  # what a kind asks of its items or its number beyond being true

_ASKS = {"same": APART, "apart": APART, "either": EITHER, "at": OWN, "gap": GAP}


@nb.njit(cache=True)
def _unit(pairs, at):
    """The number in [0, 1) of a pair of words, as `Rng.ahead` gives them."""
    return (np.int64(pairs[at, 0] >> 5) * 67108864 + np.int64(pairs[at, 1] >> 6)) / 9007199254740992.0


@nb.njit(cache=True)
def _pick(numbers, at, total, shares):
    """The index that `Rng.weighted` would pick from."""
    x = _unit(numbers, at) * total
    for k in range(shares.shape[0]):
        x -= shares[k]
        if x < 0:
            return k
    return shares.shape[0] - 1


@nb.njit(cache=True)
def _sample(numbers, at, items, arity, used, order):
    """`Rng.sample` of `arity` of so many items into `used`; where the numbers go on, or -1 when they run out."""
    if 4 * arity <= items:
        many = 0
        while many < arity:
            if at >= numbers.shape[0]:
                return -1
            i = int(_unit(numbers, at) * items)
            at += 1
            fresh = True
            for k in range(many):
                if used[k] == i:
                    fresh = False
            if fresh:
                used[many] = i
                many += 1
        return at
    if at + items > numbers.shape[0]:
        return -1
    for i in range(items):
        order[i] = i
    for i in range(items - 1, 0, -1):
        j = int(_unit(numbers, at) * (i + 1))
        at += 1
        order[i], order[j] = order[j], order[i]
    used[:arity] = order[:arity]
    return at


@nb.njit(cache=True)
def _draw(numbers, total, shares, forms, allowed, group, where, tries, want, pool):
    """Clues that are true of `where` into `pool` (kind, three places): (how many, numbers used), used -1 if short.

    Rows of `forms`: items, number's place or 0, what is asked, symmetric.
    """
    items, size = group.shape[0], allowed.shape[1] - 1
    used, order = np.zeros(3, np.int64), np.zeros(items, np.int64)
    many, at = 0, 0
    for _ in range(tries):
        if at >= numbers.shape[0]:
            return many, -1
        k = _pick(numbers, at, total, shares)
        arity, place, ask = forms[k, 0], forms[k, 1], forms[k, 2]
        at = _sample(numbers, at + 1, items, arity, used, order)
        if at < 0 or at >= numbers.shape[0]:
            return many, -1
        if ask == APART and group[used[0]] == group[used[1]]:
            continue
        if ask == EITHER and (group[used[0]] == group[used[1]] or group[used[0]] == group[used[2]]):
            continue
        number = 1 + int(_unit(numbers, at) * size)
        at += 1
        if ask == OWN:
            number = where[used[0]] + 1
        elif ask == GAP:
            number = abs(where[used[0]] - where[used[1]]) - 1
            if number < 1 or number > size - 2:
                continue
        if forms[k, 3] and used[0] > used[1]:
            used[0], used[1] = used[1], used[0]
        spot = 0
        for i in range(arity):
            spot = spot * size + where[used[i]]
        if not allowed[k, number if place else 0, spot]:
            continue
        new = pool[many]
        new[0] = k
        for i in range(3):
            new[i + 1] = used[i] if i < arity else -1
        if place:
            new[place] = number
        known = False
        for j in range(many):
            if pool[j, 0] == k and pool[j, 1] == new[1] and pool[j, 2] == new[2] and pool[j, 3] == new[3]:
                known = True
                break
        if not known:
            many += 1
            if many == want:
                break
    return many, at


class Draws:
    """Clue kinds with their shares over one ground, ready to be drawn; made once and kept."""

    def __init__(
        self,
        weights: Mapping[str, float],
        group: Sequence[int],
        size: int,
        rows: Callable[[str, int, int], Sequence[tuple[int, ...]]],
    ) -> None:
        self.kinds = tuple(weights)
        self.total = sum(weights.values())
        self.shares: Any = np.array(list(weights.values()), np.float64)
        self.group: Any = np.array(group, np.int64)
        self.forms: Any = np.zeros((len(self.kinds), 4), np.int64)
        self.allowed: Any = np.zeros((len(self.kinds), size + 1, size**3), np.uint8)
        self.length = 16  # numbers that a clue takes, about; grows when it proves too few
        for k, kind in enumerate(self.kinds):
            arity, place = KINDS[kind].count("i"), KINDS[kind].find("n") + 1
            self.forms[k] = (arity, place, _ASKS.get(kind, 0), kind in SYMMETRIC)
            for number in range(1, size + 1) if place else (0,):
                given = [number if place == p else -1 for p in (2, 3)]
                for row in rows(kind, given[0], given[1]):
                    self.allowed[k, number, sum(p * size**i for i, p in enumerate(reversed(row)))] = 1

    def pool(self, rng: Rng, where: Sequence[int], count: int) -> list[Clue]:
        """Different clues true of `where`, at most `count`, from eight tries for each."""
        pool: Any = np.zeros((count + 1, 4), np.int64)
        places: Any = np.array(where, np.int64)
        ahead: Any = np.empty((0, 2), np.uint32)
        while True:
            ahead = np.concatenate((ahead, rng.ahead(count * self.length - len(ahead))))
            many, used = _draw(
                ahead, self.total, self.shares, self.forms, self.allowed, self.group, places, 8 * count,
                count, pool,
            )  # fmt: skip
            if used >= 0:
                break
            self.length *= 2
        rng.put_back(ahead[used:])
        kinds = self.kinds
        return [(kinds[k], a, b, c) for k, a, b, c in pool[:many].tolist()]
