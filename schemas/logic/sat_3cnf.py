"""Random 3-SAT at its phase transition, in words: can all statements be true together?

A problem is facts that may be true or false (`atoms`), statements of three literals each (a literal is +i or -i
for fact i, counted from 1) and `most`. The last literal of a statement is its conclusion, the first two are the
conditions turned round: (-1, 2, 3) reads "if 1 and not 2, then 3". If all statements can be true together, the
answer is the facts that are true; otherwise it is at most `most` statement numbers that cannot all be true.

    possible: salt, ginger        every fact not listed is false; `possible: nothing` when all are false
    impossible: 3, 7, 12

Three renderings, by `skin`: `rules` (a recipe's ingredients), `people` (one property a person), `kinds`
(relative clauses about what a newcomer is). Every problem has one of the two answers, so there is no
unanswerable twin.

Claim grammar of the steps:

    claim   := ATOM | not ATOM | contradiction
    because := "statement N" | ATOM | not ATOM        (facts claimed, chosen or supposed before)
    rules   := unit            the cited statement leaves only the claim, its other two literals being false
               decide          a choice, only where an assignment is built
               suppose         the opposite of the claim is led to a contradiction in `sub`
               contradiction   all three literals of the cited statement are false

Tier: 1 an assignment (choices and units), 2 refuted by suppositions none of which needs another, 3 nested ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from operator import eq

from verimill.schemas.core import Codec
from verimill.schemas.text import plain

SKINS = ("rules", "people", "kinds")
MAX_ANSWER = 6_000
_ATOM = {
    "rules": re.compile(r"[a-z]{3,14}"),
    "people": re.compile(r"[A-Z][a-z]{1,11} is [a-z]{3,14}"),
    "kinds": re.compile(r"[a-z]{3,14}"),
}
_HEAD = re.compile(r"[\s*_`\"']{0,6}(impossible|possible)[\s*_`\"']{0,6}[:=-]?\s*")
_SAID = {  # a fact in the words of the prompt's statements
    "rules": re.compile(r"(.+?)(?: is used)?"),
    "people": re.compile(r"(.+)"),
    "kinds": re.compile(r"(?:the newcomer )?(?:is )?(?:an? )?(.+)"),
}
_NUMBER = re.compile(r"(?:statements?|no\.?|nr\.?|#)?\s{0,3}([0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class Params:
    """The knobs."""

    variables: int = 20
    """How many facts there are, 5..60."""
    offset: int = 0
    """Percent by which the number of statements differs from the phase transition, -15..15."""

    def __post_init__(self) -> None:
        for name, low, high in (("variables", 5, 60), ("offset", -15, 15)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")


@dataclass(frozen=True, slots=True)
class Answer:
    """Either the true facts, in the order of the problem, or statement numbers, ascending."""

    possible: bool
    true: tuple[str, ...] = ()
    statements: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Facts, statements of three literals, and how many statements a refutation may name."""

    skin: str
    atoms: tuple[str, ...]
    clauses: tuple[tuple[int, int, int], ...]
    most: int

    def __post_init__(self) -> None:
        n, m = len(self.atoms), len(self.clauses)
        if self.skin not in SKINS:
            raise ValueError(f"skin must be one of {', '.join(SKINS)}, got {self.skin!r:.30}")
        short = {atom.partition(" ")[0].lower() for atom in self.atoms}
        if not 5 <= n <= 60 or len(short) != n:
            raise ValueError(f"atoms must be 5..60 different facts, got {n}")
        form = _ATOM[self.skin].fullmatch
        if not all(map(form, self.atoms)) or short & _RESERVED:
            raise ValueError(f"every fact must fit the skin {self.skin}, got {self.atoms!r:.80}")
        if not n <= m <= 512:
            raise ValueError(f"statements must be {n}..512, got {m}")
        flat = tuple(chain.from_iterable(self.clauses))
        if len(flat) != 3 * m or min(flat) < -n or max(flat) > n or 0 in flat:
            raise ValueError(f"a statement must be three literals of facts 1..{n}")
        about = list(map(abs, flat))
        a, b, c = about[0::3], about[1::3], about[2::3]
        if any(map(eq, a, b)) or any(map(eq, b, c)) or any(map(eq, a, c)):
            raise ValueError("a statement must be about three different facts")
        if not 1 <= self.most < m:
            raise ValueError(f"most must be in 1..{m - 1}, got {self.most}")


