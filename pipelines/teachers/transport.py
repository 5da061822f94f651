"""One OpenAI-compatible server over aiohttp: a request is sent, and a Reply or a Fault comes back.

No timeout is set here beyond connecting: the client knows each sample's deadline and cancels, which closes the
connection and so frees the server's slot. The API key is read from the environment, sent, and never kept in a
record or a message.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol
from urllib.parse import urlsplit

from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.replies import clean, read_reply, server_text
from verimill.pipelines.teachers.samples import Messages, Model, Reply, Sampling
from verimill.pipelines.teachers.streams import Stream

KEY_VARIABLE = "VERIMILL_API_KEY"
CONNECT_S = 5.0
KEEP_ALIVE_S = 4.0  # below the 5 s after which common servers close an idle connection
QUICK_S = 10.0  # for health, metrics and the like


@dataclass(frozen=True, slots=True)
class Load:
    """What a server's metrics say about it now."""

    running: float
    waiting: float
    preemptions: float = 0.0
    cache: float = 0.0


class Server(Protocol):
    """Whatever answers samples: an HTTP server, or an engine in this process."""

    name: str

    async def send(self, body: bytes, stall: float | None = None) -> Reply:
        """The reply to a request body; Fault where the try failed."""

    async def alive(self) -> bool:
        """True where it would take a request."""

    async def load(self) -> Load | None:
        """Its load; None where it does not say."""

    async def count_tokens(self, messages: Messages) -> int | None:
        """Tokens of the rendered prompt; None where it cannot say."""


def request_head(model: Model, messages: Messages, sampling: Sampling, stream: bool = False) -> bytes:
    """The request body without its end, common to all samples of a question."""
    data: dict[str, Any] = {"model": model.name}
    data["messages"] = [{"role": role, "content": content} for role, content in messages]
    data.update(continuation(messages))
    data.update(sampling.shaping())
    if stream:
        data.update(stream=True, stream_options={"include_usage": True})
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()[:-1]


def continuation(messages: Messages) -> dict[str, Any]:
    """Fields that let a server go on from a last message of the assistant, instead of beginning a reply after it."""
    begun = messages[-1][0] == "assistant"
    return {"add_generation_prompt": False, "continue_final_message": True} if begun else {}


def request_body(head: bytes, seed: int, allowed: int) -> bytes:
    """The whole body of one sample."""
    return head + b',"seed":%d,"max_tokens":%d}' % (seed, allowed)


def require_aiohttp() -> None:
    """aiohttp can be imported; ValueError names the extra otherwise."""
    if find_spec("aiohttp") is None:
        raise ValueError("asking a teacher over HTTP needs aiohttp: pip install 'verimill[teacher]'")


