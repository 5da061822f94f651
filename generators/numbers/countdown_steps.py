"""Joins of two numbers, told as steps: the way to the target, and joins tried in vain beside it."""

from __future__ import annotations

from collections.abc import Iterator

from verimill.schemas.core import Step
from verimill.schemas.numbers.countdown import Problem

_TRIED = 2  # joins tried in vain that a full trace shows before each join that works

Join = tuple[int, str, int, int]  # left, operator, right, value; the larger operand first


def value_of(a: int, op: str, b: int) -> int | None:
    """The positive whole value of a join with a >= b, or None."""
    if op == "+":
        return a + b
    if op == "*":
        return a * b
    if op == "-":
        return a - b or None
    return a // b if a % b == 0 else None


def joins_of(left: tuple[int, ...]) -> list[Join]:
    """Every join of two numbers of the state, each once."""
    seen: dict[Join, None] = {}
    for i, one in enumerate(left):
        for two in left[:i]:
            a, b = max(one, two), min(one, two)
            for op in "+-*/":
                value = value_of(a, op, b)
                if value is not None:
                    seen[(a, op, b, value)] = None
    return list(seen)


def _after(left: tuple[int, ...], join: Join) -> tuple[int, ...]:
    rest = list(left)
    rest.remove(join[0])
    rest.remove(join[2])
    return tuple(sorted([*rest, join[3]]))


def _dead(left: tuple[int, ...], target: int) -> bool:
    """True when a few numbers cannot make the target, worked back from the target."""
    if target in left:
        return False
    if len(left) == 2:
        return all(join[3] != target for join in joins_of(left))
    if len(left) == 3:
        for at, c in enumerate(left):
            a, b = left[:at] + left[at + 1 :]
            if any(join[3] == target for join in joins_of((a, b))):
                return False
            wanted = {target - c, target + c, c - target, target * c}
            if target % c == 0:
                wanted.add(target // c)
            if c % target == 0:
                wanted.add(c // target)
            if any(join[3] in wanted for join in joins_of((a, b))):
                return False
    return True


def _text(numbers: tuple[int, ...]) -> str:
    return f"left {' '.join(map(str, numbers))}"


def _combine(number: int, join: Join, left: tuple[int, ...]) -> Step:
    a, op, b, value = join
    return Step(number, "combine", (f"{a} {op} {b}",), (f"{a} {op} {b} = {value}", _text(left)))


def _try(number: int, join: Join, left: tuple[int, ...]) -> Step:
    inner = (_combine(1, join, left), Step(2, "exhaust", (_text(left),), ("contradiction",)))
    join_text = inner[0].because
    return Step(number, "try", join_text, (f"not {join_text[0]}",), inner)


def _in_vain(left: tuple[int, ...], target: int, works: Join) -> Iterator[tuple[Join, tuple[int, ...]]]:
    """Joins that come near the target but leave numbers that cannot make it, nearest first."""
    shown = 0
    for join in sorted(joins_of(left), key=lambda j: (abs(j[3] - target), j)):
        if shown == _TRIED:
            return
        rest = _after(left, join)
        if join != works and _dead(rest, target):
            shown += 1
            yield join, rest


def steps_of(problem: Problem, joins: tuple[Join, ...], full: bool) -> tuple[Step, ...]:
    left = tuple(sorted(problem.numbers))
    out: list[Step] = []
    for at, join in enumerate(joins):
        if full and at and len(left) <= 4:
            for vain, rest in _in_vain(left, problem.target, join):
                out.append(_try(len(out) + 1, vain, rest))
        left = _after(left, join)
        out.append(_combine(len(out) + 1, join, left))
    return tuple(out)


def refutation_of(problem: Problem) -> tuple[Step, ...]:
    """Every first join tried in vain, for up to four numbers; empty for more, where that would fill pages."""
    left = tuple(sorted(problem.numbers))
    if len(left) > 4:
        return ()
    tried = [_try(k, join, _after(left, join)) for k, join in enumerate(joins_of(left), 1)]
    return (*tried, Step(len(tried) + 1, "nothing left", (), ("contradiction",)))
