"""Ways to run many jobs: one after another here, or in worker processes that never outlive their parent.

`Each` is the shape all ways share: `each(kind, function, jobs)` yields (position, result) as jobs finish.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any, Protocol


class Each(Protocol):
    """Run `function(*job)` for every job; yield (position of the job, result) in the order they finish."""

    def __call__(
        self, kind: str, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, Any]]: ...


class WorkerDied(RuntimeError):
    """A worker process ended before its job did; what was committed stays, and a new run goes on from there."""


def one_by_one(kind: str, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
    """Every job in this process, in order."""
    for at, job in enumerate(jobs):
        yield at, function(*job)


class Workers:
    """A pool of worker processes. Leaving the `with` block ends them at once when an exception is under way."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count or available_cores()
        # spawn: a fork of a process with threads and locks of other libraries may hang
        self._pool = ProcessPoolExecutor(
            self.count, mp_context=multiprocessing.get_context("spawn"), initializer=_settle
        )
        for _ in range(self.count):  # all start now, while the caller still plans, and not one by one with the jobs
            self._pool.submit(_load)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        processes = list((getattr(self._pool, "_processes", None) or {}).values())
        self._pool.shutdown(wait=kind is None, cancel_futures=True)
        if kind is not None:
            for process in processes:
                process.terminate()

    def start(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """The job is queued."""
        try:
            return self._pool.submit(function, *arguments)
        except BrokenProcessPool:
            raise WorkerDied(_DIED) from None

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The job's result; raises what the job raised, or WorkerDied."""
        try:
            return self.start(function, *arguments).result()
        except BrokenProcessPool:
            raise WorkerDied(_DIED) from None

    def each(
        self, kind: str, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, Any]]:
        """As `Each`; the first job that raises ends the series."""
        position = {self.start(function, *job): at for at, job in enumerate(jobs)}
        try:
            for future in as_completed(position):
                yield position[future], future.result()
        except BrokenProcessPool:
            raise WorkerDied(_DIED) from None


_DIED = "a worker process was ended from outside (out of memory, perhaps); run again to go on, or with fewer --jobs"


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def job_count(jobs: int | None) -> int:
    """How many worker processes are asked for: every core where no number is; ValueError below one."""
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs must be at least 1, got {jobs}")
    return jobs or available_cores()


def _settle() -> None:
    """In a new worker: leave Ctrl-C to the parent, and end when the parent ends, even by kill -9."""
    os.setsid()
    end_with_parent()


def _load() -> None:
    """What most jobs need is imported, numba's own library too, which the first kernel would wait for."""
    from numba.core.registry import cpu_target

    import verimill.generators.engines.kernels
    import verimill.pipelines.stages  # noqa: F401

    cpu_target.target_context.refresh()


def end_with_parent() -> None:
    """This process ends as soon as the process that started it has ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
