"""What was found of a dataset in benchmarks, kept beside it in `overlap.json` for the card; it holds for those rows.

A record that is of other rows counts as none: the card then says that nothing was checked.
"""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from verimill.data_cards.figures import Figures
from verimill.data_cards.folder import FolderError
from verimill.data_cards.markdown import count, inline, table

FILE = "overlap.json"
NOT_CHECKED = "not checked"
LAYERS = ("canonical", "exact", "gram")
_NUMBERS = ("items", "blind", "rows", *LAYERS)


def rows_digest(canonical: array[int]) -> str:
    """A hash of the problems, whatever their order: of the eight bytes of each one's canonical key."""
    import numpy as np

    return hashlib.blake2b(np.sort(np.frombuffer(canonical, dtype=np.uint64)).tobytes(), digest_size=16).hexdigest()


def record(folder: Path, canonical: array[int], found: Sequence[Mapping[str, Any]]) -> Path:
    """`overlap.json` holds these benchmarks, and those found before of the same rows."""
    path, digest = folder / FILE, rows_digest(canonical)
    kept = {one["benchmark"]: dict(one) for one in [*_read(path, digest), *found]}
    data = {"rows": digest, "benchmarks": [kept[name] for name in sorted(kept)]}
    temporary = path.with_name(f".tmp-{FILE}")
    try:
        temporary.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise FolderError(f"cannot write {path}: {error.strerror}") from None
    return path


def _read(path: Path, digest: str) -> list[Mapping[str, Any]]:
    """The benchmarks of a record of these rows; none where there is no such record. FolderError where it is damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        found = [dict(one) for one in data["benchmarks"]] if data["rows"] == digest else []
        if not all(isinstance(one["benchmark"], str) and isinstance(one["why_not"], str) for one in found):
            raise TypeError
        if not all(type(one[name]) is int for one in found for name in _NUMBERS):
            raise TypeError
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError):
        raise FolderError(
            f"{path} is no record of `verimill decontaminate --record`; remove it or make it again"
        ) from None
    return list(found)


def of(folder: Path, figures: Figures) -> list[Mapping[str, Any]]:
    """What is known of the overlap of these rows; empty where nothing was checked."""
    return _read(folder / FILE, rows_digest(figures.canonical))


def section(found: Sequence[Mapping[str, Any]]) -> str:
    """The card's words: a line a benchmark, or that nothing was checked."""
    if not found:
        return f"Public benchmarks: {NOT_CHECKED}."
    lines = []
    for one in found:
        if one["why_not"]:
            lines.append([inline(one["benchmark"]), NOT_CHECKED, *[""] * 5])
        else:
            lines.append(
                [inline(one["benchmark"]), one["items"], one["rows"], *(one[layer] for layer in LAYERS), one["blind"]]
            )
    heads = ["benchmark", "items", "our rows found", "by canonical key", "by whole text", "by runs of words",
             "items compared by key only"]  # fmt: skip
    return table(heads, lines) + "\n\nA benchmark that is not named here was not checked."


def sentence(found: Sequence[Mapping[str, Any]]) -> str:
    """The same in one sentence."""
    checked = [one for one in found if not one["why_not"]]
    if not checked:
        return f"Overlap with public benchmarks: {NOT_CHECKED}."
    rows = sum(one["rows"] for one in checked)
    return f"Overlap was checked with {', '.join(one['benchmark'] for one in checked)}: {count(rows)} rows found."
