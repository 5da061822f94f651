"""Who is what, deduced from statements; the work is done by `role_kernels`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from verimill.generators.engines import role_kernels as kernels
from verimill.generators.engines.truth_tables import Table, roles, width

RULES = ("speaker", "content", "either", "contradiction", "suppose")  # by their numbers in a log
_ROOM = 256  # rows of a log at first


class Deduction(NamedTuple):
    """The rows of a log, depth first, and the measures of the work: deductions weighted by tier and by the length of
    the statement read, doubled at each depth of supposing."""

    rows: list[list[int]]
    looks: int
    tier: int
    suppositions: int
    work: float


def deduce(n: int, lines: Table, whole: bool = True) -> Deduction:
    """The deduction from statements as `truth_tables.board` packs them: everybody, or up to a contradiction.

    `whole`: rows of the outermost level are kept even where nothing later rests on them.
    """
    room = _ROOM
    while True:
        log = np.empty((room, kernels.WIDTH), np.int16)
        counts = np.zeros(kernels.COUNTS, np.int64)
        rows = kernels.run(n, width(n), roles(n), lines, log, counts, whole)
        if not counts[kernels.LOST]:
            break
        room *= 16
    looks, _, top, supposed, work = counts.tolist()
    return Deduction(log[:rows].tolist(), looks, top, supposed, work / 4)
