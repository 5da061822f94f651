"""Multiple choice beside the open form, as in Nemotron-CrossThink: near misses are the distractors.

The judge finds exactly one option right. `verification` is that of the open form, so the text of the chosen option
can be judged too; `solution` is the letter.
"""

from __future__ import annotations

from itertools import islice

from verimill.pipelines.certificates import maker_of
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options
from verimill.schemas.rng import rng_for
from verimill.verifiers.judge import judge_answer

LETTERS = "ABCD"
LOOKED_AT = 40  # near misses


def rows(item: Item, options: Options) -> Made:
    """One row a problem that has three different near misses."""
    if not item.problem["answerable"]:
        yield Dropped(item.id, None, "unanswerable: no option would be right")
        return
    rng = rng_for("choice", item.id)
    case, right = item.case, item.problem["answer"]
    wrong: dict[str, str] = {}
    for miss in islice(maker_of(case.codec.family).near_misses(rng, case.problem, item.answer), LOOKED_AT):
        verdict = judge_answer(case, miss.answer)
        text = case.codec.write(miss.answer)
        if verdict.outcome == "wrong" and text != right:
            wrong.setdefault(text, verdict.reason)
    if len(wrong) < len(LETTERS) - 1:
        yield Dropped(item.id, None, f"only {len(wrong)} different near misses")
        return
    shown = rng.shuffled([right, *rng.sample(list(wrong), len(LETTERS) - 1)])
    listed = "\n".join(f"{letter}. {_told(text)}" for letter, text in zip(LETTERS, shown, strict=True))
    ask = f"{item.question}\n\nExactly one of these is right:\n{listed}\n\nReply with its letter as the last line."
    yield item.columns() | {
        "prompt": [{"role": "user", "content": ask}],
        "solution": LETTERS[shown.index(right)],
        "options": shown,
        "refused": [wrong.get(text, "") for text in shown],
        "verification": item.problem["verification"],
    }


def _told(text: str) -> str:
    return f"\n{text}" if "\n" in text else text


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, the letter, and why each other option is refused."""
    return (("prompt", "messages"), ("solution", "string"), ("options", "strings"), ("refused", "strings"),
            ("verification", "string"))  # fmt: skip


BY_NAME = {"choice": Format("choice", "TRL GRPOTrainer with a reward on `solution`", columns, rows)}
