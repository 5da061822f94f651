"""`verimill ask` as a user runs it: problems in, judged traces out, killed and resumed, refused in one sentence."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from verimill.pipelines.shards import read_manifest, read_rows, read_shard

_spec = importlib.util.spec_from_file_location("fake_teacher", Path(__file__).with_name("fake_teacher.py"))
assert _spec is not None and _spec.loader is not None
fake_teacher = importlib.util.module_from_spec(_spec)
sys.modules.setdefault("fake_teacher", fake_teacher)
_spec.loader.exec_module(fake_teacher)

KILLS = int(os.environ.get("VERIMILL_KILLS", "3"))
QUICK = ["--queue", "1", "--slowest", "400", "--jobs", "0", "--max-tokens", "400"]


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Problems, and the fake teacher's knowledge of their answers."""
    out = tmp_path_factory.mktemp("teacher")
    done = run("generate", "arithmetic_chain", "--level", "1-8", "--count", "80", "--out", str(out / "set"))
    assert done.returncode == 0, done.stderr
    known = {row["prompt"][-1]["content"]: row["answer"] for row in read_rows(out / "set")}
    (out / "answers.json").write_text(json.dumps(known))
    return out


@pytest.fixture(scope="module", name="fake")
def _fake(made: Path) -> Iterator[Any]:
    with fake_teacher.serving(answers=str(made / "answers.json"), right=0.6, mean_s=0.02, sigma=0.7, tokens=40) as fake:
        yield fake


def command(*args: str) -> list[str]:
    return [sys.executable, "-P", "-m", "verimill.cli", *args]


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), capture_output=True, text=True, cwd="/tmp", timeout=120)


