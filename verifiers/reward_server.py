"""Verdicts over HTTP, for trainers that call out: `/score` in batches, OpenRLHF's own shape, `/health`, `/metrics`.

The standard library's threading server: no dependency, and a verdict takes microseconds, so that one process serves
about what one core can judge. It listens on this machine only unless told otherwise; whoever can reach it may use it.
Bodies, batches, requests a second and open connections are limited. No reply text makes a request fail.

    POST /score   {"items": [{"verification": ..., "completion": ..., "id": ...}]}
                  {"verdicts": [{"id", "outcome", "score", "reason", "answer"}]}, or "error" for an unusable item
    POST /        {"query": [...], "prompts": [...], "labels": [...]}   as OpenRLHF posts to --remote_rm_url
                  {"rewards": [...], "scores": [...], "extra_logs": {...}}
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from verimill import __version__
from verimill.schemas.core import Verdict
from verimill.verifiers.judge import verify
from verimill.verifiers.rewards import reply_text, score_batch

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server takes: bytes of a body, items of a batch, requests a second, connections, idle seconds."""

    body: int = 32 << 20
    items: int = 10_000
    rate: float = 0.0
    connections: int = 64
    idle: float = 30.0

    def __post_init__(self) -> None:
        for name in ("body", "items", "connections", "idle"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be over 0, got {getattr(self, name)}")
        if self.rate < 0:
            raise ValueError(f"rate must be 0 (no limit) or more, got {self.rate}")


class Refused(Exception):
    """A request that is answered with an error status and one sentence."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(slots=True)
class Counts:
    """What has happened since the start; `lock` guards all of it."""

    began: float = field(default_factory=time.monotonic)
    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    open: int = 0
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
                      "# TYPE verimill_uptime_seconds gauge",
                      f"verimill_uptime_seconds {time.monotonic() - self.began:.1f}"]  # fmt: skip
        return "\n".join(lines) + "\n"


class RewardServer(ThreadingHTTPServer):
    """A server on `host` and `port` (0: any free one); `serve_forever` serves, `shutdown` ends it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str = "127.0.0.1", port: int = 0, limits: Limits | None = None) -> None:
        self.limits, self.counts = limits or Limits(), Counts()
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
            head = f"HTTP/1.1 503 Service Unavailable\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            try:
                request.sendall(head.encode() + body)
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
                raise Refused(HTTPStatus.TOO_MANY_REQUESTS, f"at most {rate:g} requests a second are taken")
            counts.tokens -= 1.0


class _Handler(BaseHTTPRequestHandler):
    """One connection; answers are written whole, so that no packet waits for another."""

    server: RewardServer
    protocol_version = "HTTP/1.1"
    server_version = f"verimill/{__version__}"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """The connection ends when it has been silent too long."""
        self.request.settimeout(self.server.limits.idle)
        super().setup()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are counted, not printed."""

    def do_GET(self) -> None:
        """`/health` and `/metrics`."""
        if self.path == "/health":
            uptime = round(time.monotonic() - self.server.counts.began, 1)
            self._answer(HTTPStatus.OK, {"status": "ok", "version": __version__, "uptime_s": uptime})
        elif self.path == "/metrics":
            self._send(HTTPStatus.OK, self.server.counts.text().encode(), "text/plain; version=0.0.4")
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "GET knows /health and /metrics"})

    def do_POST(self) -> None:
        """`/score`, and OpenRLHF's shape on `/` and `/get_reward`."""
        try:
            work = _POSTS.get(self.path)
            if work is None:
                self.close_connection = True  # the body was not read
                raise Refused(HTTPStatus.NOT_FOUND, "POST knows /score, / and /get_reward")
            body = self._body()
            self.server.admit()
            began = time.perf_counter()
            made, outcomes = work(_object(body), self.server.limits)
            spent = time.perf_counter() - began
        except Refused as error:
            self._answer(error.status, {"error": str(error)})
            return
        with self.server.counts.lock:
            self.server.counts.verdicts.update(outcomes)
            self.server.counts.seconds += spent
        self._answer(HTTPStatus.OK, made)

    def _body(self) -> bytes:
        text = self.headers.get("Content-Length", "")
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            self.close_connection = True
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Content-Length is required")
        length, most = int(text), self.server.limits.body
        if length > most:
            self.close_connection = True
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {most} bytes, got {length}")
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            raise Refused(HTTPStatus.BAD_REQUEST, f"the body ended after {len(body)} of {length} bytes")
        return body

    def _answer(self, status: HTTPStatus, value: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(value).encode(), "application/json")

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        known = self.path if self.path in (*_POSTS, "/health", "/metrics") else "other"
        with self.server.counts.lock:
            self.server.counts.requests[known, int(status)] += 1
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self.send_header("Retry-After", "1")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


