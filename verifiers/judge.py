"""From a completion to a verdict: extract, read, then every rule in order.

One text column, `verification`, holds all that is needed: family, version, status and the problem. The
parsed problem of the last few thousand texts is kept, because a trainer scores many completions of one.
Nothing here raises on model text; a malformed `verification` raises ValueError, since that is our row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from verimill.schemas.core import STATUSES, Codec, Judge, Status, Verdict
from verimill.schemas.families import codec, constant
from verimill.schemas.values import MAX_TEXT, dump, load
from verimill.verifiers.extract import candidates
from verimill.verifiers.status_words import status_word


class Case(NamedTuple):
    """What a verification text says, parsed and validated."""

    codec: Codec[Any, Any, Any]
    judge: Judge[Any, Any]
    status: Status
    problem: Any


@lru_cache(maxsize=256)
def judge_of(family: str) -> Judge[Any, Any]:
    """The family's judge; ValueError for an unknown family."""
    found: Judge[Any, Any] = constant(family, "verifiers", "JUDGE")
    return found


def write_case(code: Codec[Any, Any, Any], problem: Any, status: Status = "one") -> str:
    """The verification text of a problem: compact JSON with sorted keys."""
    data = {"family": code.family, "version": code.version, "status": status, "problem": dump(problem)}
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def _case(verification: Any) -> Case:
    if isinstance(verification, str):
        if len(verification) > MAX_TEXT:
            raise ValueError(f"verification must be at most {MAX_TEXT} characters, got {len(verification)}")
        try:
            data = json.loads(verification)
        except (ValueError, RecursionError):
            raise ValueError(f"verification must be JSON, got {verification!r:.60}") from None
    else:
        data = verification
    if not isinstance(data, Mapping):
        raise ValueError(f"verification must be a JSON object, got {type(data).__name__}")
    missing = {"family", "version", "status", "problem"} - set(data)
    if missing:
        raise ValueError(f"verification lacks {', '.join(sorted(missing))}")
    code = codec(str(data["family"]))
    if data["version"] != code.version:
        raise ValueError(
            f"verification is of {code.family} version {data['version']!r:.20}, this verimill has {code.version}"
        )
    if data["status"] not in STATUSES:
        raise ValueError(f"status must be one of {', '.join(STATUSES)}, got {data['status']!r:.20}")
    return Case(code, judge_of(code.family), data["status"], load(code.problem, data["problem"]))


@lru_cache(maxsize=4096)
def _case_of_text(verification: str) -> Case:
    return _case(verification)


def read_case(verification: str | Mapping[str, Any]) -> Case:
    """The parsed verification (JSON text, or the object some loaders decode it to).

    Raises ValueError, one sentence, when it was tampered with or belongs to another version.
    """
    return _case_of_text(verification) if isinstance(verification, str) else _case(verification)


def verify(verification: str | Mapping[str, Any], completion: str) -> Verdict:
    """What `completion` is worth on the problem in `verification`. Never raises on any completion text."""
    case = read_case(verification)
    return judge_text(case, completion)


def judge_text(case: Case, completion: str) -> Verdict:
    """`verify` for a case already read."""
    why = "no answer was found"
    for text in candidates(completion, case.codec.shape):
        word = status_word(text)
        if word is not None and case.codec.unanswerable:
            return _judge_status(case, word)
        try:
            answer = case.codec.read(case.problem, text)
        except ValueError as error:
            why = str(error)
            continue
        return judge_answer(case, answer)
    return Verdict("unreadable", why)


def _judge_status(case: Case, word: Status) -> Verdict:
    if word == case.status:
        return Verdict("right", "", word)
    if case.status == "one":
        return Verdict("wrong", f"answerable: the problem has an answer, the reply says {word}", word)
    return Verdict("wrong", f"answerable: the problem has {case.status} solutions, the reply says {word}", word)


def judge_answer(case: Case, answer: Any) -> Verdict:
    """The verdict on an answer already read: the first broken rule, or right."""
    text = case.codec.write(answer)
    if case.status != "one":
        return Verdict("wrong", f"answerable: the right reply is {case.status}, got an answer", text)
    for rule in case.judge.rules:
        where = rule.broken(case.problem, answer)
        if where is not None:
            return Verdict("wrong", f"{rule.name}: {where}", text)
    return Verdict("right", "", text)
