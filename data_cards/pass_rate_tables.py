"""The metrics of teachers as Markdown: the calibration table, Pass@k, tokens, agreement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from verimill.data_cards.estimates import Estimate
from verimill.data_cards.markdown import NOT_MEASURED, table
from verimill.data_cards.pass_rates import Metrics, Row, measure

NONE = "–"
_INTRODUCTION = (
    "Each sample was judged as above; samples that were helped count nowhere here. Intervals are 95 %. CoT-pass wants "
    "a right answer whose checked steps all follow. Variation is the standard deviation of a problem's verdicts by "
    "their mean, over the problems that were passed at least once."
)


def markdown(metrics: Metrics, heading: str = "##") -> str:
    """All tables under their headings; intervals are 95 %."""
    parts = [
        ("Pass rates", calibration(metrics.rows)),
        ("Pass@k and CoT-Pass@k", _passes(metrics.rows)),
        ("Paths and lengths", _paths(metrics.rows)),
        ("Teachers side by side", _teachers(metrics)),
    ]
    parts += [("Agreement", _pairs(metrics))] if metrics.pairs else []
    return "\n\n".join(f"{heading} {title}\n\n{text}" for title, text in parts) + "\n"


def section(folder: Path | str, teachers: Sequence[str]) -> str:
    """The card's part on pass rates, counted from the rows of the folder."""
    metrics = measure(folder) if set(teachers) - {"oracle"} else None
    if metrics is None or not metrics.rows:
        return f"Pass rates of models: {NOT_MEASURED}."
    return f"{_INTRODUCTION}\n\n{markdown(metrics, '###').rstrip()}"


def _teachers(metrics: Metrics) -> str:
    heads = ("teacher", "problems", "samples", "right", "mean variation", "length by effort", "length by level")
    lines = [
        (t.teacher, t.problems, t.samples, t.right, _number(t.variation), _number(t.length_effort),
         _number(t.length_level))
        for t in metrics.teachers
    ]  # fmt: skip
    return f"{table(heads, lines)}\n\nCorrelations are Spearman's, between problems."


def _pairs(metrics: Metrics) -> str:
    lines = [
        (p.first, p.second, p.problems, _number(p.correlation), _percent(p.both_right), _percent(p.same_majority),
         _number(p.kappa))
        for p in metrics.pairs
    ]  # fmt: skip
    heads = ("teacher", "and", "problems", "correlation of pass rates", "both right", "same majority", "kappa")
    return f"{table(heads, lines, left=2)}\n\nA problem counts as right where more than half of its samples are."


def calibration(rows: Sequence[Row]) -> str:
    """Family and level down, teachers across: pass rate with its interval."""
    teachers = sorted({row.teacher for row in rows})
    cells = {(row.family, row.level, row.teacher): row for row in rows}
    lines = []
    for family, level in sorted({(row.family, row.level) for row in rows}):
        found = [cells.get((family, level, teacher)) for teacher in teachers]
        lines.append((family, level or "knobs", *[_interval(row.pass_rate) if row else NONE for row in found]))
    return table(("family", "level", *teachers), lines)


def _passes(rows: Sequence[Row]) -> str:
    ks = sorted({k for row in rows for k in row.pass_at})
    heads = ["family", "level", "teacher", *[name for k in ks for name in (f"pass@{k}", f"CoT-pass@{k}")]]
    lines = []
    for row in sorted(rows, key=lambda r: (r.family, r.level, r.teacher)):
        values = [_interval(found.get(k)) for k in ks for found in (row.pass_at, row.path_pass_at)]
        lines.append((row.family, row.level or "knobs", row.teacher, *values))
    return table(heads, lines)


def _paths(rows: Sequence[Row]) -> str:
    heads = ("family", "level", "teacher", "samples", "right answer, wrong path", "right, no claims", "mixed problems",
             "variation", "failed steps", "first right answer", "tokens", "tokens a right one")  # fmt: skip
    lines = [
        (row.family, row.level or "knobs", row.teacher, row.samples, _interval(row.wrong_path), row.without_path,
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
