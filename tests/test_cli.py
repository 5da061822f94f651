"""The command line as a user runs it: real processes, exit codes, one sentence for every error."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest

from verimill import cli_check, cli_look, cli_make
from verimill.cli import app, exit_code, main
from verimill.pipelines.shards import Damaged, DiskFull, ShardError, read_manifest, read_rows
from verimill.pipelines.workers import WorkerDied
from verimill.schemas.rows import compact

COMMANDS = ("families", "show", "generate", "score", "build", "verify", "reproduce", "card", "soak", "check", "new")
RUN = [sys.executable, "-P", "-m", "verimill.cli"]


def process(*args: str, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, away from the source tree."""
    env = {**os.environ, "COLUMNS": "100"}
    return subprocess.run(
        [*RUN, *args], input=stdin, capture_output=True, text=True, cwd=cwd or "/tmp", env=env, timeout=120
    )


def verimill(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The same through the same `main`, without the second that a new process takes."""
    out, err, code = StringIO(), StringIO(), 0
    with ExitStack() as stack:
        stack.enter_context(chdir(cwd or Path("/tmp")))
        stack.enter_context(patch.object(sys, "argv", ["verimill", *args]))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    return subprocess.CompletedProcess(args, code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small dataset, made once by the command itself."""
    out = tmp_path_factory.mktemp("cli") / "made"
    splits = ["--split", "train=8@1-4", "--split", "hard=4@3-5 where steps>=12"]
    done = process("generate", "shortest_path", "arithmetic_chain", *splits, "--seed", "7", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "train" in done.stdout and "generate (round 1)" in done.stderr
    return out


def test_help_lists_every_command_at_once() -> None:
    spent = []
    for _ in range(3):  # the best of three: other work on the machine is not the command's
        began = os.times()
        done = process("--help")
        ended = os.times()
        spent.append(ended.children_user + ended.children_system - began.children_user - began.children_system)
    assert done.returncode == 0 and min(spent) < 0.4, f"{spent} s"
    listed = re.findall(r"^  ([a-z]+)  +\S", done.stdout, re.MULTILINE)
    assert set(COMMANDS) <= set(listed)


def test_help_imports_nothing_heavy() -> None:
    heavy = (
        "numpy numba pyarrow polars pydantic sympy pysat rustworkx constraint prefect datasets torch rich.table yaml"
    )
    code = f"""
import sys
sys.argv = ["verimill", "--help"]
from verimill.cli import main
try:
    main()
except SystemExit:
    pass
print([name for name in {heavy.split()!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd="/tmp")
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "command", sorted(c.callback.__name__.replace("_", "-") for c in app.registered_commands if c.callback)
)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = verimill(command, "--help")
    assert done.returncode == 0 and f"verimill {command}" in done.stdout.replace("Usage:", "")
    assert re.search(r"Examples?:", done.stdout)


def examples(function: object) -> list[list[str]]:
    lines = (function.__doc__ or "").splitlines()
    return [shlex.split(line.split("<")[0]) for line in lines if line.strip().startswith("verimill ")]


@pytest.mark.parametrize(
    "function", [cli_look.show, cli_make.generate, cli_check.verify, cli_check.reproduce, cli_check.soak]
)
def test_the_examples_in_help_run(function: object, tmp_path: Path) -> None:
    shown = examples(function)
    assert shown
    for _, *args in shown:
        done = verimill(*args, cwd=tmp_path)
        assert done.returncode == 0, (args, done.stderr)


def test_a_plain_install_makes_the_same_rows_without_a_recount_and_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ["generate", "futoshiki", "shortest_path", "--level", "4", "--count", "4"]
    counted, plain = [json.loads(line) for line in verimill(*order).stdout.splitlines()], tmp_path / "plain"
    monkeypatch.setitem(sys.modules, "ortools", None)
    done = verimill(*order, "--out", str(plain))
    told = [line for line in done.stderr.splitlines() if "recount" in line]
    assert done.returncode == 0 and len(told) == 1, done.stderr
    assert "second solver of futoshiki is missing" in told[0] and "verimill[recount]" in told[0]
    rows = list(read_rows(plain))
    assert len(rows) == 4 and "recount" not in "".join(row["certificate"] for row in rows)
    for row in counted:
        certificate = json.loads(row["certificate"])
        assert certificate.pop("recount")["agrees"] is True
        row["certificate"] = compact(certificate)
    assert sorted(map(compact, rows)) == sorted(map(compact, counted))
    assert "recount: 0.0" in (plain / "recipe.yaml").read_text()
    if (card := plain / "README.md").exists():  # cards need the extra report
        told = [line for line in card.read_text().splitlines() if "second solver" in line and line[0] != "|"]
        assert len(told) == 1 and "not measured in the rows" in told[0], told
    assert verimill("verify", str(plain)).returncode == 0
    asked = verimill(*order, "--out", str(tmp_path / "asked"), "--recount", "1")
    assert asked.returncode == 2 and "verimill[recount]" in asked.stderr.splitlines()[-1]
    refused = verimill("verify", str(plain), "--recount", "1")
    assert refused.returncode == 2 and "verimill[recount]" in refused.stderr.splitlines()[-1]


def test_families_are_listed_for_people_and_programs() -> None:
    plain, lines, one = verimill("families"), verimill("families", "--json"), verimill("families", "shortest_path")
    listed = [json.loads(line) for line in lines.stdout.splitlines()]
    assert {family["family"] for family in listed} == {line.split()[0] for line in plain.stdout.splitlines()[1:]}
    for family in listed:
        assert family["kind"] and family["checker"] and family["version"] >= 1 and family["levels"] == [1, 10]
        assert len(family["capacity_log10"]) == 10 and family["knobs"]
        assert all(knob["doc"] and knob["type"] and len(knob["at_levels"]) == 10 for knob in family["knobs"]), family
    assert re.search(r"nodes +whole number +12 .*Nodes, 4\.\.40\.", one.stdout), one.stdout


def test_show_has_every_part_and_takes_the_key_that_it_prints() -> None:
    first = verimill("show", "shortest_path", "--level", "2", "--seed", "abc", "--recount")
    assert first.returncode == 0, first.stderr
    for part in ("problem", "prompt", "trace", "answer", "hardness", "certificate"):
        assert f"== {part}" in first.stdout
    key = re.search(r"shortest_path@2:level=2#abc/0", first.stdout)
    assert key is not None and '"recount"' in first.stdout
    again = verimill("show", key[0], "--json", "--trace", "brief")
    shown = json.loads(again.stdout)
    assert shown["problem"]["answer"] in first.stdout and shown["problem"]["key"] == key[0]
    assert shown["trace"]["sample"] == 1
    twin = json.loads(verimill("show", key[0], "--twin", "--json", "--trace", "none").stdout)
    assert twin["problem"]["answerable"] is False and twin["trace"] is None


def test_generate_fills_splits_with_what_was_asked_for(made: Path) -> None:
    rows = list(read_rows(made))
    by_split = {name: [row for row in rows if row["split"] == name] for name in ("train", "hard")}
    assert len(by_split["train"]) == 8 and len(by_split["hard"]) == 4
    assert {row["level"] for row in by_split["train"]} == {1, 2, 3, 4}
    assert {row["family"] for row in rows} == {"shortest_path", "arithmetic_chain"}
    for row in by_split["hard"]:
        assert row["level"] in (3, 4, 5) and json.loads(row["hardness"])["steps"] >= 12
    assert len({row["canonical"] for row in rows}) == len(rows)
    assert {trace["problem_id"] for trace in read_rows(made, "traces")} == {row["id"] for row in rows}


def test_generate_makes_the_same_bytes_with_any_number_of_jobs(made: Path, tmp_path: Path) -> None:
    args = ("generate", "arithmetic_chain", "--level", "1-3", "--count", "30", "--seed", "3")
    for name, jobs in (("one", "1"), ("two", "2")):
        done = verimill(*args, "--jobs", jobs, "--out", str(tmp_path / name), "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["splits"][0]["rows"] == 30
    one, two = ([(e.name, e.sha256) for e in read_manifest(tmp_path / name)] for name in ("one", "two"))
    assert one == two


def test_generate_without_a_folder_prints_rows(tmp_path: Path) -> None:
    args = ("--count", "3", "--level", "2", "--knobs", "top=9", "--traces", "none")
    done = verimill("generate", "shortest_path", *args, cwd=tmp_path)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(rows) == 3 and list(tmp_path.iterdir()) == []
    assert all(json.loads(row["params"])["top"] == 9 and row["level"] is None for row in rows)


def test_a_split_that_cannot_be_filled_is_said_and_ends_with_3(tmp_path: Path) -> None:
    args = ("--level", "1", "--count", "5", "--where", "steps>900", "--tries", "5", "--out", str(tmp_path / "out"))
    done = process("generate", "arithmetic_chain", *args)
    assert done.returncode == 3
    assert re.search(r"verimill: split train wanted 5 rows that meet steps>900, got 0 in \d+ tries\n\Z", done.stderr)


def test_verify_and_reproduce_hold_on_an_honest_folder(made: Path) -> None:
    for command in ("verify", "reproduce"):
        done = verimill(command, str(made), "--json")
        found = json.loads(done.stdout)
        assert done.returncode == 0 and found["ok"] and found["problems"] == 12 and found["traces"] == 12
    assert "all hold" in verimill("verify", str(made), "--sample", "3").stdout


def test_verify_names_an_altered_shard_and_ends_with_1(made: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    path = next((copy / "problems").glob("train*"))
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    done = process("verify", str(copy))
    assert done.returncode == 1 and str(path) in done.stderr and "wanted sha256" in done.stderr
    assert "Traceback" not in done.stderr
    scored = process("score", "--problems", str(copy), stdin="{}")
    assert scored.returncode == 1 and "was altered or cut short" in scored.stderr


def test_score_judges_replies_from_a_pipe(made: Path) -> None:
    row = next(iter(read_rows(made)))
    replies = [
        {"problem_id": row["id"], "completion": f"So the answer is\n\nAnswer: {row['answer']}", "sample": 3},
        {"problem_id": row["id"], "completion": "Answer: q -> q"},
        {"problem_id": row["id"], "completion": ""},
        {"problem_id": row["id"], "completion": "word " * 2_000_000},
        {"verification": row["verification"], "completion": row["answer"]},
    ]
    done = process("score", "--problems", str(made), stdin="\n".join(map(json.dumps, replies)) + "\n\n")
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert [v["outcome"] == "right" for v in verdicts] == [True, False, False, False, True]
    assert verdicts[0] | {"answer": ""} == {
        "problem_id": row["id"], "sample": 3, "outcome": "right", "score": 1.0, "reason": "", "answer": ""
    }  # fmt: skip
    assert "5 replies: 2 right" in done.stderr


def test_score_goes_on_after_lines_that_cannot_be_judged_and_ends_with_2(made: Path) -> None:
    row = next(iter(read_rows(made)))
    tampered = row["verification"].replace(f'"version":{row["family_version"]}', '"version":9')
    lines = [
        "not json",
        "[1]",
        json.dumps({"problem_id": row["id"]}),
        json.dumps({"problem_id": "nobody", "completion": "x"}),
        json.dumps({"problem_id": ["x"], "completion": "x"}),
        json.dumps({"verification": "{}", "completion": "x"}),
        json.dumps({"verification": tampered, "completion": "x"}),
        json.dumps({"problem_id": row["id"], "completion": row["answer"]}),
    ]
    done = process("score", "--problems", str(made), stdin="\n".join(lines))
    out = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2 and "7 lines could not be judged" in done.stderr
    assert [one.get("line") for one in out] == [1, 2, 3, 4, 5, 6, 7, None] and out[-1]["outcome"] == "right"
    assert "verification lacks family" in out[5]["error"] and "version 9" in out[6]["error"]


def test_score_reads_jsonl_problems_too(made: Path, tmp_path: Path) -> None:
    rows = list(read_rows(made, columns=["id", "verification", "answer"]))
    path = tmp_path / "problems.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    stdin = "".join(json.dumps({"problem_id": r["id"], "completion": f"Answer: {r['answer']}"}) + "\n" for r in rows)
    done = process("score", "--problems", str(path), stdin=stdin)
    assert done.returncode == 0 and done.stdout.count('"right"') == len(rows)


def test_soak_measures_a_level() -> None:
    done = verimill("soak", "arithmetic_chain", "--level", "2", "--count", "20", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["tried"] == 20 == found["made"] + found["exhausted"]
    assert found["rows_per_second"] > 0 and sum(found["tiers"].values()) == found["made"]


WRONG = [
    ("show nobody", "unknown family 'nobody'"),
    ("show shortest_pat", "did you mean shortest_path"),
    ("show shortest_path --level 11", r"level must be in 1\.\.10, got 11"),
    ("show shortest_path --knobs nodes=1", r"nodes must be in 4\.\.40, got 1"),
    ("show shortest_path --style w9-x", "has no style 'w9-x'"),
    ("show shortest_path --seed a/b", "seed must be a whole number or a word"),
    ("show shortest_path@2:level=3#7", "a key must look like"),
    ("show shortest_path --trace long", "--trace must be full, brief or none"),
    ("generate nobody", "unknown family 'nobody'"),
    ("generate shortest_path --level 0-3", r"levels must be in 1\.\.10"),
    ("generate shortest_path --split train", "--split must look like"),
    ("generate shortest_path --split Train=5", "name"),
    ("generate shortest_path --where tier>>2", "wanted a measure or a number"),
    ("generate shortest_path --where steps>2;x", "cannot read"),
    ("generate shortest_path --knobs nodes", "--knobs must look like"),
    ("generate shortest_path --knobs size=3", "unknown knob 'size=3'"),
    ("generate shortest_path --traces all", "--traces must be one of"),
    ("generate shortest_path --out /proc/nowhere", "cannot write to /proc/nowhere"),
    ("verify /tmp/no/such/folder", "holds no dataset"),
    ("reproduce /tmp/no/such/folder", "holds no dataset"),
    ("card /tmp/no/such/folder", "/tmp/no/such/folder"),
    ("score --problems /tmp/no/such/folder", "must be a dataset folder or a JSONL file"),
    ("build /tmp/no/such.yaml --out /tmp/never", "cannot be read"),
    ("check nobody", "unknown family 'nobody'"),
    ("soak shortest_path --level 99", r"level must be in 1\.\.10"),
    ("new shortest_path", "there is a family shortest_path already"),
    ("generate shortest_path --count 0", "--count"),
    ("generate", "Missing argument"),
    ("dance", "No such command"),
]


REAL = ("show shortest_pat", "generate shortest_path --out /proc/nowhere", "dance")


@pytest.mark.parametrize(("line", "message"), WRONG)
def test_a_user_error_is_one_sentence_and_ends_with_2(line: str, message: str) -> None:
    done = (process if line in REAL else verimill)(*shlex.split(line))
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert re.search(message, done.stderr) and "Traceback" not in done.stderr and done.stdout == ""
    ours = [said for said in done.stderr.splitlines() if said.startswith("verimill: ")]
    assert len(ours) == 1 or done.stderr.startswith("Usage: "), done.stderr


def test_a_folder_of_another_dataset_is_left_alone(made: Path) -> None:
    before = read_manifest(made)
    done = verimill("generate", "arithmetic_chain", "--count", "3", "--out", str(made))
    assert done.returncode == 2 and "give another folder" in done.stderr and read_manifest(made) == before


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = " ".join(map(shlex.quote, [*RUN, "families", "--json"]))
    done = subprocess.run(f"{command} | true", shell=True, capture_output=True, text=True, cwd="/tmp")
    assert "Traceback" not in done.stderr


def test_exit_codes_say_what_an_error_means() -> None:
    from verimill.pipelines.certificates import Uncertified

    codes = [
        exit_code(error) for error in (ValueError(), ShardError(), Damaged(), DiskFull(), WorkerDied(), Uncertified())
    ]
    assert codes == [2, 2, 1, 3, 3, 1]
    assert exit_code(KeyError("x")) is None, "a bug of ours keeps its traceback"
