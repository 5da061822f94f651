"""Publishing over real HTTP, to a local Hub with faults on purpose: all of it or nothing, and the same rows back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from verimill.data_cards import cards, overlap
from verimill.data_cards.counting import measure
from verimill.data_cards.report.page import write_report
from verimill.pipelines.manifest import ShardError, append, read_manifest, rewrite
from verimill.pipelines.publishing.hub import Hub as Remotely
from verimill.pipelines.publishing.hub import asked_to_wait, passing
from verimill.pipelines.publishing.staging import staged
from verimill.pipelines.shards import read_rows, write_shard

pytest.importorskip("datasets")
pytest.importorskip("matplotlib")
sys.path.insert(0, str(Path(__file__).parent))

from local_hub import Hub, Run

pytest_plugins = ["local_hub.fixtures"]
OWN = ".gitattributes"


@pytest.fixture(name="copy")
def _copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "set"))


def shown(hub: Hub, repo: str, revision: str = "main") -> set[str]:
    """The files that a reader of the revision sees."""
    return set(hub.store.files(repo, revision)) - {OWN}


def published(folder: Path) -> dict[str, bytes]:
    """The files of a dataset that are published, by name."""
    with staged(folder) as stage:
        return {file.path: file.source.read_bytes() for file in stage.files}


def whole(hub: Hub, repo: str, folder: Path) -> bool:
    """True when main holds the folder's files, to the last byte, and no others."""
    got = hub.store.files(repo)
    got.pop(OWN)
    return got == published(folder)


# --- the way out and back ---------------------------------------------------------------------------------------

LOAD = """
import json, sys, datasets
for config in ("problems", "traces"):
    for split, rows in datasets.load_dataset(sys.argv[1], config).items():
        for row in rows:
            print(json.dumps([config, split, row]))
"""


