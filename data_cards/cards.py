"""The data card of a dataset folder: written from counts of its own rows, and checked by counting again.

`write_card` leaves README.md, with the head that `datasets.load_dataset` reads, its pictures, and croissant.json for
machines. The texts are pure functions of the folder, so `check` is: make them again and compare.
"""

from __future__ import annotations

import base64
import importlib.util
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verimill.data_cards import charts, croissant, licences, overlap, pass_rate_tables, qualities, sections
from verimill.data_cards.audit import audit
from verimill.data_cards.counting import Each, in_turn, measure
from verimill.data_cards.examples import choose
from verimill.data_cards.figures import Figures
from verimill.data_cards.folder import FolderError
from verimill.data_cards.front_matter import front_matter
from verimill.data_cards.templates import fill

CARD = "README.md"
__all__ = [
    "CARD",
    "FolderError",
    "MissingReport",
    "Stale",
    "check",
    "in_turn",
    "lacking",
    "render",
    "require_report",
    "standalone",
    "write_card",
]


class MissingReport(ModuleNotFoundError):
    """A package that only cards need is absent; the message names the extra."""


class Stale(ValueError):
    """A card that does not say what the rows say; one sentence with place, wanted and got."""


def lacking() -> str | None:
    """One sentence when this install cannot write cards, None when it can."""
    for package in ("jinja2", "matplotlib"):
        if importlib.util.find_spec(package) is None:
            return f'the data card needs {package}, which is not installed: pip install "verimill[report]"'
    return None


def write_card(folder: Path | str, each: Each = in_turn) -> Path:
    """The folder has its card and pictures; the card's path is returned. `each` may count the files side by side.

    Raises FolderError where the folder is no whole dataset, MissingReport where the extra is not installed.
    """
    require_report()
    folder = Path(folder)
    figures = _measured(folder, each)
    texts = {croissant.NAME: _croissant(folder, figures), CARD: render(folder, figures)}
    try:
        charts.draw(folder, figures)
        for name, text in texts.items():
            temporary = folder / f".tmp-{name}"
            temporary.write_text(text, encoding="utf-8")
            os.replace(temporary, folder / name)
    except OSError as error:
        raise FolderError(f"cannot write {folder / CARD}: {error.strerror}") from None
    return folder / CARD


def check(folder: Path | str) -> None:
    """The card says what the rows say, and the pictures show it. Raises Stale with the first difference."""
    require_report()
    folder = Path(folder)
    got = {name: _read(folder / name) for name in (CARD, croissant.NAME)}
    figures = _measured(folder)
    compare(folder / CARD, render(folder, figures), got[CARD])
    compare(folder / croissant.NAME, _croissant(folder, figures), got[croissant.NAME])
    for name, shown in charts.data(figures).items():
        picture = folder / charts.FOLDER / f"{name}.png"
        if charts.drawn(picture) != charts.digest(shown):
            raise Stale(f"{picture} does not show what the rows say; draw it again with: verimill card {folder}")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Stale(f"{path} cannot be read; write it with: verimill card {path.parent}") from None


def compare(path: Path, wanted: str, got: str) -> None:
    """Both texts are the same; Stale names the first line that differs."""
    old, new = got.splitlines(), wanted.splitlines()
    for at in range(max(len(old), len(new))):
        a, b = (lines[at] if at < len(lines) else "the end" for lines in (old, new))
        if a != b:
            cut = max(0, _first_difference(a, b) - 30)
            raise Stale(
                f"{path} line {at + 1} does not say what the rows say: wanted {b[cut : cut + 80]!r}, "
                f"got {a[cut : cut + 80]!r}"
            )


def _first_difference(a: str, b: str) -> int:
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def require_report() -> None:
    """Cards can be written; MissingReport otherwise."""
    lack = lacking()
    if lack is not None:
        raise MissingReport(lack)


def _measured(folder: Path, each: Each = in_turn) -> Figures:
    figures = measure(folder, each)
    if not figures.problems:
        raise FolderError(f"{folder} has no problems: a card needs at least one row")
    return figures


def render(folder: Path | str, figures: Figures) -> str:
    """The card's text."""
    told, title = _recipe(figures)
    front = front_matter(figures, title, licences.of_hub(told, figures.teachers))
    values = sections.of(figures, choose(folder, figures), told)
    values["overlap"] = overlap.section(overlap.of(Path(folder), figures))
    values["pass_rates"] = pass_rate_tables.section(folder, figures.teachers)
    values |= qualities.of(figures, audit(Path(folder), figures), told, title)
    return fill("card.md.j2", front=front, title=title, **values)


def standalone(card: Path) -> str:
    """The card as one Markdown text for other screens: without the head for programs, its pictures inside."""
    body = card.read_text(encoding="utf-8").partition("\n---\n")[2].partition("-->\n")[2].strip()

    def inside(picture: re.Match[str]) -> str:
        path = card.parent / picture[2]
        return f"![{picture[1]}](data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()})"

    return re.sub(rf"!\[([^\]\n]*)\]\(({charts.FOLDER}/[a-z]+\.png)\)", inside, body) + "\n"


def _croissant(folder: Path, figures: Figures) -> str:
    told, title = _recipe(figures)
    return croissant.croissant(figures, title, told, overlap.sentence(overlap.of(folder, figures)))


def _recipe(figures: Figures) -> tuple[Mapping[str, Any], str]:
    """The recipe's values, empty where none was kept, and the dataset's title."""
    import yaml

    recipe: Any = yaml.safe_load(figures.recipe) if figures.recipe else None
    told: Mapping[str, Any] = recipe if isinstance(recipe, dict) else {}
    return told, str(told.get("title") or told.get("name") or "Certified reasoning problems")
