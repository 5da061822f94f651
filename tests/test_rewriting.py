"""Traces rewritten by a teacher over HTTP: faithful texts stand, unfaithful ones leave the trace as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_teacher import serving

from verimill.pipelines.audit import verify
from verimill.pipelines.oracle import Trace, oracle_trace, trace_id
from verimill.pipelines.rows import Problem, generate
from verimill.pipelines.selections.protocol import Group
from verimill.pipelines.selections.rejudging import Refused
from verimill.pipelines.selections.rewordings import HOWS, Task, accepted, question_for
from verimill.pipelines.selections.rewriting import rewrite
from verimill.pipelines.selections.writing import lost_trace
from verimill.pipelines.shards import append, read_rows, write_shard
from verimill.pipelines.teachers.ask import Order
from verimill.pipelines.teachers.assessing import assess
from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.kinds import Remote
from verimill.pipelines.teachers.samples import Model, Sampling
from verimill.pipelines.teachers.watching import Settings

TALK = "Wait, let me look at that from the start, since one can never be too sure of it.\n" * 12


def steps(problem: Problem) -> list[str]:
    trace = oracle_trace(problem)
    assert trace is not None
    return trace.reasoning.split("\n")


def long_trace(problem: Problem, number: int) -> Trace:
    """A right trace of a teacher: the first half, a lot of doubt, then all of it."""
    oracle, told = oracle_trace(problem), steps(problem)
    assert oracle is not None
    reasoning = "\n".join([*told[: len(told) // 2], TALK.strip(), *told])
    found = assess(problem.verification, reasoning, oracle.response, oracle.answer_read)
    return replace(
        oracle, id=trace_id(problem.id, "t", "plain", number), teacher="t", sample=number, reasoning=reasoning,
        steps_checked=found.steps_checked, steps_wrong=found.steps_wrong, first_wrong_step=found.first_wrong_step,
        provenance={"path": dict(found.particulars)},
    )  # fmt: skip


def replies(problem: Problem, how: str) -> dict[str, tuple[str, str]]:
    """Texts of a teacher, and why each is refused; the faithful one is not."""
    told = steps(problem)
    half, answer = told[len(told) // 2 :], f"\n\nAnswer: {problem.answer}"
    other = [f"Clearly: {line.partition('. ')[2]}" for line in told]
    whole = {"revised": half, "shorter": told, "paraphrase": other}[how]
    return {
        "faithful": ("\n".join(whole) + answer, ""),
        "wrong step": ("\n".join([*whole[:-1], "12 + 12 = 25.", whole[-1]]) + answer, "steps"),
        "wrong answer": ("\n".join(whole) + "\n\nAnswer: 987654", "its answer is wrong"),
        "no claims": (f"It is easy to see.{answer}", "adds no claim" if how == "revised" else "makes no claim"),
        "lost facts": ("\n".join(whole[2:]) + answer, "facts are lost"),
        "no shorter": ("\n".join([*whole, TALK * 9]) + answer, "no shorter"),
    }


def group(problem: Problem) -> Group:
    rows = [long_trace(problem, 0).row()]
    return Group(problem.row(), rows, tuple(rows))


@pytest.mark.parametrize("how", HOWS)
def test_a_text_is_refused_for_what_is_wrong_with_it(how: Any) -> None:
    problem, task = generate("arithmetic_chain", 4, "rewrite", 0), Task(how, 1, 2)
    one = group(problem)
    for name, (text, why) in replies(problem, how).items():
        if name == ("no shorter" if how == "paraphrase" else "lost facts"):
            continue  # a paraphrase may be long, and the others may leave facts out
        if not why:
            row = accepted(one, one.traces[0], task, text, "m", {})
            assert row["outcome"] == "right" and not row["steps_wrong"] and row["steps_checked"]
            assert row["teacher"] == "m" and row["prompt_variant"] == f"plain+{how} of t"
            assert question_for(one, row, task) is None  # a rewriting is not rewritten
            continue
        with pytest.raises(Refused, match=why):
            accepted(one, one.traces[0], task, text, "m", {})


def test_a_revision_keeps_what_stood_before_the_switch() -> None:
    problem, task = generate("arithmetic_chain", 4, "rewrite", 0), Task("revised")
    one = group(problem)
    asked = question_for(one, one.traces[0], task)
    told = steps(problem)
    begun = "\n".join(told[: len(told) // 2])
    assert asked is not None and begun in asked.messages[0][1] and "Wait" not in asked.messages[0][1]
    text, _ = replies(problem, "revised")["faithful"]
    assert accepted(one, one.traces[0], task, text, "m", {})["reasoning"] == "\n".join(told)
    straight = one.traces[0] | {"reasoning": "\n".join(told)}
    assert question_for(one, straight, task) is None


@pytest.mark.parametrize("how", HOWS)
def test_a_teacher_rewrites_over_http_and_only_what_holds_is_taken(how: Any, tmp_path: Path) -> None:
    problems = [generate("arithmetic_chain", 4, "rewrite", index) for index in range(6)]
    traces = [long_trace(problem, at) for at, problem in enumerate(problems)]
    made, task, names = tmp_path / "made", Task(how, 1, 2), ["faithful", "wrong step", "wrong answer"] * 2
    append(made, write_shard(made, "problems/a.parquet", "problems", [p.row() for p in problems], {"split": "train"}),
           write_shard(made, "traces/a.parquet", "traces", [t.row() for t in traces], {"split": "train"}))  # fmt: skip
    texts = {}
    for problem, trace, name in zip(problems, traces, names, strict=True):
        asked = question_for(Group(problem.row(), [trace.row()], ()), trace.row(), task)
        assert asked is not None
        texts[asked.messages[-1][1]] = replies(problem, how)[name][0]
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    with serving(texts=str(tmp_path / "texts.json")) as fake:
        order = Order(
            problems=made, out=tmp_path / "out", place=Remote((fake.url,)), model=Model(""), jobs=0,
            sampling=Sampling(0.7, 1.0, 2000), budget=Budget("fixed", 1), settings=Settings(queue_s=2, slowest=400),
        )  # fmt: skip
        report = rewrite(order, task)
        asked_once = fake.stats()["requests"]
        assert rewrite(order, task) == report  # from the log: only the probe is asked again
        assert fake.stats()["requests"] <= asked_once + 2
        with pytest.raises(ValueError, match="another task or dataset"):
            rewrite(order, replace(task, high=3))
    assert (report.asked, report.accepted, report.failed) == (6, 2, 0) and sum(report.refused.values()) == 4
    rows = {row["problem_id"]: row for row in read_rows(tmp_path / "out", "traces")}
    for problem, trace, name in zip(problems, traces, names, strict=True):
        row = rows[problem.id]
        if name != "faithful":
            assert row == trace.row()
            continue
        told = json.loads(row["provenance"])["rewritten"][0]
        assert (told["from"], told["stage"], told["of"], row["teacher"]) == (trace.id, how, "t", "fake")
    gone = [lost_trace(row)[1] for row in read_rows(tmp_path / "out", "dropped")]
    assert gone == [t.row() for t, name in zip(traces, names, strict=True) if name == "faithful"]
    assert verify(tmp_path / "out").ok
