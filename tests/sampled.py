"""A dataset with the samples of two invented teachers beside the oracle's: texts made up, verdicts and steps judged.

One writes the oracle's own reasoning, sometimes with a number changed, and is right less often at higher levels; the
other is worse, is cut off now and then, and tries to run scripts in the reader's browser.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from verimill.pipelines.manifest import append
from verimill.pipelines.oracle import trace_id
from verimill.pipelines.shards import read_rows, write_shard
from verimill.pipelines.teachers.assessing import assess
from verimill.schemas.rng import Rng, rng_for
from verimill.schemas.rows import compact
from verimill.verifiers.judge import verify

GOOD, HOSTILE = "acme/Reasoner-7B", "<img src=x onerror=\"window.hacked='name'\">"
ATTACKS = (
    "<script>window.hacked = 'script'</script>",
    "</script><script>window.hacked = 'closed'</script>",
    "<img src=x onerror=\"window.hacked='image'\"><svg onload=\"window.hacked='svg'\">",
    "[[SCRIPT]] <!--<script> {{7*7}} ${window.hacked='template'} \u2028 \ud7ff javascript:window.hacked='link'",
)


def add_samples(folder: Path, k: int = 3) -> int:
    """The folder's `traces` have `k` samples of each teacher for each answerable problem; how many is returned."""
    oracle = {t["problem_id"]: t for t in read_rows(folder, "traces") if t["sample"] == 0}
    written = 0
    for split in dict.fromkeys(row["split"] for row in read_rows(folder, "problems", ["split"])):
        problems = [row for row in read_rows(folder, "problems") if row["split"] == split]
        for number, teacher in enumerate((GOOD, HOSTILE)):
            rows = [_sample(problem, oracle[problem["id"]], teacher, sample)
                    for problem in problems if problem["id"] in oracle for sample in range(k)]  # fmt: skip
            name = f"traces/{split}-teacher{number}-00000.parquet"
            append(folder, write_shard(folder, name, "traces", rows, {"split": split, "teacher": teacher}))
            written += len(rows)
    return written


def _sample(problem: dict[str, Any], oracle: dict[str, Any], teacher: str, sample: int) -> dict[str, Any]:
    rng = rng_for("invented", problem["id"], teacher, sample)
    hard = (problem["level"] or 5) / 10
    right = rng.unit() > hard * (0.7 if teacher == GOOD else 1.1)
    cut = teacher == HOSTILE and rng.unit() < 0.1
    reasoning = oracle["reasoning"]
    if rng.unit() < (0.25 if right else 0.8):
        reasoning = _altered(rng, reasoning)
    if teacher == HOSTILE:
        reasoning = f"{rng.pick(ATTACKS)}\n{reasoning}"
    answer = problem["answer"] if right else _altered(rng, problem["answer"]) if rng.unit() < 0.8 else "no idea"
    response = "" if cut else f"Answer:\n{answer}"
    verdict = verify(problem["verification"], response)
    path = assess(problem["verification"], reasoning, response, verdict.answer if verdict else None)
    outcome, reason = ("truncated", "cut off after 4096 tokens") if cut else (verdict.outcome, verdict.reason)
    facts = {"revision": "0123abc", "template": "fe12", "tries": 1, "path": dict(path.particulars),
             "server": {"server_version": "0.32.0", "root": "acme/weights"} if teacher == GOOD else {}}  # fmt: skip
    return {
        "id": trace_id(problem["id"], teacher, "plain", sample), "problem_id": problem["id"], "teacher": teacher,
        "sample": sample, "prompt_variant": "plain", "reasoning": reasoning, "response": response,
        "finish_reason": "length" if cut else "stop", "prompt_tokens": len(problem["prompt"][0]["content"]) // 4,
        "completion_tokens": (len(reasoning) + len(response)) // 4 + 1, "outcome": outcome, "reason": reason,
        "answer_read": verdict.answer, "steps_checked": path.steps_checked, "steps_wrong": path.steps_wrong,
        "first_wrong_step": path.first_wrong_step, "hinted": teacher == HOSTILE and sample == 0,
        "sampling": compact({"temperature": 0.6, "top_p": 0.95, "max_tokens": 4096}), "provenance": compact(facts),
        "verifier_version": oracle["verifier_version"],
    }  # fmt: skip


def _altered(rng: Rng, text: str) -> str:
    """One number of the text is another one."""
    numbers = list(re.finditer(r"\d+", text))
    if not numbers:
        return text
    one = rng.pick(numbers)
    return f"{text[: one.start()]}{int(one[0]) + rng.pick((1, 2, 10))}{text[one.end() :]}"
