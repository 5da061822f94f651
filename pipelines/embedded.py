"""Prefect's server as a child of the build: its own settings, its log in a file, and no life after the build.

A server that the user already runs is used instead when PREFECT_API_URL names one.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from verimill.pipelines.progress import Tell
from verimill.pipelines.workers import WorkerDied, end_with_parent

START_SECONDS = 300.0  # a cold start took 8 s on a quiet machine and 54 s on a busy one

# For the build and its server only; the user's own Prefect settings are neither read nor changed.
_SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_CLIENT_MAX_RETRIES": "10",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A server at `url`; `process` is None for one that runs already."""

    url: str
    process: BaseProcess | None
    log: Path

    def wait(self) -> None:
        """Returns once the server answers. Raises WorkerDied when it does not."""
        limit = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process is not None and not self.process.is_alive():
                raise WorkerDied(f"Prefect's server did not start; its log is {self.log}; run again")
            if time.monotonic() > limit or self.process is None:
                raise WorkerDied(f"no Prefect server answers at {self.url}; start it, or unset PREFECT_API_URL")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=10) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def embedded_server(serve: Callable[[socket.socket], None], work: Path, tell: Tell) -> Iterator[Server]:
    """A server is starting, and this process's environment points to it; both end with the block.

    `serve(listener)` runs in the child and answers on the listening socket for ever.
    """
    before = dict(os.environ)
    log = work / "server.log"
    given = os.environ.get("PREFECT_API_URL")
    process: BaseProcess | None = None
    with _home(work) as home:
        try:
            os.environ.update(_SETTINGS | {"PREFECT_HOME": str(home)})
            if given:
                yield Server(given.rstrip("/"), None, log)
                return
            tell.line("starting Prefect's embedded server")
            context = multiprocessing.get_context("spawn")
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_serve, args=(serve, sender, str(log)), daemon=True)
            process.start()
            sender.close()
            try:
                port = receiver.recv() if receiver.poll(START_SECONDS) else None
            except EOFError:
                port = None
            if port is None:
                raise WorkerDied(f"Prefect's server did not start; its log is {log}; run again")
            os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
            yield Server(os.environ["PREFECT_API_URL"], process, log)
        finally:
            if process is not None:
                process.kill()  # its database is transactional, and a polite end writes pages of noise
                process.join(10)
            os.environ.clear()
            os.environ.update(before)


@contextmanager
def _home(work: Path) -> Iterator[Path]:
    """Where the embedded server keeps its database: the user's cache, or the build's folder when that is in use."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "verimill" / "prefect"
    try:
        base.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(base / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        yield work / "prefect"
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        home = base
    except OSError:
        home = work / "prefect"
    try:
        yield home
    finally:
        os.close(descriptor)


def _serve(serve: Callable[[socket.socket], None], sender: Connection, log: str) -> None:
    """In the child: tell the port, then serve until killed or until the parent is gone."""
    os.setsid()  # Ctrl-C is for the parent
    end_with_parent()
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    os.environ["PREFECT_SERVER_UI_API_URL"] = f"http://127.0.0.1:{port}/api"
    sender.send(port)
    sender.close()
    serve(listener)
