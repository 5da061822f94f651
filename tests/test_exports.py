"""Training rows in every format: read back by `datasets`, traceable, and wrong where they say so."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.corruptions import KINDS, corrupted, split_prose
from verimill.pipelines.exports.shapes import FORMATS, STYLES, THINKS, Options, format_of
from verimill.pipelines.exports.writing import export
from verimill.pipelines.joined import joined
from verimill.pipelines.oracle import Trace, oracle_trace, unpack
from verimill.pipelines.rows import generate
from verimill.pipelines.shards import ShardError, append, read_manifest, read_rows, write_shard
from verimill.schemas.families import codec, constant
from verimill.schemas.rng import rng_for
from verimill.verifiers.judge import read_case, verify
from verimill.verifiers.rewards import compute_score, reward_func, score, skyrl_step, trl_reward

FAMILIES = ("arithmetic_chain", "shortest_path", "minimum_spanning_tree")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of two splits, with unanswerable problems, full and brief traces, and a teacher's wrong samples."""
    from verimill.cli_make import _recipe
    from verimill.pipelines.build import build

    out = tmp_path_factory.mktemp("exports") / "made"
    splits = ["train=24@1-4", "test=8@2-3"]
    build(_recipe(FAMILIES, "1-10", 100, 3, splits, None, None, "both", 0.2, 0.0, 20.0), out)
    rows = [row for row in read_rows(out) if row["answerable"]][:3]
    samples = [
        Trace(
            id=f"{n:032x}", problem_id=row["id"], teacher="parrot", sample=0, reasoning="Hmm.", response="Answer: no",
            outcome="wrong", reason="no: it is not", answer_read="no", steps_checked=None, steps_wrong=None,
            first_wrong_step=None, verifier_version="test",
        ).row()
        for n, row in enumerate(reversed(rows))
    ]  # fmt: skip
    append(out, write_shard(out, "traces/parrot.parquet", "traces", samples, {"split": "train"}))
    return out


def rows_of(made: Path, to: str, out: Path, **options: Any) -> list[dict[str, Any]]:
    """The export's rows as `datasets` reads them, all splits."""
    import datasets

    said = {name: options.pop(name) for name in ("split", "where", "jsonl") if name in options}
    report = export(made, to, out, Options(**options), **said)
    loaded = datasets.load_dataset(str(out), cache_dir=str(out / ".cache"))
    assert {name: len(part) for name, part in loaded.items()} == report.rows
    return [row for part in loaded.values() for row in part]


def problems_of(made: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in read_rows(made)}


@pytest.mark.parametrize(("to", "jsonl"), list(product(sorted(set(FORMATS) - {"search", "chain"}), (False, True))))
def test_every_format_is_read_back_and_names_its_problem(made: Path, to: str, jsonl: bool, tmp_path: Path) -> None:
    rows = rows_of(made, to, tmp_path / "out", jsonl=jsonl)
    problems, traces = problems_of(made), {row["id"] for row in read_rows(made, "traces")}
    assert rows and {row["split"] for row in rows} == {"train", "test"}
    for row in rows:
        assert row["family"] == problems[row["problem_id"]]["family"]
        assert row["split"] == problems[row["problem_id"]]["split"]
        assert row["trace_id"] is None or row["trace_id"] in traces
    assert list(rows[0]) == format_of(to).schema(Options()).names


def test_the_same_export_made_again_has_the_same_bytes(made: Path, tmp_path: Path) -> None:
    first, second = (export(made, "preference", tmp_path / name) for name in "ab")
    assert [p.read_bytes() for p in first.files] == [p.read_bytes() for p in second.files]


@pytest.mark.parametrize(("style", "think"), list(product(STYLES, THINKS)))
def test_sft_rows_end_in_the_right_answer(made: Path, style: str, think: str, tmp_path: Path) -> None:
    problems = problems_of(made)
    for row in rows_of(made, "sft", tmp_path / "out", style=style, think=think):
        last = row["messages"][-1] if style == "messages" else row["completion"][-1]
        first = row["messages"][0] if style == "messages" else row["prompt"][0]
        assert (first["role"], last["role"]) == ("user", "assistant")
        assert verify(problems[row["problem_id"]]["verification"], last["content"])
        assert last["content"].startswith("<think>\n") == (think == "tags")
        assert ("reasoning_content" in last) == (think == "field")
        assert row["teacher"] == "oracle"


