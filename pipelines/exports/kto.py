"""Single replies with a label: right traces true, wrong ones false (TRL's KTOTrainer).

`divergence` of a wrong reply counts characters of its text (of its reasoning where that has a field of its own) before
the wrong step, or before it parts from a right one of the same problem; null for right replies and where there is no
right one to part from.
"""

from __future__ import annotations

from verimill.pipelines.exports.near_wrong import parts_at, wrong_from, wrong_traces
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Message, Options, Row, told


def rows(item: Item, options: Options) -> Made:
    """One row a right trace, one a wrong sample; without those, one a wrong trace of ours."""
    empty = {"reasoning_content": None} if options.think == "field" else {}
    prompt = [message | empty for message in item.prompt]
    field = "reasoning_content" if options.think == "field" else "content"
    for trace in item.traces:
        right = trace["outcome"] == "right"
        if trace["outcome"] not in ("right", "wrong") or (right and trace["steps_wrong"]):
            why = "right answer, wrong step" if right else f"answer {trace['outcome']}"
            yield Dropped(item.id, trace["id"], why)
            continue
        reply = told(trace["reasoning"], trace["response"], options.think)
        good = None if right else _nearest(item, trace, options)
        yield item.columns(trace["id"]) | {
            "prompt": prompt, "completion": [reply], "label": right, "made_by": trace["teacher"],
            "reason": trace["reason"], "divergence": good and parts_at(good[field], reply[field]),
        }  # fmt: skip
    if any(trace["outcome"] == "wrong" for trace in item.traces):
        return
    made = 0
    for wrong in wrong_traces(item, "kto", options.negatives):
        made += 1
        reply = told(wrong.error.text, wrong.response, options.think)
        yield item.columns(wrong.source) | {
            "prompt": prompt, "completion": [reply], "label": False, "made_by": f"near miss after a {wrong.error.kind}",
            "reason": f"{wrong.reason} ({wrong.error.reason})",
            "divergence": wrong_from(reply[field], wrong.error.text, wrong.error),
        }  # fmt: skip
    if not made:
        yield Dropped(item.id, None, "no near miss or no step to go wrong at")


def _nearest(item: Item, trace: Row, options: Options) -> Message | None:
    """A right reply of the same teacher, or of any; None where the problem has none."""
    right = sorted(item.right(), key=lambda one: one["teacher"] != trace["teacher"])
    return told(right[0]["reasoning"], right[0]["response"], options.think) if right else None


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completion`, `label`, and what is known about a wrong one."""
    kind = "thinking" if options.think == "field" else "messages"
    return (("prompt", kind), ("completion", kind), ("label", "bool"), ("made_by", "string"), ("reason", "string"),
            ("divergence", "int32"))  # fmt: skip


BY_NAME = {"kto": Format("kto", "TRL KTOTrainer", columns, rows)}
