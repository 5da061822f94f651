"""Supervised fine-tuning: every right trace whose steps all hold, as messages or as prompt and completion.

Read as it is by TRL (`messages`, or `prompt` and `completion`), verl, OpenRLHF, ms-swift, Axolotl and LLaMA-Factory
(`formatting: openai`).
"""

from __future__ import annotations

from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options, told


def rows(item: Item, options: Options) -> Made:
    """One row a right trace; wrong ones are dropped with the judge's reason."""
    for trace in item.traces:
        if trace["outcome"] != "right":
            yield Dropped(item.id, trace["id"], f"answer {trace['outcome']}")
            continue
        if trace["steps_wrong"]:
            yield Dropped(item.id, trace["id"], "right answer, wrong step")
            continue
        reply = told(trace["reasoning"], trace["response"], options.think)
        empty = {"reasoning_content": None} if options.think == "field" else {}
        prompt = [message | empty for message in item.prompt]
        made = (
            {"messages": [*prompt, reply]} if options.style == "messages" else {"prompt": prompt, "completion": [reply]}
        )
        yield item.columns(trace["id"]) | {"teacher": trace["teacher"], **made}
    if not item.traces:
        yield Dropped(item.id, None, "no trace")


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`messages`, or `prompt` and `completion`."""
    kind = "thinking" if options.think == "field" else "messages"
    names = ("messages",) if options.style == "messages" else ("prompt", "completion")
    return (("teacher", "string"), *((name, kind) for name in names))


BY_NAME = {"sft": Format("sft", "TRL SFTTrainer, verl, OpenRLHF, ms-swift, Axolotl", columns, rows)}
