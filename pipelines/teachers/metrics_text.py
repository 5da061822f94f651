"""The metrics of teachers as Markdown: the calibration table, Pass@k, tokens, agreement."""

from __future__ import annotations

from collections.abc import Sequence

from verimill.data_cards.markdown import table
from verimill.pipelines.teachers.estimates import Estimate
from verimill.pipelines.teachers.metrics import Metrics, Row

NONE = "–"


def markdown(metrics: Metrics) -> str:
    """All tables under their headings; intervals are 95 %."""
    parts = [f"## Pass rates\n\n{calibration(metrics.rows)}", f"## Pass@k and CoT-Pass@k\n\n{_passes(metrics.rows)}"]
    parts.append(f"## Paths and lengths\n\n{_paths(metrics.rows)}")
    heads = ("teacher", "problems", "samples", "right", "length by effort", "length by level")
    lines = [
        (t.teacher, t.problems, t.samples, t.right, _number(t.length_effort), _number(t.length_level))
        for t in metrics.teachers
    ]
    parts.append(f"## Teachers\n\n{table(heads, lines)}\n\nCorrelations are Spearman's, between problems.")
    if metrics.pairs:
        pair_lines = [
            (p.first, p.second, p.problems, _number(p.correlation), _percent(p.same_majority)) for p in metrics.pairs
        ]
        pair_heads = ("teacher", "and", "problems", "correlation of pass rates", "same majority")
        parts.append(f"## Agreement\n\n{table(pair_heads, pair_lines, left=2)}")
    return "\n\n".join(parts) + "\n"


def calibration(rows: Sequence[Row]) -> str:
    """Family and level down, teachers across: pass rate with its interval."""
    teachers = sorted({row.teacher for row in rows})
    cells = {(row.family, row.level, row.teacher): row for row in rows}
    lines = []
    for family, level in sorted({(row.family, row.level) for row in rows}):
        found = [cells.get((family, level, teacher)) for teacher in teachers]
        lines.append((family, level or NONE, *[_interval(row.pass_rate) if row else NONE for row in found]))
    return table(("family", "level", *teachers), lines)


def _passes(rows: Sequence[Row]) -> str:
    ks = sorted({k for row in rows for k in row.pass_at})
    heads = ["family", "level", "teacher", *[name for k in ks for name in (f"pass@{k}", f"CoT-pass@{k}")]]
    lines = []
    for row in sorted(rows, key=lambda r: (r.family, r.level, r.teacher)):
        values = [_interval(found.get(k)) for k in ks for found in (row.pass_at, row.path_pass_at)]
        lines.append((row.family, row.level or NONE, row.teacher, *values))
    return table(heads, lines)


def _paths(rows: Sequence[Row]) -> str:
    heads = ("family", "level", "teacher", "samples", "right answer, wrong path", "right, no claims", "mixed problems",
             "variation", "failed steps", "first right answer", "tokens", "tokens a right one")  # fmt: skip
    lines = [
        (row.family, row.level or NONE, row.teacher, row.samples, _interval(row.wrong_path), row.without_path,
         _percent(row.mixed), _number(row.variation), _percent(row.failed_steps), _percent(row.first_right),
         _count(row.tokens), _count(row.tokens_per_right))
        for row in sorted(rows, key=lambda r: (r.family, r.level, r.teacher))
    ]  # fmt: skip
    return table(heads, lines)


def _interval(estimate: Estimate | None) -> str:
    if estimate is None:
        return NONE
    return f"{100 * estimate.value:.1f} % ({100 * estimate.low:.0f} to {100 * estimate.high:.0f})"


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.1f} %"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _count(value: float | None) -> str:
    return NONE if value is None else f"{value:,.0f}"
