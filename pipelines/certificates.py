"""Where maker and judge meet: an answer, its certificate and its hardness, or `Uncertified`.

The judge reads the verification text, as a stranger would, and never sees the maker's objects.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from verimill.schemas.core import Hardness, Judge, Maker, Solved
from verimill.schemas.families import constant
from verimill.schemas.keys import Key
from verimill.verifiers.judge import Case, judge_answer, judge_text, read_case


class Uncertified(Exception):
    """Maker and judge disagree about a problem, an answer or a step; our bug, never the caller's."""


@lru_cache(maxsize=256)
def maker_of(family: str) -> Maker[Any, Any, Any]:
    """The family's maker; ValueError for an unknown family."""
    found: Maker[Any, Any, Any] = constant(family, "generators", "MAKER")
    return found


def digest(*parts: object) -> str:
    """blake2b-16 hex of the parts' texts."""
    text = "\x1f".join(map(str, parts))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def case_of(key: Key, verification: str) -> Case:
    """The case as a stranger would read it: from the text, and without keeping it."""
    try:
        return read_case(json.loads(verification))
    except ValueError as error:
        raise Uncertified(f"{key}: the judge cannot read the verification: {error}") from error


def final_answer(shape: str, answer: str) -> str:
    """The last line or block of a reply, as answer extraction finds it."""
    return f"Answer:\n{answer}" if shape == "block" and "\n" in answer else f"Answer: {answer}"


def require_right(key: Key, case: Case, answer: str) -> None:
    verdict = judge_text(case, final_answer(case.codec.shape, answer))
    if not verdict:
        raise Uncertified(f"{key}: the judge finds the maker's answer {verdict.outcome}: {verdict.reason}")


def require_witnesses(name: str, case: Case, witnesses: tuple[str, ...]) -> None:
    """Two different right answers are there when the status is many; Uncertified otherwise."""
    if case.status == "many" and len(set(witnesses)) < 2:
        raise Uncertified(f"{name}: many needs two different answers, got {len(set(witnesses))}")
    open_case = case._replace(status="one")
    for text in witnesses:
        verdict = judge_answer(open_case, case.codec.read(case.problem, text))
        if not verdict:
            raise Uncertified(f"{name}: the judge finds a witness wrong: {verdict.reason}")


def can_recount(family: str) -> bool:
    """Whether this install has every package that the family's second solver may need."""
    judge: Judge[Any, Any] = constant(family, "verifiers", "JUDGE")
    return all(find_spec(name) is not None for name in judge.recount_needs)


def recounted(key: Key, case: Case, answer: Any) -> dict[str, Any]:
    """What the judge's second solver says; Uncertified when it disagrees."""
    again = case.judge.recount(case.problem, case.status, answer)
    if not again.agrees:
        raise Uncertified(f"{key}: the recount by {again.method} disagrees: {again.detail}")
    return {"agrees": True, "method": again.method, "detail": again.detail}


@dataclass(frozen=True, slots=True)
class Certified:
    """What solving a case gave, found right by the judge."""

    solved: Solved[Any]
    answer: str
    hardness: Mapping[str, float]
    certificate: Mapping[str, Any]


def certified(key: Key, case: Case) -> Certified:
    """The case solved, and the answer found right by the judge; Uncertified otherwise."""
    solved = maker_of(key.family).solve(case.problem)
    answer = case.codec.write(solved.answer)
    require_right(key, case, answer)
    return Certified(solved, answer, hardness_of(solved.hardness), {**solved.certificate, "verdict": "right"})


def hardness_of(hardness: Hardness) -> dict[str, float]:
    """Hardness as one flat mapping; decimals are cut to four, so that every machine writes the same text."""
    flat: dict[str, float] = {
        "tier": hardness.tier,
        "steps": hardness.steps,
        "search": hardness.search,
        "space": round(float(hardness.space), 4),
        "effort": round(float(hardness.effort), 4),
    }
    for name, value in hardness.extra.items():
        if name in flat:
            raise Uncertified(f"extra hardness {name!r} hides the measure of that name")
        flat[name] = value if isinstance(value, int) else round(float(value), 4)
    return flat
