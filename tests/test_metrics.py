"""Pass rates, Pass@k, intervals and the tables made of them: closed forms against counting, a folder of known rows."""

from __future__ import annotations

import json
import math
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from verimill.data_cards.estimates import beta_interval, mean_over_problems, pass_at, share, variation
from verimill.data_cards.pass_rate_tables import markdown
from verimill.data_cards.pass_rates import Metrics, _pair, measure, pass_rates
from verimill.pipelines.manifest import append
from verimill.pipelines.shards import write_shard
from verimill.pipelines.teachers.selection import selected
from verimill.schemas.conditions import parse
from verimill.schemas.rows import names


@pytest.mark.parametrize("n", range(1, 9))
def test_pass_at_k_is_the_share_of_draws_with_a_right_one(n: int) -> None:
    for right in range(n + 1):
        for k in range(1, n + 1):
            draws = list(combinations(range(n), k))
            counted = sum(any(at < right for at in draw) for draw in draws) / len(draws)
            assert pass_at(n, right, k) == pytest.approx(counted, abs=1e-12)


def test_pass_at_k_refuses_more_draws_than_samples() -> None:
    with pytest.raises(ValueError, match="1 <= k <= n"):
        pass_at(4, 2, 5)
    assert pass_at(10_000, 1, 64) == pytest.approx(64 / 10_000)


@pytest.mark.parametrize(("right", "tried"), [(0, 5), (3, 7), (50, 100), (9, 9)])
def test_wilson_holds_the_shares_that_a_score_test_would_not_refuse(right: int, tried: int) -> None:
    found = share(right, tried)
    assert found is not None
    kept = [
        p
        for p in (i / 20_000 for i in range(20_001))
        if (right / tried - p) ** 2 <= 1.96**2 * p * (1 - p) / tried + 1e-15
    ]
    assert found.low == pytest.approx(kept[0], abs=2e-4) and found.high == pytest.approx(kept[-1], abs=2e-4)


@pytest.mark.parametrize(("right", "tried"), [(0, 4), (2, 5), (30, 40)])
def test_the_beta_interval_leaves_the_same_mass_on_both_sides(right: int, tried: int) -> None:
    a, b = right + 1.0, tried - right + 1.0
    found = beta_interval(right, tried, (1.0, 1.0))
    steps = 100_000
    density = [(i / steps) ** (a - 1) * (1 - i / steps) ** (b - 1) for i in range(steps + 1)]
    below = sum(density[: int(found.low * steps)]) / sum(density)
    above = sum(density[int(found.high * steps) :]) / sum(density)
    assert below == pytest.approx(0.025, abs=1e-3) and above == pytest.approx(0.025, abs=1e-3)
    assert found.value == pytest.approx(a / (a + b))


def test_an_interval_over_problems_is_wilson_s_where_each_has_one_sample_and_narrower_where_they_agree() -> None:
    single, alike = mean_over_problems([(1.0, 30), (0.0, 70)]), mean_over_problems([(0.25, 50), (0.35, 50)])
    plain = share(30, 100)
    assert single is not None and alike is not None and plain is not None
    assert single.low == pytest.approx(plain.low, abs=1e-3) and single.high == pytest.approx(plain.high, abs=1e-3)
    assert alike.high - alike.low < (plain.high - plain.low) / 2
    assert mean_over_problems([]) is None and share(0, 0) is None


def test_variation_is_deviation_by_mean_of_each_problem_s_scores() -> None:
    scores = [1, 0, 0, 1]
    deviation = math.sqrt(sum((s - 0.5) ** 2 for s in scores) / 4)
    assert variation([(4, 2, 3), (4, 0, 5)]) == pytest.approx(deviation / 0.5)
    assert variation([(4, 0, 5)]) is None


def problem(at: int, level: int) -> dict[str, Any]:
    row = dict.fromkeys(names("problems"), "x")
    hardness = {
        "tier": 1,
        "steps": level,
        "search": 0,
        "space": 1.0,
        "effort": float(10 * level + at),
        "extra": {"gap": 2},
    }
    told = {"id": f"p{at}", "family": "sudoku", "family_version": 1, "level": level, "hardness": json.dumps(hardness)}
    return {**row, **told, "prompt": [{"role": "user", "content": "?"}], "answerable": True}


