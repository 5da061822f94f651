"""A fake OpenAI-compatible server with faults on demand: real HTTP on loopback, no model, no GPU.

Run it as a process (`python fake_teacher.py '{"slots": 64, ...}'`, it prints its base URL), or use `serving(...)`,
which does so and yields a `Fake`. Everything it does is a pure function of the prompt, the seed and how often that
sample was asked, so two runs get the same texts.

What it has of a real vLLM server: /v1/chat/completions (whole and streamed), /v1/models with max_model_len,
/tokenize, /health, /version, /metrics (running, waiting, preemptions, prefix cache), slots with a first-come queue,
log-normal latency, a prefix cache that makes a known prompt cheaper, and a slot that is freed when its client hangs
up. A token is four bytes.

Settings (`Behaviour`): answers by prompt, the chance that a reply is right (with a hint below the prompt, or going on
from a beginning: others), the reasoning of wrong replies, length and latency, where the reasoning
is put (reasoning, reasoning_content, tags, none), an API key, the window, and `faults`: a list of

    {"kind": KIND, "share": 0.05, "times": 1}      that share of samples, on their first `times` tries (0: always)
    {"kind": KIND, "match": "text"}                prompts that hold the text

KIND is an HTTP status (400, 429, 500, 503 ...), `hang` (never answers), `reset` (closes the connection), `garbage`
(200 with a broken body), `slow` (a stream or body that stops in the middle), `length` (cut off at max_tokens), or
`crash` (the whole process ends; start it again on the same port).

GET /fake/stats tells what happened: requests, replies, most in flight at once, cancelled, asked by sample.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import Any

from aiohttp import web

CACHED_PROMPTS = 512


@dataclass
class Behaviour:
    """How the server behaves; see the module's text."""

    model: str = "fake"
    slots: int = 64
    queue: int = 100_000  # requests that may wait; more are refused with 429
    mean_s: float = 0.0
    sigma: float = 0.0
    longest: float = 8.0  # means; as max_tokens bounds a real reply
    tokens: int = 60  # mean tokens of a reply
    lengths_told: bool = False  # the last word of a prompt is the factor of its length and latency
    prefill_s: float = 0.0  # of a prompt that is not in the prefix cache
    right: float = 1.0
    hinted: float = 1.0  # the chance of a prompt with a hint
    continued: float = 1.0  # the chance where a right beginning is to be gone on from
    wrong: str = ""  # JSON file: prompt to the reasoning of a wrong reply
    answers: str = ""  # JSON file: prompt to answer text
    texts: str = ""  # JSON file: prompt to the whole text of the reply, such as a rewritten solution
    reasoning: str = "reasoning"
    window: int = 0
    key: str = ""
    metrics: bool = True
    tokenize: bool = True
    port: int = 0
    faults: list[dict[str, Any]] = field(default_factory=list)


