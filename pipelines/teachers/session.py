"""One teacher while a build asks it: an event loop on a thread of its own, to which any thread brings portions.

Samples stay in here: what goes in is a portion of problems, what comes out is the file of its traces. The client
runs over all open portions at once, so nothing waits at the end of one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verimill.pipelines.shards import Entry, write_shard
from verimill.pipelines.teachers.accounting import Account
from verimill.pipelines.teachers.ask import Begun, Order, begun
from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.environments import Plan
from verimill.pipelines.teachers.helping import Help
from verimill.pipelines.teachers.kinds import Loaded, Place, Remote, Started, while_served
from verimill.pipelines.teachers.portions import Portion, Shelf, questions_of
from verimill.pipelines.teachers.questions import Lengths, Spool
from verimill.pipelines.teachers.recent import Both, RecentLog
from verimill.pipelines.teachers.rows import Written
from verimill.pipelines.teachers.samples import Model, Question, Sampling
from verimill.pipelines.teachers.status import Meter
from verimill.pipelines.teachers.watching import ServerGone, Settings
from verimill.schemas.teachers import TeacherEntry


def place_of(teacher: TeacherEntry) -> Place:
    """Where a recipe's teacher is."""
    if teacher.kind == "openai":
        return Remote(tuple(teacher.base_urls), teacher.api_key_variable)
    weights = teacher.weights or teacher.model
    if teacher.kind == "engine":
        where = teacher.python, teacher.environment, teacher.ready_s
        return Loaded(weights, teacher.model, teacher.flags, *where)
    return Started(
        Plan(
            teacher.python, weights, teacher.model, teacher.flags, teacher.environment,
            ready_s=teacher.ready_s, restarts=teacher.restarts,
        )
    )  # fmt: skip