def trace(at: int, teacher: str, sample: int, outcome: str, wrong: int | None, tokens: int) -> dict[str, Any]:
    row = dict.fromkeys(names("traces"), "x")
    steps = {"steps_checked": None if wrong is None else 5, "steps_wrong": wrong, "first_wrong_step": wrong or None}
    told = {"problem_id": f"p{at}", "teacher": teacher, "sample": sample, "outcome": outcome, "hinted": False}
    path = json.dumps({"path": {"failed_steps": 0.5, "first_right": 0.8, "reflection": 0.0}})
    counts = {"prompt_tokens": 10, "completion_tokens": tokens, "provenance": path}
    return {**row, **told, **steps, **counts, "id": f"{at}{teacher}{sample}"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four problems, two teachers, four samples each. On p0 `strong` passes 4 of 4 (one with a wrong path)."""
    home = tmp_path_factory.mktemp("metrics")
    passed = {"strong": [4, 3, 2, 0], "weak": [2, 1, 0, 0]}
    rows = []
    for teacher, rights in passed.items():
        for at, right in enumerate(rights):
            for sample in range(4):
                wrong = 1 if sample == 0 else None if sample == 1 else 0
                outcome = "right" if sample < right else "truncated" if sample == 3 else "wrong"
                rows.append(trace(at, teacher, sample, outcome, wrong, 100 * (at + 1) + sample))
    append(home, write_shard(home, "problems/a.parquet", "problems", [problem(at, 2 + at // 2) for at in range(4)], {}))
    append(home, write_shard(home, "traces/a.parquet", "traces", rows, {}))
    return home


@pytest.fixture(scope="module")
def metrics(folder: Path) -> Metrics:
    return measure(folder)


def test_rates_and_passes_are_those_of_the_rows(metrics: Metrics) -> None:
    strong = next(row for row in metrics.rows if (row.teacher, row.level) == ("strong", 2))
    assert (strong.problems, strong.samples, strong.right) == (2, 8, 7)
    assert strong.pass_rate.value == pytest.approx(7 / 8)
    assert strong.pass_at[2].value == pytest.approx((1 + pass_at(4, 3, 2)) / 2)
    assert set(strong.pass_at) == {1, 2, 4}
    # p0: samples 2 and 3 have a right path; p1: sample 2.
    assert strong.path_pass_at[1].value == pytest.approx((2 / 4 + 1 / 4) / 2)
    assert strong.wrong_path is not None and strong.wrong_path.value == pytest.approx(2 / 5)
    assert strong.without_path == 2
    assert strong.mixed == 0.5
    assert strong.failed_steps == pytest.approx(0.5)
    assert all(row.path_pass_at[k].value <= row.pass_at[k].value for row in metrics.rows for k in row.pass_at)


def test_length_rises_with_difficulty_and_teachers_agree(metrics: Metrics) -> None:
    strong = next(teacher for teacher in metrics.teachers if teacher.teacher == "strong")
    assert strong.length_effort == pytest.approx(1.0)
    (pair,) = metrics.pairs
    assert (pair.first, pair.second, pair.problems) == ("strong", "weak", 4)
    assert pair.same_majority == pytest.approx(0.5)
    assert pair.correlation is not None and 0.5 < pair.correlation < 1
    assert (pair.both_right, pair.kappa) == (0.0, pytest.approx(0.0))  # the weak one has no majority anywhere


def test_kappa_is_agreement_beyond_chance() -> None:
    table = pl.DataFrame({"problem_id": ["a", "b", "c", "d"], "n": [2] * 4, "c": [2, 2, 0, 2]})
    other = pl.DataFrame({"problem_id": ["a", "b", "c", "d"], "n": [4] * 4, "c": [4, 3, 1, 0]})
    pair = _pair("one", "two", table.join(other, on="problem_id"))
    assert (pair.both_right, pair.same_majority) == (0.5, 0.75)
    chance = 0.75 * 0.5 + 0.25 * 0.5
    assert pair.kappa == pytest.approx((0.75 - chance) / (1 - chance))


def test_the_tables_are_json_and_markdown(metrics: Metrics) -> None:
    assert json.loads(json.dumps(metrics.data()))["rows"][0]["family"] == "sudoku"
    text = markdown(metrics)
    assert "| sudoku | 2 | 87.5 % (" in text
    assert "CoT-pass@4" in text and "## Agreement" in text


def test_problems_are_selected_by_pass_rate(folder: Path) -> None:
    assert pass_rates(folder)["p1"] == {
        "pass_rate.strong": 0.75, "path_rate.strong": 0.25, "pass_rate.weak": 0.25, "path_rate.weak": 0.0,
    }  # fmt: skip
    assert selected(folder, None, "pass_rate.strong=0.2..0.8") == ["p1", "p2"]
    assert selected(folder, None, "pass_rate.weak!=0.1..0.3 and level=2 and gap=2") == ["p0"]
    with pytest.raises(ValueError, match="was not measured"):
        selected(folder, None, "pass_rate.nobody>0")


def test_a_range_holds_at_both_ends_and_is_refused_elsewhere() -> None:
    inside = parse("pass_rate.Qwen/Qwen3-8B=0.2..0.8")
    assert inside.names == ("pass_rate.Qwen/Qwen3-8B",)
    assert [inside.holds({inside.names[0]: x}) for x in (0.1, 0.2, 0.5, 0.8, 0.9)] == [False, True, True, True, False]
    assert parse("not tier=2..4 or tier=3").holds({"tier": 3.0})
    for text in ("tier<2..4", "tier=2..", "tier=2..x", "1<tier=2..4", "tier=2..4=3", "2..4", "tier=2..4..5"):
        with pytest.raises(ValueError, match="wanted"):
            parse(text)


def test_a_folder_without_traces_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no dataset: wanted .*manifest.jsonl, found nothing"):
        measure(tmp_path)
