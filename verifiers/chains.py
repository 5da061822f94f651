"""Replies to a chain of problems: scored by the last answer, with the links that they got right on the way.

A link before the last counts as right where a line or a paragraph of the reply is a right answer to it, as the
link's own judge reads it. Nothing here raises on a reply.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from verimill.verifiers.judge import Case, judge_text, read_case
from verimill.verifiers.rewards import Verification, reply_text

MAX_TEXT = 262_144  # characters of a reply that are searched
MAX_UNITS = 2_000  # lines, or paragraphs, of a reply that are judged for one link


def links_right(verifications: Sequence[Verification], completion: Any) -> list[bool]:
    """Which links have a right answer in the reply; the last one by the reply's final answer alone."""
    if not verifications:
        raise ValueError("a chain must have at least one link, got none")
    text = reply_text(completion)
    cases = [read_case(one) for one in verifications]
    found = [_states(case, text[:MAX_TEXT]) for case in cases[:-1]]
    return [*found, judge_text(cases[-1], text).outcome == "right"]


def _states(case: Case, text: str) -> bool:
    return any(judge_text(case, unit).outcome == "right" for unit in _units(text, case.codec.shape))


def _units(text: str, shape: str) -> Iterator[str]:
    for unit in text.split("\n\n" if shape == "block" else "\n")[:MAX_UNITS]:
        if unit.strip():
            yield unit


def chain_score(verifications: Sequence[Verification], completion: Any) -> dict[str, float | int | None]:
    """`score` 1.0 where the last answer is right; `links`, the share right before the first that is not; `wrong_link`.

    `wrong_link` counts from 1 and is None where every link is right. A right last answer after a missing one is
    still scored 1.0: that reply may have solved the link without stating its answer.
    """
    found = links_right(verifications, completion)
    first = next((at for at, right in enumerate(found, 1) if not right), None)
    before = len(found) if first is None else first - 1
    return {"score": float(found[-1]), "links": before / len(found), "wrong_link": first}
