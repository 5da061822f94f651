"""A recipe with teachers, over real HTTP: asked side by side, killed, resumed, grown, changed, lost, judged again.

Without Prefect, whose part tests/test_flow.py shows: here steps run in threads.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.asking import TeacherFailed, ask_teachers, require_teachers
from verimill.pipelines.audit import verify
from verimill.pipelines.build import build
from verimill.pipelines.forecast import forecast, forecast_lines
from verimill.pipelines.progress import Quiet
from verimill.pipelines.shards import read_manifest, read_rows
from verimill.pipelines.splits import cells_of, first_quotas
from verimill.pipelines.teachers.projecting import projected, prompt_of_cell
from verimill.pipelines.teachers.selection import selected
from verimill.schemas.recipes import Recipe, parse_recipe

_spec = importlib.util.spec_from_file_location("fake_teacher", Path(__file__).with_name("fake_teacher.py"))
assert _spec is not None and _spec.loader is not None
fake_teacher = importlib.util.module_from_spec(_spec)
sys.modules.setdefault("fake_teacher", fake_teacher)
_spec.loader.exec_module(fake_teacher)

RECIPE = """\
name: two
seed: 5
families:
  - arithmetic_chain
  - {family: shortest_path, levels: 1-6}
splits:
  - {name: train, rows: 30, levels: 1-5}
  - {name: test, rows: 10, levels: 1-5}
"""
STRONG = "  - {name: strong, base_urls: ['%s'], k: %d, in_flight: 8, queue_s: 1.0, slowest: 400.0}\n"
WEAK = "  - {name: weak, base_urls: ['%s'], k: 4, in_flight: 8, splits: [test], families: [arithmetic_chain]}\n"
# asks as the flow does, in a process that can be killed
SCRIPT = """
import sys, threading
from pathlib import Path
from verimill.pipelines.asking import ask_teachers
from verimill.pipelines.progress import Quiet
from verimill.schemas.recipes import load_recipe
if __name__ == "__main__":
    spawn = lambda name, step: threading.Thread(target=step, daemon=True).start()
    ask_teachers(load_recipe(sys.argv[1]), Path(sys.argv[2]), spawn, Quiet())
"""


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The problems of the recipe, and their answers for the fake teachers."""
    home = tmp_path_factory.mktemp("build")
    build(parse_recipe(RECIPE), home / "set")
    known = {row["prompt"][-1]["content"]: row["answer"] for row in read_rows(home / "set")}
    (home / "answers.json").write_text(json.dumps(known))
    return home


@pytest.fixture(name="out")
def _out(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "set", tmp_path / "set"))


@pytest.fixture(name="pair")
def _pair(made: Path) -> Iterator[tuple[Any, Any]]:
    """A strong and a weak teacher."""
    told = {"answers": str(made / "answers.json"), "mean_s": 0.03, "sigma": 0.7, "tokens": 30}
    with (
        fake_teacher.serving(model="strong-7b", right=0.8, **told) as strong,
        fake_teacher.serving(model="weak-1b", right=0.3, **told) as weak,
    ):
        yield strong, weak


def of(*teachers: str) -> Recipe:
    return parse_recipe(RECIPE + "teachers:\n" + "".join(teachers), "two.yaml")


