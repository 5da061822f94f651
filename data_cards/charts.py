"""The card's pictures: families by split, levels by split, hardness by level, what was dropped.

Each picture carries, as PNG text, a digest of the numbers that it shows, so that a stale one is noticed without
drawing it again. Colours are told apart by colour-blind readers too, and every count that matters is also
printed in the card as text.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

from verimill.data_cards.figures import REASONS, Figures
from verimill.schemas.rows import compact

FOLDER = "charts"
_KEY = "figures"
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
_HATCHES = ("", "//", "..", "xx")
_GREY = "#555555"
_DPI = 120


def data(figures: Figures) -> dict[str, dict[str, Any]]:
    """What each picture shows, as JSON values; a picture without anything to show is left out."""
    splits, families, levels = figures.splits, figures.families, figures.known_levels
    tiers = sorted({tier for _, tier in figures.tiers})
    powers = range(min(figures.efforts, key=lambda at: at[1])[1], max(figures.efforts, key=lambda at: at[1])[1] + 1)
    shown: dict[str, dict[str, Any]] = {
        "families": {"rows": families, "parts": {s: [figures.rows[f, s] for f in families] for s in splits}},
        "levels": {
            "rows": [_level(level) for level in levels],
            "parts": {s: [figures.levels[level, s] for level in levels] for s in splits},
        },
        "hardness": {
            "levels": [_level(level) for level in levels],
            "tiers": tiers,
            "by_tier": [[figures.tiers[level, tier] for level in levels] for tier in tiers],
            "powers": list(powers),
            "by_effort": [[figures.efforts[level, power] for level in levels] for power in powers],
        },
    }
    reasons = [reason for reason in (*REASONS, *sorted({r for _, r in figures.dropped} - set(REASONS)))
               if any(figures.dropped[f, reason] for f, _ in figures.dropped)]  # fmt: skip
    if reasons:
        hit = [f for f in families if any(figures.dropped[f, r] for r in reasons)]
        hit += sorted({f for f, _ in figures.dropped} - set(families))
        shown["dropped"] = {"rows": hit, "parts": {r: [figures.dropped[f, r] for f in hit] for r in reasons}}
    return shown


def _level(level: int | None) -> str:
    return "knobs" if level is None else str(level)


def digest(shown: dict[str, Any]) -> str:
    """A digest of what one picture shows."""
    return hashlib.blake2b(compact(shown).encode(), digest_size=16).hexdigest()


def drawn(path: Path) -> str | None:
    """The digest that a picture carries, None where it is no such picture."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    at = 8
    while raw[:8] == b"\x89PNG\r\n\x1a\n" and at + 12 <= len(raw):
        length, kind = struct.unpack(">I4s", raw[at : at + 8])
        body = raw[at + 8 : at + 8 + length]
        if kind == b"tEXt" and body.startswith(_KEY.encode() + b"\0") and zlib.crc32(kind + body) == struct.unpack(
            ">I", raw[at + 8 + length : at + 12 + length]
        )[0]:  # fmt: skip
            return body.partition(b"\0")[2].decode("latin-1")
        at += 12 + length
    return None


def draw(folder: Path, figures: Figures) -> None:
    """The pictures stand in `folder`/charts, and no picture of what there is nothing of."""
    home = folder / FOLDER
    home.mkdir(exist_ok=True)
    shown = data(figures)
    painters = {"families": _bars_across, "levels": _bars_up, "hardness": _maps, "dropped": _bars_across}
    titles = {"families": "Problems by family and split", "levels": "Problems by level and split",
              "hardness": "Measured hardness by level", "dropped": "Dropped, by family and reason"}  # fmt: skip
    for name in titles:
        path = home / f"{name}.png"
        if name not in shown:
            path.unlink(missing_ok=True)
        else:
            _save(painters[name](shown[name], titles[name]), path, digest(shown[name]))


