"""A real vLLM on this CPU: started, asked, killed and stopped. Run with `pytest -m vllm`; it takes minutes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import making
import polars as pl
import pytest

from verimill.pipelines.teachers.aids import continued_question, joined
from verimill.pipelines.teachers.ask import Order, ask
from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.environments import executable
from verimill.pipelines.teachers.faults import Fault
from verimill.pipelines.teachers.kinds import Remote
from verimill.pipelines.teachers.questions import read_questions
from verimill.pipelines.teachers.samples import Model, Reply, Sampling
from verimill.pipelines.teachers.transport import HttpServer, request_body, request_head

pytestmark = pytest.mark.vllm

NAME = "tiny-teacher"
QUESTION = (("user", "Work out 3 + 4."),)


def order(served: Any, out: Path, k: int = 2, **told: Any) -> Order:
    return Order(
        served.data, out, Remote((served.server.url,)), Model(NAME, reasoner=True), Sampling(0.6, 1.0, 400),
        Budget("fixed", k), splits=("test",), jobs=0, **told,
    )  # fmt: skip


def rows(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "traces" / "*.parquet").sort("problem_id", "sample")


def send(url: str, sampling: Sampling, messages: Any = QUESTION, model: str = NAME, seed: int = 1) -> Reply:
    async def sent() -> Reply:
        asked = Model(model, reasoner=True)
        server = HttpServer(url, asked)
        try:
            return await server.send(request_body(request_head(asked, messages, sampling), seed, sampling.max_tokens))
        finally:
            await server.close()

    return asyncio.run(sent())


def test_a_teacher_is_distilled_and_every_sample_is_judged(served: Any, tmp_path: Path) -> None:
    summary = ask(order(served, tmp_path, k=4))
    found = rows(tmp_path)
    assert found.height == summary["rows"] == 4 * summary["problems"]
    assert set(found["outcome"]) <= {"right", "wrong", "unreadable", "truncated"}
    assert not summary["faults"]
    first = found.filter(pl.col("outcome") == "right")
    assert first.height > 0.12 * found.height, "the tiny teacher is worse than it should be"
    assert all(first["reasoning"].str.starts_with("1. "))
    assert found["completion_tokens"].min() > 0
    again = ask(order(served, tmp_path, k=4))
    assert (again["asked"], again["held"]) == (0, summary["asked"])


def test_from_its_own_beginning_a_greedy_teacher_says_the_same_to_the_end(served: Any) -> None:
    greedy, same = Sampling(0.0, 1.0, 400), 0
    for question in islice(read_questions(served.data, ("test",)), 8):
        whole = send(served.server.url, greedy, question.messages)
        lines = whole.reasoning.split("\n")
        half = "\n".join(lines[: len(lines) // 2]).rstrip(".")
        for kept in ((len(half), 0), (len(whole.reasoning), 0)):
            asked = continued_question(question, 0, whole, kept)
            found = joined(asked, send(served.server.url, greedy, asked.messages))
            assert found.reasoning.startswith(whole.reasoning[: kept[0]]) and found.finish == "stop"
            same += found.text.split() == whole.text.split() and found.reasoning.split() == whole.reasoning.split()
    assert same >= 12, same  # a beginning may be cut into other tokens than were drawn


def test_the_same_seed_gives_the_same_replies(served: Any, tmp_path: Path) -> None:
    for name in ("one", "two"):
        ask(order(served, tmp_path / name, k=2, limit=20))
    one, two = rows(tmp_path / "one"), rows(tmp_path / "two")
    assert one["response"].to_list() == two["response"].to_list()
    assert one["reasoning"].to_list() == two["reasoning"].to_list()


def test_a_reply_cut_off_while_thinking_is_truncated_with_its_reasoning(served: Any) -> None:
    reply = send(served.server.url, Sampling(0.0, 1.0, 3))
    assert reply.truncated
    assert reply.text == ""
    assert reply.reasoning != ""


def test_faults_have_the_class_that_the_table_gives(served: Any) -> None:
    with pytest.raises(Fault) as long:
        send(served.server.url, Sampling(0.0, 1.0, 3), (("user", "7 + " * 1200),))
    assert (long.value.word, long.value.kind) == (400, "terminal")
    with pytest.raises(Fault) as unknown:
        send(served.server.url, Sampling(0.0, 1.0, 3), model="nobody")
    assert (unknown.value.word, unknown.value.kind) == (404, "terminal")
    with pytest.raises(ValueError, match="serves tiny-teacher, not 'nobody'"):
        ask(Order(served.data, Path("/nowhere-written"), Remote((served.server.url,)), Model("nobody")))


def test_a_server_killed_while_it_is_asked_loses_no_sample(served: Any, tmp_path: Path) -> None:
    def kill() -> None:
        until = time.monotonic() + 60
        while sum(path.stat().st_size for path in tmp_path.rglob("*.jsonl")) < 50_000 and time.monotonic() < until:
            time.sleep(0.05)
        guard = next(pid for pid in below(os.getpid()) if "guard.py" in cmdline(pid))
        for pid in below(guard):
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    before = served.server.restarted
    summary = ask(order(served, tmp_path, k=8))
    killer.join()
    assert served.server.restarted == before + 1
    assert summary["undone"] == 0
    assert rows(tmp_path).height == 8 * summary["problems"]


def below(top: int) -> list[int]:
    """Every process that descends from `top`."""
    parent = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError):
                parent[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
    found = [top]
    for pid in found:
        found += [child for child, of in parent.items() if of == pid]
    return found[1:]


def cmdline(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


STARTER = """
import sys, time
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import making
from verimill.pipelines.teachers.managed import Managed
plan = making.plan(sys.argv[2], Path(sys.argv[3]))
flags = {name: value for name, value in plan.flags.items() if name != "distributed-executor-backend"}
variables = {k: v for k, v in plan.environment.items() if k != "VLLM_ENABLE_V1_MULTIPROCESSING"}
with Managed(replace(plan, flags=flags, environment=variables), Path(sys.argv[4])) as server:
    print(server.port, flush=True)
    time.sleep(600)