def test_rewards_take_the_rows_of_their_trainer(made: Path, tmp_path: Path) -> None:
    answers = {key: f"Answer: {row['answer']}" if "\n" not in row["answer"] else f"Answer:\n{row['answer']}"
               for key, row in problems_of(made).items()}  # fmt: skip
    for row in rows_of(made, "rl", tmp_path / "rl"):
        assert trl_reward([[{"role": "assistant", "content": answers[row["problem_id"]]}]], [row["verification"]]) == [
            1.0
        ]
    for row in rows_of(made, "verl", tmp_path / "verl"):
        truth, extra = row["reward_model"]["ground_truth"], row["extra_info"]
        assert compute_score(row["data_source"], answers[row["problem_id"]], truth, extra)["score"] == 1.0
    for row in rows_of(made, "openrlhf", tmp_path / "openrlhf"):
        prompt = row["input"][0]["content"]
        assert float(reward_func([prompt + answers[row["problem_id"]]], [prompt], [row["label"]])["rewards"][0]) == 1.0
    for row in rows_of(made, "nemo", tmp_path / "nemo"):
        assert row["input"] and score(row["output"], answers[row["problem_id"]]) == 1.0
    for row in rows_of(made, "nemo-gym", tmp_path / "gym", jsonl=True):
        assert row["responses_create_params"]["input"][0]["role"] == "user"
        assert score(row["verification"], answers[row["id"]]) == 1.0
    for row in rows_of(made, "skyrl", tmp_path / "skyrl"):
        done = skyrl_step(answers[row["problem_id"]], row)
        assert (done["reward"], done["done"], done["observations"]) == (1.0, True, [])


def test_rejected_traces_are_refused_and_part_where_they_say(made: Path, tmp_path: Path) -> None:
    problems, by = problems_of(made), Counter[str]()
    for row in rows_of(made, "preference", tmp_path / "out"):
        truth = problems[row["problem_id"]]["verification"]
        good, bad = row["chosen"][0]["content"], row["rejected"][0]["content"]
        assert verify(truth, good) and not verify(truth, bad)
        by[row["rejected_by"]] += 1
        if row["divergence_step"]:
            assert bad[row["divergence"] :].startswith(f"{row['divergence_step']}. ")
            assert f"step {row['divergence_step']}: " in row["rejected_reason"]
        else:
            assert bad[: row["divergence"]] == good[: row["divergence"]]
            assert bad[row["divergence"]] != good[row["divergence"]]
    assert by.pop("sample of parrot") == 3 and by


@pytest.mark.parametrize("think", THINKS)
def test_single_replies_say_where_they_go_wrong(made: Path, think: str, tmp_path: Path) -> None:
    problems, by = problems_of(made), Counter[str]()
    rows = rows_of(made, "kto", tmp_path / "out", think=think)
    field = "reasoning_content" if think == "field" else "content"
    right = {row["problem_id"]: row["completion"][0][field] for row in reversed(rows) if row["label"]}
    for row in rows:
        text, at = row["completion"][0][field], row["divergence"]
        assert (
            bool(verify(problems[row["problem_id"]]["verification"], row["completion"][0]["content"])) == row["label"]
        )
        by[row["made_by"].partition(" ")[0]] += 1
        if row["label"]:
            assert at is None
        elif row["made_by"].startswith("near miss"):
            assert f"step {text[at:].partition('.')[0]}: " in row["reason"]
        else:
            assert text[:at] == right[row["problem_id"]][:at] and text[at] != right[row["problem_id"]][at]
    assert by["parrot"] == 3 and by["near"] > 3 and by["oracle"] == 2 * len(right)


