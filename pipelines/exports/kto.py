"""Single replies with a label: right traces true, wrong ones false (TRL's KTOTrainer)."""

from __future__ import annotations

from verimill.pipelines.exports.near_wrong import wrong_traces
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options, told


def rows(item: Item, options: Options) -> Made:
    """One row a right trace, one a wrong sample; without those, one a wrong trace of ours."""
    empty = {"reasoning_content": None} if options.think == "field" else {}
    prompt = [message | empty for message in item.prompt]
    for trace in item.traces:
        right = trace["outcome"] == "right"
        if trace["outcome"] not in ("right", "wrong") or (right and trace["steps_wrong"]):
            why = "right answer, wrong step" if right else f"answer {trace['outcome']}"
            yield Dropped(item.id, trace["id"], why)
            continue
        reply = told(trace["reasoning"], trace["response"], options.think)
        yield item.columns(trace["id"]) | {
            "prompt": prompt, "completion": [reply], "label": right, "made_by": trace["teacher"],
            "reason": trace["reason"],
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
        }  # fmt: skip
    if not made:
        yield Dropped(item.id, None, "no near miss or no step to go wrong at")


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completion`, `label`."""
    kind = "thinking" if options.think == "field" else "messages"
    return (("prompt", kind), ("completion", kind), ("label", "bool"), ("made_by", "string"), ("reason", "string"))


BY_NAME = {"kto": Format("kto", "TRL KTOTrainer", columns, rows)}
