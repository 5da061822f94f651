"""What each clue kind means to the judge, as a test of positions and as a relation for step checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TypeVar

from verimill.schemas.clues import KINDS, Clue, items_of
from verimill.schemas.core import Rule
from verimill.verifiers.relations import Line, allowed

Q = TypeVar("Q")
A = TypeVar("A")


def obeys(clue: Clue, where: Sequence[int], size: int, round_table: bool) -> bool:
    """True when the clue holds; `where[k]` is the position (from 1) of the k-th item that the clue names."""
    kind, _, b, c = clue
    first = where[0]
    if kind == "at":
        return first == b
    if kind == "not_at":
        return first != b
    if kind == "end":
        return first in (1, size)
    if kind == "odd":
        return first & 1 == 1
    if kind == "even":
        return first & 1 == 0
    second = where[1]
    if kind == "same":
        return first == second
    if kind == "apart":
        return first != second
    if kind == "left":
        return first < second
    if kind == "just_left":
        return first + 1 == second
    if kind == "clockwise":
        return second == (1 if first == size else first + 1)
    if kind in ("next", "not_next"):
        touching = abs(first - second) == 1 or (round_table and {first, second} == {1, size})
        return touching is (kind == "next")
    if kind == "far":
        return abs(first - second) > 1 and not (round_table and {first, second} == {1, size})
    if kind == "gap":
        steps = abs(first - second)
        return steps == c + 1 or (round_table and size - steps == c + 1)
    if kind == "opposite":
        return size % 2 == 0 and abs(first - second) * 2 == size
    if kind == "if_at":
        return first >= second or first != c
    third = where[2]
    if kind == "between":
        return first < second < third or third < second < first
    if kind == "either":
        return [second, third].count(first) == 1
    raise ValueError(f"unknown clue kind {kind!r:.30}")


@lru_cache(maxsize=20_000)
def relation(clue: Clue, size: int, round_table: bool) -> Line:
    """The clue over its items; a cell's value index is its position less one."""

    def test(values: tuple[int, ...]) -> bool:
        return obeys(clue, [v + 1 for v in values], size, round_table)

    return allowed(items_of(clue), test)


def first_broken(
    kind: str, clues: Sequence[Clue], positions: Callable[[], Sequence[int]], size: int, round_table: bool
) -> str | None:
    """Which clue of the kind is broken, by its number, or None; positions are worked out only when asked for."""
    where: Sequence[int] | None = None
    for number, clue in enumerate(clues, 1):
        if clue[0] == kind:
            if where is None:
                where = positions()
            if not obeys(clue, [where[i] for i in items_of(clue)], size, round_table):
                return f"clue {number} is not met"
    return None


def clue_rules(
    broken: Callable[[str, Q, A], str | None], kinds: Sequence[str] = tuple(KINDS)
) -> tuple[Rule[Q, A], ...]:
    """One rule a clue kind, so that each kind's meaning is attacked on its own."""
    return tuple(Rule(kind, partial(broken, kind)) for kind in kinds)
