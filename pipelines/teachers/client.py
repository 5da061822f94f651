"""The sampling client: keeps every server busy, loses no sample, holds no more than what is under way.

Problems are opened one after another, longest first, as places become free; a sample is one request with its
own seed. What fails is tried again by its class (faults.py), what arrives is logged at once and judged, and the
budget says from each verdict what to ask next or what to cancel. Nothing waits for a batch.
"""

from __future__ import annotations

import asyncio
import random
import time
from itertools import count, islice

from verimill.pipelines.teachers.accounting import Account
from verimill.pipelines.teachers.aids import joined
from verimill.pipelines.teachers.budgets import Budget, Tally
from verimill.pipelines.teachers.faults import BUSY, Fault, pause
from verimill.pipelines.teachers.held import allowed_tokens, given_up, held_samples
from verimill.pipelines.teachers.helping import Help, Helper
from verimill.pipelines.teachers.judging import Judged, Judges
from verimill.pipelines.teachers.lanes import MOST, Lane, Open, Ticket, buffered, home_of, lanes_of, stolen
from verimill.pipelines.teachers.log import Index, SampleLog, sample_record, verdict_record
from verimill.pipelines.teachers.questions import Source
from verimill.pipelines.teachers.samples import Keys, Question, Reply
from verimill.pipelines.teachers.transport import Server, request_body, request_head
from verimill.pipelines.teachers.waiting import Waiting
from verimill.pipelines.teachers.watching import Settings, Watch

MOST_OPENED = 256  # questions opened in a row before what arrived is looked at
MOST_JUDGING = 512  # verdicts awaited before no further request is sent
FATAL = {401: "refuses the API key", 403: "refuses the API key", 404: "no longer serves the model"}


