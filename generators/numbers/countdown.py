"""Maker of countdown: a target drawn from a random way, kept when the shortest way uses the wanted count of numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from math import comb, log2, log10

from verimill.generators.numbers.countdown_faces import FACE, narrate
from verimill.generators.numbers.countdown_search import Found, find
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.expressions import Binary, Expr, Number, Operator
from verimill.schemas.numbers.countdown import MAX_TARGET, Params, Problem
from verimill.schemas.rng import Rng

_DRAWS = 400  # sets of numbers with a random way through them
_TRIED = 2  # joins tried in vain that a full trace shows before each join that works
_BIG = (25, 50, 75, 100)

Join = tuple[int, str, int, int]  # left, operator, right, value; the larger operand first


def _value(a: int, op: str, b: int) -> int | None:
    """The positive whole value of a join with a >= b, or None."""
    if op == "+":
        return a + b
    if op == "*":
        return a * b
    if op == "-":
        return a - b or None
    return a // b if a % b == 0 else None


def _drawn(rng: Rng, params: Params) -> tuple[int, ...]:
    small = [rng.between(1, params.largest) for _ in range(params.count - params.big)]
    return tuple(rng.shuffled(small + rng.sample(_BIG, params.big)))


def _random_end(rng: Rng, numbers: list[int]) -> int:
    """Where a random way ends that uses all of `numbers`."""
    left = list(numbers)
    while len(left) > 1:
        i, j = rng.below(len(left)), rng.below(len(left) - 1)
        a = left.pop(i)
        b = left.pop(j)
        a, b = max(a, b), min(a, b)
        op = rng.weighted("+-*/", (3, 2, 4, 2))
        left.append(_value(a, op, b) or a + b)
    return left[0]


def make(rng: Rng, params: Params) -> Problem:
    """Numbers and a target that can be reached; Exhausted after a bounded number of draws."""
    use = params.need or params.count
    for _ in range(_DRAWS):
        numbers = _drawn(rng, params)
        target = 0
        for _ in range(8):
            target = _random_end(rng, rng.sample(numbers, use))
            if params.low <= target <= params.high and target not in numbers:
                break
        else:
            continue
        found = find(numbers, target) if params.need else None
        if not params.need or (found is not None and len(found.joins) == params.need - 1):
            return Problem(numbers, target)
    raise Exhausted(f"no target needed {params.need} of {params.count} numbers in {_DRAWS} draws")


def _joins(left: tuple[int, ...]) -> list[Join]:
    """Every join of two numbers of the state, each once."""
    seen: dict[Join, None] = {}
    for i, one in enumerate(left):
        for two in left[:i]:
            a, b = max(one, two), min(one, two)
            for op in "+-*/":
                value = _value(a, op, b)
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
        return all(join[3] != target for join in _joins(left))
    if len(left) == 3:
        for at, c in enumerate(left):
            a, b = left[:at] + left[at + 1 :]
            if any(join[3] == target for join in _joins((a, b))):
                return False
            wanted = {target - c, target + c, c - target, target * c}
            if target % c == 0:
                wanted.add(target // c)
            if c % target == 0:
                wanted.add(c // target)
            if any(join[3] in wanted for join in _joins((a, b))):
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
    for join in sorted(_joins(left), key=lambda j: (abs(j[3] - target), j)):
        if shown == _TRIED:
            return
        rest = _after(left, join)
        if join != works and _dead(rest, target):
            shown += 1
            yield join, rest


def _steps(problem: Problem, joins: tuple[Join, ...], full: bool) -> tuple[Step, ...]:
    left = tuple(sorted(problem.numbers))
    out: list[Step] = []
    for at, join in enumerate(joins):
        if full and at and len(left) <= 4:
            for vain, rest in _in_vain(left, problem.target, join):
                out.append(_try(len(out) + 1, vain, rest))
        left = _after(left, join)
        out.append(_combine(len(out) + 1, join, left))
    return tuple(out)


def _expression(joins: tuple[Join, ...]) -> Expr:
    """The expression of joins in working order, each made value used by the next join that wants it."""
    made: list[tuple[int, Expr]] = []

    def operand(value: int) -> Expr:
        for at, (have, expr) in enumerate(made):
            if have == value:
                del made[at]
                return expr
        return Number(Fraction(value))

    for a, op, b, value in joins:
        left, right = operand(a), operand(b)
        sign: Operator = "+" if op == "+" else "-" if op == "-" else "*" if op == "*" else "/"
        made.append((value, Binary(sign, left, right)))
    return made[-1][1]


def _ordered(found: Found) -> tuple[Join, ...]:
    return tuple((a, op, b, v) if a >= b or op in "-/" else (b, op, a, v) for a, op, b, v in found.joins)


def solve(problem: Problem) -> Solved[Expr]:
    """A shortest way to the target with its joins; ValueError when there is none."""
    found = find(problem.numbers, problem.target)
    if found is None:
        raise ValueError(f"{problem.target} cannot be reached")
    joins = _ordered(found)
    count = len(problem.numbers)
    steps = _steps(problem, joins, True)
    space = sum(log2(4 * comb(k, 2)) for k in range(2, count + 1))
    tier = len(joins) - 1
    hardness = Hardness(
        tier, len(steps), found.looked, round(space, 2), round(found.looked * (tier + 1) / 100, 2),
        {"joins": float(len(joins)), "numbers": float(count)},
    )  # fmt: skip
    certificate = {"claim": "any valid", "by": ["expression shown"], "shortest": len(joins)}
    return Solved(_expression(joins), steps, _steps(problem, joins, False), hardness, certificate)


def canonical(problem: Problem) -> str:
    """Hash of the sorted numbers and the target."""
    text = f"{sorted(problem.numbers)}>{problem.target}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The numbers in other orders."""
    for _ in range(3):
        yield Problem(tuple(rng.shuffled(problem.numbers)), problem.target)


