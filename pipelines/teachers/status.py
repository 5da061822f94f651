"""Where an asking stands, on one line: samples, rates, in flight, right so far, time left."""

from __future__ import annotations

import asyncio
import time

from verimill.pipelines.progress import Bars, Tell
from verimill.pipelines.summary import duration
from verimill.pipelines.teachers.client import Client

TELL_S, LINE_S = 1.0, 10.0
RATE_S = 20.0  # seconds over which a rate is taken


class Meter:
    """Reads a client now and then; rates are those of the last seconds. `requests` are expected in all."""

    def __init__(self, client: Client, requests: float) -> None:
        self._client, self._requests = client, requests
        self._seen: list[tuple[float, int, int]] = [(time.monotonic(), 0, 0)]

    def read(self) -> str:
        """`312 samples, 24.1/s, 9,812 tokens/s, 64 in flight, 71 % right, about 3 min left`."""
        account, now = self._client.account, time.monotonic()
        self._seen.append((now, account.samples, account.tokens))
        while len(self._seen) > 2 and self._seen[0][0] < now - RATE_S:
            self._seen.pop(0)
        then, samples, tokens = self._seen[0]
        span = max(now - then, 1e-9)
        rate = (account.samples - samples) / span
        parts = [f"{account.samples:,} samples", f"{rate:,.1f}/s", f"{(account.tokens - tokens) / span:,.0f} tokens/s"]
        parts.append(f"{self._client.in_flight:,} in flight")
        if account.judged:
            parts.append(f"{100 * account.right / account.judged:.0f} % right")
        left = self._requests - account.samples - account.held
        if rate > 0 and left > 0:
            parts.append(f"about {duration(left / rate)} left")
        return ", ".join(parts)


async def show_status(client: Client, problems: int, requests: float, tell: Tell) -> None:
    """Where the asking stands, every second on a bar and every ten on lines."""
    tell.stage("ask", problems)
    meter = Meter(client, requests)
    said, done = time.monotonic(), 0
    bars = isinstance(tell, Bars)
    while True:
        await asyncio.sleep(TELL_S)
        text, account = meter.read(), client.account
        if bars:
            tell.step(account.problems - done, text)
            done = account.problems
        elif time.monotonic() - said >= LINE_S:
            said = time.monotonic()
            tell.line(f"ask: {account.problems:,} of {problems:,} problems, {text}")
