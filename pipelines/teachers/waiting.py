"""Tickets that wait for something else than a place: for their pause to end, for the final sweep, under suspicion.

A sample that was in flight when its server crashed is a suspect. Suspects fly few at a time, and after a second
crash one at a time: a crash while one flies alone names the culprit, and the others go free.
"""

from __future__ import annotations

import heapq
from collections import deque
from itertools import count

from verimill.pipelines.teachers.lanes import Ticket

TOGETHER = 8  # suspects in flight after a first crash


class Waiting:
    """All of them, for one client."""

    def __init__(self) -> None:
        self._later: list[tuple[float, int, Ticket]] = []
        self._order = count()
        self._parked: list[Ticket] = []
        self._suspects: deque[Ticket] = deque()
        self._flying: set[Ticket] = set()

    def __bool__(self) -> bool:
        return bool(self._later or self._suspects)

    def pause(self, ticket: Ticket, until: float) -> None:
        """The ticket comes back at a moment; its place is free meanwhile."""
        heapq.heappush(self._later, (until, next(self._order), ticket))

    def due(self, now: float) -> list[Ticket]:
        """Tickets whose pause is over."""
        found = []
        while self._later and self._later[0][0] <= now:
            ticket = heapq.heappop(self._later)[2]
            if not ticket.dropped:
                found.append(ticket)
        return found

    def next_due(self) -> float | None:
        """When the first pause ends."""
        return self._later[0][0] if self._later else None

    def park(self, ticket: Ticket) -> None:
        """The ticket waits until all else is done."""
        ticket.parked = True
        self._parked.append(ticket)

    def sweep(self) -> list[Ticket]:
        """The parked tickets, each with all its tries again, once."""
        found, self._parked = [t for t in self._parked if not t.dropped], []
        for ticket in found:
            ticket.tries = 0
        return found

    def crashed(self, ticket: Ticket) -> bool:
        """The ticket was in flight at a crash. True where it is the culprit."""
        alone = self._flying == {ticket}
        ticket.crashes += 1
        if ticket.crashes > 2 and alone:
            return True
        self._suspects.append(ticket)
        return False

    def suspect(self) -> Ticket | None:
        """The next suspect that may fly now."""
        while self._suspects and self._suspects[0].dropped:
            self._suspects.popleft()
        if not self._suspects:
            return None
        grave = self._suspects[0].crashes > 1 or any(t.crashes > 1 for t in self._flying)
        if len(self._flying) >= (1 if grave else TOGETHER):
            return None
        ticket = self._suspects.popleft()
        self._flying.add(ticket)
        return ticket

    def landed(self, ticket: Ticket) -> None:
        """The ticket is no longer in flight."""
        self._flying.discard(ticket)
