"""Where a teacher's samples come from, as the rows' own `provenance` and `sampling` say it; nothing is looked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verimill.data_cards.markdown import NOT_MEASURED, inline

MOST = 6  # different values of one fact that are shown
# What is told, and under which names a server or engine may have said it; the first that is there counts.
FACTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("model", ("model",)),
    ("revision of the weights", ("revision",)),
    ("weights", ("weights", "root")),
    ("chat template", ("template",)),
    ("engine", ("engine", "owned_by")),
    ("version of the engine", ("engine_version", "server_version", "vllm")),
    ("precision", ("precision", "dtype", "torch_dtype")),
    ("quantization", ("quantization",)),
    ("hardware", ("hardware", "gpu", "gpus", "device")),
    ("tensor parallel", ("tensor_parallel_size",)),
    ("seed of the run", ("run_seed",)),
)
SAMPLING = "sampling"


def facts_of(provenance: Mapping[str, Any], sampling: str) -> Iterator[tuple[str, str]]:
    """What one row says of each fact that it knows."""
    server = provenance.get("server")
    places = [provenance, server if isinstance(server, Mapping) else {}]
    for fact, names in FACTS:
        told = next((place[name] for name in names for place in places if place.get(name) not in (None, "", {})), None)
        if told is not None:
            yield fact, str(told)[:120]
    if sampling != "{}":
        yield SAMPLING, sampling[:400]


def lines_of(facts: Counter[tuple[str, str, str]], teachers: Sequence[str], rows: Mapping[str, int]) -> list[list[str]]:
    """A line a fact: its values by teacher, with the share of rows that say so where not all do."""
    lines = []
    for fact in (*(name for name, _ in FACTS), SAMPLING):
        line = [fact]
        for teacher in teachers:
            found = {value: n for (who, what, value), n in facts.items() if (who, what) == (teacher, fact)}
            line.append(_told(found, rows[teacher]))
        lines.append(line)
    return lines


def _told(found: Mapping[str, int], rows: int) -> str:
    if not found:
        return NOT_MEASURED
    values = sorted(found, key=lambda value: (-found[value], value))
    whole = sum(found.values()) == rows and len(values) == 1
    told = [inline(value) + ("" if whole else f" ({found[value]:,} rows)") for value in values[:MOST]]
    more = [f"and {len(values) - MOST} more"] if len(values) > MOST else []
    silent = [] if sum(found.values()) == rows else [f"{rows - sum(found.values()):,} rows: {NOT_MEASURED}"]
    return "; ".join(told + more + silent)