def loaded(hub: Hub, repo: str, home: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """Every row that a user's `load_dataset` gives, in a process and a cache of its own."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, repo], env=hub.user(home), capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_load_dataset_gives_the_rows_that_were_published(made: Path, hub: Hub, run: Run, tmp_path: Path) -> None:
    code, out, err = run("publish", made, "--repo", "user/rows")
    assert code == 0 and "published on main" in out, err
    assert "upload (bytes)" in err and "load back" in err
    assert whole(hub, "user/rows", made)
    refs = hub.store.load("user/rows")["refs"]  # type: ignore[index]
    tag = out.split()[-1]
    assert set(refs) == {"refs/heads/main", f"refs/tags/{tag}"} and len(set(refs.values())) == 1
    rows = loaded(hub, "user/rows", tmp_path / "home")
    split_of = {row["id"]: row["split"] for row in read_rows(made, "problems", ["id", "split"])}
    wanted = [("problems", row["split"], row) for row in read_rows(made, "problems")]
    wanted += [("traces", split_of[row["problem_id"]], row) for row in read_rows(made, "traces")]
    assert rows == wanted and {split for _, split, _ in rows} == {"train", "test", "ood", "hard"}

    code, out, err = run("publish", made, "--repo", "user/rows")
    assert code == 0 and "stood there already" in out and out.split()[-1] == tag, err
    assert len(hub.store.load("user/rows")["commits"]) == 3  # type: ignore[index]


def test_a_dry_run_lists_what_would_go_and_asks_nobody(copy: Path, hub: Hub, run: Run) -> None:
    (copy / "notes.txt").write_text("mine")
    code, out, err = run("publish", copy, "--repo", "user/dry", "--dry-run", token="")
    assert code == 0 and "nothing was sent" in out and "stays at home: notes.txt" in out, err
    listed = {line.split()[0] for line in out.splitlines()[1:] if line and line[0] != " "}
    assert set(published(copy)) <= listed and "notes.txt" not in published(copy)
    assert not hub.requests and not (copy / ".publish").exists()
    code, out, _ = run("publish", copy, "--repo", "user/dry", "--dry-run", "--json", token="")
    assert {path for path, *_ in json.loads(out)["files"]} == set(published(copy))


def test_a_branch_of_another_name_leaves_main_alone(made: Path, hub: Hub, run: Run) -> None:
    code, out, err = run("publish", made, "--repo", "user/branches", "--revision", "next", "--private")
    assert code == 0 and "on next" in out, err
    assert shown(hub, "user/branches") == set() and shown(hub, "user/branches", "next") == set(published(made))
    assert hub.store.load("user/branches")["private"] is True  # type: ignore[index]


def test_traces_of_a_teacher_go_to_the_splits_of_their_problems(copy: Path, tmp_path: Path) -> None:
    traces = list(read_rows(copy, "traces"))
    others = [{**row, "teacher": "mini", "id": f"{at:032x}"} for at, row in enumerate(reversed(traces[::3]))]
    append(copy, write_shard(copy, "traces/mini-00000.parquet", "traces", others, {"teacher": "mini"}))
    split_of = {row["id"]: row["split"] for row in read_rows(copy, "problems", ["id", "split"])}
    with staged(copy) as stage:
        cards.check(stage.place)
        files = stage.of("traces")
        assert [file.path for file in files] == [
            file.path.replace("problems/", "traces/") for file in stage.of("problems")
        ]
        assert sum(file.rows for file in files) == len(traces) + len(others)
        for entry in read_manifest(stage.place):
            if entry.table == "traces":
                ids = pq.read_table(stage.place / entry.name, columns=["problem_id"]).column(0).to_pylist()
                assert {split_of[name] for name in ids} <= {entry.note["split"]}
        first = stage.digest
    with staged(copy) as stage:
        assert stage.digest == first


def test_files_of_one_split_are_renamed_and_not_written_again(copy: Path) -> None:
    split_of = {row["id"]: row["split"] for row in read_rows(copy, "problems", ["id", "split"])}
    mine = [row for row in read_rows(copy, "traces") if split_of[row["problem_id"]] == "ood"]
    others = [{**row, "teacher": "mini", "id": f"{at:032x}"} for at, row in enumerate(mine)]
    entry = write_shard(copy, "traces/ood-mini-00000-of-00001.parquet", "traces", others,
                        {"split": "ood", "teacher": "mini"})  # fmt: skip
    append(copy, entry)
    with staged(copy) as stage:
        files = [file for file in stage.of("traces") if file.split == "ood"]
        assert [file.path for file in files] == [f"traces/ood-{at:05d}-of-00002.parquet" for at in range(2)]
        assert files[1].source.samefile(copy / entry.name) and files[1].sha256 == entry.sha256
        cards.check(stage.place)


def test_a_report_goes_out_as_the_rows_have_it(copy: Path) -> None:
    page = write_report(copy)
    honest = page.read_bytes()
    page.write_bytes(honest.replace(b"sudoku", b"go").replace(b"right", b"wrong") + b"<!-- edited -->")
    assert published(copy)["report.html"] == honest


def test_what_goes_out_is_enough_to_check_its_card(copy: Path) -> None:
    """The card's own sources go out too: a stranger can count again, whether files were renamed or not."""
    zero = dict.fromkeys(("blind", "rows", "canonical", "exact", "gram"), 0)
    overlap.record(copy, measure(copy).canonical, [{"benchmark": "exam", "why_not": "", "items": 7, **zero}])
    cards.write_card(copy)
    assert "exam" in (copy / "README.md").read_text()
    with staged(copy) as stage:
        cards.check(stage.place)
        assert (stage.place / "README.md").read_bytes() == (copy / "README.md").read_bytes()
    entries = read_manifest(copy)
    (copy / entries[0].name).rename(copy / "problems" / "renamed.parquet")
    rewrite(copy, [replace(entries[0], name="problems/renamed.parquet"), *entries[1:]])
    cards.write_card(copy)
    with staged(copy) as stage:
        cards.check(stage.place)
        assert stage.files[-1].path.startswith("traces/") and read_manifest(stage.place) == entries


def test_two_publishes_of_a_folder_do_not_meet(copy: Path) -> None:
    with staged(copy) as stage:
        with pytest.raises(ShardError, match=r"another publish of .* is running; wait for it"), staged(copy):
            pass
        assert stage.files[0].source.exists()
    (copy / ".publish" / copy.name).mkdir(parents=True)
    (copy / ".publish" / copy.name / "left.txt").write_text("by a publish that was killed")
    assert "left.txt" not in published(copy)


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModuleNotFoundError, match=r'needs huggingface_hub, .* pip install "verimill\[hub\]"'):
        Remotely("user/name", None)


