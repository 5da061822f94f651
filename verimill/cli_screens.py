"""What a person sees: tables and sections, drawn by rich on a terminal and as plain text elsewhere."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verimill.data_cards.counting import Each
    from verimill.pipelines.progress import Tell

PATIENCE_S = 2.0


def say(text: str) -> None:
    """One line to standard error."""
    print(text, file=sys.stderr, flush=True)


def put_json(value: Any) -> None:
    """One line of JSON to standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table with aligned columns on standard output."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        drawn = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
        for head in heads:
            drawn.add_column(head, overflow="fold")
        for row in rows:
            drawn.add_row(*row)
        Console().print(drawn, markup=False)
        return
    widths = [max(len(line[c]) for line in [heads, *rows]) for c in range(len(heads))]
    for line in [heads, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def sections(parts: Sequence[tuple[str, str]]) -> None:
    """Titled blocks of text on standard output."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.panel import Panel
        from rich.text import Text

        console = Console()
        for title, text in parts:
            console.print(Panel(Text(text), title=title, title_align="left", border_style="cyan"))
        return
    for title, text in parts:
        print(f"== {title}\n{text}\n")


@contextmanager
def patience(note: str) -> Iterator[None]:
    """Says `note` on standard error when what is inside takes longer than a person expects."""
    timer = threading.Timer(PATIENCE_S, say, [note])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


COMPILING = "verimill: compiling the solvers; the first problem of a family on this machine takes a while"


def write_card_of(folder: Path, each: Each | None = None) -> Path | None:
    """The dataset's card is in its folder; None, and a sentence, where this install has not what cards need."""
    from verimill.data_cards import cards

    try:
        return cards.write_card(folder, each or cards.in_turn)
    except (cards.FolderError, cards.MissingReport) as error:  # the rows are whole; a card can be written later
        say(f"verimill: no card was written: {error}")
        return None


@contextmanager
def telling() -> Iterator[Tell]:
    """Progress on standard error: bars on a terminal, plain lines elsewhere."""
    from verimill.pipelines.progress import teller

    with teller() as tell:
        yield tell
