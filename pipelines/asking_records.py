"""What the teachers of a build came to: which of their files count, in which order, and a record of each teacher.

A file of traces counts while its mark is that of today's recipe. `teachers.json` is written last: while it names
every teacher of the recipe, with nothing undone, there is nothing to ask.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verimill.data_cards.pass_rates import measure
from verimill.pipelines.manifest import Entry, read_manifest, rewrite
from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.portions import Portion
from verimill.pipelines.teachers.session import Asked
from verimill.schemas.recipes import Recipe
from verimill.schemas.teachers import TeacherEntry

RECORD = "teachers.json"
FOLDER = "asked"
IDENTITY = "teacher.json"
CARD = "README.md"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A teacher after a run; `came` are the portions of this run alone."""

    entry: TeacherEntry
    folder: Path
    portions: Sequence[Portion]
    budget: Budget
    sampling: Mapping[str, Any]
    came: Sequence[Asked]


def standing_records(recipe: Recipe, out: Path) -> list[dict[str, Any]] | None:
    """What each teacher of the recipe came to; None where one of them has something to do."""
    path = out / RECORD
    if not recipe.teachers:
        return [] if not path.exists() else None
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    wanted = [(teacher.name, teacher.shaping) for teacher in recipe.teachers]
    if [(one["teacher"], one["shaping"]) for one in found] != wanted:
        return None
    if any(one["undone"] or one["bugs"] for one in found):
        return None
    files = [(out / entry.name, entry.bytes) for entry in read_manifest(out) if "teacher" in entry.note]
    if any(not file.exists() or file.stat().st_size != size for file, size in files):
        return None
    return list(found)


def mark(recipe: Recipe, teacher: TeacherEntry) -> str:
    """What a file of the teacher's traces must be marked with to count."""
    return hashlib.blake2b(f"{recipe.digest} {teacher.shaping}".encode(), digest_size=8).hexdigest()


def stands(entry: Entry, marks: Mapping[str, str]) -> bool:
    """Whether a teacher's file is one of today's recipe."""
    return entry.note.get("asked") is not None and entry.note["asked"] == marks.get(str(entry.note["teacher"]))


def file_of(portions: Sequence[Portion], teacher: TeacherEntry, portion: Portion) -> str:
    """The name of a portion's file."""
    of = sum(one.split == portion.split for one in portions)
    return f"traces/{portion.split}-{teacher.name}-{portion.number:05d}-of-{of:05d}.parquet"


def settle(out: Path, teachers: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The manifest is in order, and the records of all teachers are on disk and returned."""
    rewrite(out, _ordered(read_manifest(out), teachers))
    if not teachers:
        (out / RECORD).unlink(missing_ok=True)
        return []
    files = read_manifest(out)
    known = {}
    if any(entry.note.get("teacher") and entry.rows for entry in files):
        known = {one.teacher: one for one in measure(out).teachers}
    records = []
    for teacher in teachers:
        measured = known.get(teacher.entry.name)
        counts = {"samples": measured.samples, "right": measured.right} if measured else {"samples": 0, "right": 0}
        records.append(
            _record(teacher, [one for one in files if one.note.get("teacher") == teacher.entry.name]) | counts
        )
    temporary = out / f".tmp-{RECORD}"
    temporary.write_text(json.dumps(records, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    temporary.replace(out / RECORD)
    return records


def _ordered(entries: Sequence[Entry], teachers: Sequence[Outcome]) -> list[Entry]:
    """Problems, then the oracle's traces, then each teacher's in the order of the recipe, then what was dropped."""
    place = {teacher.entry.name: at for at, teacher in enumerate(teachers)}
    file = {file_of(t.portions, t.entry, p): at for t in teachers for at, p in enumerate(t.portions)}

    def rank(entry: Entry) -> tuple[int, int, int]:
        if "teacher" in entry.note:
            return 1, place[str(entry.note["teacher"])], file[entry.name]
        return (2 if entry.table == "dropped" else 0), 0, 0

    return sorted(entries, key=rank)


def _record(teacher: Outcome, files: Sequence[Entry]) -> dict[str, Any]:
    """What is known of a teacher afterwards; rows and what is undone are those of the files in the dataset."""
    path = teacher.folder / IDENTITY
    identity = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    entry, budget = teacher.entry, teacher.budget
    return {
        **identity,
        "teacher": entry.name,
        "shaping": entry.shaping,
        "sampling": dict(teacher.sampling),
        "budget": {"name": budget.name, "k": budget.k, "cap": budget.cap, "wanted": budget.wanted},
        "seed": entry.seed,
        "problems": sum(portion.problems for portion in teacher.portions),
        "rows": sum(one.rows for one in files),
        "undone": sum(int(one.note.get("undone", 0)) for one in files) + len(teacher.portions) - len(files),
        "bugs": [bug for asked in teacher.came for bug in asked.written.bugs][:20],
        "spare": sum(asked.written.spare for asked in teacher.came),
        "shortfalls": budget.shortfalls(),
    }
