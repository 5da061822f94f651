"""Problems picked by how teachers do on them: `pass_rate.NAME=0.2..0.8 and level>=3`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verimill.data_cards.pass_rates import pass_rates
from verimill.schemas.conditions import Condition, parse


def selected(traces: Path | str, problems: Path | str | None, where: str) -> list[str]:
    """The ids of the problems that meet the condition, in the order of the dataset.

    A problem that a named teacher was not asked does not meet it; ValueError where no problem was asked of it.
    """
    from verimill.pipelines.shards import read_rows

    condition = parse(where)
    rates = rates_for(condition, traces, problems)
    rows = read_rows(problems or traces, "problems", ("id", "level", "hardness"))
    return [str(row["id"]) for row in rows if meets(condition, row, rates.get(row["id"], {}))]


def rates_for(
    condition: Condition, traces: Path | str, problems: Path | str | None = None
) -> dict[str, dict[str, float]]:
    """The pass rates by problem; ValueError where the condition names a teacher that was asked nothing."""
    rates = pass_rates(traces, problems)
    known = {name for measured in rates.values() for name in measured}
    for name in condition.names:
        if "." in name and name not in known:
            raise ValueError(f"{name!r:.60} was not measured; there are {', '.join(sorted(known)) or 'no samples'}")
    return rates


def meets(condition: Condition, row: Mapping[str, Any], rates: Mapping[str, float]) -> bool:
    """Whether a row of problems meets the condition, its pass rates among the measures."""
    measures = {"level": float(row["level"] or 0), **rates}
    for name, value in json.loads(row["hardness"]).items():
        if isinstance(value, int | float):
            measures[name] = float(value)
        elif isinstance(value, dict):
            measures |= {inner: float(v) for inner, v in value.items() if isinstance(v, int | float)}
    return all(name in measures for name in condition.names) and condition.holds(measures)
