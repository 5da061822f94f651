"""A managed server starts, comes back, goes, and leaves nothing behind, shown with a stand-in for vLLM.

The stand-in is a real virtual environment whose `vllm` package is a small HTTP server, so the whole way is walked:
the environment's own python, the module's name, the flags, the log, the process group.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.teachers.environments import NotServing, Plan, executable, vllm_version
from verimill.pipelines.teachers.managed import Managed, get

SERVER = """
import http.server, json, os, subprocess, sys, time
told = dict(zip(sys.argv[1::2], sys.argv[2::2]))
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(os.environ["FAKE_PIDS"], "a") as file:
    file.write(f"{os.getpid()} {child.pid}\\n")
mode = os.environ.get("FAKE_MODE", "")
print("argv", json.dumps(sys.argv[1:]), flush=True)
print("INFO Initializing a V1 LLM engine (v0.32.0) with config: model='m', dtype=torch.bfloat16, max_seq_len=1024, "
      "tensor_parallel_size=2, quantization=None, kv_cache_dtype=auto, device_config=cpu, seed=0", flush=True)
if mode == "dies":
    print("Traceback (most recent call last):\\nValueError: no such model", flush=True)
    sys.exit(3)
if mode == "never":
    print("loading weights", flush=True)
    time.sleep(600)
if mode == "stubborn":
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            os._exit(7)
        if self.path == "/silent":
            time.sleep(600)
        data = {"data": [{"id": told["--served-model-name"]}]} if self.path == "/v1/models" else {}
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
http.server.HTTPServer((told["--host"], int(told["--port"])), Answer).serve_forever()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment whose vllm is the server above."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    site = next(home.glob("lib/python3*/site-packages"))
    module = site / "vllm" / "entrypoints" / "openai"
    module.mkdir(parents=True)
    (module / "api_server.py").write_text(SERVER)
    info = site / "vllm-0.0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm\nVersion: 0.0.1\n")
    return home


@pytest.fixture
def plan(home: Path, tmp_path: Path) -> Iterator[Callable[..., Plan]]:
    pids = tmp_path / "pids"

    def made(mode: str = "", **told: Any) -> Plan:
        words: dict[str, Any] = {"ready_s": 20.0, "name": "tiny", "model": "nowhere/model", **told}
        return Plan(str(home), environment={"FAKE_MODE": mode, "FAKE_PIDS": str(pids)}, **words)

    yield made
    assert not pids.exists() or gone(pids), "a server outlived its test"


def alive(pid: int) -> bool:
    try:
        if not Path("/proc/self").exists():
            os.kill(pid, 0)
            return True
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids: Path, wait: float = 10.0) -> bool:
    """Whether every process of the list ends within the time."""
    ours = [int(word) for word in pids.read_text().split()]
    until = time.monotonic() + wait
    while any(map(alive, ours)):
        if time.monotonic() > until:
            for pid in ours:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return False
        time.sleep(0.05)
    return True


def until(true: Callable[[], bool], wait: float = 20.0) -> bool:
    end = time.monotonic() + wait
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def test_a_server_starts_with_its_flags_and_stops_with_its_children(plan: Callable[..., Plan], tmp_path: Path) -> None:
    flags = {"max-model-len": 512, "enforce_eager": True, "swap": False, "config": {"backend": "xgrammar"}}
    said: list[str] = []
    with Managed(plan(flags=flags), tmp_path / "log" / "vllm.log", said.append) as server:
        assert server.state == "ready"
        assert get(server.port, "/v1/models") is not None
        assert server.url == f"http://127.0.0.1:{server.port}/v1"
        facts = server.facts()
    assert facts.pop("hardware").startswith("cpu")
    assert facts == {"engine": "vllm", "engine_version": "0.32.0", "dtype": "bfloat16", "tensor_parallel_size": "2"}
    assert server.state == "stopped"
    assert get(server.port, "/health") is None
    assert gone(tmp_path / "pids", 0)
    line = (tmp_path / "log" / "vllm.log").read_text().splitlines()[0]
    words = json.loads(line.removeprefix("argv "))
    assert words[-5:] == ["--max-model-len", "512", "--enforce-eager", "--config", '{"backend": "xgrammar"}']
    assert "--swap" not in words
    assert "0.0.1" in said[0]


