"""A wrong trace made from a right one: the steps up to a wrong one, then a near miss as the answer.

Both halves are judged: the step is the first that does not follow, the answer breaks a named rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from verimill.pipelines.certificates import maker_of
from verimill.pipelines.corruptions import Corrupted, corrupted
from verimill.pipelines.exports.shapes import Item, steps_of
from verimill.pipelines.oracle import oracle_reply
from verimill.schemas.rng import Rng, rng_for
from verimill.verifiers.judge import judge_text

MISSES = 8  # near misses that are looked at for one problem


@dataclass(frozen=True, slots=True)
class Wrong:
    """A trace that goes wrong at step `error.at` and ends in `answer`, refused for `reason`."""

    source: str
    error: Corrupted
    answer: str
    response: str
    reason: str


def wrong_from(shown: str, reasoning: str, error: Corrupted) -> int:
    """Characters of what is shown before the wrong step begins; what is shown holds the reasoning."""
    before = "\n".join(error.prose[:-1])
    return shown.index(reasoning) + (len(before) + 1 if before else 0)


def parts_at(right: str, wrong: str) -> int:
    """Characters of the wrong text before the first that the right one has not."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(right, wrong, strict=False)))


def wrong_answer(rng: Rng, item: Item) -> tuple[str, str, str] | None:
    """A near miss of the problem, as text, with its reply and the rule that refuses it; None where there is none."""
    if not item.problem["answerable"]:
        return None
    maker = maker_of(item.problem["family"])
    misses = list(islice(maker.near_misses(rng, item.case.problem, item.answer), MISSES))
    for miss in rng.shuffled(misses):
        text = item.case.codec.write(miss.answer)
        response = oracle_reply(item.id, item.case, text)
        verdict = judge_text(item.case, response)
        if verdict.outcome == "wrong":
            return text, response, verdict.reason
    return None


def checked_trace(item: Item) -> dict[str, Any] | None:
    """The right trace with steps that errors are put into: the shortest of the oracle's."""
    mine = [t for t in item.right() if t["teacher"] == "oracle" and t["steps_checked"]]
    return min(mine, key=lambda t: (t["steps_checked"], t["sample"])) if mine else None


def wrong_traces(item: Item, purpose: str, most: int = 1) -> Iterator[Wrong]:
    """Up to `most` wrong traces; none for a problem without checked steps or near misses.

    The draw depends on the problem and `purpose` alone, so an export made again is the same.
    """
    source = checked_trace(item)
    if source is None or not item.problem["answerable"]:
        return
    rng = rng_for("wrong traces", purpose, item.id)
    for error in corrupted(rng, item.case, steps_of(source), item.answer, most):
        found = wrong_answer(rng, item)
        if found is not None:
            yield Wrong(source["id"], error, *found)
