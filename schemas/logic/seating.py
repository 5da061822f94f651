"""Seating puzzles: people in a row of seats or round a table, told by clues in prose.

Claims: `Ann=3` (Ann is in seat 3) and `Ann!=3`. Refs: `clue 5`, and `the people` (all in different seats). Clue
kinds are those of `schemas.clues` that speak of one group of items; round a table seats count clockwise.
Answers are the names in seat order. Unanswerable twins: a clue for another ("many"), a clue made false ("none").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from verimill.schemas.clues import KINDS, MAX_CLUES, ROUND_ONLY, ROW_ONLY, Clue, check_clue
from verimill.schemas.core import Codec
from verimill.schemas.text import plain, words

Shape = Literal["row", "round"]
SEAT_KINDS = tuple(kind for kind in KINDS if kind not in ("same", "apart", "either", "odd", "even", "far"))
MAX_ANSWER = 1000  # characters

Answer = tuple[str, ...]  # names, seat 1 first


@dataclass(frozen=True, slots=True)
class Params:
    people: int = 7
    """People and seats, 4 to 12."""
    shape: Shape = "row"
    """row (left to right) or round (a table, clockwise)."""
    mix: int = 2
    """Clue kinds: 1 mostly direct, 2 all kinds, 3 only relations."""
    tier: int = 5
    """Hardest deduction rule allowed, 1 to 5."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""
    work: int = 0
    """Least effort of the oracle (its steps, weighted), 0 to 400."""

    def __post_init__(self) -> None:
        for name, low, high in (("people", 4, 12), ("mix", 1, 3), ("tier", 1, 5), ("work", 0, 400)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")
        if self.shape not in ("row", "round"):
            raise ValueError(f"shape must be row or round, got {self.shape}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`people` in the order they are listed; clue items count through them."""

    scene: str
    shape: Shape
    people: tuple[str, ...]
    clues: tuple[Clue, ...]

    def __post_init__(self) -> None:
        if not 4 <= len(self.people) <= 12:
            raise ValueError(f"people must be 4 to 12, got {len(self.people)}")
        if len({p.lower() for p in self.people}) != len(self.people):
            raise ValueError("people must have different names")
        if not all(w.isalpha() and w.isascii() and len(w) <= 20 for w in (*self.people, self.scene)):
            raise ValueError("names and scene must be short words")
        if not 1 <= len(self.clues) <= MAX_CLUES:
            raise ValueError(f"clues must be 1 to {MAX_CLUES}, got {len(self.clues)}")
        banned = ROW_ONLY if self.shape == "round" else ROUND_ONLY
        for clue in self.clues:
            if clue[0] not in SEAT_KINDS or clue[0] in banned:
                raise ValueError(f"clue kind {clue[0]!r:.30} has no meaning for people in a {self.shape} of seats")
            check_clue(clue, len(self.people), len(self.people))


# People, shape, mix of clue kinds, hardest rule allowed and needed, least effort.
_LADDER: tuple[tuple[int, Shape, int, int, int, int], ...] = (
    (5, "row", 1, 2, 0, 0), (6, "row", 1, 3, 0, 20), (6, "row", 2, 3, 2, 30), (8, "round", 2, 5, 5, 50),
    (7, "row", 2, 5, 5, 70), (10, "round", 3, 5, 5, 85), (9, "row", 2, 5, 5, 100), (12, "row", 2, 5, 5, 130),
    (11, "row", 3, 5, 5, 160), (12, "row", 3, 5, 5, 200),
)  # fmt: skip


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def write(answer: Answer) -> str:
    """The names with commas between, seat 1 first."""
    return ", ".join(answer)


def read(problem: Problem, text: str) -> Answer:
    """The names in seat order; seat numbers before names are taken too when they count 1, 2, 3, ...

    Raises ValueError for a name that is unknown, missing or repeated.
    """
    if len(text) > MAX_ANSWER:
        raise ValueError(f"an answer must have at most {MAX_ANSWER} characters, got {len(text)}")
    known = {name.lower(): name for name in problem.people}
    names: list[str] = []
    numbers: list[int] = []
    for word in words(plain(text)):
        if word.isdigit():
            numbers.append(int(word[:4]))
        elif word.lower() in known:
            names.append(known[word.lower()])
        elif word.lower() not in ("seat", "and", "then"):
            raise ValueError(f"{word!r:.30} is not one of {', '.join(problem.people)}")
    if numbers and numbers != list(range(1, len(names) + 1)):
        raise ValueError("seat numbers, when given, must count 1, 2, 3, ... in order")
    if sorted(names) != sorted(problem.people):
        raise ValueError(f"each of the {len(problem.people)} people must be named once, got {len(names)} names")
    return tuple(names)


def seats_of(problem: Problem, answer: Answer) -> tuple[int, ...]:
    """The seat (from 1) of each person, in the order of `problem.people`."""
    return _seats(problem.people, answer)


@lru_cache(maxsize=256)
def _seats(people: tuple[str, ...], answer: Answer) -> tuple[int, ...]:
    at = {name: seat for seat, name in enumerate(answer, 1)}
    return tuple([at[name] for name in people])


def answer_format(problem: Problem) -> str:
    return (
        f"the {len(problem.people)} names on one line, from seat 1 to seat {len(problem.people)}, with commas between."
    )


def example(problem: Problem) -> str:
    """The form with letters for names."""
    return ", ".join(f"Person{c}" for c in "XYZW"[: min(4, len(problem.people))])


CODEC = Codec(
    family="seating",
    kind="logic",
    version=2,
    title="Seating puzzle",
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
