"""The words every other file uses: steps, verdicts, hardness, and the three constants a family ends in.

A family is three files with one stem: `schemas/KIND/STEM.py` ends in `CODEC`, `verifiers/KIND/STEM.py`
in `JUDGE`, `generators/KIND/STEM.py` in `MAKER`. Each constant is a frozen dataclass of functions, so a
file is read on its own; nothing is inherited and nothing is registered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from verimill.schemas.rng import Rng

P = TypeVar("P")  # Params: the knobs that steer making
Q = TypeVar("Q")  # Problem: all that defines the instance
A = TypeVar("A")  # Answer, typed

Outcome = Literal["right", "wrong", "unreadable"]
Status = Literal["one", "none", "many"]
Checker = Literal["unique", "any_valid", "optimal", "exact"]

STATUSES: tuple[Status, ...] = ("one", "none", "many")
LEVELS = range(1, 11)


class Exhausted(Exception):
    """A bounded number of tries made no problem with these params; the caller may go on to the next index."""


@dataclass(frozen=True, slots=True)
class Step:
    """One deduction: `claims` follow from the clues named in `because` and all earlier claims.

    `number` counts from 1 without a gap. `sub` holds the consequences of a supposition, whose last step
    claims `"contradiction"`. Facts, refs and rule names are texts that the family's schema file defines.
    """

    number: int
    rule: str
    because: tuple[str, ...]
    claims: tuple[str, ...]
    sub: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Hardness:
    """Measured on the instance, never a knob.

    `tier`: least k such that deduction rules 0..k finish it. `steps`: deductions in the full trace.
    `search`: decisions or nodes of a fixed complete search. `space`: log2 of the raw search space.
    `effort`: one number to sort by, the work of the oracle weighted by the tier of each step.
    """

    tier: int
    steps: int
    search: int
    space: float
    effort: float
    extra: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply is worth: `reason` names the first broken rule and where; `answer` is what was read."""

    outcome: Outcome
    reason: str = ""
    answer: str | None = None

    @property
    def score(self) -> float:
        """1.0 for right, else 0.0."""
        return 1.0 if self.outcome == "right" else 0.0

    def __bool__(self) -> bool:
        return self.outcome == "right"


@dataclass(frozen=True, slots=True)
class TraceVerdict:
    """How many steps were re-derived, how many failed, and whether the trace ends in the answer."""

    checked: int
    wrong: int
    first_wrong: int | None
    complete: bool
    reason: str = ""

    @property
    def ok(self) -> bool:
        """True when every step holds and together they reach the answer."""
        return self.wrong == 0 and self.complete

    def __bool__(self) -> bool:
        return self.ok


@dataclass(frozen=True, slots=True)
class Recount:
    """A second, independent solve from the verifier's own model: `agrees` with the stored status and answer."""

    agrees: bool
    method: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rule(Generic[Q, A]):
    """One rule of the task: `broken` says where an answer breaks it, or None."""

    name: str
    broken: Callable[[Q, A], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec(Generic[P, Q, A]):
    """What a family is: its knobs, its problem, and how an answer is written and read.

    `read` takes the extracted answer text and raises ValueError saying what is malformed; it never guesses.
    `unanswerable` lists the statuses its perturbed twins can have ("none", "many"); empty where none can exist.
    `constant_bar`: the best constant answer is right on less than this share of problems.
    `shape`: whether an answer is one word, one line or a block of lines, for answer extraction.
    """

    family: str
    kind: str
    version: int
    title: str
    checker: Checker
    params: type[P]
    problem: type[Q]
    level: Callable[[int], P]
    write: Callable[[A], str]
    read: Callable[[Q, str], A]
    answer_format: Callable[[Q], str]
    example: Callable[[Q], str]
    shape: Literal["word", "line", "block"] = "block"
    unanswerable: tuple[Status, ...] = ()
    constant_bar: float = 0.10


@dataclass(frozen=True, slots=True)
class Solved(Generic[A]):
    """What the graded solver found: the answer, the full trace, the trace sliced to what the answer needs.

    `certificate` says what was proved and by what, e.g. {"claim": "unique", "by": ["rules to tier 2",
    "minisat22"]}; plain JSON values.
    """

    answer: A
    steps: tuple[Step, ...]
    brief: tuple[Step, ...]
    hardness: Hardness
    certificate: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NearMiss(Generic[A]):
    """A plausible wrong answer that breaks `rule` (and, where it can be had, nothing else)."""

    answer: A
    rule: str


@dataclass(frozen=True, slots=True)
class Unanswerable(Generic[Q, A]):
    """A perturbed problem with `status` "none" or "many".

    `witnesses`: two different valid answers when "many". `steps`: the refutation when "none" (its last
    claim is "contradiction"), may be empty where `certificate` proves it another way.
    """

    problem: Q
    status: Status
    certificate: Mapping[str, Any]
    witnesses: tuple[A, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Face(Generic[Q]):
    """How a problem is shown: at least 4 `wordings` and 3 `layouts`.

    A wording is a whole-prompt template with the fields `{board}` (the chosen layout), `{answer}` (answer
    format, example and the words for an unanswerable problem) and the fields that `facts(problem)` gives.
    Every wording states every rule that the judge enforces.
    """

    wordings: tuple[str, ...]
    layouts: Mapping[str, Callable[[Q], str]]
    facts: Callable[[Q], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker(Generic[P, Q, A]):
    """How problems are made, solved, shown and varied. Every function is pure.

    `make` raises Exhausted after a bounded number of tries, never returns a bad problem.
    `narrate` turns steps into prose, one numbered line a step.
    `twins` yields the same problem under symmetries or relabellings; `canonical` is equal for all of them.
    `near_misses` yields wrong answers, covering every rule of the judge over a few problems.
    `capacity` is log10 of how many distinct problems these params can make (a lower bound).
    `unanswerable` returns a perturbed twin, or None when this problem yields none.
    """

    make: Callable[[Rng, P], Q]
    solve: Callable[[Q], Solved[A]]
    face: Face[Q]
    narrate: Callable[[Q, tuple[Step, ...]], str]
    twins: Callable[[Rng, Q], Iterator[Q]]
    canonical: Callable[[Q], str]
    near_misses: Callable[[Rng, Q, A], Iterator[NearMiss[A]]]
    capacity: Callable[[P], float]
    unanswerable: Callable[[Rng, Q], Unanswerable[Q, A] | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge(Generic[Q, A]):
    """How an answer and a trace are judged, blind to how the problem was made.

    `rules` are tried in order; the first broken one is the verdict's reason.
    `check` re-derives every step from the rules alone. Its answer is None for a problem of status "none", whose
    steps must end in a contradiction.
    `recount` solves the problem again with another engine and another model than the generator's; heavy
    engines are imported inside it. `recount_needs` names the packages it may import that a plain install lacks.
    `claims` makes a reader of the claims in free text (verifiers/claims.py), given a right answer or None; None
    where the text of a reply cannot be checked beyond its answer.
    """

    rules: tuple[Rule[Q, A], ...]
    check: Callable[[Q, tuple[Step, ...], A | None], TraceVerdict]
    recount: Callable[[Q, Status, A | None], Recount]
    claims: Callable[[Q, Status, A | None], Any] | None = None
    recount_needs: tuple[str, ...] = ()
