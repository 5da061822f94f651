"""Traces with wrong branches: the solver supposes, meets a contradiction and goes back, as in ASTRO (arXiv 2507.00417).

Each branch was closed by steps that the judge re-derived. `failed_steps` is the share of steps in branches that were
given up (the failed-step fraction, FSF); a supposition is such a branch, for its end is a contradiction.
"""

from __future__ import annotations

from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options, steps_of, told
from verimill.schemas.core import Step


def rows(item: Item, options: Options) -> Made:
    """Right traces of the oracle that have at least one wrong branch."""
    empty = {"reasoning_content": None} if options.think == "field" else {}
    for trace in item.traces:
        if trace["teacher"] != "oracle" or trace["outcome"] != "right" or trace["steps_wrong"] != 0:
            yield Dropped(item.id, trace["id"], "no checked steps")
            continue
        steps = steps_of(trace)
        branches, inside = branches_of(steps)
        if not branches:
            yield Dropped(item.id, trace["id"], "no wrong branch")
            continue
        yield item.columns(trace["id"]) | {
            "prompt": [message | empty for message in item.prompt],
            "completion": [told(trace["reasoning"], trace["response"], options.think)],
            "wrong_branches": branches,
            "failed_steps": inside / (inside + len(steps)),
        }


def branches_of(steps: tuple[Step, ...]) -> tuple[int, int]:
    """Suppositions at any depth, and the steps inside them."""
    branches = inside = 0
    for step in steps:
        if step.sub:
            deeper, more = branches_of(step.sub)
            branches, inside = branches + 1 + deeper, inside + len(step.sub) + more
    return branches, inside


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completion`, and how much of the trace is search."""
    kind = "thinking" if options.think == "field" else "messages"
    return (("prompt", kind), ("completion", kind), ("wrong_branches", "int32"), ("failed_steps", "double"))


BY_NAME = {"search": Format("search", "TRL SFTTrainer (prompt and completion)", columns, rows)}
