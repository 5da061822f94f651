"""What judges of Latin squares share: lines, repeats, kept givens, and the relations of rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from verimill.verifiers.relations import Different

Groups = tuple[tuple[int, ...], ...]
DIGITS = "123456789"


@lru_cache(maxsize=16)
def rows_of(n: int) -> Groups:
    """The cells of each row of an n x n grid."""
    return tuple(tuple(range(r * n, r * n + n)) for r in range(n))


@lru_cache(maxsize=16)
def columns_of(n: int) -> Groups:
    """The cells of each column of an n x n grid."""
    return tuple(tuple(range(c, n * n, n)) for c in range(n))


@lru_cache(maxsize=16)
def latin(n: int) -> dict[str, Different]:
    """The relations `row k` and `col k`."""
    return {f"row {k}": Different(g, True) for k, g in enumerate(rows_of(n), 1)} | {
        f"col {k}": Different(g, True) for k, g in enumerate(columns_of(n), 1)
    }


def repeat(groups: Groups, what: str, answer: Sequence[str]) -> str | None:
    """Where a group holds a symbol twice, or None."""
    for k, group in enumerate(groups, 1):
        seen = [answer[i] for i in group]
        if len(set(seen)) != len(seen):
            twice = next(d for d in seen if seen.count(d) > 1)
            return f"{what} {k} holds {twice} more than once"
    return None


def changed(givens: str, answer: Sequence[str], n: int) -> str | None:
    """Which given the answer changes, or None."""
    for i, (given, digit) in enumerate(zip(givens, answer, strict=True)):
        if given not in (".", digit):
            return f"r{i // n + 1}c{i % n + 1} must stay {given}, got {digit}"
    return None


def candidates(givens: str, n: int) -> tuple[int, ...]:
    """The mask of each cell: its given, else every digit."""
    full = (1 << n) - 1
    return tuple(full if g == "." else 1 << DIGITS.index(g) for g in givens)


def indices(answer: Sequence[str] | None) -> list[int] | None:
    """Digits as value indices."""
    return None if answer is None else [DIGITS.index(d) for d in answer]


class Square(Protocol):
    """A problem on a square grid."""

    @property
    def size(self) -> int: ...


class GivenSquare(Square, Protocol):
    """A problem on a square grid with givens."""

    @property
    def givens(self) -> str: ...


def given_changed(problem: GivenSquare, answer: tuple[str, ...]) -> str | None:
    return changed(problem.givens, answer, problem.size)


def row_repeats(problem: Square, answer: tuple[str, ...]) -> str | None:
    return repeat(rows_of(problem.size), "row", answer)


def column_repeats(problem: Square, answer: tuple[str, ...]) -> str | None:
    return repeat(columns_of(problem.size), "col", answer)
