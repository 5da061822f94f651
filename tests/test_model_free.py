"""Rewritings made from the solver's run alone: each is exact, and what is claimed is run or judged again."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.corruptions import split_prose
from verimill.pipelines.exports.chain import across
from verimill.pipelines.exports.program import ran
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Options, format_of
from verimill.pipelines.exports.writing import export
from verimill.pipelines.oracle import oracle_trace
from verimill.pipelines.rows import generate, unanswerable_twin
from verimill.verifiers.chains import chain_score, links_right
from verimill.verifiers.claims import read_path
from verimill.verifiers.formats import KINDS, broken, formatted_score, told
from verimill.verifiers.judge import read_case, verify

FAMILIES = ("arithmetic_chain", "knights_knaves", "shortest_path", "sudoku", "graph_coloring", "sat_3cnf")


def items(*families: str, count: int = 4, level: int = 2) -> list[Item]:
    """Problems with full and brief traces, those of odd index in another split."""
    found = []
    for family in families or FAMILIES:
        for index in range(count):
            problem = generate(family, level, "free", index)
            traces = [oracle_trace(problem, "full"), oracle_trace(problem, "brief")]
            found.append(Item(problem.row(("train", "test")[index % 2]), [t.row() for t in traces if t is not None]))
    return found


def made(form: Format, found: list[Item], **options: Any) -> tuple[list[dict[str, Any]], list[Dropped]]:
    out: list[Any] = []
    if form.across is not None:
        out = list(form.across(iter(found), Options(**options)))
    else:
        for item in found:
            out += form.rows(item, Options(**options))
    names = form.schema(Options(**options)).names
    rows = [row for row in out if not isinstance(row, Dropped)]
    assert all(list(row) == names for row in rows)
    return rows, [row for row in out if isinstance(row, Dropped)]


def test_segments_go_on_from_what_was_established_and_end_in_the_answer() -> None:
    found = items()
    rows, dropped = made(format_of("segments"), found, segment=300)
    by_trace: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_trace[row["trace_id"]].append(row)
    problems = {item.id: item for item in found}
    assert not dropped and len(by_trace) == sum(len(item.traces) for item in found)
    assert max(len(segments) for segments in by_trace.values()) >= 3
    for trace_id, segments in by_trace.items():
        item = problems[segments[0]["problem_id"]]
        trace = next(t for t in item.traces if t["id"] == trace_id)
        texts = [row["completion"][0]["content"] for row in segments]
        whole = "\n".join(text.partition("\n\nEstablished so far: ")[0] for text in texts[:-1])
        last = texts[-1].removesuffix(f"\n\n{trace['response']}")
        assert f"{whole}\n{last}".strip() == trace["reasoning"].strip()
        assert [row["segment"] for row in segments] == list(range(1, len(segments) + 1)) and not segments[0]["state"]
        for before, after in pairwise(segments):
            assert "; ".join(after["state"]) in before["completion"][0]["content"]
            assert "; ".join(after["state"]) in after["prompt"][0]["content"]
        assert verify(item.problem["verification"], texts[-1])


def test_a_summary_is_read_as_true_claims() -> None:
    (item,) = items("sudoku", count=1)
    rows, _ = made(format_of("segments"), [item], segment=200)
    path = read_path(item.case, "\n".join(rows[-1]["state"]), item.problem["answer"])
    assert path is not None and path.checked and not any(c.verdict == "false" for c in path.claims)


def test_a_plan_is_the_first_step_of_the_brief_trace() -> None:
    found = items()
    rows, dropped = made(format_of("plan"), found)
    assert len(rows) == len(found) and not dropped
    for row, item in zip(rows, found, strict=True):
        brief = item.traces[-1]
        prose = split_prose(brief["reasoning"], brief["steps_checked"])
        assert row["trace_id"] == brief["id"] and prose is not None and row["claims"]
        assert row["completion"][0]["content"].startswith(prose[0])
        assert "do not solve it yet" in row["prompt"][0]["content"].lower()


def test_a_pair_has_one_half_with_an_answer_and_one_without() -> None:
    rows, dropped = made(format_of("answerability"), items())
    assert any("has no unanswerable problems" in one.reason for one in dropped)
    assert len(rows) >= 10 and len(rows) % 2 == 0
    for real, twin in zip(rows[::2], rows[1::2], strict=True):
        assert real["pair"] == twin["pair"] == real["problem_id"] and real["split"] == twin["split"]
        assert (real["answerable"], twin["answerable"]) == (True, False) and twin["answer"] in ("none", "many")
        assert real["prompt"] != twin["prompt"] and twin["key"] == f"{real['key']}!twin"
        for row, other in ((real, twin), (twin, real)):
            assert verify(row["verification"], row["completion"][0]["content"])
            assert not verify(row["verification"], other["completion"][0]["content"])


def test_chains_stay_in_their_split_and_say_where_a_reply_went_wrong(tmp_path: Path) -> None:
    found = items("arithmetic_chain", "knights_knaves", "shortest_path", count=20)
    rows, dropped = made(format_of("chain"), found, links=(2, 4))
    by_id = {item.id: item for item in found}
    assert {row["links"] for row in rows} == {2, 3, 4} and {row["split"] for row in rows} == {"train", "test"}
    used = [name for row in rows for name in row["shown_ids"]]
    assert len(set(used)) == len(used) and len(used) + len(dropped) == len(found)
    assert any(len(set(row["families"])) > 1 for row in rows)
    assert list(across(iter(found), Options())) == list(across(iter(found), Options()))
    for row in rows:
        assert {by_id[name].problem["split"] for name in row["shown_ids"]} == {row["split"]}
        assert [by_id[name].problem["answer"] for name in row["link_ids"]] == row["answers"]
        steps = [f"That gives\n\n{answer}\n" for answer in row["answers"]]
        reply = "\n".join([*steps, f"Answer: {row['answers'][-1]}"])
        assert chain_score(row["verifications"], reply) == {"score": 1.0, "links": 1.0, "wrong_link": None}
        lost = "\n".join([*steps[:-2], "Answer: nothing"])
        told = chain_score(row["verifications"], lost)
        assert told == {"score": 0.0, "links": (row["links"] - 2) / row["links"], "wrong_link": row["links"] - 1}
        assert links_right(row["verifications"], [{"role": "assistant", "content": reply}])[-1]
        assert verify(row["verification"], reply)
    with pytest.raises(ValueError, match="at least one link"):
        links_right([], "x")
    with pytest.raises(ValueError, match="links must be in 2"):
        Options(links=(1, 3))


def test_a_chain_is_exported_and_read_back(tmp_path: Path) -> None:
    import datasets

    from verimill.cli_make import _recipe
    from verimill.pipelines.build import build

    out = tmp_path / "made"
    build(_recipe(("arithmetic_chain",), "1-4", 20, 3, [], None, None, "none", 0.0, 0.0, 20.0), out)
    report = export(out, "chain", tmp_path / "chains", Options(links=(3, 3)))
    rows = datasets.load_dataset(str(tmp_path / "chains"), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(rows) == report.rows["train"] and set(rows["links"]) <= {2, 3, 4}
    assert all(read_case(row["verification"]).codec.family == "arithmetic_chain" for row in rows)


def test_programs_are_run_and_give_the_answer() -> None:
    found = items("shortest_path", "minimum_spanning_tree", "graph_coloring", "hamiltonian_path", "arithmetic_chain",
                  "sudoku", count=2, level=3)  # fmt: skip
    found += [Item(unanswerable_twin(generate("shortest_path", 3, "free", 1)).row(), [])]  # type: ignore[union-attr]
    rows, dropped = made(format_of("program"), found)
    assert [one.reason for one in dropped] == ["its family has no program"] * 2
    assert len(rows) == 2 * (len(found) - 2)
    by_id = {item.id: item for item in found}
    for program, execution in zip(rows[::2], rows[1::2], strict=True):
        text = program["completion"][0]["content"].removeprefix("```python\n").removesuffix("```")
        assert ran(text) == program["output"] and text in execution["prompt"][0]["content"]
        told = execution["completion"][0]["content"]
        assert verify(by_id[program["problem_id"]].problem["verification"], told.splitlines()[-1])
        assert len(told.splitlines()) > 2
    with pytest.raises(ValueError, match="its program failed: ZeroDivisionError"):
        ran("1 / 0")


def test_formal_twins_are_run_and_confirm_the_answer() -> None:
    found = items("sudoku", "graph_coloring", "knights_knaves", "sat_3cnf", "shortest_path", "deduction", count=4)
    twins = [unanswerable_twin(generate(f, 2, "free", i)) for f in ("sudoku", "knights_knaves") for i in range(4)]
    found += [Item(twin.row(), []) for twin in twins if twin is not None]
    rows, dropped = made(format_of("formal"), found)
    assert not dropped and len(rows) == len(found)
    assert {row["language"] for row in rows} == {"dimacs", "sql", "prolog"}
    assert len({row["result"] for row in rows if row["language"] == "prolog"}) >= 2
    assert any(row["result"] == "unsatisfiable" for row in rows)
    for row in rows:
        assert row["formal"] in row["completion"][0]["content"]


@pytest.mark.parametrize("family", ["sudoku", "graph_coloring", "knights_knaves", "shortest_path", "deduction"])
def test_a_formal_twin_that_does_not_confirm_the_answer_is_refused(family: str) -> None:
    (one,) = items(family, count=1, level=3)
    stranger = Item(one.problem, [])
    if family != "deduction":
        stranger.__dict__["case"] = one.case._replace(status="none")  # as if the answerable problem had no answer
    else:
        label = {"true": "false", "false": "true"}.get(one.answer.label, "true")
        stranger.__dict__["answer"] = replace(one.answer, label=label)
    rows, dropped = made(format_of("formal"), [stranger])
    assert not rows and len(dropped) == 1


@pytest.mark.parametrize(
    ("constraint", "kept", "lost"),
    [
        ({"kind": "starts", "word": "Result"}, "Result: 4", "The Result"),
        ({"kind": "numbered", "count": 2}, "1. a\n2. b", "1. a\n2. b\n3. c"),
        ({"kind": "numbered", "count": 2}, "x\n1) a\n 2) b", "2. a\n1. b"),
        ({"kind": "includes", "word": "so", "count": 2}, "So and so. Sofa", "so so so"),
        ({"kind": "avoids", "word": "so"}, "sofa", "and So"),
        ({"kind": "heading", "title": "Answer"}, "a\n## Answer\nb", "## Answers"),
        ({"kind": "most_words", "count": 3}, "one two 3 three", "one two three four"),
        ({"kind": "boxed"}, "\\boxed{4}", "\\boxed{4} \\boxed{5}"),
        ({"kind": "fenced"}, "a\n```\n4\n```", "```\n4\n``` and ```"),
        ({"kind": "if", "longer": 2, "then": {"kind": "boxed"}, "else": {"kind": "fenced"}}, "```\n42\n```", "42"),
    ],
)
def test_a_constraint_is_kept_or_broken(constraint: dict[str, Any], kept: str, lost: str) -> None:
    assert told(constraint).endswith(".")
    assert broken([constraint], kept, "42") == [] and len(broken(json.dumps([constraint]), lost, "42")) == 1
    with pytest.raises(ValueError, match="must have"):
        broken([{**constraint, "more": 1}], kept, None)


def test_constrained_replies_keep_their_form_and_a_right_answer_alone_is_not_enough() -> None:
    found = items(count=12)
    rows, dropped = made(format_of("constrained"), found)
    assert not dropped and len(rows) == len(found)
    by_id = {item.id: item for item in found}
    assert {row["count"] for row in rows} >= {1, 2, 3, 4, 5}
    used = {spec["kind"] for row in rows for spec in json.loads(row["constraints"])}
    assert used == {*KINDS, "if"}
    for row in rows:
        reply, problem = row["completion"][0]["content"], by_id[row["problem_id"]].problem
        told_ = formatted_score(row["verification"], row["constraints"], reply)
        assert told_ == {"score": 1.0, "right": 1.0, "kept": 1.0, "broken": []}
        for spec in json.loads(row["constraints"]):
            assert told(spec) in row["prompt"][0]["content"]
        bare = formatted_score(row["verification"], row["constraints"], by_id[row["problem_id"]].traces[0]["response"])
        assert bare["right"] == 1.0 and bare["score"] == float(not bare["broken"])
        wrong = formatted_score(row["verification"], row["constraints"], reply.replace(problem["answer"], "?"))
        assert wrong["score"] == 0.0
    with pytest.raises(ValueError, match="the kind of a constraint must be"):
        broken([{"kind": "sings"}], "la", None)
