"""Facts and rules: does a statement follow, does its opposite, or neither?

The semantics is open-world and forwards only, and every prompt says so: a fact holds if it is given, or if it
is the conclusion of a rule all of whose conditions hold; "not tall" has to be given or concluded like any other
fact, is never inferred from silence, and a rule is not turned round. The statements never give both a fact and
its opposite.

A statement is a tuple of literals `(who, trait)`, the last of which is the conclusion. `who` counts people from
0, or is -1 for "someone": then it is so in every literal of the statement, which holds for each person. `trait`
is +k or -k for trait k, counted from 1. A statement of one literal is a fact. The question is one literal.

Answers show why, so a label alone is never enough:

    true by 3, 7, 12                     the question follows from these statements, and none can be left out
    false by 4, 9                        its opposite does
    unknown; known: kind, not tall       neither does; and all that holds of the person asked about
    unknown; known: nothing

Every question has exactly one of the three answers, so there is no unanswerable twin: `unknown` is its own label.

Claim grammar of the steps:

    claim   := "NAME is TRAIT" | "NAME is not TRAIT" | "nothing else follows"
    because := "statement N" | a claim made before
    rules   := given     the cited fact
               apply     the cited rule, all of its conditions being cited claims
               closed    no rule that could bear on the person asked about gives anything new
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal as Choice

from verimill.schemas.core import Codec
from verimill.schemas.text import plain

Literal = tuple[int, int]  # who, trait
Label = Choice["true", "false", "unknown"]

SKINS: Mapping[str, tuple[str, str]] = {  # anyone, everyone
    "people": ("someone", "people"),
    "robots": ("a robot", "robots"),
    "dragons": ("a dragon", "dragons"),
}
ANYONE = -1
MAX_ANSWER = 4_000
_NAME = re.compile(r"[A-Z][a-z]{1,11}")
_TRAIT = re.compile(r"[a-z]{3,14}")
_BY = re.compile(
    r"(true|false)\b[\s*_`]*(?:by|because of|from|[:,;-])?[\s:*_`]*(?:the )?(?:statements?|nos?\.?)?[\s:]*(.*)", re.S
)
_UNKNOWN = re.compile(r"unknown\b[\s.:,;*_`-]*(?:known\b(?: of [a-z]{1,12})?)?[\s:*_`-]*(.*)", re.S)


@dataclass(frozen=True, slots=True)
class Params:
    """The knobs."""

    depth: int = 3
    """Rules in the longest chain of the shortest proof, 1..12."""
    people: int = 3
    """How many people there are, 2..8."""
    facts: int = 7
    """Statements that are facts, 3..40."""
    rules: int = 9
    """Statements that are rules, 2..60."""
    width: int = 2
    """Most conditions of a rule, 1..3."""
    grounded: int = 25
    """Percent of rules that are about named people, 0..100."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("depth", 1, 12), ("people", 2, 8), ("facts", 3, 40),
            ("rules", 2, 60), ("width", 1, 3), ("grounded", 0, 100),
        ):  # fmt: skip
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")
        if self.rules < self.depth:
            raise ValueError(f"rules must be at least depth {self.depth}, got {self.rules}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A label with its reason: statement numbers, or what is known of the person asked about."""

    label: Label
    statements: tuple[int, ...] = ()
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Names, traits, statements and the question."""

    skin: str
    names: tuple[str, ...]
    traits: tuple[str, ...]
    statements: tuple[tuple[tuple[int, int], ...], ...]
    question: tuple[int, int]

    def __post_init__(self) -> None:
        people, traits = len(self.names), len(self.traits)
        if self.skin not in SKINS:
            raise ValueError(f"skin must be one of {', '.join(SKINS)}, got {self.skin!r:.30}")
        if not 2 <= people <= 8 or len(set(self.names)) != people or not all(map(_NAME.fullmatch, self.names)):
            raise ValueError(f"names must be 2..8 different names, got {self.names!r:.80}")
        if not 2 <= traits <= 40 or len(set(self.traits)) != traits or not all(map(_TRAIT.fullmatch, self.traits)):
            raise ValueError(f"traits must be 2..40 different words, got {self.traits!r:.80}")
        if _RESERVED & set(self.traits):
            raise ValueError("a trait must not be a word of the answer format")
        if not 2 <= len(self.statements) <= 100:
            raise ValueError(f"statements must be 2..100, got {len(self.statements)}")
        for statement in (*self.statements, (self.question,)):
            if not 1 <= len(statement) <= 4 or len(set(statement)) != len(statement):
                raise ValueError(f"a statement must have 1..4 different literals, got {statement!r:.60}")
            for who, trait in statement:
                if not ANYONE <= who < people or not 1 <= abs(trait) <= traits:
                    raise ValueError(f"a literal must be of the people and traits there are, got {(who, trait)}")
                if (who == ANYONE) != (statement[0][0] == ANYONE) or (who == ANYONE and len(statement) == 1):
                    raise ValueError("someone must stand in every literal of a rule, and in no fact")
        given = {statement[0] for statement in self.statements if len(statement) == 1}
        if any((who, -trait) in given for who, trait in given):
            raise ValueError("a fact and its opposite are both given")


_RESERVED = frozenset({"nothing", "known", "unknown", "true", "false", "not", "none", "many", "and"})

_LADDER = (  # depth, people, facts, rules, width, grounded
    (1, 2, 4, 4, 2, 0), (2, 2, 5, 6, 2, 10), (3, 3, 7, 9, 2, 20), (4, 3, 9, 12, 2, 25), (5, 4, 12, 16, 2, 25),
    (6, 4, 15, 20, 3, 25), (7, 5, 18, 25, 3, 25), (8, 5, 22, 30, 3, 30), (9, 6, 26, 36, 3, 30), (10, 6, 30, 42, 3, 30),
)  # fmt: skip


def level(k: int) -> Params:
    """Longer proofs among more facts and rules."""
    return Params(*_LADDER[k - 1])


def fact_text(problem: Problem, literal: Literal) -> str:
    """`Ann is kind` or `Ann is not kind`, as the steps write it."""
    who, trait = literal
    return f"{problem.names[who]} is {'not ' if trait < 0 else ''}{problem.traits[abs(trait) - 1]}"


def trait_text(problem: Problem, trait: int) -> str:
    """`kind` or `not kind`."""
    return f"{'not ' if trait < 0 else ''}{problem.traits[abs(trait) - 1]}"


def write(answer: Answer) -> str:
    """`true by 3, 7`, `false by 4` or `unknown; known: kind, not tall`."""
    if answer.label == "unknown":
        return f"unknown; known: {', '.join(answer.known) or 'nothing'}"
    return f"{answer.label} by {', '.join(map(str, answer.statements))}"


def read(problem: Problem, text: str) -> Answer:
    """The label and its reason; ValueError saying what is malformed, unknown or repeated."""
    if len(text) > MAX_ANSWER:
        raise ValueError(f"the answer must have at most {MAX_ANSWER} characters, got {len(text)}")
    words = plain(text).strip().lower().lstrip("*_`\"' ")
    unknown = _UNKNOWN.fullmatch(words)
    if unknown:
        return Answer("unknown", known=_known(problem, _parts(unknown[1])))
    by = _BY.fullmatch(words)
    if not by:
        raise ValueError(f"the answer must begin with true by, false by or unknown, got {words!r:.40}")
    numbers = _numbers(problem, _parts(by[2]))
    return Answer("true" if by[1] == "true" else "false", statements=numbers)


def _parts(text: str) -> list[str]:
    parts = [" ".join(part.strip(" *`_\"'.-#()[]").split()) for part in re.split(r"[,;\n]|\band\b", text)]
    return [part for part in parts if part]


def _numbers(problem: Problem, parts: list[str]) -> tuple[int, ...]:
    found: set[int] = set()
    for part in parts:
        part = part.removeprefix("statement ")
        if not part.isdecimal() or len(part) > 3:
            raise ValueError(f"each part must be a statement number, got {part!r:.40}")
        number = int(part)
        if not 1 <= number <= len(problem.statements):
            raise ValueError(f"there is no statement {number}; there are {len(problem.statements)}")
        if number in found:
            raise ValueError(f"statement {number} is named twice")
        found.add(number)
    if not found:
        raise ValueError("no statement is named")
    return tuple(sorted(found))


def _known(problem: Problem, parts: list[str]) -> tuple[str, ...]:
    if parts == ["nothing"]:
        return ()
    at = {trait: i for i, trait in enumerate(problem.traits, 1)}
    found: dict[int, str] = {}
    name = problem.names[problem.question[0]].lower()
    for said in parts:
        part = " ".join(said.removeprefix(f"{name} ").removeprefix("is ").replace("~", "not ").split())
        trait = part.removeprefix("not ")
        if trait not in at:
            raise ValueError(f"there is no trait {part!r:.40}")
        if at[trait] in found:
            raise ValueError(f"{trait!r} is named twice")
        found[at[trait]] = part
    if not found:
        raise ValueError("what is known must be listed; write `known: nothing` if nothing is")
    return tuple(found[i] for i in sorted(found))


def answer_format(problem: Problem) -> str:
    """The answer format as a sentence."""
    name = problem.names[problem.question[0]]
    return (
        "`true by` and the numbers of statements from which it follows, or `false by` and the numbers of statements "
        "from which its opposite follows (separated by commas; just enough of them, so that none can be left out), "
        f"or, if neither follows, `unknown; known:` and every trait that is known of {name}, given or concluded, "
        "separated by commas, with `not` before a trait that is known not to hold, or `nothing`."
    )


def example(problem: Problem) -> str:
    """The form of an answer with numbers that no problem has."""
    return "true by 203, 214, 208"


CODEC: Codec[Params, Problem, Answer] = Codec(
    family="deduction",
    kind="logic",
    version=3,
    title="Facts and rules",
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
