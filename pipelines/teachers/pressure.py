"""How many requests one server gets at once: a state machine fed by its metrics and by its refusals.

The queue at the server is kept in a small band: never empty while there is work, never long. Without metrics
the limit given at the start holds, is cut when the server refuses, and grows back.
"""

from __future__ import annotations

from dataclasses import dataclass

from verimill.pipelines.teachers.transport import Load

START = 64
WAIT_LOW, WAIT_HIGH = 0.05, 0.25  # of what runs
CUT = 0.75
HOLD_S = 1.0  # seconds between two cuts: the refusals of one burst count once


@dataclass(slots=True)
class Pressure:
    """The limit of one server. `most` bounds it; `fixed` keeps it where it is, except after refusals."""

    limit: float = START
    most: int = 4096
    fixed: bool = False
    climbing: bool = True
    wanted: float = 0.0
    last_cut: float = -1e9
    preemptions: float | None = None

    def __post_init__(self) -> None:
        self.limit = min(self.limit, self.most)
        self.wanted = self.limit

    @property
    def room(self) -> int:
        """Requests that may be under way now."""
        return max(1, int(self.limit))

    def refused(self, now: float) -> None:
        """429 or 503: a quarter less, once a second at most."""
        if now - self.last_cut >= HOLD_S:
            self.last_cut, self.climbing = now, False
            self.limit = max(1.0, self.limit * CUT)

    def told(self, load: Load | None, in_flight: int, now: float) -> None:
        """A look at the server; `in_flight` is what it has of ours."""
        full = in_flight >= 0.9 * self.room
        if load is None or self.fixed:
            if now - self.last_cut >= 5 * HOLD_S and self.limit < self.wanted:
                self.limit = min(self.wanted, self.limit + max(1.0, 0.05 * self.wanted))
            return
        before, self.preemptions = self.preemptions, load.preemptions
        if before is not None and load.preemptions > before:
            self.refused(now)  # the cache is too small for what runs: preempted work is done twice
            return
        if load.waiting > WAIT_HIGH * max(load.running, 4.0):
            self.climbing = False
            middle = (WAIT_LOW + WAIT_HIGH) / 2 * load.running
            self.limit = max(1.0, self.limit - (load.waiting - middle) / 2)
        elif load.waiting <= WAIT_LOW * load.running and full:
            self.limit += self.limit if self.climbing else max(2.0, 0.06 * self.limit)
        self.limit = min(self.limit, float(self.most))
