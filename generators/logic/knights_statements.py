"""What people say: statements drawn until exactly one reading fits, and a statement altered in one place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from verimill.generators.engines.formula_codes import Said, said
from verimill.generators.engines.truth_tables import draw
from verimill.schemas.formulas import COUNTS, PAIRS, Node
from verimill.schemas.logic.knights_knaves import Params
from verimill.schemas.rng import Rng

_CHUNK = 32  # numbers drawn at first for each statement


def drawn(rng: Rng, params: Params, tries: int, wanted: Callable[[Said], bool]) -> Said | None:
    """The first statements with exactly one reading, all different, that are wanted; None when the tries run out."""
    n = params.people
    chunk = _CHUNK * (n + params.extra)
    numbers, at = rng.ahead(chunk), 0
    while tries:
        found, at, tries = draw(n, params.extra, params.depth, params.counts, numbers, at, tries)
        if found is not None:
            statements = said(*found)
            if len(set(statements)) == len(statements) and wanted(statements):
                rng.put_back(numbers[at:])  # so that what is drawn next does not depend on how many lay ready
                return statements
        elif tries:
            numbers, at = np.concatenate((numbers[at:], rng.ahead(chunk))), 0
    return None


def altered(rng: Rng, n: int, node: Node) -> Node:
    """The formula with one leaf, count or connective changed."""
    head = node[0]
    if head in ("k", "n"):
        return ("n" if head == "k" else "k", node[1]) if rng.chance(0.5) else (head, rng.below(n))
    if head in COUNTS:
        return (head, rng.below(len(node[2]) + 1), node[2]) if rng.chance(0.7) else (rng.pick(COUNTS), *node[1:])
    if head == "not":
        return ("not", altered(rng, n, node[1]))
    roll = rng.below(3)
    if roll == 0:
        return (rng.pick(PAIRS), node[1], node[2])
    if roll == 1:
        return (head, altered(rng, n, node[1]), node[2])
    return (head, node[1], altered(rng, n, node[2]))
