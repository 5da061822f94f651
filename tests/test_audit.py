"""Audits: an honest folder holds, and a cell changed in any column is found, with its row and column."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.audit import Audit, reproduce, size, verify
from verimill.pipelines.joined import joined
from verimill.pipelines.manifest import sha256_of
from verimill.pipelines.rows import generate, oracle_trace, unanswerable_twin
from verimill.pipelines.shards import MANIFEST, Entry, ShardError, append, read_manifest, read_rows, write_shard
from verimill.schemas.rows import compact, names

Row = dict[str, Any]
Tables = dict[str, list[Row]]


def _tables() -> Tables:
    """Nine problems of three families, a twin among them, and both traces of each."""
    problems = [generate("shortest_path", 2, seed=5, index=i, recount=i == 0) for i in range(3)]
    problems += [generate("knights_knaves", 2, seed=5, index=i) for i in range(3)]
    problems += [generate("arithmetic_chain", 3, seed=5, index=i) for i in range(2)]
    twin = unanswerable_twin(problems[3]) or unanswerable_twin(problems[4])
    assert twin is not None
    problems.append(twin)
    traces = [trace.row() for p in problems for v in ("full", "brief") if (trace := oracle_trace(p, v))]  # type: ignore[arg-type]
    return {"problems": [problem.row() for problem in problems], "traces": traces}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return _tables()


def written(folder: Path, tables: Tables) -> Path:
    """The folder holds the tables, with a manifest that is right about the files."""
    (folder / MANIFEST).unlink(missing_ok=True)
    entries = []
    for table, rows in tables.items():
        for split in ("train", "test"):
            mine = [row for row in rows if row.get("split", "train") == split]
            if mine:
                note = {"split": split} if table == "problems" else {}
                entries.append(write_shard(folder, f"{table}/{split}-0.parquet", table, mine, note))
    append(folder, *entries)
    return folder


def changed(tables: Tables, table: str, at: int, column: str, value: Any) -> Tables:
    rows = [dict(row) for row in tables[table]]
    rows[at][column] = value
    return {**tables, table: rows}


def test_an_honest_folder_holds(tmp_path: Path, tables: Tables) -> None:
    written(tmp_path, tables)
    ticks: list[int] = []
    found = verify(tmp_path, recount=1.0, progress=ticks.append)
    assert found.ok, found
    assert found.problems == 9 and found.traces == len(tables["traces"]) >= 16 and found.recounts == 9
    assert sum(ticks) == size(tmp_path) and "all hold" in str(found)
    again = reproduce(tmp_path)
    assert again.ok and again.problems == 9, again


def garbage(value: Any) -> Iterator[Any]:
    """Other values of the column's type."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield "nonsense"
        yield value + " "
        yield compact({"a": 1})
        if value.startswith("{"):
            data = json.loads(value)
            yield compact(data | {"surprise": 1})
            yield json.dumps(data)
    elif isinstance(value, list):
        yield [{**value[0], "content": value[0]["content"] + " Hint: none."}]
        yield [{**value[0], "role": "system"}]
        yield value + value
    elif value is None:
        yield 1


# Where a changed cell is first seen in another column: the key is what these are compared with, and so on.
SEEN_IN = {
    "key": {"key", "id", "family", "level", "params"},
    "style": {"id"},
    "family": {"family", "key"},
    "split": {"split", "canonical"},
    "verification": {"verification", "answer", "prompt", "canonical"},
    "problem_id": {"problem_id", "id"},
    "teacher": {"id"},
    "sample": {"id", "sample"},
    "prompt_variant": {"id"},
    "response": {"response", "outcome", "answer_read"},
    "provenance": {"provenance", "sample", "reasoning", "steps_checked"},
}


@pytest.mark.parametrize("column", names("problems"))
def test_a_changed_cell_of_problems_is_found_and_named(tmp_path: Path, tables: Tables, column: str) -> None:
    _find_changes(tmp_path, tables, "problems", column, (1, 4, 8))


