"""What a trainer's worker imports is light, and each heavy package is imported only where it is used."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = (
    "prefect", "vllm", "datasets", "pyarrow", "torch", "numba", "sympy", "polars", "numpy", "pysat", "constraint",
    "rustworkx", "ortools", "pydantic", "pandas", "matplotlib", "huggingface_hub",
)  # fmt: skip


def _loaded_after(statement: str) -> list[str]:
    code = f"import sys, json\n{statement}\nprint(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60, cwd="/")
    assert done.returncode == 0, done.stderr
    loaded: list[str] = json.loads(done.stdout.splitlines()[-1])
    return loaded


@pytest.mark.parametrize(
    "statement",
    [
        "import verimill, verimill.verifiers, verimill.verifiers.rewards",
        # What scoring itself needs: every family's problem and judge.
        "from verimill.schemas.families import names\nfrom verimill.verifiers.judge import judge_of\n"
        "[judge_of(family) for family in names()]",
        # Whatever stands beside the judges; heavy packages are imported inside the function that needs them.
        "import importlib, pkgutil, verimill.verifiers as home\n"
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(home.__path__, home.__name__ + '.')]",
    ],
    ids=["rewards", "every judge", "every module of the verifiers"],
)
def test_scoring_imports_nothing_heavy(statement: str) -> None:
    assert _loaded_after(statement) == []


def test_every_codec_is_read_without_anything_heavy() -> None:
    assert _loaded_after("from verimill.schemas.families import names, codec\n[codec(f) for f in names()]") == []
