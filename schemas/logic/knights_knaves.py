"""Knights and knaves: everybody either always tells the truth or always lies; who is who?

A problem is names, a skin (which two words stand for truthful and lying) and statements `(speaker, formula)`
with formulas as in `schemas/formulas.py`. A truthful person's statements are all true, a liar's all false.

Claim grammar of the steps (always with these words, whatever the skin):

    claim   := NAME=knight | NAME=knave | statement N is true | statement N is false | contradiction
    because := "statement N" | NAME=knight | NAME=knave      (facts claimed or supposed before)
    rules   := speaker     what is said is settled by the cited facts, so is the speaker
               content     the speaker is known, so what is said (or its opposite) settles a claim
               either      one statement forces the claim whatever its speaker is
               suppose     the opposite of the claim leads to a contradiction, in `sub`
               contradiction    the cited facts and statement cannot hold together
               check       with everybody known, the statement has the truth value its speaker needs

Both perturbed statuses exist: a statement can be altered so that nobody fits or several readings do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from verimill.schemas.core import Codec
from verimill.schemas.formulas import people_in
from verimill.schemas.text import plain

Answer = tuple[tuple[str, str], ...]  # (name, word of the skin), in the order of the names

SKINS: Mapping[str, tuple[str, str]] = {
    "island": ("knight", "knave"),
    "village": ("truth-teller", "liar"),
    "court": ("saint", "scoundrel"),
    "spirits": ("angel", "demon"),
}
MAX_ANSWER = 4_000
_NAME = re.compile(r"[A-Z][a-z]{2,11}")
_BULLET = re.compile(r"(?:[-+]|\(?[0-9]{1,2}[.):])\s+")
_PART = re.compile(r"([a-z]{1,12})\s*(?:[:=→]|->|=>|-|is\b)?\s*(?:(?:an?|the)\s+)?([a-z]+(?:-[a-z]+)?)")


@dataclass(frozen=True, slots=True)
class Params:
    """The knobs."""

    people: int = 5
    """How many people there are, 3..12."""
    depth: int = 1
    """Deepest nesting of a statement, 1..3."""
    extra: int = 0
    """Statements beyond one for each person, 0..12."""
    counts: int = 20
    """Percent of statements that may speak of a number of people, 0..100."""
    suppositions: int = 0
    """Least number of suppositions that the deduction has to refute, 0..6."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("people", 3, 12),
            ("depth", 1, 3),
            ("extra", 0, 12),
            ("counts", 0, 100),
            ("suppositions", 0, 6),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")
        if self.suppositions >= self.people:
            raise ValueError(f"suppositions must be fewer than people {self.people}, got {self.suppositions}")


@dataclass(frozen=True, slots=True)
class Problem:
    """Names, skin and statements `(speaker, formula)`, both counted from 0."""

    names: tuple[str, ...]
    skin: str
    statements: tuple[tuple[int, str], ...]

    def __post_init__(self) -> None:
        n = len(self.names)
        if not 3 <= n <= 12 or len(set(self.names)) != n:
            raise ValueError(f"names must be 3..12 different names, got {len(self.names)}")
        if self.skin not in SKINS:
            raise ValueError(f"skin must be one of {', '.join(SKINS)}, got {self.skin!r:.30}")
        for name in self.names:
            if len(name) > 12 or not _sound(name):
                raise ValueError(f"a name must be a capital and 2..11 small letters and no role, got {name!r:.30}")
        if not 2 <= len(self.statements) <= 24:
            raise ValueError(f"statements must be 2..24, got {len(self.statements)}")
        for speaker, formula in self.statements:
            if not 0 <= speaker < n:
                raise ValueError(f"a speaker must be in 0..{n - 1}, got {speaker}")
            if people_in(formula)[-1] >= n:
                raise ValueError(f"a statement speaks of person {people_in(formula)[-1]}, there are {n}")


_WORDS = frozenset(word for pair in SKINS.values() for word in pair) | {"none", "many", "is", "a", "an", "the", "and"}


@lru_cache(maxsize=1024)
def _sound(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name.lower() not in _WORDS


_LADDER = (  # people, depth, extra, counts, suppositions
    (3, 1, 0, 10, 0), (4, 1, 0, 15, 0), (5, 1, 0, 20, 0), (6, 1, 0, 20, 1), (7, 2, 0, 20, 1),
    (8, 2, 0, 20, 2), (9, 2, 0, 20, 3), (10, 3, 0, 20, 3), (11, 3, 0, 20, 4), (12, 3, 0, 20, 5),
)  # fmt: skip


def level(k: int) -> Params:
    """More people, deeper statements, and from level 4 on suppositions that must be refuted."""
    return Params(*_LADDER[k - 1])


def write(answer: Answer) -> str:
    """`Ann: knight, Bob: knave`, in the order of the names."""
    return ", ".join(f"{name}: {role}" for name, role in answer)


def read(problem: Problem, text: str) -> Answer:
    """The role of every person, in the order of the names; any order, commas or one person a line.

    Raises ValueError saying which part is malformed, unknown, repeated or missing.
    """
    if len(text) > MAX_ANSWER:
        raise ValueError(f"the answer must have at most {MAX_ANSWER} characters, got {len(text)}")
    words = plain(text).lower().replace("*", " ").replace("`", "")
    truthful, lying = SKINS[problem.skin]
    named = {name.lower(): name for name in problem.names}
    found: dict[str, str] = {}
    for part in re.split(r"[,;\n|]|\band\b", words):
        part = _BULLET.sub("", part.strip(), count=1).strip(" .!")
        if not part:
            continue
        match = _PART.fullmatch(part)
        if not match or match[1] not in named or match[2] not in (truthful, lying):
            raise ValueError(f"each part must be a name and {truthful} or {lying}, got {part!r:.40}")
        if named[match[1]] in found:
            raise ValueError(f"{named[match[1]]} is named twice")
        found[named[match[1]]] = match[2]
    missing = [name for name in problem.names if name not in found]
    if missing:
        raise ValueError(f"the answer says nothing of {missing[0]}")
    return tuple((name, found[name]) for name in problem.names)


def answer_format(problem: Problem) -> str:
    """The answer format as a sentence."""
    truthful, lying = SKINS[problem.skin]
    return f"Every name with {truthful} or {lying}, as in `Name: {truthful}`, separated by commas."


def example(problem: Problem) -> str:
    """As many people as the problem has, under names that no problem uses."""
    truthful, lying = SKINS[problem.skin]
    strangers = _STRANGERS[: len(problem.names)]
    return ", ".join([f"{name}: {lying if i % 3 == 1 else truthful}" for i, name in enumerate(strangers)])


_STRANGERS = ("Aa", "Bb", "Cc", "Dd", "Ee", "Ff", "Gg", "Hh", "Ii", "Jj", "Kk", "Ll")

CODEC: Codec[Params, Problem, Answer] = Codec(
    family="knights_knaves",
    kind="logic",
    version=1,
    title="Knights and knaves",
    checker="unique",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read,
    answer_format=answer_format,
    example=example,
    shape="block",
    unanswerable=("none", "many"),
)
