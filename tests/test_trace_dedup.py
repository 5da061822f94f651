"""Copies among traces and rows of benchmarks are found, and what is only alike is left."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from verimill.pipelines.benchmark_index import build, exact_of, grams_of, is_index, key_of, read, save
from verimill.pipelines.decontamination import check, decontaminate
from verimill.pipelines.oracle import oracle_trace
from verimill.pipelines.rows import generate
from verimill.pipelines.shards import append, read_rows, write_shard
from verimill.pipelines.shingles import runs, words
from verimill.pipelines.trace_dedup import (
    SIZE,
    copies_across,
    copies_in,
    count_copies,
    first_of_each,
    likeness,
    sketches,
)

VOCABULARY = [f"w{n}" for n in range(5000)]


def text(rng: random.Random, count: int = 150) -> str:
    return " ".join(rng.choices(VOCABULARY, k=count))


def edited(rng: random.Random, source: str, edits: int) -> str:
    parts = source.split()
    for at in rng.sample(range(len(parts)), edits):
        parts[at] = "changed"
    return " ".join(parts)


def shared(a: str, b: str) -> float:
    """The true share of common runs of five words."""
    sets = [{tuple(t.split()[i : i + 5]) for i in range(len(t.split()) - 4)} for t in (a, b)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_words_and_runs_are_those_of_plain_python() -> None:
    rng = random.Random(1)
    texts = ["", "...", "One", "one,TWO two; één r3c4=7", *(text(rng, n) for n in (3, 5, 6, 40))]
    hashes, begins = words(texts)
    plain = [["one"][:0], [], ["one"], ["one", "two", "two", "één", "r3c4", "7"], *(t.split() for t in texts[4:])]
    assert np.diff(begins).tolist() == [len(p) for p in plain]
    known: dict[str, int] = {}
    for got, want in zip(hashes.tolist(), [word for p in plain for word in p], strict=True):
        assert known.setdefault(want, got) == got
    assert len(set(known.values())) == len(known)
    found, starts = runs(hashes, begins, 5)
    assert np.diff(starts).tolist() == [max(0, len(p) - 4) for p in plain]
    again, _ = runs(*words(["x y " + texts[7]]), 5)
    assert found[starts[7] :].tolist() == again[2:].tolist()


def test_hashes_are_the_same_on_every_machine() -> None:
    assert words(["r3c4=7"])[0].tolist() == list(PINNED_WORDS)


PINNED_WORDS = (9791231508218227379, 6408577403062300676)


def test_likeness_estimates_the_share_of_common_runs() -> None:
    rng = random.Random(2)
    off = []
    for edits in (0, 1, 2, 4, 8, 16) * 10:
        first = text(rng)
        second = edited(rng, first, edits)
        signatures = sketches([first, second]).signatures
        off.append(float(likeness(signatures[0], signatures[1])) - shared(first, second))
    assert abs(np.mean(off)) < 0.02 and np.std(off) < 1.2 * np.sqrt(0.25 / SIZE)


def test_within_a_problem_the_first_of_its_copies_stays() -> None:
    rng = random.Random(3)
    first, other = text(rng), text(rng)
    texts = [first, other, first.replace(" ", "\n"), edited(rng, first, 1), edited(rng, other, 40), "no", "no", "yes"]
    assert first_of_each(texts) == [-1, -1, 0, 0, -1, -1, 5, -1]
    assert first_of_each([]) == [] and first_of_each(["x"]) == [-1]


def test_problems_are_kept_apart_and_counted_across() -> None:
    rng = random.Random(4)
    boiler, lone = text(rng), [text(rng) for _ in range(50)]
    ids = ["p", "p", "q", "r", *(f"s{n}" for n in range(50))]
    texts = [boiler, edited(rng, boiler, 1), boiler, edited(rng, boiler, 1), *lone]
    found = count_copies(iter([(ids[:3], texts[:3]), (ids[3:], texts[3:])]))
    assert (found.traces, found.exact, found.near) == (54, 0, 1)
    assert (found.exact_across, found.near_across) == (1, 2)
    assert copies_across(sketches(lone), np.arange(50)) == (0, 0)


def test_planted_copies_are_found_and_nothing_else() -> None:
    def batches() -> Iterator[tuple[list[str], list[str]]]:
        rng = random.Random(5)
        for problem in range(150):
            lone = [text(rng) for _ in range(5)]
            yield [str(problem)] * 7, [*lone, lone[0], edited(rng, lone[1], 2)]

    found = count_copies(batches())
    assert (found.traces, found.exact) == (1050, 150) and 140 <= found.near <= 150
    assert (found.exact_across, found.near_across) == (0, 0)


# --- benchmarks -------------------------------------------------------------------------------------------------


ROUTES = "w4-edges"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sudokus and routes; enough of each that their instructions are template text."""
    out = tmp_path_factory.mktemp("decon")
    problems = [generate("sudoku", 2, "decon", n) for n in range(40)]
    problems += [generate("shortest_path", 2, "decon", n, style=ROUTES) for n in range(40)]
    problems += [generate("deduction", 5, "decon", n) for n in range(40)]
    append(out, write_shard(out, "problems/a.parquet", "problems", [p.row("train") for p in problems]))
    traces = [trace.row() for p in problems[:10] if (trace := oracle_trace(p)) is not None]
    append(out, write_shard(out, "traces/a.parquet", "traces", traces))
    return out


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def relabelled(givens: str) -> str:
    """The same sudoku with its digits renamed, turned about its diagonal."""
    turned = "".join(givens[c * 9 + r] for r in range(9) for c in range(9))
    return turned.translate(str.maketrans("123456789.", "2345678910"))


