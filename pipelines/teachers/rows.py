"""From the sample log to the traces table: one row a sample, in the order of the problems, in the frozen schema.

Of equal keys the best record counts, so a sample asked twice is one row. Every sample is a row, labelled: right,
wrong, unreadable, truncated; one that the server refused is unreadable with finish_reason `error`. Samples given
up for passing faults are no rows: the next run asks them again. Where a judge crashed, its shard is not written.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from verimill.pipelines.manifest import MANIFEST, Entry, read_manifest, rewrite
from verimill.pipelines.oracle import trace_id
from verimill.pipelines.shards import write_shard
from verimill.pipelines.teachers.accounting import Cell
from verimill.pipelines.teachers.aids import asked_question
from verimill.pipelines.teachers.assessing import Assessment
from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.hints import was_helped
from verimill.pipelines.teachers.judging import Judged, Judges, judge_version, still_holds
from verimill.pipelines.teachers.log import Index, SampleLog, reply_of, verdict_record
from verimill.pipelines.teachers.samples import Keys, Question, Reply, compact

SHARD_ROWS = 2_000
AT_ONCE = 256  # problems whose verdicts are awaited together


@dataclass(slots=True)
class Written:
    """What the table holds. `undone` samples wait for another run; `spare` right ones are beyond exactly N."""

    rows: int = 0
    shards: int = 0
    undone: int = 0
    spare: int = 0
    bugs: list[str] = field(default_factory=list)
    cells: dict[tuple[str, int], Cell] = field(default_factory=dict)
    helped: dict[str, Cell] = field(default_factory=dict)

    def cell(self, question: Question) -> Cell:
        """Where a question's samples are counted; what was helped counts into no pass rate."""
        if was_helped(question.variant):
            return self.helped.setdefault(question.variant, Cell())
        return self.cells.setdefault((question.family, question.level), Cell())


Record = dict[str, Any]


class Logged(Protocol):
    """Where the samples of a problem are found."""

    def of(self, problem: str) -> Iterator[tuple[Record, Record | None]]:
        """(sample, last verdict or None) of every sample of a problem, whatever its teacher."""


@dataclass(slots=True)
class RowMaker:
    """Makes the rows of one teacher and counts them; over several calls, in the order of the problems.

    `label` is the teacher's name in the rows where it is not the model's; `rights` are those given out so far.
    """

    keys: Keys
    budget: Budget
    judges: Judges
    log: SampleLog
    reported: Mapping[str, Any]
    label: str = ""
    written: Written = field(default_factory=Written)
    rights: dict[tuple[str, int], int] = field(default_factory=dict)

    async def rows(self, questions: Iterable[Question], index: Logged) -> AsyncIterator[Record | None]:
        """The rows of all logged samples of the questions; None where a judge crashed."""
        for group in _grouped(questions, AT_ONCE):
            for known in await _with_verdicts(group, index, self.keys, self.judges, self.log):
                for row in self._row(*known):
                    yield row

    def _row(self, question: Question, record: Record, verdict: Judged, path: Assessment) -> list[Record | None]:
        """The sample's row, counted; nothing for a sample that is to be asked again or is not wanted."""
        written, cell, reply = self.written, self.written.cell(question), reply_of(record)
        if reply.fault == "transient":
            written.undone += 1
            return []
        cell.add(reply)
        outcome = "failed" if reply.fault else "truncated" if reply.truncated else verdict.outcome
        cell.outcomes[outcome] += 1
        if outcome == "bug":
            written.bugs.append(f"{question.problem} sample {record['number']}: {verdict.reason}")
            return [None]
        if outcome == "right" and self.budget.name == "exactly" and not was_helped(question.variant):
            kind = question.family, question.level
            self.rights[kind] = self.rights.get(kind, 0) + 1
            if self.rights[kind] > self.budget.wanted:
                written.spare += 1
                return []
        written.rows += 1
        return [_row(question, record, reply, verdict, path, self.keys, self.reported, self.label)]


async def write_traces(folder: Path, questions: Iterable[Question], index: Index, maker: RowMaker) -> Written:
    """The traces of all logged samples of this teacher and sampling are in `folder/traces`, and in its manifest.

    A file holds the traces of one split, as those of a build do, so that cards and loaders find them there.
    """
    written, teacher = maker.written, maker.keys.model.name
    entries: list[Entry] = []
    rows: list[Record] = []
    spoiled = False

    def shard(split: str) -> None:
        nonlocal spoiled
        if rows and not spoiled:
            name = f"traces/{split}{'-' * bool(split)}{slug(teacher)}-{written.shards:05d}.parquet"
            note = {"split": split, "teacher": teacher} if split else {"teacher": teacher}
            entries.append(write_shard(folder, name, "traces", rows, note))
        written.shards += bool(rows)
        rows.clear()
        spoiled = False

    for split, mine in groupby(questions, key=lambda question: question.split):
        async for row in maker.rows(mine, index):
            spoiled |= row is None
            if row is not None:
                rows.append(row)
                if len(rows) >= SHARD_ROWS:
                    shard(split)
        shard(split)
    _replace_entries(folder, teacher, entries)
    return written


