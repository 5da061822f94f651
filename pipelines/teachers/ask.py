"""The sampling stage: problems in, judged samples out. It needs no orchestrator, and so runs beside vLLM itself.

Run again with the same folder it goes on: what the log holds is not asked again. A larger k, a longer budget of
tokens or a new judge take from the log whatever still holds.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from verimill.pipelines.progress import Quiet, Tell
from verimill.pipelines.shards import require_writable
from verimill.pipelines.teachers.accounting import Account, Projection, cost_rows, help_rows
from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.client import Client
from verimill.pipelines.teachers.helping import Help
from verimill.pipelines.teachers.judging import Judges
from verimill.pipelines.teachers.kinds import Opened, Place, Serving, fitting, opened, require, while_served
from verimill.pipelines.teachers.log import Index, SampleLog
from verimill.pipelines.teachers.probe import Found, probe, too_long
from verimill.pipelines.teachers.questions import Lengths, Spool, read_questions
from verimill.pipelines.teachers.rows import RowMaker, write_traces
from verimill.pipelines.teachers.samples import Keys, Model, Question, Sampling
from verimill.pipelines.teachers.status import show_status
from verimill.pipelines.teachers.transport import Server
from verimill.pipelines.teachers.watching import Settings

SUMMARY = "ask.json"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be asked of whom."""

    problems: Path
    out: Path
    place: Place
    model: Model
    sampling: Sampling = field(default_factory=Sampling)
    budget: Budget = field(default_factory=Budget)
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    jobs: int = 1
    splits: tuple[str, ...] = ()
    limit: int | None = None
    system: str = ""
    help: Help = field(default_factory=Help)
    lengths: Lengths | None = None


def ask(order: Order, tell: Tell | None = None) -> dict[str, Any]:
    """Every problem has its samples, judged, in the traces table of `order.out`; the summary is returned.

    Raises ValueError where nothing could be asked, ServerGone where the servers went away for good.
    """
    require(order.place)
    require_writable(order.out)
    with spooled(order) as spool:
        return asyncio.run(_asked(order, spool, tell or Quiet()))


@contextmanager
def spooled(order: Order) -> Iterator[Spool]:
    """The order's questions; ValueError where there are none."""
    spool = Spool(read_questions(order.problems, order.splits, order.limit, order.system, order.lengths))
    try:
        if not spool.count:
            of = f" of split {', '.join(order.splits)}" if order.splits else ""
            raise ValueError(f"{order.problems} holds no problems{of}")
        yield spool
    finally:
        spool.close()


def projected(order: Order, spool: Spool) -> Projection:
    """What the order would take; nothing is asked, and no server is needed."""
    found = Projection()
    groups: dict[tuple[str, int], int] = {}
    for question in spool:
        group = question.family, question.level
        groups[group] = groups.get(group, 0) + 1
        samples = order.budget.expected(question.level)
        if order.budget.name == "exactly":  # problems beyond what fills the group are not opened
            likely = order.budget.group(*group).room
            samples = max(0.0, min(samples, likely - samples * (groups[group] - 1)))
        letters = sum(len(text) for _, text in question.messages)
        found.add(samples, letters, question.expected, order.sampling.max_tokens)
    return found


@dataclass(frozen=True, slots=True)
class Begun:
    """A teacher that was found fit, and all that asks it."""

    found: Found
    keys: Keys
    client: Client
    judges: Judges
    log: SampleLog
    index: Index
    teacher: Opened

    def rows(self, label: str = "") -> RowMaker:
        """Makes the rows of what was asked."""
        return RowMaker(self.keys, self.client.budget, self.judges, self.log, self.found.reported, label)


