"""Judging in worker processes with hard limits: a judge that hangs is killed, and only its sample is marked.

Work travels in batches, so that a verdict costs microseconds of the asking process. When a batch does not come
back in time, or its worker dies, its samples are judged again one by one, and the culprit is known. A crash or a
hang of a judge is our bug: its outcome is `bug`, with the reason, and never one of right, wrong, unreadable.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from verimill.pipelines.teachers.aids import HELPING, Helpless, case_name, helped
from verimill.pipelines.teachers.assessing import Assessment, assess
from verimill.pipelines.workers import end_with_parent

LIMIT_S = 10.0  # for one sample
MEMORY = 2 << 30  # bytes of address space that a judge may add
BATCH = 32
MAX_STILLBORN = 3  # workers in a row that ended before they could judge


class Judged(NamedTuple):
    """A verdict as it is logged; `by` is the version of what judged."""

    outcome: str
    reason: str
    answer: str | None
    by: str


def judge_version(family: str) -> str:
    """What judges now: `0.1.0/sudoku@1`."""
    from verimill import __version__
    from verimill.schemas.families import codec

    return f"{__version__}/{family}@{codec(family).version}"


def still_holds(verdict: Mapping[str, Any], family: str) -> bool:
    """True for a logged verdict of today's judge; a bug is tried again."""
    return bool(verdict["outcome"] != "bug" and verdict["by"] == judge_version(family))


def judged(verification: str, text: str) -> Judged:
    """The verdict on a reply; a crash is told as a bug and does not spread."""
    from verimill.verifiers.judge import judge_text, read_case

    by = ""
    try:
        case = read_case(verification)
        by = judge_version(case.codec.family)
        verdict = judge_text(case, text)
    except Exception as error:  # whatever a judge raises on a reply is its bug, and must not cost a neighbour
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        at = f" at {where.tb_frame.f_code.co_filename.rpartition('/')[2]}:{where.tb_lineno}" if where else ""
        return Judged("bug", f"{type(error).__name__}: {str(error)[:300]}{at}", None, by)
    return Judged(verdict.outcome, verdict.reason, verdict.answer, by)


def _work(pipe: Any, memory: int) -> None:
    """A worker: batches in, verdicts out, until the pipe closes."""
    end_with_parent()
    import resource

    import verimill.verifiers.judge  # noqa: F401 (before the limit is set)

    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() if _has_proc() else 1 << 30
    resource.setrlimit(resource.RLIMIT_AS, (used + memory, resource.RLIM_INFINITY))
    try:
        pipe.send([])  # ready: a large batch sent before would block the sender
        while True:
            pipe.send([_done(job) for job in pipe.recv()])
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return  # whoever asked has gone; nobody is left to tell


# ("judge", verification, text), ("assess", verification, reasoning, text, right answer or ""), ("hints", verification)
# or ("beginning", verification, reasoning, text)
Job = tuple[str, ...]


def _done(job: Job) -> Any:
    if job[0] in HELPING:
        return helped(job)
    if job[0] == "assess":
        return assess(job[1], job[2], job[3], job[4] or None)
    return judged(job[1], job[2])


def _undone(job: Job, why: str) -> Judged | Assessment | Helpless:
    """What stands for the result of a job that took its worker down."""
    if job[0] in HELPING:
        return Helpless(f"{case_name(job[1])}: {why}")
    return Assessment(None, None, None, {"bug": why}) if job[0] == "assess" else Judged("bug", why, None, "")


def _has_proc() -> bool:
    from os.path import exists

    return exists("/proc/self/statm")


Item = tuple[Job, "asyncio.Future[Any]"]


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Any
    batch: list[Item]
    since: float = 0.0
    ready: bool = False


