"""What a selection is: a function from one problem with its traces to what is kept and why the rest is not.

Every trace that goes in comes out, as kept, as dropped with a reason, or as dropped for the trace that was made of
it; the runner refuses a stage that loses one. `asked` are the problem's traces before any stage, so that a pass rate
is that of the teacher and not of what an earlier stage left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from verimill.pipelines.exports.shapes import Item
from verimill.schemas.selections import Stage
from verimill.verifiers.judge import Case

Row = dict[str, Any]
ORACLE = "oracle"
TRACE = "trace:"  # begins the reason of a dropped row that stands for a trace


@dataclass
class Group:
    """A problem, the traces it still has, and those that its teachers gave."""

    problem: Row
    traces: list[Row]
    asked: tuple[Row, ...]

    @cached_property
    def item(self) -> Item:
        """The problem as exports read it."""
        return Item(self.problem, self.traces)

    @property
    def case(self) -> Case:
        """The problem as the judge reads it."""
        return self.item.case

    @property
    def cell(self) -> tuple[str, int | None]:
        """Family and level."""
        return self.problem["family"], self.problem["level"]


@dataclass(slots=True)
class Choice:
    """What a stage did with a group: `problem` says why the problem goes, `lost` why traces go, by id.

    `made` are new traces, each in the place of the lost one whose id it comes with.
    """

    problem: str = ""
    lost: dict[str, str] = field(default_factory=dict)
    made: dict[str, Row] = field(default_factory=dict)


Survey = Any
Choose = Callable[[Group, Any, Survey], Choice]
Surveyor = Callable[[Iterator[Group], Any], Survey]


@dataclass(frozen=True, slots=True)
class Selection:
    """One stage: `choose` looks at one group; `survey`, where there is one, has looked at all of them before."""

    kind: type[Stage]
    choose: Choose
    survey: Surveyor | None = None


def drop_problem(why: str) -> Choice:
    """The problem goes, and all its traces with it."""
    return Choice(problem=why)


def keep_best(group: Group, ranked: list[Row], keep: int, why: Callable[[Row], str], rest: str) -> Choice:
    """The first `keep` of the ranked traces stay; the others go with `why`, those not ranked with `rest`."""
    stay = {trace["id"] for trace in ranked[:keep]}
    order = {trace["id"] for trace in ranked}
    lost = {
        trace["id"]: why(trace) if trace["id"] in order else rest
        for trace in group.traces
        if trace["id"] not in stay
    }  # fmt: skip
    return Choice(lost=lost)


def right(trace: Row) -> bool:
    """Whether the trace's answer is right."""
    return bool(trace["outcome"] == "right")


def samples(group: Group, teacher: str | None) -> list[Row]:
    """What a teacher, or all of them, gave without help; a sample that the server refused is not one."""
    return [
        trace
        for trace in group.asked
        if trace["teacher"] == teacher
        or (teacher is None and trace["teacher"] != ORACLE)
        if not trace["hinted"] and trace["finish_reason"] != "error"
    ]  # fmt: skip


def length(trace: Row) -> tuple[int, int, str]:
    """What orders traces by length: characters of reasoning and reply, then the sample."""
    return len(trace["reasoning"]) + len(trace["response"]), trace["sample"], trace["id"]
