"""What the reward server is asked, and what it answers: JSON in, verdicts out, no connection and no thread.

/score              {"items": [{"verification": ..., "completion": ..., "id": ...}]}
                    {"verdicts": [{"id", "outcome", "score", "reason", "answer"}]}, or "error" for an unusable item
/ and /get_reward   {"query": [...], "prompts": [...], "labels": [...]}   as OpenRLHF posts to its remote reward
                    {"rewards": [...], "scores": [...], "extra_logs": {...}}
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from verimill.schemas.core import Verdict
from verimill.verifiers.judge import verify
from verimill.verifiers.rewards import reply_text, score_batch

Made = tuple[dict[str, Any], Counter[str]]


class Refused(Exception):
    """A request that is answered with an error status and one sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; Refused for anything else."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, f"the body must be JSON, got {body[:40]!r}") from None
    if not isinstance(data, dict):
        raise Refused(400, f"the body must be a JSON object, got {type(data).__name__}")
    return data


def _series(data: Mapping[str, Any], name: str, most: int) -> list[Any]:
    found = data.get(name)
    if not isinstance(found, list):
        raise Refused(400, f"{name} must be a list, got {type(found).__name__}")
    if len(found) > most:
        raise Refused(413, f"{name} has at most {most} items, got {len(found)}")
    return found


def _score(data: Mapping[str, Any], most: int) -> Made:
    """Verdicts for `items`; an item that cannot be judged has an error in its place."""
    verdicts: list[dict[str, Any]] = []
    outcomes: Counter[str] = Counter()
    for item in _series(data, "items", most):
        found: dict[str, Any] = {}
        if isinstance(item, Mapping) and isinstance(item.get("id"), str | int):
            found["id"] = item["id"]
        try:
            verdict = _judged(item)
        except ValueError as error:  # not a reply's fault: the row that asks is malformed
            found |= {"error": str(error), "score": None}
            outcomes["error"] += 1
        else:
            found |= {"outcome": verdict.outcome, "score": verdict.score, "reason": verdict.reason,
                      "answer": verdict.answer}  # fmt: skip
            outcomes[verdict.outcome] += 1
        verdicts.append(found)
    return {"verdicts": verdicts}, outcomes


def _judged(item: Any) -> Verdict:
    if not isinstance(item, Mapping) or "verification" not in item or "completion" not in item:
        raise ValueError("an item must be an object with verification and completion")
    return verify(item["verification"], reply_text(item["completion"]))


def _openrlhf(data: Mapping[str, Any], most: int) -> Made:
    """Rewards in the shape that OpenRLHF reads."""
    queries = _series(data, "query", most)
    labels = _series(data, "labels", most)
    prompts = _series(data, "prompts", most) if data.get("prompts") is not None else [""] * len(queries)
    if not len(queries) == len(labels) == len(prompts):
        text = f"query, prompts and labels must be equally many, got {len(queries)}, {len(prompts)} and {len(labels)}"
        raise Refused(400, text)
    if not all(isinstance(text, str) for text in (*queries, *prompts)):
        raise Refused(400, "query and prompts must be texts")
    replies = [q[len(p) :] if q.startswith(p) else q for q, p in zip(queries, prompts, strict=True)]
    try:
        verdicts = score_batch(labels, replies)
    except ValueError as error:
        raise Refused(400, f"a label cannot be read: {error}") from None
    scores = [verdict.score for verdict in verdicts]
    unreadable = [float(verdict.outcome == "unreadable") for verdict in verdicts]
    logs = {"right": scores, "unreadable": unreadable}
    return {"rewards": scores, "scores": scores, "extra_logs": logs}, Counter(v.outcome for v in verdicts)


POSTS: Mapping[str, Callable[[Mapping[str, Any], int], Made]] = {
    "/score": _score,
    "/": _openrlhf,
    "/get_reward": _openrlhf,
}
