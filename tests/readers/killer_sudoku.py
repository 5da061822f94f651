"""Reads killer sudokus from their prompts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from readers.shapes import DIGITS, asked, distinct, filled, grid, lines_of, one, rows_and_columns, side, written
from readers.squares import cages, told_sizes
from readers.sudoku import boxes

Instance = dict[str, Any]  # size; givens by cell; groups of different digits; the sum of each cage


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    size = side(parts.form)
    one(rf"digits?,? (?:from )?1 to {size}\b", parts.task)
    box = one(r"box(?:es)? (?:of |\()(\d) rows by (\d) columns|boxes of\s(\d) rows by (\d) columns", parts.task)
    above, given, below = parts.task.partition("\nGiven digits (a dot is an open cell):\n")
    if given:
        found = lines_of(below, *[r"[.\d](?: [.\d])*"] * size)
        cells = grid([match[0] for match in found], size, DIGITS[:size] + ".")
        givens = {k: int(cell) for k, cell in enumerate(cells) if cell != "."}
    else:
        one(r"\nNo digits are given\.\n", parts.task)
        givens = {}
    sums = {cage: int(clue) for cage, clue in cages(above, size).items()}
    told_sizes(parts.task, size, len(sums))
    lines = [*rows_and_columns(size), *boxes(size, int(box[1]), int(box[2]))]
    return {"size": size, "givens": givens, "groups": frozenset(map(frozenset, lines)), "sums": sums}


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    n = problem.size
    members = [frozenset(k for k in range(n * n) if problem.cages[k] == cage) for cage in range(len(problem.sums))]
    lines = [*rows_and_columns(n), *boxes(n, {4: 2, 6: 2, 9: 3}[n], {4: 2, 6: 3, 9: 3}[n])]
    return {
        "size": n,
        "givens": {k: int(cell) for k, cell in enumerate(problem.givens) if cell != "."},
        "groups": frozenset(map(frozenset, lines)),
        "sums": dict(zip(members, problem.sums, strict=True)),
    }


def accepts(instance: Instance, text: str) -> bool:
    """Whether the answer keeps every rule of the prompt."""
    cells = filled(text, instance["size"], DIGITS[: instance["size"]])
    if cells is None:
        return False
    digits = list(map(int, cells))
    return (
        all(digits[k] == given for k, given in instance["givens"].items())
        and all(distinct([digits[k] for k in group]) for group in (*instance["groups"], *instance["sums"]))
        and all(sum(digits[k] for k in cage) == wanted for cage, wanted in instance["sums"].items())
    )


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, by a search of its own."""
    from constraint import AllDifferentConstraint, Problem

    size = instance["size"]
    search = Problem()
    for k in range(size * size):
        search.addVariable(k, [instance["givens"][k]] if k in instance["givens"] else range(1, size + 1))
    for group in (*instance["groups"], *instance["sums"]):
        search.addConstraint(AllDifferentConstraint(), sorted(group))
    for cage, wanted in instance["sums"].items():
        search.addConstraint(lambda *digits, wanted=wanted: sum(digits) == wanted, sorted(cage))
    for _, found in zip(range(limit), search.getSolutionIter(), strict=False):
        yield written([found[k] for k in range(size * size)], size)
