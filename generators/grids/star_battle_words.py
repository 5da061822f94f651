"""How star battles are told: wordings, layouts and the prose of their steps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from verimill.generators.engines import prose
from verimill.generators.engines.grids import LAYOUTS
from verimill.schemas.cells import cell_names
from verimill.schemas.core import Face, Step
from verimill.schemas.grids.star_battle import Problem

LETTERS = "ABCDEFGHIJ"


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    def describe(ref: str) -> str:
        word, what = ref.split(" ")
        if word == "region":
            return f"region {LETTERS[int(what) - 1]}"
        if word == "touch":
            return f"the block {what.replace('-', ' to ')} (at most one star)"
        return f"{'column' if word == 'col' else 'row'} {what}"

    return prose.tell(steps, describe)


def _letters(problem: Problem) -> list[str]:
    return [LETTERS[k] for k in problem.regions]


def _shown(layout: str, problem: Problem) -> str:
    return LAYOUTS[layout](_letters(problem), problem.size)


def _cells(problem: Problem) -> str:
    names = cell_names(problem.size, problem.size)
    return "\n".join(
        f"Region {LETTERS[k]}: " + " ".join(names[c] for c, region in enumerate(problem.regions) if region == k)
        for k in range(problem.size)
    )


def facts(problem: Problem) -> Mapping[str, str]:
    k = problem.stars
    return {
        "n": str(problem.size),
        "last": LETTERS[problem.size - 1],
        "each": "exactly one star" if k == 1 else "exactly two stars",
        "cameras": "exactly one camera" if k == 1 else "exactly two cameras",
        "k": str(k),
    }


WORDINGS = (
    "Place stars in a {n} by {n} grid so that every row, every column and every region holds {each}. Stars may not "
    "touch each other, not even at a corner. Each letter from A to {last} marks one region.\n\n{board}\n\nCells are "
    "named by row (r) and column (c), counted from the top left.\n\n{answer}",
    "This is a star battle of side {n}; cells with the same letter belong to the same region.\n\n{board}\n\nPut "
    "{each} into each row, {each} into each column and {each} into each region. Two stars must never be in "
    "neighbouring cells, whether the cells share a side or only a corner. Rows count from the top (r1), columns from "
    "the left (c1).\n\n{answer}",
    "A warehouse floor of {n} by {n} tiles is split into {n} zones, A to {last}:\n\n{board}\n\nCameras are to be "
    "mounted over some tiles: {cameras} over every row of tiles, {cameras} over every column, and {cameras} in every "
    "zone. Two cameras disturb each other when their tiles touch along an edge or at a corner, so that is forbidden. "
    "Which tiles get cameras? Tile r2c3 is in the second row from the top and the third column from the left; list "
    "the cameras as the stars.\n\n{answer}",
    "Task: star placement.\nConditions: (1) {k} per row; (2) {k} per column; (3) {k} per region, where regions are "
    "the areas A..{last}; (4) no two stars adjacent horizontally, vertically or diagonally.\nCells: r1c1 is the top "
    "left corner, r{n}c{n} the bottom right.\nRegions:\n{board}\n\n{answer}",
)

FACE = Face(WORDINGS, {**{name: partial(_shown, name) for name in LAYOUTS}, "cells": _cells}, facts)
