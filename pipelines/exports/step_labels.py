"""Step labels for process reward models: `prompt`, `completions` (one text a step), `labels` (one a step).

Right traces have every label true; a trace with an error ends with the one step that is labelled false, as the judge
found it. The columns are those of TRL's stepwise supervision.
"""

from __future__ import annotations

from verimill.pipelines.corruptions import corrupted, split_prose
from verimill.pipelines.exports.near_wrong import checked_trace
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options, steps_of
from verimill.schemas.rng import rng_for


def rows(item: Item, options: Options) -> Made:
    """The checked trace, then up to `negatives` traces with an error; only traces with steps can be labelled."""
    for trace in item.traces:
        if not trace["steps_checked"]:
            yield Dropped(item.id, trace["id"], "no checked steps")
        elif trace["steps_wrong"]:
            yield Dropped(item.id, trace["id"], "wrong steps after the first are not labelled")
        elif (prose := split_prose(trace["reasoning"], trace["steps_checked"])) is None:
            yield Dropped(item.id, trace["id"], "prose is not numbered by step")
        else:
            yield item.columns(trace["id"]) | {
                "prompt": item.question, "completions": list(prose), "labels": [True] * len(prose),
                "first_wrong_step": None, "error": None, "reason": "",
            }  # fmt: skip
    source = checked_trace(item)
    if source is None:
        return
    made = 0
    rng = rng_for("wrong traces", "steps", item.id)
    for error in corrupted(rng, item.case, steps_of(source), item.answer, options.negatives):
        made += 1
        yield item.columns(source["id"]) | {
            "prompt": item.question, "completions": list(error.prose),
            "labels": [True] * (error.at - 1) + [False], "first_wrong_step": error.at, "error": error.kind,
            "reason": error.reason,
        }  # fmt: skip
    if not made:
        yield Dropped(item.id, source["id"], "no step could be made wrong")


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completions`, `labels`, and what is wrong."""
    return (("prompt", "string"), ("completions", "strings"), ("labels", "bools"), ("first_wrong_step", "int32"),
            ("error", "string"), ("reason", "string"))  # fmt: skip


BY_NAME = {"steps": Format("steps", "TRL PRMTrainer and other process reward models", columns, rows)}
