"""From the body of a chat completion to a Reply; the reasoning is found wherever the server put it.

It is read from `reasoning`, then `reasoning_content`, then think tags in the text. Servers differ: recent vLLM
has the first, older ones and others the second, and a server without a reasoning parser leaves the tags in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.samples import Reply

FIELDS = ("reasoning", "reasoning_content")
TAGS = (("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<|begin_of_thought|>", "<|end_of_thought|>"))
MAX_DETAIL = 300  # characters of a server's message that are kept


def read_reply(body: bytes, reasoner: bool = False) -> Reply:
    """The reply in a chat completion; Fault("garbage") where the body is none."""
    try:
        data = json.loads(body)
        choice = data["choices"][0]
        message = choice["message"]
        content = message.get("content")
        finish = choice.get("finish_reason")
        usage = data.get("usage") or {}
        if not (content is None or isinstance(content, str)) or not isinstance(usage, Mapping):
            raise TypeError
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise Fault("garbage", f"not a chat completion: {clean(body[:120])}") from None
    return assembled(message, content or "", str(finish or "stop"), usage, choice.get("logprobs"), reasoner)


def assembled(
    message: Mapping[str, Any],
    content: str,
    finish: str,
    usage: Mapping[str, Any],
    logprobs: Any = None,
    reasoner: bool = False,
) -> Reply:
    """A Reply from the parts of a completion, streamed or whole."""
    reasoning, source = "", ""
    for name in FIELDS:
        if isinstance(message.get(name), str) and message[name]:
            reasoning, source = message[name], name
            break
    if not source:
        reasoning, content, source = split_tags(content, reasoner and finish == "length")
    reply = Reply(content, reasoning, source, finish)
    reply.prompt_tokens = _count(usage, "prompt_tokens")
    reply.completion_tokens = _count(usage, "completion_tokens")
    reply.reasoning_tokens = _reasoning_tokens(usage, reply)
    cached = usage.get("prompt_tokens_details")
    if isinstance(cached, Mapping) and _count(cached, "cached_tokens"):
        reply.extra["cached_tokens"] = cached["cached_tokens"]
    if logprobs is not None:
        reply.extra.update(logprob_summary(logprobs))
    return reply


def split_tags(text: str, unclosed: bool = False) -> tuple[str, str, str]:
    """(reasoning, answer, "tags" or ""). A template may have opened the tag already, so a close alone counts.

    A tag that is opened and never closed is all reasoning. With `unclosed`, so is a text without any tag: a
    declared reasoner whose template opened the tag was cut off while thinking.
    """
    for opening, closing in TAGS:
        end = text.rfind(closing)
        if end >= 0:
            start = text.find(opening, 0, end)
            head = text[start + len(opening) : end] if start >= 0 else text[:end]
            return head.strip("\n"), text[end + len(closing) :].lstrip("\n"), "tags"
        if text.lstrip().startswith(opening):
            return text.lstrip()[len(opening) :].strip("\n"), "", "tags"
    return (text, "", "tags") if unclosed and text else ("", text, "")


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return value if type(value) is int and 0 <= value < 2**31 else None


def _reasoning_tokens(usage: Mapping[str, Any], reply: Reply) -> int | None:
    """As the server counts them, else the share of the characters: a text is not tokenised twice for it."""
    details = usage.get("completion_tokens_details")
    if isinstance(details, Mapping) and _count(details, "reasoning_tokens") is not None:
        return _count(details, "reasoning_tokens")
    if reply.completion_tokens is None:
        return None
    letters = len(reply.reasoning) + len(reply.text)
    return round(reply.completion_tokens * len(reply.reasoning) / letters) if letters else 0


def logprob_summary(logprobs: Any) -> dict[str, float]:
    """Mean and least log-probability of the chosen tokens; full arrays would exceed the text in size."""
    tokens = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    values = [
        t["logprob"] for t in tokens or () if isinstance(t, Mapping) and isinstance(t.get("logprob"), int | float)
    ]
    if not values:
        return {}
    return {"logprob_mean": round(sum(values) / len(values), 5), "logprob_least": round(min(values), 5)}


def server_text(body: bytes) -> str:
    """What a server says in an error, short and on one line."""
    try:
        data = json.loads(body)
        error = data.get("error", data)
        text = error.get("message", "") if isinstance(error, Mapping) else str(error)
    except (ValueError, AttributeError, RecursionError):
        return clean(body[:MAX_DETAIL])
    return clean(str(text or data))


def clean(text: str | bytes) -> str:
    """On one line, bounded, printable."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * MAX_DETAIL]).split())[:MAX_DETAIL]
