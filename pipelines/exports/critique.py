"""Critiques, as in critique fine-tuning: a solution is shown, the right reply says what holds and what does not.

Written from the judge's own findings, without a model: which steps follow, the first that does not and why, and
whether the answer meets every rule.
"""

from __future__ import annotations

from verimill.pipelines.exports.near_wrong import Wrong, wrong_traces
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options, Row, whole

_ASK = (
    "Here is a problem and a proposed solution. Check the solution step by step, then the answer.\n\n"
    "Problem:\n{problem}\n\nProposed solution:\n{solution}\n\n"
    "Say which step is the first that does not follow, if any, and end with the line "
    '"Conclusion: right" or "Conclusion: wrong".'
)


def rows(item: Item, options: Options) -> Made:
    """A critique of each right trace of the oracle, of each wrong sample, and of wrong traces of ours."""
    made = 0
    for trace in item.traces:
        solution = whole(trace["reasoning"], trace["response"], "none")
        if trace["outcome"] == "right" and trace["steps_wrong"] == 0:
            made += 1
            yield _row(item, trace["id"], solution, _praise(trace), True, None, "")
        elif trace["outcome"] == "wrong":
            made += 1
            text = _refusal(trace["first_wrong_step"], "", trace["reason"])
            yield _row(item, trace["id"], solution, text, False, trace["first_wrong_step"], trace["reason"])
        else:
            yield Dropped(item.id, trace["id"], "no checked steps" if trace["outcome"] == "right" else trace["outcome"])
    for wrong in wrong_traces(item, "critique", options.negatives):
        made += 1
        yield _of_ours(item, wrong)
    if not made:
        yield Dropped(item.id, None, "nothing to criticise")


def _of_ours(item: Item, wrong: Wrong) -> Row:
    error = wrong.error
    text = _refusal(error.at, error.reason.partition(": ")[2] or error.reason, wrong.reason)
    solution = whole(error.text, wrong.response, "none")
    return _row(item, wrong.source, solution, text, False, error.at, f"{error.reason}; {wrong.reason}")


def _praise(trace: Row) -> str:
    count = trace["steps_checked"]
    steps = "The one step follows" if count == 1 else f"All {count} steps follow"
    return f"{steps} from the problem and the steps before. The answer meets every condition.\n\nConclusion: right"


def _refusal(step: int | None, why: str, answer: str) -> str:
    parts = []
    if step is not None:
        before = {1: "", 2: "Step 1 follows. "}.get(step, f"Steps 1 to {step - 1} follow. ")
        parts.append(f"{before}Step {step} does not follow{': ' + why if why else ''}.")
    parts.append(f"The answer is refused: {answer}.")
    return "\n".join(parts) + "\n\nConclusion: wrong"


def _row(
    item: Item, trace_id: str, solution: str, critique: str, right: bool, step: int | None, reason: str
) -> Row:  # fmt: skip
    ask = _ASK.format(problem=item.question, solution=solution)
    return item.columns(trace_id) | {
        "prompt": [{"role": "user", "content": ask}],
        "completion": [{"role": "assistant", "content": critique}],
        "right": right,
        "first_wrong_step": step,
        "reason": reason,
    }


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completion`, and the judge's finding."""
    return (("prompt", "messages"), ("completion", "messages"), ("right", "bool"), ("first_wrong_step", "int32"),
            ("reason", "string"))  # fmt: skip


BY_NAME = {"critique": Format("critique", "TRL SFTTrainer (prompt and completion)", columns, rows)}
