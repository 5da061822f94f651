"""Maker of countdown: a target drawn from a random way, kept when the shortest way uses the wanted count of numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from math import comb, log2, log10

from verimill.generators.numbers.countdown_faces import FACE, narrate
from verimill.generators.numbers.countdown_orders import plain, regrouped, worth_of
from verimill.generators.numbers.countdown_search import Found, find
from verimill.generators.numbers.countdown_steps import Join, refutation_of, steps_of, value_of
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved, Unanswerable
from verimill.schemas.expressions import Binary, Expr, Number, Operator
from verimill.schemas.numbers.countdown import MAX_TARGET, Params, Problem
from verimill.schemas.rng import Rng

_DRAWS = 400  # sets of numbers with a random way through them
_BIG = (25, 50, 75, 100)


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
        left.append(value_of(a, op, b) or a + b)
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
    steps = steps_of(problem, joins, True)
    space = sum(log2(4 * comb(k, 2)) for k in range(2, count + 1))
    tier = len(joins) - 1
    hardness = Hardness(
        tier, len(steps), found.looked, round(space, 2), round(found.looked * (tier + 1) / 100, 2),
        {"joins": float(len(joins)), "numbers": float(count)},
    )  # fmt: skip
    certificate = {"claim": "any valid", "by": ["expression shown"], "shortest": len(joins)}
    return Solved(_expression(joins), steps, steps_of(problem, joins, False), hardness, certificate)


def canonical(problem: Problem) -> str:
    """Hash of the sorted numbers and the target."""
    text = f"{sorted(problem.numbers)}>{problem.target}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The numbers in other orders."""
    for _ in range(3):
        yield Problem(tuple(rng.shuffled(problem.numbers)), problem.target)


def near_misses(rng: Rng, problem: Problem, answer: Expr) -> Iterator[NearMiss[Expr]]:
    """A number that is not given, a value beside the target, a result on the way that is not whole or positive."""
    if not isinstance(answer, Binary):
        return
    target = problem.target
    for part in rng.shuffled((answer.left, answer.right)):
        worth = int(worth_of(part))
        gap = abs(target - worth)
        if gap and gap not in problem.numbers:
            yield NearMiss(Binary("+" if worth < target else "-", part, plain(gap)), "numbers")
    first, second = rng.sample(problem.numbers, 2)
    yield NearMiss(Binary("+", plain(first), Binary("-", plain(target), plain(first))), "numbers")
    if first + second != target:
        yield NearMiss(Binary("+", plain(first), plain(second)), "target")
    a, b = worth_of(answer.left), worth_of(answer.right)
    others: tuple[Operator, ...] = ("+", "*") if answer.op in "-/" else ("*",) if answer.op == "+" else ("+",)
    for op in others:
        if (a + b if op == "+" else a * b) != target:
            yield NearMiss(Binary(op, answer.left, answer.right), "target")
    found: Expr | None = next(regrouped(answer), None)
    for _ in range(8):  # another order of the numbers leads the search to another way
        if found is not None:
            yield NearMiss(found, "whole")
            return
        other = find(tuple(rng.shuffled(problem.numbers)), target)
        found = next(regrouped(_expression(_ordered(other))), None) if other else None


def capacity(params: Params) -> float:
    """log10 of a lower bound: sets of small numbers, with one target in ten in reach."""
    small = params.count - params.big
    sets = comb(params.largest + small - 1, small) * comb(4, params.big)
    return log10(sets) + max(0.0, log10(params.high - params.low + 1) - 1)


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
            return Unanswerable(changed, "none", {"claim": "none", "by": by}, (), refutation_of(changed))
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
