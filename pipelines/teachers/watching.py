"""What looks after the servers while samples fly: health, load, deadlines, and how long nobody may answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from verimill.pipelines.teachers.faults import RETRIES
from verimill.pipelines.teachers.lanes import Lane

SWEEP_S = 0.25
MOST_SILENT = 3  # looks without an answer from a server that used to give one
SLOWEST_LOOK_S = 10.0


class ServerGone(RuntimeError):
    """No server answers any more; what came is in the log, and the same command goes on from there."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What steers the asking and shapes no reply. Times are in seconds."""

    in_flight: int = 0  # per server; 0: as many as keep its queue short
    window: int = 0  # the model's context in tokens; 0: unknown
    margin: int = 8  # tokens left free in it
    least_tokens: int = 16  # no request with less room than this
    overhead: int = 64  # tokens that a chat template may add
    look_s: float = 1.0
    queue_s: float = 30.0
    slowest: float = 1.0  # tokens a second, until measured
    stall_s: float | None = None  # with a value replies are streamed
    patience_s: float = 300.0  # without any server
    first_pause_s: float = 0.25
    retries: int = RETRIES


class Watch:
    """The background work of one client."""

    def __init__(
        self, lanes: list[Lane], settings: Settings, stop: Callable[[BaseException], None], nudge: Callable[[], None]
    ) -> None:
        self.lanes, self.settings, self._stop, self._nudge = lanes, settings, stop, nudge
        self._tasks: list[asyncio.Task[None]] = []
        self.crashes = 0

    def start(self) -> None:
        """Every server is looked after from now on."""
        self._tasks = [asyncio.create_task(self._look(lane)) for lane in self.lanes]
        self._tasks.append(asyncio.create_task(self._sweep()))
        for task in self._tasks:
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._stop(task.exception() or RuntimeError("the watch ended"))

    async def end(self) -> None:
        """Nobody looks any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def soon(self, seconds: float) -> None:
        """Launching is tried again after a pause."""
        asyncio.get_running_loop().call_later(seconds + 0.001, self._nudge)

    async def alive(self, lane: Lane) -> bool:
        """Whether a server takes requests after a try failed below HTTP; asked once for all that failed with it."""
        if not lane.up:
            return False
        if lane.check is None:
            lane.check = asyncio.ensure_future(self._alive(lane))
        return await asyncio.shield(lane.check)

    async def _alive(self, lane: Lane) -> bool:
        try:
            found = await lane.server.alive()
        finally:
            lane.check = None
        if not found and lane.up:
            self._down(lane)
        return found

    def _down(self, lane: Lane) -> None:
        """The server is paused; what it had is asked again, elsewhere where there is an elsewhere."""
        lane.down_since = time.monotonic()
        self.crashes += 1
        for ticket in lane.flying:
            # Tries that already failed are deciding for themselves; the rest would wait for a dead connection.
            if ticket.task is not None and ticket.deadline and not ticket.why and lane.silent >= MOST_SILENT:
                ticket.why = "down"
                ticket.task.cancel()
        moved = [lane.ready.popleft() for _ in range(len(lane.ready))]
        up = [other for other in self.lanes if other.up]
        for at, ticket in enumerate(moved):
            (up[at % len(up)] if up else lane).ready.append(ticket)
        self._nudge()

    async def _look(self, lane: Lane) -> None:
        wait = self.settings.look_s
        while True:
            await asyncio.sleep(wait)
            if not lane.up:
                wait = min(SLOWEST_LOOK_S, wait * 1.5)
                if await lane.server.alive():
                    lane.down_since, lane.silent, wait = None, 0, self.settings.look_s
                    lane.pressure.climbing = True
                    self._nudge()
                elif all(not other.up for other in self.lanes):
                    self._too_long()
                continue
            load = await lane.server.load()
            lane.silent = lane.silent + 1 if load is None and lane.measured else 0
            lane.measured |= load is not None
            if lane.silent >= MOST_SILENT:
                await self.alive(lane)
                continue
            before = lane.pressure.room
            lane.pressure.told(load, len(lane.flying), time.monotonic())
            if lane.pressure.room > before:
                self._nudge()

    def _too_long(self) -> None:
        last = max(lane.down_since or 0.0 for lane in self.lanes)
        if time.monotonic() - last > self.settings.patience_s:
            names = ", ".join(lane.server.name for lane in self.lanes)
            self._stop(ServerGone(f"no answer from {names} for {self.settings.patience_s:.0f} s; "
                                  "run the same command again to go on"))  # fmt: skip

    async def _sweep(self) -> None:
        """Samples past their deadline are given up, which closes their connection."""
        while True:
            await asyncio.sleep(SWEEP_S)
            now = time.monotonic()
            for lane in self.lanes:
                for ticket in lane.flying:
                    if ticket.deadline and now > ticket.deadline and not ticket.why and ticket.task is not None:
                        ticket.why = "stall"
                        ticket.task.cancel()
