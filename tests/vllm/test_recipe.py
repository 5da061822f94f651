"""A recipe whose teachers are a real vLLM server and a real vLLM engine: `pytest -m vllm`, it takes minutes."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import making
import pytest
import yaml

from verimill.pipelines.asking import ask_teachers
from verimill.pipelines.audit import verify
from verimill.pipelines.build import build
from verimill.pipelines.progress import Quiet
from verimill.pipelines.shards import read_rows
from verimill.pipelines.teachers.environments import executable
from verimill.schemas.recipes import parse_recipe

pytestmark = pytest.mark.vllm


def recipe_of(python: str, model: Path) -> str:
    """Both kinds ask the same problems in the same way, so their samples must be the same."""
    plan = making.plan(python, model)
    knobs = {name: int(value) for name, value in (pair.split("=") for pair in making.KNOBS.split(","))}
    common = {
        "python": python, "weights": str(model), "model": making.NAME, "reasoner": True, "k": 2,
        "sampling": {"temperature": 0.6, "max_tokens": 400}, "environment": dict(plan.environment),
    }  # fmt: skip
    flags = {name: value for name, value in plan.flags.items() if name != "no-enable-chunked-prefill"}
    data = {
        "name": "tiny",
        "seed": 11,
        "families": [
            {"family": making.FAMILY, "levels": making.LEVELS, "knobs": {k: int(v) for k, v in knobs.items()}}
        ],
        "splits": [{"name": "train", "rows": 24}],
        "teachers_at_once": 1,
        "teachers": [
            {"name": "served", "kind": "managed", "flags": dict(plan.flags), **common},
            {"name": "loaded", "kind": "engine", "flags": flags | {"enable-chunked-prefill": False}, **common},
        ],
    }
    return yaml.safe_dump(data, sort_keys=False)


def test_a_server_and_an_engine_of_one_model_give_a_recipe_the_same_samples(
    python: str, model: Path, tmp_path: Path
) -> None:
    has = subprocess.run([executable(python), "-P", "-c", "import verimill.pipelines.teachers.engine_process"])
    if has.returncode:
        pytest.skip(f"verimill is not installed beside vLLM: {python} -m pip install -e '.[teacher]'")
    recipe = parse_recipe(recipe_of(python, model))
    build(recipe, tmp_path / "set")

    def spawn(name: str, step: Any) -> None:
        threading.Thread(target=step, daemon=True).start()

    records = {one["teacher"]: one for one in ask_teachers(recipe, tmp_path / "set", spawn, Quiet())}
    assert {name: (one["rows"], one["undone"]) for name, one in records.items()} == {
        "served": (48, 0),
        "loaded": (48, 0),
    }
    rows: dict[str, dict[str, Any]] = {"served": {}, "loaded": {}}
    for row in read_rows(tmp_path / "set", "traces"):
        if row["teacher"] in rows:
            rows[row["teacher"]][json.loads(row["provenance"])["key"]] = (
                row["reasoning"],
                row["response"],
                row["outcome"],
            )
    assert rows["served"] == rows["loaded"]
    assert verify(tmp_path / "set").ok
