"""Chains without a value: a divisor on the way to the answer is made to come out as 0."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isqrt

from verimill.generators.numbers.chain_steps import Value, step_of, values_of
from verimill.schemas.core import Step, Unanswerable
from verimill.schemas.numbers.arithmetic_chain import Node, Problem, labels, needed
from verimill.schemas.rng import Rng


def widened(rng: Rng, problem: Problem, division: int, worth: int) -> Problem:
    """The plain divisor of a division written as a bracket `(p - a * b)` or `(p - (a + b))` with that worth."""
    at = problem.nodes[division][2]
    largest = max(node[1] for node in problem.nodes if node[0] == "n")
    a, b = (rng.between(2, max(2, isqrt(largest))) for _ in range(2))
    op = rng.pick("*+")
    whole = (a * b if op == "*" else a + b) + worth
    bracket: tuple[Node, ...] = (("n", whole, 0), ("n", a, 0), ("n", b, 0), (op, at + 1, at + 2), ("-", at, at + 3))

    def moved(node: Node) -> Node:
        name, left, right = node
        return node if name == "n" else (name, left + 4 * (left >= at), right + 4 * (right >= at))

    nodes = (*problem.nodes[:at], *bracket, *map(moved, problem.nodes[at + 1 :]))
    return Problem(nodes, (*problem.names[:at], "", "", "", "", *problem.names[at:]))


def plain_divisors(problem: Problem) -> list[int]:
    """Divisions by a plain number, of those that the asked result needs."""
    wanted, nodes = needed(problem), problem.nodes
    return [at for at, (op, _, right) in enumerate(nodes) if op == "/" and wanted[at] and nodes[right][0] == "n"]


def _zeroing(problem: Problem, values: list[Value | None], at: int, want: Value) -> Iterator[tuple[int, int]]:
    """(node, number) changes under `at` that would give it the value `want`, following one operand at a time."""
    op, left, right = problem.nodes[at]
    if op == "n":
        if isinstance(want, int) and 2 <= want <= 99 and want != left:
            yield at, want
        return
    a, b = values[left], values[right]
    if a is None or b is None:
        return
    inverse = {"+": (want - b, want - a), "-": (want + b, a - want)}
    if op in inverse:
        for child, target in zip((left, right), inverse[op], strict=True):
            whole = target.numerator if target.denominator == 1 else target
            yield from _zeroing(problem, values, child, whole)
    elif op in "*/" and want == 0:
        yield from _zeroing(problem, values, left, 0)
        if op == "*":
            yield from _zeroing(problem, values, right, 0)
    elif op == "*" and b != 0:
        quotient = Fraction(want) / b
        if quotient.denominator == 1:
            yield from _zeroing(problem, values, left, int(quotient))
    elif op == "/":
        product = want * b
        if product.denominator == 1:
            yield from _zeroing(problem, values, left, int(product))


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Fraction] | None:
    """The chain with one number changed so that a divisor on the way becomes 0, or a plain divisor a bracket worth 0.

    None when the asked result needs no division.
    """
    values, wanted = values_of(problem), needed(problem)
    largest = max(max(node[1] for node in problem.nodes if node[0] == "n"), 12)
    divisions = [at for at, node in enumerate(problem.nodes) if node[0] == "/" and wanted[at]]
    for at in rng.shuffled(divisions):
        for leaf, number in _zeroing(problem, values, problem.nodes[at][2], 0):
            if number > largest:
                continue
            nodes = (*problem.nodes[:leaf], ("n", number, 0), *problem.nodes[leaf + 1 :])
            try:
                changed = Problem(nodes, problem.names)
            except ValueError:
                continue
            steps = _refutation(changed)
            if steps:
                return _without_value(changed, steps)
    plain = plain_divisors(problem)
    if plain:
        changed = widened(rng, problem, rng.pick(plain), 0)
        return _without_value(changed, _refutation(changed))
    return None


def _without_value(problem: Problem, steps: tuple[Step, ...]) -> Unanswerable[Problem, Fraction]:
    by = ["evaluation in exact rationals reaches a division by zero"]
    return Unanswerable(problem, "none", {"claim": "none", "by": by}, (), steps)


def _refutation(problem: Problem) -> tuple[Step, ...]:
    """The operations up to the first division by zero that the answer needs; empty when there is none."""
    values, wanted, label = values_of(problem), needed(problem), labels(problem)
    for at, (op, _, right) in enumerate(problem.nodes):
        if not (wanted[at] and op == "/" and values[right] == 0):
            continue
        under = _below(problem, right)
        steps: list[Step] = []
        for child in sorted(under):
            value = values[child]
            if value is not None and child in label:
                steps.append(step_of(problem, label, child, value, len(steps) + 1))
        return (*steps, Step(len(steps) + 1, "divide by zero", (label[at],), ("contradiction",)))
    return ()


def _below(problem: Problem, top: int) -> set[int]:
    found, todo = {top}, [top]
    while todo:
        op, left, right = problem.nodes[todo.pop()]
        fresh = [child for child in (left, right) if op != "n" and child not in found]
        found.update(fresh)
        todo += fresh
    return found
