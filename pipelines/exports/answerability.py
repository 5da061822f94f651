"""Answerable problems beside their unanswerable twins, as in honest deduction (Toward honest language models).

A twin is the problem with one thing changed, so that no answer or more than one follows; it is made again from the
key, certified by witnesses or by steps that the judge re-derives, and judged here. Both halves of a pair stand in the
problem's own split.
"""

from __future__ import annotations

from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options, Row
from verimill.pipelines.oracle import oracle_reply
from verimill.pipelines.rows import problem_from_key, unanswerable_twin
from verimill.schemas.core import Exhausted
from verimill.verifiers.judge import judge_text, read_case


def rows(item: Item, options: Options) -> Made:
    """Two rows for each answerable problem that has a twin: itself, then the twin."""
    if not item.problem["answerable"]:
        yield Dropped(item.id, None, "it is unanswerable itself")
        return
    if not item.case.codec.unanswerable:
        yield Dropped(item.id, None, "its family has no unanswerable problems")
        return
    try:
        twin = unanswerable_twin(problem_from_key(item.problem["key"], item.problem["style"]), item.problem["style"])
    except Exhausted:
        twin = None
    if twin is None:
        yield Dropped(item.id, None, "it has no unanswerable twin")
        return
    yield _row(item, item.problem["id"], item.problem["key"], item.question, item.problem["verification"],
               item.problem["answer"], True)  # fmt: skip
    yield _row(item, twin.id, twin.key, twin.prompt, twin.verification, twin.answer, False)


def _row(item: Item, name: str, key: str, prompt: str, verification: str, answer: str, answerable: bool) -> Row:
    case = read_case(verification)
    reply = oracle_reply(name, case, answer)
    verdict = judge_text(case, reply)
    if not verdict:
        raise ValueError(f"problem {name}: the stored answer is not judged right: {verdict.reason}")
    return item.columns() | {
        "prompt": [{"role": "user", "content": prompt}],
        "completion": [{"role": "assistant", "content": reply}],
        "answerable": answerable,
        "answer": answer,
        "verification": verification,
        "key": key,
        "pair": item.id,
    }


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completion`, what is right and how it is judged, the key, and what both halves share."""
    return (("prompt", "messages"), ("completion", "messages"), ("answerable", "bool"), ("answer", "string"),
            ("verification", "string"), ("key", "string"), ("pair", "string"))  # fmt: skip


BY_NAME = {"answerability": Format("answerability", "TRL SFTTrainer and GRPOTrainer", columns, rows)}
