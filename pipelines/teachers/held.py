"""What needs no asking, and how long a reply may be: the two questions before a sample is sent."""

from __future__ import annotations

import asyncio

from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.judging import still_holds
from verimill.pipelines.teachers.lanes import Lane, Open
from verimill.pipelines.teachers.log import Index, reply_of
from verimill.pipelines.teachers.samples import Keys, Question, Reply
from verimill.pipelines.teachers.watching import Settings


def held_samples(
    question: Question, index: Index | None, keys: Keys, cap: int, settings: Settings
) -> dict[int, tuple[str, Reply, str]]:
    """Sample number to (key, reply, outcome by today's judge or nothing), for samples that need no asking.

    A sample counts when its key is the one that would be asked now, and its reply would not get better by it.
    """
    held: dict[int, tuple[str, Reply, str]] = {}
    for record, verdict in index.of(question.problem) if index is not None else ():
        number = record["number"]
        if number >= cap or record["key"] != keys.sample(question, number).key:
            continue
        reply, wanted = reply_of(record), keys.sampling.max_tokens
        if reply.finish == "window" and settings.window > reply.allowed:
            continue  # the server has a larger context by now
        if settings.window and reply.prompt_tokens is not None:
            wanted = min(wanted, settings.window - reply.prompt_tokens - settings.margin)
        if reply.holds(wanted):
            known = verdict is not None and still_holds(verdict, question.family)
            held[number] = (record["key"], reply, verdict["outcome"] if known and verdict else "")
    return held


async def allowed_tokens(problem: Open, lane: Lane, wanted: int, settings: Settings) -> int:
    """max_tokens for a problem's samples: what is wanted, or what its prompt leaves of the model's context.

    Raises Fault("window") where that is too little for a reply.
    """
    messages, window = problem.question.messages, settings.window
    # No tokenizer makes more tokens than there are bytes, so most prompts need not be counted.
    bound = sum(len(role) + len(text.encode()) for role, text in messages) + settings.overhead
    if not window or bound + wanted + settings.margin <= window:
        return wanted
    if problem.counted is None:
        problem.counted = asyncio.ensure_future(lane.server.count_tokens(messages))
    counted = await asyncio.shield(problem.counted)
    tokens = counted if counted is not None else bound // 3
    allowed = min(wanted, window - tokens - settings.margin)
    if allowed < min(settings.least_tokens, wanted):
        raise Fault("window", f"the prompt has {tokens} tokens, the model's context {window}")
    return allowed


def given_up(fault: Fault, kind: str, tries: int, window: int, wanted: int) -> Reply:
    """What is recorded of a sample that is given up; of one that fits no window, the window."""
    short = fault.word == "window"
    allowed, finish = (window, "window") if short else (wanted, "error")
    return Reply(finish=finish, tries=tries, fault=kind, detail=fault.text, allowed=allowed)
