"""Answers that are a square grid, one symbol a cell: how eight families write and read them.

Digits are a tuple of symbols row by row, 1 to the side; marks are one text of 0 and 1. Lines of symbols with single
spaces are written; whatever `read_grid` takes is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from verimill.schemas.cells import read_grid, write_grid

DIGITS = "123456789"


class Square(Protocol):
    """A problem on a grid of `size` by `size` cells."""

    @property
    def size(self) -> int:
        """The side."""
        ...


def write(answer: Sequence[str]) -> str:
    """One line a row; the side is the root of the number of cells."""
    return write_grid(answer, round(len(answer) ** 0.5))


def read_digits(problem: Square, text: str) -> tuple[str, ...]:
    """The digits of every cell, 1 to the side. Raises ValueError naming the first thing that does not fit."""
    return read_grid(text, problem.size, problem.size, DIGITS[: problem.size])


def read_marks(problem: Square, text: str) -> str:
    """The 0 or 1 of every cell. Raises ValueError naming the first thing that does not fit."""
    return "".join(read_grid(text, problem.size, problem.size, "01"))


def rows_alike(problem: Square) -> str:
    """Every row the same: the form of an answer, and wrong wherever no column may repeat a digit."""
    return "\n".join([" ".join(DIGITS[: problem.size])] * problem.size)
