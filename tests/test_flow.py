"""The mill as a real Prefect flow: its own server, an existing one, kill -9 and resume, what a user sees.

Starting Prefect costs some 10 to 20 seconds, so the module starts it as few times as the promises allow.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.audit import verify
from verimill.pipelines.build import build
from verimill.pipelines.embedded import embedded_server
from verimill.pipelines.flows import run_build, serve_prefect
from verimill.pipelines.progress import Quiet
from verimill.pipelines.shards import read_manifest, read_rows
from verimill.schemas.recipes import parse_recipe

pytest.importorskip("prefect")
_spec = importlib.util.spec_from_file_location("fake_teacher", Path(__file__).with_name("fake_teacher.py"))
assert _spec is not None and _spec.loader is not None
fake_teacher = importlib.util.module_from_spec(_spec)
sys.modules.setdefault("fake_teacher", fake_teacher)
_spec.loader.exec_module(fake_teacher)
pytestmark = pytest.mark.xdist_group("flow")

Tables = Callable[[Path], dict[str, str]]
COMMAND = [sys.executable, "-P", "-m", "verimill.cli", "build"]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory, recipe_text: str) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "small.yaml"
    path.write_text(recipe_text)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, recipe_text: str) -> Path:
    """A build that no engine ran and nothing interrupted."""
    out = tmp_path_factory.mktemp("plain") / "set"
    build(parse_recipe(recipe_text), out)
    return out


@pytest.fixture(scope="module")
def wanted(made: Path, tables: Tables) -> dict[str, str]:
    """The files of that build."""
    return tables(made)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prefect server that outlives the builds, as a user's own would."""
    folder = tmp_path_factory.mktemp("server")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    with embedded_server(serve_prefect, folder, Quiet()) as one:
        one.wait()
        yield one.url


@pytest.fixture(scope="module")
def tables(fingerprint: Tables) -> Tables:
    """Hashes of the published files but the card (its Croissant too), which the flow writes, the plain build not."""
    kinds = (".parquet", ".jsonl", ".json")
    return lambda out: {
        name: sha for name, sha in fingerprint(out).items() if name.endswith(kinds) and name != "croissant.json"
    }


def _run(arguments: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=240, env=os.environ | env, cwd="/"
    )


def test_a_build_on_the_embedded_server_shows_only_the_mill(
    recipe: Path, wanted: dict[str, str], tmp_path: Path, tables: Tables, recipe_text: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    out = tmp_path / "set"
    done = _run([str(recipe), "--out", str(out)], HOME=str(home), XDG_CACHE_HOME=str(home / "cache"))
    assert done.returncode == 0, done.stderr
    assert tables(out) == wanted
    assert done.stdout.startswith("small: 102 problems")
    assert "spare: made, but no split wanted it" in done.stdout
    said = [line for line in done.stderr.splitlines() if line.strip()]
    strange = [line for line in said if not re.match(r"(starting|generate|measure|write|verimill: compiling)", line)]
    assert strange == []
    assert not (home / ".prefect").exists()  # the user's own settings are not touched
    again = _run([str(recipe), "--out", str(out)])
    assert again.returncode == 0 and "nothing to do" in again.stderr
    changed = recipe.with_name("changed.yaml")
    changed.write_text(recipe_text.replace("rows: 60", "rows: 61"))
    refused = _run([str(changed), "--out", str(out)])
    assert refused.returncode == 2
    assert refused.stderr.strip().splitlines()[-1].startswith("verimill: ") and "another recipe" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_flow_killed_while_it_makes_and_while_it_writes_goes_on_to_the_same_bytes(
    server: str, recipe: Path, wanted: dict[str, str], tmp_path: Path, tables: Tables, kill_when: Callable[..., None]
) -> None:
    out = tmp_path / "set"
    command = [*COMMAND, str(recipe), "--out", str(out), "--jobs", "1"]
    for moment in (2, "published"):
        kill_when(out, moment, command)
        assert not (out / "summary.json").exists()
    assert run_build(recipe, out, jobs=1) == 0
    assert tables(out) == wanted


def test_datasets_reads_what_the_flow_wrote(server: str, recipe: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    out = tmp_path / "set"
    assert run_build(recipe, out, jobs=1) == 0
    if (out / "README.md").exists():
        problems = datasets.load_dataset(str(out), "problems", cache_dir=str(tmp_path / "cache"))
        traces = datasets.load_dataset(str(out), "traces", cache_dir=str(tmp_path / "cache"))
    else:
        problems, traces = (_loaded(datasets, out, table, tmp_path) for table in ("problems", "traces"))
    assert {name: len(split) for name, split in problems.items()} == {"train": 60, "test": 20, "ood": 12, "hard": 10}
    assert all(split for name in traces for split in traces[name]["response"])
    ids = {one for split in problems.values() for one in split["id"]}
    assert {one for split in traces.values() for one in split["problem_id"]} <= ids
    row = problems["test"][0]
    assert row["prompt"][0]["role"] == "user" and json.loads(row["verification"])["family"] == row["family"]
    _check_prefect(server)


def _loaded(datasets: Any, out: Path, table: str, tmp_path: Path) -> Any:
    files = {name: f"{out}/{table}/{name}-*.parquet" for name in ("train", "test", "ood", "hard")}
    return datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))


TEACHERS = """
teachers:
  - {name: strong, base_urls: ['%s'], k: 4, in_flight: 8, splits: [train, test]}
  - {name: weak, base_urls: ['%s'], k: 2, in_flight: 4, splits: [test]}
"""


