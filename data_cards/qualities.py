"""Sections of the card beyond counts of rows: lengths, teachers, weaknesses that the rows themselves show, licences."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from verimill.data_cards import licences, provenance, statements
from verimill.data_cards.audit import Audit
from verimill.data_cards.figures import Figures
from verimill.data_cards.markdown import NOT_MEASURED, count, inline, share, table

_QUANTILES = (0.05, 0.5, 0.95, 0.99)
_WHAT = {"prompt": "prompt, characters", "reasoning": "reasoning, characters", "reply": "reply, characters",
         "tokens": "completion, tokens"}  # fmt: skip


def of(figures: Figures, audited: Audit, recipe: Mapping[str, Any], title: str) -> dict[str, Any]:
    """What the template asks for of these sections."""
    return {
        "lengths": _lengths(figures),
        "teachers": _teachers(figures),
        "shortcuts": _shortcuts(figures),
        "weaknesses": _bullets(_weaknesses(figures)),
        "audit": _audit(audited),
        "uses": _bullets(statements.USES),
        "not_for": _bullets(statements.NOT_FOR),
        "collection": statements.COLLECTION,
        "annotation": statements.ANNOTATION,
        "people": statements.PEOPLE,
        "care": statements.CARE,
        "licences": table(
            ["part", "licence"], [_licence(*part) for part in licences.parts(recipe, figures.teachers)], 2
        ),
        "citation": f"{title}. Made with verimill {max(figures.versions)}"
        + (f", recipe {inline(str(recipe['name']))}" if recipe.get("name") else "")
        + f", seed {', '.join(sorted(figures.seeds)[:5])}.",
    }


def _licence(part: str, licence: str) -> list[str]:
    return [inline(part) if "<" in part or "`" in part else part, licence]


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _lengths(figures: Figures) -> str:
    order = {name: at for at, name in enumerate(_WHAT)}
    teachers = {name: at for at, name in enumerate(("", *figures.teachers))}
    lines = []
    for what, teacher in sorted(figures.sizes, key=lambda key: (order[key[0]], teachers[key[1]])):
        values = figures.sizes[what, teacher]
        lines.append([_WHAT[what], inline(teacher) if teacher else "", len(values), *_cuts(values)])
    if not any(what == "tokens" for what, _ in figures.sizes):
        lines.append([_WHAT["tokens"], "", 0, *[NOT_MEASURED] * (len(_QUANTILES) + 1)])
    return table(["what", "of", "rows", *(f"{100 * q:.0f} %" for q in _QUANTILES), "most"], lines, left=2)


def _cuts(values: array[int]) -> list[int]:
    """The least value that so much of all does not exceed, for each quantile, and the greatest."""
    import numpy as np

    ordered = np.sort(np.frombuffer(values, dtype=np.uint32))
    places = [max(0, -(-round(q * 1000) * len(ordered) // 1000) - 1) for q in _QUANTILES]
    return [int(ordered[at]) for at in (*places, len(ordered) - 1)]


def _teachers(figures: Figures) -> str:
    asked = [name for name in figures.teachers if name != "oracle"]
    if not asked:
        return (
            "No model was asked. The only teacher is the oracle, our own solver: exact arithmetic on a CPU, without "
            "precision, sampling or hardware to report."
            if figures.teachers
            else "This dataset has no traces."
        )
    rows = {name: figures.rows_of(name) for name in asked}
    ends = {name: {end: n for (who, end), n in figures.finishes.items() if who == name} for name in asked}
    lines: list[list[Any]] = [
        ["traces", *(count(rows[name]) for name in asked)],
        *provenance.lines_of(figures.facts, asked, rows),
        [
            "ended by",
            *("; ".join(f"{inline(e)} {share(n, rows[t])}" for e, n in sorted(ends[t].items())) for t in asked),
        ],
        ["helped by a hint or a right beginning", *(share(figures.hints[name], rows[name]) for name in asked)],
        ["right answer, wrong path", *(share(figures.wrong_path[name], _right(figures, name)) for name in asked)],
    ]
    told = table(["what", *map(inline, asked)], lines, left=1 + len(asked))
    return f"As the rows' own `provenance` and `sampling` say it:\n\n{told}"


def _right(figures: Figures, teacher: str) -> int:
    return sum(n for (name, _, outcome), n in figures.traces.items() if name == teacher and outcome == "right")


def _shortcuts(figures: Figures) -> str:
    lines = []
    for family in figures.families:
        problems, different, most = figures.constant(family)
        lines.append([family, problems, different, most, share(most, problems)])
    return table(["family", "problems", "different answers", "the most frequent", "of all"], lines)


def _weaknesses(figures: Figures) -> list[str]:
    traces = sum(figures.trace_rows.values())
    outcomes = {o: sum(n for (*_, got), n in figures.traces.items() if got == o) for o in ("unreadable", "truncated")}
    wrong = sum(figures.steps_wrong.values())
    unchecked = traces - sum(spread.count for spread in figures.steps.values())
    finders = "a second solver and the audit below" if figures.recounts else "the audit below"
    lines = [
        f"Problems that are another one up to symmetry or relabelling: {count(figures.problems - figures.distinct)}.",
        f"Problems whose stored answer the judge did not find right: {count(figures.problems - figures.right)}.",
    ]
    if not traces:
        return [*lines, f"Traces: {NOT_MEASURED}, there are none."]
    return [
        *lines,
        f"Traces without steps that were checked: {count(unchecked)} of {count(traces)}; of the others, steps that do "
        f"not follow: {count(wrong)}.",
        f"Traces cut off before an answer: {count(outcomes['truncated'])}; without a readable answer: "
        f"{count(outcomes['unreadable'])}.",
        f"Traces that repeat the text of another trace of the same problem: {count(figures.repeated)}. Likeness short "
        f"of that: {NOT_MEASURED}.",
        f"Rows mislabelled by the judge itself, beyond what {finders} found: {NOT_MEASURED}.",
    ]  # fmt: skip


def _audit(audited: Audit) -> str:
    if not audited.problems:
        return f"The judge on near misses: {NOT_MEASURED}; this verimill has other versions of the families."
    others = f" {count(audited.others)} problems are of other versions: {NOT_MEASURED}." if audited.others else ""
    return (
        f"On {count(audited.problems)} of these problems the judge was asked again: {count(audited.refused)} of "
        f"{count(audited.misses)} near misses (wrong answers that break one rule, or are not the best) were refused, "
        f"and {count(audited.taken)} of {count(audited.dressed)} right answers in other dress were found right.{others}"
    )