def _grouped(questions: Iterable[Question], size: int) -> Iterator[list[Question]]:
    group: list[Question] = []
    for question in questions:
        group.append(question)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


async def _with_verdicts(
    group: list[Question], index: Logged, keys: Keys, judges: Judges, log: SampleLog
) -> list[tuple[Question, Record, Judged, Assessment]]:
    """The samples of some problems, each with a verdict of today's judge and its path; new verdicts are logged."""
    found: list[tuple[Question, Record, Any, Assessment | None]] = []
    for question in group:
        mine = [(asked, r, v) for r, v in index.of(question.problem) if (asked := _asked(question, r, keys))]
        for asked, record, verdict in sorted(mine, key=lambda known: _place(known[0], known[1])):
            settled: Any
            path = None
            if record["fault"] or record["finish"] == "length":
                settled = _unjudged(record, question.family)
            elif verdict is not None and still_holds(verdict, question.family):
                settled = Judged(verdict["outcome"], verdict["reason"], verdict["answer"], verdict["by"])
                path = Assessment(*verdict["path"]) if "path" in verdict else None
            else:
                settled = judges.judge(question.verification, record["text"])
            found.append((asked, record, settled, path))
    known = []
    for question, record, settled, path in found:
        if not isinstance(settled, Judged):
            settled = await settled
            log.append(verdict_record(record["key"], *settled))
        known.append((question, record, settled, path or _path(question, record, settled, judges)))
    return [(q, r, v, p if isinstance(p, Assessment) else await _assessed(r, v, p, log)) for q, r, v, p in known]


async def _assessed(record: Record, verdict: Judged, path: Any, log: SampleLog) -> Assessment:
    """The path, which the log keeps beside the verdict of a whole reply: the next run needs not look again."""
    found: Assessment = await path
    if record["finish"] != "length" and verdict.outcome != "bug" and "bug" not in found.particulars:
        log.append({**verdict_record(record["key"], *verdict), "path": list(found)})
    return found


def _asked(question: Question, record: Record, keys: Keys) -> Question | None:
    """The question as it was put for a logged sample; None where today's would have another key."""
    asked = asked_question(question, record)
    return asked if asked and record["key"] == keys.sample(asked, record["number"]).key else None


def _place(question: Question, record: Record) -> tuple[bool, str, int]:
    """The order of a problem's rows: what was asked without help first."""
    return was_helped(question.variant), question.variant, int(record["number"])


def _path(question: Question, record: Record, verdict: Judged, judges: Judges) -> Any:
    """The steps of a reply, or the promise of them; a sample without a text has none."""
    if record["fault"] or not (record["text"] or record["reasoning"]):
        return Assessment(None, None, None, {})
    right = verdict.answer if verdict.outcome == "right" else None
    return judges.assess(question.verification, record["reasoning"], record["text"], right)


def _unjudged(record: Record, family: str) -> Judged:
    """What stands for a verdict where there was no whole reply."""
    by = judge_version(family)
    if record["fault"]:
        return Judged("unreadable", f"{record['fault']}: {record['detail']}", None, by)
    return Judged("truncated", f"cut off after {record['allowed']} tokens", None, by)


def _row(
    question: Question,
    record: Record,
    reply: Reply,
    verdict: Judged,
    path: Assessment,
    keys: Keys,
    reported: Mapping[str, Any],
    label: str,
) -> Record:
    """The columns of schemas.rows.TRACES."""
    teacher = label or keys.model.name
    provenance = {
        "key": record["key"],
        "model": keys.model.name,
        "seed": record["seed"],
        "run_seed": keys.run_seed,
        "revision": keys.model.revision,
        "template": keys.model.template,
        "reasoning_source": reply.source,
        "reasoning_tokens": reply.reasoning_tokens,
        "max_tokens_sent": reply.allowed,
        "tries": reply.tries,
        "seconds": reply.seconds,
        **reply.extra,
        "server": dict(reported),
        "path": dict(path.particulars),
    }
    return {
        "id": trace_id(question.problem, teacher, question.variant, record["number"]),
        "problem_id": question.problem,
        "teacher": teacher,
        "sample": record["number"],
        "prompt_variant": question.variant,
        "reasoning": reply.reasoning,
        "response": reply.text,
        "finish_reason": "error" if reply.fault else reply.finish,
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "answer_read": verdict.answer,
        "steps_checked": path.steps_checked,
        "steps_wrong": path.steps_wrong,
        "first_wrong_step": path.first_wrong_step,
        "hinted": was_helped(question.variant),
        "sampling": compact(keys.sampling.data()),
        "provenance": compact(provenance),
        "verifier_version": verdict.by,
    }


def slug(name: str) -> str:
    """A model's name as part of a file name."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in name).strip("-.")
    return kept[-60:] or "teacher"


def _replace_entries(folder: Path, teacher: str, entries: list[Entry]) -> None:
    """The manifest names these shards of the teacher and no older ones; other teachers keep theirs."""
    before = read_manifest(folder) if (folder / MANIFEST).exists() else ()
    rewrite(folder, [*(entry for entry in before if entry.note.get("teacher") != teacher), *entries])
