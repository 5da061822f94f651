"""Walking a trace: numbers without a gap, every step judged, the end compared with the answer."""

from __future__ import annotations

from collections.abc import Callable

from verimill.schemas.core import Step, TraceVerdict

MAX_STEPS = 20_000  # of one trace, sub-steps included; more is refused unread


def count(steps: tuple[Step, ...]) -> int:
    """Steps and sub-steps together."""
    return sum(1 + count(step.sub) for step in steps)


def walk(
    steps: tuple[Step, ...], judge: Callable[[Step], str | None], unfinished: Callable[[], str | None]
) -> TraceVerdict:
    """Judge every step in order.

    `judge` returns why a step does not follow, or None, and takes the step's claims into account for the
    later ones; `unfinished` says at the end what the trace has not established, or None. A ValueError from
    `judge` (a claim that cannot be read) counts as a wrong step.
    """
    if count(steps) > MAX_STEPS:
        return TraceVerdict(0, 0, None, False, f"trace must have at most {MAX_STEPS} steps, got {count(steps)}")
    wrong, first, reason = 0, None, ""
    for at, step in enumerate(steps, 1):
        if step.number != at:
            why: str | None = f"expected step {at}, got {step.number}"
        else:
            try:
                why = judge(step)
            except ValueError as error:
                why = f"unreadable claim: {error}"
        if why is not None:
            wrong += 1
            if first is None:
                first, reason = at, f"step {step.number}: {why}"
    missing = unfinished()
    return TraceVerdict(len(steps), wrong, first, missing is None, reason or missing or "")
