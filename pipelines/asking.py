"""After the problems of a build: every teacher of the recipe is asked about them, side by side, and none waits.

No engine here: who runs a step in the background is handed in. A step is the opening of a teacher or one portion of
its problems; what came of it is one file of traces in the dataset. Samples are in each teacher's own log below
`asked/`, so a build killed at any moment asks again only what was on its way, and a larger k only what is new.
"""

from __future__ import annotations

import asyncio
import json
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from verimill.pipelines.asking_records import (
    CARD,
    FOLDER,
    IDENTITY,
    Outcome,
    file_of,
    mark,
    settle,
    standing_records,
    stands,
)
from verimill.pipelines.build import BuildError, alone
from verimill.pipelines.manifest import append, read_manifest, recover, rewrite
from verimill.pipelines.progress import Bars, Tell
from verimill.pipelines.teachers.kinds import Remote, require
from verimill.pipelines.teachers.portions import Portion, portions_of
from verimill.pipelines.teachers.probe import card_of
from verimill.pipelines.teachers.samples import Model
from verimill.pipelines.teachers.session import Asked, Session, order_of, place_of
from verimill.pipelines.teachers.transport import HttpServer, api_key
from verimill.pipelines.teachers.watching import ServerGone
from verimill.schemas.recipes import Recipe
from verimill.schemas.teachers import TeacherEntry

BACKLOG = 3_000  # problems under way, from which on no further portion of a teacher is begun
MOST_UNDER = 16  # portions of one teacher that are under way
TICK_S, LINE_S, SHOW_S = 1.0, 10.0, 5.0

Spawn = Callable[[str, Callable[[], None]], None]
"""Runs a step in the background, under a name."""
Show = Callable[[Mapping[str, tuple[float, str]]], None]
"""Is told where each teacher stands: the share that is done, and a line."""


class TeacherFailed(RuntimeError):
    """A teacher was lost on the way; what it said is kept, and the same command goes on."""


def require_teachers(recipe: Recipe) -> None:
    """Every teacher could be asked now, as far as that can be seen from here; ValueError, one sentence, otherwise.

    Servers are asked for their list of models, environments for their vLLM; nothing is started and no token spent.
    """
    for teacher in recipe.teachers:
        require(place_of(teacher))
    asyncio.run(_answering(recipe.teachers))


async def _answering(teachers: Sequence[TeacherEntry]) -> None:
    for teacher in teachers:
        model, place = Model(teacher.model), place_of(teacher)
        for url in place.urls if isinstance(place, Remote) else ():
            server = HttpServer(url, model, api_key(teacher.api_key_variable))
            try:
                await card_of(server, teacher.model, teacher.api_key_variable)
            except ValueError as error:
                raise BuildError(f"teacher {teacher.name} cannot be asked: {error}") from None
            finally:
                await server.close()


def ask_teachers(
    recipe: Recipe, out: Path, spawn: Spawn, tell: Tell, jobs: int = 1, show: Show | None = None
) -> list[dict[str, Any]]:
    """The dataset in `out` has the traces of all teachers of the recipe; what each came to is returned.

    Raises ValueError where a teacher cannot be asked, before any is; TeacherFailed where one was lost, after the
    others have ended.
    """
    with alone(out):
        done = standing_records(recipe, out)
        if done is not None:
            return done
        whole = recover(out)  # a teacher's file that is damaged is written again from its log
        (out / CARD).unlink(missing_ok=True)  # it would not be true for long
        marks = {teacher.name: mark(recipe, teacher) for teacher in recipe.teachers}
        rewrite(out, [one for one in whole if "teacher" not in one.note or stands(one, marks)])
        run = _Run(recipe, out, marks, spawn, tell, show, jobs)
        try:
            run.all()
        finally:
            run.close()
        records = settle(out, [told.outcome() for told in run.teachers])
        run.complain()
        return records


