"""Bounded segments of reasoning with the solver's state as the summary between them, as in InftyThink.

Each row goes from the problem and what is established so far to the next piece of the oracle's trace; the last one
ends in the reply. The summary holds every claim made so far, in the words of the claim grammar, so it is exact: the
judge has re-derived each of them, and what follows needs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from verimill.pipelines.corruptions import split_prose
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options, Row, steps_of
from verimill.schemas.core import Step

_BEFORE = "{problem}\n\nEstablished so far: {state}.\n\nGo on from there."
_AFTER = "{piece}\n\nEstablished so far: {state}."


def rows(item: Item, options: Options) -> Made:
    """The segments of each right trace of the oracle."""
    for trace in item.traces:
        steps = steps_of(trace)
        if trace["teacher"] != "oracle" or trace["outcome"] != "right" or not steps:
            yield Dropped(item.id, trace["id"], "no checked steps")
            continue
        prose = split_prose(trace["reasoning"], len(steps))
        if prose is None or not item.case.judge.check(item.case.problem, steps, item.answer):
            yield Dropped(item.id, trace["id"], "its steps are not numbered in the text, or do not hold")
            continue
        yield from _segments(item, trace, steps, prose, options.segment)


def _segments(item: Item, trace: Row, steps: tuple[Step, ...], prose: tuple[str, ...], most: int) -> Iterator[Row]:
    cuts = [0, *_cuts(prose, most), len(steps)]
    pieces = ["\n".join(prose[a:b]) for a, b in pairwise(cuts)]
    for at, piece in enumerate(pieces):
        before, after = state_of(steps[: cuts[at]]), state_of(steps[: cuts[at + 1]])
        ask = item.question if not at else _BEFORE.format(problem=item.question, state="; ".join(before))
        last = at == len(pieces) - 1
        reply = f"{piece}\n\n{trace['response']}" if last else _AFTER.format(piece=piece, state="; ".join(after))
        yield item.columns(trace["id"]) | {
            "prompt": [{"role": "user", "content": ask}],
            "completion": [{"role": "assistant", "content": reply}],
            "segment": at + 1,
            "segments": len(pieces),
            "state": before,
        }


def _cuts(prose: tuple[str, ...], most: int) -> Iterator[int]:
    """Steps before which a new segment begins: a piece is at most `most` characters, or one step."""
    size = 0
    for at, text in enumerate(prose):
        if at and size + len(text) > most:
            yield at
            size = 0
        size += len(text) + 1


def state_of(steps: tuple[Step, ...]) -> list[str]:
    """All claims of the steps, each once, in order; those inside suppositions ended with them."""
    return list(dict.fromkeys(claim for step in steps for claim in step.claims))


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completion`, which segment of how many it is, and the claims that it goes on from."""
    return (("prompt", "messages"), ("completion", "messages"), ("segment", "int32"), ("segments", "int32"),
            ("state", "strings"))  # fmt: skip


BY_NAME = {"segments": Format("segments", "TRL SFTTrainer (prompt and completion)", columns, rows)}
