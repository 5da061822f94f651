"""What the client keeps of work under way: tickets, open problems, and one lane for each server."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from verimill.pipelines.teachers.budgets import Budget, Tally
from verimill.pipelines.teachers.pressure import Pressure
from verimill.pipelines.teachers.samples import Question, Reply, Sample
from verimill.pipelines.teachers.transport import Server

ENOUGH_RATES = 16  # replies before their speed is trusted
MOST = 4096  # requests of one server that are ever under way
SAFETY = 4.0  # a reply may come so many times slower than the slow ones seen


@dataclass(slots=True, eq=False)
class Open:
    """A problem with samples under way. `numbers` yields sample numbers not yet used."""

    question: Question
    tally: Tally
    head: bytes
    numbers: Iterator[int]
    budget: Budget
    tickets: set[Ticket] = field(default_factory=set)
    wrong: dict[int, Reply] = field(default_factory=dict)  # kept only where help may need them
    trouble: Any = None
    counted: asyncio.Future[int | None] | None = None
    stopped: str = ""


@dataclass(slots=True, eq=False)
class Ticket:
    """One sample on its way. `why` is set by whoever cancels its task: early, stall or down."""

    sample: Sample
    open: Open
    tries: int = 0
    crashes: int = 0
    parked: bool = False
    dropped: bool = False
    why: str = ""
    deadline: float = 0.0
    task: asyncio.Task[None] | None = None


@dataclass(slots=True, eq=False)
class Lane:
    """One server, what waits for it, and what it has of ours."""

    server: Server
    pressure: Pressure
    slowest: float
    queue_s: float
    ready: deque[Ticket] = field(default_factory=deque)
    flying: set[Ticket] = field(default_factory=set)
    down_since: float | None = None
    check: asyncio.Future[bool] | None = None
    silent: int = 0
    measured: bool = False
    rates: deque[float] = field(default_factory=lambda: deque(maxlen=256))
    mean_s: float = 0.0
    replies: int = 0

    @property
    def up(self) -> bool:
        """True while it takes requests."""
        return self.down_since is None

    def answered(self, tokens: int | None, seconds: float) -> None:
        """A reply came; what it tells about the server's speed is kept."""
        self.replies += 1
        self.mean_s += (seconds - self.mean_s) / min(self.replies, 200)
        if tokens and tokens >= 8 and seconds > 0:
            self.rates.append(tokens / seconds)
            if len(self.rates) >= ENOUGH_RATES and self.replies % ENOUGH_RATES == 0:
                slow = sorted(self.rates)[len(self.rates) // 20]
                self.slowest = max(0.01, slow / SAFETY)

    def patience(self, allowed: int) -> float:
        """Seconds that a sample may take: a place in the server's queue, then its tokens at the slow end."""
        return self.queue_s + SAFETY * self.mean_s + allowed / self.slowest

    def next_ready(self) -> Ticket | None:
        """The next ticket that waits here."""
        while self.ready:
            ticket = self.ready.popleft()
            if not ticket.dropped:
                return ticket
        return None


def home_of(problem: str, lanes: list[Lane]) -> Lane:
    """The lane of a problem: the same for all its samples, and moved only when its own lane goes."""
    up = [lane for lane in lanes if lane.up] or lanes
    return up[0] if len(up) == 1 else max(up, key=lambda lane: crc32(f"{problem}\x1f{lane.server.name}".encode()))


def lanes_of(servers: list[Server], in_flight: int, slowest: float, queue_s: float) -> list[Lane]:
    """A lane for each server; `in_flight` 0 lets its metrics say how many requests it gets at once."""
    return [
        Lane(server, Pressure(in_flight or 64, in_flight or MOST, bool(in_flight)), slowest, queue_s)
        for server in servers
    ]


def buffered(lanes: list[Lane]) -> int:
    """Tickets that wait for a place at some server."""
    return sum(len(lane.ready) for lane in lanes)


def stolen(lanes: list[Lane], lane: Lane) -> Ticket | None:
    """At the end of the work an idle server takes from the longest queue: the prefix cache matters less then."""
    longest = max(lanes, key=lambda other: len(other.ready))
    return longest.next_ready() if longest is not lane else None