def _save(figure: Any, path: Path, mark: str) -> None:
    temporary = path.with_name(f".tmp-{path.name}")
    try:
        figure.savefig(temporary, format="png", dpi=_DPI, metadata={_KEY: mark, "Software": None})
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _figure(width: float, height: float, columns: int = 1) -> tuple[Any, Any]:
    """A figure and its axes, without pyplot: no global state, no window system."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, columns, squeeze=False)[0]
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
        each.tick_params(labelsize=9, length=0)
    return figure, axes


def _bars_across(shown: dict[str, Any], title: str) -> Any:
    """One bar a family, stacked by part."""
    rows, parts = shown["rows"], shown["parts"]
    figure, (axes,) = _figure(8.0, 1.3 + 0.24 * len(rows))
    at, left = range(len(rows)), [0] * len(rows)
    for number, (part, values) in enumerate(parts.items()):
        axes.barh(at, values, left=left, height=0.72, label=part, **_paint(number))
        left = [a + b for a, b in zip(left, values, strict=True)]
    for y, total in zip(at, left, strict=True):
        axes.annotate(
            f"{total:,}", (total, y), (4, 0), textcoords="offset points", va="center", fontsize=8, color=_GREY
        )
    axes.set_yticks(at, rows)
    axes.invert_yaxis()
    axes.margins(x=0.08, y=0.01)
    _finish(figure, title, list(parts))
    axes.set_xlabel("rows", fontsize=9)
    return figure


def _bars_up(shown: dict[str, Any], title: str) -> Any:
    """One bar a level, stacked by split."""
    rows, parts = shown["rows"], shown["parts"]
    figure, (axes,) = _figure(8.0, 3.4)
    at, below = range(len(rows)), [0] * len(rows)
    for number, (part, values) in enumerate(parts.items()):
        axes.bar(at, values, bottom=below, width=0.78, label=part, **_paint(number))
        below = [a + b for a, b in zip(below, values, strict=True)]
    for x, total in zip(at, below, strict=True):
        axes.annotate(
            f"{total:,}", (x, total), (0, 2), textcoords="offset points", ha="center", fontsize=8, color=_GREY
        )
    axes.set_xticks(at, rows)
    axes.set_ylim(0, 1.12 * max(below))
    _finish(figure, title, list(parts))
    axes.set_xlabel("level", fontsize=9)
    axes.set_ylabel("rows", fontsize=9)
    return figure


def _paint(number: int) -> dict[str, Any]:
    """Colour, and after eight of them a pattern too."""
    hatch = _HATCHES[number // len(_COLOURS) % len(_HATCHES)]
    return {"color": _COLOURS[number % len(_COLOURS)], "hatch": hatch, "edgecolor": "white", "linewidth": 0.5}


def _finish(figure: Any, title: str, parts: Sequence[str]) -> None:
    """Title above; the legend beside it where there is room, else below."""
    _title(figure, title)
    room = len(parts) <= 4 and sum(map(len, parts)) <= 30
    width, height = figure.get_size_inches()
    if not room:
        figure.set_size_inches(width, height + 0.22 * ceil(len(parts) / 5))
    loc = "outside upper right" if room else "outside lower left"
    figure.legend(loc=loc, ncols=4 if room else 5, frameon=False, fontsize=9)


def _title(figure: Any, title: str) -> None:
    figure.suptitle(title, fontsize=12, x=0.01, ha="left", fontweight="bold")


def _maps(shown: dict[str, Any], title: str) -> Any:
    """Two maps, rows of each level by tier and by effort; every column is the histogram of one level."""
    tall = max(len(shown["tiers"]), len(shown["powers"]))
    figure, axes = _figure(11.0, 1.7 + 0.34 * tall, columns=2)
    powers = [("under 1" if k < 0 else f"{2**k:,}" if k == 0 else f"{2**k:,}–{2 ** (k + 1) - 1:,}")
              for k in shown["powers"]]  # fmt: skip
    for side, counts, names, label in (
        (axes[0], shown["by_tier"], [str(tier) for tier in shown["tiers"]], "tier: the hardest rule needed"),
        (axes[1], shown["by_effort"], powers, "effort: work of the solver"),
    ):
        _map(side, counts, shown["levels"], names, label)
    figure.get_layout_engine().set(wspace=0.03)
    _title(figure, title)
    return figure


def _map(axes: Any, counts: Sequence[Sequence[int]], columns: Sequence[str], rows: Sequence[str], label: str) -> None:
    sums = [sum(column) or 1 for column in zip(*counts, strict=True)]
    shares = [[value / whole for value, whole in zip(line, sums, strict=True)] for line in counts]
    top = max(map(max, shares))  # the colour is the share of the level's rows, the number counts them
    axes.imshow(shares, aspect="auto", origin="lower", cmap="Blues", vmin=0, vmax=top)
    for y, line in enumerate(counts):
        for x, value in enumerate(line):
            if value:
                ink = "white" if shares[y][x] > 0.6 * top else "black"
                axes.text(x, y, _short(value), ha="center", va="center", fontsize=8, color=ink)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel("level", fontsize=9)
    axes.set_title(label, fontsize=10, loc="left")
    axes.spines[:].set_visible(False)


def _short(value: int) -> str:
    return f"{value:,}" if value < 10_000 else f"{value / 1e3:.0f}k" if value < 1e6 else f"{value / 1e6:.1f}M"
