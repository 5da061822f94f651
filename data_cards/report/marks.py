"""What was found of each line of a trace: it holds, it does not follow, or it was not checked.

An oracle's steps are numbered in its prose, and the row says which of them failed. The claims of another teacher are
read again, as they were when the row was written; where that finds other counts than the row has, nothing is marked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from verimill.verifiers.claims import PARSE, UNCHECKED, WRONG, Path, read_path
from verimill.verifiers.judge import read_case

RIGHT, BAD, UNKNOWN = "right", "wrong", "unchecked"
MAX_TEXT = 262_144  # characters of reasoning and reply together, as many as the row's own counts looked at
_STEP = re.compile(r"^(\d{1,5})\. ")


class Mark(NamedTuple):
    """Lines `first` to `last` (from 0, of reasoning and reply together) and what was found of them."""

    first: int
    last: int
    found: str
    note: str
    first_wrong: bool


def marks(verification: str, trace: Mapping[str, Any]) -> tuple[list[Mark], str]:
    """The marks of a trace, and why there are none where there are none."""
    if trace["steps_checked"] is None:
        return [], "no steps of this trace were checked"
    if trace["teacher"] == "oracle":
        return _numbered(trace)
    return _claimed(verification, trace)


def _numbered(trace: Mapping[str, Any]) -> tuple[list[Mark], str]:
    """One mark a numbered step, sub-steps included; what follows a wrong step was not checked on its own."""
    lines = trace["reasoning"].split("\n")
    starts = [(at, int(match[1])) for at, line in enumerate(lines) if (match := _STEP.match(line))]
    if [number for _, number in starts] != list(range(1, trace["steps_checked"] + 1)):
        return [], "the prose is not numbered as the checked steps are"
    ends = [at - 1 for at, _ in starts[1:]] + [len(lines) - 1]
    wrong = trace["first_wrong_step"]
    found = []
    for (at, number), end in zip(starts, ends, strict=True):
        state = RIGHT if wrong is None or number < wrong else BAD if number == wrong else UNKNOWN
        note = "does not follow" if state == BAD else ""
        found.append(Mark(at, end, state, note, number == wrong))
    return found, ""


def _claimed(verification: str, trace: Mapping[str, Any]) -> tuple[list[Mark], str]:
    right = trace["answer_read"] if trace["outcome"] == "right" else None
    try:
        path = read_path(read_case(verification), f"{trace['reasoning']}\n{trace['response']}"[:MAX_TEXT], right)
    except ValueError as error:
        return [], f"not read again: {error}"
    if path is None or (path.checked, path.wrong) != (trace["steps_checked"], trace["steps_wrong"]):
        return [], "this verimill reads other steps than the one that wrote the row"
    return _by_line(path), ""


def _by_line(path: Path) -> list[Mark]:
    """The worst that was found on each line that makes a claim."""
    first = next((claim for claim in path.claims if claim.verdict in WRONG), None)
    by: dict[int, list[Any]] = {}
    for claim in path.claims:
        by.setdefault(claim.line - 1, []).append(claim)
    found = []
    for line, claims in sorted(by.items()):
        bad = [claim for claim in claims if claim.verdict in WRONG]
        unknown = [claim for claim in claims if claim.verdict in (PARSE, UNCHECKED)]
        state = BAD if bad else UNKNOWN if unknown else RIGHT
        told = [f"{c.text}: {c.verdict}{': ' + c.reason if c.reason else ''}"[:200] for c in (bad or unknown or claims)]
        found.append(Mark(line, line, state, "; ".join(told[:3]), first in bad))
    return found
