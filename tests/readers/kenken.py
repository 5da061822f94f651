"""Reads KenKens from their prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from readers.shapes import DIGITS, asked, distinct, filled, one, rows_and_columns, side, written
from readers.squares import cages, told_sizes

Instance = dict[str, Any]  # size; the clue of each cage: its result and its operation, "" for none


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    size = side(parts.form)
    one(rf"numbers? (?:from )?1 to {size}\b", parts.task)
    clues = {}
    for cage, clue in cages(parts.task, size).items():
        result = clue.rstrip("+-*/")
        clues[cage] = (int(result), clue[len(result) :])
        if (len(cage) == 1) != (clue == result) or (len(cage) > 2 and clue[-1] in "-/"):
            raise ValueError(f"clue {clue} cannot be of a cage of {len(cage)}")
    told_sizes(parts.task, size, len(clues))
    return {"size": size, "clues": clues}


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    members = [frozenset(k for k, at in enumerate(problem.cages) if at == cage) for cage in range(len(problem.ops))]
    clues = zip(problem.targets, problem.ops.replace("=", " "), strict=True)
    return {"size": problem.size, "clues": dict(zip(members, ((t, op.strip()) for t, op in clues), strict=True))}


def comes_to(result: int, operation: str, numbers: Sequence[int]) -> bool:
    """Whether the numbers of a cage give its result."""
    if operation == "+":
        return sum(numbers) == result
    if operation == "*":
        return prod(numbers) == result
    if operation == "-":
        return max(numbers) - min(numbers) == result
    if operation == "/":
        return min(numbers) * result == max(numbers)
    return list(numbers) == [result]


def accepts(instance: Instance, text: str) -> bool:
    """Whether the answer keeps every rule of the prompt."""
    cells = filled(text, instance["size"], DIGITS[: instance["size"]])
    return (
        cells is not None
        and all(distinct([cells[k] for k in line]) for line in rows_and_columns(instance["size"]))
        and all(comes_to(*clue, [int(cells[k]) for k in cage]) for cage, clue in instance["clues"].items())
    )


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, by a search of its own."""
    from constraint import AllDifferentConstraint, Problem

    size = instance["size"]
    search = Problem()
    search.addVariables(range(size * size), range(1, size + 1))
    for line in rows_and_columns(size):
        search.addConstraint(AllDifferentConstraint(), line)
    for cage, clue in instance["clues"].items():
        search.addConstraint(lambda *numbers, clue=clue: comes_to(*clue, numbers), sorted(cage))
    for _, found in zip(range(limit), search.getSolutionIter(), strict=False):
        yield written([found[k] for k in range(size * size)], size)