# --- faults -----------------------------------------------------------------------------------------------------


def test_it_arrives_whole_through_busy_servers_and_broken_connections(made: Path, hub: Hub, run: Run) -> None:
    hub.faults.refuse(0.1, seed=3)
    hub.faults.add("reset", r"POST .*/preupload/")
    hub.faults.add("torn", r"PUT /lfs/", skip=2)
    hub.faults.add("lost", r"POST .*/commit/staging-")
    hub.faults.add("lost", r"POST .*/commit/main")
    hub.faults.add("cut", r"GET /datasets/.*parquet", times=2)
    hub.faults.add("lost", r"POST .*/tag/")
    code, out, err = run("publish", made, "--repo", "user/faults")
    assert code == 0, err
    kinds = [done.split()[0] for done in hub.faults.done]
    assert set(kinds) == {"503", "reset", "torn", "lost", "cut"} and kinds.count("lost") == 3
    assert whole(hub, "user/faults", made) and "on purpose; trying again in 2 s" in err
    assert set(hub.store.load("user/faults")["refs"]) == {"refs/heads/main", f"refs/tags/{out.split()[-1]}"}  # type: ignore[index]
    assert len(hub.store.load("user/faults")["commits"]) == 3  # type: ignore[index]


def test_the_local_hub_says_how_to_reach_it(tmp_path: Path) -> None:
    tool = Path(__file__).with_name("local_hub")
    process = subprocess.Popen(
        [sys.executable, str(tool), "--root", str(tmp_path), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address, variables = process.stdout.readline().strip(), process.stdout.readline()
        assert f"HF_ENDPOINT={address} HF_TOKEN=" in variables
        with urllib.request.urlopen(f"{address}/api/datasets/none/none/refs") as reply:
            raise AssertionError(reply.status)
    except urllib.error.HTTPError as error:
        assert error.code == 404 and error.headers["X-Error-Code"] == "RepoNotFound"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, 0), ({"Retry-After": "7"}, 7), ({"Retry-After": "99999"}, 300), ({"Retry-After": "Wed, 21 Oct"}, 0),
     ({"RateLimit": '"api";r=0;t=55'}, 55), ({"RateLimit": '"api";r=12;t=55'}, 0)],
)  # fmt: skip
def test_it_waits_as_long_as_the_server_asks(headers: dict[str, str], seconds: int) -> None:
    error = RuntimeError()
    error.response = SimpleNamespace(headers=headers, status_code=429)  # type: ignore[attr-defined]
    assert asked_to_wait(error) == seconds and passing(error)


def test_a_hub_that_never_answers_is_named_and_the_work_can_go_on(made: Path, hub: Hub, run: Run) -> None:
    hub.faults.refuse(1.0)
    code, _, err = run("publish", made, "--repo", "user/never")
    assert code == 3 and f"{hub.base} cannot look at the repository: 503" in err.splitlines()[-1]


def test_a_commit_of_somebody_else_is_not_overwritten(made: Path, hub: Hub, run: Run) -> None:
    hub.faults.add("overtaken", r"POST .*/commit/main")
    code, _, err = run("publish", made, "--repo", "user/race")
    assert code == 3 and "main of user/race got another commit while this was being published" in err
    assert shown(hub, "user/race") == {"other.txt"}
    code, _, err = run("publish", made, "--repo", "user/race")
    assert code == 2 and "holds other files on main (other.txt): give --replace" in err
    assert shown(hub, "user/race") == {"other.txt"}
    hub.faults.add("lost", r"POST .*/commit/staging-")
    code, _, err = run("publish", made, "--repo", "user/race", "--replace")
    assert code == 0 and whole(hub, "user/race", made), err


@pytest.mark.parametrize("moment", ["PUT /lfs/", "/commit/staging-", "/commit/main"])
def test_a_killed_publish_shows_nothing_half_and_goes_on(
    made: Path, hub: Hub, run: Run, tmp_path: Path, moment: str
) -> None:
    repo = "user/killed-" + "".join(filter(str.isalpha, moment))
    reached(hub, made, repo, tmp_path, moment)
    assert shown(hub, repo) == set() or whole(hub, repo, made)
    kept = hub.store.objects(repo)
    hub.requests.clear()
    code, _, err = run("publish", made, "--repo", repo)
    assert code == 0 and whole(hub, repo, made), err
    sent = {line.split("/")[4] for line in hub.requests if line.startswith("PUT /lfs/")}
    assert not kept & sent and kept | sent == hub.store.objects(repo)


