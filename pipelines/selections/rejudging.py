"""A trace with another text: judged again, answer and claims, before it may stand for the one that it was made of.

Nothing is taken over from the old row but who was asked what. The new row has the teacher's name (the oracle's
becomes `oracle-cut`, since its rows are the solver's own words; with `teacher`, the one who wrote the new text), the
prompt variant with `+stage` behind it, no token counts, and in its provenance the id of the trace that it was made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from verimill.pipelines.oracle import trace_id
from verimill.pipelines.selections.protocol import ORACLE, Group, Row
from verimill.pipelines.teachers.assessing import Assessment, assess
from verimill.pipelines.teachers.judging import judge_version
from verimill.schemas.rows import compact
from verimill.verifiers.judge import judge_text

CUT_ORACLE = "oracle-cut"
_OLD = ("steps", "witnesses", "verbosity", "path", "reasoning_tokens")


class Refused(Exception):
    """The new text does not stand up; the message is the reason."""


def assessed(group: Group, trace: Row) -> Assessment:
    """The steps of a trace's text as they are read today."""
    answer = trace["answer_read"] if trace["outcome"] == "right" else None
    return assess(group.problem["verification"], trace["reasoning"], trace["response"], answer)


def rejudged(
    group: Group,
    trace: Row,
    stage: str,
    reasoning: str,
    response: str,
    was: Assessment | None = None,
    facts: Mapping[str, Any] | None = None,
    teacher: str = "",
) -> Row:
    """The trace with another text. Raises Refused where its answer is not right, or more of its steps are wrong.

    `was` is what the old text was found to be; `facts` go into the provenance.
    """
    verdict = judge_text(group.case, response)
    if verdict.outcome != "right":
        raise Refused(f"the answer is then {verdict.outcome}{': ' + verdict.reason if verdict.reason else ''}")
    was = was or assessed(group, trace)
    found = assess(group.problem["verification"], reasoning, response, verdict.answer)
    if "bug" in found.particulars:
        raise Refused(f"its steps could not be read: {found.particulars['bug']}")
    if (found.steps_wrong or 0) > (was.steps_wrong or 0):
        raise Refused(f"{found.steps_wrong} steps do not follow then, {was.steps_wrong or 0} before")
    if was.steps_checked and not found.steps_checked:
        raise Refused("no step could be checked any more")
    old = json.loads(trace["provenance"])
    told = {name: value for name, value in old.items() if name not in _OLD}
    told |= {"rewritten": [*old.get("rewritten", []), {"stage": stage, "from": trace["id"], **(facts or {})}]}
    told["path"] = dict(found.particulars)
    who = teacher or (CUT_ORACLE if trace["teacher"] == ORACLE else trace["teacher"])
    variant = f"{trace['prompt_variant']}+{stage}" + (f" of {trace['teacher']}" if teacher else "")
    return trace | {
        "id": trace_id(group.problem["id"], who, variant, trace["sample"]),
        "teacher": who,
        "prompt_variant": variant,
        "reasoning": reasoning,
        "response": response,
        "finish_reason": "stop",
        "prompt_tokens": None,
        "completion_tokens": None,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "answer_read": verdict.answer,
        "steps_checked": found.steps_checked,
        "steps_wrong": found.steps_wrong,
        "first_wrong_step": found.first_wrong_step,
        "provenance": compact(told),
        "verifier_version": judge_version(group.problem["family"]),
    }
