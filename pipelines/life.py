"""The life of one row: where it came from, what was proved, why it is where it is, what answered it, what it cost.

Everything is read from the dataset folder: its tables, manifest, recipe and summary. What none of them says is None.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from verimill.pipelines.lookup import Found, Match, Row, find
from verimill.pipelines.manifest import Entry, ShardError, read_manifest, sha256_of
from verimill.pipelines.selections.protocol import TRACE
from verimill.pipelines.selections.writing import lost_trace
from verimill.schemas.keys import TWIN

SHORTEST = 8  # hex digits of an id that may stand for the whole
_HEX = re.compile(r"[0-9a-f]{8,32}\Z")
Life = dict[str, Any]


class NoSuchRow(ShardError):
    """No row, or more than one, goes by that name; one sentence."""


def life_of(folder: Path | str, name: str) -> Life:
    """What the folder tells about a row, as JSON values. `name` is an id (or its beginning) or a key's text.

    A key that was tried and dropped has a life too. Raises NoSuchRow, or ShardError for a damaged folder.
    """
    place = Path(folder)
    entries = read_manifest(place)
    name = name.strip()
    if _HEX.match(name):
        return _by_id(place, entries, name)
    if "@" not in name:
        raise NoSuchRow(f"a row goes by its id ({SHORTEST} hex digits or more of it) or its key, got {name!r:.80}")
    found = next(find(place, entries, "problems", "key", name), None)
    if found is not None:
        return _problem(place, entries, found, None)
    dropped = [one.row for one in find(place, entries, "dropped", "key", name)]
    if not dropped:
        raise NoSuchRow(f"{place} has no row with the key {name!r:.120}, kept or dropped")
    return _dropped(place, entries, dropped, None)


def _by_id(folder: Path, entries: Sequence[Entry], name: str) -> Life:
    hits: dict[str, tuple[str, Found]] = {}
    for table in ("problems", "traces"):
        for one in find(folder, entries, table, "id", name, Match.BEGINS):
            hits.setdefault(one.row["id"], (table, one))
    if not hits:
        held = (one.row for one in find(folder, entries, "dropped", "detail", f'"id":"{name}', Match.HOLDS))
        gone = [row for row in held if _is_trace(row)]
        if len(gone) == 1:
            return _lost_trace(folder, entries, gone[0])
    if len(hits) != 1:
        got = "none" if not hits else f"{len(hits)}: {', '.join(sorted(hits)[:3])}"
        raise NoSuchRow(f"{folder} must have one row whose id begins with {name}, got {got}")
    ((table, found),) = hits.values()
    if table == "problems":
        return _problem(folder, entries, found, None)
    problem = next(find(folder, entries, "problems", "id", found.row["problem_id"]), None)
    if problem is None:
        raise NoSuchRow(f"{folder}: trace {found.row['id']} answers {found.row['problem_id']}, which is not there")
    return _problem(folder, entries, problem, found)


# --- a problem --------------------------------------------------------------------------------------------------


def _problem(folder: Path, entries: Sequence[Entry], found: Found, trace: Found | None) -> Life:
    row = found.row
    certificate, hardness = json.loads(row["certificate"]), json.loads(row["hardness"])
    recipe = _recipe(folder)
    about = ("id", "key", "family", "family_version", "kind", "level", "style", "answer", "answerable", "checker")
    return {
        "asked_for": "trace" if trace is not None else "problem",
        "problem": {name: row[name] for name in about} | {"params": json.loads(row["params"])},
        "made": _made(folder, recipe, row),
        "certificate": certificate,
        "hardness": hardness,
        "split": _split(recipe, row, hardness),
        "group": _group(folder, entries, row),
        "traces": [_trace(one.row) for one in find(folder, entries, "traces", "problem_id", row["id"])],
        "lost_traces": [
            _lost(one.row) for one in find(folder, entries, "dropped", "key", row["key"]) if _is_trace(one.row)
        ],
        "trace": None if trace is None else _told_trace(folder, trace),
        "place": _place(folder, found),
        "rebuild": _rebuild(folder, row),
    }


def _made(folder: Path, recipe: Mapping[str, Any] | None, row: Row) -> dict[str, Any]:
    """The place of the key in its series, and what the build counted there."""
    seed, _, index = row["key"].removesuffix(TWIN).rpartition("#")[2].partition("/")
    counts: dict[str, int] | None = None
    summary: dict[str, Any] = _json(folder / "summary.json") or {}
    for cell in summary.get("levels", ()):
        if (cell["family"], cell["level"]) == (row["family"], row["level"]):
            names = ("tried", "made", "kept", "exhausted", "duplicate", "orphan", "spare")
            counts = {name: cell[name] + (counts or {}).get(name, 0) for name in names}
    return {
        "seed": seed,
        "index": int(index),
        "twin": row["key"].endswith(TWIN),
        "recipe": None if recipe is None else recipe.get("name"),
        "selected": [one.get("stage") for one in (_json(folder / "select.json") or {}).get("stages", ())],
        "verimill_version": row.get("verimill_version"),
        "series": counts,
    }


def _split(recipe: Mapping[str, Any] | None, row: Row, hardness: Mapping[str, Any]) -> dict[str, Any]:
    """What the recipe asked of the row's split, and what of it this row measures."""
    asked = next((one for one in (recipe or {}).get("splits", ()) if one.get("name") == row["split"]), None)
    told: dict[str, Any] = {"name": row["split"], "asked": asked, "measured": {}}
    if asked is not None and asked.get("where"):
        words = set(re.findall(r"[A-Za-z_]\w*", asked["where"]))
        told["measured"] = {name: value for name, value in {**hardness, "level": row["level"]}.items() if name in words}
    return told


