"""Problems as tasks of the package `verifiers`: the exported package, and the real library on it.

pytest -m verifiers        in an environment with verimill[verifiers]; elsewhere it says why it skips
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.exports.writing import export
from verimill.pipelines.rows import generate
from verimill.pipelines.shards import append, write_shard

ROOT = Path(__file__).resolve().parent.parent


def installed() -> bool:
    """Whether the package is there; looking for the module would find our folder of that name in the checkout."""
    try:
        return bool(version("verifiers"))
    except PackageNotFoundError:
        return False


WHY = "needs the package verifiers, which is an extra: pip install 'verimill[verifiers]', then pytest -m verifiers"
real = [pytest.mark.verifiers, pytest.mark.skipif(not installed(), reason=WHY)]


def marked(test: Any) -> Any:
    for mark in real:
        test = mark(test)
    return test


@pytest.fixture(scope="module", name="package")
def _package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported package `reasoning_tasks` of two families, four problems."""
    home = tmp_path_factory.mktemp("tasks")
    problems = [generate(family, 2, "tasks", index) for family in ("shortest_path", "zebra") for index in range(2)]
    append(
        home / "made", write_shard(home / "made", "problems/a.parquet", "problems", [p.row("train") for p in problems])
    )
    export(home / "made", "prime-rl", home / "reasoning_tasks")
    return home / "reasoning_tasks"


def test_the_export_is_a_package_with_its_own_name(package: Path) -> None:
    project = tomllib.loads((package / "pyproject.toml").read_text())
    assert project["project"]["name"] == "reasoning_tasks"
    assert project["project"]["dependencies"][0].startswith("verimill[verifiers]==")
    assert project["tool"]["setuptools"]["package-dir"] == {"reasoning_tasks": "."}
    compile((package / "__init__.py").read_text(), "__init__.py", "exec")


@pytest.mark.parametrize(
    ("name", "text"), [("json", "another module"), ("numpy", "another module"), ("12", "a letter")]
)
def test_a_folder_that_can_name_no_package_is_refused(package: Path, name: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=text):
        export(package.parent / "made", "prime-rl", tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.skipif(installed(), reason="the package verifiers is installed here")
@pytest.mark.parametrize("place", ["/", ROOT])
def test_without_the_package_the_extra_is_named(place: Path) -> None:
    """In the checkout too, where a folder of that name lies on the path."""
    code = "import sys; sys.path.insert(0, '.'); import verimill.pipelines.taskset"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd=place, timeout=60)
    assert "pip install 'verimill[verifiers]'" in done.stderr.splitlines()[-1]


# --- with the real package --------------------------------------------------------------------------------------


def tool(package: Path, *words: str, out: Path) -> str:
    """What a command of the package prints; the exported package is found by its name."""
    env = os.environ | {"PYTHONPATH": str(package.parent), "PYTHONSAFEPATH": "1", "OPENAI_API_KEY": "none"}
    command = [str(Path(sys.executable).parent / words[0]), *words[1:]]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=out, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@marked
def test_the_package_finds_every_problem_valid(package: Path, tmp_path: Path) -> None:
    """`vf-validate`: the stored answer earns the reward, an untouched task does not."""
    said = tool(package, "vf-validate", package.name, "--rich", "false", "--runtime.type", "subprocess", out=tmp_path)
    assert json.loads(said[said.index("{") :])["checks"]["gold"]["valid"] == 4
    assert json.loads(said[said.index("{") :])["outcomes"]["valid"] == 4


@marked
def test_tasks_are_scored_by_our_judge(package: Path) -> None:
    import verifiers.v1 as vf  # noqa: TID251

    sys.path.insert(0, str(package.parent))
    try:
        taskset = vf.load_taskset(vf.taskset_config_type(package.name)(id=package.name))
        tasks = list(taskset)
    finally:
        sys.path.remove(str(package.parent))
    assert len({task.key for task in tasks}) == 4 and all(task.key == task.data.id for task in tasks)
    for task in tasks:
        for reply, reward, unreadable in ((f"Answer:\n{task.data.answer}", 1.0, 0.0), ("", 0.0, 1.0)):
            assert scored(task, reply) == {"right": reward, "unreadable": unreadable}
    with pytest.raises(ValueError, match="split must be one of train"):
        config = vf.taskset_config_type(package.name)(id=package.name, split="nothing")
        list(vf.load_taskset(config))


def scored(task: Any, reply: str) -> dict[str, float]:
    """Reward and metric of one reply, as the package records them."""
    import verifiers.v1 as vf  # noqa: TID251

    trace = vf.Trace(
        task=vf.TraceTask(type=type(task).__name__, data=task.data, key=task.key, hash=task.hash), state=vf.State(),
        agent=vf.AgentInfo(config=vf.AgentConfig(), name="test", trainable=False), root_reply=reply,
    )  # fmt: skip
    asyncio.run(task.score(trace))
    return {"right": trace.rewards["right"].score, "unreadable": trace.metrics["unreadable"]}


@marked
def test_fresh_problems_have_no_end_and_come_again() -> None:
    from verimill.pipelines.taskset import Fresh, FreshConfig

    def first(**config: Any) -> list[tuple[str, int | None, str]]:
        tasks = islice(iter(Fresh(FreshConfig(**config))), 6)
        return [(task.data.family, task.data.level, task.key) for task in tasks]

    made = first(families=["countdown", "zebra"], levels=[1, 4], seed="7")
    assert [(family, level) for family, level, _ in made[:4]] == [
        ("countdown", 1), ("zebra", 1), ("countdown", 4), ("zebra", 4)]  # fmt: skip
    assert made == first(families=["countdown", "zebra"], levels=[1, 4], seed="7") and len(set(made)) == 6
    assert not Fresh(FreshConfig()).bounded
    with pytest.raises(ValueError, match="sudokus"):
        first(families=["sudokus"])


@contextmanager
def model(answers: dict[str, str]) -> Iterator[str]:
    """A chat server that knows the answers of some prompts, over real HTTP, and streams them."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            text = answers.get(asked["messages"][-1]["content"], "I do not know.")
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for part in ({"delta": {"role": "assistant", "content": text}}, {"delta": {}, "finish_reason": "stop"}):
                chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": asked["model"]}
                self.wfile.write(b"data: " + json.dumps(chunk | {"choices": [{"index": 0} | part]}).encode() + b"\n\n")
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


@marked
def test_a_rollout_earns_the_reward(package: Path, tmp_path: Path) -> None:
    """`vf-eval` with its own harness asks a model for each task; the right replies, and no others, are rewarded."""
    import pyarrow.parquet as pq

    rows = pq.read_table(package / "train.parquet").to_pylist()
    known = {row["prompt"][0]["content"]: f"Answer:\n{row['answer']}" for row in rows[:2]}
    with model(known) as url:
        tool(package, "vf-eval", package.name, "--model", "any", "-r", "1", "--client.type", "eval",
             "--client.base-url", url, "--client.api-key-var", "OPENAI_API_KEY", "--env.agent.harness.id", "null",
             "--env.agent.runtime.type", "subprocess", out=tmp_path)  # fmt: skip
    episodes = [json.loads(line) for path in tmp_path.rglob("traces.jsonl") for line in path.read_text().splitlines()]
    traces = [trace for episode in episodes for trace in episode["traces"]]
    earned = {trace["task"]["key"]: trace["rewards"]["right"]["score"] for trace in traces}
    assert earned == {row["problem_id"]: float(at < 2) for at, row in enumerate(rows)}
