"""The parts of asking a teacher that need no server: keys, faults, replies, budgets, the log, back-pressure."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from verimill.data_cards.posterior import below, wilson
from verimill.pipelines.teachers.accounting import Account, Cell, cost_rows
from verimill.pipelines.teachers.budgets import Budget, Tally
from verimill.pipelines.teachers.faults import BELOW, CLASSES, STATUSES, Fault, class_of, pause
from verimill.pipelines.teachers.log import Index, SampleLog, opened, sample_record, sealed, verdict_record
from verimill.pipelines.teachers.pressure import Pressure
from verimill.pipelines.teachers.questions import Spool
from verimill.pipelines.teachers.replies import read_reply, split_tags
from verimill.pipelines.teachers.samples import Keys, Model, Question, Reply, Sampling
from verimill.pipelines.teachers.transport import Load, api_key, base_of, read_load


def question(name: str = "p", level: int = 3, expected: float = 1.0) -> Question:
    return Question(name, "family", level, (("user", f"Solve {name}."),), "{}", expected)


# --- keys -------------------------------------------------------------------------------------------------------


def test_a_key_holds_what_shapes_the_answer_and_nothing_else() -> None:
    model, sampling = Model("m", "r1", "t1"), Sampling(temperature=0.7)
    key = Keys(model, sampling).sample(question(), 0).key
    other = [
        Keys(replace(model, revision="r2"), sampling).sample(question(), 0),
        Keys(replace(model, template="t2"), sampling).sample(question(), 0),
        Keys(model, replace(sampling, temperature=0.8)).sample(question(), 0),
        Keys(model, replace(sampling, extra={"top_k": 5})).sample(question(), 0),
        Keys(model, sampling, run_seed=1).sample(question(), 0),
        Keys(model, sampling).sample(question(), 1),
        Keys(model, sampling).sample(replace(question(), messages=(("system", "s"), ("user", "Solve p."))), 0),
    ]
    assert len({key, *(sample.key for sample in other)}) == 8
    assert Keys(model, replace(sampling, max_tokens=9)).sample(question(), 0).key == key
    assert Keys(replace(model, reasoner=True), sampling).sample(question(), 0).key == key


def test_every_sample_of_a_problem_has_its_own_seed() -> None:
    keys = Keys(Model("m"), Sampling())
    seeds = {keys.sample(question(p), n).seed for p in "abcd" for n in range(250)}
    assert len(seeds) > 995 and all(0 <= seed < 2**31 for seed in seeds)


@pytest.mark.parametrize("bad", [{"temperature": -1}, {"top_p": 0}, {"max_tokens": 0}, {"extra": {"seed": 1}}])
def test_sampling_out_of_range_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        Sampling(**bad)  # type: ignore[arg-type]


def test_a_key_in_a_url_is_refused_and_one_in_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert base_of("http://localhost:8000/") == "http://localhost:8000/v1"
    for url in ("http://user:secret@host/v1", "http://host/v1?api_key=secret", "localhost:8000", "http://h:x/v1"):
        with pytest.raises(ValueError, match="base URL") as caught:
            base_of(url)
        assert "secret" not in str(caught.value)
    monkeypatch.setenv("SOME_KEY", "abc")
    assert api_key("SOME_KEY") == "abc"


# --- faults and replies -----------------------------------------------------------------------------------------


def test_every_fault_has_a_class() -> None:
    assert set(STATUSES.values()) | set(BELOW.values()) <= set(CLASSES)
    assert {class_of(s) for s in (400, 413, 418)} == {"terminal"}
    assert {class_of(s) for s in (408, 429, 500, 502, 503, 504, 599)} == {"transient"}
    assert class_of("refused") == "down"


def test_pauses_grow_with_jitter_and_honour_what_the_server_asks() -> None:
    assert pause(1, 1.0) == 0.25 and pause(4, 1.0) == 2.0 and pause(40, 1.0) == 30.0 and pause(4, 0.0) == 0.0
    assert pause(1, 0.5, after=7.0) == pytest.approx(7.125)


def body(message: dict[str, object], finish: str = "stop", **usage: int) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": finish}], "usage": usage}).encode()


@pytest.mark.parametrize(
    ("message", "source"),
    [
        ({"content": "a", "reasoning": "r", "reasoning_content": "old"}, "reasoning"),
        ({"content": "a", "reasoning_content": "r"}, "reasoning_content"),
        ({"content": "<think>r</think>\na"}, "tags"),
        ({"content": "r</think>a"}, "tags"),
    ],
)
def test_reasoning_is_found_wherever_the_server_puts_it(message: dict[str, object], source: str) -> None:
    reply = read_reply(body(message, prompt_tokens=3, completion_tokens=8))
    assert (reply.reasoning, reply.text, reply.source) == ("r", "a", source)
    assert reply.reasoning_tokens == 4


def test_a_reply_cut_off_while_thinking_has_no_answer() -> None:
    assert split_tags("<think>so far") == ("so far", "", "tags")
    cut = read_reply(body({"content": None, "reasoning": "so far"}, "length"))
    assert cut.truncated and cut.text == "" and cut.reasoning == "so far"
    assert read_reply(body({"content": "so far"}, "length"), reasoner=True).text == ""


@pytest.mark.parametrize(
    "junk", [b"", b"{}", b"<html>", b'{"choices": []}', b'{"choices": [{"message": {"content": 3}}]}']
)
def test_a_broken_body_is_a_passing_fault(junk: bytes) -> None:
    with pytest.raises(Fault) as caught:
        read_reply(junk)
    assert caught.value.kind == "transient"


def test_truncated_samples_are_asked_again_only_with_more_room() -> None:
    assert Reply(finish="stop", allowed=100).holds(10_000) and Reply(finish="stop", allowed=100).holds(10)
    cut = Reply(finish="length", allowed=100)
    assert cut.holds(100) and cut.holds(50) and not cut.holds(101)
    assert Reply(fault="terminal").holds(10_000) and not Reply(fault="transient").holds(1)


# --- budgets ----------------------------------------------------------------------------------------------------


def play(budget: Budget, rate: float, seed: int = 1, level: int = 3) -> tuple[Tally, str]:
    """A problem with this pass rate, asked until the budget stops it."""
    draw, tally = random.Random(seed).random, Tally("f", level)
    for _ in range(1000):
        decision = budget.decide(tally)
        if decision.stop:
            return tally, decision.stop
        budget.asked(tally, decision.more)
        assert tally.flying
        budget.landed(tally, "right" if draw() < rate else "wrong")
    raise AssertionError("never stops")


def test_the_posterior_agrees_with_known_values() -> None:
    assert below(0.3, 1, 1) == pytest.approx(0.3)
    assert below(0.5, 30, 30) == pytest.approx(0.5)
    assert below(0.2, 2, 5) == pytest.approx(0.34464)  # P(at least 2 of 6 at 0.2)
    assert below(0.9, 3.5, 1.2) == pytest.approx(0.76851, abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-3)


def test_fixed_asks_k_and_no_more() -> None:
    tally, stop = play(Budget("fixed", k=4), 0.5)
    assert (tally.tried, stop) == (4, "asked")


def test_uniform_stops_at_k_right_at_the_cap_or_without_hope() -> None:
    tally, stop = play(Budget("uniform", k=4), 0.5)
    assert (tally.right, stop) == (4, "enough")
    tally, stop = play(Budget("uniform", k=2, cap=10), 0.0)
    assert (tally.tried, stop) == (10, "cap")
    tally, stop = play(Budget("uniform", k=2, cap=500), 0.0)
    assert stop == "hopeless" and tally.tried < 80


def test_difficulty_wants_more_right_traces_of_harder_problems() -> None:
    rights = [sum(play(Budget("difficulty", k=10, cap=400), r, s)[0].right for s in range(20)) for r in (0.9, 0.5, 0.2)]
    assert rights[0] < rights[1] < rights[2]


def test_band_stops_as_soon_as_it_is_sure() -> None:
    budget = Budget("band", k=64, band=(0.2, 0.8))
    assert [play(budget, r)[1] for r in (0.0, 1.0, 0.5)] == ["too hard", "too easy", "in the band"]
    assert play(budget, 0.0)[0].tried < play(budget, 0.5)[0].tried + 12


def test_exactly_fills_each_group_or_says_what_is_missing() -> None:
    budget = Budget("exactly", k=4, wanted=5)
    for at in range(30):
        if budget.opens("f", 3):
            play(budget, 0.7, seed=at)
    assert budget.group("f", 3).right == 5 and budget.shortfalls() == []
    play(budget, 0.0, level=9)
    assert budget.shortfalls() == ["f level 9: 0 of 5 right traces, 4 samples judged"]


def test_a_refused_prompt_is_not_asked_again() -> None:
    tally = Tally("f", 1, failed=1, refused=True)
    assert Budget("uniform", k=4).decide(tally).stop == "refused"


@pytest.mark.parametrize("bad", [{"name": "x"}, {"k": 0}, {"name": "uniform", "k": 4, "cap": 2}, {"band": (0.8, 0.2)},
                                 {"name": "exactly"}, {"wanted": 3}])  # fmt: skip
def test_a_budget_out_of_range_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must|wants"):
        Budget(**bad)  # type: ignore[arg-type]


# --- the log ----------------------------------------------------------------------------------------------------


def logged(folder: Path, *rows: tuple[str, int, Reply]) -> list[str]:
    keys = Keys(Model("m"), Sampling())
    found = []
    with SampleLog(folder) as log:
        for name, number, reply in rows:
            sample = keys.sample(question(name), number)
            log.append(sample_record(sample, reply, "m"))
            log.append(verdict_record(sample.key, "right", "", "7", "v"))
            found.append(sample.key)
    return found


def test_a_line_is_trusted_only_with_its_checksum() -> None:
    line = sealed({"text": 'a "crc" of\n\u2028\ud800'})
    assert json.loads(line)["text"].startswith("a") if b"\xed" not in line else opened(line) is not None
    assert opened(line.replace(b"of", b"if")) is None and opened(line[:-5]) is None and opened(b"junk\n") is None


@pytest.mark.parametrize("cut", [1, 9, 40, 200])
def test_a_torn_tail_is_cut_and_nothing_else(tmp_path: Path, cut: int) -> None:
    logged(tmp_path, ("a", 0, Reply("x")), ("b", 0, Reply("y")))
    path = tmp_path / "samples" / "000.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with SampleLog(tmp_path) as log:
        assert log.cut > 0
    kept = path.read_bytes()
    assert whole.startswith(kept) and kept.endswith(b"\n") and len(whole) - len(kept) < cut + 400
    logged(tmp_path, ("c", 0, Reply("z")))
    assert [r["text"] for r, _ in Index(tmp_path).of("c")] == ["z"] and Index(tmp_path).damaged == 0


def test_a_damaged_line_costs_one_sample(tmp_path: Path) -> None:
    logged(tmp_path, ("a", 0, Reply("x")), ("b", 0, Reply("y")))
    path = tmp_path / "samples" / "000.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"text":"x"', b'"text":"z"'))
    index = Index(tmp_path)
    assert index.damaged == 1 and list(index.of("a")) == [] and len(list(index.of("b"))) == 1


def test_the_union_of_runs_keeps_the_best_record_of_a_key(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    logged(one, ("a", 0, Reply("cut", finish="length", allowed=10)), ("b", 0, Reply(fault="transient")))
    logged(two, ("a", 0, Reply("cut later", finish="length", allowed=20)), ("a", 1, Reply("x")), ("b", 0, Reply("y")))
    (two / "samples" / "000.jsonl").rename(one / "samples" / "other.jsonl")
    index = Index(one)
    assert sorted((r["number"], r["text"]) for r, _ in index.of("a")) == [(0, "cut later"), (1, "x")]
    assert [(r["text"], v and v["outcome"]) for r, v in index.of("b")] == [("y", "right")]


def test_a_second_run_beside_the_first_writes_a_file_of_its_own(tmp_path: Path) -> None:
    with SampleLog(tmp_path) as first, SampleLog(tmp_path) as second:
        assert first.path != second.path


# --- back-pressure, order, costs --------------------------------------------------------------------------------


def test_the_limit_climbs_until_a_queue_forms_and_is_cut_by_refusals() -> None:
    pressure, slots, now = Pressure(limit=16), 256, 0.0
    for _ in range(60):
        now += 1
        pressure.told(Load(min(slots, pressure.room), max(0, pressure.room - slots)), pressure.room, now)
    assert slots <= pressure.room <= slots * 1.35
    before = pressure.room
    pressure.refused(now)
    pressure.refused(now + 0.1)
    assert pressure.room == int(before * 0.75)


def test_preemptions_cut_the_limit_and_an_idle_client_does_not_raise_it() -> None:
    pressure = Pressure(limit=100)
    pressure.told(Load(5, 0), 5, 1.0)
    assert pressure.room == 100
    pressure.told(Load(90, 0, preemptions=3), 100, 5.0)
    assert pressure.room == 75


def test_metrics_are_summed_over_engines() -> None:
    page = (
        b"# HELP x\n"
        b'vllm:num_requests_running{engine="0"} 3.0\nvllm:num_requests_running{engine="1"} 4.0\n'
        b'vllm:num_requests_waiting{engine="0"} 1.0\nvllm:num_requests_waiting_by_reason{engine="0"} 9.0\n'
    )
    assert read_load(page) == Load(7.0, 1.0) and read_load(b"up 1\n") is None


def test_lengths_that_are_seen_change_the_order_and_no_key() -> None:
    made = [Question(f"{family}{n}", family, 1, (("user", f"{family}{n}"),), "{}", 100.0 + n)
            for family in ("sudoku", "zebra") for n in range(6)]  # fmt: skip
    spool = Spool(iter(made))
    for _ in range(3):
        spool.learnt.saw(("sudoku", 1), 100.0, 50)
        spool.learnt.saw(("zebra", 1), 100.0, 400)
    order = []
    while (question := spool.next(lambda family, level: True)) is not None:
        order.append(question.problem)
        assert question in made
    assert order == [f"{family}{n}" for family in ("zebra", "sudoku") for n in reversed(range(6))]
    spool.learnt.opened("kenken")
    between = spool.learnt.factor(("kenken", 1))
    assert spool.learnt.factor(("sudoku", 1)) <= spool.learnt.factor(("sudoku", 2)) < between
    assert between < spool.learnt.factor(("zebra", 2)) <= spool.learnt.factor(("zebra", 1))
    spool.close()
    spool = Spool(iter(replace(q, expected=q.expected / (2 if q.family == "zebra" else 1)) for q in made))
    first = [found.family for _ in range(3) if (found := spool.next(lambda family, level: True)) is not None]
    assert first == ["sudoku", "zebra", "sudoku"]  # one of each family first
    spool.close()


def test_the_longest_expected_come_first() -> None:
    spool = Spool(question(str(n), level=n % 2, expected=float(n * 7 % 10)) for n in range(10))
    order = []
    while (found := spool.next(lambda family, level: True)) is not None:
        order.append(found.expected)
    assert order == sorted(order, reverse=True) and len(order) == 10
    assert [q.problem for q in spool] == [str(n) for n in range(10)]
    spool.close()


def test_costs_are_counted_by_family_and_level() -> None:
    account = Account()
    for outcome in ("right", "wrong", "right", "truncated"):
        account.sample(question(), Reply("x", prompt_tokens=10, completion_tokens=100, reasoning_tokens=80))
        account.outcome(question(), outcome)
    account.outcome(question(), "failed")
    (row,) = cost_rows(account.cells)
    assert (row["samples"], row["pass_rate"], row["tokens_per_right"]) == (5, 0.5, 200.0)
    assert (row["samples_per_right"], row["answer_tokens"], row["reasoning_tokens"]) == (2.5, 80, 320)


def test_problems_of_single_knobs_have_no_level_in_the_table_of_costs() -> None:
    cells = {("zebra", 0): Cell(Counter(right=1)), ("zebra", 3): Cell(Counter(wrong=2))}
    assert [(row["family"], row["level"]) for row in cost_rows(cells)] == [("zebra", None), ("zebra", 3), ("all", None)]