def test_step_labels_say_what_the_judge_says(made: Path, tmp_path: Path) -> None:
    rows = rows_of(made, "steps", tmp_path / "out", negatives=3)
    assert all(len(row["completions"]) == len(row["labels"]) for row in rows)
    wrong = [row for row in rows if row["error"]]
    assert {row["error"] for row in wrong} <= set(KINDS) and len({row["error"] for row in wrong}) == 3
    for row in wrong:
        assert row["labels"] == [True] * (row["first_wrong_step"] - 1) + [False]
    assert all(all(row["labels"]) for row in rows if not row["error"])


def test_critiques_conclude_what_the_judge_found(made: Path, tmp_path: Path) -> None:
    rows = rows_of(made, "critique", tmp_path / "out")
    for row in rows:
        end = row["completion"][0]["content"].rsplit("\n", 1)[1]
        assert end == f"Conclusion: {'right' if row['right'] else 'wrong'}"
        assert (
            row["right"]
            or f"Step {row['first_wrong_step']} does not follow" in row["completion"][0]["content"]
            or (row["first_wrong_step"] is None)
        )
    assert {row["right"] for row in rows} == {True, False}


@pytest.mark.parametrize("think", THINKS)
def test_reflections_mask_the_wrong_step_and_end_right(made: Path, think: str, tmp_path: Path) -> None:
    problems = problems_of(made)
    rows = rows_of(made, "reflection", tmp_path / "out", think=think, negatives=2)
    assert {row["correction"] for row in rows} == {"fix", "fresh start"}
    for row in rows:
        reply = row["completion"][0]
        start, end = row["masked"]
        text = reply["reasoning_content"] if think == "field" else reply["content"]
        assert text[start:end].startswith(f"{row['error_step']}. ") and text[end] == "\n"
        assert row["reason"].partition(": ")[2] in text[end:]
        assert verify(problems[row["problem_id"]]["verification"], reply["content"])


def test_choices_have_one_right_option(made: Path, tmp_path: Path) -> None:
    letters = Counter[str]()
    for row in rows_of(made, "choice", tmp_path / "out"):
        right = [bool(verify(row["verification"], f"Answer: {option}")) for option in row["options"]]
        assert [not refused for refused in row["refused"]] == right and sum(right) == 1
        assert row["solution"] == "ABCD"[right.index(True)]
        letters[row["solution"]] += 1
    assert len(letters) >= 3


def test_search_traces_have_wrong_branches(tmp_path: Path) -> None:
    problems = [generate("knights_knaves", 4, "search", index) for index in range(12)]
    append(tmp_path, write_shard(tmp_path, "problems/a.parquet", "problems", [p.row("train") for p in problems]))
    traces = [trace.row() for p in problems if (trace := oracle_trace(p)) is not None]
    append(tmp_path, write_shard(tmp_path, "traces/a.parquet", "traces", traces))
    report = export(tmp_path, "search", tmp_path / "out")
    assert report.rows["train"] + report.dropped["no wrong branch"] == 12 and report.rows["train"] >= 3


def test_a_split_and_a_condition_choose_rows(made: Path, tmp_path: Path) -> None:
    rows = rows_of(made, "rl", tmp_path / "out", split="test", where="steps>=4")
    problems = problems_of(made)
    assert rows
    for row in rows:
        assert row["split"] == "test" and json.loads(problems[row["problem_id"]]["hardness"])["steps"] >= 4
    left = [p for p in problems.values() if p["split"] == "test" and json.loads(p["hardness"])["steps"] >= 4]
    assert len(left) == len(rows)


def test_what_makes_no_row_is_kept_with_its_reason(made: Path, tmp_path: Path) -> None:
    report = export(made, "sft", tmp_path / "out")
    lines = [json.loads(line) for line in (tmp_path / "out" / "dropped.jsonl").read_text().splitlines()]
    assert report.dropped["answer wrong"] == 3 == sum(line["reason"] == "answer wrong" for line in lines)
    told = json.loads((tmp_path / "out" / "export.json").read_text())
    assert told["rows"] == report.rows and told["dropped"] == dict(report.dropped)


def test_traces_in_any_order_find_their_problems(made: Path) -> None:
    for one in joined(made):
        assert one.traces and all(trace["problem_id"] == one.problem["id"] for trace in one.traces)
    entries = read_manifest(made)
    assert sum(len(one.traces) for one in joined(made)) == sum(e.rows for e in entries if e.table == "traces")