# --- what is asked ----------------------------------------------------------------------------------------------


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(HTTPStatus.BAD_REQUEST, f"the body must be JSON, got {body[:40]!r}") from None
    if not isinstance(data, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, f"the body must be a JSON object, got {type(data).__name__}")
    return data


def _series(data: Mapping[str, Any], name: str, limits: Limits) -> list[Any]:
    found = data.get(name)
    if not isinstance(found, list):
        raise Refused(HTTPStatus.BAD_REQUEST, f"{name} must be a list, got {type(found).__name__}")
    if len(found) > limits.items:
        text = f"{name} has at most {limits.items} items, got {len(found)}"
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)
    return found


Made = tuple[dict[str, Any], Counter[str]]


def _score(data: Mapping[str, Any], limits: Limits) -> Made:
    verdicts: list[dict[str, Any]] = []
    outcomes: Counter[str] = Counter()
    for item in _series(data, "items", limits):
        found: dict[str, Any] = {}
        if isinstance(item, Mapping) and isinstance(item.get("id"), str | int):
            found["id"] = item["id"]
        try:
            verdict = _judged(item)
        except ValueError as error:  # not a reply's fault: the row that asks is malformed
            found |= {"error": str(error), "score": None}
            outcomes["error"] += 1
        else:
            found |= {"outcome": verdict.outcome, "score": verdict.score, "reason": verdict.reason,
                      "answer": verdict.answer}  # fmt: skip
            outcomes[verdict.outcome] += 1
        verdicts.append(found)
    return {"verdicts": verdicts}, outcomes


def _judged(item: Any) -> Verdict:
    if not isinstance(item, Mapping) or "verification" not in item or "completion" not in item:
        raise ValueError("an item must be an object with verification and completion")
    return verify(item["verification"], reply_text(item["completion"]))


def _openrlhf(data: Mapping[str, Any], limits: Limits) -> Made:
    queries = _series(data, "query", limits)
    labels = _series(data, "labels", limits)
    prompts = _series(data, "prompts", limits) if data.get("prompts") is not None else [""] * len(queries)
    if not len(queries) == len(labels) == len(prompts):
        text = f"query, prompts and labels must be equally many, got {len(queries)}, {len(prompts)} and {len(labels)}"
        raise Refused(HTTPStatus.BAD_REQUEST, text)
    if not all(isinstance(text, str) for text in (*queries, *prompts)):
        raise Refused(HTTPStatus.BAD_REQUEST, "query and prompts must be texts")
    replies = [q[len(p) :] if q.startswith(p) else q for q, p in zip(queries, prompts, strict=True)]
    try:
        verdicts = score_batch(labels, replies)
    except ValueError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"a label cannot be read: {error}") from None
    scores = [verdict.score for verdict in verdicts]
    unreadable = [float(verdict.outcome == "unreadable") for verdict in verdicts]
    logs = {"right": scores, "unreadable": unreadable}
    return {"rewards": scores, "scores": scores, "extra_logs": logs}, Counter(v.outcome for v in verdicts)


_POSTS: Mapping[str, Callable[[Mapping[str, Any], Limits], Made]] = {
    "/score": _score,
    "/": _openrlhf,
    "/get_reward": _openrlhf,
}
