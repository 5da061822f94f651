"""The engine teacher where vLLM has an environment of its own: our end of the pipe to engine_process.py.

It has the face of a server. The process ends with us; when it ends by itself, `failure` says so, with the end of its
log, and every call that waited is a fault of the server's and not of the sample.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from verimill.pipelines.teachers.engine_process import LINE
from verimill.pipelines.teachers.environments import NotServing, executable, variables
from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.managed import tail
from verimill.pipelines.teachers.samples import Messages, Model, Reply
from verimill.pipelines.teachers.transport import Load

MODULE = "verimill.pipelines.teachers.engine_process"
GRACE_S = 30.0  # between the end of the input and the killing
LOG_LINES = 12


class EngineLine:
    """An engine in another process. To be opened and closed inside a running event loop."""

    def __init__(self, process: asyncio.subprocess.Process, name: str, model: Model, log: Path) -> None:
        self.name, self.model, self.failure = f"engine:{name}", model, ""
        self._process, self._log = process, log
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._closing = False
        self._facts: dict[str, str] = {}

    @classmethod
    async def open(
        cls,
        python: str,
        folder: str,
        model: Model,
        flags: Mapping[str, Any],
        environment: Mapping[str, str],
        log: Path,
        ready_s: float,
    ) -> EngineLine:
        """The engine is loaded and answers; NotServing says in one sentence why it does not."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                executable(python), "-P", "-m", MODULE,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=sink, limit=LINE,
                env=variables(environment),
                start_new_session=True,  # Ctrl-C is for us: open samples come home before the engine goes
            )  # fmt: skip
        line = cls(process, model.name, model, log)
        shown = {name: getattr(model, name) for name in Model.__slots__}
        try:
            line._put({"folder": folder, "name": model.name, "flags": dict(flags), "model": shown})
            first = await asyncio.wait_for(line._line(), ready_s)
        except (TimeoutError, ConnectionError):
            first = None
        if first is None or "refused" in first:
            await line.close()
            why = first["refused"] if first else f"it was not ready within {ready_s:g} s, or ended before"
            raise NotServing(line._with_log(f"the engine of {python} cannot be asked: {why}"))
        line._facts = dict(first["facts"])
        line._reading = asyncio.create_task(line._read())
        return line

    def _put(self, data: Mapping[str, Any]) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(data, separators=(",", ":")).encode() + b"\n")

    async def _line(self) -> dict[str, Any] | None:
        line = await self._process.stdout.readline() if self._process.stdout is not None else b""
        return json.loads(line) if line else None

    async def _read(self) -> None:
        """Replies find whoever waits for them, until the process ends."""
        while (told := await self._line()) is not None:
            future = self._waiting.pop(told["n"], None)
            if future is None or future.done():
                continue  # it was cancelled meanwhile
            if "fault" in told:
                word, text = told["fault"]
                future.set_exception(Fault(word, text))
            else:
                future.set_result(told["result"])
        code = await self._process.wait()
        if not self._closing:
            self.failure = self._with_log(f"the engine's process ended with code {code}")
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Fault("refused", "the engine's process ended"))

    async def _call(self, call: str, **told: Any) -> Any:
        if self._reading is None or self._reading.done():
            raise Fault("refused", "the engine's process ended")
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._put({"n": number, "call": call, **told})
        try:
            return await future
        except asyncio.CancelledError:
            self._waiting.pop(number, None)
            self._put({"n": number, "call": "cancel"})
            raise

    async def close(self) -> None:
        """The engine and its process are gone."""
        self._closing = True
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), GRACE_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._reading is not None:
            await self._reading

    def facts(self) -> dict[str, str]:
        """Precision, parallelism and hardware, as the engine told them."""
        return self._facts

    async def send(self, body: bytes, stall: float | None = None) -> Reply:
        """As in Server. A cancelled request leaves the engine's batch at once."""
        return Reply(**await self._call("send", body=body.decode()))

    async def alive(self) -> bool:
        """As in Server."""
        try:
            return bool(await self._call("alive"))
        except Fault:
            return False

    async def load(self) -> Load | None:
        """As in Server."""
        try:
            found = await self._call("load")
        except Fault:
            return None
        return None if found is None else Load(**found)

    async def tokens(self, messages: Messages) -> list[int] | None:
        """Token ids of the rendered prompt."""
        found: list[int] | None = await self._call("tokens", messages=[list(one) for one in messages])
        return found

    async def count_tokens(self, messages: Messages) -> int | None:
        """As in Server."""
        found = await self.tokens(messages)
        return None if found is None else len(found)

    async def get(self, path: str, root: bool = False) -> tuple[int, bytes]:
        """What the probe asks a server: the list of models and the version."""
        status, body = await self._call("get", path=path, root=root)
        return int(status), str(body).encode()

    def _with_log(self, sentence: str) -> str:
        lines = tail(self._log, LOG_LINES)
        shown = "\n  ".join(line[:300] for line in lines) if lines else "(nothing)"
        return f"{sentence}; the end of {self._log}:\n  {shown}"
