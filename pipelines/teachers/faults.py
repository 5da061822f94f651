"""What can go wrong with a request, by table: each fault has a class, and the class says what is done.

terminal    this sample can never be answered: recorded, never retried, no neighbour is touched
budget      the token budget ended it: recorded with its text, asked again only with a longer budget
transient   may work next time: retried with growing random pauses, then parked for a final sweep
down        the server is gone: it is paused, its work goes to others, no retry is spent
poison      the sample was alone under suspicion when the server crashed again: quarantined
"""

from __future__ import annotations

from typing import Literal

FaultClass = Literal["terminal", "budget", "transient", "down", "poison"]
CLASSES: tuple[FaultClass, ...] = ("terminal", "budget", "transient", "down", "poison")

# Statuses that are not listed: 4xx is terminal, all else transient.
STATUSES: dict[int, FaultClass] = {
    400: "terminal",  # context overflow, bad schema, bad parameter
    401: "terminal",
    403: "terminal",
    404: "terminal",
    408: "transient",
    409: "transient",
    413: "terminal",
    422: "terminal",
    425: "transient",
    429: "transient",
    500: "transient",
    502: "transient",
    503: "transient",
    504: "transient",
}

# What the transport meets below HTTP, by its own word.
BELOW: dict[str, FaultClass] = {
    "refused": "down",  # nothing listens
    "reset": "transient",  # the connection broke; a health check then tells whether the server is down
    "garbage": "transient",  # the body is not the JSON of a chat completion
    "stall": "transient",  # nothing came for longer than the deadline allows
    "window": "terminal",  # the prompt leaves no room in the model's context
}

BUSY = frozenset({429, 503})  # the server asks for less at once
FINISHES: dict[str, FaultClass] = {"length": "budget"}

RETRIES = 5  # tries of a transient fault before it is parked
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0  # seconds


class Fault(Exception):
    """One failed try. `word` is the HTTP status or a word of BELOW; `after` is what the server asked to wait."""

    def __init__(self, word: int | str, detail: str = "", after: float | None = None) -> None:
        super().__init__(detail)
        self.word, self.detail, self.after = word, detail, after

    @property
    def kind(self) -> FaultClass:
        """The class of this fault."""
        return class_of(self.word)

    @property
    def text(self) -> str:
        """One line for the record."""
        name = f"HTTP {self.word}" if isinstance(self.word, int) else self.word
        return f"{name}: {self.detail}" if self.detail else name


def class_of(word: int | str) -> FaultClass:
    """The class of an HTTP status or of a word of the transport."""
    if isinstance(word, str):
        return BELOW[word]
    return STATUSES.get(word, "terminal" if 400 <= word < 500 else "transient")


def pause(tries: int, unit: float, after: float | None = None, first: float = FIRST_PAUSE) -> float:
    """Seconds to wait before the next try: full jitter (`unit` in 0..1) under a doubling bound.

    What the server asked for is kept as the least, spread a little so that not all come back at once.
    """
    spread: float = unit * min(LONGEST_PAUSE, first * 2 ** min(tries - 1, 16))
    return spread if after is None else min(after, 600.0) + spread