"""


def test_no_process_of_vllm_outlives_a_starter_that_was_killed(served: Any, tmp_path: Path) -> None:
    """With vLLM's default executor, which has processes of its own below the server."""
    here = str(Path(__file__).resolve().parent)
    words = [sys.executable, "-c", STARTER, here, served.python, str(served.model), str(tmp_path / "vllm.log")]
    starter = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    assert int(starter.stdout.readline())
    group = below(starter.pid)
    assert len(group) >= 3, [cmdline(pid) for pid in group]  # the guard, the server, its engine
    starter.kill()
    starter.wait()
    until = time.monotonic() + 40
    while any(cmdline(pid) for pid in group) and time.monotonic() < until:
        time.sleep(0.2)
    assert [cmdline(pid) for pid in group if cmdline(pid)] == []


def logged(out: Path) -> dict[str, tuple[str, str, str]]:
    """Key to text, reasoning and finish of every sample in a log."""
    lines = [json.loads(line) for path in sorted((out / "samples").glob("*.jsonl")) for line in path.open()]
    return {line["key"]: (line["text"], line["reasoning"], line["finish"]) for line in lines if "text" in line}


def test_the_engine_gives_the_same_keys_and_replies_as_the_server(served: Any, tmp_path: Path) -> None:
    python = executable(served.python)
    has = subprocess.run([python, "-c", "import verimill.pipelines.teachers.ask, polars"], capture_output=True)
    if has.returncode:
        pytest.skip(f"verimill is not installed beside vLLM: {python} -m pip install -e '.[teacher]'")
    (tmp_path / "engine").mkdir()
    sampling = Sampling(1.0, 1.0, 400)  # as engine_run.py has it
    ask(replace(order(served, tmp_path / "server", k=2, limit=20), sampling=sampling))
    plan = making.plan(served.python, served.model)
    words = [python, str(making.HERE / "engine_run.py"), str(served.model), str(served.data), str(tmp_path / "engine")]
    done = subprocess.run([*words, "2", "20"], capture_output=True, text=True, env=plan.variables(), timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    server, engine = logged(tmp_path / "server"), logged(tmp_path / "engine")
    assert len(server) == 40
    assert engine == server
