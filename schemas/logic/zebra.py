"""Zebra puzzles: people in a row, each with one value of every attribute, told by clues of many kinds.

Claims: `tea=3` (the tea drinker is at position 3) and `tea!=3`. Refs: `clue 5`, and `the drinks` (each drink is
at a different position). Clue kinds are those of `schemas.clues` for a row. Answers are one line a position.
Unanswerable twins: a clue for another ("many"), a clue made false ("none").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from verimill.schemas.clues import KINDS, MAX_CLUES, ROUND_ONLY, Clue, check_clue
from verimill.schemas.core import Codec
from verimill.schemas.text import plain, words

ROW_KINDS = tuple(kind for kind in KINDS if kind not in ROUND_ONLY and kind != "not_next")
MAX_ANSWER = 4000  # characters

Answer = tuple[tuple[str, ...], ...]  # the words at each position, in attribute order


@dataclass(frozen=True, slots=True)
class Params:
    positions: int = 5
    """People in the row, 3 to 7."""
    attributes: int = 4
    """Attributes of each person, names included, 2 to 6."""
    mix: int = 2
    """Clue kinds: 1 mostly direct, 2 all kinds, 3 only relations."""
    tier: int = 5
    """Hardest deduction rule allowed, 1 to 5."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""

    def __post_init__(self) -> None:
        for name, low, high in (("positions", 3, 7), ("attributes", 2, 6), ("mix", 1, 3), ("tier", 1, 5)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`values[a]` are the values of attribute a in the order they are listed; items count through them."""

    place: str
    attributes: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    clues: tuple[Clue, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(self.attributes) <= 6 or len(self.values) != len(self.attributes):
            raise ValueError(f"attributes must be 2 to 6 with as many lists of values, got {len(self.attributes)}")
        sizes = {len(v) for v in self.values}
        if len(sizes) != 1 or not 3 <= len(self.values[0]) <= 7:
            raise ValueError(f"every attribute must have 3 to 7 values, all as many, got {sorted(sizes)}")
        words = [w for v in self.values for w in v]
        if len(set(words)) != len(words) or not all(w.isalpha() and w.isascii() and len(w) <= 20 for w in words):
            raise ValueError("values must be different short words")
        if not all(a.isalpha() and a.isascii() and len(a) <= 20 for a in (*self.attributes, self.place)):
            raise ValueError("attributes and place must be short words")
        if len(set(self.attributes)) != len(self.attributes):
            raise ValueError("attributes must differ")
        if not 1 <= len(self.clues) <= MAX_CLUES:
            raise ValueError(f"clues must be 1 to {MAX_CLUES}, got {len(self.clues)}")
        for clue in self.clues:
            if clue[0] not in ROW_KINDS:
                raise ValueError(f"clue kind {clue[0]!r:.30} has no meaning here; known: {', '.join(ROW_KINDS)}")
            check_clue(clue, len(words), self.size)

    @property
    def size(self) -> int:
        """How many positions."""
        return len(self.values[0])

    @property
    def words(self) -> tuple[str, ...]:
        """The items' words, attribute by attribute."""
        return _words(self.values)


# Positions, attributes, mix of clue kinds, hardest rule allowed and needed.
_LADDER = (
    (4, 2, 2, 1, 0), (4, 3, 1, 2, 0), (4, 4, 1, 2, 0), (4, 4, 2, 3, 0), (5, 4, 1, 3, 0),
    (5, 4, 2, 4, 0), (5, 5, 2, 4, 0), (6, 5, 2, 4, 0), (6, 5, 3, 5, 5), (7, 6, 3, 5, 5),
)  # fmt: skip


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


@lru_cache(maxsize=512)
def _words(values: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(w for v in values for w in v)


@lru_cache(maxsize=512)
def _index(words: tuple[str, ...]) -> dict[str, int]:
    return {word.lower(): i for i, word in enumerate(words)}


def write(answer: Answer) -> str:
    """One line a position: `1: Ann, cat, tea`, attributes in the order of the problem."""
    return "\n".join(f"{number}: {', '.join(row)}" for number, row in enumerate(answer, 1))


def read(problem: Problem, text: str) -> Answer:
    """The words at each position, put in attribute order. Raises ValueError naming what does not fit."""
    if len(text) > MAX_ANSWER:
        raise ValueError(f"an answer must have at most {MAX_ANSWER} characters, got {len(text)}")
    n, known = problem.size, _index(problem.words)
    rows: dict[int, list[int]] = {}
    for line in plain(text).split("\n"):
        items, numbers = [], []
        for word in words(line.lower()):
            if word in known:
                items.append(known[word])
            elif word.isdigit():
                numbers.append(int(word[:3]))
        if not items:
            continue
        if len(numbers) != 1 or not 1 <= numbers[0] <= n or numbers[0] in rows:
            raise ValueError(f"a line must name one position in 1..{n}, each once, got {line!r:.60}")
        rows[numbers[0]] = items
    if len(rows) != n:
        raise ValueError(f"the answer must have a line for each of {n} positions, got {len(rows)}")
    out, own, wanted = [], problem.words, list(range(len(problem.attributes)))
    for number in range(1, n + 1):
        items = sorted(rows[number])
        if [i // n for i in items] != wanted:
            raise ValueError(
                f"position {number} must have one value of each attribute ({', '.join(problem.attributes)})"
            )
        out.append(tuple([own[i] for i in items]))
    if len({word for row in out for word in row}) != len(own):
        raise ValueError("every value must be used at exactly one position")
    return tuple(out)


def positions_of(problem: Problem, answer: Answer) -> tuple[int, ...]:
    """The position (from 1) of every item, in the order of `problem.words`."""
    return _positions(problem.values, answer)


@lru_cache(maxsize=256)
def _positions(values: tuple[tuple[str, ...], ...], answer: Answer) -> tuple[int, ...]:
    at = {word: number for number, row in enumerate(answer, 1) for word in row}
    return tuple([at[word] for word in _words(values)])


def answer_format(problem: Problem) -> str:
    listed = ", ".join(problem.attributes)
    n = problem.size
    return f"{n} lines, one a position from 1 to {n}, each with the number, a colon, and the {listed} there."


def example(problem: Problem) -> str:
    """The form with made-up words."""
    return "\n".join(f"{k}: {', '.join(f'{a}{k}' for a in problem.attributes)}" for k in (1, 2)) + "\n(and so on)"


CODEC = Codec(
    family="zebra",
    kind="logic",
    version=4,
    title="Zebra puzzle",
    checker="unique",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read,
    answer_format=answer_format,
    example=example,
    unanswerable=("none", "many"),
)