@pytest.mark.parametrize("column", names("traces"))
def test_a_changed_cell_of_traces_is_found_and_named(tmp_path: Path, tables: Tables, column: str) -> None:
    _find_changes(tmp_path, tables, "traces", column, (2, len(tables["traces"]) - 1))


def alike(rows: list[dict[str, Any]], certificate: str) -> set[str]:
    """The certificates that differ from this one at most in the recount."""
    proved = {row["certificate"]: json.loads(row["certificate"]) | {"recount": None} for row in rows}
    return {text for text, data in proved.items() if data == proved[certificate]}


def _find_changes(folder: Path, tables: Tables, table: str, column: str, places: tuple[int, ...]) -> None:
    rows = tables[table]
    for at in places:
        honest = rows[at][column]
        others = [*garbage(honest), *(row[column] for row in (rows[at - 1], rows[at - 2]))]
        if column == "certificate":  # two problems may be proved alike, and their recounts are not done again here
            others = [value for value in others if value not in alike(rows, honest)]
        for value in others:
            if value == honest or (column == "split" and value not in ("train", "test")):
                continue
            if column in ("verimill_version", "verifier_version") and value.strip() != value:
                continue
            found = verify(written(folder, changed(tables, table, at, column, value)), recount=0)
            assert not found.ok and found.mismatch is not None, (at, value)
            assert found.mismatch.column in SEEN_IN.get(column, {column}), (at, value, str(found))
            if column != "id":
                assert found.mismatch.row == rows[at]["id"], (at, value, str(found))
            assert table in found.file and "\n" not in str(found)


def test_a_copy_in_another_split_is_found(tmp_path: Path, tables: Tables) -> None:
    """The same problem in another wording is the same problem."""
    row = tables["problems"][0]
    style = "w1-edges" if row["style"] != "w1-edges" else "w2-edges"
    copy = generate("shortest_path", 2, seed=5, index=0, style=style).row("test")
    found = verify(written(tmp_path, {**tables, "problems": [*tables["problems"], copy]}))
    assert found.mismatch is not None and found.mismatch.column == "canonical" and found.mismatch.row == copy["id"]
    assert "in split train, here in split test" in str(found)


def test_a_row_twice_is_found(tmp_path: Path, tables: Tables) -> None:
    for table in ("problems", "traces"):
        found = verify(written(tmp_path, {**tables, table: [*tables[table], tables[table][2]]}))
        assert found.mismatch is not None and found.mismatch.column == "id", found


def test_a_trace_of_a_problem_that_is_not_there_is_found(tmp_path: Path, tables: Tables) -> None:
    found = verify(written(tmp_path, {**tables, "problems": tables["problems"][1:]}))
    assert found.mismatch is not None and found.mismatch.column == "problem_id"


def test_an_altered_file_is_found_and_so_is_the_row(tmp_path: Path, tables: Tables) -> None:
    """The manifest says that the file was altered; a look inside says where, in a sample too."""
    path = written(tmp_path, tables) / "traces" / "train-0.parquet"
    honest = path.read_bytes()
    rows = changed(tables, "traces", 5, "answer_read", "1 -> 2")["traces"]
    write_shard(tmp_path, "traces/train-0.parquet", "traces", rows)
    for sample in (None, 1):
        found = verify(tmp_path, sample=sample)
        assert found.mismatch is not None and found.altered, found
        assert (found.mismatch.row, found.mismatch.column) == (rows[5]["id"], "answer_read"), found
        assert "has not the manifest's sha256" in str(found) and "traces/train-0.parquet" in str(found)
    path.write_bytes(honest[:-200])
    found = verify(tmp_path)
    assert found.problems == 9 and found.traces == 0 and found.altered
    assert "was altered or cut short: wanted sha256" in str(found) and str(path) in str(found)
    write_shard(tmp_path, "traces/train-0.parquet", "traces", [*tables["traces"][:-1]])
    assert "was altered or cut short" in str(verify(tmp_path))
    path.unlink()
    assert f"{path} is missing: the manifest wants sha256" in str(verify(tmp_path))


