"""Shapes of text that several readers of prompts share. They know nothing of verimill: a prompt is text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

DIGITS = "123456789"
_FORMS = (
    ("Give the answer in this form: ", " For example (the form only, not the answer):"),
    ("Write your final answer as follows. ", " An example of the form, unrelated to this problem:"),
    ("The reply must end with the answer. ", " This shows the form and nothing else:"),
    ("How to answer: ", " Form, by an example that is not the solution:"),
)
_STATUS = {
    "If no answer fits, reply none.": "none",
    "If nothing satisfies all of it, the answer is none.": "none",
    "If more than one answer fits, reply many.": "many",
    "If several different answers fit, the answer is many.": "many",
}


@dataclass(frozen=True)
class Asked:
    """A prompt taken apart: the task, how the answer is to be written, an example of that, the words it may be."""

    task: str
    form: str
    example: str
    words: tuple[str, ...]


def asked(prompt: str) -> Asked:
    """The parts of a prompt. Raises ValueError where it does not say how to answer, just once and at its end."""
    found = [(start, middle) for start, middle in _FORMS if prompt.count("\n\n" + start) == 1]
    if len(found) != 1:
        raise ValueError(f"one way to answer must be told, got {len(found)}")
    task, rest = prompt.split("\n" + found[0][0])
    if rest.count(found[0][1]) != 1:
        raise ValueError(f"one example must be shown: {rest!r}")
    form, rest = rest.split(found[0][1])
    lines = rest.split("\n")
    words: tuple[str, ...] = ()
    if re.fullmatch(r"If .*", lines[-1]):
        words = tuple(_STATUS[sentence] for sentence in re.findall(r"If [^.]*\.", lines.pop()))
    example = "\n".join(lines)
    if example[:1] not in (" ", "\n"):
        raise ValueError(f"an example must stand apart: {example!r}")
    return Asked(task, form, example[1:], words)


def lines_of(task: str, *patterns: str) -> list[re.Match[str]]:
    """The task's only run of neighbouring lines that fit the patterns, one match a line.

    Each pattern stands for one line, or with a `*` before it for as many lines as fit, or none.
    """
    lines = task.split("\n")
    found = [run for start in range(len(lines)) if (run := _fits(lines, start, patterns)) is not None]
    if len(found) != 1:
        raise ValueError(f"one run of lines must fit {patterns}, got {len(found)} in {task!r}")
    return found[0]


def _fits(lines: Sequence[str], at: int, patterns: Sequence[str]) -> list[re.Match[str]] | None:
    run = []
    for pattern in patterns:
        many = pattern.startswith("*")
        while at < len(lines) and (found := re.fullmatch(pattern.removeprefix("*"), lines[at])) is not None:
            run.append(found)
            at += 1
            if not many:
                break
        else:
            if not many:
                return None
    return run


def one(pattern: str, task: str) -> re.Match[str]:
    """The only match of a pattern; ValueError where there is none or another."""
    found = list(re.finditer(pattern, task))
    if len(found) != 1:
        raise ValueError(f"just one place must fit {pattern!r}, got {len(found)} in {task!r}")
    return found[0]


def grid(lines: Iterable[str], size: int, symbols: str) -> tuple[str, ...]:
    """The symbols of `size` rows of `size` symbols, single spaces between; ValueError for anything else."""
    rows = [line.split(" ") for line in lines]
    if len(rows) != size or any(len(row) != size for row in rows):
        raise ValueError(f"{size} rows of {size} symbols must be shown, got {rows}")
    cells = tuple(cell for row in rows for cell in row)
    if not set(cells) <= set(symbols):
        raise ValueError(f"symbols must be of {symbols}, got {sorted(set(cells))}")
    return cells


def filled(text: str, size: int, symbols: str) -> tuple[str, ...] | None:
    """The cells of an answer written just as grids are asked for, or None."""
    try:
        return grid(text.split("\n"), size, symbols)
    except ValueError:
        return None


def written(cells: Sequence[object], size: int) -> str:
    """Cells as an answer: one line a row, single spaces between."""
    return "\n".join(" ".join(map(str, cells[k : k + size])) for k in range(0, len(cells), size))


def place(row: str, col: str, size: int) -> int:
    """The index of a cell named by row and column, both from 1."""
    if not (1 <= int(row) <= size and 1 <= int(col) <= size):
        raise ValueError(f"row {row}, column {col} is not in a square of side {size}")
    return (int(row) - 1) * size + int(col) - 1


def rows_and_columns(size: int) -> list[list[int]]:
    """The cells of every row, then of every column."""
    rows = [list(range(r * size, r * size + size)) for r in range(size)]
    return rows + [list(column) for column in zip(*rows, strict=True)]


def touching(size: int) -> set[tuple[int, int]]:
    """Every pair of cells that share a side, both ways round."""
    pairs = {pair for line in rows_and_columns(size) for pair in pairwise(line)}
    return pairs | {(b, a) for a, b in pairs}


def distinct(values: Sequence[object]) -> bool:
    """No value comes twice."""
    return len(set(values)) == len(values)


def models(clauses: Iterable[Sequence[int]], names: Mapping[object, int], limit: int) -> Iterator[set[object]]:
    """The names that are true in each of up to `limit` models that differ in them."""
    from pysat.solvers import Cadical153

    back = {number: name for name, number in names.items()}
    with Cadical153(bootstrap_with=list(clauses)) as solver:
        while limit > 0 and solver.solve():
            true = {v for v in solver.get_model() if v in back}
            yield {back[v] for v in true}
            solver.add_clause([-v if v in true else v for v in back])
            limit -= 1
