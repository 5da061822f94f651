"""The properties of traces and their prose.

Each function yields complaints about a bench; none means that the property holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from verimill.pipelines.contract.subject import Bench
from verimill.schemas.core import Step

_NUMBERED = re.compile(r"^\s{0,12}\d{1,5}[.)] ", re.MULTILINE)


_NUMBER = re.compile(r"\d{1,9}")


def traces_hold(bench: Bench) -> Iterator[str]:
    """Full and brief traces check step by step and end in the answer."""
    for item in bench.ladder:
        for name, steps in (("full", item.solved.steps), ("brief", item.solved.brief)):
            found = bench.subject.judge.check(item.problem, steps, item.solved.answer)
            if not found:
                yield f"{item}: the {name} trace fails, {found.reason or 'it does not reach the answer'}"


def traces_have_no_spare_ends(bench: Bench) -> Iterator[str]:
    """Without its first or last step a trace no longer checks; renumbering does not save a brief one."""
    for item in bench.ladder:
        solved = item.solved
        cuts = (
            ("full trace without its first step", solved.steps[1:]),
            ("full trace without its last step", solved.steps[:-1]),
            ("brief trace without its first step, renumbered", _renumbered(solved.brief[1:])),
            ("brief trace without its last step", solved.brief[:-1]),
        )
        for name, steps in cuts:
            if bench.subject.judge.check(item.problem, steps, solved.answer):
                yield f"{item}: the {name} still checks"


def _renumbered(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(replace(step, number=at) for at, step in enumerate(steps, 1))


def corrupted_claims_fail(bench: Bench) -> Iterator[str]:
    """A claim that says nonsense, nothing or, mostly, another number is found out."""
    altered = caught = 0
    last = ""
    for item in bench.firsts:
        steps = item.solved.steps
        for at in {0, len(steps) // 2, len(steps) - 1}:
            for name, wrong in (("nonsense", ("zz9=qq",)), ("no claim", ())):
                if bench.subject.judge.check(item.problem, _claiming(steps, at, wrong), item.solved.answer):
                    yield f"{item}: step {at + 1} with {name} still checks"
        for at in range(0, len(steps), max(1, len(steps) // 6)):
            claims = _other_number(steps[at].claims)
            if claims != steps[at].claims:
                altered += 1
                if bench.subject.judge.check(item.problem, _claiming(steps, at, claims), item.solved.answer):
                    last = f"{item}: step {at + 1} claims {claims[0]!r} for {steps[at].claims[0]!r}"
                else:
                    caught += 1
    # Another number can make another true claim (of a candidate left out, say), so not every one must fail.
    if altered and caught < 0.6 * altered:
        yield f"{altered - caught} of {altered} claims with another number still check, e.g. {last}"


def _claiming(steps: tuple[Step, ...], at: int, claims: tuple[str, ...]) -> tuple[Step, ...]:
    return (*steps[:at], replace(steps[at], claims=claims), *steps[at + 1 :])


def _other_number(claims: tuple[str, ...]) -> tuple[str, ...]:
    """The claims with the last number of the first one raised by one."""
    if not claims:
        return claims
    found = list(_NUMBER.finditer(claims[0]))
    if not found:
        return claims
    text, last = claims[0], found[-1]
    return (text[: last.start()] + str(int(last.group()) + 1) + text[last.end() :], *claims[1:])


def traces_prove_their_own_answer_only(bench: Bench) -> Iterator[str]:
    """The right trace does not establish a wrong answer."""
    for item in bench.firsts:
        for miss in bench.near_misses(item, 5):
            if bench.subject.judge.check(item.problem, item.solved.steps, miss.answer):
                text = bench.subject.codec.write(miss.answer)
                yield f"{item}: the trace also checks with the wrong answer {text!r:.120}"


def prose_tells_every_step(bench: Bench) -> Iterator[str]:
    """The narration has one numbered line a step and is the same each time."""
    narrate = bench.subject.maker.narrate
    for item in bench.firsts:
        for name, steps in (("full", item.solved.steps), ("brief", item.solved.brief)):
            prose = narrate(item.problem, steps)
            lines = len(_NUMBERED.findall(prose))
            if lines < len(steps):
                yield f"{item}: the {name} trace has {len(steps)} steps, its prose {lines} numbered lines"
            if prose != narrate(item.problem, steps):
                yield f"{item}: the {name} prose differs when told twice"


PROPERTIES: Mapping[str, Callable[[Bench], Iterator[str]]] = {
    "traces hold": traces_hold,
    "traces have no spare ends": traces_have_no_spare_ends,
    "corrupted claims fail": corrupted_claims_fail,
    "traces prove their own answer only": traces_prove_their_own_answer_only,
    "prose tells every step": prose_tells_every_step,
}
