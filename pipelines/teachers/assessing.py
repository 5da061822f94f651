"""What a reply is like beyond right or wrong: its steps, where the answer first stood, reflection, repetition.

`assess` is a pure function of the problem and the texts, never raises and looks at a bounded part of any text. It
is run in the judges' worker processes, whose limits hold for it too; a crash in here is our bug and said so.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from verimill.schemas.text import plain, words
from verimill.verifiers.claims import REFLECTION, WRONG, Path, read_path, sentences
from verimill.verifiers.judge import Case, judge_text, read_case

MAX_TEXT = 262_144  # characters of reasoning and reply together that are looked at
MAX_UNITS = 64  # stretches of text that are judged in search of the first right answer
SHOWN = 5  # wrong claims that are kept with their reasons


class Assessment(NamedTuple):
    """The columns of traces that a path fills; `particulars` go into its provenance, under `path`."""

    steps_checked: int | None
    steps_wrong: int | None
    first_wrong_step: int | None
    particulars: Mapping[str, Any]


def assess(verification: str, reasoning: str, response: str, right: str | None = None) -> Assessment:
    """All that is told of a reply besides its verdict. `right` is a right answer as text, where one is known.

    `steps_wrong` counts claims that are false or that nothing said so far leads to.
    """
    text = f"{reasoning}\n{response}"[:MAX_TEXT]
    try:
        case = read_case(verification)
        path = read_path(case, text, right)
        told = {**_steps(path), **style(text), "first_right": first_right(case, text, right)}
    except Exception as error:  # our bug, whatever it is: the row keeps its verdict and says so
        return Assessment(None, None, None, {"bug": f"{type(error).__name__}: {str(error)[:200]}"})
    told = {name: value for name, value in told.items() if value is not None}
    if path is None or not path.checked:
        return Assessment(None, None, None, told)
    return Assessment(path.checked, path.wrong, path.first_wrong, told)


def _steps(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    wrong = [claim for claim in path.claims if claim.verdict in WRONG][:SHOWN]
    return {
        "claims": path.counts(),
        "failed_steps": round(path.failed, 4),
        "backtracks": path.backtracks,
        "wrong": [[claim.line, claim.text[:80], claim.verdict, claim.reason[:80]] for claim in wrong] or None,
        "cut": path.cut or None,
    }


def style(text: str) -> dict[str, Any]:
    """Shares of reflecting sentences and repeated lines, compressed size over size, letters by script."""
    told = [sentence for _, sentence in sentences(text)]
    lines = [line for line in map(str.strip, text.split("\n")) if len(line) >= 10]
    raw = text.encode("utf-8", "replace")
    return {
        "reflection": round(sum(REFLECTION.search(s) is not None for s in told) / len(told), 4) if told else 0.0,
        "repeated_lines": round(1 - len(set(lines)) / len(lines), 4) if lines else 0.0,
        "compression": round(len(zlib.compress(raw, 1)) / len(raw), 4) if len(raw) >= 200 else None,
        "scripts": _scripts(text),
    }


_RANGES = (
    ("latin", 0x41, 0x24F), ("greek", 0x370, 0x3FF), ("cyrillic", 0x400, 0x52F), ("hebrew", 0x590, 0x5FF),
    ("arabic", 0x600, 0x6FF), ("devanagari", 0x900, 0x97F), ("thai", 0xE00, 0xE7F), ("kana", 0x3040, 0x30FF),
    ("han", 0x3400, 0x9FFF), ("hangul", 0xAC00, 0xD7AF),
)  # fmt: skip


def _scripts(text: str) -> dict[str, float] | None:
    """Shares of the letters by script; None where all are Latin."""
    if text.isascii():
        return None
    found: Counter[str] = Counter()
    for letter, count in Counter(text).items():
        if letter.isalpha():
            point = ord(letter)
            found[next((name for name, low, high in _RANGES if low <= point <= high), "other")] += count
    total = sum(found.values())
    shares = {name: round(count / total, 4) for name, count in sorted(found.items())}
    return shares if set(shares) - {"latin"} else None


def first_right(case: Case, text: str, right: str | None) -> float | None:
    """Where the first right answer ends, as a share of the text; None where none was found."""
    at = first_right_end(case, text, right)
    return None if at is None else round(at / len(text), 4)


def first_right_end(case: Case, text: str, right: str | None) -> int | None:
    """The place in the text where the first right answer ends; None where none was found.

    The family's own reader is run on every paragraph (for a grid) or line that holds all the words of `right`.
    """
    if right is None or not text.strip():
        return None
    wanted = set(words(plain(right).lower()))
    at = judged = 0
    for unit in text.split("\n\n" if case.codec.shape == "block" else "\n"):
        at = min(len(text), at + len(unit) + (2 if case.codec.shape == "block" else 1))
        if not wanted <= set(words(plain(unit).lower())):
            continue
        judged += 1
        if judge_text(case, unit).outcome == "right":
            return at
        if judged >= MAX_UNITS:
            break
    return None
