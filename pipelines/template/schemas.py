"""Pair sum: which two numbers of a list add up to the target?

A family to start from: small, but it keeps the whole contract. Replace it piece by piece.

The claim grammar of its steps:

    claim   := A out        no partner of A is listed
             | A + B        these two are the pair
    because := A | A, B     the numbers looked at
    rules   := no partner, pair
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verimill.schemas.core import Codec
from verimill.schemas.text import plain

Answer = tuple[int, int]  # the smaller number first

MAX_ANSWER = 200
MAX_NUMBER = 10_000
_PAIR = re.compile(r"(\d{1,6})\s*(?:\+|,|;|&|and|\s)\s*(\d{1,6})(?:\s*=\s*(\d{1,6}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Params:
    """The knobs."""

    size: int = 6
    """How many numbers are listed, 4..60."""
    largest: int = 99
    """The largest number that may be listed, 50..5000."""

    def __post_init__(self) -> None:
        for name, low, high in (("size", 4, 60), ("largest", 50, 5_000)):
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value!r}")


@dataclass(frozen=True, slots=True)
class Problem:
    """The listed numbers, all different, and the target."""

    numbers: tuple[int, ...]
    target: int

    def __post_init__(self) -> None:
        if not 3 <= len(self.numbers) <= 60:
            raise ValueError(f"numbers must have 3..60 entries, got {len(self.numbers)}")
        if not all(1 <= number <= MAX_NUMBER for number in self.numbers):
            raise ValueError(f"numbers must be in 1..{MAX_NUMBER}, got {min(self.numbers)}..{max(self.numbers)}")
        if len(set(self.numbers)) != len(self.numbers):
            raise ValueError("numbers must all differ")
        if not 3 <= self.target <= 2 * MAX_NUMBER:
            raise ValueError(f"target must be in 3..{2 * MAX_NUMBER}, got {self.target}")


def level(number: int) -> Params:
    """The knobs of a level, 1 to 10."""
    return Params(size=4 + 4 * number, largest=50 + 50 * number)


def write(answer: Answer) -> str:
    """`12 + 30`."""
    return f"{answer[0]} + {answer[1]}"


def read(problem: Problem, text: str) -> Answer:
    """Two different numbers in either order; ValueError for anything else."""
    if len(text) > MAX_ANSWER:
        raise ValueError(f"an answer must have at most {MAX_ANSWER} characters, got {len(text)}")
    found = _PAIR.fullmatch(plain(text).strip(" \t\r\n.!()"))
    if found is None:
        raise ValueError(f"wanted two numbers such as {example(problem)}, got {text!r:.60}")
    left, right, total = (None if word is None else int(word) for word in found.groups())
    if left is None or right is None or left == right:
        raise ValueError(f"wanted two different numbers, got {text!r:.60}")
    if total not in (None, problem.target):
        raise ValueError(f"the sum must be the target {problem.target}, got {total}")
    return min(left, right), max(left, right)


def answer_format(problem: Problem) -> str:
    """The form of an answer, in a sentence."""
    return "Two numbers joined by a plus sign, the smaller one first."


def example(problem: Problem) -> str:
    """Larger than any listed number, so it is never right."""
    return "90001 + 90002"


CODEC = Codec(
    family="pair_sum",
    kind="numbers",
    version=1,
    title="Pair sum",
    checker="unique",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read,
    answer_format=answer_format,
    example=example,
    shape="line",
    unanswerable=("none", "many"),
)