def test_wrong_use_is_one_sentence_and_leaves_nothing(made: Path, tmp_path: Path) -> None:
    for to, out, said, expected in (
        ("nonsense", "a", {}, "--to must be one of"),
        ("sft", "b", {"split": "nowhere"}, "no problem with split nowhere"),
        ("sft", "c", {"where": "tier >"}, "condition"),
    ):
        with pytest.raises(ValueError, match=expected):
            export(made, to, tmp_path / out, **said)  # type: ignore[arg-type]
        assert not (tmp_path / out).exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thing").write_text("mine")
    with pytest.raises(ValueError, match="new or empty"):
        export(made, "sft", tmp_path / "full")
    with pytest.raises(ValueError, match="think must be one of"):
        Options(think="loud")  # type: ignore[arg-type]


def test_a_trace_without_a_problem_is_named(tmp_path: Path) -> None:
    problem = generate("arithmetic_chain", 1)
    append(tmp_path, write_shard(tmp_path, "problems/a.parquet", "problems", [problem.row()]))
    stray = Trace("0" * 32, "f" * 32, "x", "", "", "wrong", "", None, None, None, None, "t").row()
    append(tmp_path, write_shard(tmp_path, "traces/a.parquet", "traces", [stray]))
    with pytest.raises(ShardError, match="no problems file"):
        list(joined(tmp_path))


@pytest.mark.parametrize(
    "family", ("arithmetic_chain", "shortest_path", "sat_3cnf", "knights_knaves", "linear_system", "sudoku")
)
def test_corrupted_traces_fail_at_the_step_they_name_and_read_as_prose(family: str) -> None:
    kinds, maker = Counter[str](), constant(family, "generators", "MAKER")
    for index in range(6):
        problem = generate(family, 2, "corrupt", index)
        assert problem.solved is not None
        case, steps = read_case(problem.verification), problem.solved.steps
        for error in corrupted(rng_for("test", family, index), case, steps, problem.solved.answer, 2):
            kinds[error.kind] += 1
            verdict = case.judge.check(case.problem, error.steps, problem.solved.answer)
            assert verdict.first_wrong == error.at == len(error.steps) and verdict.wrong == 1
            assert len(error.prose) == error.at
            if error.kind != "missing step":
                narrated = split_prose(maker.narrate(case.problem, steps[: error.at]), error.at)
                assert narrated is not None and narrated[-1] != error.prose[-1], "a reader cannot see the error"
    assert sum(kinds.values()) >= 8, kinds


def test_prose_is_cut_by_step_and_loses_nothing() -> None:
    problem = generate("knights_knaves", 4, 1)
    assert problem.solved is not None
    steps = problem.solved.steps
    text = constant("knights_knaves", "generators", "MAKER").narrate(problem.instance, steps)
    parts = split_prose(text, len(steps))
    assert parts is not None and "\n".join(parts) == text and len(parts) == len(steps)
    assert split_prose("no numbers", 1) is None and codec("knights_knaves") and unpack([1, "r", [], [], []])


def test_the_commands_print_counts_and_end_with_their_codes(made: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from verimill.cli import app

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, words)
        return done.exit_code, done.stdout

    code, said = run("export", str(made), "--to", "kto", "--out", str(tmp_path / "kto"), "--json")
    assert code == 0 and json.loads(said.splitlines()[-1])["rows"].keys() == {"train", "test"}
    bench = tmp_path / "bench.jsonl"
    row = next(read_rows(made))
    bench.write_text(json.dumps({"prompt": "reworded", "verification": row["verification"]}) + "\n")
    assert run("index", str(bench), "--out", str(tmp_path / "b.index"))[0] == 0
    code, said = run("decontaminate", str(made), "--against", str(tmp_path / "b.index"), "--against", "gone.jsonl")
    assert code == 1 and f"{row['id']} is item 1 (canonical, 100% of it)" in said
    assert "gone: not checked (gone.jsonl is not there)" in said
