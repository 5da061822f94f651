"""countdown: an expression over given numbers, each used at most once, that makes a target.

Operators are + - * /. Every result on the way is a positive whole number: a subtraction stays above 0, a division
leaves no remainder. Any expression that keeps these rules is right.

Status "none": the target cannot be reached. "many" is no status here: several expressions are normal.

Claim grammar. The state is the numbers left, sorted. `combine` (because `8 * 50`) takes two numbers off and puts their
result in: it claims `8 * 50 = 400` and `left 2 3 400`. `try` (because `8 * 50`) supposes that join: its sub-steps are
that `combine` and an `exhaust` (because `left 2 3 400`, at most three numbers, which make the target in no way; claims
`contradiction`); the try claims `not 8 * 50` and leaves the state as it was. `nothing left` claims `contradiction` when
every possible join of the state has been tried in vain. Of two numbers the larger one is written first.
"""

from __future__ import annotations

from dataclasses import dataclass

from verimill.schemas.core import Codec
from verimill.schemas.expressions import Binary, Expr, Negative, parse, write

MAX_NUMBER = 100
MAX_COUNT = 7
MAX_TARGET = 99_999


@dataclass(frozen=True, slots=True)
class Params:
    count: int = 6
    """Numbers given, 3..7."""
    need: int = 5
    """Numbers that the shortest way uses, 2..7 and at most count; 0 for any."""
    largest: int = 10
    """Largest of the small numbers, 4..100."""
    big: int = 0
    """How many of the numbers are 25, 50, 75 or 100, 0..4."""
    low: int = 100
    """Least target, 2..99999."""
    high: int = 999
    """Greatest target, low..99999."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("count", 3, MAX_COUNT), ("need", 0, MAX_COUNT), ("largest", 4, MAX_NUMBER), ("big", 0, 4),
            ("low", 2, MAX_TARGET), ("high", 2, MAX_TARGET),
        ):  # fmt: skip
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")
        if self.need == 1 or self.need > self.count:
            raise ValueError(f"need must be 0 or in 2..{self.count}, got {self.need}")
        if self.low > self.high:
            raise ValueError(f"high must be in {self.low}..{MAX_TARGET}, got {self.high}")
        if self.big > self.count:
            raise ValueError(f"big must be at most {self.count}, got {self.big}")


_LADDER = {
    1: Params(3, 3, 20, 0, 10, 200),
    2: Params(4, 3, 20, 0, 10, 400),
    3: Params(4, 4, 20, 0, 10, 999),
    4: Params(5, 4, 20, 1),
    5: Params(6, 4, 10, 2),
    6: Params(5, 5, 20, 1),
    7: Params(6, 5, 10, 1),
    8: Params(6, 6, 10, 0, 200, 2999),
    9: Params(7, 6, 10, 0, 200, 2999),
    10: Params(7, 7, 9, 0, 1000, 9999),
}


def level(n: int) -> Params:
    """Params of level n in 1..10; ValueError otherwise."""
    if n not in _LADDER:
        raise ValueError(f"level must be in 1..10, got {n}")
    return _LADDER[n]


@dataclass(frozen=True, slots=True)
class Problem:
    """The numbers as listed and the target."""

    numbers: tuple[int, ...]
    target: int

    def __post_init__(self) -> None:
        if not 2 <= len(self.numbers) <= MAX_COUNT:
            raise ValueError(f"numbers must be 2..{MAX_COUNT}, got {len(self.numbers)}")
        for number in self.numbers:
            if not 1 <= number <= MAX_NUMBER:
                raise ValueError(f"a number must be in 1..{MAX_NUMBER}, got {number}")
        if not 1 <= self.target <= MAX_TARGET or self.target in self.numbers:
            raise ValueError(f"target must be in 1..{MAX_TARGET} and none of the numbers, got {self.target}")


def _refuse_other_operators(expr: Expr) -> None:
    if isinstance(expr, Negative):
        raise ValueError("a sign before a number or bracket is not allowed, only a - b")
    if isinstance(expr, Binary):
        if expr.op == "^":
            raise ValueError("powers are not allowed, only + - * /")
        _refuse_other_operators(expr.left)
        _refuse_other_operators(expr.right)


def read(problem: Problem, text: str) -> Expr:
    """The expression, which may be followed or led by `= target`; ValueError for anything else."""
    if len(text) > 1_000:
        raise ValueError(f"an expression must have at most 1000 characters, got {len(text)}")
    text = text.strip().strip("*`$").strip()
    if text.endswith("."):
        text = text[:-1]
    parts = [part.strip() for part in text.split("=")]
    if len(parts) == 2:
        if parts[0] == str(problem.target):
            parts.reverse()
        if parts[1] != str(problem.target):
            raise ValueError(f"after = comes the target {problem.target} or nothing, got {parts[1]!r:.40}")
    elif len(parts) > 2:
        raise ValueError("wanted one expression, got more than one =")
    expr = parse(parts[0])
    _refuse_other_operators(expr)
    return expr


def answer_format(problem: Problem) -> str:
    return "One expression on one line, made of the numbers, + - * / and brackets; the target need not be repeated."


def example(problem: Problem) -> str:
    # 101 and 202 are never among the numbers.
    return "(101 + 202) * 3 - 202 / 2"


CODEC = Codec(
    family="countdown",
    kind="numbers",
    version=1,
    title="Countdown",
    checker="any_valid",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read,
    answer_format=answer_format,
    example=example,
    shape="line",
    unanswerable=("none",),
)
