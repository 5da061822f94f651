"""Randomness: a fresh stream per problem, hashed from the whole key; the same on every platform.

Only `random.Random.random()` promises the same numbers in every Python, so each draw here is built on it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TypeVar

T = TypeVar("T")


class Rng:
    """A seeded stream of draws. Two streams from different seeds share nothing."""

    __slots__ = ("_random",)

    def __init__(self, seed: int) -> None:
        self._random: Callable[[], float] = random.Random(seed).random

    def below(self, n: int) -> int:
        """A whole number in 0..n-1."""
        if n < 1:
            raise ValueError(f"below needs n >= 1, got {n}")
        return int(self._random() * n)

    def between(self, low: int, high: int) -> int:
        """A whole number in low..high, both included."""
        if high < low:
            raise ValueError(f"between needs low <= high, got {low}..{high}")
        return low + int(self._random() * (high - low + 1))

    def chance(self, p: float) -> bool:
        """True with probability p."""
        return self._random() < p

    def unit(self) -> float:
        """A number in [0, 1)."""
        return self._random()

    def pick(self, items: Sequence[T]) -> T:
        """One of `items`."""
        n = len(items)
        if not n:
            raise ValueError("pick needs at least one item, got none")
        return items[int(self._random() * n)]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """A new list with the items in random order (Fisher-Yates)."""
        out = list(items)
        draw = self._random
        for i in range(len(out) - 1, 0, -1):
            j = int(draw() * (i + 1))
            out[i], out[j] = out[j], out[i]
        return out

    def sample(self, items: Sequence[T], k: int) -> list[T]:
        """k different items in random order."""
        if not 0 <= k <= len(items):
            raise ValueError(f"sample needs 0 <= k <= {len(items)}, got {k}")
        n = len(items)
        if 4 * k <= n:  # few of many: draw again on a repeat
            at: list[int] = []
            while len(at) < k:
                i = int(self._random() * n)
                if i not in at:
                    at.append(i)
            return [items[i] for i in at]
        return self.shuffled(items)[:k]

    def weighted(self, items: Sequence[T], weights: Sequence[float]) -> T:
        """One of `items` with probability in proportion to its weight."""
        x = self._random() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            x -= weight
            if x < 0:
                return item
        return items[-1]

    def ahead(self, n: int) -> list[float]:
        """The next n numbers in [0, 1), for a kernel that makes the draws itself."""
        draw = self._random
        return [draw() for _ in range(n)]

    def put_back(self, numbers: Sequence[float]) -> None:
        """What a kernel left of `ahead` is drawn before anything else."""
        self._random = chain(numbers, iter(self._random, None)).__next__

    def seed(self) -> int:
        """A 53-bit seed for a kernel or another stream."""
        return int(self._random() * 9007199254740992.0)


def rng_for(*key: object) -> Rng:
    """The stream of a key: every part of it, as text, goes into a blake2b hash."""
    text = "\x1f".join(str(part) for part in key)
    return Rng(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big"))