def order_of(teacher: TeacherEntry, dataset: Path, folder: Path, jobs: int) -> Order:
    """What the recipe wants of the teacher; its samples are logged below `folder`."""
    told, budget = teacher.sampling, teacher.budget
    low, high = budget.band
    return Order(
        problems=dataset,
        out=folder,
        place=place_of(teacher),
        model=Model(teacher.model, teacher.revision, teacher.template, teacher.reasoner),
        sampling=Sampling(told.temperature, told.top_p, told.max_tokens, told.extra),
        budget=Budget(budget.name, teacher.k, budget.cap, budget.wanted, (low, high), budget.least),
        settings=Settings(
            in_flight=teacher.in_flight, stall_s=teacher.stall_s, queue_s=teacher.queue_s, slowest=teacher.slowest,
            patience_s=teacher.patience_s,
        ),
        seed=teacher.seed,
        jobs=jobs,
        system=teacher.system,
        help=Help(teacher.hints, teacher.continue_right, teacher.k),
        lengths=Lengths(*teacher.lengths) if teacher.lengths else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a portion: its file, or None where a judge failed and it must not be published; and the counts."""

    portion: Portion
    entry: Entry | None
    written: Written


class Ledger(Account):
    """An account that says when nothing more is asked about a problem."""

    def __init__(self, settled: Callable[[str], None]) -> None:
        super().__init__()
        self._settled = settled

    def settled(self, question: Question) -> None:
        """As in Account."""
        self._settled(question.problem)


@dataclass(eq=False, slots=True)
class _Under:
    """A portion under way."""

    portion: Portion
    spool: Spool
    left: int
    ready: asyncio.Future[None]
    written: asyncio.Event = field(default_factory=asyncio.Event)


class Session:
    """One teacher, from the opening to the last portion; `portions` are all that will be brought."""

    def __init__(
        self, teacher: TeacherEntry, order: Order, portions: list[Portion], requests: float, say: Callable[[str], None]
    ) -> None:
        self.teacher, self.order, self.portions = teacher, order, portions
        self._requests, self._say = requests, say
        self._account = Ledger(self._settled)
        self._shelf = Shelf()
        self._account.learnt = self._shelf.learnt
        self._in_order = order.budget.name == "exactly"  # whose rows depend on those of the portions before
        self._under: list[_Under] = []
        self._of: dict[str, _Under] = {}
        self._brought = 0
        self._run: Begun | None = None
        self._meter: Meter | None = None
        self._rights: dict[tuple[str, int], int] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._ending = False
        self._thread = threading.Thread(target=self._work, name=f"teacher {teacher.name}", daemon=True)

    # --- from any thread ----------------------------------------------------------------------------------------

    def open(self) -> None:
        """The teacher can be asked; raises what keeps it from that. A server of ours may take minutes to start."""
        self._thread.start()
        self._ready.wait()
        self._check()

    def ask(self, portion: Portion, name: str, note: Mapping[str, Any]) -> Asked:
        """The portion is asked, judged and in the file of that name; waits for it."""
        self._check()
        if self._loop is None:
            raise RuntimeError(f"teacher {self.teacher.name} is asked before it was opened")
        coroutine = self._portion(portion, name, note)
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()
        except (CancelledError, RuntimeError) as error:  # the session has ended, or the loop just before
            coroutine.close()
            self._check()
            if isinstance(error, RuntimeError) and not self._loop.is_closed():
                raise
            raise ServerGone(f"teacher {self.teacher.name} was closed while it was asked") from None

    def close(self) -> None:
        """Nothing of the teacher is left; what it said is in its log."""
        loop, main = self._loop, self._main
        if loop is not None and main is not None and not loop.is_closed() and not self._ending:
            self._ending = True  # once: a second time would break off the clearing up
            with suppress(RuntimeError):  # the loop has just ended by itself
                loop.call_soon_threadsafe(main.cancel)
        if self._thread.is_alive():
            self._thread.join()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    @property
    def problems_done(self) -> int:
        """Problems about which nothing more is asked."""
        return self._account.problems

    def status(self) -> str:
        """Where it stands, on one line."""
        return self._meter.read() if self._meter is not None else "is being opened"

    def identity(self) -> dict[str, Any]:
        """Who answers: what was found out when it was opened."""
        if self._run is None:
            raise RuntimeError(f"teacher {self.teacher.name} was not opened")
        found = self._run.found
        model = found.model
        return {
            "model": model.name, "revision": model.revision, "template": model.template, "server": found.reported,
            "window": found.window,
        }  # fmt: skip

    # --- on its own thread --------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            asyncio.run(self._served())
        except asyncio.CancelledError:
            pass  # by close()
        except BaseException as error:  # handed to whoever asks
            self._error = error
        finally:
            self._ready.set()

    async def _served(self) -> None:
        self._loop, self._main = asyncio.get_running_loop(), asyncio.current_task()
        async with begun(self.order, self._questions(), self._say, self._account, RecentLog) as run:
            self._run, self._meter = run, Meter(run.client, self._requests)
            self._ready.set()
            try:
                await self._asking(run)
                await asyncio.Event().wait()  # until closed: portions may still be written
            except BaseException as error:
                self._ending = True
                if isinstance(error, Exception):
                    self._error = error
                for task in list(self._tasks):
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                raise

    async def _asking(self, run: Begun) -> None:
        while True:
            await while_served(run.teacher, run.client.run(self._shelf))
            if self._shelf.whole:
                break
            await asyncio.sleep(0.05)  # between two portions; the next is on its way
        place = {(portion.split, portion.number): at for at, portion in enumerate(self.portions)}
        for one in sorted(self._under, key=lambda one: place[one.portion.split, one.portion.number]):
            if not one.ready.done():
                one.ready.set_result(None)
            if self._in_order:
                await one.written.wait()

    def _questions(self) -> Iterator[Question]:
        for portion in self.portions:
            yield from questions_of(self.order.problems, portion, self.teacher)

    async def _portion(self, portion: Portion, name: str, note: Mapping[str, Any]) -> Asked:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        spool = await asyncio.to_thread(lambda: Spool(questions_of(self.order.problems, portion, self.teacher)))
        one = _Under(portion, spool, spool.count, asyncio.get_running_loop().create_future())
        self._under.append(one)
        self._brought += 1
        for question in spool:
            self._of[question.problem] = one
        self._shelf.add(spool)
        self._shelf.whole = self._brought == len(self.portions)
        if self._run is not None:
            self._run.client.nudge()
        try:
            await one.ready
            return await self._written(one, name, note)
        finally:
            one.written.set()
            self._under.remove(one)
            self._shelf.drop(spool)

    def _settled(self, problem: str) -> None:
        one = self._of.pop(problem, None)
        if one is not None and not self._in_order:
            one.left -= 1
            if not one.left and not one.ready.done():
                one.ready.set_result(None)

    async def _written(self, one: _Under, name: str, note: Mapping[str, Any]) -> Asked:
        """The portion's rows are in their file; it counts once the caller has appended the entry."""
        run = self._run
        if run is None or not isinstance(run.log, RecentLog):
            raise RuntimeError("a portion is written before its teacher was opened")
        maker = run.rows(self.teacher.name)
        maker.rights = self._rights
        rows: list[dict[str, Any]] = []
        questions = list(one.spool)
        async for row in maker.rows(questions, Both(run.index, run.log)):
            rows += [row] if row is not None else []
        run.log.sync()
        for question in questions:
            run.log.forget(question.problem)
        written = maker.written
        entry = None
        if not written.bugs:
            told = {**note, "split": one.portion.split, "teacher": self.teacher.name, "undone": written.undone}
            entry = await asyncio.to_thread(write_shard, self.order.problems, name, "traces", rows, told)
        return Asked(one.portion, entry, written)
