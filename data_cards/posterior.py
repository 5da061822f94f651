"""The pass rate of one problem as a Beta distribution: how sure a few verdicts make us."""

from __future__ import annotations

import math
from functools import lru_cache

_TINY = 1e-300


@lru_cache(maxsize=65_536)
def below(p: float, a: float, b: float) -> float:
    """P(rate < p) under Beta(a, b): the regularised incomplete beta function, by its continued fraction."""
    if a <= 0 or b <= 0:
        raise ValueError(f"a and b of a Beta distribution must be above 0, got {a!r} and {b!r}")
    if p <= 0:
        return 0.0
    if p >= 1:
        return 1.0
    if p > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1.0 - below(1 - p, b, a)
    spread = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(spread + a * math.log(p) + b * math.log1p(-p))
    return front / (a * _fraction(p, a, b))


def _fraction(p: float, a: float, b: float) -> float:
    """1 + t1 / (1 + t2 / (1 + ...)) by Lentz's method, to 1e-12."""
    value, above, under = 1.0, 1.0, 0.0
    for n in range(1, 1000):
        m = n // 2
        if n % 2:
            term = -(a + m) * (a + b + m) * p / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * p / ((a + 2 * m - 1) * (a + 2 * m))
        under = 1.0 + term * under
        under = 1.0 / (under if abs(under) > _TINY else _TINY)
        above = 1.0 + term / above
        above = above if abs(above) > _TINY else _TINY
        value *= above * under
        if abs(above * under - 1.0) < 1e-12:
            break
    return value


def mean(right: int, tried: int, prior: tuple[float, float]) -> float:
    """The posterior mean of the pass rate."""
    a, b = prior
    return (a + right) / (a + b + tried)


def wilson(right: int, tried: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a pass rate; (0, 1) where nothing was tried."""
    if not tried:
        return 0.0, 1.0
    rate, extra = right / tried, z * z / tried
    middle = (rate + extra / 2) / (1 + extra)
    half = z * math.sqrt(rate * (1 - rate) / tried + extra / (4 * tried)) / (1 + extra)
    return max(0.0, middle - half), min(1.0, middle + half)
