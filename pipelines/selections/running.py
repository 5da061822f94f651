"""Stages over a dataset: every problem with its traces goes through them in order, and what falls out is named.

Streams: one problem with its traces is at work. A stage that must have seen all problems first reads them through the
stages before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from verimill.pipelines.joined import joined
from verimill.pipelines.selections import cutting, keeping, rates
from verimill.pipelines.selections.protocol import Choice, Group, Row, Selection, Survey
from verimill.schemas.selections import Stage, name_of

BY_NAME: dict[str, Selection] = {
    name_of(one.kind): one for one in (*rates.SELECTIONS, *keeping.SELECTIONS, *cutting.SELECTIONS)
}
Progress = Callable[[int], None]
Lose = Callable[[Group, str, str, Row | None], None]


@dataclass(slots=True)
class Lost:
    """What one stage dropped; `rewritten` of the traces live on as others."""

    stage: str
    problems: int = 0
    traces: int = 0
    rewritten: int = 0


@dataclass(slots=True)
class Report:
    """What went in, what stays, and by stage what was dropped."""

    of_problems: int = 0
    of_traces: int = 0
    problems: int = 0
    traces: int = 0
    stages: list[Lost] = field(default_factory=list)

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def surveyed(folder: Path, problems: Path, stages: Sequence[Stage]) -> list[Survey]:
    """What each stage has to know of all problems before it can choose."""
    found: list[Survey] = []
    for at, stage in enumerate(stages):
        survey = BY_NAME[stage.stage].survey
        before = chosen(folder, problems, stages[:at], found, Report())
        found.append(survey(before, stage) if survey is not None else None)
    return found


def _unheard(group: Group, stage: str, why: str, trace: Row | None) -> None:
    return


def chosen(
    folder: Path,
    problems: Path,
    stages: Sequence[Stage],
    surveys: Sequence[Survey],
    report: Report,
    lose: Lose = _unheard,
    progress: Progress = lambda count: None,
) -> Iterator[Group]:
    """The problems that every stage keeps, with the traces left; `lose` is told of everything else."""
    report.stages = [Lost(str(stage)) for stage in stages]
    for one in joined(folder, problems=problems):
        group: Group | None = Group(one.problem, one.traces, tuple(one.traces))
        report.of_problems += 1
        report.of_traces += len(one.traces)
        for at, stage in enumerate(stages):
            group = _through(group, stage, surveys[at], report.stages[at], lose)
            if group is None:
                break
        if group is not None:
            report.problems += 1
            report.traces += len(group.traces)
            yield group
        progress(1)


def _through(group: Group | None, stage: Stage, survey: Survey, lost: Lost, lose: Lose) -> Group | None:
    """The group after one stage; None where its problem was dropped."""
    if group is None:
        return None
    choice = BY_NAME[stage.stage].choose(group, stage, survey)
    _require_whole(stage, group, choice)
    for trace in group.traces:
        why = f"its problem was dropped: {choice.problem}" if choice.problem else choice.lost.get(trace["id"])
        if why is not None:
            lose(group, stage.stage, why, trace)
            lost.traces += 1
    if choice.problem:
        lose(group, stage.stage, choice.problem, None)
        lost.problems += 1
        return None
    if not choice.lost:
        return group
    lost.rewritten += len(choice.made)
    left = [choice.made.get(t["id"], t) for t in group.traces if t["id"] not in choice.lost or t["id"] in choice.made]
    return Group(group.problem, left, group.asked)


def _require_whole(stage: Stage, group: Group, choice: Choice) -> None:
    """The stage gave a reason for everything that it drops, and made nothing of nothing; else it is our bug."""
    known = {trace["id"] for trace in group.traces}
    strange = (choice.lost.keys() - known) | (choice.made.keys() - choice.lost.keys())
    silent = [name for name, why in choice.lost.items() if not why]
    if strange or silent:
        raise RuntimeError(f"stage {stage.stage} lost track of {sorted([*strange, *silent])} of {group.problem['id']}")
