"""Preference pairs: a checked trace against a wrong one of the same problem, and where they part.

After REDI (reinforcement distillation): wrong samples of a teacher where there are any, else a trace of ours that
goes wrong at a known step and ends in a near miss. `divergence` counts characters of the rejected assistant text (of
its reasoning where that has a field of its own) before the first that is not shared, or before the wrong step.
"""

from __future__ import annotations

from collections.abc import Iterator

from verimill.pipelines.exports.near_wrong import Wrong, parts_at, wrong_from, wrong_traces
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options, Row, told


def rows(item: Item, options: Options) -> Made:
    """A row for each wrong sample, or for each wrong trace made from the oracle's."""
    right = item.right()
    if not right:
        yield Dropped(item.id, None, "no right trace")
        return
    wrong = [t for t in item.traces if t["outcome"] == "wrong"]
    yield from (_sampled(item, right, trace, options) for trace in wrong)
    if not wrong:
        made = list(_made(item, right, options))
        yield from made
        if not made:
            yield Dropped(item.id, right[0]["id"], "no near miss or no step to go wrong at")


def _sampled(item: Item, right: list[Row], trace: Row, options: Options) -> Row:
    chosen = next((t for t in right if t["teacher"] == trace["teacher"]), right[0])
    return _pair(item, options, chosen, trace, trace["id"], f"sample of {trace['teacher']}", trace["reason"],
                 trace["first_wrong_step"])  # fmt: skip


def _made(item: Item, right: list[Row], options: Options) -> Iterator[Row]:
    by_id = {t["id"]: t for t in right}
    for wrong in wrong_traces(item, "preference", options.negatives):
        chosen, error = by_id[wrong.source], wrong.error
        rejected = {"reasoning": error.text, "response": wrong.response}
        yield _pair(item, options, chosen, rejected, None, f"near miss after a {error.kind}",
                    f"{wrong.reason} ({error.reason})", error.at, wrong)  # fmt: skip


def _pair(
    item: Item, options: Options, chosen: Row, rejected: Row, rejected_id: str | None, made_by: str, reason: str,
    step: int | None, wrong: Wrong | None = None,
) -> Row:  # fmt: skip
    good = told(chosen["reasoning"], chosen["response"], options.think)
    bad = told(rejected["reasoning"], rejected["response"], options.think)
    field = "reasoning_content" if options.think == "field" else "content"
    if wrong is None:
        divergence = parts_at(good[field], bad[field])
    else:
        divergence = wrong_from(bad[field], rejected["reasoning"], wrong.error)
    empty = {"reasoning_content": None} if options.think == "field" else {}
    return item.columns(chosen["id"]) | {
        "rejected_trace_id": rejected_id,
        "prompt": [message | empty for message in item.prompt],
        "chosen": [good],
        "rejected": [bad],
        "rejected_by": made_by,
        "rejected_reason": reason,
        "divergence": divergence,
        "divergence_step": step,
    }


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `chosen`, `rejected`, and what is known about the rejected one."""
    kind = "thinking" if options.think == "field" else "messages"
    return (("rejected_trace_id", "string"), ("prompt", kind), ("chosen", kind), ("rejected", kind),
            ("rejected_by", "string"), ("rejected_reason", "string"), ("divergence", "int32"),
            ("divergence_step", "int32"))  # fmt: skip


BY_NAME = {"preference": Format("preference", "TRL DPOTrainer and RewardTrainer, OpenRLHF, verl", columns, rows)}