class Client:
    """One run of questions to one teacher over its servers."""

    def __init__(
        self,
        servers: list[Server],
        keys: Keys,
        budget: Budget,
        judges: Judges,
        log: SampleLog,
        index: Index | None = None,
        settings: Settings | None = None,
        account: Account | None = None,
        help: Help | None = None,
    ) -> None:
        self.keys, self.budget, self.judges, self.log, self.index = keys, budget, judges, log, index
        self.settings = settings or Settings()
        self.account = account if account is not None else Account()
        self.lanes = lanes_of(servers, self.settings.in_flight, self.settings.slowest, self.settings.queue_s)
        self.waiting = Waiting()
        self.watch = Watch(self.lanes, self.settings, self._stop, self.nudge)
        self._opens: set[Open] = set()
        self._stalled: list[Open] = []  # wait for a place in the shared count of their group
        self._judging = 0
        self.helper = Helper(help or Help(), judges)
        self._helping: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._broken: BaseException | None = None

    @property
    def in_flight(self) -> int:
        """Requests under way now."""
        return sum(len(lane.flying) for lane in self.lanes)

    def nudge(self) -> None:
        """Something changed: the next round of launching comes at once."""
        self._wake.set()

    def _stop(self, error: BaseException) -> None:
        self._broken = self._broken or error
        self.nudge()

    async def run(self, source: Source) -> Account:
        """Every question is answered as its budget wants, or its samples are marked.

        Raises ServerGone, ValueError (the key or the model is refused) or DiskFull; the log then holds what came.
        """
        self.watch.start()
        try:
            while True:
                dry = self._launch(source)
                if self._broken is not None:
                    raise self._broken
                if dry and not self._opens and not self._helping:
                    return self.account
                if not (self.in_flight or self._judging or self.waiting or self._helping):
                    for ticket in self.waiting.sweep():
                        self._home(ticket).ready.append(ticket)
                        self._wake.set()
                await self._wake.wait()
                self._wake.clear()
                await asyncio.sleep(0)  # whatever else is due comes first, and one round serves it all
        finally:
            tasks = [t.task for lane in self.lanes for t in lane.flying if t.task is not None] + [*self._helping]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.watch.end()

    # --- sending ------------------------------------------------------------------------------------------------

    def _launch(self, source: Source) -> bool:
        """Every free place is taken; True where no question is left to open."""
        for ticket in self.waiting.due(time.monotonic()):
            self._home(ticket).ready.appendleft(ticket)
        dry, opened = False, 0
        for lane in self.lanes:
            while lane.up and len(lane.flying) < lane.pressure.room and self._judging < MOST_JUDGING:
                found = self.waiting.suspect() or lane.next_ready()
                while found is None and not dry and opened < MOST_OPENED and buffered(self.lanes) < 2 * MOST:
                    question = source.next(self.budget.opens)
                    dry = question is None
                    if question is not None:
                        opened += 1
                        self._open(question)
                        found = lane.next_ready()
                found = found or stolen(self.lanes, lane)
                if found is None:
                    break
                self._send(found, lane)
        if opened >= MOST_OPENED:
            self._wake.set()
        return dry

    def _home(self, ticket: Ticket) -> Lane:
        return home_of(ticket.sample.problem, self.lanes)

    def _send(self, ticket: Ticket, lane: Lane) -> None:
        lane.flying.add(ticket)
        ticket.why, ticket.deadline = "", 0.0
        ticket.task = asyncio.create_task(self._flight(ticket, lane))
        ticket.task.add_done_callback(lambda _: self._landed(ticket, lane))  # runs for a task that never began too

    def _landed(self, ticket: Ticket, lane: Lane) -> None:
        lane.flying.discard(ticket)
        self.waiting.landed(ticket)
        self._wake.set()

    async def _flight(self, ticket: Ticket, lane: Lane) -> None:
        """One try of one sample, from its place at the server until it is free again."""
        try:
            allowed = await allowed_tokens(ticket.open, lane, self.keys.sampling.max_tokens, self.settings)
            ticket.tries += 1
            ticket.deadline = time.monotonic() + lane.patience(allowed)
            body = request_body(ticket.open.head, ticket.sample.seed, allowed)
            reply = await lane.server.send(body, self.settings.stall_s)
            reply.allowed, reply.tries = allowed, ticket.tries
            lane.answered(reply.completion_tokens, reply.seconds)
            self._arrived(ticket, reply)
        except Fault as fault:
            await self._failed(ticket, lane, fault)
        except asyncio.CancelledError:
            if ticket.why == "stall":
                await self._failed(ticket, lane, Fault("stall", "no reply within its deadline"))
            elif ticket.why == "down":
                self._again(ticket)
            elif ticket.why != "early":
                raise
        except Exception as error:  # a bug, or a full disk: the run ends with it instead of losing the sample
            self._stop(error)

    # --- what comes back ----------------------------------------------------------------------------------------

    def _arrived(self, ticket: Ticket, reply: Reply) -> None:
        problem = ticket.open
        problem.tickets.discard(ticket)
        question, reply = problem.question, joined(problem.question, reply)
        self.log.append(sample_record(ticket.sample, reply, self.keys.model.name, question.variant))
        self.account.sample(question, reply)
        if reply.truncated:
            self._outcome(problem, "truncated")
        else:
            self._judge(problem, ticket.sample.key, ticket.sample.number, reply)

    def _judge(self, problem: Open, key: str, number: int, reply: Reply) -> None:
        self._judging += 1

        def done(future: asyncio.Future[Judged]) -> None:
            self._judging -= 1
            try:
                found = future.result()
                self.log.append(verdict_record(key, *found))
                self.helper.saw(problem, number, reply, found.outcome)
                self._outcome(problem, found.outcome)
            except Exception as error:
                self._stop(error)

        self.judges.judge(problem.question.verification, reply.text).add_done_callback(done)

    def _outcome(self, problem: Open, outcome: str) -> None:
        self.account.outcome(problem.question, outcome)
        problem.budget.landed(problem.tally, outcome)
        self._advance(problem)
        if self._stalled:
            stalled, self._stalled = self._stalled, []
            for other in stalled:
                self._advance(other)
        self._wake.set()

    async def _failed(self, ticket: Ticket, lane: Lane, fault: Fault) -> None:
        """A try came to nothing; the class of its fault says what follows."""
        ticket.deadline = 0.0
        if fault.word in FATAL:
            self._stop(ValueError(f"the server at {lane.server.name} {FATAL[int(fault.word)]} ({fault.text})"))
            return
        if fault.kind == "terminal":
            self._mark(ticket, "terminal", fault)
            return
        if fault.word in BUSY:
            lane.pressure.refused(time.monotonic())
        if fault.word in ("refused", "reset", "stall") and not await self.watch.alive(lane):
            ticket.tries -= 1  # the server's fault, not the sample's
            if fault.word == "reset" and self.waiting.crashed(ticket):
                self._mark(ticket, "poison", fault)
            elif fault.word != "reset":
                self._again(ticket)
            return
        self.account.retries += 1
        if ticket.tries < self.settings.retries * (4 if fault.word in BUSY else 1):
            wait = pause(ticket.tries, random.random(), fault.after, self.settings.first_pause_s)
            self.waiting.pause(ticket, time.monotonic() + wait)
            self.watch.soon(wait)
        elif not ticket.parked:
            self.waiting.park(ticket)
        else:
            self._mark(ticket, "transient", fault)

    def _again(self, ticket: Ticket) -> None:
        if not ticket.dropped:
            self._home(ticket).ready.appendleft(ticket)

    def _mark(self, ticket: Ticket, kind: str, fault: Fault) -> None:
        """The sample is recorded as failed; of a refused prompt no further sample is asked."""
        problem = ticket.open
        problem.tickets.discard(ticket)
        reply = given_up(fault, kind, ticket.tries, self.settings.window, self.keys.sampling.max_tokens)
        reply = joined(problem.question, reply)
        self.log.append(sample_record(ticket.sample, reply, self.keys.model.name, problem.question.variant))
        self.account.fault(problem.question, kind)
        problem.tally.refused |= kind == "terminal"
        self._outcome(problem, "failed")

    # --- problems -----------------------------------------------------------------------------------------------

    def _open(self, question: Question, helped: Open | None = None) -> None:
        """The question is open: what the log holds of it counts, and the rest is queued."""
        tally = Tally(question.family, question.level)
        budget = self.budget if helped is None else self.helper.budget()
        held = held_samples(question, self.index, self.keys, budget.cap, self.settings)
        fresh = (n for n in count() if n not in held)
        head = request_head(self.keys.model, question.messages, self.keys.sampling, self.settings.stall_s is not None)
        problem = Open(question, tally, head, fresh, budget, trouble=helped and helped.trouble)
        self._opens.add(problem)
        self.account.held += len(held)
        for number, (key, reply, verdict) in held.items():
            if reply.fault:
                tally.refused |= reply.fault == "terminal"
                budget.found(tally, "failed")
            elif reply.truncated or verdict:
                budget.found(tally, "truncated" if reply.truncated else verdict)
                self.helper.saw(problem, number, reply, verdict)
            else:  # judged by another version, or not yet
                budget.asked(tally, 1)
                self._judge(problem, key, number, reply)
        self._advance(problem)

    def _advance(self, problem: Open) -> None:
        """The budget's decision on a problem is carried out."""
        if problem not in self._opens:
            return
        decision = problem.budget.decide(problem.tally)
        if decision.stop:
            problem.stopped = decision.stop
            for ticket in list(problem.tickets):
                self._cancel(ticket)
        elif decision.more:
            numbers = islice(problem.numbers, decision.more)
            tickets = [Ticket(self.keys.sample(problem.question, n), problem) for n in numbers]
            problem.budget.asked(problem.tally, len(tickets))
            problem.tickets.update(tickets)
            ready = home_of(problem.question.problem, self.lanes).ready
            if problem.tally.asked > len(tickets):  # a later wave goes first: its prompt is still in the cache
                ready.extendleft(reversed(tickets))
            else:
                ready.extend(tickets)
            self._wake.set()
        elif not problem.tally.flying:
            self._stalled.append(problem)
        if problem.stopped and not problem.tally.flying:
            self._opens.discard(problem)
            self.account.closed(problem.question, problem.stopped)
            if self.helper.wanted(problem):
                self._helping.add(task := asyncio.create_task(self._help(problem)))
                task.add_done_callback(self._helping.discard)
            else:
                self.account.settled(problem.question)

    async def _help(self, problem: Open) -> None:
        """The problem is asked with the next kind of help, if there is one left."""
        try:
            question = await self.helper.next(problem)
            self.account.settled(problem.question) if question is None else self._open(question, problem)
        except Exception as error:
            self._stop(error)
        self._wake.set()

    def _cancel(self, ticket: Ticket) -> None:
        """The sample is no longer wanted; closing its connection frees the server's slot."""
        ticket.open.tickets.discard(ticket)
        ticket.dropped = True
        flying = any(ticket in lane.flying for lane in self.lanes)
        if flying and ticket.task is not None:
            ticket.why = "early"
            ticket.task.cancel()
        self.account.cancelled += flying
        ticket.open.budget.landed(ticket.open.tally, "cancelled")
