"""One real vLLM server for all tests marked `vllm`; without the environment they skip and say how to get it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from verimill.pipelines.teachers.environments import NotServing
from verimill.pipelines.teachers.managed import Managed

sys.path.insert(0, str(Path(__file__).resolve().parent))  # this folder is no package

import making


class Served(NamedTuple):
    """A running server, where its model lies, and the problems to ask it."""

    server: Managed
    python: str
    model: Path
    data: Path


@pytest.fixture(scope="session")
def python() -> str:
    """The environment with vLLM."""
    try:
        return making.environment()
    except NotServing as why:
        pytest.skip(str(why))


@pytest.fixture(scope="session")
def model(python: str) -> Path:
    """The trained tiny teacher; the first run trains it."""
    return making.teacher(python, making.ROOT / "build" / "tiny-teacher")


@pytest.fixture(scope="module")
def served(python: str, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A real vLLM server of the tiny teacher."""
    log = tmp_path_factory.mktemp("vllm") / "vllm.log"
    with Managed(making.plan(python, model), log, print) as server:
        yield Served(server, python, model, model.parent / "data")
