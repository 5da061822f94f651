"""Recipes: what is right is read with defaults filled in, what is wrong is named with its line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from verimill.schemas.families import names
from verimill.schemas.recipes import RecipeError, load_recipe, parse_levels, parse_recipe

GOOD = """\
name: small
seed: 7
families:
  - arithmetic_chain
  - family: shortest_path
    levels: 2-4,7
    weight: 2
splits:
  - {name: train, rows: 10, levels: 1-4}
  - name: hard
    rows: 5
    where: "steps >= 8 and tier > 0"
"""


def test_a_recipe_fills_in_its_defaults() -> None:
    recipe = parse_recipe(GOOD)
    assert [entry.family for entry in recipe.families] == ["arithmetic_chain", "shortest_path"]
    assert recipe.families[0].levels == list(range(1, 11))
    assert recipe.families[1].levels == [2, 3, 4, 7]
    assert recipe.levels_of(recipe.splits[0], recipe.families[1]) == [2, 3, 4]
    assert recipe.traces.oracle == ["full"]


def test_all_means_every_family_there_is() -> None:
    recipe = parse_recipe("name: x\nseed: 1\nfamilies: all\nsplits: [{name: train, rows: 9}]\n")
    assert {entry.family for entry in recipe.families} <= set(names())
    assert len(recipe.families) >= 2


@pytest.mark.parametrize("path", sorted(Path("recipes").glob("*.yaml")), ids=lambda path: path.stem)
def test_recipes_that_ship_are_right(path: Path) -> None:
    assert load_recipe(path).name == path.stem


BAD = {
    "an unknown name with the nearest": ("seed: 7", "sed: 7", 2, ["unknown name sed", "did you mean seed"]),
    "an unknown name of a split": ("where: ", "were: ", 12, ["unknown name splits[1].were", "where"]),
    "a missing name": ("name: small\n", "", 1, ["must have name"]),
    "an unknown family": ("- arithmetic_chain", "- arithmetic_chian", 4, ["did you mean arithmetic_chain"]),
    "a level that no family has": ("2-4,7", "2-14", 6, ["1..10", "2-14"]),
    "rows that are no number": ("rows: 5", "rows: many", 11, ["splits[1].rows", "whole number", "'many'"]),
    "no rows": ("rows: 5", "rows: 0", 11, ["splits[1].rows", "greater than or equal to 1", "got 0"]),
    "a condition that cannot be read": ("tier > 0", "tier >", 12, ["tier >"]),
    "a weight of nothing": ("weight: 2", "weight: 0", 7, ["greater than 0", "got 0"]),
    "a knob that the family lacks": ("weight: 2", "knobs: {sise: 4}", 5, ["sise"]),
    "two splits of one name": ("name: hard", "name: train", 1, ["different names"]),
    "a name given twice": ("seed: 7", "seed: 7\nseed: 8", 3, ["seed is given twice"]),
    "text that is not YAML": ("rows: 10,", "rows: [10,", 9, ["not YAML"]),
    "an object of a programming language": ("seed: 7", "seed: !!python/name:os.system", 2, ["plain values"]),
    "a share above one half": ("seed: 7", "seed: 7\nunanswerable: 0.9", 3, ["unanswerable", "0.5", "got 0.9"]),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_fault_is_named_with_its_line(fault: str) -> None:
    old, new, line, words = BAD[fault]
    assert old in GOOD
    with pytest.raises(RecipeError) as caught:
        parse_recipe(GOOD.replace(old, new, 1), "my.yaml")
    text = str(caught.value)
    assert f"my.yaml, line {line}: " in text, text
    assert all(word in text for word in words), text
    assert "Traceback" not in text and "pydantic" not in text


def test_every_fault_of_a_recipe_is_named_at_once() -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(GOOD.replace("rows: 5", "rows: 0").replace("weight: 2", "wait: 2"), "my.yaml")
    assert len(str(caught.value).splitlines()) == 2


def test_aliases_that_multiply_are_refused() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for old, new in zip("abcdefg", "bcdefgh", strict=True):
        bomb += f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    with pytest.raises(RecipeError, match="at most"):
        parse_recipe(bomb)


@pytest.mark.parametrize("text", ["", "- a\n- b", "7", "\t\n", "null", "[" * 2000, "{" * 500])
def test_what_is_no_recipe_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(RecipeError, match="line 1"):
        parse_recipe(text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.yaml: the recipe cannot be read"):
        load_recipe(tmp_path / "none.yaml")


def test_the_digest_sees_every_change_and_no_layout() -> None:
    digest = parse_recipe(GOOD).digest
    assert parse_recipe("# a note\n" + GOOD.replace("levels: 2-4,7", "levels: [2, 3, 4, 7]")).digest == digest
    assert parse_recipe(GOOD.replace("rows: 5", "rows: 6")).digest != digest
    assert parse_recipe(GOOD.replace("seed: 7", "seed: 8")).digest != digest


@pytest.mark.parametrize("value", [True, 1.5, "", "x", "3-", "0", "11", [], "5-4", "1-99999999999999"])
def test_levels_that_are_none_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="levels must"):
        parse_levels(value)


def test_reading_a_recipe_imports_no_engine() -> None:
    code = (
        "import sys; from verimill.schemas.recipes import parse_recipe; parse_recipe(sys.argv[1]);"
        "print({'prefect', 'polars', 'pyarrow', 'numba', 'datasets'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code, GOOD], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
