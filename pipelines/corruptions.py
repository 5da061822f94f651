"""Right traces with one error put in, each found wrong by the judge at a known step.

Three kinds, named as error taxonomies of reasoning name them: a *wrong claim* (another number, a denied fact, a fact
of another step), a *wrong premise* (the step cites what it does not follow from) and a *missing step* (an earlier
deduction is left out, so that this one no longer follows). A trace ends with its wrong step: what would come
after it is neither right nor wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from verimill.pipelines.certificates import maker_of
from verimill.schemas.core import Step
from verimill.schemas.rng import Rng
from verimill.verifiers.judge import Case

KINDS = ("wrong claim", "wrong premise", "missing step")
_NUMBER = re.compile(r"\d{1,9}")
_STEP = re.compile(r"^(\d{1,5})\. ", re.MULTILINE)
TRIES = 24  # altered traces that are judged for one problem


@dataclass(frozen=True, slots=True)
class Corrupted:
    """`steps` end with the wrong one, number `at`; `reason` is the judge's, `was` the right step in its place."""

    kind: str
    steps: tuple[Step, ...]
    at: int
    reason: str
    was: Step
    prose: tuple[str, ...]

    @property
    def text(self) -> str:
        """The prose of all its steps."""
        return "\n".join(self.prose)


def corrupted(rng: Rng, case: Case, steps: tuple[Step, ...], answer: Any, most: int = 1) -> Iterator[Corrupted]:
    """Up to `most` altered traces of different steps, in random order; none where no alteration is found wrong."""
    made, seen = 0, set()
    places = rng.shuffled(range(len(steps)))
    tried = 0
    for place in places:
        for kind, altered, was in _alterations(rng, steps, place):
            tried += 1
            if tried > TRIES * most or made >= most:
                return
            found = _judged(case, kind, altered, was, answer)
            if found is not None and kind != "missing step" and not _reads_otherwise(case, found, steps):
                found = None
            if found is not None and found.at not in seen:
                seen.add(found.at)
                made += 1
                yield found
                break


def _alterations(rng: Rng, steps: tuple[Step, ...], place: int) -> Iterator[tuple[str, tuple[Step, ...], Step]]:
    """The trace with an error at `place`, or because of a step missing there, by kind in random order."""
    step = steps[place]
    for kind in rng.shuffled(KINDS):
        if kind == "wrong claim":
            for claims in _other_claims(rng, steps, place):
                yield kind, (*steps[:place], replace(step, claims=claims)), step
        elif kind == "wrong premise":
            others = [s.because for s in steps if s.rule == step.rule and s.because != step.because and s.because]
            if others and step.because:
                yield kind, (*steps[:place], replace(step, because=rng.pick(others))), step
        elif place + 1 < len(steps) and not any(s.sub for s in steps):
            left = steps[:place] + steps[place + 1 :]
            yield kind, tuple(replace(s, number=at) for at, s in enumerate(left, 1)), step


def _other_claims(rng: Rng, steps: tuple[Step, ...], place: int) -> Iterator[tuple[str, ...]]:
    """Other claims in the same grammar, most of them false; the judge decides."""
    step = steps[place]
    if not step.claims:
        return
    which = rng.below(len(step.claims))
    claim = step.claims[which]
    texts = []
    numbers = list(_NUMBER.finditer(claim))
    if numbers:
        last = numbers[-1]
        for shift in rng.shuffled((-1, 1)):
            value = int(last.group()) + shift
            if value >= 0:
                texts.append(f"{claim[: last.start()]}{value}{claim[last.end() :]}")
    elif "!=" in claim:
        texts.append(claim.replace("!=", "=", 1))
    elif " is not " in claim:
        texts.append(claim.replace(" is not ", " is ", 1))
    elif " is " in claim:
        texts.append(claim.replace(" is ", " is not ", 1))
    others = [c for s in steps[place + 1 :] if s.rule == step.rule for c in s.claims if c != claim]
    if others:
        texts.append(rng.pick(others))
    for text in texts:
        yield (*step.claims[:which], text, *step.claims[which + 1 :])


def _judged(case: Case, kind: str, steps: tuple[Step, ...], was: Step, answer: Any) -> Corrupted | None:
    """The trace cut after its first wrong step, None where the judge finds none or it cannot be told."""
    verdict = case.judge.check(case.problem, steps, answer)
    at = verdict.first_wrong
    if at is None or not 1 <= at <= len(steps):
        return None
    cut = steps[:at]
    try:
        prose = split_prose(maker_of(case.codec.family).narrate(case.problem, cut), len(cut))
    except (ValueError, LookupError):  # the alteration names what the problem does not have
        return None
    return None if prose is None else Corrupted(kind, cut, at, verdict.reason, was, prose)


def _reads_otherwise(case: Case, found: Corrupted, steps: tuple[Step, ...]) -> bool:
    """Whether the wrong step's prose is not that of the right one: a reader must be able to see the error."""
    true = split_prose(maker_of(case.codec.family).narrate(case.problem, steps[: found.at]), found.at)
    return true is None or true[-1] != found.prose[-1]


def split_prose(text: str, steps: int) -> tuple[str, ...] | None:
    """The prose of each top step, sub-steps included; None where it is not numbered 1 to `steps`."""
    starts = [m.start() for m in _STEP.finditer(text)]
    numbers = [int(m[1]) for m in _STEP.finditer(text)]
    if numbers != list(range(1, steps + 1)) or not starts:
        return None
    cuts = [0, *starts[1:], len(text)]
    return tuple(text[a:b].rstrip("\n") for a, b in pairwise(cuts))
