"""Shards: whole or not there, whatever kills the writer, and the same bytes for the same rows."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from verimill.pipelines import shards
from verimill.pipelines.shards import (
    MANIFEST,
    Damaged,
    DiskFull,
    ShardError,
    append,
    check_shard,
    read_manifest,
    read_rows,
    recover,
    require_writable,
    write_parts,
    write_shard,
)
from verimill.schemas.rows import PROBLEM_COLUMNS, PROBLEMS

NAME = "problems/train-00000.parquet"


def row(number: int, **other: Any) -> dict[str, Any]:
    """A problems row that no family made; shards do not look inside."""
    noise = hashlib.sha256(str(number).encode()).hexdigest()
    by_type = {
        "string": f"text {number} {noise}",
        "word": "word",
        "int8": 3,
        "int32": 1,
        "bool": True,
        "messages": [{"role": "user", "content": f"Prompt {number}: {noise * 5}"}],
    }
    return {name: by_type[kind] for name, kind, *_ in PROBLEM_COLUMNS} | {"id": f"{number:032x}"} | other


def rows(count: int, start: int = 0) -> Iterator[dict[str, Any]]:
    return (row(number) for number in range(start, start + count))


def test_rows_come_back_as_they_went_in(tmp_path: Path) -> None:
    entry = write_shard(tmp_path, NAME, "problems", rows(50), {"split": "train"})
    append(tmp_path, entry)
    assert list(read_rows(tmp_path)) == list(rows(50))
    assert read_manifest(tmp_path) == (entry,) and entry.rows == 50 and entry.note == {"split": "train"}
    assert [r["id"] for r in read_rows(tmp_path, columns=["id"])] == [r["id"] for r in rows(50)]


def test_the_same_rows_make_the_same_bytes(tmp_path: Path) -> None:
    first = write_shard(tmp_path / "a", NAME, "problems", rows(300))
    second = write_shard(tmp_path / "b", NAME, "problems", iter(list(rows(300))))
    assert first == second
    assert (tmp_path / "a" / NAME).read_bytes() == (tmp_path / "b" / NAME).read_bytes()


@pytest.mark.parametrize("cut", [1, 7, 99, 100, 101, 260])
def test_the_bytes_do_not_depend_on_how_the_rows_were_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    monkeypatch.setattr(shards, "ROW_GROUP", 100)
    whole = pa.Table.from_pylist(list(rows(250)), schema=PROBLEMS)
    parts = [whole.slice(0, 0), *(whole.slice(start, cut) for start in range(0, 250, cut))]
    entry = write_parts(tmp_path / "parts", NAME, "problems", iter(parts))
    assert entry == write_shard(tmp_path / "rows", NAME, "problems", rows(250)) and entry.rows == 250
    assert (tmp_path / "parts" / NAME).read_bytes() == (tmp_path / "rows" / NAME).read_bytes()
    with pq.ParquetFile(tmp_path / "parts" / NAME) as file:
        assert [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)] == [100, 100, 50]


def test_the_file_is_zstd_with_page_index_and_dictionaries_on_words_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "ROW_GROUP", 100)
    monkeypatch.setattr(shards, "PART", 50)
    write_shard(tmp_path, NAME, "problems", rows(250))
    with pq.ParquetFile(tmp_path / NAME) as file:
        assert file.schema_arrow.equals(PROBLEMS)
        assert [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)] == [100, 100, 50]
        for c in range(file.metadata.num_columns):
            column = file.metadata.row_group(0).column(c)
            word = dict((name, kind) for name, kind, *_ in PROBLEM_COLUMNS).get(column.path_in_schema) == "word"
            assert column.compression == "ZSTD" and column.has_offset_index
            assert column.has_dictionary_page == word, column.path_in_schema


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"id": None}, "id"),
        ({"level": "three"}, "cannot write"),
        ({"level": 1000}, "cannot write"),
        ({"surprise": 1}, r"unknown columns \['surprise'\]"),
    ],
)
def test_a_row_that_does_not_fit_leaves_nothing_behind(tmp_path: Path, bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ShardError, match=message) as error:
        write_shard(tmp_path, NAME, "problems", [row(1), row(2, **bad)])
    assert "\n" not in str(error.value)
    assert list((tmp_path / "problems").iterdir()) == []


def test_a_generator_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken() -> Iterator[dict[str, Any]]:
        yield row(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path, NAME, "problems", broken())
    assert list((tmp_path / "problems").iterdir()) == []


def test_an_altered_shard_is_named_with_both_hashes(tmp_path: Path) -> None:
    entry = write_shard(tmp_path, NAME, "problems", rows(20))
    append(tmp_path, entry)
    path = tmp_path / NAME
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    got = hashlib.sha256(data).hexdigest()
    with pytest.raises(Damaged, match=rf"^{path} was altered or cut short: wanted sha256 {entry.sha256}, got {got}$"):
        next(read_rows(tmp_path))
    path.unlink()
    with pytest.raises(Damaged, match="is missing"):
        check_shard(tmp_path, entry)


def test_a_file_cut_short_or_of_another_schema_is_named(tmp_path: Path) -> None:
    entry = write_shard(tmp_path, NAME, "problems", rows(20))
    append(tmp_path, entry)
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ShardError, match=f"cannot read {path}"):
        list(read_rows(tmp_path, check=False))
    pq.write_table(pa.table({"id": ["a"]}), path)
    with pytest.raises(ShardError, match="other columns than problems"):
        list(read_rows(tmp_path, check=False))
    table = pa.Table.from_pylist(list(rows(3)), schema=PROBLEMS)
    at = PROBLEMS.get_field_index("level")
    pq.write_table(table.set_column(at, "level", table["level"].cast(pa.int64())), path)
    with pytest.raises(ShardError, match="column level must be int8, got int64"):
        list(read_rows(tmp_path, check=False))


def test_a_torn_last_line_is_cut_and_its_file_goes(tmp_path: Path) -> None:
    one = write_shard(tmp_path, NAME, "problems", rows(5))
    two = write_shard(tmp_path, NAME.replace("0.p", "1.p"), "problems", rows(5, 5))
    append(tmp_path, one, two)
    manifest = tmp_path / MANIFEST
    whole = manifest.read_bytes()
    for cut in (1, 20, len(two.line()) - 1):
        write_shard(tmp_path, two.name, "problems", rows(5, 5))
        manifest.write_bytes(whole[:-cut])
        assert read_manifest(tmp_path) == (one,), "a reader passes the torn line over"
        assert recover(tmp_path) == (one,)
        assert manifest.read_bytes() == one.line().encode() and not (tmp_path / two.name).exists()
        append(tmp_path, two)
        assert manifest.read_bytes() == whole


def test_recovery_keeps_what_the_manifest_names_and_nothing_else(tmp_path: Path) -> None:
    assert recover(tmp_path) == ()
    kept, gone = (write_shard(tmp_path, f"problems/{n}.parquet", "problems", rows(5)) for n in "ab")
    append(tmp_path, kept)
    (tmp_path / "traces").mkdir()
    for stray in ("problems/.tmp-c.parquet", "traces/.tmp-d.parquet", "problems/e.parquet"):
        (tmp_path / stray).write_bytes(b"half")
    assert recover(tmp_path) == (kept,)
    assert sorted(p.name for p in tmp_path.rglob("*.parquet")) == ["a.parquet"]
    (tmp_path / kept.name).write_bytes(b"short")
    assert recover(tmp_path) == (), "a shard of another size is made again"
    assert gone.rows == 5


def test_a_shard_written_again_counts_once(tmp_path: Path) -> None:
    append(tmp_path, write_shard(tmp_path, NAME, "problems", rows(5)))
    append(tmp_path, write_shard(tmp_path, NAME, "problems", rows(7)))
    assert [entry.rows for entry in read_manifest(tmp_path)] == [7] and len(list(read_rows(tmp_path))) == 7


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", "line 2 must be a JSON object"),
        ("[]", "must have name, table, rows"),
        ('{"name": "x"}', "must have name, table, rows"),
        ({"rows": "5"}, "rows must be int"),
        ({"table": "verdicts"}, "table must be one of problems, traces, dropped"),
        ({"name": "../../etc/passwd"}, "path below the folder"),
        ({"name": "/etc/passwd"}, "path below the folder"),
    ],
)
def test_a_malformed_manifest_line_is_named(tmp_path: Path, line: str | dict[str, Any], message: str) -> None:
    entry = write_shard(tmp_path, NAME, "problems", rows(1))
    append(tmp_path, entry)
    text = line if isinstance(line, str) else json.dumps(json.loads(entry.line()) | line)
    with open(tmp_path / MANIFEST, "a") as file:
        file.write(text + "\n")
    with pytest.raises(ShardError, match=message):
        read_manifest(tmp_path)


def test_a_folder_without_a_manifest_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="holds no dataset"):
        read_manifest(tmp_path)


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        with pytest.raises(ShardError, match=f"cannot write to {folder}: "):
            require_writable(folder)
        with pytest.raises(ShardError, match="cannot write "):
            write_shard(folder, NAME, "problems", rows(1))
    assert require_writable(tmp_path / "new") == tmp_path / "new" and not list((tmp_path / "new").iterdir())


FULL = """
import resource, signal, sys
from test_shards import NAME, rows
from verimill.pipelines.shards import DiskFull, append, write_shard
folder = sys.argv[1]
entry = write_shard(folder, NAME, "problems", rows(3))
append(folder, entry)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    write_shard(folder, NAME.replace("0.p", "1.p"), "problems", rows(5000))
except DiskFull as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    while True:
        append(folder, entry)
