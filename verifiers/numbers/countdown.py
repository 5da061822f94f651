"""Judge of countdown: the numbers, every result on the way, the target; and small exhaustions done again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.expressions import Binary, Expr, Number, numbers
from verimill.schemas.numbers.countdown import Problem
from verimill.verifiers.claims_numbers import PoolReader
from verimill.verifiers.steps import walk

Join = tuple[int, str, int]


def _results(expr: Expr, out: list[tuple[Fraction, str, Fraction, Fraction | None]]) -> Fraction | None:
    """The value, None past a division by zero; every join is added to `out`, inner ones first."""
    if isinstance(expr, Number):
        return expr.value
    if not isinstance(expr, Binary):
        return None
    left, right = _results(expr.left, out), _results(expr.right, out)
    if left is None or right is None:
        return None
    value: Fraction | None
    if expr.op == "+":
        value = left + right
    elif expr.op == "-":
        value = left - right
    elif expr.op == "*":
        value = left * right
    else:
        value = left / right if right else None
    out.append((left, expr.op, right, value))
    return value


def _wrong_numbers(problem: Problem, answer: Expr) -> str | None:
    spare = Counter(problem.numbers)
    for value in numbers(answer):
        number = int(value)
        if value != number or spare[number] < 1:
            return f"{value} is not given or used too often"
        spare[number] -= 1
    return None


def _not_whole(problem: Problem, answer: Expr) -> str | None:
    out: list[tuple[Fraction, str, Fraction, Fraction | None]] = []
    _results(answer, out)
    for left, op, right, value in out:
        if value is None or value.denominator != 1 or value <= 0:
            return f"{left} {op} {right} is no positive whole number"
    return None


def _off_target(problem: Problem, answer: Expr) -> str | None:
    value = _results(answer, [])
    return None if value == problem.target else f"it makes {value}, not {problem.target}"


def _joined(a: int, op: str, b: int) -> int | None:
    """The positive whole result of a join, or None."""
    if op == "+":
        return a + b
    if op == "*":
        return a * b
    if op == "-":
        return a - b if a > b else None
    return a // b if op == "/" and a % b == 0 else None


def _joins(left: tuple[int, ...]) -> Iterator[tuple[Join, int, tuple[int, ...]]]:
    """Every join of two numbers of the state, its value, and the numbers left after it."""
    for i in range(len(left)):
        for j in range(i):
            high, low = max(left[i], left[j]), min(left[i], left[j])
            rest = left[:j] + left[j + 1 : i] + left[i + 1 :]
            for op in "+-*/":
                value = _joined(high, op, low)
                if value is not None:
                    yield (high, op, low), value, (*rest, value)


def _reachable(left: tuple[int, ...], target: int) -> bool:
    return target in left or any(_reachable(rest, target) for _, _, rest in _joins(left))


class _Trail:
    def __init__(self, problem: Problem) -> None:
        self.target = problem.target
        self.left = tuple(sorted(problem.numbers))
        self.made: list[Join] = []
        self.vain: set[Join] = set()
        self.refuted = False

    def judge(self, step: Step) -> str | None:
        if step.rule == "combine":
            join, left = self._combined(step)
            self.left, self.vain = left, set()
            self.made.append(join)
            return None
        if step.rule == "try":
            return self._tried(step)
        if step.rule == "nothing left":
            if step.claims != ("contradiction",) or step.because or step.sub:
                return "nothing left claims contradiction and no more"
            for join, _, _ in _joins(self.left):
                if join not in self.vain:
                    return f"{' '.join(map(str, join))} was not tried"
            self.refuted = self.target not in self.left
            return None
        return f"there is no rule {step.rule!r:.20}"

    def _combined(self, step: Step) -> tuple[Join, tuple[int, ...]]:
        """The join of a combine step and the state after it; ValueError when the step does not hold."""
        if len(step.because) != 1 or step.sub:
            raise ValueError("a join is one pair of numbers")
        parts = step.because[0].split(" ")
        if len(parts) != 3 or not (parts[0].isdecimal() and parts[2].isdecimal()) or max(map(len, parts)) > 15:
            raise ValueError(f"{step.because[0]!r:.40} is no join")
        a, op, b = int(parts[0]), parts[1], int(parts[2])
        left = list(self.left)
        for number in (a, b):
            if number not in left:
                raise ValueError(f"{number} is not left")
            left.remove(number)
        value = _joined(a, op, b) if a >= b else None
        if value is None:
            raise ValueError(f"{step.because[0]} makes no positive whole number, or its larger number is not first")
        state = tuple(sorted([*left, value]))
        if step.claims != (f"{a} {op} {b} = {value}", f"left {' '.join(map(str, state))}"):
            raise ValueError(f"{step.because[0]} makes {value}, or the numbers left are others")
        return (a, op, b), state

    def _tried(self, step: Step) -> str | None:
        if len(step.sub) != 2 or step.sub[0].rule != "combine" or step.sub[1].rule != "exhaust":
            return "a try is a join and an exhaustion"
        if step.sub[0].number != 1 or step.sub[1].number != 2:
            return "sub-steps are numbered from 1"
        if step.because != step.sub[0].because or step.claims != (f"not {step.because[0]}",):
            return "a try refutes the join that it supposes"
        join, state = self._combined(step.sub[0])
        end = step.sub[1]
        if end.because != (f"left {' '.join(map(str, state))}",) or end.claims != ("contradiction",) or end.sub:
            return "an exhaustion is of the numbers left"
        if len(state) > 3:
            return "only up to three numbers are exhausted at once"
        if _reachable(state, self.target):
            return f"{self.target} can be made from {end.because[0]}"
        self.vain.add(join)
        return None

    def unfinished(self, answer: Expr | None) -> str | None:
        if answer is None:
            return None if self.refuted else "the trace does not refute the target"
        if self.target not in self.left:
            return "the trace does not reach the target"
        out: list[tuple[Fraction, str, Fraction, Fraction | None]] = []
        _results(answer, out)
        # The answer may write the smaller number of a sum or product first.
        told = [(max(a, b), op, min(a, b)) if op in "+*" else (a, op, b) for a, op, b, _ in out]
        made = [(Fraction(a), op, Fraction(b)) for a, op, b in self.made]
        return None if sorted(told) == sorted(made) else "the answer joins other numbers than the trace"


def _check(problem: Problem, steps: tuple[Step, ...], answer: Expr | None) -> TraceVerdict:
    trail = _Trail(problem)
    return walk(steps, trail.judge, lambda: trail.unfinished(answer))


def _recount(problem: Problem, status: Status, answer: Expr | None) -> Recount:
    """Every value of every subset of the numbers, forward, in arrays; the generator works back from the target."""
    import numpy as np

    count = len(problem.numbers)
    values = {1 << at: np.array([number], np.int64) for at, number in enumerate(problem.numbers)}
    whole = (1 << count) - 1
    reached = False
    for mask in sorted(range(1, whole + 1), key=lambda m: (m.bit_count(), m)):
        if mask in values:
            continue
        parts = []
        part = (mask - 1) & mask
        while part:
            if part > mask ^ part:
                a, b = values[part][:, None], values[mask ^ part][None, :]
                high, low = np.maximum(a, b), np.minimum(a, b)
                made = [high + low, high * low, (high - low)[high > low], (high // low)[high % low == 0]]
                if mask == whole:  # the last one is only searched: its values would fill the memory
                    reached |= any(bool((some == problem.target).any()) for some in made)
                else:
                    parts += [some.ravel() for some in made]
            part = (part - 1) & mask
        if mask != whole:
            values[mask] = np.unique(np.concatenate(parts))
            reached |= bool((values[mask] == problem.target).any())
        if reached:
            break
    held = answer is not None and not any(rule.broken(problem, answer) for rule in RULES)
    agrees = (status == "one" and reached and held) or (status == "none" and not reached)
    return Recount(agrees, "all values of all subsets, forward", "reached" if reached else "not reachable")


RULES: tuple[Rule[Problem, Expr], ...] = (
    Rule("numbers", _wrong_numbers),
    Rule("whole", _not_whole),
    Rule("target", _off_target),
)


def _claims(problem: Problem, status: Status, answer: Expr | None) -> PoolReader:
    return PoolReader(problem.numbers)


JUDGE: Judge[Problem, Expr] = Judge(rules=RULES, check=_check, recount=_recount, claims=_claims)