def _number(value: int) -> Expr:
    return Number(Fraction(value))


def _worth(expr: Expr) -> Fraction:
    if isinstance(expr, Number):
        return expr.value
    if not isinstance(expr, Binary):
        raise TypeError(f"a made expression has no {type(expr).__name__}")
    a, b = _worth(expr.left), _worth(expr.right)
    return a + b if expr.op == "+" else a - b if expr.op == "-" else a * b if expr.op == "*" else a / b


def _flat(expr: Expr, more: str, less: str) -> tuple[list[Expr], list[Expr]]:
    """The operands of a run of `more` and `less` (+ and -, or * and /): those that raise it, those that lower it."""
    if not isinstance(expr, Binary) or expr.op not in (more, less):
        return [expr], []
    up, down = _flat(expr.left, more, less)
    inner_up, inner_down = _flat(expr.right, more, less)
    if expr.op == less:
        inner_up, inner_down = inner_down, inner_up
    return up + inner_up, down + inner_down


def _run(first: Expr, second: Expr, up: list[Expr], down: list[Expr], ops: tuple[Operator, Operator]) -> Expr:
    """`first less second`, then the rest of the run."""
    out: Expr = Binary(ops[1], first, second)
    for expr in up:
        if expr is not first:
            out = Binary(ops[0], out, expr)
    for expr in down:
        if expr is not second:
            out = Binary(ops[1], out, expr)
    return out


def _regrouped(expr: Expr) -> Iterator[Expr]:
    """The same value in another order, with a result on the way that is negative, zero or a fraction."""
    if not isinstance(expr, Binary):
        return
    ops: tuple[Operator, Operator] = ("+", "-") if expr.op in "+-" else ("*", "/")
    up, down = _flat(expr, *ops)
    for one in up if len(up) > 1 else ():
        for two in down:
            a, b = _worth(one), _worth(two)
            if a <= b if ops[0] == "+" else (a / b).denominator != 1:
                yield _run(one, two, up, down, ops)
    for inner in _regrouped(expr.left):
        yield Binary(expr.op, inner, expr.right)
    for inner in _regrouped(expr.right):
        yield Binary(expr.op, expr.left, inner)


def near_misses(rng: Rng, problem: Problem, answer: Expr) -> Iterator[NearMiss[Expr]]:
    """A number that is not given, a value beside the target, a result on the way that is not whole or positive."""
    if not isinstance(answer, Binary):
        return
    target = problem.target
    for part in rng.shuffled((answer.left, answer.right)):
        worth = int(_worth(part))
        gap = abs(target - worth)
        if gap and gap not in problem.numbers:
            yield NearMiss(Binary("+" if worth < target else "-", part, _number(gap)), "numbers")
    first, second = rng.sample(problem.numbers, 2)
    yield NearMiss(Binary("+", _number(first), Binary("-", _number(target), _number(first))), "numbers")
    if first + second != target:
        yield NearMiss(Binary("+", _number(first), _number(second)), "target")
    a, b = _worth(answer.left), _worth(answer.right)
    others: tuple[Operator, ...] = ("+", "*") if answer.op in "-/" else ("*",) if answer.op == "+" else ("+",)
    for op in others:
        if (a + b if op == "+" else a * b) != target:
            yield NearMiss(Binary(op, answer.left, answer.right), "target")
    found: Expr | None = next(_regrouped(answer), None)
    for _ in range(8):  # another order of the numbers leads the search to another way
        if found is not None:
            yield NearMiss(found, "whole")
            return
        other = find(tuple(rng.shuffled(problem.numbers)), target)
        found = next(_regrouped(_expression(_ordered(other))), None) if other else None


def capacity(params: Params) -> float:
    """log10 of a lower bound: sets of small numbers, with one target in ten in reach."""
    small = params.count - params.big
    sets = comb(params.largest + small - 1, small) * comb(4, params.big)
    return log10(sets) + max(0.0, log10(params.high - params.low + 1) - 1)


def _refutation(problem: Problem) -> tuple[Step, ...]:
    """Every first join tried in vain, for up to four numbers; empty for more, where that would fill pages."""
    left = tuple(sorted(problem.numbers))
    if len(left) > 4:
        return ()
    tried = [_try(k, join, _after(left, join)) for k, join in enumerate(_joins(left), 1)]
    return (*tried, Step(len(tried) + 1, "nothing left", (), ("contradiction",)))


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Expr] | None:
    """The same numbers with a target near by that the complete search does not reach; None when all tries are."""
    spread = max(10, problem.target // 2)
    for _ in range(12 if len(problem.numbers) < 7 else 4):
        target = problem.target + rng.between(-spread // 2, spread)
        if not 2 <= target <= MAX_TARGET or target in problem.numbers:
            continue
        if find(problem.numbers, target) is None:
            changed = Problem(problem.numbers, target)
            by = ["complete search of all subsets, backwards from the target"]
            return Unanswerable(changed, "none", {"claim": "none", "by": by}, (), _refutation(changed))
    return None


MAKER: Maker[Params, Problem, Expr] = Maker(
    make=make,
    solve=solve,
    face=FACE,
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=capacity,
    unanswerable=unanswerable,
)
