"""Boards on which some cells are open and show a count: which to open, and what the counts leave undecided."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verimill.generators.engines import kernels
from verimill.generators.engines.constraints import Array
from verimill.generators.engines.deduction import Workspace


def uncovered(
    work: Workspace,
    count: Sequence[int],
    first: Sequence[bool],
    flips: Sequence[int],
    tiers: tuple[int, int],
    effort: int,
    fewest: int,
) -> list[bool] | None:
    """Cells to open so that rules up to tiers[1] find all that is certain, one of tier tiers[0] among them.

    `work` has one TOTAL a cell, in order, over the cells around it, which hold `count` mines; `first` are the cells
    open at first, `flips` those to open or cover in turn. At least `effort`, and `fewest` certain cells, of both
    kinds; None when no turn comes to that.
    """
    cells = len(count)
    for low in (0, 1):
        work.net.args[work.net.arg_at[:cells] + low] = count
    opened = np.zeros(cells, np.int64)
    good = kernels.uncover(
        work.net, work.active, work.dom, work.reason, work.placed, work.dirty, work.log, work.counters, work.stack,
        work.stack_reason, work.scratch, _ORDER, np.empty((2 * cells, cells), np.int64), opened,
        np.array(first, np.int64), np.array(flips, np.int64), tiers[0], tiers[1], effort, fewest,
    )  # fmt: skip
    return [bool(o) for o in opened.tolist()] if good else None


def shown_layouts(work: Workspace, domains: Sequence[int]) -> list[tuple[int, ...]]:
    """Layouts (0 or 1 a cell) that show both values of each border cell left open; none when a cell has one only."""
    cells = len(domains)
    shown = np.empty((2 * cells, cells), np.int64)
    many = kernels.layouts(
        work.net, work.active, np.array(domains, np.int64), work.log, work.counters, work.stack, work.stack_reason,
        work.scratch, _ORDER, shown,
    )  # fmt: skip
    return [tuple(row) for row in (shown[: max(many, 0)] >> 1).tolist()]


_ORDER: Array = np.array((0, 1), np.int64)