@dataclass(eq=False, slots=True)
class _Teacher:
    """One teacher of the recipe and how far it has come."""

    entry: TeacherEntry
    folder: Path
    portions: list[Portion]
    session: Session
    left: list[Portion]
    began: float = 0.0
    problems: int = 0  # in portions that were begun
    under: int = 0
    state: str = "waiting"
    error: BaseException | None = None
    came: list[Asked] = field(default_factory=list)

    @property
    def whole(self) -> int:
        """Problems to be asked in this run."""
        return sum(portion.problems for portion in self.session.portions)

    def outcome(self) -> Outcome:
        """What is to be recorded of it."""
        order = self.session.order
        return Outcome(self.entry, self.folder, self.portions, order.budget, order.sampling.data(), self.came)


class _Run:
    """The loop that opens teachers and brings them portions."""

    def __init__(
        self,
        recipe: Recipe,
        out: Path,
        marks: Mapping[str, str],
        spawn: Spawn,
        tell: Tell,
        show: Show | None,
        jobs: int,
    ) -> None:
        self.recipe, self.out, self.marks = recipe, out, marks
        self.spawn, self.tell, self.show = spawn, tell, show
        self.at_once = recipe.teachers_at_once or len(recipe.teachers)
        self.events: queue.Queue[tuple[_Teacher, str, Any]] = queue.Queue()
        self.teachers = [self._teacher(entry, max(1, jobs // self.at_once)) for entry in recipe.teachers]
        self._said = self._shown = time.monotonic()
        self._drawn = 0

    def _teacher(self, entry: TeacherEntry, jobs: int) -> _Teacher:
        folder = self.out / FOLDER / entry.name
        order = order_of(entry, self.out, folder, jobs)
        samples = max(order.budget.expected(level) for level in (1, 5, 10))
        portions = portions_of(self.out, entry, samples)
        if not portions:
            raise BuildError(f"there is no problem to ask teacher {entry.name}: its splits and families hold none")
        whole = {one.name for one in read_manifest(self.out) if one.note.get("asked") == self.marks[entry.name]
                 and not one.note.get("undone")}  # fmt: skip
        left = [portion for portion in portions if file_of(portions, entry, portion) not in whole]
        if left and order.budget.name == "exactly":
            left = list(portions)  # what is wanted of one depends on all of them
        requests = samples * sum(portion.problems for portion in left)
        session = Session(entry, order, left, requests, self.tell.line)
        return _Teacher(entry, folder, portions, session, list(left), state="waiting" if left else "done")

    # --- the loop -----------------------------------------------------------------------------------------------

    def all(self) -> None:
        """Every teacher is done or lost."""
        self.tell.stage("ask", sum(teacher.whole for teacher in self.teachers))
        self._open()
        opening = [teacher for teacher in self.teachers if teacher.state == "opening"]
        while any(teacher.state == "opening" for teacher in opening):
            self._event()
        for teacher in opening:  # before any is asked
            if teacher.error is not None:
                raise teacher.error
        while any(teacher.state not in ("done", "lost") for teacher in self.teachers):
            for teacher in self.teachers:
                if teacher.state == "open":
                    self._bring(teacher)
            self._event()
            self._open()

    def _open(self) -> None:
        busy = sum(teacher.state in ("opening", "open", "closing") for teacher in self.teachers)
        for teacher in self.teachers:
            if teacher.state == "waiting" and busy < self.at_once:
                teacher.state, teacher.began, busy = "opening", time.monotonic(), busy + 1
                teacher.folder.mkdir(parents=True, exist_ok=True)
                self._step(teacher, f"open {teacher.entry.name}", "opened", teacher.session.open)

    def _bring(self, teacher: _Teacher) -> None:
        everything = teacher.session.order.budget.name == "exactly"
        while teacher.left:
            waiting = teacher.problems - teacher.session.problems_done
            if not everything and teacher.under and (teacher.under >= MOST_UNDER or waiting >= BACKLOG):
                return
            portion = teacher.left.pop(0)
            teacher.problems, teacher.under = teacher.problems + portion.problems, teacher.under + 1
            file = file_of(teacher.portions, teacher.entry, portion)
            asked = partial(teacher.session.ask, portion, file, {"asked": self.marks[teacher.entry.name]})
            self._step(teacher, f"ask {Path(file).stem}", "asked", asked)

    def _step(self, teacher: _Teacher, name: str, event: str, step: Callable[[], Any]) -> None:
        def told() -> None:
            try:
                found = step()
            except BaseException as error:
                self.events.put((teacher, "lost", error))
                raise
            self.events.put((teacher, event, found))

        self.spawn(name, told)

    def _event(self) -> None:
        """One thing that happened, or nothing for a moment."""
        try:
            teacher, what, found = self.events.get(timeout=TICK_S)
        except queue.Empty:
            return self._tell()
        if what == "opened":
            teacher.state = "open"
            self._known(teacher)
        elif what == "asked":
            teacher.under -= 1
            teacher.came.append(found)
            if found.entry is not None:
                append(self.out, found.entry)
            if not teacher.left and not teacher.under:
                teacher.state = "closing"
                self._step(teacher, f"close {teacher.entry.name}", "closed", teacher.session.close)
        elif what == "closed":
            teacher.state = "done"
        elif teacher.state == "opening":
            teacher.state, teacher.error = "lost", found
        else:
            self._lost(teacher, found)
        self._tell()

    def _lost(self, teacher: _Teacher, error: BaseException) -> None:
        """The teacher is asked no more; the others go on, unless it is the disk or a bug that ends it."""
        teacher.under -= 1
        teacher.left.clear()
        if teacher.error is None:
            teacher.error = error
            self.tell.line(f"verimill: teacher {teacher.entry.name}: {error}")
        if not teacher.under:
            teacher.state = "lost"

    def _known(self, teacher: _Teacher) -> None:
        """Who answers is who answered before; ValueError otherwise, since its files must be of one model."""
        path, now = teacher.folder / IDENTITY, teacher.session.identity()
        then = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        kept = len(teacher.portions) - len(teacher.session.portions)
        same = all(then.get(name, now[name]) == now[name] for name in ("model", "revision", "template"))
        if kept and not same:
            teacher.state = "lost"
            raise BuildError(
                f"teacher {teacher.entry.name} was another one when its first files were written (model, revision or "
                f"chat template differ: {then.get('model')}, {then.get('template')} then, {now['model']}, "
                f"{now['template']} now); give the new one another name"
            )
        path.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    def _tell(self) -> None:
        now = time.monotonic()
        working = [teacher for teacher in self.teachers if teacher.state in ("opening", "open")]
        lines = {teacher.entry.name: teacher.session.status() for teacher in working}
        done = sum(min(teacher.session.problems_done, teacher.whole) for teacher in self.teachers)
        if isinstance(self.tell, Bars):
            self.tell.step(max(0, done - self._drawn), "; ".join(f"{name}: {text}" for name, text in lines.items()))
            self._drawn = max(done, self._drawn)
        elif now - self._said >= LINE_S:
            self._said = now
            for teacher in working:
                of = f"{min(teacher.session.problems_done, teacher.whole):,} of {teacher.whole:,} problems"
                self.tell.line(f"ask {teacher.entry.name}: {of}, {lines[teacher.entry.name]}")
        if self.show is not None and now - self._shown >= SHOW_S:
            self._shown = now
            self.show({one.entry.name: (min(1.0, one.session.problems_done / max(1, one.whole)),
                                        lines.get(one.entry.name, one.state)) for one in self.teachers})  # fmt: skip

    def close(self) -> None:
        """No teacher is open any more."""
        for teacher in self.teachers:
            teacher.session.close()

    def complain(self) -> None:
        """Raises for a teacher that was lost."""
        lost = [teacher for teacher in self.teachers if teacher.error is not None]
        for teacher in lost:
            if teacher.error is not None and not isinstance(teacher.error, ServerGone):
                raise teacher.error
        if lost:
            names = ", ".join(teacher.entry.name for teacher in lost)
            raise TeacherFailed(f"{names} ended early; run the same command again to go on: {lost[0].error}")
