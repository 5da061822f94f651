"""The reward server over real HTTP: right verdicts, bounded requests, and errors that are one sentence."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from verimill.pipelines.rows import generate
from verimill.verifiers.reward_server import Limits, RewardServer
from verimill.verifiers.rewards import score, score_batch, skyrl_step


@contextmanager
def serving(**limits: Any) -> Iterator[RewardServer]:
    with RewardServer(limits=Limits(**limits)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module", name="server")
def _server() -> Iterator[RewardServer]:
    with serving() as server:
        yield server


def ask(server: RewardServer, path: str, body: Any = None, raw: bytes | None = None) -> tuple[int, Any]:
    """Status and JSON (or text) of one request on a connection of its own."""
    link = http.client.HTTPConnection(*server.server_address[:2], timeout=20)
    try:
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        link.request("GET" if data is None else "POST", path, data)
        reply = link.getresponse()
        text = reply.read().decode()
        return reply.status, json.loads(text) if reply.headers["Content-Type"] == "application/json" else text
    finally:
        link.close()


def items(count: int) -> list[dict[str, Any]]:
    made = [generate("arithmetic_chain", 1, "serve", index) for index in range(count)]
    return [{"id": p.id, "verification": p.verification, "completion": f"Answer: {p.answer}"} for p in made]


def test_a_batch_gets_its_verdicts_in_order(server: RewardServer) -> None:
    good, bad, junk = items(3)
    bad["completion"] = [{"role": "assistant", "content": "Answer: 123456789"}]
    junk["completion"] = "?"
    status, found = ask(server, "/score", {"items": [good, bad, junk]})
    assert status == 200
    assert [(v["id"], v["outcome"], v["score"]) for v in found["verdicts"]] == [
        (good["id"], "right", 1.0), (bad["id"], "wrong", 0.0), (junk["id"], "unreadable", 0.0)
    ]  # fmt: skip
    assert found["verdicts"][1]["reason"]


@pytest.mark.parametrize("path", ["/", "/get_reward"])
def test_openrlhf_gets_what_it_asks_for(server: RewardServer, path: str) -> None:
    good, bad = items(2)
    prompt = "user: what is it?\nassistant: "
    body = {"query": [prompt + good["completion"], prompt + "no idea"], "prompts": [prompt] * 2,
            "labels": [good["verification"], bad["verification"]]}  # fmt: skip
    status, found = ask(server, path, body)
    assert status == 200
    assert found == {"rewards": [1.0, 0.0], "scores": [1.0, 0.0],
                     "extra_logs": {"right": [1.0, 0.0], "unreadable": [0.0, 1.0]}}  # fmt: skip


def test_an_item_that_cannot_be_judged_costs_the_others_nothing(server: RewardServer) -> None:
    (good,) = items(1)
    odd = [None, {}, {"verification": "junk", "completion": "5"}, {"verification": good["verification"]}, good]
    status, found = ask(server, "/score", {"items": odd})
    assert status == 200
    assert [v["score"] for v in found["verdicts"]] == [None] * 4 + [1.0]
    assert all("error" in v for v in found["verdicts"][:4])


@pytest.mark.parametrize(
    ("path", "raw", "status", "text"),
    [
        ("/score", b"{", 400, "must be JSON"),
        ("/score", b"[" * 100_000, 400, "must be JSON"),
        ("/score", b"[]", 400, "JSON object"),
        ("/score", b"{}", 400, "items must be a list"),
        ("/", b'{"query": ["a"], "labels": []}', 400, "equally many"),
        ("/", b'{"query": ["a"], "labels": ["b"]}', 400, "label cannot be read"),
        ("/", b'{"query": [1], "labels": ["b"]}', 400, "must be texts"),
        ("/nowhere", b"{}", 404, "knows /score"),
    ],
)
def test_wrong_requests_are_told_what_is_wanted(
    server: RewardServer, path: str, raw: bytes, status: int, text: str
) -> None:
    assert (found := ask(server, path, raw=raw))[0] == status and text in found[1]["error"]


def test_health_and_metrics_count(server: RewardServer) -> None:
    before = ask(server, "/metrics")[1]
    ask(server, "/score", {"items": items(2)})
    after = ask(server, "/metrics")[1]

    def right(text: str) -> int:
        found = re.search(r'verimill_verdicts_total\{outcome="right"\} (\d+)', text)
        return int(found[1]) if found else 0

    assert right(after) == right(before) + 2
    assert 'verimill_requests_total{path="/score",status="200"}' in after
    assert ask(server, "/health")[1]["status"] == "ok"
    assert ask(server, "/nothing")[0] == 404


def test_bodies_and_batches_are_limited() -> None:
    with serving(body=200_000, items=2) as server:
        assert ask(server, "/score", raw=b" " * 200_001)[0] == 413
        status, found = ask(server, "/score", {"items": [{}] * 3})
        assert status == 413 and "at most 2 items, got 3" in found["error"]
        with socket.create_connection(server.server_address[:2], timeout=10) as link:
            link.sendall(b"POST /score HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            assert b" 411 " in link.recv(1000)


def test_requests_a_second_are_limited() -> None:
    with serving(rate=2.0) as server:
        codes = [ask(server, "/score", {"items": []})[0] for _ in range(6)]
        assert codes[0] == 200 and 429 in codes
        time.sleep(0.6)
        assert ask(server, "/score", {"items": []})[0] == 200
        assert ask(server, "/health")[0] == 200


def test_too_many_and_silent_connections_do_not_block_it() -> None:
    with serving(connections=2, idle=0.5) as server:
        silent = [socket.create_connection(server.server_address[:2]) for _ in range(2)]
        time.sleep(0.1)
        assert ask(server, "/health")[0] == 503
        time.sleep(0.8)
        assert ask(server, "/health")[0] == 200
        for link in silent:
            link.close()


def test_a_request_that_drips_in_is_ended() -> None:
    """A byte now and then keeps a connection from being silent; the request has its time all the same."""
    with serving(connections=1, request=0.4) as server:
        for head in (b"POST /score HTTP/1.1\r\nX: ", b"POST /score HTTP/1.1\r\nContent-Length: 999\r\n\r\n"):
            with socket.create_connection(server.server_address[:2], timeout=10) as link:
                link.sendall(head)
                with pytest.raises(OSError):
                    for _ in range(100):
                        link.sendall(b"a")
                        time.sleep(0.05)
            wait_until(lambda: server.counts.open == 0)
        assert ask(server, "/health")[0] == 200


def wait_until(true: Any) -> None:
    for _ in range(200):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come about in four seconds")


def test_the_sender_of_a_body_that_is_refused_hears_why(server: RewardServer) -> None:
    """The server reads on, so that the client is not cut off before it reads the answer."""
    status, found = ask(server, "/score", raw=b" " * (33 << 20))
    assert status == 413 and "at most 33554432 bytes" in found["error"]
    assert ask(server, "/nowhere", raw=b" " * (4 << 20))[0] == 404
    with socket.create_connection(server.server_address[:2], timeout=10) as link:
        link.sendall(b"POST /score HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
        assert b" 413 " in link.recv(1000)


def test_a_body_of_two_lengths_is_refused(server: RewardServer) -> None:
    with socket.create_connection(server.server_address[:2], timeout=10) as link:
        link.sendall(b"POST /score HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}")
        assert b" 411 " in link.recv(1000)


def test_the_bytes_of_all_requests_are_limited() -> None:
    with serving(held=1000) as server, socket.create_connection(server.server_address[:2], timeout=10) as link:
        link.sendall(b"POST /score HTTP/1.1\r\nContent-Length: 900\r\n\r\n")
        wait_until(lambda: server.counts.held == 900)
        status, found = ask(server, "/score", raw=b" " * 200)
        assert status == 503 and "at most 1000 bytes" in found["error"]
        assert "verimill_held_bytes 900" in ask(server, "/metrics")[1]
        link.sendall(b'{"items": []}' + b" " * 887)
        assert b" 200 " in link.recv(1000)
        assert ask(server, "/score", raw=b'{"items": []}' + b" " * 200)[0] == 200


def test_a_bug_of_ours_is_no_verdict(server: RewardServer, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    monkeypatch.setattr("verimill.verifiers.reward_requests.verify", lambda case, reply: 1 // 0)
    status, found = ask(server, "/score", {"items": items(1)})
    assert status == 500 and "score" not in found and "ZeroDivisionError" in capfd.readouterr().err


def test_many_clients_at_once_get_their_own_verdicts(server: RewardServer) -> None:
    batch = items(8)
    for at, item in enumerate(batch):
        item["completion"] = item["completion"] if at % 2 else "none of it"
    wanted = [float(at % 2) for at in range(8)]

    def client(turn: int) -> bool:
        turned = batch[turn % 8 :] + batch[: turn % 8]
        found = ask(server, "/score", {"items": turned})[1]["verdicts"]
        return [v["score"] for v in found] == wanted[turn % 8 :] + wanted[: turn % 8]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(client, range(40)))


def test_a_long_batch_is_judged_whole(server: RewardServer) -> None:
    status, found = ask(server, "/score", {"items": items(20) * 100})
    assert status == 200 and [v["score"] for v in found["verdicts"]] == [1.0] * 2000


def test_the_command_serves_until_it_is_stopped() -> None:
    command = [sys.executable, "-P", "-m", "verimill.cli", "serve-rewards", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})
    try:
        assert process.stdout is not None
        host, port = process.stdout.readline().strip().removeprefix("http://").split(":")
        link = http.client.HTTPConnection(host, int(port), timeout=20)
        link.request("GET", "/health")
        assert json.loads(link.getresponse().read())["status"] == "ok"
        link.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130)
    finally:
        process.kill()
        process.communicate()


def test_an_address_in_use_is_one_sentence(server: RewardServer) -> None:
    with pytest.raises(ValueError, match="cannot listen on"):
        RewardServer(port=server.server_address[1])
    with pytest.raises(ValueError, match="rate must be"):
        Limits(rate=-1)


def test_plain_callables_and_the_environment_shape() -> None:
    good, bad = items(2)
    bad["completion"] = "?"
    assert score(good["verification"], good["completion"]) == 1.0
    assert [bool(v) for v in score_batch([good["verification"], bad["verification"]],
                                         [good["completion"], bad["completion"]])] == [True, False]  # fmt: skip
    done = skyrl_step(bad["completion"], {"reward_spec": {"method": "rule", "ground_truth": bad["verification"]}})
    assert done["reward"] == 0.0 and done["done"] and done["metadata"]["unreadable"] == 1.0
    with pytest.raises(ValueError, match="reward_spec"):
        skyrl_step("5", {})
