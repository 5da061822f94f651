"""A page for each family, made from the family itself: knobs, measured levels, problems with all that belongs to them.

The pages are a pure function of the family's code, so a test tells whether one is out of date.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from verimill.data_cards.cards import require_report
from verimill.data_cards.examples import refused
from verimill.data_cards.markdown import fence, inline, number, table
from verimill.data_cards.templates import fill
from verimill.pipelines.certificates import maker_of
from verimill.pipelines.rows import Problem, oracle_trace, series, unanswerable_twin
from verimill.schemas.core import LEVELS, Codec
from verimill.schemas.families import codec, locate, names
from verimill.schemas.keys import level_params
from verimill.schemas.knobs import knobs
from verimill.schemas.rows import compact
from verimill.schemas.values import dump
from verimill.verifiers.judge import judge_of

SEED = "gallery"
SAMPLE = 20  # problems of each level that are measured
SHOWN = (2, 5, 8)  # levels of the problems on the page
STEPS = 30  # lines of a trace that are shown


def write_pages(out: Path | str, families: Sequence[str] | None = None) -> Iterator[Path]:
    """The pages stand in `out`, and with all families an index too; each path is given when it is written."""
    require_report()
    out, chosen = Path(out), tuple(families or names())
    for family in chosen:
        codec(family)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for family in chosen:
            path = out / f"{family}.md"
            path.write_text(page(family), encoding="utf-8")
            yield path
        if not families:
            path = out / "README.md"
            path.write_text(index(), encoding="utf-8")
            yield path
    except OSError as error:
        raise ValueError(f"cannot write to {out}: {error.strerror}") from None


def index() -> str:
    """The list of all families, by kind."""
    parts = ["# The families\n\n<!-- Written by `verimill gallery`; do not edit. -->"]
    every = [codec(family) for family in names()]
    for kind in dict.fromkeys(sorted(code.kind for code in every)):
        rows = [
            [f"[{code.family}]({code.family}.md)", code.checker.replace("_", " "), _statuses(code), _docstring(code)[0]]
            for code in every
            if code.kind == kind
        ]
        parts.append(f"## {kind}\n\n" + table(["family", "checker", "unanswerable", "what it asks"], rows, left=4))
    return "\n\n".join(parts) + "\n"


def page(family: str) -> str:
    """The family's page."""
    code = codec(family)
    about, notes = _docstring(code)
    told: list[str] = []
    problems = [_shown(code, level, told) for level in SHOWN]
    return fill(
        "family.md.j2",
        title=code.title,
        about=about,
        facts=_facts(code),
        rules=", ".join(f"`{rule.name}`" for rule in judge_of(family).rules),
        knobs=_knobs(code),
        sample=SAMPLE,
        ladder=_ladder(code),
        problems=problems,
        twin=_twin(code),
        no_twin="No problem of this family can be without an answer, or have more than one.",
        notes=fence(notes) if notes else "",
    )


def _docstring(code: Codec[Any, Any, Any]) -> tuple[str, str]:
    """First line and the rest of the docstring of the family's schema file."""
    text = inspect.getdoc(importlib.import_module(locate(code.family, "schemas"))) or code.title
    first, _, rest = text.partition("\n")
    return first.strip(), rest.strip("\n")


def _statuses(code: Codec[Any, Any, Any]) -> str:
    return " or ".join(code.unanswerable) or "-"


def _facts(code: Codec[Any, Any, Any]) -> str:
    face = maker_of(code.family).face
    rows = [
        ["name", f"`{code.family}`, version {code.version}, kind {code.kind}"],
        ["checker", code.checker.replace("_", " ")],
        ["prompts", f"{len(face.wordings)} wordings; layouts {', '.join(face.layouts)}"],
        ["unanswerable twins", _statuses(code)],
        ["best constant answer", f"right on less than {100 * code.constant_bar:g} %"],
    ]
    return table(["what", "value"], rows, left=2)


def _knobs(code: Codec[Any, Any, Any]) -> str:
    values = [dump(level_params(code.family, level)) for level in LEVELS]
    rows = []
    for knob in knobs(code.params):
        at = [_word(one[knob.name]) for one in values]
        rows.append([f"`{knob.name}`", knob.type, _word(knob.default),
                     at[0] if len(set(at)) == 1 else " ".join(at), knob.doc])  # fmt: skip
    return table(["knob", "type", "default", "levels 1 to 10", "meaning"], rows, left=5)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _ladder(code: Codec[Any, Any, Any]) -> str:
    maker, rows = maker_of(code.family), []
    for level in LEVELS:
        measured = [problem.hardness for problem in series(code.family, level, SEED, 0, SAMPLE)]
        mean = {name: sum(one[name] for one in measured) / len(measured) for name in ("tier", "steps", "effort")}
        efforts = [one["effort"] for one in measured]
        capacity = int(maker.capacity(level_params(code.family, level)))
        rows.append([level, f"{mean['tier']:.2f}", number(round(mean["steps"], 1)), number(round(mean["effort"], 1)),
                     f"{number(min(efforts))} to {number(max(efforts))}", f"1e{capacity}"])  # fmt: skip
    return table(["level", "mean tier", "mean steps", "mean effort", "effort", "distinct"], rows)


def _shown(code: Codec[Any, Any, Any], level: int, told: list[str]) -> dict[str, Any]:
    """One problem with its answer, its steps and a refused answer that breaks another rule than those told."""
    problem = next(series(code.family, level, SEED, 0, 50))
    trace = oracle_trace(problem, "brief")
    if trace is None:
        raise ValueError(f"{problem.key} must have a trace")
    miss = refused(problem.row(), told)
    if miss is not None:
        told.append(miss.rule)
    lines = trace.reasoning.split("\n")
    more = [f"... and {len(lines) - STEPS} more lines"] if len(lines) > STEPS else []
    hardness = ", ".join(f"{name} {number(problem.hardness[name])}" for name in ("tier", "steps", "search", "effort"))
    return {
        "level": level,
        "head": f"`verimill show '{problem.key}'`: {hardness}. Proved: {_proved(problem)}",
        "prompt": fence(problem.prompt),
        "answer": fence(problem.answer),
        "trace_head": f"The {trace.steps_checked} steps that the answer needs, each derived again by the judge:",
        "trace": fence("\n".join([*lines[:STEPS], *more])),
        "refused": fence(miss.answer) if miss else "",
        "reason": inline(miss.reason) if miss else "",
    }


def _proved(problem: Problem) -> str:
    return inline(compact(problem.certificate))


def _twin(code: Codec[Any, Any, Any]) -> dict[str, str] | None:
    if not code.unanswerable:
        return None
    for problem in series(code.family, 2, SEED, 0, 50):
        twin = unanswerable_twin(problem)
        if twin is not None:
            return {
                "head": f"`verimill show '{twin.key}'`",
                "prompt": fence(twin.prompt),
                "answer": f"`{twin.answer}`",
                "certificate": _proved(twin),
            }
    return None
