"""Before any sample: every server is there, serves the model, and answers as it was declared to.

Whatever is wrong is one sentence that says what was wanted, what was found, and what to do. One short request
is sent to each server, with the sampling that will be used.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.kinds import Serving
from verimill.pipelines.teachers.replies import server_text
from verimill.pipelines.teachers.samples import Model, Question, Sampling
from verimill.pipelines.teachers.transport import KEY_VARIABLE, request_body, request_head

TRIAL = (("user", "What is 17 + 25? Think step by step, then end with a line `Answer: ` and the number."),)
TRIAL_TOKENS = 512
TRIAL_S = 300.0
FINGERPRINTED = (("system", "s"), ("user", "u"), ("assistant", "a"), ("user", "v"))


@dataclass(frozen=True, slots=True)
class Found:
    """What the servers say of the model. `window` 0: they do not say. `reported` goes into provenance."""

    model: Model
    window: int
    overhead: int
    metrics: bool
    reported: dict[str, Any]


async def probe(
    servers: Sequence[Serving], model: Model, sampling: Sampling, key_variable: str = KEY_VARIABLE
) -> Found:
    """What all servers agree on; ValueError, one sentence, where one cannot be used."""
    found = [await _one(server, model, sampling, key_variable) for server in servers]
    first = found[0]
    for server, other in zip(servers[1:], found[1:], strict=True):
        for what, mine, theirs in (
            ("model", first.model.name, other.model.name),
            ("chat template or tokenizer", first.model.template, other.model.template),
        ):
            if mine != theirs:
                raise ValueError(
                    f"the servers {servers[0].name} and {server.name} must serve one teacher, but their {what} "
                    f"differs: {mine or 'unknown'} and {theirs or 'unknown'}"
                )
    windows = [one.window for one in found if one.window]
    return replace(first, window=min(windows, default=0), metrics=all(one.metrics for one in found))


async def _one(server: Serving, model: Model, sampling: Sampling, key_variable: str) -> Found:
    card = await card_of(server, model.name, key_variable)
    model = replace(model, name=card["id"])
    server.model = model
    window = card.get("max_model_len")
    window = window if type(window) is int and window > 0 else 0
    tokens = await server.tokens(FINGERPRINTED)
    if tokens is not None and not model.template:
        model = replace(model, template=hashlib.sha256(json.dumps(tokens).encode()).hexdigest()[:16])
    elif tokens is None:
        tokens = await server.tokens((("user", "u"),))  # some templates take no system message
    await _trial(server, model, sampling, window)
    version = await _version(server)
    reported = {name: card[name] for name in ("root", "created", "owned_by") if card.get(name) is not None}
    reported.pop("created", None)  # the moment the server started, not of the model
    metrics = await server.load() is not None
    return Found(model, window, max(64, len(tokens or ()) + 32), metrics, {**reported, **version})


async def card_of(server: Serving, wanted: str, key_variable: str) -> dict[str, Any]:
    """What the server says of the model; ValueError where it is not there or does not serve it."""
    try:
        status, body = await server.get("/models")
    except Fault as fault:
        raise ValueError(
            f"no server answers at {server.name} ({fault.text}); start one, for example `vllm serve MODEL`, "
            "or name another with --base-url"
        ) from None
    if status in (401, 403):
        raise ValueError(f"the server at {server.name} wants an API key (HTTP {status}); set {key_variable}")
    try:
        if status != 200:
            raise TypeError
        cards: dict[str, dict[str, Any]] = {str(card["id"]): dict(card) for card in json.loads(body)["data"]}
    except (ValueError, TypeError, KeyError):
        raise ValueError(
            f"{server.name} must be the base URL of an OpenAI-compatible server; its /models answers HTTP {status}: "
            f"{server_text(body)[:120]}"
        ) from None
    names = sorted(cards)
    if not wanted and len(names) == 1:
        return cards[names[0]]
    if wanted not in cards:
        served = ", ".join(names[:8]) or "no model"
        got = f"not {wanted!r:.100}" if wanted else "so --model must name one"
        raise ValueError(f"the server at {server.name} serves {served}, {got}")
    return cards[wanted]


async def _trial(server: Serving, model: Model, sampling: Sampling, window: int) -> None:
    """One request as the samples will be, short: it is accepted, and a reasoner reasons."""
    allowed = min(TRIAL_TOKENS, sampling.max_tokens, window // 2 or TRIAL_TOKENS) if model.reasoner else 1
    try:
        body = request_body(request_head(model, TRIAL, sampling), 1, allowed)
        reply = await asyncio.wait_for(server.send(body), TRIAL_S)
    except TimeoutError:
        raise ValueError(f"the server at {server.name} gave no reply to a short request within {TRIAL_S:g} s") from None
    except Fault as fault:
        raise ValueError(
            f"the server at {server.name} does not take a request like those to come: {fault.text}"
        ) from None
    if model.reasoner and not reply.reasoning.strip():
        raise ValueError(
            f"{model.name} is declared a reasoner, but its reply holds no reasoning: neither `reasoning`, nor "
            "`reasoning_content`, nor think tags; start the server with its reasoning parser, or leave out --reasoner"
        )
    if sampling.extra.get("logprobs") and "logprob_mean" not in reply.extra:
        raise ValueError(f"the server at {server.name} gives no log-probabilities, though logprobs are asked for")


async def _version(server: Serving) -> dict[str, Any]:
    try:
        status, body = await server.get("/version", root=True)
        version = json.loads(body)["version"] if status == 200 else None
    except (Fault, ValueError, KeyError, TypeError):
        return {}
    return {"server_version": version} if isinstance(version, str) else {}


async def too_long(
    server: Serving, questions: Iterable[Question], found: Found, least: int, margin: int
) -> tuple[int, int, int]:
    """(prompts that leave no room in the window, all prompts, tokens of the longest counted).

    Only prompts that have more bytes than the window has tokens are counted by the server.
    """
    room = found.window - least - margin
    over, whole, longest = 0, 0, 0
    for question in questions:
        whole += 1
        size = sum(len(role) + len(text.encode()) for role, text in question.messages) + found.overhead
        if not found.window or size <= room:
            continue
        counted = await server.count_tokens(question.messages)
        tokens = counted if counted is not None else size // 3
        longest = max(longest, tokens)
        over += tokens > room
    return over, whole, longest
