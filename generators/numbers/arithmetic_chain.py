"""Maker of arithmetic_chain: grows a tree of operations whose every value stays small, then names its parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from math import log10

from verimill.generators.numbers.chain_faces import FACE, NAMES, narrate
from verimill.generators.numbers.chain_steps import cost_of, steps_of, tier_of, values_of
from verimill.generators.numbers.chain_trees import grown, names_of
from verimill.generators.numbers.chain_zero import plain_divisors, unanswerable, widened
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved
from verimill.schemas.numbers.arithmetic_chain import Params, Problem, labels, needed
from verimill.schemas.rng import Rng

_TREES = 40  # whole trees begun before a problem is given up


def make(rng: Rng, params: Params) -> Problem:
    """A chain with a value; Exhausted after a bounded number of trees."""
    for _ in range(_TREES):
        tree = grown(rng, params)
        if tree is None:
            continue
        problem = Problem(tuple(tree.nodes), names_of(tree))
        divisions = plain_divisors(problem)
        # Divisors that have to be worked out are normal here, so that one worth 0 gives nothing away.
        if divisions and rng.chance(0.4):
            at = rng.pick(divisions)
            return widened(rng, problem, at, problem.nodes[problem.nodes[at][2]][1])
        return problem
    raise Exhausted(f"no tree of {params.operations} operations kept its values small in {_TREES} tries")


def solve(problem: Problem) -> Solved[Fraction]:
    """The value with every operation as a step; ValueError when there is no value."""
    values = values_of(problem)
    answer = values[-1]
    if answer is None:
        raise ValueError("the asked result needs a division by zero")
    wanted = needed(problem)
    tier, effort, fractions, largest = 0, 0.0, 0, 0
    for at, (op, left, right) in enumerate(problem.nodes):
        if op == "n":
            continue
        a, b, value = values[left], values[right], values[at]
        if a is None or b is None or value is None:
            continue
        # A result that is not needed still has to be read and set aside.
        effort += cost_of(op, a, b) if wanted[at] else 1
        tier = max(tier, tier_of(op, a, b, value) if wanted[at] else 0)
        fractions += value.denominator > 1
        largest = max(largest, abs(value.numerator))
    steps = steps_of(problem, values, None)
    extra = {"needed": sum(wanted[at] for at in labels(problem)), "fractions": fractions, "largest": largest}
    hardness = Hardness(tier, len(steps), 0, 0.0, round(effort, 2), {k: float(v) for k, v in extra.items()})
    certificate = {"claim": "exact", "by": ["evaluation in exact rationals"]}
    return Solved(Fraction(answer), steps, steps_of(problem, values, wanted), hardness, certificate)


def canonical(problem: Problem) -> str:
    """Hash of the computation: names, the order of lines and of commuting operands left out."""
    keys: list[str] = []
    for op, left, right in problem.nodes:
        if op == "n":
            keys.append(str(left))
            continue
        one, two = keys[left], keys[right]
        if op in "+*" and two < one:
            one, two = two, one
        text = f"({one}{op}{two})"
        keys.append(text if len(text) < 64 else hashlib.blake2b(text.encode(), digest_size=16).hexdigest())
    spare = sorted(keys[at] for at, name in enumerate(problem.names[:-1]) if name)
    return hashlib.blake2b("|".join([keys[-1], *spare]).encode(), digest_size=16).hexdigest()


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The same chain with other names, and with operands of sums and products changed over."""
    for _ in range(3):
        given = sum(1 for name in problem.names if name)
        words = iter(rng.sample(rng.pick([pool for pool in NAMES if len(pool) >= given]), given))
        names = tuple(next(words) if name else "" for name in problem.names)
        nodes = tuple(
            (op, right, left) if op in "+*" and rng.chance(0.5) else (op, left, right)
            for op, left, right in problem.nodes
        )
        yield Problem(nodes, names)


def near_misses(rng: Rng, problem: Problem, answer: Fraction) -> Iterator[NearMiss[Fraction]]:
    """Slips: off by one, a lost sign, a fraction upside down, one operation mistaken, a result before the last."""
    values = values_of(problem)
    wrong = [answer + 1, answer - 1, -answer, Fraction(round(answer))]
    if answer:
        wrong.append(1 / answer)
    wrong += [Fraction(v) for v in values[:-1][-3:] if v is not None]
    for at in rng.sample(sorted(labels(problem)), min(3, len(labels(problem)))):
        op, left, right = problem.nodes[at]
        other = {"+": "-", "-": "+", "*": "+", "/": "*", "^": "*"}[op]
        try:
            slip = values_of(
                Problem((*problem.nodes[:at], (other, left, right), *problem.nodes[at + 1 :]), problem.names)
            )
        except ValueError:
            continue
        if slip[-1] is not None:
            wrong.append(Fraction(slip[-1]))
    seen = {answer}
    for value in wrong:
        if value not in seen:
            seen.add(value)
            yield NearMiss(value, "value")


def capacity(params: Params) -> float:
    """log10 of a lower bound: a third of the numbers at each leaf, two operators at each but one operation."""
    return (params.operations + 1) * log10(max(2.0, params.largest / 3)) + (params.operations - 1) * log10(2)


MAKER: Maker[Params, Problem, Fraction] = Maker(
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
