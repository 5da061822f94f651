"""The `teachers:` of a recipe: what is taken, what is refused on which line, and that no key is ever shown."""

from __future__ import annotations

import pytest

from verimill.schemas.recipes import RecipeError, parse_recipe

BASE = """\
name: small
seed: 5
families: [arithmetic_chain, shortest_path]
splits:
  - {name: train, rows: 6}
teachers:
"""
URL = "base_urls: [http://127.0.0.1:8000/v1]"
SECRET = "sk-abcdefghijklmnop1234"


def test_a_short_teacher_has_every_default_and_does_not_change_the_problems() -> None:
    alone = parse_recipe(BASE.replace("teachers:\n", ""), "r")
    recipe = parse_recipe(f"{BASE}  - {{name: tiny, {URL}, k: 2, budget: uniform}}\n", "r")
    teacher = recipe.teachers[0]
    assert (teacher.kind, teacher.k, teacher.budget.name, teacher.sampling.max_tokens) == ("openai", 2, "uniform", 4096)
    assert recipe.digest == alone.digest


@pytest.mark.parametrize("other", ["in_flight: 7", "base_urls: [http://other:1/v1]", "patience_s: 9.0"])
def test_where_and_how_fast_a_teacher_is_asked_does_not_shape_its_samples(other: str) -> None:
    plain = parse_recipe(f"{BASE}  - name: tiny\n    {URL}\n", "r").teachers[0]
    changed = URL if not other.startswith("base_urls") else ""
    moved = parse_recipe(f"{BASE}  - name: tiny\n    {other}\n    {changed}\n", "r").teachers[0]
    warmer = parse_recipe(f"{BASE}  - name: tiny\n    {URL}\n    sampling: {{temperature: 0.5}}\n", "r").teachers[0]
    assert plain.shaping == moved.shaping != warmer.shaping


@pytest.mark.parametrize(
    ("told", "line", "words"),
    [
        (f"{URL}\n    modle: x", 9, "did you mean model"),
        (f"{URL}\n    sampling: {{temprature: 1}}", 9, "did you mean temperature"),
        (f"{URL}\n    sampling:\n      top_p: 0.0", 10, "must be greater than 0"),
        (f"{URL}\n    budget: exactly", 9, "needs wanted"),
        (f"{URL}\n    budget: {{name: band, band: 0.9..0.2}}", 9, "the lower first"),
        (f"{URL}\n    kind: ollama", 9, "must be 'openai', 'managed' or 'engine'"),
        (f"{URL}\n    splits: [test]", 9, "the recipe has no test among its splits"),
        (f"{URL}\n    k: 2\n    families: [zebra]", 10, "the recipe has no zebra among its families"),
        ("kind: openai", 7, "needs base_urls"),
        ("kind: managed\n    python: /opt", 7, "needs weights"),
        (f"kind: managed\n    python: /opt\n    weights: x\n    {URL}", 7, "takes no base_urls"),
    ],
)
def test_a_fault_is_told_with_its_line(told: str, line: int, words: str) -> None:
    with pytest.raises(RecipeError) as error:
        parse_recipe(f"{BASE}  - name: tiny\n    {told}\n", "r.yaml")
    assert str(error.value).startswith(f"r.yaml, line {line}: ") and words in str(error.value)


@pytest.mark.parametrize(
    "told",
    [
        f"api_key: {SECRET}",
        f"api_key_variable: {SECRET}",
        f"base_urls: ['http://user:{SECRET}@127.0.0.1/v1']",
        f"sampling: {{extra: {{Authorization: Bearer {SECRET}}}}}",
        f"environment: {{OPENAI_API_KEY: {SECRET}}}",
        f"environment: {{PLAIN: {SECRET}}}",
        f"flags: {{api-key: {SECRET}}}",
        f"model: {SECRET}",
    ],
)
def test_an_api_key_is_refused_and_never_shown(told: str) -> None:
    url = "" if told.startswith("base_urls") else URL
    with pytest.raises(RecipeError) as error:
        parse_recipe(f"{BASE}  - name: tiny\n    {told}\n    {url}\n", "r.yaml")
    assert "key" in str(error.value) and SECRET not in str(error.value)


def test_flags_of_vllm_that_only_sound_like_keys_are_taken() -> None:
    flags = "flags: {max-num-batched-tokens: 512, tokenizer-mode: auto}"
    extra = "sampling: {extra: {stop_token_ids: [1], min_tokens: 2}}"
    told = f"{BASE}  - name: tiny\n    kind: managed\n    python: /opt\n    weights: x\n    {flags}\n    {extra}\n"
    assert parse_recipe(told, "r").teachers[0].flags["max-num-batched-tokens"] == 512


def test_a_split_cannot_be_chosen_by_a_pass_rate_that_is_not_known_yet() -> None:
    with pytest.raises(RecipeError, match="known only after teachers were asked"):
        parse_recipe(BASE.replace("rows: 6}", "rows: 6, where: pass_rate.tiny=0.2..0.8}").partition("teachers")[0], "r")


def test_teachers_have_names_of_their_own_and_none_is_called_oracle() -> None:
    with pytest.raises(RecipeError, match=r"line 8: .*tiny is the name of another teacher already"):
        parse_recipe(f"{BASE}  - {{name: tiny, {URL}}}\n  - {{name: tiny, {URL}}}\n", "r")
    with pytest.raises(RecipeError, match="must not be called oracle"):
        parse_recipe(f"{BASE}  - {{name: oracle, {URL}}}\n", "r")
