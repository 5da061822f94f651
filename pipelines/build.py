"""The whole mill without an engine: rounds of shards, dedup, splits, published files; resumable at any moment.

The build goes through three states, each of them on disk: working shards under OUT/.work with a manifest of
their own; published files under OUT; the last line of OUT's manifest and the summary, after which the working
shards are deleted. Who runs the jobs is handed in, so a plain loop, worker processes and Prefect share all of this.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from verimill import __version__
from verimill.pipelines.candidates import Candidates
from verimill.pipelines.finals import dropped_rows, final_tasks, mark_spares, summary_of, summary_text, write_final
from verimill.pipelines.locks import locked
from verimill.pipelines.progress import Quiet, Tell
from verimill.pipelines.shards import (
    MANIFEST,
    Damaged,
    Entry,
    ShardError,
    append,
    check_shard,
    read_manifest,
    recover,
    require_writable,
    write_shard,
)
from verimill.pipelines.splits import Assignment, assign, cells_of, first_quotas
from verimill.pipelines.stages import ShardReport, ShardTask, make_shard, plan, task_of, time_cell
from verimill.pipelines.workers import Each, one_by_one
from verimill.schemas.families import codec
from verimill.schemas.recipes import Recipe, RecipeError, load_recipe

WORK = ".work"
RECIPE = "recipe.yaml"
SUMMARY = "summary.json"
PILOT_ROWS = 150  # candidates of one cell from which on its cost is measured before it is cut into shards

Here = Callable[[str, Callable[[], Any]], Any]
"""Runs one step of the build in this process, under a name: `here("dedup", function)`."""


class BuildError(ValueError):
    """The build cannot go on as asked; one sentence with what, wanted and got."""


def build(
    recipe: Recipe, out: Path | str, each: Each = one_by_one, here: Here | None = None, tell: Tell | None = None
) -> dict[str, Any]:
    """The recipe's dataset stands whole in `out`; the summary of what was made, dropped and why is returned.

    A build that was stopped goes on from its last whole shard. Raises BuildError or ShardError for what the
    caller can mend, Uncertified where maker and judge disagree.
    """
    tell = tell or Quiet()
    here = here or (lambda name, step: step())
    place = Path(out)
    require_writable(place)
    with alone(place):
        claim(recipe, place)
        keep_recipe(recipe, place)
        done = finished(place)
        if done is not None:
            return done
        return _Build(recipe, place, each, here, tell).run()


# --- identity ---------------------------------------------------------------------------------------------------


def claim(recipe: Recipe, out: Path) -> None:
    """`out` belongs to this recipe and version. Raises BuildError where it holds something else."""
    path = out / RECIPE
    if not path.exists():
        if (out / MANIFEST).exists():
            raise BuildError(f"{out} holds another dataset: wanted a new folder or one that build began")
        _write_text(path, _recipe_text(recipe))
        return
    head = path.read_text(encoding="utf-8").partition("\n")[0]
    made_by = head.removeprefix("# made by verimill ").strip()
    if made_by != __version__:
        raise BuildError(f"{out} was begun by verimill {made_by:.40}, this is {__version__}; give another folder")
    try:
        same = load_recipe(path).digest == recipe.digest
    except RecipeError:
        same = False
    if not same:
        raise BuildError(f"{out} was begun with another recipe than {recipe.name} is now; give another folder")


def keep_recipe(recipe: Recipe, out: Path) -> None:
    """The recipe that lies in `out` has the teachers of today; its problems are the same."""
    text = _recipe_text(recipe)
    if (out / RECIPE).read_text(encoding="utf-8") != text:
        _write_text(out / RECIPE, text)


def _recipe_text(recipe: Recipe) -> str:
    """The recipe with every default filled in, as YAML that builds the same dataset again."""
    data = recipe.model_dump(mode="json", exclude_none=True)
    body = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)
    return f"# made by verimill {__version__}\n{body}"


def standing(recipe: Recipe, out: Path) -> dict[str, Any] | None:
    """The summary when `out` holds this recipe's whole dataset. Raises as `build` does, and writes nothing."""
    if not (out / RECIPE).exists() and not (out / MANIFEST).exists():
        return None
    claim(recipe, out)
    return finished(out)


def finished(out: Path) -> dict[str, Any] | None:
    """The summary of a whole dataset, None where the build has still something to do."""
    path = out / SUMMARY
    if not path.exists() or (out / WORK / "plan-01.json").exists():
        return None
    for entry in read_manifest(out):
        file = out / entry.name
        if "teacher" in entry.note:
            continue  # written again from the sample log where it is missing
        if not file.exists() or file.stat().st_size != entry.bytes:
            got = f"{file.stat().st_size} bytes" if file.exists() else "no file"
            raise Damaged(f"{file} was altered since the build: wanted {entry.bytes} bytes, got {got}")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """No other build writes to `out` meanwhile; the lock ends with the process that holds it."""
    (out / WORK).mkdir(exist_ok=True)
    busy = BuildError(f"another build is writing to {out}; wait for it or give another folder")
    with locked(out / WORK / "lock", busy):
        yield


