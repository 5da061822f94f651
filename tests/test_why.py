"""The life of a row, told from the folder alone, is what the tables say when they are read by other means."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from verimill.cli import main
from verimill.pipelines.build import build
from verimill.pipelines.life import NoSuchRow, life_of
from verimill.pipelines.manifest import ShardError, append, read_manifest
from verimill.pipelines.rows import problem_from_key
from verimill.pipelines.selections.writing import lost_trace, select
from verimill.pipelines.shards import read_rows, write_shard
from verimill.schemas.recipes import parse_recipe
from verimill.schemas.selections import parse_stage, read_stages

RECIPE = """\
name: lives
seed: 13
families:
  - {family: sudoku, levels: 1}
  - {family: shortest_path, levels: 1-6}
splits:
  - {name: train, rows: 44, levels: 1-2}
  - {name: hard, rows: 6, levels: 2-6, families: [shortest_path], where: "steps >= 9 and tier >= 1"}
traces: {oracle: [full, brief]}
unanswerable: 0.3
recount: 0.5
"""


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("lives") / "set"
    build(parse_recipe(RECIPE), out)
    wrong = {"outcome": "wrong", "reason": "edge: no such edge", "steps_wrong": 2, "first_wrong_step": 3,
             "steps_checked": 5}  # fmt: skip
    firsts = {row["problem_id"]: row for row in reversed(rows(out, "traces"))}
    asked = {"teacher": "mini", "sampling": '{"temperature":0.7}'}
    mini = [{**row, **asked, "id": f"{at:032x}", **(wrong if at % 2 else {})} for at, row in enumerate(firsts.values())]
    append(out, write_shard(out, "traces/mini-00000.parquet", "traces", mini, {"teacher": "mini"}))
    return out


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    return list(read_rows(folder, table))


def test_every_problem_has_a_life_that_the_tables_bear_out(made: Path) -> None:
    problems, traces = rows(made, "problems"), rows(made, "traces")
    dropped = rows(made, "dropped")
    places = [(e.name, at) for e in read_manifest(made) if e.table == "problems" for at in range(e.rows)]
    twins = copies = 0
    for row, (file, at) in zip(problems, places, strict=True):
        life = life_of(made, row["id"])
        assert life == life_of(made, row["key"]) == life_of(made, row["id"][:12])
        assert life["certificate"] == json.loads(row["certificate"])
        assert life["hardness"] == json.loads(row["hardness"])
        assert (life["place"]["file"], life["place"]["row"], life["place"]["whole"]) == (file, at, True)
        assert life["split"]["asked"]["name"] == row["split"]
        mine = [trace for trace in traces if trace["problem_id"] == row["id"]]
        assert [one["id"] for one in life["traces"]] == [trace["id"] for trace in mine]
        assert [one["outcome"] for one in life["traces"]] == [trace["outcome"] for trace in mine]
        assert [one["id"] for one in life["group"]["rows"]] == [row["id"]]
        other = row["key"].removesuffix("!twin") if row["key"].endswith("!twin") else row["key"] + "!twin"
        known = {one["key"] for one in problems} | {one["key"] for one in dropped}
        assert (life["group"]["twin"] or {}).get("key") == (other if other in known else None)
        for copy in life["group"]["dropped_copies"]:
            assert problem_from_key(copy["key"]).canonical == row["canonical"]
        twins += life["group"]["twin"] is not None
        copies += len(life["group"]["dropped_copies"])
    assert twins >= 4 and copies == sum(one["reason"] == "duplicate" for one in dropped) > 0


def test_the_split_is_told_with_what_the_row_measures(made: Path) -> None:
    row = next(row for row in rows(made, "problems") if row["split"] == "hard")
    told = life_of(made, row["id"])["split"]
    measured = json.loads(row["hardness"])
    assert told["measured"] == {"steps": measured["steps"], "tier": measured["tier"]}
    assert told["asked"]["where"] == "steps >= 9 and tier >= 1"


def test_a_dropped_key_has_a_life_too(made: Path) -> None:
    for row in rows(made, "dropped"):
        life = life_of(made, row["key"])
        assert life["dropped"] == row and life["made"]["series"][row["reason"]] > 0
        if row["reason"] == "duplicate":
            kept = problem_from_key(life["instead"]["key"])
            assert kept.canonical == problem_from_key(row["key"]).canonical


def test_a_trace_is_told_with_its_problem(made: Path) -> None:
    trace = rows(made, "traces")[-1]
    life = life_of(made, trace["id"])
    assert life["asked_for"] == "trace" and life["problem"]["id"] == trace["problem_id"]
    assert life["trace"]["reasoning"] == trace["reasoning"] and life["trace"]["sampling"] == {"temperature": 0.7}
    assert life["trace"]["place"]["file"] == "traces/mini-00000.parquet"


def test_what_the_folder_does_not_say_is_left_open(made: Path, tmp_path: Path) -> None:
    bare = Path(shutil.copytree(made, tmp_path / "bare"))
    for name in ("recipe.yaml", "summary.json"):
        (bare / name).unlink()
    row = rows(made, "problems")[0]
    life = life_of(bare, row["id"])
    assert life["made"]["series"] is None and life["made"]["recipe"] is None and life["split"]["asked"] is None


def test_a_name_that_fits_no_row_or_many_is_one_sentence(made: Path, tmp_path: Path) -> None:
    with pytest.raises(NoSuchRow, match=r"must have one row whose id begins with 00000000, got 50: 0{31}0, "):
        life_of(made, "00000000")
    for name, why in (("f" * 32, "got none"), ("sudoku@2:level=1#0/0", "no row with the key"), ("row 7", "its key")):
        with pytest.raises(NoSuchRow, match=why):
            life_of(made, name)
    bare = Path(shutil.copytree(made, tmp_path / "bare"))
    gone = next((bare / "problems").glob("hard-*"))
    gone.unlink()
    with pytest.raises(ShardError, match=r"hard-.* is missing: the manifest wants 6 rows"):
        life_of(bare, "f" * 32)


def test_what_a_selection_dropped_has_a_life(made: Path, tmp_path: Path) -> None:
    """Traces stand in `dropped` with their whole row; a problem goes with all of its own."""
    stages = read_stages([parse_stage("band:least=1,low=0.5,high=1,teacher=mini"), parse_stage("shortest:keep=1")])
    select(made, stages, tmp_path / "selected")
    out = tmp_path / "selected"
    traces = {row["id"]: row for row in rows(made, "traces")}
    dropped = [(row, *lost_trace(row)) for row in rows(out, "dropped")]
    kept = next((row, trace, why) for row, why, trace in dropped if row["reason"] == "trace:shortest" and trace)
    row, trace, why = kept
    life = life_of(out, row["key"])
    assert life["made"]["selected"] == ["band", "shortest"] and life["trace"] is None
    assert [(one["id"], one["stage"], one["why"]) for one in life["lost_traces"]] == [
        (held["id"], "shortest", why) for one, why, held in dropped if held and one["key"] == row["key"]
    ]
    life = life_of(out, trace["id"])
    assert life["problem"]["key"] == row["key"] and life["trace"]["reasoning"] == traces[trace["id"]]["reasoning"]
    text = run("why", trace["id"], out)[1]
    assert f"trace {trace['id']}, dropped, answers" in text and trace["response"] in text
    assert f"dropped by shortest: {why}" in text and "selected by band, shortest" in text

    gone = next(row for row, _, _ in dropped if row["reason"] == "band")
    life = life_of(out, gone["key"])
    assert life["dropped"] == gone and len(life["lost_traces"]) == 3
    text = run("why", life["lost_traces"][0]["id"], out)[1]
    assert f"band: {gone['detail']}" in text and "dropped by band: its problem was dropped" in text


def run(*args: object) -> tuple[int, str, str]:
    out, err, code = StringIO(), StringIO(), 0
    with patch.object(sys, "argv", ["verimill", *map(str, args)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, out.getvalue(), err.getvalue()


def test_the_command_tells_it_in_words_and_as_json(made: Path, tmp_path: Path) -> None:
    row = next(row for row in rows(made, "problems") if row["split"] == "hard")
    code, text, _ = run("why", row["key"], made)
    assert code == 0 and row["key"] in text and row["answer"] in text
    measured = json.loads(row["hardness"])
    assert f"(this row: steps {measured['steps']:g}, tier {measured['tier']:g})" in text
    assert "as the manifest says" in text and " steps checked, all hold" in text
    again = text.split("== make it again\n")[1].strip()
    shown = subprocess.run(
        f"{sys.executable} -P -m verimill.cli {again.removeprefix('verimill ')}", shell=True, capture_output=True,
        text=True, cwd=tmp_path,
    )  # fmt: skip
    assert shown.returncode == 0 and row["id"] in shown.stdout and row["prompt"][0]["content"] in shown.stdout
    code, text, _ = run("why", row["id"][:8], made, "--json")
    assert code == 0 and json.loads(text) == json.loads(json.dumps(life_of(made, row["id"])))
    gone = next(one for one in rows(made, "dropped") if one["reason"] == "duplicate")
    code, text, _ = run("why", gone["key"], made)
    assert code == 0 and "was there already" in text and "kept: " in text
    code, text, _ = run("why", "0" * 31 + "5", made)
    assert code == 0 and "mini #" in text and "wrong: edge: no such edge; 5 steps checked, 2 wrong" in text
    code, _, err = run("why", "f" * 32, made)
    assert code == 2 and err.startswith("verimill: ") and len(err.splitlines()) == 1


def test_an_altered_file_is_said_to_be_altered(made: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(made, tmp_path / "set"))
    row = rows(made, "problems")[0]
    entry = next(entry for entry in read_manifest(copy) if entry.table == "problems")
    write_shard(copy, entry.name, "problems", [row], entry.note)
    assert life_of(copy, row["id"])["place"]["whole"] is False
    assert "NOT the bytes that the manifest names" in run("why", row["id"], copy)[1]
