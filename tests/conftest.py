"""What several test modules share: a small recipe, the fingerprint of a dataset, and kill -9."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

RECIPE = """\
name: small
seed: 5
families:
  - arithmetic_chain
  - {family: shortest_path, levels: 1-8}
splits:
  - {name: train, rows: 60, levels: 1-5}
  - {name: test, rows: 20, levels: 1-5}
  - {name: ood, rows: 12, levels: 9-10}
  - {name: hard, rows: 10, levels: 2-6, where: "steps >= 6"}
traces: {oracle: [full, brief]}
unanswerable: 0.1
shard_rows: 11
file_rows: 25
"""


def fingerprint(out: Path) -> dict[str, str]:
    """Every published file and its hash."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".work" not in path.parts
    }


def kill_when(out: Path, moment: int | str, command: list[str]) -> None:
    """Run the command and kill -9 it once so many more shards count, or once a published file is there."""
    manifest = out / ".work" / "manifest.jsonl"

    def shards() -> int:
        return manifest.read_bytes().count(b"\n") if manifest.exists() else 0

    before = shards()
    mark = f"VERIMILL_TEST={uuid.uuid4()}"
    env = os.environ | dict([mark.split("=")])
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)
    limit = time.monotonic() + 120
    try:
        while process.poll() is None and time.monotonic() < limit:
            reached = any((out / "problems").glob("*")) if moment == "published" else shards() >= before + int(moment)
            if reached:
                break
            time.sleep(0.002)
        assert process.poll() is None, f"it ended before it could be killed: {process.communicate()[1]}"
    finally:
        process.kill()
        process.communicate()
    limit = time.monotonic() + 20
    while _alive(mark) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not _alive(mark), "a child process outlived the build"


def _alive(mark: str) -> list[str]:
    """Processes that have the mark in their environment; none where there is no /proc."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (place / "environ").read_bytes():
                found.append(place.name)
        except OSError:
            continue
    return found


@pytest.fixture(scope="session", name="recipe_text")
def _recipe_text() -> str:
    """A recipe of two quick families, four splits and many small shards."""
    return RECIPE


@pytest.fixture(scope="session", name="fingerprint")
def _fingerprint() -> Callable[[Path], dict[str, str]]:
    return fingerprint


@pytest.fixture(scope="session", name="kill_when")
def _kill_when() -> Callable[[Path, int | str, list[str]], None]:
    return kill_when
