"""Problems with one to six constraints on the form of the reply, as in RAIF and Light-IF, each with its checker.

The reply is put together from the oracle's trace so that it keeps every constraint; it is checked and judged before
it makes a row. `constraints` is what `verimill.verifiers.formats` takes to reward another reply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from verimill.pipelines.corruptions import split_prose
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options
from verimill.schemas.rng import Rng, rng_for
from verimill.schemas.rows import compact
from verimill.verifiers.formats import formatted_score, told

_STARTS = ("Solution", "Certainly", "Result", "Reasoning", "Summary")
_WORDS = ("therefore", "evidence", "constraint", "indeed", "carefully", "overall")
_AVOIDED = ("obviously", "clearly", "trivial", "basically", "simply")
_TITLES = ("Answer", "Final answer", "Conclusion", "Result")
_HEAD = re.compile(r"^\s*\d+\.\s+")
MOST_STEPS = 6
MOST_CONSTRAINTS = 6


def rows(item: Item, options: Options) -> Made:
    """One row for each problem that has a right trace of the oracle."""
    mine = [t for t in item.traces if t["teacher"] == "oracle" and t["outcome"] == "right" and t["steps_checked"]]
    if not mine:
        yield Dropped(item.id, None, "no checked steps")
        return
    trace = max(mine, key=lambda trace: int(trace["sample"]))
    prose = split_prose(trace["reasoning"], trace["steps_checked"]) or ()
    rng = rng_for("constrained", item.id)
    lines = [_HEAD.sub("", text.split("\n")[0]) for text in prose[-MOST_STEPS:]]
    specs, reply = composed(rng, lines, item.problem["answer"], item.case.codec.shape == "block")
    score = formatted_score(item.problem["verification"], specs, reply)
    if score["score"] != 1.0:
        yield Dropped(item.id, trace["id"], f"its reply breaks {', '.join(score['broken']) or 'the answer'}")
        return
    asked = "\n".join(f"- {told(spec)}" for spec in specs)
    yield item.columns(trace["id"]) | {
        "prompt": [{"role": "user", "content": f"{item.question}\n\nThe form of the reply:\n{asked}"}],
        "completion": [{"role": "assistant", "content": reply}],
        "constraints": compact(specs),
        "count": len(specs),
        "verification": item.problem["verification"],
    }


def composed(rng: Rng, lines: list[str], answer: str, block: bool) -> tuple[list[dict[str, Any]], str]:
    """Constraints drawn for a problem, and a reply with these lines and this answer that keeps them."""
    kinds = rng.sample(["starts", "numbered", "includes", "avoids", "heading", "most_words", "shape"],
                       rng.between(1, MOST_CONSTRAINTS))  # fmt: skip
    drawn = dict(_drawn(rng, kinds, lines))
    parts = [f"{drawn['starts']['word']}."] if "starts" in drawn else []
    if "numbered" in drawn:
        count = drawn["numbered"]["count"]
        parts.append("\n".join(f"{at}. {line}" for at, line in enumerate(lines[-count:], 1)))
    if "includes" in drawn:
        parts += [f"This is said {drawn['includes']['word']}."] * drawn["includes"]["count"]
    if "heading" in drawn:
        parts.append(f"## {drawn['heading']['title']}")
    if "shape" in kinds:
        drawn["shape"] = _shape(rng, answer, block)
    chosen = drawn.get("shape", {})
    if chosen.get("kind") == "if":
        chosen = chosen["then" if len(answer) > chosen["longer"] else "else"]
    boxed = f"\\boxed{{{answer}}}"
    shown = {"fenced": f"Answer:\n\n```\n{answer}\n```", "boxed": f"Answer: {boxed}"}
    parts.append(shown.get(chosen.get("kind", ""), f"Answer:\n{answer}" if block else f"Answer: {answer}"))
    reply = "\n\n".join(parts)
    used = set(re.findall(r"[A-Za-z']+", reply.lower()))
    if "avoids" in kinds:
        drawn["avoids"] = {"kind": "avoids", "word": rng.pick([word for word in _AVOIDED if word not in used])}
    if "most_words" in kinds:
        count = len(re.findall(r"[A-Za-z']+", reply.lower()))
        drawn["most_words"] = {"kind": "most_words", "count": (count // 10 + 2) * 10}
    return [drawn[kind] for kind in kinds if kind in drawn], reply


def _drawn(rng: Rng, kinds: list[str], lines: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The constraints that do not depend on the rest of the reply."""
    said = " ".join(lines).lower()
    for kind in kinds:
        if kind == "starts":
            yield kind, {"kind": kind, "word": rng.pick(_STARTS)}
        elif kind == "numbered":
            yield kind, {"kind": kind, "count": rng.between(1, len(lines))}
        elif kind == "includes":
            free = [word for word in _WORDS if word not in said]
            if free:
                yield kind, {"kind": kind, "word": rng.pick(free), "count": rng.between(1, 3)}
        elif kind == "heading":
            yield kind, {"kind": kind, "title": rng.pick(_TITLES)}


def _shape(rng: Rng, answer: str, block: bool) -> dict[str, Any]:
    """How the answer is set off: a box for one line, a fence for a block, or a choice by its length."""
    if block or "{" in answer or "\n" in answer:
        return {"kind": "fenced"}
    if rng.chance(0.5):
        return {"kind": "boxed"}
    limit = rng.pick((4, 12, 40))
    return {"kind": "if", "longer": limit, "then": {"kind": "fenced"}, "else": {"kind": "boxed"}}


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completion`, the constraints as JSON and how many there are, and the judge's text."""
    return (("prompt", "messages"), ("completion", "messages"), ("constraints", "string"), ("count", "int32"),
            ("verification", "string"))  # fmt: skip


BY_NAME = {"constrained": Format("constrained", "TRL SFTTrainer and GRPOTrainer", columns, rows)}
