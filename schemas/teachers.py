"""The `teachers:` of a recipe: who is asked, how, and how often. An API key has no place in it.

What shapes a sample (model, revision, sampling, system message) and what does not (addresses, how many at once) stand
side by side here; `shaping` tells them apart, so that another address never means other samples.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

KEY_VARIABLE = "VERIMILL_API_KEY"
ORACLE = "oracle"
_WORDS = r"api[_-]?key|key|secret|password|passwd|authorization|bearer|(?:hf|auth|access)[_-]?token"
_SECRET = re.compile(rf"(?:^|[^a-z])(?:{_WORDS})(?:$|[^a-z])")
_KEYLIKE = re.compile(r"(?:sk|hf|gsk|key)[-_][A-Za-z0-9_-]{16,}|Bearer\s+\S{8,}")


def _variable(value: Any) -> Any:
    # the value is not shown: it may be the key itself
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z][A-Z0-9_]{0,79}", value):
        raise ValueError(f"must name an environment variable, such as {KEY_VARIABLE}, and not hold the key itself")
    return value


def _url(value: Any) -> Any:
    # neither is this one: a URL may hold a user and a password
    if not isinstance(value, str) or not re.fullmatch(r"https?://[A-Za-z0-9._\[\]:-]+(/[\w./-]*)?", value):
        raise ValueError("must be a base URL such as http://127.0.0.1:8000/v1, without key, user or query")
    return value.rstrip("/")


def _band(value: Any) -> Any:
    if isinstance(value, str):
        low, dots, high = value.partition("..")
        try:
            value = [float(low), float(high)] if dots else value
        except ValueError:
            pass
    if not (isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value)):
        raise ValueError(f"must be two pass rates such as 0.2..0.8, got {value!r:.40}")
    if not 0 <= value[0] < value[1] <= 1:
        raise ValueError(f"must be two pass rates in 0..1, the lower first, got {value[0]:g}..{value[1]:g}")
    return [float(v) for v in value]


def _budget(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


Url = Annotated[str, BeforeValidator(_url)]
Variable = Annotated[str, BeforeValidator(_variable)]
TeacherName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,59}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SamplingEntry(_Model):
    """How a teacher draws its replies."""

    temperature: float = Field(default=1.0, ge=0.0, le=5.0)
    """0 always takes the likeliest token."""
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    """Only the likeliest tokens that make up this much."""
    max_tokens: int = Field(default=4096, ge=1, le=1_000_000)
    """Tokens of reasoning and answer together, 1..1,000,000."""
    extra: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the request, such as top_k or chat_template_kwargs."""


class BudgetEntry(_Model):
    """How many samples a problem gets; `k` stands beside it."""

    name: Literal["fixed", "uniform", "difficulty", "band", "exactly"] = "fixed"
    """k each; until k are right; more where it is harder; until a pass rate is sure; so many right ones."""
    cap: int = Field(default=0, ge=0, le=10_000)
    """Most samples of one problem; 0 is the budget's own."""
    wanted: int = Field(default=0, ge=0)
    """Right traces in each family and level, for `exactly`."""
    band: Annotated[list[float], BeforeValidator(_band)] = Field(default=[0.2, 0.8])
    """The pass rates wanted, for `band`: 0.2..0.8."""
    least: float = Field(default=0.05, ge=0.0, lt=1.0)
    """The pass rate that is worth going on for."""

    @model_validator(mode="after")
    def _exactly(self) -> BudgetEntry:
        if (self.name == "exactly") != (self.wanted > 0):
            raise ValueError("the budget exactly needs wanted, a number of right traces, and no other budget takes it")
        return self


