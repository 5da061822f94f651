"""The two tables, and that of dropped rows: one frozen schema each; what is particular to a family is JSON text.

The columns are plain data, so a trainer that reads this needs no pyarrow; `PROBLEMS` and `TRACES` are the
`pyarrow.schema` objects, built when first asked for. No column is ever inferred from rows: inferred types
differ between shards, and then a dataset does not load.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    PROBLEMS: pa.Schema
    TRACES: pa.Schema

# name, type, may be null, what it holds. Order is part of the format.
PROBLEM_COLUMNS: tuple[tuple[str, str, bool, str], ...] = (
    ("id", "string", False, "blake2b-16 hex of key and style"),
    ("family", "word", False, "kind of task"),
    ("family_version", "int32", False, "changes whenever the family's problems, prompts or verdicts change"),
    ("kind", "word", False, "folder of the family: grids, logic, graphs, numbers ..."),
    ("key", "string", False, "text id; regenerates the problem"),
    ("level", "int8", True, "1 to 10; null where knobs were given one by one"),
    ("params", "string", False, "JSON: every knob"),
    ("hardness", "string", False, "JSON: tier, steps, search, space, effort and what the family adds; measured"),
    ("language", "word", False, "language of the prompt"),
    ("style", "word", False, "wording and layout of the prompt"),
    ("prompt", "messages", False, "role and content"),
    ("answer", "string", False, "one right answer; none or many for an unanswerable problem"),
    ("answerable", "bool", False, "false: the right reply says that no answer, or more than one, follows"),
    ("checker", "word", False, "unique, any_valid, optimal or exact"),
    ("verification", "string", False, "JSON: all that the judge needs"),
    ("canonical", "string", False, "equal for symmetric or relabelled copies"),
    ("certificate", "string", False, "JSON: what was proved and by what; recount where a second solver agreed"),
    ("split", "word", False, "train, test ..."),
    ("verimill_version", "word", False, "the version that made the row"),
)

TRACE_COLUMNS: tuple[tuple[str, str, bool, str], ...] = (
    ("id", "string", False, "blake2b-16 hex of problem, teacher, prompt variant and sample"),
    ("problem_id", "string", False, "the row of problems that it answers"),
    ("teacher", "word", False, "oracle, or what answered"),
    ("sample", "int32", False, "0, 1 ... of one problem, teacher and prompt variant"),
    ("prompt_variant", "word", False, "how the prompt was put to the teacher"),
    ("reasoning", "string", False, "what comes before the reply"),
    ("response", "string", False, "the reply, ending in the answer"),
    ("finish_reason", "word", False, "stop, length ..."),
    ("prompt_tokens", "int32", True, "null where no tokens were counted"),
    ("completion_tokens", "int32", True, "null where no tokens were counted"),
    ("outcome", "word", False, "right, wrong, unreadable or truncated"),
    ("reason", "string", False, "the first broken rule and where; empty when right"),
    ("answer_read", "string", True, "what the judge read as the answer"),
    ("steps_checked", "int32", True, "steps that the judge re-derived; null where there are none to check"),
    ("steps_wrong", "int32", True, "how many of them do not follow"),
    ("first_wrong_step", "int32", True, "the first of those; null when all hold"),
    ("hinted", "bool", False, "the teacher was helped, by a hint or a right beginning; prompt_variant says how"),
    ("sampling", "string", False, "JSON: temperature and the like"),
    ("provenance", "string", False, "JSON: for the oracle, verbosity and the compact steps"),
    ("verifier_version", "word", False, "the judge that gave the outcome"),
)

DROPPED_COLUMNS: tuple[tuple[str, str, bool, str], ...] = (
    ("key", "string", False, "text id of the candidate; regenerates it where it is a problem at all"),
    ("family", "word", False, "kind of task"),
    ("level", "int8", False, "1 to 10; 0 where knobs were given one by one"),
    ("reason", "word", False, "exhausted, duplicate, orphan, spare, or a stage of a selection"),
    ("detail", "string", False, "what makes the reason true"),
)

COLUMNS = {"problems": PROBLEM_COLUMNS, "traces": TRACE_COLUMNS, "dropped": DROPPED_COLUMNS}
FORMAT = 1  # of these tables and of the manifest beside them; a dataset says it in each line of its manifest
OUTCOMES = ("right", "wrong", "unreadable", "truncated")


def names(table: str) -> tuple[str, ...]:
    """Column names of a table, in order; ValueError for an unknown table."""
    if table not in COLUMNS:
        raise ValueError(f"table must be one of {', '.join(COLUMNS)}, got {table!r:.40}")
    return tuple(name for name, *_ in COLUMNS[table])


def words(table: str) -> tuple[str, ...]:
    """Columns with few different values, the ones worth a dictionary in Parquet."""
    names(table)
    return tuple(name for name, kind, *_ in COLUMNS[table] if kind == "word")


@lru_cache(maxsize=4)
def arrow_schema(table: str) -> pa.Schema:
    """The frozen schema of a table."""
    import pyarrow as pa

    names(table)
    message = pa.struct([pa.field(name, pa.string(), nullable=False) for name in ("role", "content")])
    types = {
        "string": pa.string(),
        "word": pa.string(),
        "bool": pa.bool_(),
        "int8": pa.int8(),
        "int32": pa.int32(),
        "messages": pa.list_(message),
    }
    return pa.schema([pa.field(name, types[kind], nullable=null) for name, kind, null, _ in COLUMNS[table]])


def __getattr__(name: str) -> Any:
    if name == "PROBLEMS":
        return arrow_schema("problems")
    if name == "TRACES":
        return arrow_schema("traces")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def compact(value: Any) -> str:
    """JSON text with sorted keys and no spaces, so that equal values have equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
