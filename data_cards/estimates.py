"""Shares and pass@k from few samples, with 95 % intervals; closed forms, no library."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from verimill.data_cards.posterior import below, wilson


class Estimate(NamedTuple):
    """A mean over problems and its 95 % interval."""

    value: float
    low: float
    high: float


def pass_at(n: int, right: int, k: int) -> float:
    """Chance that k of the n samples, drawn without putting back, hold a right one: 1 - C(n-c, k) / C(n, k)."""
    if not 0 <= right <= n or not 1 <= k <= n:
        raise ValueError(f"pass@k needs 0 <= right <= n and 1 <= k <= n, got n={n}, right={right}, k={k}")
    if n - right < k:
        return 1.0
    missed = 1.0
    for i in range(n - right + 1, n + 1):
        missed *= 1.0 - k / i
    return 1.0 - missed


def beta_interval(right: int, tried: int, prior: tuple[float, float] = (0.5, 0.5), mass: float = 0.95) -> Estimate:
    """The posterior mean of a share and the interval that leaves the same mass on both sides."""
    a, b = prior[0] + right, prior[1] + tried - right
    return Estimate(a / (a + b), _quantile((1 - mass) / 2, a, b), _quantile((1 + mass) / 2, a, b))


def _quantile(mass: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle, a, b) < mass else (low, middle)
    return (low + high) / 2


def mean_over_problems(values: Sequence[tuple[float, int]]) -> Estimate | None:
    """Mean of (value in 0..1, how many problems have it), with a Wilson interval.

    Problems are what was drawn, samples of one problem resemble each other; so the interval counts as many
    independent tries as explain the spread between problems, and at least as many as there are problems.
    """
    problems = sum(count for _, count in values)
    if not problems:
        return None
    mean = sum(value * count for value, count in values) / problems
    tries = float(problems)
    if problems > 1 and 0 < mean < 1:
        spread = sum(count * (value - mean) ** 2 for value, count in values) / (problems - 1)
        if spread > 0:
            tries = max(tries, mean * (1 - mean) * problems / spread)
    return Estimate(mean, *_wilson(mean, tries))


def _wilson(mean: float, tries: float) -> tuple[float, float]:
    """Wilson's interval for a mean of `tries` tries, which need not be whole."""
    z = 1.96
    extra = z * z / tries
    middle = (mean + extra / 2) / (1 + extra)
    half = z * math.sqrt(mean * (1 - mean) / tries + extra / (4 * tries)) / (1 + extra)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(right: int, tried: int) -> Estimate | None:
    """A plain share with Wilson's interval; None where nothing was tried."""
    return Estimate(right / tried, *wilson(right, tried)) if tried else None


def variation(counts: Iterable[tuple[int, int, int]]) -> float | None:
    """Mean over problems of standard deviation by mean of the scores, from (n, right, problems); problems never passed
    have none."""
    total, problems = 0.0, 0
    for n, right, count in counts:
        if right:
            total += count * math.sqrt((n - right) / right)
            problems += count
    return total / problems if problems else None
