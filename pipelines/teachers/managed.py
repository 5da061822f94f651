"""A vLLM server that we start, watch, restart and stop.

It never outlives us (guard.py), its output goes to a log file, and whatever keeps it from serving is one sentence
with the last lines of that log. Restarts are few and counted; the address stays the same over them.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Literal

from verimill.pipelines.teachers import guard
from verimill.pipelines.teachers.engine_facts import facts_of_log
from verimill.pipelines.teachers.environments import HOST, NotServing, Plan, free_port, taken, vllm_version

GRACE_S = 20.0  # between asking the server to stop and killing it
LOOK_S = 0.25
HEALTH_S = 5.0  # longest wait for one answer to a health check
TELL_S = 5.0  # between two lines of progress
LOG_LINES = 12
LOG_HEAD = 1 << 20  # bytes of the log of a start in which the engine's settings stand

State = Literal["new", "starting", "ready", "restarting", "failed", "stopped"]
Say = Callable[[str], None]


class Managed:
    """A running server. Use it as a context manager; `url` is what a client asks, and stays the same over restarts.

    A thread of its own watches it. `state` is "failed" once it will not come back, and `failure` then says why.
    """

    def __init__(self, plan: Plan, log: Path, say: Say = lambda text: None) -> None:
        self.plan, self.log, self.say = plan, log, say
        self.state: State = "new"
        self.failure = ""
        self.restarted = 0
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._file: IO[bytes] | None = None
        self._from = 0  # where the log of this start begins
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL of the OpenAI interface."""
        return f"http://{HOST}:{self.port}/v1"

    def facts(self) -> dict[str, str]:
        """Precision, parallelism and hardware, as the server's log tells them."""
        try:
            with self.log.open("rb") as file:
                file.seek(self._from)
                return facts_of_log(file.read(LOG_HEAD).decode("utf-8", "replace"))
        except OSError:
            return {}

    def __enter__(self) -> Managed:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """The server answers; NotServing says in one sentence why it does not."""
        version = vllm_version(self.plan.python)
        if self.plan.port and taken(self.plan.port):
            raise NotServing(f"port {self.plan.port} on {HOST} is taken: name another, or 0 for a free one")
        self.port = self.plan.port or free_port()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.log.open("ab")
        self.state = "starting"
        try:
            self._launch()
            self.say(f"vLLM {version}: starting {self.plan.served} on port {self.port}, log in {self.log}")
            self._until_ready()
        except BaseException:
            self.stop()
            self.state = "failed"
            raise
        self.state = "ready"
        self._watcher = threading.Thread(target=self._watch, name="vllm-watch", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Nothing of the server is left. May be called twice."""
        self._stop.set()
        if self._watcher is not None and self._watcher is not threading.current_thread():
            self._watcher.join(2 * GRACE_S)
        self._end()
        if self._file is not None:
            self._file.close()
            self._file = None
        if self.state != "failed":
            self.state = "stopped"

    def _launch(self) -> None:
        command = [sys.executable, "-I", "-S", guard.__file__, str(GRACE_S), *self.plan.command(self.port)]
        self._from = self.log.stat().st_size
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # never written to: its end is what stops the server
            stdout=self._file,
            stderr=subprocess.STDOUT,
            env=self.plan.variables(),
            start_new_session=True,  # Ctrl-C is for us: open samples come home before the server goes
        )

    def _code(self) -> int | None:
        """The exit code of the server that was launched; None while it runs."""
        return 0 if self._process is None else self._process.poll()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        try:
            process.wait(GRACE_S + 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _until_ready(self) -> None:
        """Health and the list of models answer, or NotServing."""
        began = told = time.monotonic()
        while not self._stop.wait(LOOK_S):
            code, now = self._code(), time.monotonic()
            if code is not None:
                raise NotServing(self._with_log(f"the vLLM server ended with code {code} before it was ready"))
            health = get(self.port, "/health", HEALTH_S)
            if health is not None and health[0] == 200:
                return self._check_models()
            if now - began > self.plan.ready_s:
                raise NotServing(self._with_log(f"the vLLM server was not ready within {self.plan.ready_s:g} s"))
            if now - told >= TELL_S:
                told = now
                self.say(
                    f"vLLM: starting for {now - began:.0f} s of at most {self.plan.ready_s:g}: {self._last_line()}"
                )
        raise NotServing("the vLLM server was stopped while it was starting")

    def _check_models(self) -> None:
        found = get(self.port, "/v1/models", 30)
        with contextlib.suppress(ValueError, KeyError, TypeError):
            names = [entry["id"] for entry in json.loads(found[1] if found else b"")["data"]]
            if self.plan.served in names:
                return
            raise NotServing(
                f"port {self.port} is answered by a server of {', '.join(names)}, not of {self.plan.served}"
            )
        raise NotServing(f"what answers on port {self.port} is no vLLM server: it has no list of models")

    def _watch(self) -> None:
        """Restart the server when it dies or falls silent, as often as the plan allows."""
        heard = time.monotonic()
        while not self._stop.wait(1.0):
            code, now = self._code(), time.monotonic()
            if code is None:
                health = get(self.port, "/health", HEALTH_S)
                heard = time.monotonic() if health is not None and health[0] == 200 else heard
                if now - heard < self.plan.silent_s:
                    continue
            why = f"gave no answer for {self.plan.silent_s:g} s" if code is None else f"ended with code {code}"
            if self.restarted >= self.plan.restarts:
                self._fail(self._with_log(f"the vLLM server {why}, after {self.restarted} restarts"))
                return
            self.restarted += 1
            self.state = "restarting"
            self.say(f"vLLM: the server {why}; restart {self.restarted} of at most {self.plan.restarts}")
            try:
                self._end()
                self._launch()
                self._until_ready()
            except (NotServing, OSError) as error:
                if not self._stop.is_set():
                    self._fail(str(error))
                return
            self.state, heard = "ready", time.monotonic()
            self.say("vLLM: the server is back")

    def _fail(self, why: str) -> None:
        self.state, self.failure = "failed", why
        self._end()
        self.say(f"vLLM: {why}")

    def _last_line(self) -> str:
        lines = tail(self.log, 1, self._from)
        return lines[0][:120] if lines else "nothing in its log yet"

    def _with_log(self, sentence: str) -> str:
        lines = tail(self.log, LOG_LINES, self._from)
        shown = "\n  ".join(line[:300] for line in lines) if lines else "(nothing)"
        return f"{sentence}; the end of {self.log}:\n  {shown}"


def get(port: int, path: str, wait: float = 5.0) -> tuple[int, bytes] | None:
    """Status and body of a GET; None where nobody answers in time."""
    line = http.client.HTTPConnection(HOST, port, timeout=wait)
    try:
        line.request("GET", path)
        reply = line.getresponse()
        return reply.status, reply.read(1 << 20)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()


def tail(path: Path, lines: int, start: int = 0) -> list[str]:
    """The last lines of a log that are not empty, from `start` on; reads no more than its last 64 KB."""
    try:
        with path.open("rb") as file:
            file.seek(max(start, path.stat().st_size - 65_536))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]
