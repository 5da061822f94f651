"""The engine teacher keeps a server's manners, shown with a stand-in for vLLM; tests/vllm runs the real one."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from verimill.pipelines.teachers.engine import Engine
from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.probe import probe
from verimill.pipelines.teachers.samples import Model, Reply, Sampling
from verimill.pipelines.teachers.transport import request_body, request_head

ASKED = (("user", "2 + 3"),)


class Dead(Exception):
    pass


class Tokenizer:
    def apply_chat_template(self, messages: list[dict[str, str]], **told: Any) -> list[int]:
        return [ord(c) for c in "".join(m["content"] for m in messages)]


class AsyncLLM:
    """Answers after a moment with the sampling it was given; `says` is the text."""

    says = "<think>2 and 3</think>Answer: 5"
    dead = False

    def __init__(self, arguments: Any) -> None:
        self.arguments, self.live, self.most, self.errored, self.stopped = arguments, set[str](), 0, False, False
        self.model_config = SimpleNamespace(max_model_len=600, get_diff_sampling_param=lambda: {"top_k": 20})
        self.vllm_config = SimpleNamespace(scheduler_config=SimpleNamespace(max_num_seqs=2))

    @classmethod
    def from_engine_args(cls, arguments: Any) -> AsyncLLM:
        return cls(arguments)

    def get_tokenizer(self) -> Tokenizer:
        return Tokenizer()

    def shutdown(self) -> None:
        self.stopped = True

    async def generate(self, prompt: dict[str, list[int]], parameters: Any, number: str) -> AsyncIterator[Any]:
        if self.dead:
            self.errored = True
            raise Dead("core gone")
        self.live.add(number)
        self.most = max(self.most, len(self.live))
        try:
            await asyncio.sleep(0.02 if parameters.told["seed"] < 100 else 60)
            finish = "length" if parameters.told["max_tokens"] < 5 else "stop"
            text = self.says[:10] if finish == "length" else self.says
            yield SimpleNamespace(outputs=[SimpleNamespace(text=text, token_ids=[1, 2, 3], finish_reason=finish)])
        finally:
            self.live.discard(number)


class Parameters:
    def __init__(self, **told: Any) -> None:
        if told.get("temperature", 0) > 4:
            raise ValueError("temperature is too hot")
        self.told, self.max_tokens = told, told["max_tokens"]


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> type[AsyncLLM]:
    """A module named vllm with all that the engine takes from it."""
    parts = {
        "vllm": {"AsyncEngineArgs": lambda model, enforce_eager=False: model, "SamplingParams": Parameters,
                 "__version__": "0.0.1", "__path__": [], "__spec__": SimpleNamespace()},
        "vllm.sampling_params": {"RequestOutputKind": SimpleNamespace(FINAL_ONLY="final")},
        "vllm.v1": {}, "vllm.v1.engine": {},
        "vllm.v1.engine.async_llm": {"AsyncLLM": AsyncLLM},
        "vllm.v1.engine.exceptions": {"EngineDeadError": Dead},
    }  # fmt: skip
    for name, held in parts.items():
        module = ModuleType(name)
        for word, value in held.items():
            setattr(module, word, value)
        monkeypatch.setitem(sys.modules, name, module)
    return AsyncLLM


def body(seed: int = 1, allowed: int = 50, **told: Any) -> bytes:
    return request_body(request_head(Model("m"), ASKED, Sampling(0.5, 1.0, allowed, told)), seed, allowed)


def asked(use: Any) -> Any:
    async def run() -> Any:
        engine = await Engine.open("folder/m", "m", {"enforce-eager": True})
        try:
            return await use(engine)
        finally:
            await engine.close()

    return asyncio.run(run())


def test_a_reply_is_that_of_a_server(vllm: type[AsyncLLM]) -> None:
    reply: Reply = asked(lambda engine: engine.send(body()))
    assert (reply.reasoning, reply.text, reply.source, reply.finish) == ("2 and 3", "Answer: 5", "tags", "stop")
    assert (reply.prompt_tokens, reply.completion_tokens) == (5, 3)


def test_a_reply_cut_off_is_truncated(vllm: type[AsyncLLM]) -> None:
    assert asked(lambda engine: engine.send(body(allowed=3))).truncated


def test_requests_run_together_and_a_cancelled_one_leaves_the_batch(vllm: type[AsyncLLM]) -> None:
    async def use(engine: Engine) -> None:
        tasks = [asyncio.create_task(engine.send(body(seed))) for seed in (1, 2, 200)]
        await asyncio.sleep(0.01)
        load = await engine.load()
        assert load is not None
        assert (load.running, load.waiting) == (2, 1)
        tasks[2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert tasks[2].cancelled()
        assert engine._engine.most == 3
        assert engine._engine.live == set()

    asked(use)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"allowed": 599}, "5 tokens of prompt leave 595 of the context, 599 wanted"),
        ({"guided_regex": "a+"}, "the engine takes no field guided_regex"),
    ],
)
def test_what_cannot_be_answered_is_terminal(vllm: type[AsyncLLM], told: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Fault, match=sentence) as caught:
        asked(lambda engine: engine.send(body(**told)))
    assert caught.value.kind == "terminal"


def test_a_dead_engine_is_a_server_that_is_down(vllm: type[AsyncLLM], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AsyncLLM, "dead", True)

    async def use(engine: Engine) -> bool:
        with pytest.raises(Fault) as caught:
            await engine.send(body())
        assert caught.value.kind == "down"
        return await engine.alive()

    assert asked(use) is False


def test_the_probe_takes_an_engine_for_a_server(vllm: type[AsyncLLM]) -> None:
    found = asked(lambda engine: probe([engine], Model("m", reasoner=True), Sampling()))
    assert (found.model.name, found.window, found.metrics) == ("m", 600, True)
    assert found.reported == {"root": "folder/m", "owned_by": "vllm", "server_version": "0.0.1"}
    assert found.model.template != ""


def test_flags_and_environments_that_do_not_fit_are_one_sentence(vllm: type[AsyncLLM]) -> None:
    with pytest.raises(ValueError, match=r"does not take these flags: .*colour"):
        asyncio.run(Engine.open("m", "m", {"colour": "red"}))


def test_without_vllm_the_engine_says_where_it_runs_and_nothing_is_imported() -> None:
    code = (
        "import asyncio, sys, verimill.pipelines.teachers.engine as e\n"
        "assert 'vllm' not in sys.modules\n"
        "try: asyncio.run(e.Engine.open('m'))\n"
        "except ValueError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "runs inside vLLM's own environment" in done.stdout, json.dumps([done.stdout, done.stderr])