class TeacherEntry(_Model):
    """One teacher of a recipe."""

    name: TeacherName
    """What the rows call it."""
    kind: Literal["openai", "managed", "engine"] = "openai"
    """A server that is there, one that verimill starts, or the engine of vLLM without a server."""
    model: str = ""
    """The name under which it is served; not needed where the server serves one."""
    revision: str = ""
    """The model's revision; it is part of every sample's key."""
    template: str = ""
    """The hash of the chat template; found by the probe where it is not given, and part of the key too."""
    reasoner: bool = False
    """It must give reasoning apart from its reply; a probe fails early where it does not."""
    base_urls: list[Url] = Field(default_factory=list)
    """Servers of this one model, such as http://127.0.0.1:8000/v1."""
    api_key_variable: Variable = KEY_VARIABLE
    """The environment variable that holds the key, for openai."""
    python: str = ""
    """The environment with vLLM, for managed and engine: its python, or the folder that holds bin/python."""
    weights: str = ""
    """What vLLM loads, a folder or a name; `model` where empty."""
    flags: dict[str, Any] = Field(default_factory=dict)
    """Further options of vLLM, for managed and engine."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Environment variables of the server that is started."""
    ready_s: float = Field(default=600.0, ge=1.0, le=86_400.0)
    """Seconds that a started server has until it answers."""
    restarts: int = Field(default=3, ge=0, le=100)
    """Times that a server that died is started again."""
    sampling: SamplingEntry = Field(default_factory=SamplingEntry)
    """How replies are drawn."""
    k: int = Field(default=4, ge=1, le=10_000)
    """Samples of one problem; with some budgets, right ones."""
    budget: Annotated[BudgetEntry, BeforeValidator(_budget)] = Field(default_factory=BudgetEntry)
    """A name, or a mapping with the fields below."""
    splits: Annotated[list[str], Field(min_length=1)] | None = None
    """Only problems of these; of all by default."""
    families: Annotated[list[str], Field(min_length=1)] | None = None
    """Only problems of these; of all by default."""
    limit: int | None = Field(default=None, ge=1)
    """Only the first problems of the dataset, those of the splits and families above."""
    system: str = ""
    """A system message before every prompt."""
    lengths: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None
    """Words wanted at level 1 and at level 10."""
    hints: int = Field(default=0, ge=0, le=4)
    """Rungs of help for a problem that no sample solves, 0..4."""
    continue_right: bool = False
    """Let it go on from the last right step of a wrong sample."""
    seed: int = Field(default=0, ge=0, le=2**53)
    """The same seed, the same requests."""
    in_flight: int = Field(default=0, ge=0, le=4096)
    """Requests at once for each server; 0 follows its metrics."""
    queue_s: float = Field(default=30.0, ge=0.1)
    """Seconds that an answer may wait in the server's queue; part of its deadline."""
    slowest: float = Field(default=1.0, ge=0.001)
    """Tokens a second that a deadline allows for, until the server's speed is measured."""
    stall_s: float | None = Field(default=None, ge=0.1)
    """Seconds without a byte of a streamed reply after which it is given up; without it replies are not streamed."""
    patience_s: float = Field(default=300.0, ge=0.0)
    """Seconds without an answer from any server after which the build ends, to be resumed."""

    @model_validator(mode="before")
    @classmethod
    def _no_key(cls, data: Any) -> Any:
        found = _secret(data)
        if found:
            raise ValueError(f"{found} looks like an API key, which has no place in a recipe: set the environment "
                             f"variable {KEY_VARIABLE}, or name another one with api_key_variable")  # fmt: skip
        return data

    @model_validator(mode="after")
    def _hangs_together(self) -> TeacherEntry:
        if self.name == ORACLE:
            raise ValueError("a teacher must not be called oracle; the oracle's traces are asked for under `traces:`")
        wanted = {"openai": ("base_urls",), "managed": ("python",), "engine": ("python",)}[self.kind]
        for field in wanted:
            if not getattr(self, field):
                raise ValueError(f"a teacher of kind {self.kind} needs {field}")
        foreign = {"openai": ("python", "weights", "flags", "environment")}.get(self.kind, ("base_urls",))
        for field in foreign:
            if getattr(self, field):
                raise ValueError(f"a teacher of kind {self.kind} takes no {field}")
        if self.kind != "openai" and not (self.weights or self.model):
            raise ValueError(f"a teacher of kind {self.kind} needs weights, what vLLM is to load")
        if self.budget.cap and self.budget.cap < self.k and self.budget.name in ("uniform", "difficulty"):
            raise ValueError(f"cap must be at least k = {self.k}, got {self.budget.cap}")
        if len(set(self.base_urls)) < len(self.base_urls):
            raise ValueError("each base URL must be given once")
        return self

    @property
    def served(self) -> str:
        """The name in requests and keys; empty where the server is to be asked for it."""
        return self.model or self.weights

    @property
    def shaping(self) -> str:
        """A hash of all that decides which samples there are and what their rows hold."""
        data = self.model_dump(mode="json", exclude=set(_INDIFFERENT))
        text = json.dumps([data, self.served], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


_INDIFFERENT = (
    "kind", "model", "weights", "base_urls", "api_key_variable", "python", "flags", "environment", "ready_s",
    "restarts", "in_flight", "queue_s", "slowest", "stall_s", "patience_s",
)  # fmt: skip


def _secret(data: Any) -> str:
    """The name of the first value that looks like a key; the value itself is never told."""
    if not isinstance(data, Mapping):
        return ""
    for name, value in data.items():
        told = str(name)
        if told == "api_key_variable":
            continue  # has a check, and a sentence, of its own
        if isinstance(value, Mapping):
            inner = _secret(value)
            if inner:
                return f"{told}.{inner}"
        words = _SECRET.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", told).lower().replace("tokens", ""))
        if words and told != "name" and value not in (None, False, ""):
            return told
        values = value if isinstance(value, list) else [value]
        if any(isinstance(one, str) and _KEYLIKE.search(one) for one in values):
            return told
    return ""