def _group(folder: Path, entries: Sequence[Entry], row: Row) -> dict[str, Any]:
    """The row's twin, the rows with its canonical key (itself alone, in a sound dataset), and copies dropped for it."""
    key = row["key"]
    other = key.removesuffix(TWIN) if key.endswith(TWIN) else key + TWIN
    twin = _kept_or_dropped(folder, entries, other)
    same = [
        {"id": one.row["id"], "key": one.row["key"], "split": one.row["split"]}
        for one in find(folder, entries, "problems", "canonical", row["canonical"])
        if one.row["family"] == row["family"]
    ]
    copies = [one.row for one in find(folder, entries, "dropped", "detail", f"the same problem as {key}")]
    return {
        "canonical": row["canonical"],
        "rows": same,
        "twin": twin,
        "dropped_copies": [{name: one[name] for name in ("key", "reason", "detail")} for one in copies],
    }


def _kept_or_dropped(folder: Path, entries: Sequence[Entry], key: str) -> dict[str, Any] | None:
    for one in find(folder, entries, "problems", "key", key):
        return {"key": key, "id": one.row["id"], "split": one.row["split"], "answer": one.row["answer"]}
    for one in find(folder, entries, "dropped", "key", key):
        if not _is_trace(one.row):
            return {"key": key, "dropped": one.row["reason"], "detail": one.row["detail"]}
    return None


_TRACE = ("id", "teacher", "sample", "prompt_variant", "outcome", "reason", "answer_read", "finish_reason",
          "steps_checked", "steps_wrong", "first_wrong_step", "hinted", "completion_tokens",
          "verifier_version")  # fmt: skip


def _trace(row: Row) -> dict[str, Any]:
    provenance = _object(row["provenance"])
    return {name: row[name] for name in _TRACE} | {
        "verbosity": provenance.get("verbosity"),
        "characters": len(row["reasoning"]) + len(row["response"]),
        "sampling": _object(row["sampling"]),
    }


def _told_trace(folder: Path, found: Found) -> dict[str, Any]:
    told = _trace(found.row)
    told |= {"reasoning": found.row["reasoning"], "response": found.row["response"]}
    return told | {"place": _place(folder, found)}


def _place(folder: Path, found: Found) -> dict[str, Any]:
    """The row's file as the manifest has it, and whether it still is so."""
    entry = found.entry
    return {
        "file": entry.name,
        "row": found.at,
        "rows": entry.rows,
        "bytes": entry.bytes,
        "sha256": entry.sha256,
        "whole": sha256_of(folder / entry.name) == entry.sha256,
    }


def _rebuild(folder: Path, row: Row) -> list[str]:
    show = f"verimill show {shlex.quote(row['key'])}"
    style = row.get("style")
    return [f"{show} --style {shlex.quote(style)}" if style else show]


# --- what was dropped -------------------------------------------------------------------------------------------


def _dropped(folder: Path, entries: Sequence[Entry], rows: Sequence[Row], trace: dict[str, Any] | None) -> Life:
    """The life of a key that was tried and is not kept, with the traces that went with it."""
    row = next((one for one in rows if not _is_trace(one)), rows[0])
    match = re.match(r"the same problem as (\S+)\Z", row["detail"])
    return {
        "asked_for": "dropped" if trace is None else "dropped trace",
        "dropped": {name: row[name] for name in ("key", "family", "level", "reason")} | {"detail": lost_trace(row)[0]},
        "instead": _kept_or_dropped(folder, entries, match[1]) if match else None,
        "lost_traces": [_lost(one) for one in rows if _is_trace(one)],
        "trace": trace,
        "made": _made(folder, _recipe(folder), row),
        "rebuild": _rebuild(folder, row),
    }


def _lost_trace(folder: Path, entries: Sequence[Entry], row: Row) -> Life:
    """The life of a trace that a selection dropped: that of its problem, kept or not."""
    held: Row = lost_trace(row)[1] or {}
    told = _trace(held) | {"reasoning": held["reasoning"], "response": held["response"], "place": None}
    problem = next(find(folder, entries, "problems", "key", row["key"]), None)
    if problem is not None:
        life = _problem(folder, entries, problem, None)
        return life | {"asked_for": "dropped trace", "trace": told | _lost(row)}
    rows = [one.row for one in find(folder, entries, "dropped", "key", row["key"])]
    return _dropped(folder, entries, rows, told | _lost(row))


def _is_trace(row: Row) -> bool:
    return str(row["reason"]).startswith(TRACE)


def _lost(row: Row) -> dict[str, Any]:
    why, held = lost_trace(row)
    told = {name: (held or {}).get(name) for name in ("id", "teacher", "sample", "outcome")}
    return told | {"stage": row["reason"].removeprefix(TRACE), "why": why}


# --- files beside the tables ------------------------------------------------------------------------------------


def _recipe(folder: Path) -> dict[str, Any] | None:
    try:
        told = yaml.safe_load((folder / "recipe.yaml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None  # a recipe is a help here, not a need
    return told if isinstance(told, dict) else None


def _json(path: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _object(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