def rows_of(out: Path) -> list[dict[str, Any]]:
    return list(read_rows(out, "traces"))


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what a clock or a retry may change."""
    provenance = {
        k: v for k, v in json.loads(row["provenance"]).items() if k not in ("seconds", "tries", "cached_tokens")
    }
    return {**row, "provenance": provenance}


def test_every_sample_is_asked_judged_and_kept(made: Path, fake: Any, tmp_path: Path) -> None:
    args = ["--base-url", fake.url, "--k", "3", "--json", "--jobs", "2", "--reasoner"]
    done = run("ask", str(made / "set"), "--out", str(tmp_path), *args)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    rows = rows_of(tmp_path)
    assert (summary["asked"], summary["rows"], len(rows)) == (240, 240, 240)
    outcomes = Counter(row["outcome"] for row in rows)
    assert set(outcomes) <= {"right", "wrong", "unreadable", "truncated"} and 90 < outcomes["right"] < 200
    assert summary["costs"][-1]["right"] == outcomes["right"] and summary["costs"][-1]["tokens_per_right"] > 0
    first = rows[0]
    assert first["reasoning"].startswith("Sample ") and first["response"].endswith(
        first["response"].split("Answer: ")[1]
    )
    provenance = json.loads(first["provenance"])
    assert provenance["reasoning_source"] == "reasoning" and len(provenance["template"]) == 16 and provenance["key"]
    assert fake.url not in json.dumps(rows) and json.loads(first["sampling"])["temperature"] == 1.0
    assert len({row["id"] for row in rows}) == 240 and len({json.loads(r["provenance"])["seed"] for r in rows}) > 238


def test_killed_at_random_moments_the_union_equals_the_uninterrupted_run(made: Path, tmp_path: Path) -> None:
    places, most = 12, 12
    behaviour = {"answers": str(made / "answers.json"), "right": 0.6, "mean_s": 0.12, "sigma": 0.7, "tokens": 40}
    args = ["ask", str(made / "set"), "--k", "4", "--in-flight", str(places), *QUICK]
    with fake_teacher.serving(**behaviour) as fake:
        whole = tmp_path / "whole"
        assert run(*args, "--out", str(whole), "--base-url", fake.url).returncode == 0
    with fake_teacher.serving(**behaviour) as fake:
        out, draw, kills = tmp_path / "killed", random.Random(5), 0
        ended = False
        while kills < KILLS and not ended:
            before = fake.stats()["samples"]
            process = subprocess.Popen([*command(*args), "--out", str(out), "--base-url", fake.url], cwd="/tmp",
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
            more = draw.randrange(1, 320 // KILLS)
            while process.poll() is None and fake.stats()["samples"] < before + more:
                time.sleep(0.002)
            ended = process.poll() is not None
            process.kill()
            process.wait()
            kills += not ended
        assert kills == KILLS  # VERIMILL_KILLS=20 for the long form
        done = run(*args, "--out", str(out), "--base-url", fake.url, "--json")
        assert done.returncode == 0, done.stderr
        stats = fake.stats()
    mine, theirs = sorted(rows_of(whole), key=lambda r: r["id"]), sorted(rows_of(out), key=lambda r: r["id"])
    assert len(mine) == 320 and list(map(told, mine)) == list(map(told, theirs))
    # the probe's own request is one sample, asked in every run
    assert stats["replies"] - 1 <= 320 + kills * (most + 1) and stats["samples"] == 321, stats


def test_where_all_samples_fail_help_follows_and_is_kept_apart(made: Path, tmp_path: Path) -> None:
    rows = {row["id"]: row for row in read_rows(made / "set")}
    oracle = {row["problem_id"]: row["reasoning"] for row in read_rows(made / "set", "traces")}
    wrongs = {rows[p]["prompt"][-1]["content"]: "\n".join(r.split("\n")[:2]) for p, r in oracle.items()}
    (tmp_path / "wrong.json").write_text(json.dumps(wrongs))
    behaviour = {
        "answers": str(made / "answers.json"),
        "wrong": str(tmp_path / "wrong.json"),
        "right": 0.4,
        "tokens": 9,
    }
    args = ["ask", str(made / "set"), "--k", "2", "--hints", "2", "--continue-right", "--reasoner", "--json", *QUICK]
    with fake_teacher.serving(**behaviour, continued=0.1, hinted=0.3) as fake:
        done = run(*args, "--base-url", fake.url, "--out", str(tmp_path / "o"))
        assert done.returncode == 0, done.stderr
        summary, asked = json.loads(done.stdout), fake.stats()["requests"]
        rows_before, logged = rows_of(tmp_path / "o"), (tmp_path / "o/samples/000.jsonl").read_bytes()
        again = json.loads(run(*args, "--base-url", fake.url, "--out", str(tmp_path / "o")).stdout)
        assert again["asked"] == 0 and fake.stats()["requests"] == asked + 1  # the probe's
    assert again["helped"] == summary["helped"] and not summary["helpless"]
    found = rows_of(tmp_path / "o")
    assert found == rows_before and any(row["steps_checked"] for row in found)
    assert (tmp_path / "o/samples/000.jsonl").read_bytes() == logged and b'"path":[' in logged  # nothing judged again
    plain = [row for row in found if not row["hinted"]]
    assert len(plain) == 160 == summary["costs"][-1]["samples"] and {row["prompt_variant"] for row in plain} == {
        "plain"
    }
    lost = {p for p in oracle if not any(row["outcome"] == "right" for row in plain if row["problem_id"] == p)}
    kinds = {kind: {r["problem_id"] for r in found if r["prompt_variant"] == kind} for kind in
             ("continued", "hint-technique", "hint-first")}  # fmt: skip
    assert kinds["continued"] and kinds["continued"] <= lost and kinds["hint-first"] < kinds["hint-technique"] <= lost
    solved = {r["problem_id"] for r in found if r["hinted"] and r["outcome"] == "right"}
    assert len(solved) > len(lost) / 2
    for row in found:
        told = json.loads(row["provenance"])
        assert ("hint" in told) == row["prompt_variant"].startswith("hint-")
        if row["prompt_variant"] == "continued":
            first = next(
                r for r in plain if r["problem_id"] == row["problem_id"] and r["sample"] == told["continued_from"]
            )
            kept = told["kept"][0]
            assert first["outcome"] == "wrong" and row["reasoning"][:kept] == first["reasoning"][:kept] and kept > 0
    assert len({row["id"] for row in found}) == len(found)


def test_a_wanted_length_by_level_makes_samples_of_its_own(made: Path, fake: Any, tmp_path: Path) -> None:
    args = ["ask", str(made / "set"), "--base-url", fake.url, "--k", "1", "--limit", "20", "--json", *QUICK]
    assert json.loads(run(*args, "--out", str(tmp_path)).stdout)["asked"] == 20
    other = json.loads(run(*args, "--out", str(tmp_path), "--lengths", "50..500").stdout)
    assert other["asked"] == 20 and other["held"] == 0
    variants = {row["prompt_variant"] for row in rows_of(tmp_path)}
    assert variants and all(v.startswith("words-") and 50 <= int(v[6:]) <= 500 for v in variants)


def test_budgets_spend_where_it_is_worth_it(made: Path, fake: Any, tmp_path: Path) -> None:
    args = ["ask", str(made / "set"), "--base-url", fake.url, "--json", *QUICK]
    uniform = json.loads(
        run(*args, "--out", str(tmp_path / "u"), "--budget", "uniform", "-k", "1", "--cap", "9").stdout
    )
    assert uniform["stops"].get("enough", 0) >= 78 and uniform["asked"] < 2.6 * 80
    done = run(*args, "--out", str(tmp_path / "e"), "--budget", "exactly", "--wanted", "6", "-k", "4")
    exactly = json.loads(done.stdout)
    rights = Counter((c["family"], c["level"]) for c in exactly["costs"] for _ in range(c["right"]) if c["level"])
    kept = sum(row["outcome"] == "right" for row in rows_of(tmp_path / "e"))
    assert done.returncode == 0 and kept == 8 * 6 == sum(rights.values()) - exactly["spare"]
    short = run(
        *args, "--out", str(tmp_path / "s"), "--budget", "exactly", "--wanted", "500", "-k", "1", "--limit", "9"
    )
    assert short.returncode == 3 and "of 500 right traces" in short.stderr


def test_samples_in_the_folder_of_their_problems_stand_in_the_splits_of_the_card(fake: Any, tmp_path: Path) -> None:
    cards = pytest.importorskip("verimill.data_cards.cards")
    if cards.lacking() is not None:
        pytest.skip("cards need the extra report")
    out, splits = tmp_path / "set", ["--split", "train=6@1-3", "--split", "test=4@4"]
    assert run("generate", "arithmetic_chain", *splits, "--out", str(out)).returncode == 0
    done = run("ask", str(out), "--out", str(out), "--base-url", fake.url, "--k", "2", *QUICK)
    assert done.returncode == 0 and run("card", str(out)).returncode == 0, done.stderr
    front = yaml.safe_load((out / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    for config in front["configs"]:
        assert [one["split"] for one in config["data_files"]] == ["train", "test"], config
    counted = {one["name"]: one["num_examples"] for one in front["dataset_info"][1]["splits"]}
    assert counted == {"train": 6 + 12, "test": 4 + 8}  # the oracle's and the samples
    split_of = {row["id"]: row["split"] for row in read_rows(out)}
    mine = [entry for entry in read_manifest(out) if entry.note.get("teacher")]
    found = {e.note["split"]: {split_of[row["problem_id"]] for row in read_shard(out, e)} for e in mine}
    assert found == {"train": {"train"}, "test": {"test"}}
    assert run("verify", str(out)).returncode == 0


def test_a_dry_run_projects_requests_and_tokens_without_a_server(made: Path, tmp_path: Path) -> None:
    done = run("ask", str(made / "set"), "--out", str(tmp_path), "--k", "4", "--dry-run", "--json")
    found = json.loads(done.stdout)
    assert (found["problems"], found["requests"]) == (80, 320) and found["completion_tokens"] > 10_000
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "needs at least one --base-url"),
        (["--base-url", "http://127.0.0.1:9"], "no server answers at http://127.0.0.1:9/v1"),
        (["--base-url", "http://key@127.0.0.1:9"], "must hold no key"),
        (["--base-url", "FAKE", "--model", "other"], "serves fake, not 'other'"),
        (["--base-url", "FAKE", "--k", "0"], "k must be in"),
        (["--base-url", "FAKE", "--extra", "top_k"], "--extra must be a JSON object"),
        (["--base-url", "FAKE", "--split", "nowhere"], "holds no problems of split nowhere"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_sentence(
    made: Path, fake: Any, tmp_path: Path, args: list[str], said: str
) -> None:
    before = fake.stats()["samples"]
    done = run("ask", str(made / "set"), "--out", str(tmp_path / "o"), *(a.replace("FAKE", fake.url) for a in args))
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert fake.stats()["samples"] == before


def test_without_aiohttp_the_extra_is_named(made: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['aiohttp'] = None\nimport importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda n, *a: None if n == 'aiohttp' else find(n, *a)\n"
        f"sys.argv = ['verimill', 'ask', {str(made / 'set')!r}, '--out', {str(tmp_path)!r}, '--base-url', 'http://h']\n"
        "from verimill.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd="/tmp")
    assert done.returncode == 2 and "pip install 'verimill[teacher]'" in done.stderr