def test_another_format_of_datasets_is_one_sentence(tmp_path: Path, tables: Tables) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    manifest = written(tmp_path, tables) / MANIFEST
    text = manifest.read_text()
    manifest.write_text(text.replace('"format":1', '"format":2', 1))
    with pytest.raises(ShardError, match=r"line 1 is of dataset format 2, this verimill reads format 1: use the"):
        verify(tmp_path)
    manifest.write_text(text.replace('"format":1,', ""))  # as the first datasets were written
    assert verify(tmp_path, sample=1).ok

    key = tables["problems"][0]["key"]
    found = verify(written(tmp_path, changed(tables, "problems", 0, "key", key.replace("@2:", "@3:"))))
    assert "got this verimill has shortest_path version 2, the key wants 3" in str(found)

    written(tmp_path, tables)
    table = pq.read_table(tmp_path / "traces" / "train-0.parquet")
    column = table.column_names.index("response")
    messages = pa.array([[{"role": "assistant", "content": text}] for text in table["response"].to_pylist()])
    pq.write_table(table.set_column(column, "response", messages), tmp_path / "traces" / "train-0.parquet")
    line = json.loads(text.splitlines()[-1])
    entry = Entry(line["name"], "traces", line["rows"], 0, sha256_of(tmp_path / line["name"]))
    append(tmp_path, entry)
    assert "column response must be string, got list<" in str(verify(tmp_path))


def test_rows_that_are_missing_from_a_file_are_found(tmp_path: Path, tables: Tables) -> None:
    written(tmp_path, tables)
    entries = read_manifest(tmp_path)
    (tmp_path / MANIFEST).unlink()
    first = entries[0]
    append(tmp_path, Entry(first.name, first.table, first.rows + 1, first.bytes, first.sha256), *entries[1:])
    found = verify(tmp_path)
    assert found.mismatch is not None and (found.mismatch.wanted, found.mismatch.got) == ("10 rows", "9")


def test_a_step_that_does_not_follow_is_found(tmp_path: Path, tables: Tables) -> None:
    told = json.loads(tables["traces"][0]["provenance"])
    for steps in (told["steps"][1:], told["steps"][:-1], told["steps"][::-1], []):
        text = compact({**told, "steps": steps})
        found = verify(written(tmp_path, changed(tables, "traces", 0, "provenance", text)))
        assert found.mismatch is not None and found.mismatch.row == tables["traces"][0]["id"], steps
        assert found.mismatch.column in ("provenance", "certificate"), found


def test_a_consistent_forgery_of_the_key_is_left_to_reproduce(tmp_path: Path, tables: Tables) -> None:
    """A row with the key and id of another one re-verifies: only making it again shows the lie."""
    other = generate("shortest_path", 2, seed=5, index=77)
    forged = {**tables["problems"][1], "key": other.key, "style": tables["problems"][1]["style"]}
    remade = generate("shortest_path", 2, seed=5, index=77, style=forged["style"])
    forged["id"] = remade.id
    written(tmp_path, {"problems": [forged]})
    assert verify(tmp_path).ok
    found = reproduce(tmp_path)
    assert found.mismatch is not None and found.mismatch.row == remade.id
    assert found.mismatch.column in ("prompt", "answer", "verification", "hardness"), found


def test_reproduce_finds_a_changed_cell(tmp_path: Path, tables: Tables) -> None:
    for table, column, value in (
        ("problems", "answer", "nonsense"),
        ("problems", "certificate", "{}"),
        ("traces", "reasoning", "1. Trust me."),
        ("traces", "response", "Answer: 42"),
    ):
        found = reproduce(written(tmp_path, changed(tables, table, 2, column, value)))
        assert found.mismatch is not None and found.mismatch.column == column, found
        assert found.mismatch.row == tables[table][2]["id"]


