"""Cryptarithms: an addition in which every letter stands for a digit.

Claims: `S=9`, `S!=0`, and for carries `c2=1` (what column 2 hands to column 3; columns count from the right).
Refs: `column 2`, `leading S` (a word may not begin with 0), `letters` (different letters, different digits).
Answers are `S=9, E=5, ...`. Unanswerable twins: another letter told ("many"), a told digit or
a letter of a word changed ("none").
"""

from __future__ import annotations

from dataclasses import dataclass

from verimill.schemas.core import Codec
from verimill.schemas.text import plain, words

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_ANSWER = 1000  # characters

Answer = tuple[tuple[str, int], ...]  # (letter, digit), letters in alphabetical order


@dataclass(frozen=True, slots=True)
class Params:
    addends: int = 2
    """Words that are added, 2 to 5."""
    length: int = 4
    """Letters of the longest addend, 2 to 8."""
    letters: int = 8
    """Fewest different letters, 4 to 10."""
    tier: int = 5
    """Hardest deduction rule allowed, 1 to 5."""
    least: int = 0
    """Hardest deduction rule that must be needed, 0 to tier."""
    floor: int = 0
    """Fewest letters whose digit is told, 0 to 6."""
    work: int = 0
    """Least effort of the oracle (its steps, weighted), 0 to 600."""

    def __post_init__(self) -> None:
        bounds = (
            ("addends", 2, 5),
            ("length", 2, 8),
            ("letters", 4, 10),
            ("tier", 1, 5),
            ("floor", 0, 6),
            ("work", 0, 600),
        )
        for name, low, high in bounds:
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")
        if not 0 <= self.least <= self.tier:
            raise ValueError(f"least must be in 0..{self.tier}, got {self.least}")


@dataclass(frozen=True, slots=True)
class Problem:
    """`words`: the addends, then their sum. `known`: letters whose digit is told, as `S9`, in alphabetical order."""

    words: tuple[str, ...]
    known: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 3 <= len(self.words) <= 6 or not all(1 <= len(w) <= 10 for w in self.words):
            raise ValueError("words must be 2 to 5 addends and a sum, each of 1 to 10 letters")
        if not all(c in LETTERS for w in self.words for c in w):
            raise ValueError("words must be of the letters A to Z")
        if len(self.letters) > 10:
            raise ValueError(f"at most 10 different letters can be digits, got {len(self.letters)}")
        if len(self.words[-1]) < max(map(len, self.words[:-1])):
            raise ValueError("the sum must be at least as long as every addend")
        told = [k[0] for k in self.known if len(k) == 2 and k[0] in self.letters and k[1] in "0123456789"]
        if len(told) != len(self.known) or told != sorted(set(told)):
            raise ValueError(f"known must be letters of the words with a digit each, got {self.known!r:.60}")

    @property
    def letters(self) -> tuple[str, ...]:
        """The different letters in alphabetical order."""
        return tuple(sorted({c for w in self.words for c in w}))


# Addends, longest addend, fewest letters, hardest rule allowed and needed, fewest letters told, least effort.
_LADDER = (
    (2, 3, 6, 2, 0, 3, 0), (2, 4, 7, 4, 0, 2, 20), (3, 4, 8, 4, 2, 3, 30), (2, 5, 8, 5, 3, 1, 60),
    (2, 5, 8, 5, 5, 0, 100), (2, 6, 9, 5, 5, 0, 140), (3, 5, 10, 5, 5, 0, 180), (3, 6, 10, 5, 5, 0, 240),
    (4, 6, 10, 5, 5, 0, 300), (5, 7, 10, 5, 5, 0, 360),
)  # fmt: skip


def level(n: int) -> Params:
    """The knobs of level n."""
    return Params(*_LADDER[n - 1])


def write(answer: Answer) -> str:
    """`A=1, B=2`, letters in alphabetical order."""
    return ", ".join(f"{letter}={digit}" for letter, digit in answer)


def read(problem: Problem, text: str) -> Answer:
    """Letter and digit pairs in any order, with `=`, `:`, `->` or "is" between; each letter once.

    Raises ValueError for a letter that is unknown, missing or named twice, or a digit that is none.
    """
    if len(text) > MAX_ANSWER:
        raise ValueError(f"an answer must have at most {MAX_ANSWER} characters, got {len(text)}")
    tokens = words(plain(text))
    tokens = [t for t in tokens if t.lower() not in ("is", "and")]
    pairs: dict[str, int] = {}
    split: list[str] = []
    for token in tokens:
        split.extend([token[0], token[1]] if len(token) == 2 and token[0].isalpha() and token[1].isdigit() else [token])
    if len(split) % 2:
        raise ValueError("the answer must pair every letter with one digit")
    for letter, digit in zip(split[::2], split[1::2], strict=True):
        letter = letter.upper()
        if letter not in problem.letters:
            raise ValueError(f"{letter!r:.20} is not a letter of the puzzle")
        if len(digit) != 1 or digit not in "0123456789":
            raise ValueError(f"{letter} must stand for one digit, got {digit!r:.20}")
        if letter in pairs:
            raise ValueError(f"{letter} is named twice")
        pairs[letter] = int(digit)
    if len(pairs) != len(problem.letters):
        missing = [c for c in problem.letters if c not in pairs]
        raise ValueError(f"no digit for {', '.join(missing)}")
    return tuple(sorted(pairs.items()))


def answer_format(problem: Problem) -> str:
    return f"one line of letter=digit pairs with commas between, for all {len(problem.letters)} letters."


def example(problem: Problem) -> str:
    """The form with letters that a puzzle of Latin capitals cannot have."""
    return "α=1, β=2, γ=3"


CODEC = Codec(
    family="cryptarithm",
    kind="logic",
    version=2,
    title="Cryptarithm",
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
