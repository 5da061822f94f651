"""The report's counts, each over all rows: small tables of places and counts that the page adds up under its filter.

Every table is a list of rows of whole numbers; names of families, splits, teachers and so on stand once, in lists.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from verimill.data_cards.figures import REASONS, engines
from verimill.data_cards.report.reading import Source, collected, of, scan, traces
from verimill.schemas.rows import OUTCOMES

if TYPE_CHECKING:
    import polars as pl

Cells = list[list[int]]
PLACE = ("family", "level", "split")
WHAT = ("characters of prompts", "characters of reasoning", "characters of replies", "tokens of completions")


class Names:
    """Names in the order in which they are shown, each with its number."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self.at = {name: number for number, name in enumerate(names)}


def counts(found: Sequence[Source], lines: pl.DataFrame) -> dict[str, Any]:
    """All tables of the page and the names that their numbers stand for."""
    import polars as pl

    families = Names(sorted(lines["family"].unique()))
    splits = Names(lines["split"].unique(maintain_order=True).to_list())
    teachers = Names(_teachers(found))
    place = (families, None, splits)
    known = lines.select("id", *PLACE, "power", "fifth")
    by_trace, lengths, steps, rows = Counter[Any](), Counter[Any](), Counter[Any](), 0
    for name, count in _grouped(lines.with_columns(size=_half_octave("size")), (*PLACE, "size")).items():
        lengths[(0, -1, *name)] += count
    for frame in traces(found, known, _trace_columns()):
        rows += frame.height
        by_trace.update(_grouped(frame, ("teacher", *PLACE, "power", "fifth", "outcome", "hinted")))
        for what, column in enumerate(("reasoning", "response", "completion_tokens"), 1):
            sized = frame.filter(pl.col(column) > 0).with_columns(size=_half_octave(column))
            for (teacher, *name), count in _grouped(sized, ("teacher", *PLACE, "size")).items():
                lengths[(what, teachers.at[teacher], *name)] += count
        for key, value in _step_sums(frame).items():
            steps[key] += value
    proofs, claims = _certificates(found, families, splits)
    dropped, reasons = _dropped(found, families)
    wanted = sum(source.file.rows for source in of(found, "traces"))
    return {
        "families": families.names, "kinds": _kinds(found, families), "splits": splits.names,
        "teachers": teachers.names, "outcomes": list(OUTCOMES), "claims": claims, "reasons": reasons,
        "what": list(WHAT),
        "problems": _cells(_grouped(lines, (*PLACE, "tier", "power", "answerable")), (*place, None, None, None)),
        "traces": _cells(by_trace, (teachers, *place, None, None, Names(OUTCOMES), None)),
        "lengths": _cells(lengths, (None, None, *place, None)),
        "steps": [[teachers.at[teacher], OUTCOMES.index(kind), *(steps[teacher, kind, n] for n in range(4))]
                  for teacher, kind in sorted({key[:2] for key in steps})],
        "certificates": proofs, "dropped": dropped, "orphans": wanted - rows,
    }  # fmt: skip


def _teachers(found: Sequence[Source]) -> list[str]:
    names: set[str] = set()
    for source in of(found, "traces"):
        names.update(collected(scan(source, ["teacher"]).unique(), source.path)["teacher"])
    return sorted(names, key=lambda name: (name != "oracle", name))


def _kinds(found: Sequence[Source], families: Names) -> list[str]:
    kinds: dict[str, str] = {}
    for source in of(found, "problems"):
        kinds.update(collected(scan(source, ["family", "kind"]).unique(), source.path).iter_rows())
    return [kinds[name] for name in families.names]


def _half_octave(column: str) -> Any:
    """k where 2**(k/2) <= value < 2**((k+1)/2); values below 1 count as 1."""
    import polars as pl

    return (2 * pl.col(column).clip(1).cast(pl.Float64).log(2) + 1e-9).floor().cast(pl.Int16)


def _trace_columns() -> list[Any]:
    import polars as pl

    lengths = [pl.col(name).str.len_chars() for name in ("reasoning", "response")]
    return [*lengths, "teacher", "outcome", "completion_tokens", "steps_checked", "steps_wrong", "hinted"]


def _grouped(frame: pl.DataFrame, by: Sequence[str]) -> Counter[Any]:
    """How many rows have each combination."""
    import polars as pl

    return Counter({row[:-1]: row[-1] for row in frame.group_by(by).agg(pl.len()).iter_rows()})


def _step_sums(frame: pl.DataFrame) -> dict[Any, int]:
    """By teacher and outcome: traces, those with checked steps, steps checked, steps wrong."""
    import polars as pl

    sums = frame.group_by("teacher", "outcome").agg(
        pl.len(), pl.col("steps_checked").count().alias("with"), pl.col("steps_checked").sum(),
        pl.col("steps_wrong").sum(),
    )  # fmt: skip
    return {(row[0], row[1], at): int(value) for row in sums.iter_rows() for at, value in enumerate(row[2:])}


def _cells(counted: Counter[Any], names: Sequence[Names | None]) -> Cells:
    """The counts as rows of whole numbers, sorted."""
    return sorted(
        [*(int(part) if known is None else known.at[part] for part, known in zip(key, names, strict=True)), count]
        for key, count in counted.items()
    )


def _certificates(found: Sequence[Source], families: Names, splits: Names) -> tuple[Cells, list[str]]:
    counted: Counter[Any] = Counter()
    for source in of(found, "problems"):
        table = collected(scan(source, [*PLACE, "certificate"]), source.path)
        for family, level, split, text in table.iter_rows():
            proof = json.loads(text)
            claim = str(proof.get("claim", "not stated")).replace("_", " ")
            said = f"{claim}, by {engines(proof.get('by', ()))}"
            counted[family, level or 0, split, said + _recounted(proof.get("recount"))] += 1
    claims = Names(sorted({key[3] for key in counted}))
    return _cells(counted, (families, None, splits, claims)), claims.names


def _recounted(again: Any) -> str:
    """What a second solver, with the judge's own model of the problem, came to."""
    if not isinstance(again, dict):
        return ""
    return "; recounted" if again.get("agrees") else "; a recount differs"


def _dropped(found: Sequence[Source], families: Names) -> tuple[Cells, list[str]]:
    """Family (-1: one of which nothing was kept), level, reason, count."""
    counted: Counter[Any] = Counter()
    for source in of(found, "dropped"):
        table = collected(scan(source, ["family", "level", "reason"]), source.path)
        for (family, level, reason), count in _grouped(table, ("family", "level", "reason")).items():
            counted[families.at.get(family, -1), level, reason] += count
    present = {key[2] for key in counted}
    reasons = Names([*(r for r in REASONS if r in present), *sorted(present - set(REASONS))])
    return _cells(counted, (None, None, reasons)), reasons.names
