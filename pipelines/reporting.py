"""What a build tells the person who ran it: the forecast before, the summary after, the exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from verimill.data_cards.posterior import wilson
from verimill.pipelines.asking_records import standing_records
from verimill.pipelines.build import keep_recipe, standing
from verimill.pipelines.forecast import forecast, forecast_lines
from verimill.pipelines.manifest import ShardError
from verimill.pipelines.selections.running import Report
from verimill.pipelines.summary import summary_lines, table
from verimill.schemas.recipes import Recipe
from verimill.schemas.rows import compact

SELECTED = "selected"
OK, FAILED, USAGE, RESUMABLE = 0, 1, 2, 3


def report(recipe: Recipe, summary: Mapping[str, Any], out: str | Path, seconds: float | None, as_json: bool) -> int:
    """The recipe's selection is made, the summary is on standard output; the exit code of the build is returned."""
    teachers = summary["teachers"]
    lines = [*summary_lines(summary, out, seconds), *teacher_lines(teachers)]
    if recipe.select:
        try:
            chosen = selected(recipe, Path(out))
        except ShardError as error:
            return say(error, FAILED)
        except ValueError as error:
            return say(error, USAGE)
        summary, lines = {**summary, "selected": chosen.data()}, [*lines, *selection_lines(chosen, out)]
    print(compact(summary) if as_json else "\n".join(lines))
    for bug in [bug for one in teachers for bug in one["bugs"]][:5]:
        say(f"a judge failed, which is a bug; its file is not published: {bug}", FAILED)
    if any(one["bugs"] for one in teachers):
        return FAILED
    short = summary["shortfalls"] or any(one["undone"] or one["shortfalls"] for one in teachers)
    return RESUMABLE if short else OK


def teacher_lines(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each teacher came to: one line a teacher."""
    if not records:
        return []
    heads = ["teacher", "model", "problems", "traces", "right", "pass rate", "undone"]
    rows = []
    for one in records:
        low, high = wilson(one["right"], one["samples"])
        rate = f"{one['right'] / one['samples']:.2f} ({low:.2f}..{high:.2f})" if one["samples"] else "-"
        rows.append(
            [one["teacher"], one.get("model", "-"), one["problems"], one["rows"], one["right"], rate, one["undone"]]
        )
    short = [f"not filled: {one['teacher']}: {what}" for one in records for what in one["shortfalls"]]
    return ["", *table(heads, rows), *short]


def selected(recipe: Recipe, out: Path) -> Report:
    """What the recipe's stages keep is a dataset in `out/selected`, with its card."""
    from verimill.data_cards import cards
    from verimill.pipelines.selections.writing import select

    keep_recipe(recipe, out)
    found = select(out, recipe.select, out / SELECTED, anew=True)
    if cards.lacking() is None and not (out / SELECTED / cards.CARD).exists():
        cards.write_card(out / SELECTED)
    return found


def selection_lines(found: Report, out: str | Path) -> list[str]:
    """What a selection kept, and what each stage dropped."""
    head = (f"selected: {found.problems} of {found.of_problems} problems, {found.traces} of {found.of_traces} traces, "
            f"in {Path(out) / SELECTED}")  # fmt: skip
    rows = [[one.stage, one.problems, one.traces, one.rewritten] for one in found.stages]
    return ["", head, "", *table(["stage", "problems dropped", "traces dropped", "rewritten"], rows)]


def whole(recipe: Recipe, out: Path) -> dict[str, Any] | None:
    """The summary, teachers included, where nothing is left to do in `out`. Raises as `standing` does."""
    summary, records = standing(recipe, out), standing_records(recipe, out)
    return None if summary is None or records is None else summary | {"teachers": records}


def say(what: object, code: int) -> int:
    """The sentence is on standard error; the code is returned."""
    print(f"verimill: {what}", file=sys.stderr)
    return code


def announce(recipe: Recipe, jobs: int, as_json: bool) -> int:
    """What a build would make is on standard output; the exit code is returned."""
    told = forecast(recipe, jobs)
    print(compact(told) if as_json else "\n".join(forecast_lines(told, SELECTED)))
    return OK