class Judges:
    """A pool of judges for one event loop; with no workers they judge in this process, without limits."""

    def __init__(self, workers: int = 1, limit_s: float = LIMIT_S, memory: int = MEMORY) -> None:
        self._limit, self._memory = limit_s, memory
        self._waiting: deque[Item] = deque()
        self._single: deque[Item] = deque()
        self._context = multiprocessing.get_context("spawn")
        self._workers = [self._started() for _ in range(workers)]
        self._watch: asyncio.Task[None] | None = None
        self._stillborn = 0
        self.seconds = 0.0

    def judge(self, verification: str, text: str) -> asyncio.Future[Judged]:
        """The verdict, once there is one."""
        return self._started_on(("judge", verification, text))

    def assess(
        self, verification: str, reasoning: str, text: str, right: str | None = None
    ) -> asyncio.Future[Assessment]:
        """The steps and the style of a reply, within the same limits."""
        return self._started_on(("assess", verification, reasoning, text, right or ""))

    def help(self, *job: str) -> asyncio.Future[Any]:
        """Hints, or the right beginning of a reply (aids.py), within the same limits."""
        return self._started_on(job)

    def _started_on(self, job: Job) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if not self._workers:
            future.set_result(_done(job))
            return future
        if self._watch is None:
            for worker in self._workers:
                loop.add_reader(worker.pipe.fileno(), self._back, worker)
            self._watch = loop.create_task(self._watched())
        self._waiting.append((job, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._feed)
        return future

    def _started(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, self._memory), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours, [])

    def _feed(self) -> None:
        for worker in self._workers:
            if worker.batch or not worker.ready:
                continue
            if self._single:
                batch = [self._single.popleft()]
            else:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            if not batch:
                return
            worker.batch, worker.since = batch, time.monotonic()
            try:
                worker.pipe.send([job for job, _ in batch])
            except OSError:
                self._replace(worker, "the judge's process died")

    def _back(self, worker: _Worker) -> None:
        try:
            verdicts = worker.pipe.recv()
        except (EOFError, OSError):
            self._replace(worker, "the judge's process died (out of memory, perhaps)")
            return
        if not worker.ready:
            worker.ready, self._stillborn = True, 0
            self._feed()
            return
        batch, worker.batch = worker.batch, []
        self.seconds += time.monotonic() - worker.since
        for (_, future), verdict in zip(batch, verdicts, strict=True):
            if not future.done():
                future.set_result(verdict)
        self._feed()

    async def _watched(self) -> None:
        while True:
            await asyncio.sleep(min(0.5, self._limit / 4))
            now = time.monotonic()
            for worker in list(self._workers):
                if worker.batch and now - worker.since > self._limit:
                    self._replace(worker, f"the judge gave no verdict within {self._limit:g} s")

    def _replace(self, worker: _Worker, why: str) -> None:
        """The worker is gone and a new one stands in; a lone sample is the culprit, of a batch each is tried alone."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(worker.pipe.fileno())
        worker.process.kill()
        worker.pipe.close()
        batch = worker.batch
        self._stillborn += not worker.ready
        if self._stillborn > MAX_STILLBORN:
            self._give_up(why)
            return
        if len(batch) == 1:
            if not batch[0][1].done():
                batch[0][1].set_result(_undone(batch[0][0], why))
        else:
            self._single.extend(batch)
        fresh = self._started()
        self._workers[self._workers.index(worker)] = fresh
        loop.add_reader(fresh.pipe.fileno(), self._back, fresh)
        loop.call_soon(self._feed)

    def _give_up(self, why: str) -> None:
        error = RuntimeError(f"judges cannot be started: {why}")
        for _, future in [*self._waiting, *self._single]:
            if not future.done():
                future.set_exception(error)

    async def close(self) -> None:
        """No worker is left."""
        if self._watch is not None:
            self._watch.cancel()
        for worker in self._workers:
            if self._watch is not None:
                asyncio.get_running_loop().remove_reader(worker.pipe.fileno())
            worker.process.kill()  # before its pipe closes, or it would complain of that on the terminal
            worker.process.join()
            worker.pipe.close()
