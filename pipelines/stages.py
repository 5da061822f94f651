"""From a recipe to shards of candidates: what to make, in which pieces, and the making itself.

Plain functions, no engine: `make_shard` is a pure function of its task, so any worker may run it, in any
order and again. The order of all candidates (round, recipe entry, level, index) does not depend on how
they were cut into shards.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any

from verimill.pipelines.rows import Problem, oracle_trace, problem_of, unanswerable_twin
from verimill.pipelines.shards import Entry, write_shard
from verimill.pipelines.splits import Cell
from verimill.schemas.core import Exhausted
from verimill.schemas.keys import TWIN, Key, key_for
from verimill.schemas.recipes import Recipe

GUESS = 0.02  # seconds a candidate, before anything was measured
EVEN = 12  # divides by 2, 3, 4 and 6 workers
LEAST = 1.0  # seconds of work below which a shard is not cut further to keep workers even
SAMPLE = 3  # candidates timed in a cell; the first warms up and is not counted


@dataclass(frozen=True, slots=True)
class Piece:
    """`count` candidates of a cell from index `start`."""

    cell: int
    level: int
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class ShardTask:
    """One shard of work: pieces of one recipe entry, and all else that its rows depend on."""

    round: int
    number: int
    family: str
    knobs: str
    seed: int
    pieces: tuple[Piece, ...]
    unanswerable: float
    recount: float
    verbosities: tuple[str, ...]

    @property
    def name(self) -> str:
        """File name of its shards, and its name on screen."""
        return f"{self.round:02d}-{self.number:05d}-{self.family}"

    @property
    def candidates(self) -> int:
        """How many indexes it tries."""
        return sum(piece.count for piece in self.pieces)

    def data(self) -> dict[str, Any]:
        """JSON values that `task_of` reads back."""
        return asdict(self)


def task_of(data: Mapping[str, Any]) -> ShardTask:
    """The task that `data()` wrote."""
    pieces = tuple(Piece(**piece) for piece in data["pieces"])
    return ShardTask(**{**data, "pieces": pieces, "verbosities": tuple(data["verbosities"])})


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What came of a task: its shards, whole on disk, and counts for the screen."""

    task: ShardTask
    entries: tuple[Entry, ...]
    made: int
    exhausted: int
    seconds: float


# --- planning ---------------------------------------------------------------------------------------------------


def plan(
    recipe: Recipe,
    cells: Sequence[Cell],
    counts: Mapping[int, int],
    tried: Sequence[int],
    costs: Mapping[int, float],
    round_: int = 1,
) -> tuple[ShardTask, ...]:
    """Tasks for `counts[cell]` further candidates of each cell, about `shard_seconds` of work each.

    `tried` is where each cell's stream stands; `costs` are seconds a candidate by cell.
    """
    tasks: list[ShardTask] = []
    for at, entry in enumerate(recipe.families):
        wanted = [(c, cell) for c, cell in enumerate(cells) if cell.entry == at and counts.get(c, 0)]
        pieces = [Piece(c, cell.level, tried[c], counts[c]) for c, cell in wanted]
        for group in _cut(pieces, costs, recipe.shard_seconds, recipe.shard_rows):
            tasks.append(
                ShardTask(
                    round=round_,
                    number=len(tasks),
                    family=entry.family,
                    knobs=entry.knobs_text,
                    seed=recipe.seed,
                    pieces=tuple(group),
                    unanswerable=recipe.unanswerable,
                    recount=recipe.recount,
                    verbosities=tuple(recipe.traces.oracle),
                )
            )
    return tuple(tasks)


