"""Commands that describe: card, gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verimill.cli_screens import COMPILING, patience, say

FAILED = 1


def card(
    folder: Annotated[Path, typer.Argument(help="A dataset folder.")],
    check: Annotated[bool, typer.Option("--check", help="Only count again, and compare with the card there.")] = False,
) -> None:
    """Write the data card of a dataset.

    Every figure is counted from the rows. With --check nothing is written: a card or picture that does not say
    what the rows say is named, and the command ends with 1.

    \b
    Example:
      verimill generate shortest_path --count 20 --out out/small
      verimill card out/small
      verimill card out/small --check
    """
    from verimill.data_cards import cards

    if not check:
        print(cards.write_card(folder))
        return
    try:
        cards.check(folder)
    except cards.Stale as error:
        say(f"verimill: {error}")
        raise typer.Exit(FAILED) from None
    print(f"{folder / cards.CARD}: says what the rows say")


def gallery(
    families: Annotated[list[str] | None, typer.Argument(help="Families; all by default.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder of the pages.")] = Path("docs/families"),
) -> None:
    """Write a page for each family.

    What it asks, its knobs, measured levels, and problems with answers, checked steps and a refused answer.

    \b
    Example:
      verimill gallery shortest_path --out out/gallery
    """
    from verimill.pipelines.gallery import write_pages

    with patience(COMPILING):
        for path in write_pages(out, families or None):
            print(path, flush=True)
