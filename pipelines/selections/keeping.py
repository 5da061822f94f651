"""Traces picked within a problem: by path, by length, by style, by difference, by failed branches."""

from __future__ import annotations

import json
import re

from verimill.pipelines.exports.search_traces import branches_of
from verimill.pipelines.exports.shapes import steps_of
from verimill.pipelines.selections.likeness import distance, words_of
from verimill.pipelines.selections.protocol import (
    Choice,
    Group,
    Row,
    Selection,
    Survey,
    drop_problem,
    keep_best,
    length,
    right,
)
from verimill.schemas.selections import Diverse, FewestFailed, RightPath, Shortest, Traced, TraceScore, Wrong

NOT_RIGHT = "its answer is not right"


def traced(group: Group, knobs: Traced, survey: Survey) -> Choice:
    """Problems with at least so many traces."""
    if len(group.traces) >= knobs.least:
        return Choice()
    return drop_problem(f"{len(group.traces)} traces are left, wanted at least {knobs.least}")


def right_path(group: Group, knobs: RightPath, survey: Survey) -> Choice:
    """Traces that CoT-Pass@K counts: the answer is right and every step that was read follows."""
    lost = {}
    for trace in group.traces:
        if not right(trace):
            lost[trace["id"]] = NOT_RIGHT
        elif trace["steps_wrong"]:
            at = trace["first_wrong_step"]
            lost[trace["id"]] = f"{trace['steps_wrong']} of {trace['steps_checked']} steps do not follow, first {at}"
        elif (trace["steps_checked"] or 0) < knobs.steps:
            lost[trace["id"]] = f"{trace['steps_checked'] or 0} steps could be checked, wanted {knobs.steps}"
    return Choice(lost=lost)


def shortest(group: Group, knobs: Shortest, survey: Survey) -> Choice:
    """The shortest right traces in characters, as short-m@k prefers them."""
    ranked = sorted(filter(right, group.traces), key=length)
    return keep_best(group, ranked, knobs.keep, lambda trace: f"longer, {length(trace)[0]} characters", NOT_RIGHT)


_CHECKS = re.compile(r"\b(?:check\w*|verif\w+)\b", re.I)
_EXPLORES = re.compile(r"\b(?:perhaps|might|maybe|alternatively)\b", re.I)
_JOINS = re.compile(r"\b(?:therefore|since|because|thus|hence|so)\b", re.I)


def scored(trace: Row, knobs: TraceScore) -> float:
    """LIMO's score: length, and words of checking, exploring and joining for each hundred words."""
    text = f"{trace['reasoning']}\n{trace['response']}"
    count = len(text.split())
    per = 100 / count if count else 0.0
    shares = [min(1.0, len(pattern.findall(text)) * per / 10) for pattern in (_CHECKS, _EXPLORES, _JOINS)]
    weights = knobs.checks, knobs.exploration, knobs.connectives
    return knobs.elaboration * min(1.0, count / 2_000) + sum(w * s for w, s in zip(weights, shares, strict=True))


def trace_score(group: Group, knobs: TraceScore, survey: Survey) -> Choice:
    """The right traces with the best score; of equal ones the shortest."""
    scores = {trace["id"]: round(scored(trace, knobs), 9) for trace in group.traces if right(trace)}
    ranked = sorted(filter(right, group.traces), key=lambda trace: (-scores[trace["id"]], length(trace)))
    return keep_best(group, ranked, knobs.keep, lambda trace: f"score {scores[trace['id']]:.3f}", NOT_RIGHT)


def diverse(group: Group, knobs: Diverse, survey: Survey) -> Choice:
    """The shortest right trace, then again and again the one that is farthest from all kept so far."""
    left = sorted(filter(right, group.traces), key=length)
    texts = {trace["id"]: words_of(f"{trace['reasoning']}\n{trace['response']}") for trace in left}
    near = dict.fromkeys(texts, 1.0)
    kept: list[Row] = []
    while left and len(kept) < knobs.keep:
        best = max(left, key=lambda trace: near[trace["id"]]) if kept else left[0]
        if kept and near[best["id"]] < knobs.distance:
            break
        kept.append(best)
        left.remove(best)
        for trace in left:
            near[trace["id"]] = min(near[trace["id"]], distance(texts[trace["id"]], texts[best["id"]]))
    return keep_best(
        group, kept + left, len(kept), lambda trace: f"distance {near[trace['id']]:.3f} to those kept", NOT_RIGHT
    )


def failed_share(trace: Row) -> float | None:
    """The trace's failed-step fraction: read from its path, or of the oracle's steps; None where neither is known."""
    path = json.loads(trace["provenance"]).get("path")
    if isinstance(path, dict) and isinstance(path.get("failed_steps"), int | float):
        return float(path["failed_steps"])
    steps = steps_of(trace)
    if not steps:
        return None
    _, inside = branches_of(steps)
    return inside / (inside + len(steps))


def fewest_failed(group: Group, knobs: FewestFailed, survey: Survey) -> Choice:
    """The right traces with the least share of failed steps; of equal ones the shortest."""
    shares = {trace["id"]: failed_share(trace) for trace in group.traces if right(trace)}
    known = {name: share for name, share in shares.items() if share is not None}
    good = [trace for trace in group.traces if known.get(trace["id"], 2.0) <= knobs.most]
    ranked = sorted(good, key=lambda trace: (known[trace["id"]], length(trace)))
    choice = keep_best(group, ranked, knobs.keep, lambda trace: f"{known[trace['id']]:.3f} of its steps failed", "")
    for name, why in choice.lost.items():
        if not why and name not in shares:
            choice.lost[name] = NOT_RIGHT
        elif not why:
            share = shares[name]
            choice.lost[name] = "its steps are not known" if share is None else f"{share:.3f} of its steps failed"
    return choice


def wrong(group: Group, knobs: Wrong, survey: Survey) -> Choice:
    """Wrong traces checked up to their first wrong step, as Shape of Thought trains on; right ones if wanted."""
    lost = {}
    for trace in group.traces:
        at = trace["first_wrong_step"]
        if right(trace):
            if not knobs.right:
                lost[trace["id"]] = "its answer is right"
        elif trace["outcome"] != "wrong":
            lost[trace["id"]] = f"it is {trace['outcome']}"
        elif at is None:
            lost[trace["id"]] = "its first wrong step is not known"
        elif at - 1 < knobs.before:
            lost[trace["id"]] = f"{at - 1} right steps before the first wrong one, wanted {knobs.before}"
    return Choice(lost=lost)


SELECTIONS = (
    Selection(Traced, traced),
    Selection(RightPath, right_path),
    Selection(Shortest, shortest),
    Selection(TraceScore, trace_score),
    Selection(Diverse, diverse),
    Selection(FewestFailed, fewest_failed),
    Selection(Wrong, wrong),
)
