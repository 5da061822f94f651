"""The sampling stage: problems in, judged samples out. It needs no orchestrator, and so runs beside vLLM itself.

Run again with the same folder it goes on: what the log holds is not asked again. A larger k, a longer budget of
tokens or a new judge take from the log whatever still holds.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from verimill.pipelines.progress import Bars, Quiet, Tell
from verimill.pipelines.shards import require_writable
from verimill.pipelines.teachers.accounting import Account, Projection, cost_rows, help_rows
from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.client import Client
from verimill.pipelines.teachers.helping import Help
from verimill.pipelines.teachers.judging import Judges
from verimill.pipelines.teachers.log import Index, SampleLog
from verimill.pipelines.teachers.probe import Found, probe, too_long
from verimill.pipelines.teachers.questions import Lengths, Spool, read_questions
from verimill.pipelines.teachers.rows import write_traces
from verimill.pipelines.teachers.samples import Keys, Model, Sampling
from verimill.pipelines.teachers.transport import KEY_VARIABLE, HttpServer, api_key, base_of, require_aiohttp
from verimill.pipelines.teachers.watching import Settings

SUMMARY = "ask.json"
TELL_S, LINE_S = 1.0, 10.0
RATE_S = 20.0  # seconds over which a rate is taken


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be asked of whom."""

    problems: Path
    out: Path
    base_urls: tuple[str, ...]
    model: Model
    sampling: Sampling = field(default_factory=Sampling)
    budget: Budget = field(default_factory=Budget)
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    jobs: int = 1
    splits: tuple[str, ...] = ()
    limit: int | None = None
    system: str = ""
    key_variable: str = KEY_VARIABLE
    help: Help = field(default_factory=Help)
    lengths: Lengths | None = None

    def __post_init__(self) -> None:
        urls = [base_of(url) for url in self.base_urls]
        if len(set(urls)) < len(urls):
            raise ValueError(f"each base URL must be given once, got {', '.join(urls)}")


def ask(order: Order, tell: Tell | None = None) -> dict[str, Any]:
    """Every problem has its samples, judged, in the traces table of `order.out`; the summary is returned.

    Raises ValueError where nothing could be asked, ServerGone where the servers went away for good.
    """
    require_aiohttp()
    if not order.base_urls:
        raise ValueError("asking a teacher needs at least one --base-url, such as http://127.0.0.1:8000/v1")
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


async def _asked(order: Order, spool: Spool, tell: Tell) -> dict[str, Any]:
    began = time.monotonic()
    key = api_key(order.key_variable)
    judges = Judges(order.jobs)
    servers = [HttpServer(url, order.model, key) for url in order.base_urls]
    try:
        found = await probe(servers, order.model, order.sampling, order.key_variable)
        for server in servers:
            server.model = found.model
        settings = await _fitted(order, servers[0], spool, found, tell)
        index = Index(order.out)
        keys = Keys(found.model, order.sampling, order.seed)
        with SampleLog(order.out) as log:
            if index.damaged or log.cut:
                tell.line(f"verimill: the sample log has {index.damaged} damaged lines and a tail of {log.cut} torn "
                          "bytes; those samples are asked again")  # fmt: skip
            account = Account(learnt=spool.learnt)
            client = Client(list(servers), keys, order.budget, judges, log, index, settings, account, order.help)
            ticker = asyncio.create_task(_tell(client, spool.count, projected(order, spool).requests, tell))
            try:
                await client.run(spool)
            finally:
                ticker.cancel()
                await asyncio.gather(ticker, return_exceptions=True)
                index.close()
            log.sync()
            whole = Index(order.out)
            try:
                written = await write_traces(
                    order.out, spool, whole, keys, order.budget, judges, log, found.reported
                )  # fmt: skip
            finally:
                whole.close()
    finally:
        await judges.close()
        await asyncio.gather(*(server.close() for server in servers))
    summary = _summary(order, found, client, time.monotonic() - began)
    summary |= {"rows": written.rows, "undone": written.undone, "spare": written.spare, "bugs": written.bugs}
    summary |= {"costs": cost_rows(written.cells), "helped": help_rows(written.helped)}
    summary["helpless"] = client.helper.failures
    _write(order.out / SUMMARY, summary)
    return summary


async def _fitted(order: Order, server: HttpServer, spool: Spool, found: Found, tell: Tell) -> Settings:
    """Settings that fit the server; ValueError where no prompt fits its window."""
    settings = replace(order.settings, window=found.window, overhead=found.overhead)
    least = min(settings.least_tokens, order.sampling.max_tokens)
    over, whole, longest = await too_long(server, spool, found, least, settings.margin)
    if over == whole:
        raise ValueError(
            f"every prompt is longer than the model's context: the longest has {longest} tokens, the server's "
            f"max_model_len is {found.window}, and {least} are to be left for the reply"
        )
    if over:
        tell.line(f"verimill: {over:,} of {whole:,} prompts leave no room in the context of {found.window} tokens; "
                  "their samples are marked, not asked")  # fmt: skip
    if not found.metrics and not settings.in_flight:
        settings = replace(settings, in_flight=64)
        tell.line("verimill: the server shows no vLLM metrics; 64 requests at once (--in-flight changes it)")
    return settings


def _summary(order: Order, found: Found, client: Client, seconds: float) -> dict[str, Any]:
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
    }


def _write(path: Path, summary: dict[str, Any]) -> None:
    temporary = path.with_name(f".tmp-{path.name}")
    temporary.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)


# --- progress ---------------------------------------------------------------------------------------------------


async def _tell(client: Client, problems: int, requests: float, tell: Tell) -> None:
    """Where the asking stands, every second on a bar and every ten on lines."""
    tell.stage("ask", problems)
    seen: list[tuple[float, int, int]] = [(time.monotonic(), 0, 0)]
    said, done = time.monotonic(), 0
    bars = isinstance(tell, Bars)
    while True:
        await asyncio.sleep(TELL_S)
        account, now = client.account, time.monotonic()
        seen.append((now, account.samples, account.tokens))
        while len(seen) > 2 and seen[0][0] < now - RATE_S:
            seen.pop(0)
        text = status_line(seen, account, client.in_flight, requests)
        if bars:
            tell.step(account.problems - done, text)
            done = account.problems
        elif now - said >= LINE_S:
            said = now
            tell.line(f"ask: {account.problems:,} of {problems:,} problems, {text}")


def status_line(seen: list[tuple[float, int, int]], account: Account, in_flight: int, requests: float) -> str:
    """`312 samples, 24.1/s, 9,812 tokens/s, 64 in flight, 71 % right, about 3 min left`."""
    from verimill.pipelines.summary import duration

    (then, samples, tokens), (now, samples_now, tokens_now) = seen[0], seen[-1]
    span = max(now - then, 1e-9)
    rate = (samples_now - samples) / span
    parts = [f"{account.samples:,} samples", f"{rate:,.1f}/s", f"{(tokens_now - tokens) / span:,.0f} tokens/s"]
    parts.append(f"{in_flight:,} in flight")
    if account.judged:
        parts.append(f"{100 * account.right / account.judged:.0f} % right")
    left = requests - account.samples - account.held
    if rate > 0 and left > 0:
        parts.append(f"about {duration(left / rate)} left")
    return ", ".join(parts)
