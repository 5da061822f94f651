"""Commands that describe: card, report, gallery."""

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


def report(
    folder: Annotated[Path, typer.Argument(help="A dataset folder.")],
    out: Annotated[Path | None, typer.Option("--out", help="The page; report.html in the folder by default.")] = None,
    traces: Annotated[
        list[Path] | None, typer.Option("--traces", help="A folder with more traces, such as `ask` writes; repeat.")
    ] = None,
    samples: Annotated[int, typer.Option("--samples", min=0, help="Most problems shown whole.")] = 400,
) -> None:
    """Write a page to look at a dataset.

    One HTML file that needs no network: charts of all rows, and samples to filter and search, their checked steps
    coloured. It holds at most 16 MB; what is left out is said in it.

    \b
    Examples:
      verimill generate shortest_path --count 20 --out out/small
      verimill report out/small --out out/small.html
    """
    from verimill.data_cards.report.page import write_report

    with patience("reading the rows"):
        page = write_report(folder, out, traces or (), samples)
    print(page)


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
