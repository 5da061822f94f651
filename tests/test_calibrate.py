"""Levels by wanted pass rates: the search alone, and the command against a teacher whose rates are known."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from verimill.pipelines.rows import series
from verimill.pipelines.teachers.ladders import BATCH, Ladder, Rung
from verimill.schemas.recipes import load_recipe

_spec = importlib.util.spec_from_file_location("fake_teacher", Path(__file__).with_name("fake_teacher.py"))
assert _spec is not None and _spec.loader is not None
fake_teacher = importlib.util.module_from_spec(_spec)
sys.modules.setdefault("fake_teacher", fake_teacher)
_spec.loader.exec_module(fake_teacher)

TRUE = (0.99, 0.96, 0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1, 0.03)


def searched(rates: tuple[float, ...], wanted: tuple[float, ...], seed: int) -> Ladder:
    draw = Random(seed)
    found = Ladder("sudoku", [Rung(level) for level in range(1, len(rates) + 1)])
    while True:
        needed = {rung.level: rung for rate in wanted if (rung := found.next(rate)) is not None}
        if not needed:
            return found
        for rung in needed.values():
            rung.tried += BATCH
            rung.right += sum(draw.random() < rates[rung.level - 1] for _ in range(BATCH))


def test_the_search_finds_the_level_of_each_rate_or_a_neighbour_with_few_samples() -> None:
    spent, near, all_ = 0, 0, 0
    for seed in range(60):
        found = searched(TRUE, (0.25, 0.5, 0.75), seed)
        for rate in (0.25, 0.5, 0.75):
            place = found.place(rate)
            assert not place.why
            near += abs(TRUE[place.level - 1] - rate) < 0.17
            all_ += 1
        spent += sum(rung.tried for rung in found.rungs)
    assert near > 0.95 * all_ and spent / 60 < 230, (near, all_, spent / 60)


@pytest.mark.parametrize(
    ("rates", "why"),
    [((0.99, 0.98, 0.97), "easier even at the hardest level"), ((0.02, 0.01, 0.0), "harder even at the easiest level")],
)
def test_a_rate_beyond_the_ladder_is_said_to_be(rates: tuple[float, ...], why: str) -> None:
    place = searched(rates, (0.5,), 3).place(0.5)
    assert place.why == why and place.level == (3 if rates[0] > 0.5 else 1)


def test_levels_that_make_no_problems_or_get_no_reply_end_the_search() -> None:
    found = Ladder("sudoku", [Rung(level) for level in range(1, 11)], most=16)
    while (rung := found.next(0.5)) is not None:
        rung.asked += BATCH
        if rung.level > 3:
            rung.dry = True
        else:
            rung.tried, rung.right = rung.tried + BATCH, rung.right + (7 if rung.level < 3 else 1)
    assert found.place(0.5).level in (2, 3) and not found.place(0.5).why
    silent = Ladder("sudoku", [Rung(1), Rung(2)], most=16)
    while (rung := silent.next(0.5)) is not None:
        rung.asked += BATCH
    assert silent.place(0.5).why.startswith("not measured")


def test_the_command_finds_the_level_prints_it_and_writes_a_recipe_that_loads(tmp_path: Path) -> None:
    known: dict[str, Any] = {}
    for level, rate in ((1, 1.0), (2, 0.97), (3, 0.9), (4, 0.5), (5, 0.1), (6, 0.0)):
        for at, made in enumerate(series("arithmetic_chain", level, "calibrate-7", 0, 90)):
            known[made.prompt] = made.answer if at * 37 % 90 < 90 * rate else "wrong"
    (tmp_path / "answers.json").write_text(json.dumps(known))
    with fake_teacher.serving(answers=str(tmp_path / "answers.json"), tokens=9) as fake:
        words = "--level 1-6 --jobs 0 --rate 0.5 --rate 0.999 --seed 7".split()
        command = [sys.executable, "-P", "-m", "verimill.cli", "calibrate", "arithmetic_chain", *words,
                   "--base-url", fake.url, "--out", str(tmp_path)]  # fmt: skip
        done = subprocess.run([*command, "--json"], capture_output=True, text=True, cwd="/tmp", timeout=120)
        assert done.returncode in (0, 3), done.stderr
        first = json.loads(done.stdout)
        again = subprocess.run(command, capture_output=True, text=True, cwd="/tmp", timeout=120)
    place = first["places"][0]
    assert (place["wanted"], place["level"], place["missed"]) == (0.5, 4, "") and place["samples"] <= 64
    assert place["knobs"]["operations"] > 0 and first["asked"] == sum(row["samples"] for row in first["levels"]) < 300
    assert f"0 samples asked, {first['asked']} from the log" in again.stdout and "arithmetic_chain" in again.stdout
    recipe = load_recipe(tmp_path / "recipe.yaml")
    assert ("rate50_level4", 100, [4]) in [(split.name, split.rows, split.levels) for split in recipe.splits]