def _write_text(path: Path, text: str) -> None:
    """The file is there whole or not at all."""
    temporary = path.with_name(f".tmp-{path.name}")
    try:
        with open(temporary, "w", encoding="utf-8") as sink:
            sink.write(text)
            sink.flush()
            os.fsync(sink.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ShardError(f"cannot write {path}: {error.strerror}") from error


# --- the work ---------------------------------------------------------------------------------------------------


class _Build:
    """One run of one build; everything it knows is on disk or follows from it."""

    def __init__(self, recipe: Recipe, out: Path, each: Each, here: Here, tell: Tell) -> None:
        self.recipe, self.out, self.work = recipe, out, out / WORK
        self.each, self.here, self.tell = each, here, tell
        self.cells = cells_of(recipe)
        self.candidates = Candidates(recipe, self.cells)
        self.exhausted: list[Entry] = []
        self.costs: dict[int, float] = {}

    def run(self) -> dict[str, Any]:
        recover(self.out)
        done = _whole_tasks(self.work, recover(self.work))
        counts: Mapping[int, int] = dict(enumerate(first_quotas(self.recipe, self.cells)))
        round_ = 0
        while True:
            round_ += 1
            tasks = self._plan(round_, counts)
            self._make(tasks, done)
            marked, choice = self.here("dedup and split", self._settle)
            if not choice.more:
                break
            counts = choice.more
        return self._publish(marked, choice, round_)

    def _plan(self, round_: int, counts: Mapping[int, int]) -> tuple[ShardTask, ...]:
        """The round's tasks: as they were planned before a stop, or planned now."""
        path = self.work / f"plan-{round_:02d}.json"
        if path.exists():
            return tuple(task_of(data) for data in json.loads(path.read_text(encoding="utf-8")))
        if round_ == 1:
            counts = {cell: self._originals(cell, count) for cell, count in counts.items() if count}
        big = [cell for cell, count in counts.items() if count >= PILOT_ROWS and cell not in self.costs]
        self.costs.update(self.measure(big))
        tasks = plan(self.recipe, self.cells, counts, self.candidates.tried, self.costs, round_)
        _write_text(path, json.dumps([task.data() for task in tasks]))
        return tasks

    def _originals(self, cell: int, rows: int) -> int:
        """How many originals give that many rows, their unanswerable twins counted in."""
        if rows < PILOT_ROWS or not codec(self.cells[cell].family).unanswerable:
            return rows  # a few too many cost less than another round
        return round(rows * (1 - self.recipe.unanswerable))

    def measure(self, cells: Sequence[int]) -> dict[int, float]:
        """Seconds a candidate of each cell, measured on a few."""
        jobs = [(self.cells[cell], self.recipe.seed, self.recipe.traces.oracle) for cell in cells]
        return {cells[at]: cost for at, cost in self.each("measure", time_cell, jobs)} if jobs else {}

    def _make(self, tasks: Sequence[ShardTask], done: dict[str, dict[str, Entry]]) -> None:
        """Every task's shards are in the work folder; those that were there already are not made again."""
        open_ = [task for task in tasks if task.name not in done]
        self.tell.stage("generate", sum(task.candidates for task in tasks), f"round {tasks[0].round}" if tasks else "")
        self.tell.step(sum(task.candidates for task in tasks if task.name in done))
        report: ShardReport
        for _, report in self.each("shard", make_shard, [(task, self.work) for task in open_]):
            append(self.work, *report.entries)
            done[report.task.name] = {entry.table: entry for entry in report.entries}
            self.tell.step(report.task.candidates, report.task.family)
            for piece in report.task.pieces:
                self.costs[piece.cell] = report.seconds / report.task.candidates
        for task in tasks:
            entries = done[task.name]
            tried: dict[int, int] = {}
            for piece in task.pieces:
                tried[piece.cell] = tried.get(piece.cell, 0) + piece.count
            self.candidates.add(self.work, entries["problems"], tried)
            self.exhausted.append(entries["dropped"])

    def _settle(self) -> tuple[Any, Assignment]:
        strange = self.candidates.unmeasured()
        if strange:
            raise BuildError(strange)
        marked = self.candidates.marked()
        return marked, assign(self.recipe, self.cells, self.candidates.pools(marked))

    def _publish(self, marked: Any, choice: Assignment, rounds: int) -> dict[str, Any]:
        """Published files, then their manifest in one go, then the summary; then the working shards may go."""
        marked = mark_spares(marked, choice)
        tasks = final_tasks(self.recipe, marked, choice, self.candidates.shards)
        self.tell.stage("write", len(tasks) + 1)
        entries: list[Entry | None] = [None] * len(tasks)
        for at, entry in self.each("write", write_final, [(task, self.work, self.out) for task in tasks]):
            entries[at] = entry
            self.tell.step(1, entry.name)
        gone = dropped_rows(self.candidates, self.cells, marked, self.work, self.exhausted)
        dropped = write_shard(self.out, "dropped/dropped-00000-of-00001.parquet", "dropped", gone)
        (self.out / MANIFEST).unlink(missing_ok=True)  # of a publication that was stopped half-way
        append(self.out, *filter(None, entries), dropped)
        self.tell.step(1, dropped.name)
        traces = sum(entry.rows for entry in filter(None, entries) if entry.table == "traces")
        summary = summary_of(self.recipe, self.cells, self.candidates, marked, choice, rounds, traces)
        _write_text(self.out / SUMMARY, summary_text(summary))
        self._clear()
        return summary

    def _clear(self) -> None:
        """The working shards are gone; a stop in between is harmless, since the first plan goes last."""
        for name in ("problems", "traces", "dropped"):
            shutil.rmtree(self.work / name, ignore_errors=True)
        (self.work / MANIFEST).unlink(missing_ok=True)
        for path in sorted(self.work.glob("plan-*.json"), reverse=True):
            path.unlink()


def _whole_tasks(work: Path, entries: Sequence[Entry]) -> dict[str, dict[str, Entry]]:
    """Task name to its shards, for tasks all of whose shards are whole and unaltered."""
    found: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        try:
            check_shard(work, entry)
        except ShardError:
            continue  # it is simply made again
        found.setdefault(str(entry.note.get("task")), {})[entry.table] = entry
    return {name: tables for name, tables in found.items() if {"problems", "dropped"} <= set(tables)}