def asked(recipe: Recipe, out: Path) -> dict[str, dict[str, Any]]:
    def spawn(name: str, step: Callable[[], None]) -> None:
        threading.Thread(target=hushed, args=(step,), daemon=True).start()

    def hushed(step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:  # told through the queue; a thread would print it as well
            return

    return {one["teacher"]: one for one in ask_teachers(recipe, out, spawn, Quiet())}


def traces(out: Path) -> list[dict[str, Any]]:
    return [row for row in read_rows(out, "traces") if row["teacher"] != "oracle"]


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what a clock or a retry may change."""
    kept = {k: v for k, v in json.loads(row["provenance"]).items() if k not in ("seconds", "tries", "cached_tokens")}
    return {**row, "provenance": kept}


def test_two_teachers_answer_beside_the_oracle_and_every_row_is_judged_again(
    out: Path, pair: tuple[Any, Any], tmp_path: Path
) -> None:
    recipe = of(STRONG % (pair[0].url, 3), WEAK % pair[1].url)
    records = asked(recipe, out)
    rows = Counter((row["teacher"], row["outcome"]) for row in traces(out))
    assert records["strong"]["rows"] == 120 and records["weak"]["rows"] == 20  # 5 problems in the test split
    assert records["strong"]["right"] == rows["strong", "right"] > rows["strong", "wrong"]
    assert {row["teacher"] for row in read_rows(out, "traces")} == {"oracle", "strong", "weak"}
    assert json.loads(traces(out)[0]["provenance"])["model"] == "strong-7b"
    audit = verify(out)
    assert audit.ok and audit.traces == 40 + 140, str(audit)
    before = pair[0].stats()["requests"]
    assert asked(recipe, out) == records and pair[0].stats()["requests"] == before  # nothing left to ask
    band = selected(out, out, "pass_rate.strong=0.2..0.8 and pass_rate.weak<0.9")
    assert 0 < len(band) < 5
    names = [entry.name for entry in read_manifest(out)]
    assert names.index("traces/train-strong-00000-of-00001.parquet") < names.index(
        "traces/test-weak-00000-of-00001.parquet"
    )


def test_datasets_loads_the_traces_of_oracle_and_teachers_from_one_folder(
    out: Path, pair: tuple[Any, Any], tmp_path: Path
) -> None:
    datasets = pytest.importorskip("datasets")
    cards = pytest.importorskip("verimill.data_cards.cards")
    asked(of(STRONG % (pair[0].url, 2)), out)
    cards.write_card(out)
    found = datasets.load_dataset(str(out), "traces", cache_dir=str(tmp_path / "cache"))
    assert {split: Counter(found[split]["teacher"]) for split in found} == {
        "train": {"oracle": 30, "strong": 60},
        "test": {"oracle": 10, "strong": 20},
    }
    cards.check(out)


def test_killed_while_it_asks_the_rows_are_those_of_a_run_that_was_not(
    made: Path, pair: tuple[Any, Any], tmp_path: Path
) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(RECIPE + "teachers:\n" + STRONG % (pair[0].url, 4) + WEAK % pair[1].url)
    whole, out = (Path(shutil.copytree(made / "set", tmp_path / name)) for name in ("whole", "killed"))
    asked(of(STRONG % (pair[0].url, 4), WEAK % pair[1].url), whole)
    first = pair[0].stats()["requests"]
    kills = 0
    for moment in (40, 90):
        words = [sys.executable, "-P", "-c", SCRIPT, str(path), str(out)]
        process = subprocess.Popen(words, cwd="/tmp", stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 60
        while process.poll() is None and pair[0].stats()["requests"] < first + moment and time.monotonic() < limit:
            time.sleep(0.005)
        assert process.poll() is None, "it ended before it could be killed"
        process.kill()
        process.wait()
        kills += 1
    asked(of(STRONG % (pair[0].url, 4), WEAK % pair[1].url), out)
    assert sorted(map(str, map(told, traces(out)))) == sorted(map(str, map(told, traces(whole))))
    assert pair[0].stats()["requests"] - first <= 160 + kills * (8 + 1) + 1  # in flight, and a probe a run
    assert verify(out).ok


def test_a_larger_k_asks_for_the_new_samples_alone_and_a_teacher_can_go(out: Path, pair: tuple[Any, Any]) -> None:
    asked(of(STRONG % (pair[0].url, 2), WEAK % pair[1].url), out)
    ids = {row["id"] for row in traces(out) if row["teacher"] == "strong"}
    before = pair[0].stats()["samples"]
    records = asked(of(STRONG % (pair[0].url, 5)), out)
    assert records["strong"]["rows"] == 200 and pair[0].stats()["samples"] == before + 120
    rows = traces(out)
    assert {row["teacher"] for row in rows} == {"strong"} and ids < {row["id"] for row in rows}
    assert asked(parse_recipe(RECIPE), out) == {} and traces(out) == []


def test_exactly_so_many_right_traces_stand_in_each_family_and_level(out: Path, pair: tuple[Any, Any]) -> None:
    told = STRONG.replace("}\n", ", budget: {name: exactly, wanted: 4}}\n")
    record = asked(of(told % (pair[0].url, 8)), out)["strong"]
    family = {row["id"]: (row["family"], row["level"]) for row in read_rows(out)}
    right = Counter(family[row["problem_id"]] for row in traces(out) if row["outcome"] == "right")
    assert set(right.values()) == {4} and len(right) == len(set(family.values())) and not record["shortfalls"]


def test_help_and_refused_prompts_are_rows_that_hold_when_judged_again(made: Path, out: Path) -> None:
    first = next(iter(read_rows(out)))
    refused = {"kind": 400, "match": first["prompt"][-1]["content"][:60]}
    behaviour = {"answers": str(made / "answers.json"), "right": 0.2, "hinted": 0.9, "tokens": 20, "faults": [refused]}
    told = STRONG.replace("}\n", ", hints: 2, continue_right: true}\n")
    with fake_teacher.serving(**behaviour) as fake:
        record = asked(of(told % (fake.url, 2)), out)["strong"]
        assert asked(of(told % (fake.url, 2)), out)["strong"] == record
    rows = traces(out)
    assert any(row["finish_reason"] == "error" for row in rows) and any(row["hinted"] for row in rows)
    assert len(rows) == record["rows"] > record["samples"] and record["undone"] == 0
    assert verify(out).ok, str(verify(out))


def test_a_teacher_that_cannot_be_asked_is_named_before_a_token_is_spent(out: Path, pair: tuple[Any, Any]) -> None:
    wrong = WEAK.replace("name: weak,", "name: weak, model: other-9b,")
    recipe = of(STRONG % (pair[0].url, 2), wrong % pair[1].url)
    with pytest.raises(ValueError, match=r"teacher weak cannot be asked: .* serves weak-1b, not 'other-9b'"):
        require_teachers(recipe)
    with pytest.raises(ValueError, match="serves weak-1b, not 'other-9b'"):
        asked(recipe, out)
    assert pair[0].stats()["samples"] <= 1 and traces(out) == []  # the probe's
    with pytest.raises(ValueError, match="there is no Python environment at '/nowhere'"):
        require_teachers(of("  - {name: own, kind: managed, python: /nowhere, weights: m}\n"))


def test_when_one_teacher_is_lost_the_other_ends_and_the_next_run_goes_on(made: Path, out: Path) -> None:
    behaviour = {"answers": str(made / "answers.json"), "right": 0.7, "tokens": 20, "mean_s": 0.05}
    lost = "  - {name: weak, base_urls: ['%s'], k: 4, in_flight: 2, patience_s: 0.5}\n"
    with fake_teacher.serving(model="strong-7b", **behaviour) as strong:
        with fake_teacher.serving(model="weak-1b", **behaviour) as weak:
            recipe = of(STRONG % (strong.url, 2), lost % weak.url)

            def ending() -> None:
                limit = time.monotonic() + 60
                while weak.stats()["samples"] < 20 and time.monotonic() < limit:
                    time.sleep(0.01)
                weak.process.kill()

            killer = threading.Thread(target=ending)
            killer.start()
            with pytest.raises(TeacherFailed, match=r"weak ended early; run the same command again .* no answer from"):
                asked(recipe, out)
            killer.join()
        assert Counter(row["teacher"] for row in traces(out)) == {"strong": 80}
        kept = sum(1 for path in (out / "asked" / "weak").rglob("*.jsonl") for line in path.open() if '"text"' in line)
        with fake_teacher.serving(model="weak-1b", port=weak.port, **behaviour) as again:
            records = asked(of(STRONG % (strong.url, 2), lost % again.url), out)
            assert again.stats()["samples"] <= 160 - kept + 1
    assert (records["weak"]["rows"], records["weak"]["undone"]) == (160, 0) and kept >= 10


def test_a_file_of_a_teacher_that_is_gone_is_written_again_without_asking(out: Path, pair: tuple[Any, Any]) -> None:
    recipe = of(STRONG % (pair[0].url, 2))
    asked(recipe, out)
    file = out / "traces" / "test-strong-00000-of-00001.parquet"
    before, samples = file.read_bytes(), pair[0].stats()["samples"]
    file.unlink()
    asked(recipe, out)
    assert file.read_bytes() == before and pair[0].stats()["samples"] == samples


def test_another_model_under_the_same_name_is_refused_once_files_stand(made: Path, out: Path) -> None:
    behaviour = {"answers": str(made / "answers.json"), "tokens": 20}
    with fake_teacher.serving(model="one", **behaviour) as one:
        asked(of(STRONG % (one.url, 1)), out)
    (out / "teachers.json").unlink()
    missing = out / "traces" / "test-strong-00000-of-00001.parquet"
    missing.unlink()
    with fake_teacher.serving(model="two", **behaviour) as two:
        with pytest.raises(ValueError, match="teacher strong was another one when its first files were written"):
            asked(of(STRONG % (two.url, 1)), out)


def test_a_projection_counts_requests_and_tokens_of_each_teacher_before_any_problem_is_made(made: Path) -> None:
    recipe = of(STRONG % ("http://127.0.0.1:1/v1", 3), WEAK % "http://127.0.0.1:1/v1")
    cells = cells_of(recipe)
    prompts = {at: prompt_of_cell(cell, recipe.seed) for at, cell in enumerate(cells)}
    found = projected(recipe, cells, dict(enumerate(first_quotas(recipe, cells))), prompts)
    strong, weak = (one for _, one in found)
    assert (strong.problems, round(strong.requests)) == (40, 120)
    assert (weak.problems, round(weak.requests)) == (5, 20)  # one family of one split
    letters = [sum(len(m["content"]) for m in row["prompt"]) for row in read_rows(made / "set")]
    assert strong.prompt_tokens == pytest.approx(3 * sum(letters) / 3.5, rel=0.2)
    told = forecast(recipe, 1)
    assert [(one["teacher"], one["k"], one["problems"], one["requests"]) for one in told["teachers"]] == [
        (entry.name, entry.k, one.problems, round(one.requests)) for entry, one in found
    ]
    assert "no teacher was asked" in forecast_lines(told, "selected")[-1]
