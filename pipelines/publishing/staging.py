"""The folder that goes out: whole, checked, and under the names that the Hub and `load_dataset` expect.

Files are `problems/SPLIT-00000-of-00002.parquet` and `traces/SPLIT-...`. A file of one split is linked under its name,
not copied; where files hold the traces of a teacher over all splits, traces are dealt out over those of their problems.
The same dataset gives the same files and so the same digest, whatever machine stages it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from verimill import __version__
from verimill.data_cards import cards
from verimill.data_cards.report import page
from verimill.pipelines import audit
from verimill.pipelines.joined import joined
from verimill.pipelines.locks import locked
from verimill.pipelines.manifest import MANIFEST, Damaged, Entry, ShardError, read_manifest, sha256_of
from verimill.pipelines.progress import Quiet, Tell
from verimill.pipelines.shards import read_shard, require_file, write_shard

PLACE = ".publish"  # below the dataset folder; made anew by every run and removed at its end
BESIDE = ("recipe.yaml", "summary.json", "select.json", "overlap.json", "CITATION.cff", "LICENSE")
WRITTEN = ("README.md", "croissant.json", "charts/*")  # by `verimill card`, whose check compares them with the rows
SAMPLE = 100  # rows of each table that are re-verified before they go out


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file to publish; `table` and `rows` are empty and 0 where it holds no rows."""

    path: str
    source: Path
    bytes: int
    sha256: str
    table: str = ""
    split: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Staged:
    """All files to publish, and those of the folder that stay at home."""

    place: Path
    files: tuple[StagedFile, ...]
    left: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Hash of every path and its bytes."""
        text = "".join(f"{file.sha256} {file.path}\n" for file in self.files)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    @property
    def tag(self) -> str:
        """The tag of a publication: the version that published, and what."""
        return f"v{__version__}-{self.digest[:12]}"

    def of(self, table: str) -> tuple[StagedFile, ...]:
        """The files of a table."""
        return tuple(file for file in self.files if file.table == table)


class Unfit(Damaged):
    """A dataset whose rows do not hold, or whose card does not say what they say."""


def require_fit(folder: Path, tell: Tell | None = None) -> None:
    """Every shard is as the manifest says, the card says what the rows say, and a sample of the rows holds.

    Raises Unfit, ShardError or the card's own errors, each one sentence.
    """
    tell = tell or Quiet()
    for entry in read_manifest(folder):
        require_file(folder, entry)
    try:
        cards.check(folder)
    except (cards.FolderError, cards.Stale) as error:
        raise Unfit(str(error)) from None
    tell.stage("verify", audit.size(folder))
    found = audit.verify(folder, sample=SAMPLE, progress=lambda rows: tell.step(rows))
    if not found.ok:
        raise Unfit(str(found))


@contextmanager
def staged(folder: Path) -> Iterator[Staged]:
    """The files to publish, in a folder that is gone afterwards. Raises ShardError where that cannot be."""
    home = folder / PLACE
    place = home / folder.resolve().name
    with _alone(home):
        try:
            if place.exists():
                shutil.rmtree(place)  # of a publish that was killed
            place.mkdir()
        except OSError as error:
            raise ShardError(f"cannot stage in {place}: {error.strerror}") from error
        try:
            yield _stage(folder, place)
        finally:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """No other publish of the folder runs meanwhile."""
    busy = ShardError(f"another publish of {home.parent} is running; wait for it")
    with ExitStack() as held:
        try:
            home.mkdir(exist_ok=True)
            held.enter_context(locked(home / "lock", busy))
        except OSError as error:
            raise ShardError(f"cannot stage in {home}: {error.strerror}") from error
        yield


def _stage(folder: Path, place: Path) -> Staged:
    before = read_manifest(folder)
    named = _hub_named(folder, before)
    entries = []
    for old, new in zip(before, named, strict=True):
        if new is not None:
            _link(folder / old.name, place / new.name)
            entries.append(new)
    if None in named:
        problems = [entry for entry in entries if entry.table == "problems"]
        entries[len(problems) : len(problems)] = _dealt_traces(folder, place, problems)
    (place / MANIFEST).write_text("".join(entry.line() for entry in entries), encoding="utf-8")
    same = tuple(entries) == before
    for name in _present(folder, (*BESIDE, *WRITTEN) if same else BESIDE):
        _link(folder / name, place / name)
    if not same:
        cards.write_card(place)  # the same rows in other files: names and sizes in the card change
    if (folder / page.PAGE).is_file():
        page.write_report(place)  # a report that was edited, or is old, is not what the rows say
    beside = _present(place, (*BESIDE, *WRITTEN, page.PAGE))
    return Staged(place, _listed(place, entries, beside), _left(folder, before, beside))


def _hub_named(folder: Path, entries: Sequence[Entry]) -> list[Entry | None]:
    """Each entry under its name on the Hub; None for a trace file that must be dealt out over the splits."""
    parts: dict[tuple[str, str], list[Entry]] = {}
    splits = {_split_of(folder, entry) for entry in entries if entry.table == "problems"}
    traces = [entry for entry in entries if entry.table == "traces"]
    deal = any(entry.note.get("split") not in splits for entry in traces)
    for entry in entries:
        if entry.table != "traces" or not deal:
            parts.setdefault((entry.table, _split_of(folder, entry)), []).append(entry)
    names = {
        entry.name: f"{table}/{split}-{at:05d}-of-{len(mine):05d}.parquet"
        for (table, split), mine in parts.items()
        for at, entry in enumerate(mine)
    }
    return [replace(entry, name=names[entry.name]) if entry.name in names else None for entry in entries]


def _split_of(folder: Path, entry: Entry) -> str:
    if entry.table == "dropped":
        return "dropped"
    split = entry.note.get("split")
    if not isinstance(split, str) or not split:
        raise ShardError(f"{folder / MANIFEST} must name the split of {entry.name}, got none")
    return split


def _dealt_traces(folder: Path, place: Path, problems: Sequence[Entry]) -> list[Entry]:
    """One trace file a problem file, with the traces of all teachers, in the order of the problems."""
    rows = joined(folder, check=False)
    made = []
    for entry in problems:
        mine = (trace for one in islice(rows, entry.rows) for trace in one.traces)
        name = entry.name.replace("problems/", "traces/", 1)
        made.append(write_shard(place, name, "traces", mine, {"split": entry.note["split"]}))
    return made


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source.resolve())


def _present(folder: Path, patterns: Sequence[str]) -> list[str]:
    """Files of the folder with these names."""
    found = (path for pattern in patterns for path in sorted(folder.glob(pattern)) if path.is_file())
    return [path.relative_to(folder).as_posix() for path in found if not path.name.startswith(".")]


def _listed(place: Path, entries: Sequence[Entry], beside: Sequence[str]) -> tuple[StagedFile, ...]:
    files = [
        StagedFile(e.name, place / e.name, e.bytes, e.sha256, e.table, str(e.note.get("split", "")), e.rows)
        for e in entries
    ]
    for name in (MANIFEST, *beside):
        source = place / name
        files.append(StagedFile(name, source, source.stat().st_size, sha256_of(source)))
    return tuple(sorted(files, key=lambda file: file.path))


def _left(folder: Path, entries: Sequence[Entry], beside: Sequence[str]) -> tuple[str, ...]:
    taken = {entry.name for entry in entries} | {MANIFEST, *beside}
    every = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple(
        path.as_posix()
        for path in every
        if path.as_posix() not in taken and not any(part.startswith(".") for part in path.parts)
    )


def first_row(file: StagedFile, place: Path) -> dict[str, object] | None:
    """The first row of a staged Parquet file, None where it has none."""
    entry = Entry(file.path, file.table, file.rows, file.bytes, file.sha256)
    return next(read_shard(place, entry, batch=1), None)
