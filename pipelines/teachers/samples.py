"""One sample is one question put once to one teacher; its key holds all that shapes the answer and nothing else.

In the key: the model and its revision, the fingerprint of its chat template, the rendered messages, how it is
sampled, the seed, the number of the sample. Not in the key: the address of the server, timeouts, retries, how
many run at once. `max_tokens` is not in it either: a finished reply holds for any longer budget, and only a
truncated one is asked again (`Reply.holds`).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 1  # changes whenever the meaning of a logged sample changes
MAX_K = 10_000

Messages = tuple[tuple[str, str], ...]  # role, content


def compact(value: Any) -> str:
    """JSON text with sorted keys and no spaces, so that equal values have equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a teacher draws its replies."""

    temperature: float = 1.0
    """0..5; 0 takes the likeliest token."""
    top_p: float = 1.0
    """Above 0, at most 1."""
    max_tokens: int = 4096
    """1..1,000,000 tokens of reasoning and answer together."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the request, such as top_k or chat_template_kwargs."""

    def __post_init__(self) -> None:
        for name, low, high in (("temperature", 0, 5), ("top_p", 0, 1), ("max_tokens", 1, 1_000_000)):
            value = getattr(self, name)
            if isinstance(value, bool) or not math.isfinite(value) or not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value!r}")
        if self.top_p == 0:
            raise ValueError("top_p must be above 0, got 0")
        taken = {"model", "messages", "seed", "n", "max_tokens", "temperature", "top_p", "stream"} & set(self.extra)
        if taken:
            raise ValueError(f"extra sampling fields must not set {', '.join(sorted(taken))}")

    def shaping(self) -> dict[str, Any]:
        """What of it shapes a reply that came to its end."""
        return {"temperature": self.temperature, "top_p": self.top_p, **self.extra}

    def data(self) -> dict[str, Any]:
        """All of it, as the traces table stores it."""
        return {**self.shaping(), "max_tokens": self.max_tokens}


@dataclass(frozen=True, slots=True)
class Model:
    """Who is asked. `name` is the name that the server serves; `template` fingerprints its chat template."""

    name: str
    revision: str = ""
    template: str = ""
    reasoner: bool = False

    def shaping(self) -> list[str]:
        """What of it shapes a reply."""
        return [self.name, self.revision, self.template]


@dataclass(frozen=True, slots=True)
class Sample:
    """One request, before it is sent."""

    key: str
    problem: str
    number: int
    seed: int


@dataclass(slots=True)
class Question:
    """One problem as it is put to a teacher, with what its judge needs and what orders it."""

    problem: str
    family: str
    level: int
    messages: Messages
    verification: str
    expected: float = 0.0
    variant: str = "plain"
    split: str = ""
    aid: dict[str, Any] | None = None
    """What it was helped by, where it was (aids.py)."""


@dataclass(slots=True)
class Reply:
    """What came back for a sample: text, or the fault that ended it.

    `source` says where the reasoning was read: reasoning, reasoning_content, tags, or nothing. `allowed` is the
    max_tokens that was sent, or the model's context where a prompt did not fit it (`finish` is then window).
    `fault` is empty for a reply; else terminal, transient or poison, with `detail`.
    """

    text: str = ""
    reasoning: str = ""
    source: str = ""
    finish: str = "stop"
    allowed: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    seconds: float = 0.0
    tries: int = 1
    fault: str = ""
    detail: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def truncated(self) -> bool:
        """True where the budget of tokens ended it."""
        return self.finish == "length"

    def holds(self, allowed: int) -> bool:
        """True where asking again with `allowed` tokens would bring nothing better.

        A finished reply is kept for a shorter budget too: its tokens are paid for.
        """
        if self.fault == "transient":
            return False
        if self.truncated:
            return allowed <= self.allowed
        return True


def seed_of(run_seed: int, problem: str, teacher: str, number: int) -> int:
    """The seed of one sample, 31 bits: its own, and the same in every run."""
    text = f"{run_seed}\x1f{problem}\x1f{teacher}\x1f{number}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") >> 1


class Keys:
    """Makes samples of one teacher under one way of sampling; what is common to all keys is hashed once."""

    def __init__(self, model: Model, sampling: Sampling, run_seed: int = 0) -> None:
        self.model, self.sampling, self.run_seed = model, sampling, run_seed
        self._common = hashlib.sha256(compact([SCHEMA, model.shaping(), sampling.shaping()]).encode() + b"\n")

    def sample(self, question: Question, number: int) -> Sample:
        """Sample `number` of the question."""
        seed = seed_of(self.run_seed, question.problem, self.model.name, number)
        hashed = self._common.copy()
        hashed.update(compact([question.messages, seed, number]).encode())
        return Sample(hashed.hexdigest(), question.problem, number, seed)
