"""Reward functions in the call shapes of TRL, verl, OpenRLHF and SkyRL, and plain ones, over one judge.

Each takes the text of the `verification` column and gives 1.0 or 0.0. They hold no state and use no signals, so any
thread may call them. No completion makes them raise; a `verification` that is not ours does (ValueError).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from verimill.schemas.core import Verdict
from verimill.verifiers.judge import verify

Verification: TypeAlias = str | Mapping[str, Any]


def reply_text(completion: Any) -> str:
    """The text of a completion: text as it is, or the last assistant message of a list of messages."""
    if isinstance(completion, str):
        return completion
    messages = [completion] if isinstance(completion, Mapping) else completion
    if not isinstance(messages, Sequence):
        return ""
    for message in reversed(messages):
        if isinstance(message, Mapping) and message.get("role", "assistant") == "assistant":
            return _content(message.get("content"))
    return ""


def _content(content: Any) -> str:
    """A message's content, given as text or as a list of text parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        parts = (part.get("text") for part in content if isinstance(part, Mapping))
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def trl_reward(
    completions: Sequence[Any], verification: Sequence[Verification | None], **columns: Any
) -> list[float | None]:
    """TRL: one reward a completion; None for a row without a verification, which belongs to another reward."""
    return [
        None if not case else verify(case, reply_text(completion)).score
        for completion, case in zip(completions, verification, strict=True)
    ]


def compute_score(
    data_source: str, solution_str: str, ground_truth: Verification, extra_info: Any = None, **options: Any
) -> dict[str, float]:
    """verl: `score`, and two numbers for the log that every row has."""
    verdict = verify(ground_truth, reply_text(solution_str))
    return {"score": verdict.score, **_log(verdict)}


def reward_func(
    queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Verification], **options: Any
) -> dict[str, Any]:
    """OpenRLHF: `queries` hold prompt and response; rewards are tensors where torch is installed, else lists."""
    verdicts = [
        verify(label, query[len(prompt) :] if query.startswith(prompt) else query)
        for query, prompt, label in zip(queries, prompts, labels, strict=True)
    ]
    scores = [verdict.score for verdict in verdicts]
    logs = {name: _tensor([_log(v)[name] for v in verdicts]) for name in ("right", "unreadable")}
    return {"rewards": _tensor(scores), "scores": _tensor(scores), "extra_logs": logs}


def skyrl_step(action: str, extras: Mapping[str, Any]) -> dict[str, Any]:
    """SkyRL: what `step(action)` of a text environment returns; an episode is one reply.

    `extras` is the row: the verification is `extras["reward_spec"]["ground_truth"]`.
    """
    spec = extras.get("reward_spec")
    if not isinstance(spec, Mapping) or "ground_truth" not in spec:
        raise ValueError(f"a row must have reward_spec with ground_truth, got {spec!r:.60}")
    verdict = verify(spec["ground_truth"], reply_text(action))
    metadata = {"outcome": verdict.outcome, "reason": verdict.reason, **_log(verdict)}
    return {"observations": [], "reward": verdict.score, "done": True, "metadata": metadata}


def score(verification: Verification, completion: Any) -> float:
    """1.0 or 0.0, for a trainer of one's own and for graders that take one sample."""
    return verify(verification, reply_text(completion)).score


def score_batch(verifications: Sequence[Verification], completions: Sequence[Any]) -> list[Verdict]:
    """A verdict for each pair, in order."""
    return [verify(case, reply_text(completion)) for case, completion in zip(verifications, completions, strict=True)]


def _log(verdict: Verdict) -> dict[str, float]:
    return {"right": verdict.score, "unreadable": float(verdict.outcome == "unreadable")}


def _tensor(values: list[float]) -> Any:
    try:
        torch = importlib.import_module("torch")
    except ImportError:  # a scorer outside the trainer's environment
        return values
    return torch.tensor(values)
