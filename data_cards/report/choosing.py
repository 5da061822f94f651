"""The rows that the page shows whole: a bounded choice, even over families, levels, splits and outcomes.

The choice depends on nothing but the rows. What is left out, cut or not marked is said in the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from verimill.data_cards.report.marks import marks
from verimill.data_cards.report.reading import Source, collected, of, traces
from verimill.schemas.rows import compact

if TYPE_CHECKING:
    import polars as pl

TRACES = 8  # of one problem
MAX_TEXT = 30_000  # characters of one text
MAX_JSON = 1_500  # characters of the small JSON texts
MEASURES = ("tier", "steps", "search", "space", "effort")
PROBLEM = ("id", "key", "family", "level", "split", "style", "answerable", "checker", "hardness", "certificate",
           "prompt", "answer", "verification")  # fmt: skip
TRACE = ("id", "problem_id", "teacher", "sample", "prompt_variant", "reasoning", "response", "finish_reason",
         "prompt_tokens", "completion_tokens", "outcome", "reason", "answer_read", "steps_checked", "steps_wrong",
         "first_wrong_step", "hinted", "sampling", "provenance", "verifier_version")  # fmt: skip


def chosen(
    found: Sequence[Source], lines: pl.DataFrame, names: Mapping[str, Any], most: int, room: int
) -> tuple[list[dict[str, Any]], bool]:
    """At most `most` problems with traces, at most `room` bytes of JSON, and whether `room` ended the choice."""
    order = _order(found, lines, most)
    told = _traces_told(found, lines, order)
    rows = _rows(found, "problems", "id", order, PROBLEM)
    by_trace = _rows(found, "traces", "id", [name for kept in told.values() for name in kept], TRACE)
    whole: list[dict[str, Any]] = []
    for name in order:
        if name not in rows:
            continue
        mine = sorted((by_trace[one] for one in told.get(name, ())), key=_oracle_first)
        record = _problem(rows[name], names, mine, len(told.get((name, "all"), ())))
        room -= len(compact(record).encode()) + 2
        if room < 0:
            return whole, True
        whole.append(record)
    return whole, False


def _oracle_first(trace: Mapping[str, Any]) -> tuple[bool, str, int]:
    return trace["teacher"] != "oracle", trace["teacher"], trace["sample"]


def _order(found: Sequence[Source], lines: pl.DataFrame, most: int) -> list[str]:
    """Ids, the first of every group before the second of any; ids are hashes, so their order is no order of rows."""
    import polars as pl

    bad = [
        frame.filter((pl.col("outcome") != "right") | (pl.col("steps_wrong") > 0)).select("problem_id").unique()
        for frame in traces(found, lines.select("id"), ["outcome", "steps_wrong"])
    ]
    wrong = pl.concat([pl.DataFrame(schema={"problem_id": pl.String}), *bad]).unique().with_columns(bad=pl.lit(True))
    table = lines.join(wrong, left_on="id", right_on="problem_id", how="left")
    table = table.with_columns(bad=pl.col("bad").is_not_null())
    groups = ["family", "level", "split", "answerable", "bad"]
    ranked = table.sort("id").with_columns(turn=pl.int_range(pl.len()).over(groups))
    found_ids: list[str] = ranked.sort("turn", "id").head(most)["id"].to_list()
    return found_ids


def _traces_told(found: Sequence[Source], lines: pl.DataFrame, order: Sequence[str]) -> dict[Any, Any]:
    """For each problem the ids of the traces shown, every teacher and outcome once before any twice."""
    import polars as pl

    mine = lines.select("id").filter(pl.col("id").is_in(list(order)))
    every = [frame for frame in traces(found, mine, ["id", "teacher", "outcome", "sample"])]
    if not every:
        return {}
    table = pl.concat(every).sort("problem_id", "teacher", "outcome", "sample", "id")
    table = table.with_columns(turn=pl.int_range(pl.len()).over("problem_id", "teacher", "outcome"))
    told: dict[Any, Any] = {}
    for name, trace in table.sort("problem_id", "turn", "teacher", "outcome").select("problem_id", "id").iter_rows():
        told.setdefault((name, "all"), []).append(trace)
        if len(told.setdefault(name, [])) < TRACES:
            told[name].append(trace)
    return told


def _rows(
    found: Sequence[Source], table: str, column: str, wanted: Sequence[str], columns: Sequence[str]
) -> dict[str, dict[str, Any]]:
    import polars as pl

    rows: dict[str, dict[str, Any]] = {}
    for source in of(found, table):
        frame = pl.scan_parquet(source.path).filter(pl.col(column).is_in(list(wanted))).select(columns)
        rows.update({row[column]: row for row in collected(frame, source.path).iter_rows(named=True)})
    return rows


def _problem(
    row: Mapping[str, Any], names: Mapping[str, Any], mine: Sequence[Mapping[str, Any]], all_traces: int
) -> dict[str, Any]:
    hardness = json.loads(row["hardness"])
    return {
        "id": row["id"], "key": row["key"], "family": names["families"].index(row["family"]),
        "level": row["level"] or 0, "split": names["splits"].index(row["split"]), "style": row["style"],
        "answerable": row["answerable"], "checker": row["checker"],
        "hardness": {name: hardness[name] for name in MEASURES if name in hardness},
        "certificate": _cut(row["certificate"], MAX_JSON),
        "prompt": [[message["role"], _cut(message["content"])] for message in row["prompt"]],
        "answer": _cut(row["answer"]), "of": all_traces,
        "traces": [_trace(row["verification"], one, names) for one in mine],
    }  # fmt: skip


def _trace(verification: str, row: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    found, why_not = marks(verification, row)
    provenance = json.loads(row["provenance"])
    provenance.pop("steps", None)  # the prose tells them
    return {
        "teacher": names["teachers"].index(row["teacher"]), "sample": row["sample"], "variant": row["prompt_variant"],
        "verbosity": str(provenance.get("verbosity", "")) if row["teacher"] == "oracle" else "",
        "outcome": names["outcomes"].index(row["outcome"]), "reason": _cut(row["reason"], MAX_JSON),
        "read": None if row["answer_read"] is None else _cut(row["answer_read"]),
        "steps": [row["steps_checked"], row["steps_wrong"], row["first_wrong_step"]],
        "tokens": [row["prompt_tokens"], row["completion_tokens"]], "finish": row["finish_reason"],
        "hinted": row["hinted"], "by": row["verifier_version"],
        "sampling": _cut(row["sampling"], MAX_JSON), "provenance": _cut(compact(provenance), MAX_JSON),
        "reasoning": _cut(row["reasoning"]), "reply": _cut(row["response"]),
        "begins": row["reasoning"].count("\n") + 1, "marks": [list(mark) for mark in found], "unmarked": why_not,
    }  # fmt: skip


def _cut(text: str, most: int = MAX_TEXT) -> str:
    return text if len(text) <= most else f"{text[:most]}\n[cut: {len(text) - most:,} more characters in the row]"
