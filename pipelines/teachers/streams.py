"""A streamed chat completion, put together from the pieces in which it arrives."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.replies import FIELDS, assembled, clean, server_text
from verimill.pipelines.teachers.samples import Reply

MAX_BODY = 64 << 20  # bytes of a reply


class Stream:
    """Server-sent events of one reply; `hidden` takes secrets out of what a server says."""

    def __init__(self, hidden: Callable[[str], str]) -> None:
        self._hidden = hidden
        self._parts: dict[str, list[str]] = {name: [] for name in ("content", *FIELDS)}
        self._rest, self._finish, self._size = b"", "", 0
        self._usage: Mapping[str, Any] = {}

    def feed(self, chunk: bytes) -> bool:
        """True at the end of the stream; Fault where it is none, breaks off, or names an error."""
        self._size += len(chunk)
        if not chunk or self._size > MAX_BODY:
            raise Fault("garbage" if chunk else "reset", "the stream ended before its last message")
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return any(self._line(line[5:].strip()) for line in lines if line.startswith(b"data:"))

    def _line(self, line: bytes) -> bool:
        if line == b"[DONE]":
            return True
        try:
            data = json.loads(line)
            if "error" in data:
                raise Fault(500, self._hidden(server_text(line)))
            self._usage = data.get("usage") or self._usage
            for choice in data.get("choices", ()):
                self._finish = choice.get("finish_reason") or self._finish
                for name, text in choice["delta"].items():
                    if text and name in self._parts:
                        self._parts[name].append(text)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Fault("garbage", f"not a stream of a chat completion: {clean(line[:120])}") from None
        return False

    def reply(self, reasoner: bool) -> Reply:
        """All of it as one reply."""
        try:
            joined = {name: "".join(kept) for name, kept in self._parts.items()}
        except TypeError:
            raise Fault("garbage", "a piece of the stream is no text") from None
        return assembled(joined, joined["content"], self._finish or "stop", self._usage, None, reasoner)
