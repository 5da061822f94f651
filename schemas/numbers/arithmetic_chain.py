"""arithmetic_chain: the exact value of the last of a chain of results that build on numbers and on each other.

A problem is a list of nodes in the order in which they can be worked out. A node is a number `("n", 17, 0)` or an
operation `(op, left, right)` on two earlier nodes, op one of `+ - * / ^`. Some operations carry a name; one without a
name is a bracket inside the only operation that uses it. The last node is what is asked; named results that it does
not need are distractors. Operations are exact, so a value may be a fraction. An exponent is a plain number from 0 to 6.

Status "none": the asked result needs a division by zero, so it has no value. "many" cannot occur.

Claim grammar: `r3 = 7/2` says that operation 3 (operations counted from 1, numbers not counted) has the value 7/2.
`because` names the operands: `r1`, or the number itself. The rule is add, subtract, multiply, divide or power. When no
value exists the last step is `divide by zero`, because of the operation that cannot be done, and claims
`contradiction`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from verimill.schemas.core import Codec
from verimill.schemas.rationals import plain, read_rational, write_rational

OPERATORS = "+-*/^"
RULES = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "^": "power"}
MAX_NODES = 200
MAX_NUMBER = 9_999
MAX_VALUE = 10**9  # numerator and denominator of every value on the way
_NAME = re.compile(r"[a-z][a-z_]{0,11}")
_RESERVED = re.compile(r"n|none|many")

Node = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Params:
    operations: int = 8
    """Operations that the asked result needs, 2..40; two more where a divisor is written as a bracket."""
    largest: int = 20
    """Largest number drawn, 5..99; a number that is divided may be three times as large."""
    digits: int = 3
    """Most digits of any numerator on the way, 2..6."""
    negative: bool = False
    """Whether results on the way may be negative."""
    denominator: int = 1
    """Largest denominator on the way, 1..99; 1 means whole numbers only."""
    powers: bool = False
    """Whether squares and cubes occur."""
    bracket: int = 2
    """Most operations under one name, 1..6."""
    reuse: int = 0
    """Times that an earlier result is used again, 0..10."""
    unused: int = 0
    """Named results that the answer does not need, 0..15."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("operations", 2, 40), ("largest", 5, 99), ("digits", 2, 6), ("denominator", 1, 99),
            ("bracket", 1, 6), ("reuse", 0, 10), ("unused", 0, 15),
        ):  # fmt: skip
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")


_LADDER = {
    1: Params(3, 20, 2, bracket=3),
    2: Params(5, 20, 2, bracket=3),
    3: Params(7, 25, 3, bracket=3, unused=1),
    4: Params(9, 25, 3, negative=True, bracket=3, reuse=1, unused=1),
    5: Params(11, 30, 4, negative=True, powers=True, bracket=3, reuse=1, unused=2),
    6: Params(12, 20, 3, negative=True, denominator=12, powers=True, reuse=1, unused=2),
    7: Params(15, 30, 4, negative=True, denominator=24, powers=True, reuse=2, unused=3),
    8: Params(19, 30, 4, negative=True, denominator=36, powers=True, reuse=2, unused=4),
    9: Params(24, 40, 4, negative=True, denominator=60, powers=True, reuse=3, unused=5),
    10: Params(30, 50, 5, negative=True, denominator=90, powers=True, reuse=4, unused=6),
}


def level(n: int) -> Params:
    """Params of level n in 1..10; ValueError otherwise."""
    if n not in _LADDER:
        raise ValueError(f"level must be in 1..10, got {n}")
    return _LADDER[n]


