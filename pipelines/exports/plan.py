"""The first planning step alone, as in first-step logical reasoning (FSLR): where to begin, and why.

A row asks for the first step of the brief trace, which holds only what the answer needs, and gives the rule, what it
follows from, and the step in prose. The judge has re-derived it.
"""

from __future__ import annotations

from verimill.pipelines.corruptions import split_prose
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options, steps_of
from verimill.schemas.core import Step

_ASK = "{problem}\n\nDo not solve it yet. Which step should come first, and what does it follow from?"


def rows(item: Item, options: Options) -> Made:
    """One row a problem, of its brief trace where there is one, else of the full one."""
    mine = [t for t in item.traces if t["teacher"] == "oracle" and t["outcome"] == "right" and steps_of(t)]
    if not mine:
        yield Dropped(item.id, None, "no checked steps")
        return
    trace = max(mine, key=lambda trace: int(trace["sample"]))  # brief is sample 1
    steps = steps_of(trace)
    prose = split_prose(trace["reasoning"], len(steps))
    first = steps[0]
    if prose is None or item.case.judge.check(item.case.problem, (first,), item.answer).wrong:
        yield Dropped(item.id, trace["id"], "its first step cannot be told or does not follow")
        return
    yield item.columns(trace["id"]) | {
        "prompt": [{"role": "user", "content": _ASK.format(problem=item.question)}],
        "completion": [{"role": "assistant", "content": _told(first, prose[0])}],
        "rule": first.rule,
        "because": list(first.because),
        "claims": list(first.claims),
    }


def _told(step: Step, prose: str) -> str:
    because = f"It follows from: {'; '.join(step.because)}." if step.because else "It needs nothing before it."
    return f"{prose}\n\n{because}"


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completion`, and the step's parts."""
    return (("prompt", "messages"), ("completion", "messages"), ("rule", "string"), ("because", "strings"),
            ("claims", "strings"))  # fmt: skip


BY_NAME = {"plan": Format("plan", "TRL SFTTrainer (prompt and completion)", columns, rows)}
