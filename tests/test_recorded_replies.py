"""What a real vLLM answered, recorded once, is read rightly: replies, cut-offs, errors, metrics, models.

tests/vllm/record.py writes the files of tests/vllm/recorded; a new version of vLLM is taken in by running it again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.probe import probe
from verimill.pipelines.teachers.replies import read_reply, server_text
from verimill.pipelines.teachers.samples import Model, Reply, Sampling
from verimill.pipelines.teachers.transport import HttpServer, read_load

RECORDED = Path(__file__).parent / "vllm" / "recorded"
NAME = "tiny-teacher"


def told(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return found


def body(name: str) -> bytes:
    found = told(name)["body"]
    return found.encode() if isinstance(found, str) else json.dumps(found).encode()


def test_reasoning_is_read_from_the_field_and_from_the_tags_alike() -> None:
    field, tags = read_reply(body("chat"), True), read_reply(body("chat_with_tags"), True)
    assert (field.source, tags.source) == ("reasoning", "tags")
    assert field.reasoning == tags.reasoning
    assert field.text == tags.text
    assert field.reasoning.startswith("1. ")
    assert "Answer: " in field.text
    assert field.finish == "stop"
    assert field.completion_tokens == tags.completion_tokens
    assert 0 < (field.reasoning_tokens or 0) < (field.completion_tokens or 0)


@pytest.mark.parametrize("name", ["truncated", "truncated_with_tags"])
def test_a_reply_cut_off_while_thinking_is_all_reasoning(name: str) -> None:
    reply = read_reply(body(name), True)
    assert reply.truncated
    assert reply.text == ""
    assert reply.reasoning.startswith("1. ")


def test_log_probabilities_are_summed_up() -> None:
    extra = read_reply(body("logprobs")).extra
    assert extra["logprob_least"] <= extra["logprob_mean"] <= 0


def test_the_load_is_read_from_the_metrics_page() -> None:
    load = read_load(body("metrics"))
    assert load is not None
    assert (load.running, load.waiting) == (0, 0)


def served(use: Callable[[HttpServer], Awaitable[Any]], answers: dict[str, str]) -> Any:
    """What `use` makes of a server that answers each path with a recorded exchange."""
    from aiohttp import web

    async def answer(request: web.Request) -> web.Response:
        name = answers.get(request.path)
        if name is None:
            return web.Response(status=404)
        return web.Response(body=body(name), status=told(name)["status"], content_type=told(name)["type"])

    async def run() -> Any:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        server = HttpServer(f"http://127.0.0.1:{port}/v1", Model(NAME, reasoner=True))
        try:
            return await use(server)
        finally:
            await server.close()
            await runner.cleanup()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "word", "said"),
    [
        ("prompt_too_long", 400, "1024"),
        ("budget_too_long", 400, "5000"),
        ("unknown_model", 404, "nobody"),
        ("bad_temperature", 400, "temperature"),
        ("no_messages", 400, ""),
    ],
)
def test_a_refusal_is_terminal_and_keeps_what_the_server_said(name: str, word: int, said: str) -> None:
    with pytest.raises(Fault) as caught:
        served(lambda server: server.send(b"{}"), {"/v1/chat/completions": name})
    assert (caught.value.word, caught.value.kind) == (word, "terminal")
    assert said in caught.value.detail
    assert server_text(body(name)) == caught.value.detail


def test_a_stream_is_put_together_to_the_same_reply() -> None:
    async def sent(server: HttpServer) -> Reply:
        return await server.send(b"{}", stall=5.0)

    whole = read_reply(body("chat"), True)
    for name in ("streamed", "streamed_with_tags"):
        streamed = served(sent, {"/v1/chat/completions": name})
        assert (streamed.reasoning, streamed.text, streamed.finish) == (whole.reasoning, whole.text, whole.finish)
        assert streamed.completion_tokens == whole.completion_tokens


def test_the_probe_learns_model_window_and_version_from_a_real_server() -> None:
    answers = {
        "/v1/models": "models", "/tokenize": "tokenized", "/v1/chat/completions": "chat", "/metrics": "metrics",
        "/version": "version",
    }  # fmt: skip

    async def probed(server: HttpServer) -> Any:
        return await probe([server], Model(reasoner=True, name=""), Sampling(0.0, 1.0, 400))

    found = served(probed, answers)
    assert (found.model.name, found.window, found.metrics) == (NAME, 1024, True)
    assert found.reported["server_version"].startswith("0.")
    assert found.model.template != ""
