"""What a format is: one frozen schema for each choice of options, and a function from a problem to its rows."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

from verimill.pipelines.oracle import unpack
from verimill.schemas.core import Step
from verimill.verifiers.judge import Case, read_case

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]
Message = dict[str, Any]
Style = Literal["messages", "prompt-completion"]
Think = Literal["tags", "field", "none"]
STYLES: tuple[Style, ...] = get_args(Style)
THINKS: tuple[Think, ...] = get_args(Think)

# Name on the command line to the file that makes it.
FORMATS = {
    "sft": "sft",
    "rl": "prompts",
    "verl": "prompts",
    "openrlhf": "prompts",
    "skyrl": "prompts",
    "nemo": "prompts",
    "nemo-gym": "prompts",
    "prime-rl": "prime",
    "preference": "preference",
    "kto": "kto",
    "steps": "step_labels",
    "critique": "critique",
    "pretrain": "pretrain",
    "reflection": "reflection",
    "search": "search_traces",
    "choice": "choice",
    "chain": "chain",
    "segments": "segments",
    "plan": "plan",
    "answerability": "answerability",
    "program": "program",
    "formal": "formal",
    "constrained": "constrained",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How rows are told: `style` and `think` of SFT, how many errors are put into each problem's trace, how many links
    a chain has (from..to), and after how many characters a segment of reasoning ends.
    """

    style: Style = "messages"
    think: Think = "tags"
    negatives: int = 1
    links: tuple[int, int] = (2, 4)
    segment: int = 1_000

    def __post_init__(self) -> None:
        for name, known in (("style", STYLES), ("think", THINKS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {getattr(self, name)!r:.40}")
        if not 1 <= self.negatives <= 20:
            raise ValueError(f"negatives must be in 1..20, got {self.negatives}")
        if not 2 <= self.links[0] <= self.links[1] <= 20:
            raise ValueError(f"links must be in 2..20 and rise, got {self.links[0]}-{self.links[1]}")
        if not 100 <= self.segment <= 1_000_000:
            raise ValueError(f"segment must be in 100..1,000,000 characters, got {self.segment}")


@dataclass(frozen=True, slots=True)
class Dropped:
    """What made no row, and why."""

    problem_id: str
    trace_id: str | None
    reason: str


@dataclass
class Item:
    """A problem's row with the rows of its traces; what is parsed from them is parsed once."""

    problem: Mapping[str, Any]
    traces: list[Row]

    @property
    def id(self) -> str:
        """The problem's id."""
        return str(self.problem["id"])

    @cached_property
    def case(self) -> Case:
        """The problem as the judge reads it."""
        return read_case(json.loads(self.problem["verification"]))

    @cached_property
    def answer(self) -> Any:
        """The stored answer, read; None for an unanswerable problem."""
        return self.case.codec.read(self.case.problem, self.problem["answer"]) if self.problem["answerable"] else None

    @property
    def prompt(self) -> list[Message]:
        """The prompt's messages."""
        return [{"role": m["role"], "content": m["content"]} for m in self.problem["prompt"]]

    @property
    def question(self) -> str:
        """The prompt as one text."""
        return "\n\n".join(m["content"] for m in self.problem["prompt"])

    def right(self) -> list[Row]:
        """Traces with the right answer and no wrong step."""
        return [t for t in self.traces if t["outcome"] == "right" and not t["steps_wrong"]]

    def columns(self, trace_id: str | None = None) -> Row:
        """What every row begins with: where it comes from."""
        return {
            "problem_id": self.id,
            "trace_id": trace_id,
            "family": self.problem["family"],
            "level": self.problem["level"],
            "split": self.problem["split"],
        }


Made = Iterator["Row | Dropped"]

TRACED = (("problem_id", "string"), ("trace_id", "string"), ("family", "string"), ("level", "int8"),
          ("split", "string"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Format:
    """`columns(options)` are names and types in order, after those of TRACED; `rows` gives rows and what it drops.

    `across`, where there is one, makes rows of many problems at once and `rows` is not asked.
    `beside(folder name)` are further files of the export and their text.
    """

    name: str
    reader: str
    columns: Callable[[Options], tuple[tuple[str, str], ...]]
    rows: Callable[[Item, Options], Made] = lambda item, options: iter(())
    beside: Callable[[str], Mapping[str, str]] = lambda folder: {}
    across: Callable[[Iterator[Item], Options], Made] | None = None

    def schema(self, options: Options) -> pa.Schema:
        """The frozen schema of its files."""
        import pyarrow as pa

        return pa.schema([pa.field(name, _type(kind)) for name, kind in (*TRACED, *self.columns(options))])


def _type(kind: str) -> pa.DataType:
    import pyarrow as pa

    def struct(**fields: Any) -> Any:
        return pa.struct([pa.field(name, of) for name, of in fields.items()])

    text, message = pa.string(), struct(role=pa.string(), content=pa.string())
    known = {
        "string": text,
        "bool": pa.bool_(),
        "int8": pa.int8(),
        "int32": pa.int32(),
        "strings": pa.list_(text),
        "double": pa.float64(),
        "integers": pa.list_(pa.int32()),
        "bools": pa.list_(pa.bool_()),
        "messages": pa.list_(message),
        "thinking": pa.list_(struct(role=text, content=text, reasoning_content=text)),
        "reward_model": struct(style=text, ground_truth=text),
        "responses": pa.struct([pa.field("input", pa.list_(message))]),
        "reward_spec": struct(method=text, ground_truth=text),
        "extra_info": struct(index=pa.int64(), split=text, problem_id=text, family=text, level=pa.int32()),
        "int64": pa.int64(),
    }
    return known[kind]


def format_of(name: str) -> Format:
    """The format of a name; ValueError with the known names otherwise."""
    if name not in FORMATS:
        raise ValueError(f"--to must be one of {', '.join(FORMATS)}, got {name!r:.40}")
    module = importlib.import_module(f"verimill.pipelines.exports.{FORMATS[name]}")
    found: Format = module.BY_NAME[name]
    return found


# --- traces as messages -----------------------------------------------------------------------------------------


def told(reasoning: str, response: str, think: Think) -> Message:
    """A trace as the assistant message: thinking in tags, in a field, or as plain text before the reply."""
    if think == "field":
        return {"role": "assistant", "content": response, "reasoning_content": reasoning}
    return {"role": "assistant", "content": whole(reasoning, response, think)}


def whole(reasoning: str, response: str, think: Think) -> str:
    """Reasoning and reply as one text."""
    if not reasoning:
        return response
    return f"<think>\n{reasoning}\n</think>\n\n{response}" if think == "tags" else f"{reasoning}\n\n{response}"


def steps_of(trace: Mapping[str, Any]) -> tuple[Step, ...]:
    """The trace's compact steps; empty where it has none."""
    return tuple(unpack(step) for step in json.loads(trace["provenance"]).get("steps", []))
