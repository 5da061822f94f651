"""A typed error, a reflection that names what is wrong, and the way on: self-correction as in LEMMA (arXiv 2503.17439).

The error is one that the judge found; the reflection gives the judge's reason. Then the trace goes on from the right
step (*fix*) or starts again (*fresh start*). `masked` are the characters of the assistant's text that hold the wrong
step, so that a trainer may leave them out of the loss.
"""

from __future__ import annotations

from verimill.pipelines.corruptions import Corrupted, corrupted, split_prose
from verimill.pipelines.exports.near_wrong import checked_trace
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options, Row, steps_of, told
from verimill.schemas.rng import Rng, rng_for
from verimill.verifiers.judge import judge_text

_REFLECTIONS = (
    "Wait, step {at} does not follow: {why}.",
    "Checking step {at} again: {why}. That step is wrong.",
    "Step {at} cannot stand, since {why}.",
)
_FIX = ("Back to where it was right.", "I take that step back and go on from the ones before.")
_FRESH = ("I start again from the beginning.", "Better to begin afresh.")


def rows(item: Item, options: Options) -> Made:
    """Up to `negatives` corrected traces, each judged right as a whole."""
    source = checked_trace(item)
    if source is None:
        yield Dropped(item.id, None, "no checked steps")
        return
    rng = rng_for("wrong traces", "reflection", item.id)
    true = split_prose(source["reasoning"], source["steps_checked"])
    errors = corrupted(rng, item.case, steps_of(source), item.answer, options.negatives)
    made = 0
    for error in errors if true is not None else ():
        row = _row(item, source, true or (), error, rng, options)
        if not judge_text(item.case, row["completion"][0]["content"]):
            yield Dropped(item.id, source["id"], "the corrected trace is not judged right")
            continue
        made += 1
        yield row
    if not made:
        yield Dropped(item.id, source["id"], "no step could be made wrong")


def _row(item: Item, source: Row, true: tuple[str, ...], error: Corrupted, rng: Rng, options: Options) -> Row:
    # A missing step has shifted the numbers, so only a fresh start tells what it was.
    fresh = error.kind == "missing step" or rng.chance(0.3)
    why = error.reason.partition(": ")[2] or error.reason
    reflection = rng.pick(_REFLECTIONS).format(at=error.at, why=why)
    way = f"{reflection} {rng.pick(_FRESH if fresh else _FIX)}"
    rest = true if fresh else true[error.at - 1 :]
    reasoning = "\n".join((*error.prose, way, *rest))
    reply = told(reasoning, source["response"], options.think)
    field = "reasoning_content" if options.think == "field" else "content"
    wrong = error.prose[-1]
    start = reply[field].index(reasoning) + sum(len(part) + 1 for part in error.prose[:-1])
    empty = {"reasoning_content": None} if options.think == "field" else {}
    return item.columns(source["id"]) | {
        "prompt": [message | empty for message in item.prompt],
        "completion": [reply],
        "error": error.kind,
        "error_step": error.at,
        "reason": error.reason,
        "correction": "fresh start" if fresh else "fix",
        "masked": [start, start + len(wrong)],
    }


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completion`, and what was wrong where."""
    kind = "thinking" if options.think == "field" else "messages"
    return (("prompt", kind), ("completion", kind), ("error", "string"), ("error_step", "int32"), ("reason", "string"),
            ("correction", "string"), ("masked", "integers"))  # fmt: skip


BY_NAME = {"reflection": Format("reflection", "TRL SFTTrainer (prompt and completion)", columns, rows)}
