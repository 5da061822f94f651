"""vLLM's engine in a process of vLLM's own environment, asked over a pipe: requests in, replies out, as lines of JSON.

Run as `python -m verimill.pipelines.teachers.engine_process`; engine_line.py is the other end. The first line says
what to load; each further one is a call with a number, or the wish to cancel one. The end of the input is the end of
the engine, so it never outlives whoever started it. Whatever vLLM prints goes to standard error.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, BinaryIO

from verimill.pipelines.teachers.engine import Engine
from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.samples import Messages, Model

LINE = 64 << 20  # bytes of one line at most


async def called(engine: Engine, call: str, told: Mapping[str, Any]) -> Any:
    """The result of one call as JSON values."""
    if call == "send":
        return asdict(await engine.send(told["body"].encode()))
    if call == "load":
        load = await engine.load()
        return None if load is None else asdict(load)
    if call == "tokens":
        messages: Messages = tuple((role, text) for role, text in told["messages"])
        return await engine.tokens(messages)
    if call == "get":
        status, body = await engine.get(told["path"], told["root"])
        return [status, body.decode()]
    if call == "alive":
        return await engine.alive()
    raise ValueError(f"no such call: {call!r:.40}")


class _Answers:
    """Writes one line for each call; a call that is cancelled gets none."""

    def __init__(self, engine: Engine, out: BinaryIO) -> None:
        self.engine, self.out = engine, out
        self.tasks: dict[int, asyncio.Task[None]] = {}

    def take(self, told: Mapping[str, Any]) -> None:
        """A call begins, or one is cancelled."""
        number = int(told["n"])
        if told["call"] == "cancel":
            task = self.tasks.get(number)
            if task is not None:
                task.cancel()
            return
        task = self.tasks[number] = asyncio.create_task(self._answer(number, told))
        task.add_done_callback(lambda _: self.tasks.pop(number, None))

    async def _answer(self, number: int, told: Mapping[str, Any]) -> None:
        try:
            result = {"n": number, "result": await called(self.engine, told["call"], told)}
        except Fault as fault:
            result = {"n": number, "fault": [fault.word, fault.detail]}
        put(self.out, result)


def put(out: BinaryIO, data: Any) -> None:
    """One line, at once."""
    out.write(json.dumps(data, separators=(",", ":")).encode() + b"\n")
    out.flush()


async def serve(out: BinaryIO) -> None:
    """The engine answers until the input ends."""
    reader = asyncio.StreamReader(limit=LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    told = json.loads(await reader.readline())
    try:
        engine = await Engine.open(told["folder"], told["name"], told["flags"])
    except ValueError as error:
        put(out, {"refused": str(error)})
        return
    engine.model = Model(**told["model"])
    answers = _Answers(engine, out)
    try:
        put(out, {"ready": engine.name, "facts": engine.facts()})
        while line := await reader.readline():
            answers.take(json.loads(line))
    finally:
        for task in list(answers.tasks.values()):
            task.cancel()
        await asyncio.gather(*answers.tasks.values(), return_exceptions=True)
        await engine.close()


if __name__ == "__main__":
    ours = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what vLLM prints must not stand between our lines
    asyncio.run(serve(ours))
