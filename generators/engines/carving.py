"""Regions that are changed cell by cell, in a network whose first constraints they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verimill.generators.engines import kernels
from verimill.generators.engines.deduction import Workspace

REPAIRS = 40
NODES = 100  # decisions of one search for other solutions; a draw that needs more is given up


def carved(
    work: Workspace,
    side: int,
    hidden: Sequence[int],
    label: Sequence[int],
    seed: int,
    turns: int,
    tiers: tuple[int, int],
    effort: int,
) -> list[int] | None:
    """Regions near `label` under which rules of those tiers find just the `hidden` values, with at least `effort`."""
    now = np.array(label, np.int64)
    good = kernels.carve(
        work.net, work.active, work.dom, work.reason, work.placed, work.dirty, work.log, work.counters, work.stack,
        work.stack_reason, work.scratch, np.array((1, 0), np.int64), np.empty((2, side * side), np.int64), side,
        np.array(hidden, np.int64), now, seed, REPAIRS, turns, NODES, *tiers, effort,
    )  # fmt: skip
    return [int(region) for region in now.tolist()] if good else None


def draw_regions(work: Workspace, side: int, label: Sequence[int]) -> Workspace:
    """The workspace with the cells of the regions (numbered by first cell) in its first `side` constraints."""
    net, cells = work.net, side * side
    sizes = np.bincount(label, minlength=side)
    starts = np.cumsum(sizes) - sizes
    at = starts + 3 * np.arange(side)  # three numbers of each go before its weights
    stars = int(net.args[net.arg_at[0]])
    net.scope_at[:side] = starts
    net.scope[:cells] = np.argsort(label, kind="stable")
    net.arg_at[:side] = at
    net.args[: cells + 3 * side] = 1
    net.args[at] = net.args[at + 1] = stars
    net.args[at + 2] = 0
    net.var_cons[net.var_at[:cells]] = label
    work.active[:] = 1
    return work
