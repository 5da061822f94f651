"""The engine in a process of another environment answers as one in this process would, shown with a stand-in for vLLM.

The stand-in is a real virtual environment whose `vllm` package prints, answers, hangs and dies on demand.
"""

from __future__ import annotations

import asyncio
import sysconfig
import venv
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from verimill.pipelines.teachers.environments import NotServing
from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.kinds import Loaded, Opened, opened, while_served
from verimill.pipelines.teachers.probe import probe
from verimill.pipelines.teachers.samples import Model, Sampling
from verimill.pipelines.teachers.transport import request_body, request_head
from verimill.pipelines.teachers.watching import ServerGone

VLLM = """
import asyncio, os, sys
from types import ModuleType, SimpleNamespace as Names
print("a line on standard output that must not come between")
__version__ = "0.0.1"
class AsyncEngineArgs:
    def __init__(self, model, max_model_len=600): self.model, self.size = model, max_model_len
class SamplingParams:
    def __init__(self, **told): self.told, self.max_tokens = told, told["max_tokens"]
class Tokenizer:
    def apply_chat_template(self, messages, **told): return [ord(c) for m in messages for c in m["content"]]
class AsyncLLM:
    errored = False
    def __init__(self, told):
        self.live = set()
        self.model_config = Names(max_model_len=told.size, get_diff_sampling_param=lambda: {})
        self.vllm_config = Names(
            scheduler_config=Names(max_num_seqs=4), model_config=Names(dtype="float32", quantization=None),
            cache_config=Names(cache_dtype="auto"), parallel_config=Names(tensor_parallel_size=1),
            device_config=Names(device_type="cpu"))
    from_engine_args = classmethod(lambda cls, told: cls(told))
    def get_tokenizer(self): return Tokenizer()
    def shutdown(self): print("shut down", file=sys.stderr, flush=True)
    async def generate(self, prompt, parameters, number):
        text = "".join(map(chr, prompt["prompt_token_ids"]))
        if "die" in text:
            print("out of memory", file=sys.stderr, flush=True)
            os._exit(9)
        self.live.add(number)
        try:
            await asyncio.sleep(60 if "hang" in text else 0.01)
            said = f"<think>{len(self.live)}</think>Answer: {parameters.told['seed']}"
            yield Names(outputs=[Names(text=said, token_ids=[1, 2], finish_reason="stop")])
        finally:
            self.live.discard(number)
for name, held in {
    "sampling_params": {"RequestOutputKind": Names(FINAL_ONLY="final")}, "v1": {}, "v1.engine": {},
    "v1.engine.async_llm": {"AsyncLLM": AsyncLLM}, "v1.engine.exceptions": {"EngineDeadError": RuntimeError},
}.items():
    module = sys.modules["vllm." + name] = ModuleType("vllm." + name)
    vars(module).update(held)
"""
MODEL = Model("tiny", reasoner=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with verimill and the stand-in."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    site = next(home.glob("lib/python3*/site-packages"))
    (site / "vllm").mkdir()
    (site / "vllm" / "__init__.py").write_text(VLLM)
    info = site / "vllm-0.0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm\nVersion: 0.0.1\n")
    (site / "ours.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    return home


def asked(home: Path, log: Path, use: Callable[[Opened], Awaitable[Any]], **flags: Any) -> Any:
    async def run() -> Any:
        async with opened(Loaded("folder/m", "tiny", flags, str(home), ready_s=60), MODEL, log, print) as teacher:
            return await use(teacher)

    return asyncio.run(run())


def body(text: str, seed: int) -> bytes:
    return request_body(request_head(MODEL, (("user", text),), Sampling(0.5, 1.0, 50)), seed, 50)


def test_replies_counts_and_facts_come_over_the_pipe(home: Path, tmp_path: Path) -> None:
    async def use(teacher: Opened) -> Any:
        (engine,) = teacher.servers
        replies = await asyncio.gather(*(engine.send(body("2 + 3", seed)) for seed in range(20)))
        found = await probe(teacher.servers, MODEL, Sampling(0.5, 1.0, 50))
        return replies, found, await engine.count_tokens((("user", "2 + 3"),)), teacher.facts(), await engine.load()

    replies, found, tokens, facts, load = asked(home, tmp_path, use, max_model_len=700)
    assert [reply.text for reply in replies] == [f"Answer: {seed}" for seed in range(20)]
    assert {reply.source for reply in replies} == {"tags"} and max(int(reply.reasoning) for reply in replies) > 1
    assert (found.model.name, found.window, tokens, load.running) == ("tiny", 700, 5, 0)
    assert facts["dtype"] == "float32" and len(found.model.template) == 16
    log = (tmp_path / "vllm.log").read_text()
    assert "must not come between" in log and log.rstrip().endswith("shut down")


def test_a_cancelled_request_leaves_the_engine_and_a_refused_one_is_a_fault(home: Path, tmp_path: Path) -> None:
    async def use(teacher: Opened) -> Any:
        (engine,) = teacher.servers
        task = asyncio.ensure_future(engine.send(body("hang", 1)))
        while (load := await engine.load()) is None or load.running < 1:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        while (load := await engine.load()) is None or load.running > 0:
            await asyncio.sleep(0.01)
        with pytest.raises(Fault) as long:
            await engine.send(body("x" * 700, 1))
        return long.value.word, (await engine.send(body("2", 7))).text

    assert asked(home, tmp_path, use) == (400, "Answer: 7")


def test_an_engine_that_dies_ends_the_asking_with_its_log(home: Path, tmp_path: Path) -> None:
    async def use(teacher: Opened) -> None:
        (engine,) = teacher.servers

        async def work() -> None:
            with pytest.raises(Fault, match="ended"):
                await engine.send(body("die", 1))
            assert not await engine.alive()
            await asyncio.sleep(60)

        await while_served(teacher, work())

    with pytest.raises(ServerGone, match=r"ended with code 9; the end of .*vllm.log:\n(.*\n)*  out of memory"):
        asked(home, tmp_path, use)


def test_what_keeps_the_engine_from_loading_is_one_sentence(home: Path, tmp_path: Path) -> None:
    async def nothing(teacher: Opened) -> None: ...

    with pytest.raises(NotServing, match=r"cannot be asked: the engine does not take these flags: .*swap"):
        asked(home, tmp_path, nothing, swap=1)
    bare = tmp_path / "bare"
    venv.create(bare, with_pip=False)
    with pytest.raises(NotServing, match="has no vllm: install it there"):
        asked(bare, tmp_path, nothing)


def test_a_server_of_ours_that_is_given_up_ends_the_asking_at_once() -> None:
    class GivenUp:
        failure = "the vLLM server ended with code 7, after 3 restarts"

    async def never() -> None:
        await asyncio.Event().wait()

    with pytest.raises(ServerGone, match=r"code 7, after 3 restarts\nrun the same command again"):
        asyncio.run(while_served(Opened([], "", cast(Any, GivenUp())), never()))