def test_a_server_that_dies_comes_back_at_the_same_address_and_then_no_more(
    plan: Callable[..., Plan], tmp_path: Path
) -> None:
    said: list[str] = []
    with Managed(plan(restarts=1), tmp_path / "vllm.log", said.append) as server:
        get(server.port, "/die")
        assert until(lambda: server.restarted == 1 and server.state == "ready")
        assert get(server.port, "/health") is not None
        get(server.port, "/die")
        assert until(lambda: server.state == "failed")
        assert "ended with code 7, after 1 restarts" in server.failure
    assert server.state == "failed"
    assert any("restart 1 of at most 1" in line for line in said)


def test_a_silent_server_is_restarted(
    plan: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verimill.pipelines.teachers.managed.HEALTH_S", 0.3)
    with Managed(plan(silent_s=1.0), tmp_path / "vllm.log") as server:
        # one thread serves: this request keeps it from answering any other
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(b"GET /silent HTTP/1.0\r\n\r\n")
            assert until(lambda: server.restarted == 1 and server.state == "ready")


def test_a_server_that_ignores_sigterm_is_killed(
    plan: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verimill.pipelines.teachers.managed.GRACE_S", 0.3)
    with Managed(plan("stubborn"), tmp_path / "vllm.log"):
        pass
    assert gone(tmp_path / "pids", 0)


STARTER = """
import sys, time
from pathlib import Path
from verimill.pipelines.teachers.environments import Plan
from verimill.pipelines.teachers.managed import Managed
home, pids, log = sys.argv[1:]
plan = Plan(home, "m", "tiny", environment={"FAKE_PIDS": pids})
with Managed(plan, Path(log)) as server:
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_server_outlives_the_process_that_started_it(home: Path, tmp_path: Path, blow: signal.Signals) -> None:
    words = [sys.executable, "-c", STARTER, str(home), str(tmp_path / "pids"), str(tmp_path / "log")]
    starter = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert starter.stdout is not None
    assert starter.stdout.readline() == "ready\n"
    starter.send_signal(blow)
    starter.wait(20)
    assert gone(tmp_path / "pids")


@pytest.mark.parametrize(
    ("mode", "told", "sentence"),
    [
        ("dies", {}, r"ended with code 3 before it was ready; the end of .*log:\n(.*\n)*.*ValueError: no such model"),
        ("never", {"ready_s": 1.0}, r"was not ready within 1 s; the end of .*\n(.*\n)*.*loading weights"),
    ],
)  # fmt: skip
def test_a_start_that_fails_says_why_with_the_log(
    plan: Callable[..., Plan], tmp_path: Path, mode: str, told: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(NotServing, match=sentence), Managed(plan(mode, **told), tmp_path / "vllm.log"):
        pass


def test_a_port_that_is_taken_is_named(plan: Callable[..., Plan], tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(NotServing, match=f"port {port} on 127.0.0.1 is taken"):
            Managed(plan(port=port), tmp_path / "vllm.log").start()


def test_an_environment_that_is_none_or_lacks_vllm_is_named(home: Path, tmp_path: Path) -> None:
    assert vllm_version(str(home)) == "0.0.1"
    assert executable(str(home)) == str(home / "bin" / "python")
    with pytest.raises(NotServing, match=r"no Python environment at '/nowhere'"):
        executable("/nowhere")
    bare = tmp_path / "bare"
    venv.create(bare, with_pip=False)
    with pytest.raises(NotServing, match="has no vllm: install it there"):
        vllm_version(str(bare))
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho out of order >&2; exit 1\n")
    broken.chmod(0o755)
    with pytest.raises(NotServing, match="does not run: out of order"):
        vllm_version(str(broken))


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"flags": {"api-key": "s3cret"}}, "the flag api-key is not for a recipe"),
        ({"flags": {"--served_model_name": "x"}}, "is not for a recipe"),
        ({"environment": {"HF_TOKEN": "s3cret"}}, "HF_TOKEN looks like a secret"),
        ({"port": 70_000}, r"port must be in 0\.\.65535, got 70000"),
        ({"model": "--trust-remote-code"}, "model must be a folder or a name"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_without_its_secret(told: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        Plan(**{"python": "python", "model": "m", **told})
    assert "s3cret" not in str(caught.value)