def test_a_sample_is_of_the_size_asked_for(tmp_path: Path, tables: Tables) -> None:
    written(tmp_path, tables)
    for sample in (1, 4, 100):
        found = verify(tmp_path, sample=sample)
        assert found.ok and found.problems == min(sample, 9)
        assert found.problems + found.traces + found.skipped == size(tmp_path)


def test_two_jobs_name_the_same_mismatch_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verimill.pipelines.audit.FEW", 0)
    monkeypatch.setattr("verimill.pipelines.audit.BATCH", 4)
    rows = [generate("arithmetic_chain", 3, seed=9, index=i).row() for i in range(30)]
    rows[13]["answer"], rows[22]["hardness"] = "1/7", "{}"
    written(tmp_path, {"problems": rows})
    one, two = verify(tmp_path), verify(tmp_path, jobs=2)
    assert str(one) == str(two) and one.mismatch is not None and one.mismatch.row == rows[13]["id"]


def test_the_first_mismatch_is_one_line_with_the_place_where_long_texts_part(tmp_path: Path, tables: Tables) -> None:
    row = next(read_rows(written(tmp_path, tables), columns=["prompt"]))
    text = row["prompt"][0]["content"]
    cut = text[:300] + "X" + text[301:]
    found = verify(written(tmp_path, changed(tables, "problems", 0, "prompt", [{"role": "user", "content": cut}])))
    assert isinstance(found, Audit) and "\n" not in str(found) and len(str(found)) < 500
    assert found.mismatch is not None and found.mismatch.got[23] == "X", found


def test_traces_in_any_order_find_their_problems(
    tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verimill.pipelines.audit.WINDOW", 2)
    for traces in (tables["traces"], tables["traces"][::-1], tables["traces"][::2] + tables["traces"][1::2]):
        found = verify(written(tmp_path, {**tables, "traces": traces}), recount=0)
        assert found.ok and found.traces == len(traces), found


def test_traces_without_their_problems_are_told_where_to_find_them(tmp_path: Path, tables: Tables) -> None:
    written(tmp_path, {"traces": tables["traces"]})
    for run in (verify, reproduce, lambda folder: list(joined(folder))):
        with pytest.raises(ShardError, match=r"no problems.*verimill select --problems FOLDER"):
            run(tmp_path)


def test_without_the_second_solver_a_share_is_left_out_and_counted_unless_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [generate("futoshiki", 4, seed=5, index=0, recount=True).row(), generate("shortest_path", 1).row()]
    written(tmp_path, {"problems": rows, "traces": []})
    monkeypatch.setattr("verimill.pipelines.audit.RECOUNT_SHARE", 1.0)
    found = verify(tmp_path)
    assert found.ok and (found.recounts, found.unrecounted) == (2, 0)
    monkeypatch.setitem(sys.modules, "ortools", None)
    found = verify(tmp_path)
    assert found.ok and (found.recounts, found.unrecounted) == (1, 1)
    with pytest.raises(ModuleNotFoundError, match=r"verimill\[recount\]"):
        verify(tmp_path, recount=1.0)
    with pytest.raises(ModuleNotFoundError, match=r"verimill\[recount\]"):
        reproduce(tmp_path)


def test_another_version_of_the_second_solver_is_no_mismatch_but_another_solver_is(tmp_path: Path) -> None:
    row = generate("futoshiki", 1, seed=5, index=0, recount=True).row()
    certificate = json.loads(row["certificate"])
    name, version = certificate["recount"]["method"].rsplit(" ", 1)
    assert version[0].isdigit()
    for method, holds in ((f"{name} {version}.99", True), (f"abacus {version}", False)):
        certificate["recount"]["method"] = method
        written(tmp_path, {"problems": [{**row, "certificate": compact(certificate)}], "traces": []})
        assert reproduce(tmp_path).ok is holds
        assert verify(tmp_path, recount=1.0).ok is holds