def api_key(variable: str = KEY_VARIABLE) -> str:
    """The key from the environment, or nothing; ValueError for one that no header can carry."""
    key = os.environ.get(variable, "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(f"the API key in {variable} must be printable ASCII without spaces")
    return key


def base_of(url: str) -> str:
    """`http://host:port/v1` without a trailing slash; ValueError for anything else, and for a URL with a key in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("a base URL must look like http://127.0.0.1:8000/v1, got one with a malformed port") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(f"a base URL must hold no key, user or query; put the key into {KEY_VARIABLE}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"a base URL must look like http://127.0.0.1:8000/v1, got {url!r:.100}")
    path = parts.path.rstrip("/") or "/v1"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}"


class HttpServer:
    """One base URL. To be made and closed inside a running event loop."""

    def __init__(self, base_url: str, model: Model, key: str = "") -> None:
        require_aiohttp()
        import aiohttp

        self._aiohttp: Any = aiohttp
        self.name = base_of(base_url)
        self.model, self._key = model, key
        self._root = self.name.removesuffix("/v1")
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._session: Any = aiohttp.ClientSession(
            # unlimited: how many run at once is the client's own decision, and waiting for a place is not stalling
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
        )
        self._chat = f"{self.name}/chat/completions"

    async def close(self) -> None:
        """Every connection is closed."""
        await self._session.close()

    async def send(self, body: bytes, stall: float | None = None) -> Reply:
        """As in Server; with `stall`, the body asks for a stream and so many seconds without a token are a fault."""
        began = time.monotonic()
        try:
            async with self._session.post(self._chat, data=body) as response:
                if response.status != 200:
                    told = self._hidden(server_text(await response.content.read(65_536)))
                    raise Fault(response.status, told, _after(response.headers))
                if stall is None:
                    reply = read_reply(await response.read(), self.model.reasoner)
                else:
                    reply = await self._streamed(response, stall)
        except (self._aiohttp.ClientError, OSError, ValueError) as error:
            raise self._below(error) from None
        reply.seconds = time.monotonic() - began
        return reply

    def _below(self, error: Exception) -> Fault:
        said = self._hidden(clean(str(error) or type(error).__name__))
        if isinstance(error, self._aiohttp.ClientConnectorError):
            return Fault("refused", said)
        if isinstance(error, ValueError | self._aiohttp.ClientResponseError):
            return Fault("garbage", said)
        return Fault("reset", said)

    def _hidden(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text

    async def _streamed(self, response: Any, stall: float) -> Reply:
        stream, loop = Stream(self._hidden), asyncio.get_running_loop()
        try:
            async with asyncio.timeout(stall) as limit:
                while not stream.feed(await response.content.readany()):
                    limit.reschedule(loop.time() + stall)
        except TimeoutError:
            raise Fault("stall", f"no token for {stall:g} s") from None
        return stream.reply(self.model.reasoner)

    # --- what is asked beside samples ---------------------------------------------------------------------------

    async def get(self, path: str, root: bool = False) -> tuple[int, bytes]:
        """Status and body of a GET below the base URL, or below its host; Fault below HTTP."""
        return await self._quick("GET", f"{self._root if root else self.name}{path}", None)

    async def post(self, path: str, data: Mapping[str, Any], root: bool = False) -> tuple[int, bytes]:
        """Status and body of a POST of JSON."""
        return await self._quick("POST", f"{self._root if root else self.name}{path}", json.dumps(data).encode())

    async def _quick(self, method: str, url: str, data: bytes | None) -> tuple[int, bytes]:
        limit = self._aiohttp.ClientTimeout(total=QUICK_S, sock_connect=CONNECT_S)
        try:
            async with self._session.request(method, url, data=data, timeout=limit) as response:
                return response.status, await response.read()
        except TimeoutError:
            raise Fault("stall", f"no reply within {QUICK_S:g} s") from None
        except (self._aiohttp.ClientError, OSError, ValueError) as error:
            raise self._below(error) from None

    async def alive(self) -> bool:
        """As in Server: /health where there is one, else the list of models."""
        with suppress(Fault):
            status, _ = await self.get("/health", root=True)
            if status == 404:
                status, _ = await self.get("/models")
            return status < 500
        return False

    async def load(self) -> Load | None:
        """As in Server, from the Prometheus page of vLLM."""
        with suppress(Fault):
            status, body = await self.get("/metrics", root=True)
            return read_load(body) if status == 200 else None
        return None

    async def tokens(self, messages: Messages) -> list[int] | None:
        """Token ids of the rendered prompt; None where the server has no /tokenize."""
        shown = [{"role": role, "content": content} for role, content in messages]
        with suppress(Fault, ValueError, AttributeError):
            asked = {"model": self.model.name, "messages": shown, "add_generation_prompt": True}
            asked |= continuation(messages)
            status, body = await self.post("/tokenize", asked, root=True)
            found = json.loads(body).get("tokens") if status == 200 else None
            return found if isinstance(found, list) else None
        return None

    async def count_tokens(self, messages: Messages) -> int | None:
        """As in Server."""
        found = await self.tokens(messages)
        return None if found is None else len(found)


def _after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header; dates and nonsense count as none."""
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None


_GAUGES = {
    b"vllm:num_requests_running": "running",
    b"vllm:num_requests_waiting": "waiting",
    b"vllm:num_preemptions_total": "preemptions",
    b"vllm:kv_cache_usage_perc": "cache",
}


def read_load(page: bytes) -> Load | None:
    """The load in a Prometheus page, summed over engines; None where vLLM's gauges are missing."""
    found: dict[str, float] = {}
    for line in page.split(b"\n"):
        if not line.startswith(b"vllm:"):
            continue
        name = _GAUGES.get(line.partition(b"{")[0].partition(b" ")[0])
        if name is not None:
            with suppress(ValueError):
                value = float(line.rpartition(b" ")[2])
                found[name] = max(found.get(name, 0.0), value) if name == "cache" else found.get(name, 0.0) + value
    return Load(**found) if {"running", "waiting"} <= found.keys() else None
