"""Stages and the build without an engine: pure shards, exact splits, resumption, refusals."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.build import BuildError, build
from verimill.pipelines.shards import Damaged, read_rows
from verimill.pipelines.splits import cells_of, first_quotas
from verimill.pipelines.stages import make_shard, plan, task_of
from verimill.pipelines.workers import WorkerDied, Workers
from verimill.schemas.recipes import Recipe, parse_recipe

SCRIPT = """\
import sys
from pathlib import Path
from verimill.pipelines.build import build
from verimill.schemas.recipes import parse_recipe
build(parse_recipe(Path(sys.argv[1]).read_text()), sys.argv[2])
"""


Change = Callable[..., Recipe]
Fingerprint = Callable[[Path], dict[str, str]]
Kill = Callable[[Path, int | str, list[str]], None]


@pytest.fixture(scope="module", name="changed")
def _changed(recipe_text: str) -> Change:
    """The recipe with one text in place of another."""

    def changed(old: str = "seed: 5", new: str = "seed: 5") -> Recipe:
        assert old in recipe_text
        return parse_recipe(recipe_text.replace(old, new))

    return changed


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, changed: Change) -> tuple[Path, dict[str, Any]]:
    """A build that was never interrupted."""
    out = tmp_path_factory.mktemp("whole") / "set"
    return out, build(changed(), out)


def test_a_shard_is_a_pure_function_of_its_task(tmp_path: Path, changed: Change) -> None:
    recipe = changed()
    cells = cells_of(recipe)
    task = plan(recipe, cells, {0: 4, 1: 3}, [0] * len(cells), {})[0]
    again = task_of(json.loads(json.dumps(task.data())))
    assert again == task
    first = make_shard(task, tmp_path / "a")
    second = make_shard(again, tmp_path / "b")
    assert first.entries == second.entries
    assert first.made >= 7


def test_shards_are_cut_by_rows_and_by_measured_seconds_and_lose_nothing(changed: Change) -> None:
    recipe = changed()
    cells = cells_of(recipe)
    counts = dict(enumerate(first_quotas(recipe, cells)))
    tried = [0] * len(cells)
    by_rows = plan(recipe, cells, counts, tried, {})
    assert max(task.candidates for task in by_rows) <= 11
    by_seconds = plan(recipe, cells, counts, tried, dict.fromkeys(range(len(cells)), 7.0))
    assert max(task.candidates for task in by_seconds) == 2
    for tasks in (by_rows, by_seconds):
        done: dict[int, int] = {}
        for piece in (piece for task in tasks for piece in task.pieces):
            assert piece.start == done.get(piece.cell, 0)
            done[piece.cell] = piece.start + piece.count
        assert done == {cell: count for cell, count in counts.items() if count}


@pytest.mark.parametrize(("count", "cost", "shards"), [(3_333, 0.005, 12), (25_000, 0.002, 36), (60, 0.005, 1)])
def test_workers_get_equal_shares(changed: Change, count: int, cost: float, shards: int) -> None:
    recipe = changed("shard_rows: 11", "shard_rows: 1000")
    cells = cells_of(recipe)
    tasks = plan(recipe, cells, {0: count}, [0] * len(cells), {0: cost})
    sizes = [task.candidates for task in tasks]
    assert len(sizes) == shards and sum(sizes) == count and max(sizes) - min(sizes) <= 1


def test_every_split_has_its_rows_and_no_key_is_in_two(whole: tuple[Path, dict[str, Any]]) -> None:
    out, summary = whole
    rows = list(read_rows(out))
    count = {name: sum(row["split"] == name for row in rows) for name in ("train", "test", "ood", "hard")}
    assert count == {"train": 60, "test": 20, "ood": 12, "hard": 10}
    assert summary["shortfalls"] == []
    keys = [(row["family"], row["canonical"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert all(json.loads(row["hardness"])["steps"] >= 6 for row in rows if row["split"] == "hard")
    assert {row["level"] for row in rows if row["split"] == "ood"} == {9, 10}
    home = {row["key"]: row["split"] for row in rows}
    twins = [key for key in home if key.endswith("!twin")]
    assert twins and all(home[key] == home[key.removesuffix("!twin")] for key in twins)


def test_everything_made_is_published_or_named_as_dropped(whole: tuple[Path, dict[str, Any]]) -> None:
    out, summary = whole
    kept = {row["key"] for row in read_rows(out)}
    gone = list(read_rows(out, "dropped"))
    assert not kept & {row["key"] for row in gone}
    for family, counts in summary["families"].items():
        mine = [row for row in gone if row["family"] == family]
        assert counts["kept"] + sum(row["reason"] != "exhausted" for row in mine) == counts["made"]
        for reason in ("exhausted", "duplicate", "orphan", "spare"):
            assert counts[reason] == sum(row["reason"] == reason for row in mine)


def test_each_problem_has_its_traces_in_the_file_of_the_same_number(whole: tuple[Path, dict[str, Any]]) -> None:
    import pyarrow.parquet as pq

    out, summary = whole
    total = 0
    for file in sorted((out / "problems").iterdir()):
        ids = pq.read_table(file, columns=["id"])["id"].to_pylist()
        owners = pq.read_table(out / "traces" / file.name, columns=["problem_id"])["problem_id"].to_pylist()
        assert set(owners) <= set(ids)
        total += len(owners)
    assert total == summary["traces"] > 150


def test_the_bytes_do_not_depend_on_workers_or_shards(
    whole: tuple[Path, dict[str, Any]], tmp_path: Path, changed: Change, fingerprint: Fingerprint
) -> None:
    out, _ = whole
    with Workers(2) as workers:
        build(changed(), tmp_path / "set", workers.each)
    assert fingerprint(tmp_path / "set") == fingerprint(out)
    build(changed("shard_rows: 11", "shard_rows: 40"), tmp_path / "other")
    mine, theirs = fingerprint(tmp_path / "other"), fingerprint(out)
    tables = [name for name in theirs if name.endswith(".parquet")]
    assert tables and all(mine[name] == theirs[name] for name in tables)


def test_the_recipe_in_the_folder_builds_the_same_again(
    whole: tuple[Path, dict[str, Any]], tmp_path: Path, changed: Change, fingerprint: Fingerprint
) -> None:
    out, _ = whole
    build(parse_recipe((out / "recipe.yaml").read_text()), tmp_path / "set")
    assert fingerprint(tmp_path / "set") == fingerprint(out)


def test_a_build_killed_at_any_moment_goes_on_to_the_same_bytes(
    whole: tuple[Path, dict[str, Any]],
    tmp_path: Path,
    changed: Change,
    fingerprint: Fingerprint,
    kill_when: Kill,
    recipe_text: str,
) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(recipe_text)
    out = tmp_path / "set"
    for moment in (1, 6, "published"):
        kill_when(out, moment, [sys.executable, "-P", "-c", SCRIPT, str(recipe), str(out)])
        assert not (out / "summary.json").exists()
    made = len((out / ".work" / "manifest.jsonl").read_text().splitlines())
    assert made >= 18
    seen: list[str] = []

    def each(kind: str, function: Any, jobs: Any) -> Any:
        for at, job in enumerate(jobs):
            seen.append(kind)
            yield at, function(*job)

    build(changed(), out, each)
    assert "shard" not in seen  # every shard was whole before the last kill
    assert fingerprint(out) == fingerprint(whole[0])


def test_an_altered_working_shard_is_made_again(
    whole: tuple[Path, dict[str, Any]],
    tmp_path: Path,
    changed: Change,
    fingerprint: Fingerprint,
    kill_when: Kill,
    recipe_text: str,
) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(recipe_text)
    out = tmp_path / "set"
    kill_when(out, 9, [sys.executable, "-P", "-c", SCRIPT, str(recipe), str(out)])
    shard = sorted((out / ".work" / "problems").glob("01-00000*"))[0]
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    build(changed(), out)
    assert fingerprint(out) == fingerprint(whole[0])


def test_a_whole_dataset_is_left_alone(whole: tuple[Path, dict[str, Any]], changed: Change) -> None:
    out, summary = whole
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    assert build(changed(), out) == summary
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")} == before


def test_another_recipe_is_refused_in_one_sentence(whole: tuple[Path, dict[str, Any]], changed: Change) -> None:
    with pytest.raises(BuildError, match="was begun with another recipe") as caught:
        build(changed("rows: 60", "rows: 61"), whole[0])
    assert "\n" not in str(caught.value)


def test_a_folder_that_holds_another_dataset_is_refused(tmp_path: Path, changed: Change) -> None:
    (tmp_path / "manifest.jsonl").write_text("")
    with pytest.raises(BuildError, match="holds another dataset"):
        build(changed(), tmp_path)


def test_a_published_file_that_was_cut_is_named(
    whole: tuple[Path, dict[str, Any]], tmp_path: Path, changed: Change
) -> None:
    import shutil

    shutil.copytree(whole[0], tmp_path / "set")
    file = next(iter((tmp_path / "set" / "problems").iterdir()))
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(Damaged, match=file.name):
        build(changed(), tmp_path / "set")


def test_two_builds_do_not_share_a_folder(tmp_path: Path, changed: Change) -> None:
    import fcntl

    (tmp_path / ".work").mkdir()
    with open(tmp_path / ".work" / "lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BuildError, match="another build is writing"):
            build(changed(), tmp_path)


def test_a_condition_on_a_measure_that_no_family_has_is_refused(tmp_path: Path, changed: Change) -> None:
    with pytest.raises(BuildError, match="names colour, which no family measures"):
        build(changed("steps >= 6", "colour >= 6"), tmp_path / "set")


def test_a_split_that_cannot_be_filled_is_said_and_the_rest_is_published(tmp_path: Path, changed: Change) -> None:
    summary = build(changed("steps >= 6", "steps >= 6000"), tmp_path / "set")
    assert [split["rows"] for split in summary["splits"]] == [60, 20, 12, 0]
    assert len(summary["shortfalls"]) == 1 and "wanted 10 rows that meet steps >= 6000" in summary["shortfalls"][0]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_is_killed_is_one_sentence() -> None:
    with Workers(1) as workers, pytest.raises(WorkerDied, match="run again to go on"):
        list(workers.each("x", _die, [()]))
