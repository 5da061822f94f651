"""vLLM's own engine in this process, asked as a server is, for batch nodes where no port may be opened.

It takes the same requests and gives the same replies as a server of the same model, so keys and rows do not tell
the two apart. Requests join the running batch one by one; nothing waits for a list. It runs inside vLLM's own
environment, which needs no orchestrator, and vllm is imported only when an engine is opened.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from itertools import count
from typing import Any

from verimill.pipelines.teachers.engine_facts import facts
from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.replies import assembled, clean
from verimill.pipelines.teachers.samples import Messages, Model, Reply
from verimill.pipelines.teachers.transport import Load

# Fields of a chat request that are sampling parameters of the engine under the same name.
FIELDS = (
    "temperature", "top_p", "top_k", "min_p", "seed", "max_tokens", "min_tokens", "presence_penalty",
    "frequency_penalty", "repetition_penalty", "stop", "stop_token_ids", "ignore_eos",
)  # fmt: skip
PASSED = ("model", "messages", "stream", "stream_options", "chat_template_kwargs", "add_generation_prompt",
          "continue_final_message")  # fmt: skip


def require_vllm() -> None:
    """vllm can be imported; ValueError says where the engine runs otherwise."""
    if find_spec("vllm") is None:
        raise ValueError(
            "the engine teacher runs inside vLLM's own environment, and this Python has no vllm: "
            "pip install 'verimill[vllm]' into one of its own, or ask a server with --base-url"
        )


class Engine:
    """A running engine with the face of a server. To be opened and closed inside a running event loop."""

    def __init__(self, engine: Any, tokenizer: Any, folder: str, name: str, parser: Any = None) -> None:
        self._engine, self._tokenizer, self._parser = engine, tokenizer, parser
        self.folder, self.name = folder, f"engine:{name}"
        self.model = Model(name)
        self._config = engine.model_config
        self._slots = int(engine.vllm_config.scheduler_config.max_num_seqs)
        self._defaults = dict(self._config.get_diff_sampling_param())  # what a server of this model starts from
        self._numbers = count()
        self._open = 0
        self._rendered = lru_cache(maxsize=1024)(self._render)  # the samples of a problem share one prompt

    @classmethod
    async def open(cls, folder: str, name: str = "", flags: Mapping[str, Any] | None = None) -> Engine:
        """An engine that is ready; ValueError where vllm is missing or a flag is not one of its own."""
        require_vllm()
        from vllm import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        told = {flag.lstrip("-").replace("-", "_"): value for flag, value in (flags or {}).items()}
        parser = told.pop("reasoning_parser", None)
        try:
            arguments = AsyncEngineArgs(model=folder, **told)
        except TypeError as error:
            raise ValueError(f"the engine does not take these flags: {error}") from None
        engine = AsyncLLM.from_engine_args(arguments)
        tokenizer = engine.get_tokenizer()
        if inspect.isawaitable(tokenizer):
            tokenizer = await tokenizer
        return cls(engine, tokenizer, folder, name or folder, _reasoning_parser(parser, tokenizer))

    def facts(self) -> dict[str, str]:
        """Precision, parallelism and hardware of this engine."""
        from vllm import __version__

        config = self._engine.vllm_config
        told = {
            "engine": "vllm", "engine_version": __version__, "dtype": config.model_config.dtype,
            "quantization": config.model_config.quantization, "kv_cache_dtype": config.cache_config.cache_dtype,
            "tensor_parallel_size": config.parallel_config.tensor_parallel_size,
            "device_config": config.device_config.device_type,
        }  # fmt: skip
        return facts({name: str(value) for name, value in told.items()})

    async def close(self) -> None:
        """The engine and its processes are gone."""
        engine, self._engine = self._engine, None  # the last reference goes now, while its own module still stands
        engine.shutdown()

    def _render(self, messages: str, extra: str) -> list[int]:
        shown = json.loads(messages)
        begun = shown[-1]["role"] == "assistant"
        ids = self._tokenizer.apply_chat_template(
            shown, add_generation_prompt=not begun, continue_final_message=begun, tokenize=True, return_dict=False,
            **json.loads(extra),
        )  # fmt: skip
        return [int(token) for token in ids]

    def _parameters(self, request: Mapping[str, Any]) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        strange = sorted(set(request) - {*FIELDS, *PASSED})
        if strange:
            raise Fault(400, f"the engine takes no field {', '.join(strange)}; a server may")
        told = self._defaults | {name: request[name] for name in FIELDS if name in request}
        try:
            return SamplingParams(**told, output_kind=RequestOutputKind.FINAL_ONLY)
        except (ValueError, TypeError) as error:
            raise Fault(400, clean(str(error))) from None

    async def send(self, body: bytes, stall: float | None = None) -> Reply:
        """As in Server. A cancelled request leaves the engine's batch at once."""
        from vllm.v1.engine.exceptions import EngineDeadError

        request = json.loads(body)
        parameters = self._parameters(request)
        ids = self._rendered(json.dumps(request["messages"]), json.dumps(request.get("chat_template_kwargs") or {}))
        room = int(self._config.max_model_len) - len(ids)
        if parameters.max_tokens > room:
            raise Fault(400, f"{len(ids)} tokens of prompt leave {room} of the context, {parameters.max_tokens} wanted")
        began, last = time.monotonic(), None
        self._open += 1
        try:
            async for out in self._engine.generate({"prompt_token_ids": ids}, parameters, f"v{next(self._numbers)}"):
                last = out
        except EngineDeadError as error:
            raise Fault("refused", f"the engine died: {clean(str(error))}") from None
        except ValueError as error:
            raise Fault(400, clean(str(error))) from None
        finally:
            self._open -= 1
        if last is None or not last.outputs:
            raise Fault("reset", "the engine gave no output")
        done = last.outputs[0]
        usage = {"prompt_tokens": len(ids), "completion_tokens": len(done.token_ids)}
        reasoning, content = self._split(done.text)
        reply = assembled(
            {"reasoning": reasoning}, content, done.finish_reason or "stop", usage, None, self.model.reasoner
        )
        reply.seconds = time.monotonic() - began
        return reply

    def _split(self, text: str) -> tuple[str, str]:
        if self._parser is None:
            return "", text
        reasoning, content = self._parser(text)
        return reasoning or "", content or ""

    async def alive(self) -> bool:
        """As in Server."""
        return self._engine is not None and not self._engine.errored

    async def load(self) -> Load | None:
        """As in Server: what runs at most fills the engine's slots, the rest waits."""
        running = min(self._open, self._slots)
        return Load(float(running), float(self._open - running))

    async def tokens(self, messages: Messages) -> list[int] | None:
        """Token ids of the rendered prompt."""
        shown = [{"role": role, "content": content} for role, content in messages]
        try:
            return self._render(json.dumps(shown), "{}")
        except Exception as error:  # a chat template is a program of the model's own, and may raise what it likes
            if type(error).__module__.startswith("jinja2"):
                return None
            raise

    async def count_tokens(self, messages: Messages) -> int | None:
        """As in Server."""
        found = await self.tokens(messages)
        return None if found is None else len(found)

    async def get(self, path: str, root: bool = False) -> tuple[int, bytes]:
        """What the probe asks a server: the list of models and the version."""
        if path == "/models":
            card = {"id": self.model.name, "root": self.folder, "owned_by": "vllm"}
            data: Any = {"data": [{**card, "max_model_len": int(self._config.max_model_len)}]}
        elif path == "/version":
            from vllm import __version__

            data = {"version": __version__}
        else:
            return 404, b"{}"
        return 200, json.dumps(data).encode()


def _reasoning_parser(name: str | None, tokenizer: Any) -> Any:
    """A function from text to (reasoning, content), the one that a server with this parser uses; None without."""
    if not name:
        return None
    from vllm.reasoning import ReasoningParserManager

    parser = ReasoningParserManager.get_reasoning_parser(name)(tokenizer)
    return lambda text: parser.extract_reasoning(text, None)
