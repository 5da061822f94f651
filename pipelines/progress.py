"""How a long piece of work tells a person where it stands: bars on a terminal, plain lines elsewhere.

Everything goes to standard error; standard output belongs to the summary.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Protocol, TextIO

EVERY = 10.0  # seconds between plain lines of one stage


class Tell(Protocol):
    """What a build says while it works."""

    def stage(self, name: str, total: int, note: str = "") -> None:
        """A new stage of `total` steps begins."""

    def step(self, count: int = 1, note: str = "") -> None:
        """`count` more steps of the stage are done."""

    def line(self, text: str) -> None:
        """One line for the reader."""


class Quiet:
    """Says nothing."""

    def stage(self, name: str, total: int, note: str = "") -> None: ...

    def step(self, count: int = 1, note: str = "") -> None: ...

    def line(self, text: str) -> None: ...


class Lines:
    """Plain lines: one at the end of a stage, and now and then between."""

    def __init__(self, sink: TextIO | None = None) -> None:
        self._sink = sink or sys.stderr
        self._name, self._total, self._done, self._said = "", 0, 0, 0.0

    def stage(self, name: str, total: int, note: str = "") -> None:
        """A new stage begins; its first line comes with its first progress."""
        self._name, self._total, self._done = f"{name} ({note})" if note else name, total, 0
        self._said = time.monotonic()

    def step(self, count: int = 1, note: str = "") -> None:
        """A line when the stage ends or has been silent for a while."""
        self._done += count
        now = time.monotonic()
        if count and (self._done >= self._total or now - self._said >= EVERY):
            self._said = now
            self.line(f"{self._name}: {self._done} of {self._total}")

    def line(self, text: str) -> None:
        """The text on a line of its own."""
        print(text, file=self._sink, flush=True)

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None: ...


class Bars:
    """One bar a stage, drawn by rich."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = ("{task.description:<22}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress: Any = Progress(
            *(TextColumn(c) if isinstance(c, str) else c for c in columns),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._task: Any = None

    def stage(self, name: str, total: int, note: str = "") -> None:
        """A new bar below the others."""
        self._task = self._progress.add_task(f"{name} {note}".strip(), total=total, note="")

    def step(self, count: int = 1, note: str = "") -> None:
        """The bar grows."""
        self._progress.update(self._task, advance=count, note=note)

    def line(self, text: str) -> None:
        """The text above the bars."""
        self._progress.console.print(text, markup=False, highlight=False)

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


def teller() -> Lines | Bars:
    """Bars when standard error is a terminal, else lines."""
    return Bars() if sys.stderr.isatty() else Lines()
