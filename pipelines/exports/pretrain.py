"""Plain text for continued pretraining: the problem, the reasoning, the reply, in one column `text`."""

from __future__ import annotations

from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options, whole


def rows(item: Item, options: Options) -> Made:
    """One text a right trace whose steps hold."""
    for trace in item.right():
        solution = whole(trace["reasoning"], trace["response"], "none")
        yield item.columns(trace["id"]) | {"text": f"{item.question}\n\n{solution}"}
    if not item.right():
        yield Dropped(item.id, None, "no right trace")


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`text`."""
    return (("text", "string"),)


BY_NAME = {"pretrain": Format("pretrain", "any trainer that reads a text column", columns, rows)}
