"""The mill on Dask and on Ray: the same files as without an engine.

pytest -m runners        where verimill[dask] or verimill[ray] is installed; elsewhere it says why it skips
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from verimill.pipelines.build import build
from verimill.schemas.recipes import parse_recipe

pytestmark = pytest.mark.runners


def runner(name: str) -> object:
    """The runner as a parameter that skips where its package is missing."""
    why = f"needs prefect-{name}, which is an extra: pip install 'verimill[{name}]', then pytest -m runners"
    return pytest.param(name, marks=pytest.mark.skipif(find_spec(f"prefect_{name}") is None, reason=why))


@pytest.mark.parametrize("name", [runner("dask"), runner("ray")])
def test_a_local_cluster_writes_the_same_files(
    name: str, recipe_text: str, fingerprint: Callable[[Path], dict[str, str]], tmp_path: Path
) -> None:
    source = tmp_path / "small.yaml"
    source.write_text(recipe_text)
    build(parse_recipe(recipe_text), tmp_path / "plain")
    env = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "verimill.cli", "build", str(source), "--out", str(tmp_path / "set"),
         "--runner", name, "--jobs", "2"],
        capture_output=True, text=True, timeout=500, cwd="/", env=env,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    data = {file: sha for file, sha in fingerprint(tmp_path / "set").items() if file.endswith((".parquet", ".jsonl"))}
    assert data == {file: sha for file, sha in fingerprint(tmp_path / "plain").items() if file in data}
    assert len(data) >= 4 and f"in {tmp_path / 'set'}" in done.stdout
