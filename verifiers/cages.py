"""Cages as automata: the cells are read in order, carrying the result so far and the digits seen.

A kenken cage forbids a repeat only where two of its cells share a row or column, a killer cage forbids it
everywhere; `seen` keeps one set of digits for each such line (or one for the whole cage).
"""

from __future__ import annotations

from functools import lru_cache

from verimill.verifiers.relations import Line


@lru_cache(maxsize=4096)
def sum_line(cells: tuple[int, ...], n: int, target: int) -> Line:
    """Different digits that sum to `target`."""

    def step(i: int, state: tuple[int, int], value: int) -> tuple[int, int] | None:
        total, seen = state
        if seen >> value & 1 or total + value + 1 > target:
            return None
        return total + value + 1, seen | 1 << value

    return Line(cells, (0, 0), step, lambda state: bool(state[0] == target))


@lru_cache(maxsize=4096)
def arithmetic_line(cells: tuple[int, ...], n: int, op: str, target: int) -> Line:
    """Digits that give `target` under `op`, without a repeat inside any row or column of the grid."""
    slots: dict[tuple[str, int], int] = {}
    places = [
        (slots.setdefault(("row", c // n), len(slots)), slots.setdefault(("col", c % n), len(slots))) for c in cells
    ]
    last = len(cells) - 1

    def step(i: int, state: tuple[int, int], value: int) -> tuple[int, int] | None:
        result, seen = state
        bits = 1 << places[i][0] * n + value | 1 << places[i][1] * n + value
        if seen & bits:
            return None
        result = value + 1 if i == 0 else joined(op, result, value + 1)
        if (result > target and op in "+*") or (i == last and result != target):
            return None
        return result, seen | bits

    return Line(cells, (0, 0), step, lambda state: True)


def joined(op: str, a: int, b: int) -> int:
    """The result of one operation; of - and / the larger goes first; 0 where a division leaves a rest."""
    if op == "+":
        return a + b
    if op == "*":
        return a * b
    if op == "-":
        return abs(a - b)
    low, high = min(a, b), max(a, b)
    return high // low if high % low == 0 else 0


def result_of(op: str, digits: list[int]) -> int:
    """The result of a whole cage."""
    result = digits[0]
    for d in digits[1:]:
        result = joined(op, result, d)
    return result
