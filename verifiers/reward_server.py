"""Verdicts over HTTP, for trainers that call out: `/score` in batches, OpenRLHF's own shape, `/health`, `/metrics`.

The standard library's threading server: no dependency, and a verdict takes microseconds, so that one process serves
about what one core can judge. It listens on this machine only unless told otherwise; whoever can reach it may use it.
Bodies, batches, requests a second, open connections, the bytes held at one time and the time of a request are
limited. No reply text makes a request fail.
"""

from __future__ import annotations

import io
import json
import socket
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from verimill import __version__
from verimill.verifiers.reward_requests import POSTS, Refused, read_object

AT_WORK = 4  # requests that are parsed and judged at one time; parsed JSON takes many times the bytes of its text
DRAINED_S = 5.0  # a body that was refused is still read for so long, so that its sender hears why
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server takes.

    `body`: bytes of one request; `held`: of all that are being read or judged; `items`: of a batch; `rate`: requests
    a second; `idle`: seconds that a connection may be silent; `request`: seconds from its first byte to its last.
    """

    body: int = 32 << 20
    held: int = 128 << 20
    items: int = 10_000
    rate: float = 0.0
    connections: int = 256
    idle: float = 30.0
    request: float = 30.0

    def __post_init__(self) -> None:
        for name in ("body", "held", "items", "connections", "idle", "request"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be over 0, got {getattr(self, name)}")
        if self.rate < 0:
            raise ValueError(f"rate must be 0 (no limit) or more, got {self.rate}")


@dataclass(slots=True)
class Counts:
    """What has happened since the start; `lock` guards all of it."""

    began: float = field(default_factory=time.monotonic)
    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    open: int = 0
    held: int = 0
    tokens: float = 1.0
    filled: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def text(self) -> str:
        """The counts in the text form that Prometheus reads."""
        with self.lock:
            lines = ["# TYPE verimill_requests_total counter"]
            for (path, status), count in sorted(self.requests.items()):
                lines.append(f'verimill_requests_total{{path="{path}",status="{status}"}} {count}')
            lines.append("# TYPE verimill_verdicts_total counter")
            for outcome, count in sorted(self.verdicts.items()):
                lines.append(f'verimill_verdicts_total{{outcome="{outcome}"}} {count}')
            lines += ["# TYPE verimill_scoring_seconds_total counter",
                      f"verimill_scoring_seconds_total {self.seconds:.6f}",
                      "# TYPE verimill_open_connections gauge", f"verimill_open_connections {self.open}",
                      "# TYPE verimill_held_bytes gauge", f"verimill_held_bytes {self.held}",
                      "# TYPE verimill_uptime_seconds gauge",
                      f"verimill_uptime_seconds {time.monotonic() - self.began:.1f}"]  # fmt: skip
        return "\n".join(lines) + "\n"


class RewardServer(ThreadingHTTPServer):
    """A server on `host` and `port` (0: any free one); `serve_forever` serves, `shutdown` ends it."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, host: str = "127.0.0.1", port: int = 0, limits: Limits | None = None) -> None:
        self.limits, self.counts = limits or Limits(), Counts()
        self.work = threading.BoundedSemaphore(AT_WORK)
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise ValueError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None

    @property
    def url(self) -> str:
        """Where it answers."""
        host = str(self.server_address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for the connection, or 503 at once where too many are open."""
        with self.counts.lock:
            full = self.counts.open >= self.limits.connections
            self.counts.open += not full
            self.counts.requests["-", 503] += full
        if full:
            body = b'{"error":"too many connections are open"}'
            head = f"HTTP/1.1 503 Service Unavailable\r\nContent-Length: {len(body)}\r\nRetry-After: 1\r\n"
            try:
                request.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)
            except OSError:
                pass  # the client is gone already
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """The connection served to its end, and no longer counted."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.counts.lock:
                self.counts.open -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is the client's business."""

    def admit(self) -> None:
        """One request is taken from the allowance; Refused (429) where none is left."""
        rate, counts = self.limits.rate, self.counts
        if not rate:
            return
        with counts.lock:
            now = time.monotonic()
            counts.tokens = min(max(1.0, rate), counts.tokens + (now - counts.filled) * rate)
            counts.filled = now
            if counts.tokens < 1.0:
                raise Refused(429, f"at most {rate:g} requests a second are taken")
            counts.tokens -= 1.0

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """So many bytes more are in memory; Refused (503) where that is too many."""
        counts = self.counts
        with counts.lock:
            if counts.held and counts.held + size > self.limits.held:
                raise Refused(503, f"at most {self.limits.held} bytes of requests are held at one time")
            counts.held += size
        try:
            yield
        finally:
            with counts.lock:
                counts.held -= size


class _Patience(io.RawIOBase):
    """A connection's bytes; TimeoutError where it is silent too long, or a request takes too long from its first."""

    def __init__(self, link: socket.socket, limits: Limits) -> None:
        self.link, self.limits = link, limits
        self.until: float | None = None

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Some bytes."""
        left = self.limits.idle if self.until is None else min(self.limits.idle, self.until - time.monotonic())
        if left <= 0:
            raise TimeoutError("the request took too long")
        self.link.settimeout(left)
        got = self.link.recv_into(buffer)
        if self.until is None:
            self.until = time.monotonic() + self.limits.request
        return got


class _Handler(BaseHTTPRequestHandler):
    """One connection; answers are written whole, so that no packet waits for another."""

    server: RewardServer
    protocol_version = "HTTP/1.1"
    server_version = f"verimill/{__version__}"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Reading has its limits in time."""
        self.request.settimeout(self.server.limits.idle)
        super().setup()
        self.patience = _Patience(self.connection, self.server.limits)
        self.rfile = io.BufferedReader(self.patience)
        self.unread = 0

    def handle_one_request(self) -> None:
        """One request; its time begins with its first byte."""
        self.patience.until = None
        super().handle_one_request()

    def finish(self) -> None:
        """A body that was refused is read to its end, or for a while: else its sender would be cut off unanswered."""
        if self.unread:
            self.patience.until = time.monotonic() + DRAINED_S
            try:
                self.connection.shutdown(socket.SHUT_WR)
                while self.unread > 0 and (got := len(self.rfile.read1(1 << 16))):
                    self.unread -= got
            except OSError:
                pass  # the client is gone already, or has had its time
        super().finish()

    def handle_expect_100(self) -> bool:
        """A client that asks first is told at once when its body would be refused."""
        try:
            self._length()
        except Refused as error:
            self.unread, self.close_connection = 0, True
            self._answer(error.status, {"error": str(error)})
            return False
        return super().handle_expect_100()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are counted, not printed."""

    def do_GET(self) -> None:
        """`/health` and `/metrics`."""
        if self.path == "/health":
            uptime = round(time.monotonic() - self.server.counts.began, 1)
            self._answer(200, {"status": "ok", "version": __version__, "uptime_s": uptime})
        elif self.path == "/metrics":
            self._send(200, self.server.counts.text().encode(), "text/plain; version=0.0.4")
        else:
            self._answer(404, {"error": "GET knows /health and /metrics"})

    def do_POST(self) -> None:
        """`/score`, and OpenRLHF's shape on `/` and `/get_reward`."""
        try:
            self.unread = length = self._length()
            work = POSTS.get(self.path)
            if work is None:
                raise Refused(404, "POST knows /score, / and /get_reward")
            self.server.admit()
            with self.server.holding(length):
                body = self._body(length)
                self.unread = 0
                with self.server.work:
                    began = time.perf_counter()
                    made, outcomes = work(read_object(body), self.server.limits.items)
                    answer = json.dumps(made).encode()
                    spent = time.perf_counter() - began
        except Refused as error:
            self.close_connection |= self.unread > 0
            self._answer(error.status, {"error": str(error)})
            return
        except OSError:  # the connection's own end, or that of its time
            self.unread = 0
            raise
        except Exception:  # a bug of ours, which must not look like a reply's fault; the client hears of it
            traceback.print_exc(file=sys.stderr)
            self._answer(500, {"error": "the server failed on this request; its log has the cause"})
            return
        with self.server.counts.lock:
            self.server.counts.verdicts.update(outcomes)
            self.server.counts.seconds += spent
        self._send(200, answer, "application/json")

    def _length(self) -> int:
        """The bytes of the body, which is not read yet; Refused where that is not said or too much."""
        text, most = self.headers.get("Content-Length", ""), self.server.limits.body
        if "Transfer-Encoding" in self.headers or not (text.isascii() and text.isdigit() and len(text) < 16):
            self.close_connection = True
            raise Refused(411, "Content-Length is required, and no Transfer-Encoding")
        if int(text) > most:
            self.unread = int(text)
            raise Refused(413, f"a body has at most {most} bytes, got {int(text)}")
        return int(text)

    def _body(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) < length:
            raise Refused(400, f"the body ended after {len(body)} of {length} bytes")
        return body

    def _answer(self, status: int, value: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(value).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        known = self.path if self.path in (*POSTS, "/health", "/metrics") else "other"
        with self.server.counts.lock:
            self.server.counts.requests[known, status] += 1
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status in (429, 503):
            self.send_header("Retry-After", "1")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