@dataclass(frozen=True, slots=True)
class Problem:
    """Nodes in working order, and a name (or "") for each; the last node is asked."""

    nodes: tuple[tuple[str, int, int], ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 3 <= len(self.nodes) <= MAX_NODES:
            raise ValueError(f"nodes must be 3..{MAX_NODES}, got {len(self.nodes)}")
        if len(self.names) != len(self.nodes):
            raise ValueError(f"names must be one a node ({len(self.nodes)}), got {len(self.names)}")
        used = [0] * len(self.nodes)
        for at, (op, left, right) in enumerate(self.nodes):
            if op == "n":
                if not (0 <= left <= MAX_NUMBER and right == 0 and not self.names[at]):
                    raise ValueError(f"node {at}: a number is 0..{MAX_NUMBER} without a name, got {left}, {right}")
                continue
            if len(op) != 1 or op not in OPERATORS or not (0 <= left < at and 0 <= right < at):
                raise ValueError(f"node {at} must join two earlier nodes by one of {OPERATORS}, got {op!r:.10}")
            if op == "^" and not (self.nodes[right][0] == "n" and self.nodes[right][1] <= 6):
                raise ValueError(f"node {at}: an exponent is a number 0..6")
            used[left] += 1
            used[right] += 1
        self._check_names(used)
        self._check_sizes()

    def _check_names(self, used: list[int]) -> None:
        given = [name for name in self.names if name]
        if len(set(given)) != len(given):
            raise ValueError("names must differ")
        for name in given:
            if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name):
                raise ValueError(f"a name is 1..12 small letters, got {name!r:.40}")
        if not self.names[-1]:
            raise ValueError("the last node is asked and must have a name")
        for at, name in enumerate(self.names):
            if not name and used[at] != 1:
                raise ValueError(f"node {at} has no name and must be used exactly once, got {used[at]}")

    def _check_sizes(self) -> None:
        # Only the sizes matter here: a tampered tower of powers must cost nothing.
        values: list[tuple[int, int] | None] = []
        for op, left, right in self.nodes:
            if op == "n":
                values.append((left, 1))
                continue
            one, two = values[left], values[right]
            if one is None or two is None or (op == "/" and two[0] == 0):
                values.append(None)
                continue
            (a, b), (c, d) = one, two
            if op == "^":
                a, b = a**c, b**c
            elif op == "*":
                a, b = a * c, b * d
            elif op == "/":
                a, b = a * d, b * c
            else:
                a, b = (a * d + c * b if op == "+" else a * d - c * b), b * d
            g = gcd(a, b) * (-1 if b < 0 else 1)
            a, b = a // g, b // g
            if abs(a) > MAX_VALUE or b > MAX_VALUE:
                raise ValueError(f"values must have parts of at most {MAX_VALUE}")
            values.append((a, b))


def labels(problem: Problem) -> dict[int, str]:
    """Node index to `r1`, `r2`, ...: operations in order, numbers left out."""
    operations = (at for at, node in enumerate(problem.nodes) if node[0] != "n")
    return {at: f"r{k}" for k, at in enumerate(operations, 1)}


def needed(problem: Problem) -> list[bool]:
    """For each node, whether the asked result depends on it."""
    wanted = [False] * len(problem.nodes)
    wanted[-1] = True
    for at in range(len(problem.nodes) - 1, -1, -1):
        op, left, right = problem.nodes[at]
        if wanted[at] and op != "n":
            wanted[left] = wanted[right] = True
    return wanted


def write(answer: Fraction) -> str:
    """`12` or `-3/4`."""
    return write_rational(answer)


def read(problem: Problem, text: str) -> Fraction:
    """The number, which may stand after `name =` with the asked name; ValueError for anything else."""
    text = plain(text[:400]) if len(text) <= 400 else text
    name, *rest = re.split("=|:| is ", text, maxsplit=1)
    if rest:
        if name.strip(" -*_`$").lower() != problem.names[-1].strip("_"):
            raise ValueError(f"wanted the value of {problem.names[-1]}, got {text!r:.60}")
        text = rest[0]
    return read_rational(text)


def answer_format(problem: Problem) -> str:
    return (
        f"Give the exact value of {problem.names[-1]} as a whole number or as a fraction such as a/b,"
        " with a minus sign in front when it is negative; no rounded decimals. A result without a value is answered"
        " none."
    )


def example(problem: Problem) -> str:
    # Larger than any value that a made problem can reach, so it is never right.
    return "-7000003/11"


CODEC = Codec(
    family="arithmetic_chain",
    kind="numbers",
    version=1,
    title="Arithmetic chain",
    checker="exact",
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
