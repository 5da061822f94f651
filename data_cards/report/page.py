"""`write_report` leaves one HTML file that needs no network: its style, its script and its data stand inside.

What models wrote is data: it stands in a JSON block in which no tag can be closed, is put on the page as text and never
as markup, and a content policy lets the browser run the one script whose hash it names.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verimill import __version__
from verimill.data_cards.folder import FolderError, read_recipe
from verimill.data_cards.report import choosing, counting, reading

PAGE = "report.html"
SAMPLES = 400
MAX_BYTES = 16_000_000
SCRIPTS = ("elements.js", "charts.js", "counts.js", "samples.js", "page.js")


def write_report(
    folder: Path | str, out: Path | str | None = None, traces: Sequence[Path | str] = (), samples: int = SAMPLES
) -> Path:
    """The page of the dataset in `folder` stands at `out`, `folder`/report.html by default; its path is returned.

    `traces` are further folders with traces of the same problems. Raises FolderError where a folder is not whole.
    """
    if samples < 0:
        raise ValueError(f"samples must be at least 0, got {samples}")
    target = Path(out) if out is not None else Path(folder) / PAGE
    text = render(gathered(folder, traces, samples))
    try:
        temporary = target.with_name(f".tmp-{target.name}")
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, target)
    except OSError as error:
        raise FolderError(f"cannot write {target}: {error.strerror}") from None
    return target


def gathered(folder: Path | str, traces: Sequence[Path | str] = (), samples: int = SAMPLES) -> dict[str, Any]:
    """All that the page shows, as JSON values."""
    found = reading.sources([folder, *traces])
    lines = reading.problems(found)
    told = counting.counts(found, lines)
    rows, full = choosing.chosen(found, lines, told, samples, MAX_BYTES - len(json.dumps(told)))
    title, version = _title(Path(folder)), f"verimill {__version__}"
    return {
        "title": title, "made_by": version, "counts": told, "samples": rows,
        "all": {"problems": lines.height, "traces": sum(source.file.rows for source in reading.of(found, "traces"))},
        "limits": {"samples": samples, "traces": choosing.TRACES, "characters": choosing.MAX_TEXT,
                   "bytes": MAX_BYTES, "full": full},
    }  # fmt: skip


def _title(folder: Path) -> str:
    import yaml

    text = read_recipe(folder)
    recipe = yaml.safe_load(text) if text else None
    told = recipe if isinstance(recipe, dict) else {}
    return str(told.get("title") or told.get("name") or folder.resolve().name)


def render(data: dict[str, Any]) -> str:
    """The page as text."""
    style = _part("page.css")
    script = "(() => {\n'use strict';\n" + "\n".join(_part(name) for name in SCRIPTS) + "\n})();\n"
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    values = {
        "POLICY": policy,
        "TITLE": html.escape(data["title"]),
        "STYLE": style,
        "DATA": _embedded(data),
        "SCRIPT": script,
    }
    return re.sub(r"\[\[([A-Z]+)\]\]", lambda place: values[place[1]], _part("page.html"))


def _embedded(data: dict[str, Any]) -> str:
    """JSON in which no character can end the block that it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text.encode("utf-8", "replace").decode()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