def test_a_relabelled_sudoku_of_a_foreign_benchmark_is_found(made: Path, tmp_path: Path) -> None:
    mine = [p for n in range(40) if (p := generate("sudoku", 2, "decon", n)).instance.variant == "classic"]
    mine = [p for p in mine if p.instance.size == 9] or [generate("sudoku", 5, "decon", 1)]
    extra = tmp_path / "set"
    append(extra, write_shard(extra, "problems/a.parquet", "problems", [p.row("train") for p in mine[:3]]))
    rows: list[dict[str, object]] = [{"puzzle": relabelled(mine[0].instance.givens)}, {"puzzle": "5" * 20 + "." * 61}]
    found = check(extra, build(written(tmp_path / "bench.jsonl", rows)))
    assert [(hit.problem_id, hit.item, hit.layer) for hit in found.hits] == [(mine[0].id, 0, "canonical")]


def test_our_own_problems_are_found_by_key_in_every_export_shape(made: Path, tmp_path: Path) -> None:
    p, q, fresh = (generate("shortest_path", 2, seed, 3, style=ROUTES) for seed in ("decon", "decon", "fresh"))
    rows: list[dict[str, object]] = [
        {"prompt": "reworded", "verification": p.verification},
        {"prompt": "reworded", "reward_model": {"style": "rule", "ground_truth": q.verification}},
        {"prompt": fresh.messages, "verification": fresh.verification},
    ]
    found = check(made, build(written(tmp_path / "bench.jsonl", rows)))
    assert [(hit.problem_id, hit.item, hit.layer) for hit in found.hits] == [
        (p.id, 0, "canonical"),
        (p.id, 1, "canonical"),
    ]


def test_long_runs_find_text_and_instructions_do_not_count(made: Path, tmp_path: Path) -> None:
    mine = generate("deduction", 5, "decon", 5)
    rng = random.Random(6)
    rows: list[dict[str, object]] = [
        {"question": mine.prompt.upper() + "\n"},
        {"question": "Consider this with some care.\n" + mine.prompt + "\nThink first, then answer."},
        {"question": text(rng, 60)},
        {"question": "short"},
    ]
    rows += [{"question": generate("deduction", 5, "elsewhere", n, style=mine.style).prompt} for n in range(20)]
    rows += [{"question": generate("shortest_path", 2, "far", n, style=ROUTES).prompt} for n in range(20)]
    found = check(made, build(written(tmp_path / "bench.jsonl", rows)))
    assert [(hit.problem_id, hit.item, hit.layer) for hit in found.hits] == [
        (mine.id, 0, "exact"),
        (mine.id, 1, "gram"),
    ]
    assert found.short == 1 and found.masked >= 10
    assert "items have no run of words to compare by" in str(found)


def test_of_a_dataset_its_problems_are_the_benchmark(made: Path) -> None:
    index, rows = build(made, "mine"), list(read_rows(made, "problems"))
    assert index.items == len(rows) and len(index.layers["canonical"][0]) == len(rows)
    assert len(check(made, index).hits) >= len(rows)


def test_the_index_keeps_no_text_and_gives_the_same_answer(made: Path, tmp_path: Path) -> None:
    mine = generate("sudoku", 2, "decon", 7)
    source = written(tmp_path / "bench.jsonl", [{"prompt": mine.prompt, "verification": mine.verification}])
    index = build(source, "tiny")
    save(index, source, tmp_path / "tiny.index")
    assert is_index(tmp_path / "tiny.index") and not is_index(source)
    again = read(tmp_path / "tiny.index")
    assert check(made, again).hits == check(made, index).hits != []
    raw = (tmp_path / "tiny.index").read_bytes()
    assert not any(word.encode() in raw for word in mine.prompt.split() if len(word) > 6)
    found = decontaminate(made, [tmp_path / "tiny.index", tmp_path / "gone.parquet"])
    assert found[0].hits and str(found[1]) == f"gone: not checked ({tmp_path / 'gone.parquet'} is not there)"


def test_a_file_that_is_no_benchmark_is_one_sentence(tmp_path: Path) -> None:
    for name, raw, expected in (
        ("a.jsonl", b"{\n", "line 1 must be a JSON object"),
        ("b.jsonl", b'{"x": 1}\n', "has no text in prompt or"),
        ("c.jsonl", b"", "holds no items"),
        ("d.jsonl", b"\xff\xfe\n", "UTF-8"),
        ("e.parquet", b"nothing", "cannot read"),
    ):
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(ValueError, match=expected):
            build(tmp_path / name)


def test_hashes_of_texts_ignore_case_spaces_and_marks() -> None:
    assert len(set(exact_of(["A b, c", "a  B C", "a b d", ""]).tolist())) == 3
    assert grams_of(["a b c d " * 20])[0].size == 0
    assert key_of("sudoku", "x") != key_of("binairo", "x")


def test_copies_in_a_dataset_are_counted(made: Path) -> None:
    assert copies_in(made).traces == 10 and copies_in(made).exact == 0
