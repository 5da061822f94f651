"""What tests of publishing share: a small dataset, the local Hub, and a process that runs commands against it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_hub.server import Hub, Run, serve
from verimill.data_cards import cards
from verimill.pipelines.build import build
from verimill.schemas.recipes import parse_recipe

# A process that runs one command line after another, so that its libraries are loaded once. Waits are cut short.
WORKER = """
import json, os, sys, time
time.sleep = lambda seconds, sleep=time.sleep: sleep(min(seconds, 0.01))
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
import verimill.cli
for line in sys.stdin:
    asked = json.loads(line)
    os.environ.update(asked["env"])
    sys.argv, out, err, code = ["verimill", *asked["args"]], StringIO(), StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            verimill.cli.main()
        except SystemExit as stop:
            code = stop.code or 0
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory, recipe_text: str) -> Path:
    """A built dataset with its card: four splits, two families, traces."""
    out = tmp_path_factory.mktemp("publishing") / "made"
    build(parse_recipe(recipe_text), out)
    cards.write_card(out)
    return out


@pytest.fixture(scope="module", name="server")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = serve(tmp_path_factory.mktemp("hub"), part_size=30_000)
    yield hub
    hub.shutdown()
    hub.server_close()


@pytest.fixture(name="hub")
def _hub(server: Hub) -> Hub:
    """The module's Hub, without faults."""
    server.faults.clear()
    server.requests.clear()
    return server


@pytest.fixture(scope="module", name="run")
def _run(server: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """`run("publish", ...)`: exit code, output and messages, none of which may hold the token."""
    env = server.user(tmp_path_factory.mktemp("home"))
    pipe = subprocess.PIPE
    worker = subprocess.Popen([sys.executable, "-c", WORKER], stdin=pipe, stdout=pipe, text=True, env=env)

    def run(*args: object, token: str = server.token) -> tuple[int, str, str]:
        assert worker.stdin is not None and worker.stdout is not None
        worker.stdin.write(json.dumps({"args": [str(a) for a in args], "env": {"HF_TOKEN": token}}) + "\n")
        worker.stdin.flush()
        code, out, err = json.loads(worker.stdout.readline())
        assert server.token not in out + err
        return code, out, err

    yield run
    worker.communicate(timeout=20)
