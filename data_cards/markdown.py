"""Markdown as the cards and the gallery write it, and numbers as they print them."""

from __future__ import annotations

import html
from collections.abc import Sequence

NOT_MEASURED = "not measured"


def count(value: int) -> str:
    """1,234."""
    return f"{value:,}"


def number(value: float) -> str:
    """Three significant digits or more, without a trailing zero."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def share(part: int, whole: int) -> str:
    """12.3 %."""
    return f"{100 * part / whole:.1f} %" if whole else NOT_MEASURED


def size(value: int) -> str:
    """Bytes for a person."""
    return f"{value / 1e6:.1f} MB" if value >= 1_000_000 else f"{value / 1e3:.1f} kB"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], left: int = 1) -> str:
    """A table; the first `left` columns stand left, the others right."""
    lines = [heads, ["---" if at < left else "---:" for at in range(len(heads))], *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return " ".join(text.replace("|", "\\|").split())


def fence(text: str, language: str = "text") -> str:
    """The text as a code block, whatever backquotes it holds."""
    ticks = "```"
    while ticks in text:
        ticks += "`"
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


def inline(text: str) -> str:
    """One line of text that Markdown shows as it is."""
    flat = " ".join(text.split())
    return f"`{flat}`" if "`" not in flat else html.escape(flat)


def levels(values: Sequence[int]) -> str:
    """1-6, 8-9."""
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and runs[-1][1] == value - 1:
            runs[-1][1] = value
        else:
            runs.append([value, value])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)