def _cut(pieces: Sequence[Piece], costs: Mapping[int, float], seconds: float, most: int) -> Iterator[list[Piece]]:
    """The pieces in order, in groups of about equal work that stay within seconds and rows; a piece may be cut.

    Many groups are a multiple of EVEN where that leaves each LEAST seconds, so that the workers end together.
    """
    cost = {piece.cell: max(costs.get(piece.cell, GUESS), 1e-6) for piece in pieces}
    work = sum(cost[piece.cell] * piece.count for piece in pieces)
    many = max(1, ceil(sum(piece.count for piece in pieces) / most), ceil(work / seconds), min(EVEN, int(work / LEAST)))
    even = -(-many // EVEN) * EVEN
    share = work / (even if work / even >= LEAST else many)
    group: list[Piece] = []
    rows_left, time_left, done, due = most, seconds, 0.0, share
    for piece in pieces:
        each, start, left = cost[piece.cell], piece.start, piece.count
        while left:
            fits = min(left, rows_left, int(time_left / each), round((due - done) / each))
            if fits < 1 and group:
                yield group
                group, rows_left, time_left, due = [], most, seconds, due + share
                continue
            fits = max(1, fits)
            group.append(Piece(piece.cell, piece.level, start, fits))
            start, left, done = start + fits, left - fits, done + fits * each
            rows_left, time_left = rows_left - fits, time_left - fits * each
    if group:
        yield group


def cell_key(cell: Cell, seed: int, index: int = 0) -> Key:
    """The key of one candidate of a cell."""
    return key_for(cell.family, cell.level, cell.knobs or None, seed, index)


def warm(family: str) -> None:
    """This process has the family's code loaded and its kernels compiled."""
    with suppress(Exhausted):
        problem_of(key_for(family, 1, None, 0, 0))


def time_cell(cell: Cell, seed: int, verbosities: Sequence[str]) -> float:
    """Seconds that one candidate of a cell takes, measured on a few; compiling is not counted."""
    spent, timed = 0.0, 0
    for index in range(SAMPLE):
        before = time.perf_counter()
        with suppress(Exhausted):
            list(_tried(cell_key(cell, seed, index), 0.0, 0.0, verbosities, []))
        if index:
            spent, timed = spent + time.perf_counter() - before, timed + 1
        if spent > 1.0:
            break
    return spent / timed


# --- making -----------------------------------------------------------------------------------------------------


def make_shard(task: ShardTask, folder: Path | str) -> ShardReport:
    """The task's problems, traces and dropped candidates as three whole shards in `folder`.

    The shards count once the caller has appended the entries to the manifest. Raises Uncertified where
    maker and judge disagree; then nothing of the shard is left.
    """
    began = time.perf_counter()
    problems: list[dict[str, Any]] = []
    traces: list[dict[str, Any]] = []
    dropped: list[dict[str, Any]] = []
    for piece in task.pieces:
        for index in range(piece.start, piece.start + piece.count):
            key = key_for(task.family, piece.level, task.knobs or None, task.seed, index)
            try:
                for problem in _tried(key, task.unanswerable, task.recount, task.verbosities, traces):
                    problems.append(problem.row())
            except Exhausted as error:
                dropped.append(dropped_row(str(key), task.family, piece.level, "exhausted", str(error)))
    tables = {"problems": problems, "traces": traces, "dropped": dropped}
    if not task.verbosities:
        del tables["traces"]
    note = {"task": task.name, "tried": task.candidates}
    entries = tuple(
        write_shard(folder, f"{table}/{task.name}.parquet", table, rows, note) for table, rows in tables.items()
    )
    return ShardReport(task, entries, len(problems), len(dropped), time.perf_counter() - began)


def dropped_row(key: str, family: str, level: int, reason: str, detail: str) -> dict[str, Any]:
    """One row of the dropped table."""
    return {"key": key, "family": family, "level": level, "reason": reason, "detail": detail}


def _tried(
    key: Key,
    unanswerable: float,
    recount: float,
    verbosities: Sequence[str],
    traces: list[dict[str, Any]],
) -> Iterator[Problem]:
    """The problem of a key and, when the key's own dice say so, its unanswerable twin; traces go to `traces`."""
    problem = problem_of(key, recount=recount > 0 and key.rng("recount").chance(recount))
    found = [problem]
    # A share of u among all rows is u / (1 - u) twins for each original.
    if unanswerable > 0 and key.rng("ask for twin").chance(unanswerable / (1 - unanswerable)):
        try:
            twin = unanswerable_twin(problem, recount=recount > 0 and key.rng("recount", TWIN).chance(recount))
        except Exhausted:
            twin = None
        found += [twin] if twin is not None else []
    for one in found:
        for verbosity in verbosities:
            trace = oracle_trace(one, verbosity)  # type: ignore[arg-type]
            if trace is not None:
                traces.append(trace.row())
        yield one