_RESERVED = frozenset({"nothing", "possible", "impossible", "none", "many", "not", "and", "statement", "statements"})

_LADDER = (5, 7, 9, 12, 15, 18, 22, 27, 33, 40)


def level(k: int) -> Params:
    """More facts, always at the phase transition."""
    return Params(variables=_LADDER[k - 1])


def label(skin: str, atom: str) -> str:
    """What a fact may be called for short: the person of `Ann is tall`, else the word itself."""
    return atom.partition(" ")[0] if skin == "people" else atom


def write(answer: Answer) -> str:
    """`possible: salt, ginger` or `impossible: 3, 7, 12`."""
    if answer.possible:
        return f"possible: {', '.join(answer.true) or 'nothing'}"
    return f"impossible: {', '.join(map(str, answer.statements))}"


def read(problem: Problem, text: str) -> Answer:
    """The answer; ValueError saying what is malformed, unknown or repeated."""
    if len(text) > MAX_ANSWER:
        raise ValueError(f"the answer must have at most {MAX_ANSWER} characters, got {len(text)}")
    words = plain(text).strip().lower()
    head = _HEAD.match(words)
    if not head:
        raise ValueError(f"the answer must begin with possible: or impossible:, got {words!r:.40}")
    rest = words[head.end() :].strip().strip("{}()[].*`_ ")
    parts = [part.strip(" *`\"'-.()[]") for part in re.split(r"[,;\n]|\band\b", rest)]
    parts = [part for part in parts if part]
    if head[1] == "impossible":
        return Answer(False, statements=_numbers(problem, parts))
    if parts == ["nothing"]:
        return Answer(True)
    return Answer(True, true=_facts(problem, parts))


def _numbers(problem: Problem, parts: list[str]) -> tuple[int, ...]:
    found: set[int] = set()
    for part in parts:
        match = _NUMBER.fullmatch(part)
        if not match:
            raise ValueError(f"each part must be a statement number, got {part!r:.40}")
        number = int(match[1])
        if not 1 <= number <= len(problem.clauses):
            raise ValueError(f"there is no statement {number}; there are {len(problem.clauses)}")
        if number in found:
            raise ValueError(f"statement {number} is named twice")
        found.add(number)
    if not found:
        raise ValueError("no statement is named")
    return tuple(sorted(found))


def _facts(problem: Problem, parts: list[str]) -> tuple[str, ...]:
    called = {}
    for atom in problem.atoms:
        short = label(problem.skin, atom).lower()
        called[short] = called[atom.lower()] = called[atom.lower().replace(" is ", " ")] = atom
    found: set[str] = set()
    for part in parts:
        said = _SAID[problem.skin].fullmatch(" ".join(part.split()))
        atom = called.get(said[1], "") if said else ""
        if not atom:
            raise ValueError(f"there is no fact {part!r:.40}")
        if atom in found:
            raise ValueError(f"{atom!r} is named twice")
        found.add(atom)
    if not found:
        raise ValueError("no fact is named; write `possible: nothing` if none is true")
    return tuple(atom for atom in problem.atoms if atom in found)


def answer_format(problem: Problem) -> str:
    """The answer format as a sentence."""
    return (
        f"`possible:` and the true facts, separated by commas, as in `possible: FACT, FACT` (every fact not listed "
        f"counts as false; write `possible: nothing` if all are false), or else `impossible:` and at most "
        f"{problem.most} statement numbers, separated by commas, of statements that cannot all be true together."
    )


def example(problem: Problem) -> str:
    """Two statements; two can always be true together, so this is never right."""
    return "impossible: 2, 5"


CODEC: Codec[Params, Problem, Answer] = Codec(
    family="sat_3cnf",
    kind="logic",
    version=2,
    title="3-SAT in words",
    checker="any_valid",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read,
    answer_format=answer_format,
    example=example,
    shape="line",
)
