"""The counts of a build as text for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verimill.pipelines.finals import REASONS

_WHY = {
    "exhausted": "a bounded search made no problem",
    "duplicate": "the same problem, up to symmetry, was there already",
    "orphan": "an unanswerable twin whose original is a duplicate",
    "spare": "made, but no split wanted it",
}


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Aligned columns; the first stands left, the others right."""
    cells = [[f"{c:,}" if isinstance(c, int) else str(c) for c in row] for row in (head, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    return [
        "  ".join(c.ljust(w) if at == 0 else c.rjust(w) for at, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in cells
    ]


def summary_lines(summary: Mapping[str, Any], out: object, seconds: float | None = None) -> list[str]:
    """What was made, what was dropped and why, what is short."""
    splits, families = summary["splits"], summary["families"]
    rows = sum(split["rows"] for split in splits)
    took = "" if seconds is None else f" in {duration(seconds)}"
    lines = [f"{summary['recipe']}: {rows:,} problems, {summary['traces']:,} traces{took}, in {out}", ""]
    lines += table(
        ["split", "rows", "wanted", "where"], [[s["name"], s["rows"], s["wanted"], s["where"] or "-"] for s in splits]
    )
    lines.append("")
    head = ["family", "tried", "made", "kept", *REASONS]
    lines += table(head, [[name, *(counts[column] for column in head[1:])] for name, counts in families.items()])
    lines.append("")
    gone = {reason: sum(counts[reason] for counts in families.values()) for reason in REASONS}
    named = [f"  {count:,} {reason}: {_WHY[reason]}" for reason, count in gone.items() if count]
    lines += ["dropped (each named in dropped/):", *named] if named else ["nothing was dropped"]
    lines += [f"not filled: {short}" for short in summary["shortfalls"]]
    return lines


def duration(seconds: float) -> str:
    """45 s, 3 min, 2.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else "1 s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def levels_text(levels: Sequence[int]) -> str:
    """Levels as a recipe writes them: 1-6,8-9."""
    runs: list[list[int]] = []
    for level in levels:
        if runs and runs[-1][1] == level - 1:
            runs[-1][1] = level
        else:
            runs.append([level, level])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)