@asynccontextmanager
async def begun(
    order: Order,
    questions: Iterable[Question],
    say: Say,
    account: Account | None = None,
    log_at: Callable[[Path], SampleLog] = SampleLog,
) -> AsyncIterator[Begun]:
    """The teacher is open, what the log of `order.out` holds counts, and nothing was asked but the probe's request.

    `questions` are looked through once, for prompts that do not fit. ValueError where the teacher cannot be asked.
    """
    async with opened(order.place, order.model, order.out, say) as teacher:
        judges = Judges(order.jobs)
        try:
            found = await probe(teacher.servers, teacher.servers[0].model, order.sampling, teacher.key_variable)
            found = replace(found, reported=found.reported | teacher.facts())
            for server in teacher.servers:
                server.model = found.model
            settings = await _fitted(order, teacher.servers[0], questions, found, say)
            index = Index(order.out)
            keys = Keys(found.model, order.sampling, order.seed)
            with log_at(order.out) as log:
                if index.damaged or log.cut:
                    say(f"verimill: the sample log has {index.damaged} damaged lines and a tail of {log.cut} "
                        "torn bytes; those samples are asked again")  # fmt: skip
                servers: list[Server] = list(teacher.servers)
                client = Client(servers, keys, order.budget, judges, log, index, settings, account, order.help)
                try:
                    yield Begun(found, keys, client, judges, log, index, teacher)
                finally:
                    index.close()
        finally:
            await judges.close()


async def _asked(order: Order, spool: Spool, tell: Tell) -> dict[str, Any]:
    start = time.monotonic()
    async with begun(order, spool, tell.line, Account(learnt=spool.learnt)) as run:
        ticker = asyncio.create_task(show_status(run.client, spool.count, projected(order, spool).requests, tell))
        try:
            await while_served(run.teacher, run.client.run(spool))
        finally:
            ticker.cancel()
            await asyncio.gather(ticker, return_exceptions=True)
        run.log.sync()
        whole = Index(order.out)
        try:
            written = await write_traces(order.out, spool, whole, run.rows())
        finally:
            whole.close()
    summary = summary_of(order, run, time.monotonic() - start)
    summary |= {"rows": written.rows, "undone": written.undone, "spare": written.spare, "bugs": written.bugs}
    summary |= {"costs": cost_rows(written.cells), "helped": help_rows(written.helped)}
    _write(order.out / SUMMARY, summary)
    return summary


async def _fitted(order: Order, server: Serving, questions: Iterable[Question], found: Found, say: Say) -> Settings:
    """Settings that fit the server; ValueError where no prompt fits its window."""
    settings = replace(fitting(order.place, order.settings), window=found.window, overhead=found.overhead)
    least = min(settings.least_tokens, order.sampling.max_tokens)
    over, whole, longest = await too_long(server, questions, found, least, settings.margin)
    if over == whole:
        raise ValueError(
            f"every prompt is longer than the model's context: the longest has {longest} tokens, the server's "
            f"max_model_len is {found.window}, and {least} are to be left for the reply"
        )
    if over:
        say(f"verimill: {over:,} of {whole:,} prompts leave no room in the context of {found.window} tokens; "
            "their samples are marked, not asked")  # fmt: skip
    if not found.metrics and not settings.in_flight:
        settings = replace(settings, in_flight=64)
        say("verimill: the server shows no vLLM metrics; 64 requests at once (--in-flight changes it)")
    return settings


def summary_of(order: Order, run: Begun, seconds: float) -> dict[str, Any]:
    """What a run asked and how it went, as JSON values."""
    found, client = run.found, run.client
    account: Account = client.account
    return {
        "teacher": found.model.name,
        "revision": found.model.revision,
        "template": found.model.template,
        "server": found.reported,
        "window": found.window,
        "sampling": order.sampling.data(),
        "budget": {
            "name": order.budget.name,
            "k": order.budget.k,
            "cap": order.budget.cap,
            "wanted": order.budget.wanted,
        },
        "seed": order.seed,
        "problems": account.problems,
        "asked": account.samples,
        "held": account.held,
        "retries": account.retries,
        "cancelled": account.cancelled,
        "faults": dict(account.faults),
        "stops": dict(sorted(account.stops.items())),
        "shortfalls": order.budget.shortfalls(),
        "seconds": round(seconds, 1),
        "judge_seconds": round(client.judges.seconds, 2),
        "helpless": client.helper.failures,
    }


def _write(path: Path, summary: dict[str, Any]) -> None:
    temporary = path.with_name(f".tmp-{path.name}")
    temporary.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)