def test_a_flow_killed_while_it_asks_goes_on_and_shows_each_teacher(
    server: str, recipe_text: str, wanted: dict[str, str], made: Path, tmp_path: Path
) -> None:
    out, path = tmp_path / "set", tmp_path / "small.yaml"
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({row["prompt"][-1]["content"]: row["answer"] for row in read_rows(made)}))
    told = {"answers": str(answers), "mean_s": 0.1, "sigma": 0.5, "tokens": 30}
    with fake_teacher.serving(right=0.8, **told) as strong, fake_teacher.serving(right=0.3, **told) as weak:
        path.write_text(recipe_text + TEACHERS % (strong.url, weak.url))
        building = subprocess.Popen([*COMMAND, str(path), "--out", str(out)], cwd="/", stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 200
        while building.poll() is None and strong.stats().get("requests", 0) < 60 and time.monotonic() < limit:
            time.sleep(0.02)
        assert building.poll() is None, "it ended before it could be killed"
        building.kill()
        building.wait()
        assert not (out / "teachers.json").exists()
        assert run_build(path, out, jobs=2) == 0
        assert strong.stats()["requests"] <= 320 + 8 + 2  # what was on its way, and a probe a run
    rows = Counter(row["teacher"] for row in read_rows(out, "traces"))
    assert (rows["strong"], rows["weak"]) == (320, 40) and verify(out).ok
    problems = {name: entry for name, entry in wanted.items() if name.startswith("problems/")}
    assert problems == {e.name: e.sha256 for e in read_manifest(out) if e.table == "problems"}
    runs = _ask(server, "flow_runs", {"sort": "START_TIME_DESC", "flow_runs": {"name": {"any_": ["small teachers"]}}})
    named, limit = {"open strong", "ask train-strong-00002-of-00003", "ask test-weak-00000-of-00001"}, time.monotonic()
    while time.monotonic() < limit + 30:  # they reach the server a moment later, as events
        tasks = _ask(server, "task_runs", {"flow_runs": {"id": {"any_": [runs[0]["id"]]}}})
        if named <= {task["name"] for task in tasks}:
            break
        time.sleep(0.2)
    assert named <= {task["name"] for task in tasks}


def _check_prefect(server: str) -> None:
    """The server knows the flow run, its shards as task runs, and the table of yields."""
    limit = time.monotonic() + 30
    while True:
        runs = _ask(server, "flow_runs", {"sort": "START_TIME_DESC"})
        tasks = _ask(server, "task_runs", {"flow_runs": {"id": {"any_": [runs[0]["id"]]}}})
        if (all(task["state_type"] == "COMPLETED" for task in tasks) and len(tasks) > 20) or time.monotonic() > limit:
            break
        time.sleep(0.2)  # task states reach the server a moment later, as events
    assert runs[0]["name"] == "small" and runs[0]["state_type"] == "COMPLETED"
    assert {"shard", "write", "dedup and split"} <= {re.sub(r"[ -][0-9a-f]+$", "", task["name"]) for task in tasks}
    shown = {artifact["key"]: artifact for artifact in _ask(server, "artifacts", {})}
    assert json.loads(shown["yields"]["data"])[0].keys() >= {"family", "tried", "made", "kept"}
    if "card" in shown:  # cards need the extra report
        assert shown["card"]["data"].startswith("# small") and "data:image/png;base64," in shown["card"]["data"]
        assert "README.md" in shown["card-file"]["data"]


def _ask(server: str, what: str, query: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{server}/{what}/filter", json.dumps(query).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def test_a_dry_run_says_what_would_be_made_and_writes_nothing(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_build(recipe, tmp_path / "set", dry_run=True, jobs=1) == 0
    said = capsys.readouterr().out
    assert "102 problems" in said and re.search(r"about \d+ (s|min) with 1 worker", said)
    assert not (tmp_path / "set").exists()


def test_a_dry_run_as_json_has_the_same_counts(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_build(recipe, dry_run=True, jobs=1, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert run_build(recipe, dry_run=True, jobs=1) == 0
    said = capsys.readouterr().out
    assert told["rows"] == sum(one["rows"] for one in told["splits"]) == sum(one["rows"] for one in told["families"])
    assert f"\n{told['rows']:,} problems with {' and '.join(told['traces'])} traces" in said
    assert all(re.search(rf"^{one['name']} +{one['rows']} ", said, re.M) for one in told["splits"])
    assert all(re.search(rf"^{one['family']} .* {one['rows']} ", said, re.M) for one in told["families"])
    assert told["seconds"] > 0 and told["jobs"] == 1 and told["teachers"] == []


def test_only_a_dry_run_goes_without_a_folder(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert run_build(recipe, dry_run=True, jobs=1) == 0
    assert "102 problems" in capsys.readouterr().out
    assert run_build(recipe, jobs=1) == 2
    said = capsys.readouterr()
    assert "wanted --out DIR, got none" in said.err and len(said.err.splitlines()) == 1 and not said.out
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [({"runner": "spark"}, "runner must be one of local, dask, ray"), ({"jobs": 0}, "jobs must be at least 1")],
)
def test_wrong_usage_is_one_sentence(
    change: dict[str, Any], words: str, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_build(recipe, tmp_path / "set", **change) == 2
    said = capsys.readouterr().err
    assert words in said and len(said.strip().splitlines()) == 1
    assert not (tmp_path / "set").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run_build(recipe, tmp_path / "file" / "set") == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("missing", "runner"), [("prefect", "local"), ("prefect_dask", "dask"), ("prefect_ray", "ray")]
)
def test_a_missing_extra_is_named(
    missing: str,
    runner: str,
    recipe: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else found(name))
    assert run_build(recipe, tmp_path / "set", runner=runner) == 2
    extra = "flow" if runner == "local" else runner
    assert f'pip install "verimill[{extra}]"' in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_one_sentence(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert run_build(recipe, tmp_path / "set", jobs=1) == 3
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("verimill: no Prefect server answers")
