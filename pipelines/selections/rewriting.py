"""Traces rewritten by a teacher: asked through the same client and log as samples, accepted only if they hold.

Every right trace is a question whose text holds it. The replies are logged as they come, so a run that was stopped
goes on where it was. Accepted texts stand in the place of the old traces, which go to `dropped/`; a trace none of
whose rewritings holds stays as it was, and the report counts why.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verimill.pipelines.joined import joined
from verimill.pipelines.manifest import MANIFEST, append, require_writable
from verimill.pipelines.progress import Quiet, Tell
from verimill.pipelines.selections.protocol import Group, Row
from verimill.pipelines.selections.rejudging import Refused
from verimill.pipelines.selections.rewordings import Task, accepted, question_for
from verimill.pipelines.selections.writing import RECIPE, Files, dropped_before, sha256_of_manifest, write_text
from verimill.pipelines.teachers.ask import Order, begun
from verimill.pipelines.teachers.kinds import require, while_served
from verimill.pipelines.teachers.log import Index, reply_of
from verimill.pipelines.teachers.questions import Spool
from verimill.pipelines.teachers.samples import Keys, Question
from verimill.schemas.rows import COLUMNS, compact

REWRITE = "rewrite.json"


@dataclass(slots=True)
class Report:
    """What was asked and accepted; `refused` counts replies by reason, `failed` replies that never came."""

    traces: int = 0
    asked: int = 0
    accepted: int = 0
    failed: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        return {"traces": self.traces, "asked": self.asked, "accepted": self.accepted, "failed": self.failed,
                "refused": dict(sorted(self.refused.items()))}  # fmt: skip


def rewrite(order: Order, task: Task, teacher: str | None = None, tell: Tell | None = None) -> Report:
    """The dataset `order.problems` with its right traces rewritten is a dataset in `order.out`.

    `teacher` rewrites only that teacher's traces. Raises ValueError where the teacher cannot be asked, where nothing
    is to be rewritten, or where `order.out` holds something else.
    """
    require(order.place)
    _claim(order, task, teacher)
    spool = Spool(_questions(order.problems, task, teacher))
    try:
        if not spool.count:
            raise ValueError(f"{order.problems} has no trace to make {task.how}")
        report = asyncio.run(_asked(order, task, teacher, spool, tell or Quiet()))
    finally:
        spool.close()
    return report


def _claim(order: Order, task: Task, teacher: str | None) -> None:
    """`order.out` is ours: new, or begun with the same task on the same dataset."""
    out, path = order.out, order.out / REWRITE
    said = {"task": [task.how, task.low, task.high], "of": teacher, "source": sha256_of_manifest(order.problems)}
    if out.exists() and any(out.iterdir()):
        try:
            same = json.loads(path.read_text(encoding="utf-8"))["begun"] == said
        except (OSError, ValueError, KeyError, TypeError):
            raise ValueError(f"--out must be a new folder or one that rewrite began, got {out}") from None
        if not same:
            raise ValueError(f"{out} was begun with another task or dataset; give another folder")
    require_writable(out)
    write_text(path, json.dumps({"begun": said}) + "\n")


def _groups(folder: Path) -> Iterator[Group]:
    for one in joined(folder):
        yield Group(one.problem, one.traces, tuple(one.traces))


def _wanted(group: Group, task: Task, teacher: str | None) -> Iterator[tuple[Row, Question]]:
    for trace in group.traces:
        question = question_for(group, trace, task) if teacher in (None, trace["teacher"]) else None
        if question is not None:
            yield trace, question


def _questions(folder: Path, task: Task, teacher: str | None) -> Iterator[Question]:
    for group in _groups(folder):
        for _, question in _wanted(group, task, teacher):
            yield question


async def _asked(order: Order, task: Task, teacher: str | None, spool: Spool, tell: Tell) -> Report:
    async with begun(order, spool, tell.line) as run:
        await while_served(run.teacher, run.client.run(spool))
        run.log.sync()
        index = Index(order.out)
        try:
            return _written(order, task, teacher, run.keys, index, tell)
        finally:
            index.close()


def _written(order: Order, task: Task, teacher: str | None, keys: Keys, index: Index, tell: Tell) -> Report:
    """The dataset is whole in `order.out`; the rows of an earlier run are made anew from the log."""
    out, source, report = order.out, order.problems, Report()
    (out / MANIFEST).unlink(missing_ok=True)
    for table in COLUMNS:
        shutil.rmtree(out / table, ignore_errors=True)
    files = Files(out)
    for group in _groups(source):
        report.traces += len(group.traces)
        made = {}
        for trace, question in _wanted(group, task, teacher):
            report.asked += 1
            row = _first_accepted(group, trace, question, order, task, keys, index, report)
            if row is not None:
                made[trace["id"]] = row
                files.lose(group, task.how, f"rewritten, now {row['id']}", trace)
        report.accepted += len(made)
        files.keep(Group(group.problem, [made.get(t["id"], t) for t in group.traces], group.asked))
    for row in dropped_before(source):
        files.put("dropped", "", row)
    entries = files.flushed()
    if (source / RECIPE).exists():
        shutil.copyfile(source / RECIPE, out / RECIPE)
    append(out, *entries)
    said = json.loads((out / REWRITE).read_text(encoding="utf-8"))
    write_text(out / REWRITE, json.dumps(said | report.data(), indent=1, sort_keys=True) + "\n")
    return report


def _first_accepted(
    group: Group, trace: Row, question: Question, order: Order, task: Task, keys: Keys, index: Index, report: Report
) -> Row | None:
    """The row of the first logged reply that holds; the reasons of those before it are counted."""
    records = sorted((record for record, _ in index.of(question.problem)), key=lambda record: int(record["number"]))
    for record in records:
        if record["key"] != keys.sample(question, record["number"]).key:
            continue
        reply = reply_of(record)
        if reply.fault:
            report.failed += 1
            continue
        if reply.truncated:
            report.refused["cut off"] += 1
            continue
        told = {"of": trace["teacher"], "key": record["key"], "number": record["number"]}
        try:
            row = accepted(group, trace, task, reply.text, keys.model.name, told)
        except Refused as why:
            report.refused[_kind(str(why))] += 1
            continue
        return row | {"sampling": compact(order.sampling.data()), "completion_tokens": reply.completion_tokens}
    return None


def _kind(why: str) -> str:
    """The reason without its particulars, so that reasons can be counted."""
    head = why.partition(":")[0].partition(",")[0]
    return " ".join(word for word in head.split() if not word.isdigit())
