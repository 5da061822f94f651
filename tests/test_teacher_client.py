"""The sampling client against the fake server: real HTTP, faults on demand, no sample lost and no neighbour hurt."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.teachers.accounting import Account
from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.client import Client
from verimill.pipelines.teachers.judging import Judged, Judges
from verimill.pipelines.teachers.log import Index, SampleLog
from verimill.pipelines.teachers.probe import probe
from verimill.pipelines.teachers.samples import Keys, Model, Question, Sampling
from verimill.pipelines.teachers.transport import HttpServer, api_key
from verimill.pipelines.teachers.watching import ServerGone, Settings

_spec = importlib.util.spec_from_file_location("fake_teacher", Path(__file__).with_name("fake_teacher.py"))
assert _spec is not None and _spec.loader is not None
fake_teacher = importlib.util.module_from_spec(_spec)
sys.modules["fake_teacher"] = fake_teacher
_spec.loader.exec_module(fake_teacher)
serving = fake_teacher.serving

QUICK = {"queue_s": 0.6, "slowest": 400.0, "first_pause_s": 0.01, "look_s": 0.1, "in_flight": 64}


class Said(Judges):
    """Judges by the word at the end, in this process."""

    def __init__(self) -> None:
        super().__init__(0)

    def judge(self, verification: str, text: str) -> asyncio.Future[Judged]:
        future: asyncio.Future[Judged] = asyncio.get_running_loop().create_future()
        outcome = "right" if text.endswith("42") else "wrong"
        future.set_result(Judged(outcome, "", None, "test"))
        return future


class Questions:
    """So many questions, one after another."""

    def __init__(self, count: int, text: Callable[[int], str] = "question {}".format) -> None:
        self._made: Iterator[Question] = (
            Question(f"p{n}", "shortest_path", 1, (("user", text(n)),), "{}") for n in range(count)
        )

    def next(self, opens: Callable[[str, int], bool]) -> Question | None:
        return next(self._made, None) if opens("shortest_path", 1) else None


def asked(
    out: Path,
    urls: str | list[str],
    source: Any,
    budget: Budget | None = None,
    sampling: Sampling | None = None,
    **settings: Any,
) -> Account:
    """One run of the client."""

    async def run() -> Account:
        model = Model("fake")
        servers = [HttpServer(url, model) for url in ([urls] if isinstance(urls, str) else urls)]
        keys = Keys(model, sampling or Sampling(max_tokens=400))
        made = Settings(**{**QUICK, **settings})
        index = Index(out)
        try:
            with SampleLog(out) as log:
                return await Client(list(servers), keys, budget or Budget("fixed", k=1), Said(), log, index, made).run(
                    source
                )
        finally:
            await asyncio.gather(*(server.close() for server in servers))

    return asyncio.run(run())


def records(out: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for path in sorted(out.glob("samples/*.jsonl")) for line in path.open()]
    return [line for line in lines if "key" in line]


def test_eight_poisoned_prompts_in_a_thousand_are_marked_and_no_neighbour_is_hurt(tmp_path: Path) -> None:
    def text(n: int) -> str:
        return f"poisoned {n}" if n % 125 == 3 else f"question {n}"

    with serving(faults=[{"kind": "400", "match": "poisoned"}]) as fake:
        account = asked(tmp_path, fake.url, Questions(1000, text))
        assert fake.stats()["requests"] == 1000
    faults = Counter(r["fault"] for r in records(tmp_path))
    assert faults == {"": 992, "terminal": 8} and account.right == 992
    assert account.stops == {"asked": 992, "refused": 8}
    assert all("HTTP 400" in r["detail"] for r in records(tmp_path) if r["fault"])


def test_no_row_is_lost_to_passing_faults(tmp_path: Path) -> None:
    kinds = ("500", "503", "garbage", "reset", "429", "hang")
    faults = [{"kind": kind, "share": 0.05 if kind == "500" else 0.01} for kind in kinds]
    faults.append({"kind": "500", "share": 0.005, "times": 7})  # outlives the first tries: the final sweep
    with serving(faults=faults, tokens=100, mean_s=0.01) as fake:
        account = asked(tmp_path, fake.url, Questions(600))
        stats = fake.stats()
    assert account.right == 600 and account.retries >= 40, account
    assert all(stats.get(f"fault {kind}") for kind in kinds), stats
    assert stats["samples"] == 600 and not account.faults


def test_a_stream_that_falls_silent_is_asked_again(tmp_path: Path) -> None:
    with serving(faults=[{"kind": "slow", "share": 0.1}], reasoning="reasoning_content") as fake:
        account = asked(tmp_path, fake.url, Questions(60), stall_s=0.3)
        assert fake.stats()["fault slow"] > 0
    assert account.right == 60 and {r["source"] for r in records(tmp_path)} == {"reasoning_content"}


def test_growing_k_asks_only_for_the_rest_and_more_tokens_only_for_truncated_samples(tmp_path: Path) -> None:
    with serving(tokens=100, sigma=1.0) as fake:
        asked(tmp_path, fake.url, Questions(20), Budget("fixed", k=4), Sampling(max_tokens=120))
        grown = asked(tmp_path, fake.url, Questions(20), Budget("fixed", k=16), Sampling(max_tokens=120))
        assert (grown.held, grown.samples) == (80, 240)
        cut = sum(r["finish"] == "length" for r in records(tmp_path))
        longer = asked(tmp_path, fake.url, Questions(20), Budget("fixed", k=16), Sampling(max_tokens=4000))
        assert cut > 10 and longer.samples == cut
        assert asked(tmp_path, fake.url, Questions(20), Budget("fixed", k=16), Sampling(max_tokens=4000)).samples == 0


def test_reaching_the_target_cancels_what_is_under_way_and_frees_the_slot(tmp_path: Path) -> None:
    with serving(slots=4, mean_s=0.1, sigma=2.0, right=0.6) as fake:
        account = asked(tmp_path, fake.url, Questions(12), Budget("uniform", k=1, cap=8), in_flight=16, queue_s=30.0)
        stats = fake.stats()
    assert account.stops["enough"] >= 11 and account.cancelled > 3
    assert stats["running"] == stats["waiting"] == 0
    assert stats["cancelled"] + stats["replies"] == stats["requests"]


def test_the_queue_of_the_server_stays_short_and_its_slots_full(tmp_path: Path) -> None:
    worst: list[int] = []
    with serving(slots=24, mean_s=0.08, sigma=0.5) as fake:
        stop = threading.Event()

        def look() -> None:
            while not stop.wait(0.1):
                worst.append(fake.stats()["waiting"])

        watcher = threading.Thread(target=look)
        watcher.start()
        account = asked(tmp_path, fake.url, Questions(900), in_flight=0, queue_s=20.0, look_s=0.05)
        stop.set()
        watcher.join()
        stats = fake.stats()
    assert account.right == 900
    tail = sorted(worst[len(worst) // 3 :])
    assert tail[len(tail) // 2] <= 24, worst
    assert stats["busy"] / stats["span"] > 0.6 * 24, stats


def test_prompts_of_one_problem_go_to_one_replica_and_meet_its_cache(tmp_path: Path) -> None:
    with serving() as one, serving() as two:
        account = asked(tmp_path, [one.url, two.url], Questions(60), Budget("fixed", k=4), in_flight=8)
        stats = one.stats(), two.stats()
    assert account.right == 240 and min(s["samples"] for s in stats) > 60
    assert sum(s["cache hits"] for s in stats) > 0.9 * 180


def test_a_server_that_goes_down_hands_its_work_to_the_others(tmp_path: Path) -> None:
    with serving(mean_s=0.02) as one, serving(mean_s=0.02) as two:
        threading.Timer(0.25, one.process.kill).start()
        account = asked(tmp_path, [one.url, two.url], Questions(800), in_flight=16, queue_s=5.0)
    assert account.right == 800 and not account.faults


def test_a_sample_that_kills_its_server_is_quarantined(tmp_path: Path) -> None:
    behaviour = fake_teacher.Behaviour(mean_s=0.01, faults=[{"kind": "crash", "match": "question 7!"}])
    fake = fake_teacher.start(behaviour)
    behaviour.port = fake.port
    done = threading.Event()
    running = [fake]

    def restart() -> None:
        while not done.wait(0.02):
            if running[-1].process.poll() is not None:
                running.append(fake_teacher.start(behaviour))

    keeper = threading.Thread(target=restart)
    keeper.start()
    try:
        account = asked(
            tmp_path, fake.url, Questions(60, "question {}!".format), in_flight=12, queue_s=5.0, look_s=0.05
        )
    finally:
        done.set()
        keeper.join()
        for one in running:
            one.process.kill()
            one.process.communicate()
    bad = [r["problem"] for r in records(tmp_path) if r["fault"]]
    assert account.right == 59 and bad == ["p7"] and account.faults == {"poison": 1}, (account, len(running))


def test_a_server_that_never_comes_back_ends_the_run_with_one_sentence(tmp_path: Path) -> None:
    with serving(mean_s=0.05) as fake:
        threading.Timer(0.2, fake.process.kill).start()
        with pytest.raises(ServerGone, match="run the same command again"):
            asked(tmp_path, fake.url, Questions(3000), patience_s=0.3, look_s=0.05)
    before = len(records(tmp_path))
    with serving() as fake:
        account = asked(tmp_path, fake.url, Questions(3000))
    assert account.held == before and account.held + account.samples == 3000


def test_a_prompt_longer_than_the_context_is_marked_and_the_others_get_what_is_left(tmp_path: Path) -> None:
    def text(n: int) -> str:
        return "long " * (260 if n == 3 else 60 if n == 4 else 1) + str(n)

    with serving(window=300, tokens=20) as fake:
        asked(tmp_path, fake.url, Questions(6, text), sampling=Sampling(max_tokens=250), window=300)
        assert fake.stats()["requests"] == 5
    with serving(window=3000, tokens=20) as fake:
        again = asked(tmp_path, fake.url, Questions(6, text), sampling=Sampling(max_tokens=250), window=3000)
        assert (again.samples, again.held, again.right) == (1, 5, 6)
    by = {r["problem"]: r for r in reversed(records(tmp_path))}
    assert by["p3"]["fault"] == "terminal" and "the model's context 300" in by["p3"]["detail"]
    assert not by["p4"]["fault"] and by["p4"]["allowed"] < 250 == by["p0"]["allowed"]


def test_memory_does_not_grow_with_the_number_of_samples(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        tracemalloc.reset_peak()
        asked(tmp_path / str(count), fake.url, Questions(count), in_flight=32)
        return tracemalloc.get_traced_memory()[1]

    with serving(tokens=20) as fake:
        asked(tmp_path / "warm", fake.url, Questions(200), in_flight=32)
        tracemalloc.start()
        try:
            few, many = peak(250), peak(1500)
        finally:
            tracemalloc.stop()
    assert many < 1.25 * few + 300_000, (few, many)


# --- the probe --------------------------------------------------------------------------------------------------


def probed(url: str, model: Model, sampling: Sampling | None = None) -> Any:
    async def run() -> Any:
        server = HttpServer(url, model, api_key())
        try:
            return await probe([server], model, sampling or Sampling())
        finally:
            await server.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("behaviour", "model", "said"),
    [
        ({}, Model("gpt-9"), "serves fake, not 'gpt-9'"),
        ({"reasoning": "none"}, Model("fake", reasoner=True), "declared a reasoner"),
        ({"key": "k-123"}, Model("fake"), "set VERIMILL_API_KEY"),
        ({"faults": [{"kind": "400", "match": "17 + 25"}]}, Model("fake"), "does not take a request"),
    ],
)
def test_the_probe_says_in_one_sentence_what_is_wrong(behaviour: dict[str, Any], model: Model, said: str) -> None:
    with serving(**behaviour) as fake:
        with pytest.raises(ValueError, match=said.replace("+", r"\+")) as caught:
            probed(fake.url, model)
        assert fake.stats().get("replies", 0) <= 1
    assert "\n" not in str(caught.value)


def test_the_probe_says_that_no_server_answers() -> None:
    with pytest.raises(ValueError, match=r"no server answers at http://127\.0\.0\.1:9/v1"):
        probed("http://127.0.0.1:9/v1", Model("fake"))


def test_the_probe_finds_window_template_and_logprobs() -> None:
    with serving(window=4096, reasoning="tags") as fake:
        found = probed(fake.url, Model("", reasoner=True), Sampling(extra={"logprobs": True}))
    assert (found.model.name, found.window, found.metrics) == ("fake", 4096, True)
    assert len(found.model.template) == 16 and found.reported["server_version"] == "fake-1"


def test_a_key_in_the_environment_is_sent_and_never_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIMILL_API_KEY", "sk-very-secret")
    with serving(key="sk-very-secret") as fake:
        assert probed(fake.url, Model("fake")).model.name == "fake"
        monkeypatch.setenv("VERIMILL_API_KEY", "sk-wrong-but-secret")
        with pytest.raises(ValueError) as caught:
            probed(fake.url, Model("fake"))
        assert "secret" not in str(caught.value)
        with pytest.raises(ValueError, match="refuses the API key"):
            asked(tmp_path, fake.url, Questions(3))


# --- judges -----------------------------------------------------------------------------------------------------


def test_a_judge_that_dies_or_hangs_is_our_bug_and_costs_no_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    from verimill.pipelines.rows import generate

    problem = generate("arithmetic_chain", 1, 0, 0)

    async def run() -> list[Judged]:
        judges = Judges(1, limit_s=1.5)
        try:
            futures = [judges.judge(problem.verification, f"Answer: {problem.answer}") for _ in range(5)]
            futures.append(judges.judge("{broken", "Answer: 1"))
            first = await asyncio.gather(*futures)
            judges._workers[0].process.kill()
            await asyncio.sleep(0.05)
            return [*first, await judges.judge(problem.verification, "Answer: no")]
        finally:
            await judges.close()

    began = time.monotonic()
    found = [one.outcome for one in asyncio.run(run())]
    assert found == ["right"] * 5 + ["bug", "unreadable"]
    assert time.monotonic() - began < 30
