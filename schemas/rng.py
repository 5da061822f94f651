"""Randomness: a fresh stream per problem, hashed from the whole key; the same on every platform.

Only `random.Random.random()` promises the same numbers in every Python, so each draw here is built on it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain, starmap
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")


class Rng:
    """A seeded stream of draws. Two streams from different seeds share nothing."""

    __slots__ = ("_random", "_source")

    def __init__(self, seed: int) -> None:
        self._source: random.Random | None = random.Random(seed)  # None once numbers were put back before its own
        self._random: Callable[[], float] = self._source.random

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

    def ahead(self, n: int) -> np.ndarray[Any, Any]:
        """The next n numbers as pairs of 32-bit words, for a kernel that makes the draws itself.

        The number of a pair (a, b) is ((a >> 5) * 2^26 + (b >> 6)) / 2^53. Many at once cost little.
        """
        import numpy as np

        if self._source is None or not _two_words_a_number():
            return np.array([_words(self._random()) for _ in range(n)], np.uint32).reshape(n, 2)
        return _drawn(self._source, n)

    def put_back(self, pairs: np.ndarray[Any, Any]) -> None:
        """What a kernel left of `ahead` is drawn before anything else."""
        words = iter(memoryview(pairs.tobytes()).cast("I"))
        self._random = chain(starmap(_number, zip(words, words, strict=False)), iter(self._random, None)).__next__
        self._source = None

    def seed(self) -> int:
        """A 53-bit seed for a kernel or another stream."""
        return int(self._random() * 9007199254740992.0)


def _drawn(source: random.Random, n: int) -> np.ndarray[Any, Any]:
    """The words of what n calls of `source.random()` would give."""
    import numpy as np

    return np.frombuffer(source.getrandbits(64 * n).to_bytes(8 * n, "little"), "<u4").reshape(n, 2)


def _number(a: int, b: int) -> float:
    return ((a >> 5) * 67108864 + (b >> 6)) / 9007199254740992


def _words(number: float) -> tuple[int, int]:
    """A pair of words that makes this number."""
    whole = int(number * 9007199254740992)
    return whole >> 26 << 5, (whole & 67108863) << 6


@lru_cache(maxsize=1)
def _two_words_a_number() -> bool:
    """Whether this Python makes a number of two words, as every one has so far; none promises it."""
    source = random.Random(7)
    return [_number(a, b) for a, b in _drawn(random.Random(7), 5).tolist()] == [source.random() for _ in range(5)]


def rng_for(*key: object) -> Rng:
    """The stream of a key: every part of it, as text, goes into a blake2b hash."""
    text = "\x1f".join([str(part) for part in key])
    return Rng(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big"))