except DiskFull as error:
    print(error)
"""


def test_a_full_disk_is_said_and_nothing_is_half_committed(tmp_path: Path) -> None:
    """A limit on file size stands in for a disk without room: both fail in write()."""
    run = script(FULL, tmp_path)
    said = run.communicate(timeout=60)[0].decode().splitlines()
    assert len(said) == 2 and all("the disk is full" in line for line in said), said
    assert [p.name for p in (tmp_path / "problems").iterdir()] == [Path(NAME).name]
    assert len(read_manifest(tmp_path)) == 1 and len(list(read_rows(tmp_path))) == 3
    assert (tmp_path / MANIFEST).read_bytes().endswith(b"\n")
    assert issubclass(DiskFull, ShardError)


KILLED = """
import sys
from test_shards import rows
from verimill.pipelines.shards import append, recover, write_shard
folder = sys.argv[1]
done = len(recover(folder))
for number in range(done, 100_000):
    append(folder, write_shard(folder, f"problems/{number:05d}.parquet", "problems", rows(20, 20 * number)))
    if number == done:
        print("ready", flush=True)
"""


def script(code: str, folder: Path) -> subprocess.Popen[bytes]:
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parent), "PYTHONSAFEPATH": "1"}
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, env=env)


def test_a_writer_killed_at_any_moment_loses_nothing_that_counts(tmp_path: Path) -> None:
    draw = random.Random(1)
    counted = 0
    for _ in range(4):
        run = script(KILLED, tmp_path)
        assert run.stdout is not None and run.stdout.readline() == b"ready\n"
        time.sleep(draw.uniform(0.02, 0.25))
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=30)
        entries = recover(tmp_path)
        assert len(entries) >= counted, "what was committed stays"
        counted = len(entries)
        for entry in entries:
            check_shard(tmp_path, entry)
        assert {p.name for p in (tmp_path / "problems").iterdir()} == {Path(e.name).name for e in entries}
        ids = [r["id"] for r in read_rows(tmp_path, columns=["id"])]
        assert ids == [f"{number:032x}" for number in range(20 * len(entries))], "every row once, in order"
    assert counted > 5


def test_reading_keeps_memory_flat(tmp_path: Path) -> None:
    """Two row groups are read with hardly more memory than one."""
    code = """
import resource, sys
from verimill.pipelines.shards import read_rows
seen = {}
for at, row in enumerate(read_rows(sys.argv[1])):
    if at in (5_000, 29_999):
        seen[at] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(seen[29_999] / seen[5_000])
"""
    append(tmp_path, write_shard(tmp_path, NAME, "problems", rows(30_000)))
    grown = float(script(code, tmp_path).communicate(timeout=60)[0])
    assert grown < 1.3, grown


def test_writing_keeps_memory_flat(tmp_path: Path) -> None:
    """Twelve row groups are written with hardly more memory than one."""
    code = """
import resource, sys
import pyarrow as pa
from verimill.pipelines.shards import read_manifest, read_parts, write_parts
entry, = read_manifest(sys.argv[1])
for times in (1, 12):
    parts = (pa.table(part) for _ in range(times) for part in read_parts(sys.argv[1], entry))
    write_parts(sys.argv[1], "copy.parquet", "problems", parts)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    append(tmp_path, write_shard(tmp_path, NAME, "problems", rows(10_000)))
    one, twelve = map(float, script(code, tmp_path).communicate(timeout=60)[0].split())
    assert twelve < 1.3 * one, (one, twelve)
