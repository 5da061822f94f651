"""What the Hub gives back, compared with what was sent: names, bytes, hashes, rows, and what `datasets` finds there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from verimill.pipelines.manifest import Damaged, sha256_of
from verimill.pipelines.progress import Tell
from verimill.pipelines.publishing.hub import AT_ONCE, Hub, HubError, Remote, missing
from verimill.pipelines.publishing.staging import Staged, StagedFile, first_row

OWN = (".gitattributes",)  # what the Hub itself puts into every repository


class NotTheSame(HubError, Damaged):
    """The Hub gives back something else than was sent."""


def differences(staged: Staged, remote: Mapping[str, Remote]) -> tuple[str, ...]:
    """Files that are on one side only or differ, told from the Hub's listing alone."""
    mine = {file.path: file for file in staged.files}
    odd = set(mine) ^ (set(remote) - set(OWN))
    odd |= {path for path in set(mine) & set(remote) if not _same(mine[path], remote[path])}
    return tuple(sorted(odd))


def _same(file: StagedFile, remote: Remote) -> bool:
    if remote.sha256 is not None:
        return (file.bytes, file.sha256) == (remote.size, remote.sha256)
    return file.bytes == remote.size and remote.git == _git_hash(file.source)


def _git_hash(path: Path) -> str:
    """The hash that git gives to a file's bytes."""
    import hashlib

    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def require_same(hub: Hub, staged: Staged, sha: str, tell: Tell) -> None:
    """Commit `sha` holds what was staged, to the last byte and row. Raises NotTheSame with the first difference."""
    odd = differences(staged, hub.tree(sha))
    if odd:
        raise NotTheSame(f"{hub.repo} at {sha[:12]} has other files than were sent: {some(odd)}")
    with tempfile.TemporaryDirectory(prefix="verimill-") as scratch:
        tell.stage("load back", len(staged.files))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for file in pool.map(lambda file: _require_file(hub, file, sha, Path(scratch)), staged.files):
                tell.step(1, file.path)
        with _quiet_datasets():
            for table in ("problems", "traces"):
                if staged.of(table):
                    hub.tried(f"load {table}", lambda table=table: _require_config(  # type: ignore[misc]
                        hub, staged, table, sha, scratch
                    ))  # fmt: skip


def _require_file(hub: Hub, file: StagedFile, sha: str, scratch: Path) -> StagedFile:
    """The file, downloaded, has the bytes and rows that were sent; the download is gone again."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def fetched() -> str:
        place = hub.api.hf_hub_download(hub.repo, file.path, repo_type="dataset", revision=sha, local_dir=scratch)
        return str(place)

    path = Path(hub.tried(f"download {file.path}", fetched))
    where = f"{file.path} of {hub.repo} at {sha[:12]}"
    got = sha256_of(path)
    if got != file.sha256:
        raise NotTheSame(f"{where} came back altered: wanted sha256 {file.sha256}, got {got}")
    if file.table:
        try:
            rows = pq.read_metadata(path).num_rows
        except pa.ArrowException as error:
            raise NotTheSame(f"{where} cannot be read: {error}") from None
        if rows != file.rows:
            raise NotTheSame(f"{where} must have {file.rows} rows, got {rows}")
    path.unlink()
    return file


def _require_config(hub: Hub, staged: Staged, table: str, sha: str, scratch: str) -> None:
    """`load_dataset(repo, table)` finds each split in the files that were sent for it, and its first row."""
    import datasets

    builder = datasets.load_dataset_builder(
        hub.repo, table, revision=sha, token=hub.token or False, cache_dir=str(Path(scratch) / "datasets")
    )
    wanted: dict[str, list[StagedFile]] = {}
    for file in staged.of(table):
        wanted.setdefault(file.split, []).append(file)
    got = {str(split): sorted(files) for split, files in builder.config.data_files.items()}
    if set(got) != set(wanted):
        raise NotTheSame(f"{table} of {hub.repo} must have the splits {some(wanted)}, datasets finds {some(got)}")
    for split, files in wanted.items():
        named = [name.rpartition(f"@{sha}/")[2] for name in got[split]]
        if named != sorted(file.path for file in files):
            raise NotTheSame(f"split {split} of {table} must be {some(f.path for f in files)}, got {some(named)}")
        known = next((row for file in files if (row := first_row(file, staged.place)) is not None), None)
        if known is not None and next(iter(builder.as_streaming_dataset(split)), None) != known:
            raise NotTheSame(f"the first row of {table}, split {split}, comes back altered from {hub.repo}")


@contextmanager
def _quiet_datasets() -> Iterator[None]:
    """The library `datasets` draws no bars of its own."""
    try:
        from datasets.utils import logging
    except ModuleNotFoundError as error:
        raise missing(error) from None
    before = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if before:
            logging.enable_progress_bar()


def some(names: Any) -> str:
    """Up to three names, and how many more there are."""
    known = sorted(str(name) for name in names)
    more = f" and {len(known) - 3} more" if len(known) > 3 else ""
    return ", ".join(known[:3]) + more
