"""What makers of Latin-square puzzles share: the constraints of rows and columns, givens as masks, and moves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from verimill.generators.engines.constraints import Constraint, different
from verimill.schemas.cells import symmetries

DIGITS = "123456789"


@lru_cache(maxsize=16)
def latin(n: int) -> tuple[Constraint, ...]:
    """Every row and every column of an n x n grid holds each value once."""
    rows = [different(f"row {r + 1}", range(r * n, r * n + n), True) for r in range(n)]
    cols = [different(f"col {c + 1}", range(c, n * n, n), True) for c in range(n)]
    return (*rows, *cols)


@lru_cache(maxsize=16)
def full_masks(n: int) -> tuple[int, ...]:
    """Every value open in every cell."""
    return ((1 << n) - 1,) * (n * n)


def given_masks(givens: str, n: int) -> tuple[int, ...]:
    """The masks of `givens`, "." for an open cell."""
    full = (1 << n) - 1
    return tuple(full if g == "." else 1 << DIGITS.index(g) for g in givens)


def to_answer(values: Sequence[int]) -> tuple[str, ...]:
    """Value indices as digits."""
    return tuple(DIGITS[v] for v in values)


def with_symbol(givens: str, cell: int, symbol: str) -> str:
    """`givens` with one cell replaced."""
    return givens[:cell] + symbol + givens[cell + 1 :]


@lru_cache(maxsize=16)
def complement_table(n: int) -> dict[int, str]:
    """For str.translate: every digit d becomes n + 1 - d."""
    return {ord(str(d)): str(n + 1 - d) for d in range(1, n + 1)}


@lru_cache(maxsize=16)
def movers(n: int) -> tuple[Any, ...]:
    """One itemgetter for each symmetry of the square; it turns a flat grid into the moved grid."""
    return tuple(itemgetter(*move) for move in symmetries(n, n))


@lru_cache(maxsize=128)
def inverse(move: tuple[int, ...]) -> tuple[int, ...]:
    """Where each old cell goes under a move with new[i] = old[move[i]]."""
    back = [0] * len(move)
    for new, old in enumerate(move):
        back[old] = new
    return tuple(back)