def unit(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone."""
    text = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") / 2**64


class Server:
    """The state of one fake server."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.is_ = behaviour
        self.texts: dict[str, str] = json.loads(Path(behaviour.texts).read_text()) if behaviour.texts else {}
        self.answers: dict[str, str] = json.loads(Path(behaviour.answers).read_text()) if behaviour.answers else {}
        self.wrongs: dict[str, str] = json.loads(Path(behaviour.wrong).read_text()) if behaviour.wrong else {}
        self.places = asyncio.Semaphore(behaviour.slots)
        self.tries: Counter[str] = Counter()
        self.count: Counter[str] = Counter()
        self.cache: OrderedDict[str, None] = OrderedDict()
        self.running = self.waiting = self.most = 0
        self.busy, self.since, self.first, self.last = 0.0, time.monotonic(), 0.0, 0.0

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 26)
        app.add_routes(
            [
                web.post("/v1/chat/completions", self.chat),
                web.get("/v1/models", self.models),
                web.get("/health", self.health),
                web.get("/version", self.version),
                web.get("/metrics", self.metrics),
                web.post("/tokenize", self.tokenized),
                web.get("/fake/stats", self.stats),
            ]
        )
        return app

    def refused(self, request: web.Request) -> web.Response | None:
        if self.is_.key and request.headers.get("Authorization") != f"Bearer {self.is_.key}":
            return error(401, f"invalid key {request.headers.get('Authorization', '')}")
        return None

    # --- samples ------------------------------------------------------------------------------------------------

    async def chat(self, request: web.Request) -> web.StreamResponse:
        self.count["requests"] += 1
        if (refusal := self.refused(request)) is not None:
            return refusal
        asked = json.loads(await request.read())
        asked = {"seed": 0, "max_tokens": asked.get("max_completion_tokens", 4096)} | asked
        if not asked["messages"]:
            return error(400, "messages must not be empty")
        begun = asked["messages"][-1]["role"] == "assistant"  # a reply to go on from, as vLLM takes it
        if begun != bool(asked.get("continue_final_message")) or begun == asked.get("add_generation_prompt", True):
            return error(400, "Cannot set both: add_generation_prompt, continue_final_message and the last role differ")
        prompt = asked["messages"][-2 if begun else -1]["content"]
        if asked["model"] != self.is_.model:
            return error(404, f"The model `{asked['model']}` does not exist.")
        room = self.is_.window - tokens_of(asked["messages"])
        if self.is_.window and asked["max_tokens"] > room:
            return error(400, f"maximum context length is {self.is_.window} tokens", "input_tokens")
        name = hashlib.blake2b(f"{prompt}\x1f{asked['seed']}".encode(), digest_size=8).hexdigest()
        self.tries[name] += 1
        fault = self.fault(prompt, asked["seed"], self.tries[name])
        if fault is not None and fault["kind"].isdigit():
            headers = {"Retry-After": str(fault["after"])} if "after" in fault else {}
            return error(int(fault["kind"]), "a fault on demand", headers=headers)
        if self.waiting >= self.is_.queue:
            self.count["full"] += 1
            return error(429, "the queue is full")
        try:
            return await self.slot(request, asked, prompt, fault["kind"] if fault else "")
        except (asyncio.CancelledError, ConnectionResetError):
            self.count["cancelled"] += 1
            raise

    def fault(self, prompt: str, seed: int, tries: int) -> dict[str, Any] | None:
        for at, fault in enumerate(self.is_.faults):
            times = fault.get("times", 0 if "match" in fault else 1)
            if times and tries > times:
                continue
            if fault["match"] in prompt if "match" in fault else unit("fault", at, prompt, seed) < fault["share"]:
                self.count[f"fault {fault['kind']}"] += 1
                return {**fault, "kind": str(fault["kind"])}
        return None

    async def slot(self, request: web.Request, asked: dict[str, Any], prompt: str, fault: str) -> web.StreamResponse:
        self.first = self.first or time.monotonic()
        self.waiting += 1
        try:
            await self.places.acquire()
        finally:
            self.waiting -= 1
        began = time.monotonic()
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            return await self.work(request, asked, prompt, fault)
        finally:
            self.running -= 1
            self.last = time.monotonic()
            self.busy += self.last - began
            self.places.release()

    async def work(self, request: web.Request, asked: dict[str, Any], prompt: str, fault: str) -> web.StreamResponse:
        seed, known = asked["seed"], prompt in self.cache
        self.cache[prompt] = None
        self.cache.move_to_end(prompt)
        if len(self.cache) > CACHED_PROMPTS:
            self.cache.popitem(last=False)
        self.count["cache hits"] += known
        if fault == "crash":
            os._exit(1)
        if fault == "reset":
            assert request.transport is not None
            request.transport.abort()
            await asyncio.sleep(3600)
        if fault == "hang":
            await asyncio.sleep(3600)
        z = NormalDist().inv_cdf(min(max(unit("length", prompt, seed), 1e-9), 1 - 1e-9))
        factor = min(self.is_.longest, math.exp(self.is_.sigma * z - self.is_.sigma**2 / 2))
        if self.is_.lengths_told:
            factor = float(prompt.split()[-1])
        delay = self.is_.mean_s * factor + (0 if known else self.is_.prefill_s)
        if delay:
            await asyncio.sleep(delay)
        if fault == "garbage":
            return web.Response(body=b'{"choices": [{"mess', content_type="application/json")
        begun = asked["messages"][-1]["content"] if asked["messages"][-1]["role"] == "assistant" else ""
        reasoning, text = self.reply(prompt, seed, factor, begun)
        used = tokens_of([{"content": reasoning + text}])
        finish = "stop"
        if fault == "length" or used > asked["max_tokens"]:
            finish, text, used = "length", "", asked["max_tokens"]
            reasoning = reasoning[: 4 * used]
        self.count["replies"] += 1
        usage = {
            "prompt_tokens": tokens_of(asked["messages"]),
            "completion_tokens": used,
            "total_tokens": tokens_of(asked["messages"]) + used,
            "prompt_tokens_details": {"cached_tokens": tokens_of(asked["messages"]) if known else 0},
        }
        message = self.message(reasoning, text)
        if asked.get("stream"):
            return await streamed(request, message, finish, usage, stops=fault == "slow")
        if fault == "slow":
            await asyncio.sleep(3600)
        choice: dict[str, Any] = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
        if asked.get("logprobs"):
            choice["logprobs"] = {"content": [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -1.5}]}
        return web.json_response({"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage})

    def reply(self, prompt: str, seed: int, factor: float, begun: str) -> tuple[str, str]:
        if prompt in self.texts:
            return f"Sample {seed}.", self.texts[prompt]
        bare, hint, _ = prompt.partition("\n\nHint. ")
        chance = self.is_.continued if begun else self.is_.hinted if hint else self.is_.right
        right = unit("right", prompt, seed) < chance
        answer = self.answers.get(bare, "42") if right else "0" if bare in self.wrongs else "no idea"
        if bare in self.wrongs and not (right or hint):
            return self.wrongs[bare], f"Answer: {answer}"
        filler = "This follows from what was given. " * max(1, round(self.is_.tokens * factor * 4 / 34))
        return f"Sample {seed}. {filler}".strip(), f"So much for that.\n\nAnswer: {answer}"

    def message(self, reasoning: str, text: str) -> dict[str, Any]:
        if self.is_.reasoning == "tags":
            return {"content": f"<think>\n{reasoning}\n</think>\n\n{text}"}
        if self.is_.reasoning == "none":
            return {"content": text}
        return {"content": text or None, self.is_.reasoning: reasoning}

    # --- all else -----------------------------------------------------------------------------------------------

    async def models(self, request: web.Request) -> web.Response:
        if (refusal := self.refused(request)) is not None:
            return refusal
        card: dict[str, Any] = {"id": self.is_.model, "object": "model", "root": f"models/{self.is_.model}"}
        if self.is_.window:
            card["max_model_len"] = self.is_.window
        return web.json_response({"object": "list", "data": [card]})

    async def health(self, _: web.Request) -> web.Response:
        return web.Response()

    async def version(self, _: web.Request) -> web.Response:
        return web.json_response({"version": "fake-1"})

    async def tokenized(self, request: web.Request) -> web.Response:
        if not self.is_.tokenize:
            return error(404, "Not Found")
        count = tokens_of((await request.json())["messages"])
        return web.json_response({"count": count, "tokens": list(range(count))})

    async def metrics(self, _: web.Request) -> web.Response:
        if not self.is_.metrics:
            return error(404, "Not Found")
        label = f'{{engine="0",model_name="{self.is_.model}"}}'
        values = {
            "vllm:num_requests_running": self.running,
            "vllm:num_requests_waiting": self.waiting,
            "vllm:num_preemptions_total": 0,
            "vllm:kv_cache_usage_perc": self.running / max(1, self.is_.slots),
            "vllm:prefix_cache_hits_total": self.count["cache hits"],
        }
        lines = [f"# TYPE {name} gauge\n{name}{label} {float(value)}" for name, value in values.items()]
        return web.Response(text="\n".join(lines) + "\n")

    async def stats(self, _: web.Request) -> web.Response:
        found = {"running": self.running, "waiting": self.waiting, "most": self.most, "busy": self.busy}
        found |= {"span": self.last - self.first, **self.count}
        twice = {str(n): sum(1 for c in self.tries.values() if c == n) for n in set(self.tries.values())}
        return web.json_response({**found, "samples": len(self.tries), "asked": twice})


def tokens_of(messages: list[dict[str, Any]]) -> int:
    """Four bytes a token."""
    return sum(len(m["content"].encode()) + 3 for m in messages) // 4


def error(status: int, text: str, param: str = "", headers: dict[str, str] | None = None) -> web.Response:
    """An error as such servers tell it."""
    body = {"error": {"message": text, "type": "Error", "param": param, "code": status}}
    return web.json_response(body, status=status, headers=headers)


async def streamed(
    request: web.Request, message: dict[str, Any], finish: str, usage: dict[str, Any], stops: bool
) -> web.StreamResponse:
    """The reply as server-sent events; with `stops` it falls silent in the middle."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)

    async def send(data: Any) -> None:
        await response.write(b"data: " + json.dumps(data).encode() + b"\n\n")

    for name, text in message.items():
        for at in range(0, len(text or ""), 40):
            await send({"choices": [{"index": 0, "delta": {name: text[at : at + 40]}}]})
            if stops:
                await asyncio.sleep(3600)
    await send({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    await send({"choices": [], "usage": usage})
    await response.write(b"data: [DONE]\n\n")
    return response


@dataclass
class Fake:
    """A running fake server."""

    url: str
    process: subprocess.Popen[str]
    behaviour: Behaviour

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1].split("/")[0])

    def stats(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.url.removesuffix("/v1") + "/fake/stats", timeout=10) as reply:
            found: dict[str, Any] = json.load(reply)
        return found


def start(behaviour: Behaviour) -> Fake:
    """A fake server in a process of its own; the caller ends it."""
    command = [sys.executable, "-P", str(Path(__file__).resolve()), json.dumps(asdict(behaviour))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return Fake(process.stdout.readline().strip(), process, behaviour)


@contextmanager
def serving(**behaviour: Any) -> Iterator[Fake]:
    """A fake server for a while."""
    fake = start(Behaviour(**behaviour))
    try:
        yield fake
    finally:
        fake.process.kill()
        fake.process.communicate()


async def main(behaviour: Behaviour) -> None:
    """Serve until the process is ended, or the one that started it is."""
    # handler_cancellation: a client that hangs up frees its slot, as vLLM does
    runner = web.AppRunner(Server(behaviour).app(), access_log=None, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", behaviour.port, backlog=4096)
    await site.start()
    assert site._server is not None
    print(f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/v1", flush=True)  # type: ignore[attr-defined]
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main(Behaviour(**json.loads(sys.argv[1]))))
