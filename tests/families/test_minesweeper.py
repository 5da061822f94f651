"""Minesweeper: the judge's certain cells, and the solver's, are those of a plain listing of all layouts."""

from __future__ import annotations

from itertools import product

import pytest

from verimill.generators.grids.minesweeper import MAKER
from verimill.schemas.cells import cell_names, neighbours
from verimill.schemas.grids.minesweeper import CODEC, COVERED, Answer, Problem
from verimill.schemas.rng import rng_for
from verimill.verifiers.grids.minesweeper import certain


def listed(problem: Problem) -> Answer:
    """Certain cells by trying every layout of the covered cells next to a number."""
    n = problem.size
    near = [list(neighbours(n, n, cell, diagonal=True)) for cell in range(n * n)]
    numbers = [(cell, int(shown)) for cell, shown in enumerate(problem.board) if shown != COVERED]
    border = sorted({d for cell, _ in numbers for d in near[cell] if problem.board[d] == COVERED})
    can: list[set[int]] = [set() for _ in border]
    for layout in product((0, 1), repeat=len(border)):
        mined = {cell for cell, v in zip(border, layout, strict=True) if v}
        if all(sum(d in mined for d in near[cell]) == count for cell, count in numbers):
            for seen, v in zip(can, layout, strict=True):
                seen.add(v)
    names = cell_names(n, n)
    safe = tuple(names[cell] for cell, seen in zip(border, can, strict=True) if seen == {0})
    return safe, tuple(names[cell] for cell, seen in zip(border, can, strict=True) if seen == {1})


def test_certain_cells_are_those_of_all_layouts() -> None:
    for i in range(6):
        problem = MAKER.make(rng_for("minesweeper", i), CODEC.level(1 + i % 2))
        want = listed(problem)
        assert MAKER.solve(problem).answer == want
        assert certain(problem) == (frozenset(want[0]), frozenset(want[1]))


def test_lists_are_read_in_either_order_and_any_dress() -> None:
    problem = Problem(5, "1#" + "1" * 3 + "#" * 20)
    want = (("r2c1",), ("r1c2", "r2c2"))
    for text in ("safe: r2c1\nmines: r1c2, r2c2", "**Mines**: (R2C2), r1c2.\n- Safe cells: r2c1"):
        assert CODEC.read(problem, text) == want
    assert CODEC.read(problem, "safe: -\nmines: none") == ((), ())
    for text in ("safe: r1c1\nmines: -", "safe: r2c1", "safe: r2c1\nmines: r2c1", "safe: r9c9\nmines: -", "r2c1"):
        with pytest.raises(ValueError, match=r"."):
            CODEC.read(problem, text)


def test_a_number_larger_than_its_covered_neighbours_is_refused() -> None:
    with pytest.raises(ValueError, match="only 1 covered"):
        Problem(5, "2#" + "0" * 23)
