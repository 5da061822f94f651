"""The HTTP side: one thread a connection, faults before the work, routes looked up by pattern."""

from __future__ import annotations

import json
import os
import re
import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from local_hub.faults import Faults
from local_hub.store import Repo, Store, resolve

Run = Callable[..., tuple[int, str, str]]
"""A command's exit code, output and messages."""


class Hub(ThreadingHTTPServer):
    """The server; `base` is its address, `requests` its log."""

    daemon_threads = True

    def __init__(self, root: Path | str, port: int, token: str, part_size: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.store, self.token, self.part_size = Store(root), token, part_size
        self.faults = Faults()
        self.requests: list[str] = []
        self.base = f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What a client's environment must say."""
        return {"HF_ENDPOINT": self.base, "HF_TOKEN": self.token, "HF_HUB_DISABLE_XET": "1"}

    def user(self, home: Path) -> dict[str, str]:
        """The whole environment of a user of this Hub, with a cache in `home`."""
        return os.environ | self.environment | {"HF_HOME": str(home), "PYTHONSAFEPATH": "1"}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that a client or a fault reset is no news; anything else is printed."""
        import sys

        if not isinstance(sys.exception(), (ConnectionError, BrokenPipeError)):
            super().handle_error(request, client_address)


class Reset(ConnectionError):
    """The connection was reset on purpose."""


class Handler(BaseHTTPRequestHandler):
    """One connection. A route is a function of the handler, the query and the parts of its path."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Hub
    data: bytes
    fault: str | None

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed; `requests` has it."""

    def answer(self) -> None:
        """Answers one request, or has the fault happen that was asked for."""
        from local_hub.routes import ROUTES

        request = f"{self.command} {self.path}"
        self.server.requests.append(request)
        self.fault = self.server.faults.next(request)
        if self.fault == "reset":
            self.reset()
        self.data = self.body()
        if self.fault == "503":
            return self.send(503, {"error": "the server is busy, on purpose"}, headers={"Retry-After": "2"})
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        changes = self.command not in ("GET", "HEAD") and not parts.path.startswith("/lfs/")
        if changes and not self.known():
            return self.refuse(401, "", "Invalid username or password.")
        for methods, pattern, route in ROUTES:
            found = re.fullmatch(pattern, parts.path)
            if found and self.command in methods:
                return route(self, query, **{name: unquote(value or "") for name, value in found.groupdict().items()})
        self.refuse(404, "", f"no such route: {request}")

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

    def known(self) -> bool:
        """True when the request brings the token."""
        return self.headers.get("Authorization") == f"Bearer {self.server.token}"

    def body(self) -> bytes:
        """The request's body; half of it, and a reset, where the fault is `torn`."""
        length = self.headers.get("Content-Length")
        if length is not None:
            if self.fault == "torn":
                self.rfile.read(int(length) // 2)
                self.reset()
            return self.rfile.read(int(length))
        data = b""
        if self.headers.get("Transfer-Encoding"):
            while size := int(self.rfile.readline().strip() or b"0", 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        return data

    def reset(self) -> None:
        """The client sees a reset connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
        raise Reset("on purpose")

    def send(self, code: int, body: Any = b"", kind: str = "application/json", length: int | None = None,
             headers: dict[str, str] | None = None) -> None:  # fmt: skip
        """The reply; what the fault leaves of it."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        if self.fault == "lost":
            self.reset()
        if self.fault == "altered" and self.command == "GET" and data:
            data = data[:-1] + bytes([data[-1] ^ 1])
        self.send_response(code)
        told = {"Content-Type": kind, "Content-Length": str(len(data) if length is None else length)}
        for name, value in {**told, "X-Request-Id": "local", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.fault == "cut":
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.reset()
        self.wfile.write(data)

    def refuse(self, code: int, name: str, text: str) -> None:
        """An error as the Hub words it."""
        self.send(code, {"error": text}, headers={"X-Error-Code": name, "X-Error-Message": text})

    def found(self, name: str, revision: str = "main") -> tuple[Repo, str] | None:
        """The repository and the commit that a revision names; the 404 is sent where there is none."""
        repo = self.server.store.load(name)
        if repo is None or (repo["private"] and not self.known()):
            self.refuse(404, "RepoNotFound", "Repository Not Found")
            return None
        sha = resolve(repo, revision)
        if sha is None:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None
        return repo, sha


def serve(root: Path | str, port: int = 0, token: str = "hf_local", part_size: int = 0) -> Hub:
    """A running server in a thread of this process. `part_size` makes larger uploads come in parts."""
    hub = Hub(root, port, token, part_size)
    threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return hub