def reached(hub: Hub, folder: Path, repo: str, home: Path, moment: str) -> None:
    """A publish of the folder has come to the request `moment`, and was killed there by kill -9."""
    import re

    command = [sys.executable, "-P", "-m", "verimill.cli", "publish", str(folder), "--repo", repo]
    process = subprocess.Popen(command, env=hub.user(home), stderr=subprocess.PIPE, text=True)
    limit = time.monotonic() + 60
    try:
        while not any(re.search(moment, line) for line in list(hub.requests)):
            assert process.poll() is None and time.monotonic() < limit, moment
            time.sleep(0.001)
    finally:
        process.kill()
        process.communicate()


def test_a_file_that_comes_back_altered_is_never_shown(made: Path, hub: Hub, run: Run) -> None:
    hub.faults.add("altered", r"GET /datasets/.*/problems/ood.*parquet")
    code, _, err = run("publish", made, "--repo", "user/altered")
    assert code == 1 and "problems/ood-00000-of-00001.parquet of user/altered" in err
    assert "came back altered: wanted sha256" in err and shown(hub, "user/altered") == set()


# --- what is refused --------------------------------------------------------------------------------------------


def refused(answer: tuple[int, str, str], code: int, text: str) -> None:
    """The command ended so, with one sentence that holds the text."""
    got, out, err = answer
    last = err.strip().splitlines()[-1]
    assert got == code and not out and last.startswith("verimill: ") and text in last, answer


def test_what_cannot_be_published_is_one_sentence_and_changes_nothing(made: Path, hub: Hub, run: Run) -> None:
    refused(run("publish", made, "--repo", "user/no", token=""), 2, "wanted it in HF_TOKEN, got nothing")
    refused(run("publish", made, "--repo", "user/no", token="hf_wrong"), 2, "refused the token in HF_TOKEN (401)")
    refused(run("publish", made, "--repo", "name"), 2, "--repo must look like user/name, got 'name'")
    hub.store.create("user/open", private=False)
    refused(run("publish", made, "--repo", "user/open", "--private"), 2, "exists and is public")
    with staged(made) as stage:
        tag = stage.tag
    repo = hub.store.load("user/open")
    assert repo is not None
    hub.store.save("user/open", repo | {"refs": repo["refs"] | {f"refs/tags/{tag}": repo["refs"]["refs/heads/main"]}})
    refused(run("publish", made, "--repo", "user/open"), 2, f"the tag {tag} of user/open names other files")
    assert not [line for line in hub.requests if "/commit/" in line or "PUT" in line]


def test_a_dataset_that_does_not_hold_never_leaves_the_house(copy: Path, hub: Hub, run: Run) -> None:
    card = copy / "README.md"
    text = card.read_text()
    card.write_text(text.replace("| train | 60 |", "| train | 6,000 |"))
    refused(run("publish", copy, "--repo", "user/bad"), 1, "does not say what the rows say")
    card.write_text(text)
    shard = next((copy / "traces").glob("test-*"))
    kept = shard.read_bytes()
    shard.unlink()
    refused(run("publish", copy, "--repo", "user/bad"), 1, "is missing")
    shard.write_bytes(kept)
    kept = shard.read_bytes()
    table = pq.read_table(shard)
    column = table.column_names.index("response")
    replies = pa.array([[{"role": "assistant", "content": text}] for text in table["response"].to_pylist()])
    pq.write_table(table.set_column(column, "response", replies), shard)
    refused(run("publish", copy, "--repo", "user/bad"), 2, "column response must be string, got list<")
    shard.write_bytes(kept)
    rows = list(read_rows(copy, "problems"))[:25]
    rows[3]["answer"] = rows[4]["answer"] if rows[4]["answer"] != rows[3]["answer"] else "999999"
    entry = read_manifest(copy)[0]
    append(copy, write_shard(copy, entry.name, "problems", rows, entry.note))
    cards.write_card(copy)  # by a forger who has thought of the manifest and the card
    refused(run("publish", copy, "--repo", "user/bad"), 1, f"row {rows[3]['id']}, column answer")
    assert not hub.requests
