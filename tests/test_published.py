"""A stranger's check of a published dataset, from its name alone: what was changed there is found and named."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.manifest import Entry, read_manifest
from verimill.pipelines.shards import read_shard, write_shard

pytest.importorskip("datasets")
pytest.importorskip("matplotlib")
sys.path.insert(0, str(Path(__file__).parent))

from local_hub import Hub, Run
from local_hub.store import pointer, regular

pytest_plugins = ["local_hub.fixtures"]
REPO = "user/set"


@pytest.fixture(name="out")
def _out(made: Path, hub: Hub, run: Run) -> Hub:
    """The Hub, where the dataset stands published as it was made."""
    code, _, err = run("publish", made, "--repo", REPO, "--replace")
    assert code == 0, err
    hub.requests.clear()
    return hub


def push(hub: Hub, changes: dict[str, bytes | None]) -> None:
    """Somebody's commit on main: files with other bytes, or without (None)."""
    repo = hub.store.load(REPO)
    assert repo is not None
    files = dict(repo["commits"][repo["refs"]["refs/heads/main"]]["files"])
    for path, data in changes.items():
        if data is None:
            del files[path]
        else:
            oid = hub.store.put_blob(data)
            files[path] = pointer(oid, len(data)) if path.endswith(".parquet") else regular(data, oid)
    hub.store.commit(REPO, "refs/heads/main", files, "an improvement")


def tampered(folder: Path, place: Path, table: str, at: int, column: str, value: Any) -> tuple[Entry, bytes, str]:
    """The shard of the table's first split with one other cell: its entry, its bytes, the row's id."""
    entry = next(entry for entry in read_manifest(folder) if entry.table == table)
    rows = [dict(row) for row in read_shard(folder, entry)]
    assert rows[at][column] != value
    rows[at][column] = value
    new = write_shard(place, entry.name, table, rows, entry.note)
    return new, (place / entry.name).read_bytes(), rows[at]["id"]


def test_a_published_dataset_is_verified_and_made_again_from_its_name(made: Path, out: Hub, run: Run) -> None:
    code, said, err = run("verify", "--repo", REPO, "--recount", "0.2", token="")
    sha = out.store.load(REPO)["refs"]["refs/heads/main"]  # type: ignore[index]
    assert code == 0 and said.startswith(f"{REPO}@{sha[:12]}: 102 problems, 204 traces, ") and "all hold" in said, err
    assert int(said.split(" recounts")[0].split()[-1]) > 5
    known = len(out.requests)
    code, said, err = run("reproduce", "--repo", REPO, "--revision", sha, "--json", token="")
    assert code == 0 and json.loads(said)["problems"] == 102, err
    assert not [line for line in out.requests[known:] if line.startswith("GET /datasets/")]  # it was there already


@pytest.mark.parametrize(
    ("table", "at", "column", "value"),
    [
        ("problems", 7, "answer", "123456789"),
        ("problems", 3, "certificate", '{"claim":"unique"}'),
        ("traces", 11, "reasoning", "1. Trust me."),
        ("traces", 4, "outcome", "wrong"),
    ],
)
def test_a_tampered_cell_on_the_hub_is_found_and_named(
    made: Path, out: Hub, run: Run, tmp_path: Path, table: str, at: int, column: str, value: str
) -> None:
    entry, data, row = tampered(made, tmp_path, table, at, column, value)
    push(out, {entry.name: data})
    code, said, err = run("verify", "--repo", REPO, "--sample", "1")
    last = err.splitlines()[-1]
    assert code == 1 and not said
    assert last.startswith(f"verimill: {entry.name}: row {row}, column {column}: wanted "), last
    assert last.endswith("(the file has not the manifest's sha256)")
    # A forger who has thought of the manifest is found by the row alone.
    lines = [new.line() for old in read_manifest(made) for new in [entry if old.name == entry.name else old]]
    push(out, {"manifest.jsonl": "".join(lines).encode()})
    for command in ("verify", "reproduce"):
        code, _, err = run(command, "--repo", REPO)
        last = err.splitlines()[-1]
        assert code == 1 and f"row {row}, column {column}: wanted " in last and "sha256" not in last, last


def test_a_downloaded_folder_is_checked_like_any_other(made: Path, out: Hub, run: Run, tmp_path: Path) -> None:
    for path, data in out.store.files(REPO).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    code, said, err = run("verify", tmp_path)
    assert code == 0 and said.startswith(f"{tmp_path}: 102 problems"), err


def test_what_is_no_whole_dataset_is_one_sentence(made: Path, out: Hub, run: Run) -> None:
    def told(*args: str, token: str = "") -> str:
        code, said, err = run(*args, token=token)
        assert code in (1, 2) and not said
        return err.splitlines()[-1]

    assert "must have a dataset user/none with the revision main, got none" in told("verify", "--repo", "user/none")
    assert "with the revision v9, got none" in told("verify", "--repo", REPO, "--revision", "v9")
    out.store.create("user/bare", private=False)
    assert "no dataset of verimill: wanted manifest.jsonl" in told("reproduce", "--repo", "user/bare")
    out.store.create("user/hidden", private=True)
    assert "HF_TOKEN must be set" in told("verify", "--repo", "user/hidden")
    assert "wanted manifest.jsonl" in told("verify", "--repo", "user/hidden", token=out.token)
    gone = next(entry.name for entry in read_manifest(made) if entry.table == "traces")
    push(out, {gone: None})
    assert f"{gone} is missing: the manifest wants sha256" in told("verify", "--repo", REPO)
    newer = (made / "manifest.jsonl").read_bytes().replace(b'"format":1', b'"format":2')
    push(out, {"manifest.jsonl": newer})
    assert "is of dataset format 2, this verimill reads format 1" in told("verify", "--repo", REPO)


def test_downloads_go_on_through_faults(made: Path, out: Hub, run: Run) -> None:
    push(out, {"note.txt": hashlib.sha256(b"a new commit, which no cache has").digest()})
    out.faults.refuse(0.1, seed=1)
    out.faults.add("cut", r"GET /datasets/.*parquet")
    code, said, err = run("verify", "--repo", REPO, "--sample", "1")
    assert code == 0 and "all hold" in said, err
