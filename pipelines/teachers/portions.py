"""A dataset cut into portions for a teacher: what one task asks, and what one file of traces holds.

The cut follows from the dataset and the recipe alone. The portions that are open share one shelf of questions, so
the teacher never waits at the end of one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import ceil
from pathlib import Path

from verimill.pipelines.shards import Entry, read_manifest, read_shard
from verimill.pipelines.teachers.lengths import Learnt
from verimill.pipelines.teachers.questions import COLUMNS, Lengths, Spool, question_of
from verimill.pipelines.teachers.samples import Question
from verimill.schemas.teachers import TeacherEntry

ROWS = 4_000  # rows of traces in one file, about
MOST = 400  # portions of one teacher


@dataclass(frozen=True, slots=True)
class Portion:
    """Rows `start` to `stop` of one file of problems, of which so many are asked."""

    split: str
    number: int
    file: Entry
    start: int
    stop: int
    problems: int


def portions_of(folder: Path, teacher: TeacherEntry, samples: float) -> list[Portion]:
    """The teacher's portions in the order of the dataset; `samples` are expected of a problem."""
    files = [
        entry
        for entry in read_manifest(folder)
        if entry.table == "problems" and (teacher.splits is None or entry.note.get("split") in teacher.splits)
    ]
    whole = min(teacher.limit or 1 << 62, sum(entry.rows for entry in files))
    size = max(1, int(ROWS / max(1.0, samples)), ceil(whole / MOST))
    found: list[Portion] = []
    left, numbers = whole, dict[str, int]()
    for file in files:
        split, start, count = str(file.note["split"]), 0, 0
        for at, row in enumerate(read_shard(folder, file, ["family"])):
            if left and (teacher.families is None or row["family"] in teacher.families):
                count, left = count + 1, left - 1
            if count and (count == size or at + 1 == file.rows or not left):
                number = numbers[split] = numbers.get(split, -1) + 1
                found.append(Portion(split, number, file, start, at + 1, count))
                start, count = at + 1, 0
            if not left:
                break
    return found


def questions_of(folder: Path, portion: Portion, teacher: TeacherEntry) -> Iterator[Question]:
    """The portion's questions in the order of the dataset."""
    lengths = Lengths(*teacher.lengths) if teacher.lengths else None
    asked = 0
    for row in islice(read_shard(folder, portion.file, COLUMNS), portion.start, portion.stop):
        if asked < portion.problems and (teacher.families is None or row["family"] in teacher.families):
            asked += 1
            yield question_of(row, teacher.system, lengths)


class Shelf:
    """The questions of all open portions; a Source for the client.

    While more portions are to come the oldest goes first, so that portions end one after another. Once all are
    here the longest question of them all goes first, so that the teacher is not left with one long reply.
    """

    def __init__(self) -> None:
        self.learnt = Learnt()
        self.whole = False
        self._spools: list[Spool] = []

    def add(self, spool: Spool) -> None:
        """One more portion's questions."""
        spool.learnt = self.learnt
        self._spools.append(spool)

    def drop(self, spool: Spool) -> None:
        """The portion is done with."""
        self._spools.remove(spool)
        spool.close()

    def next(self, opens: Callable[[str, int], bool]) -> Question | None:
        """As in Source."""
        if not self.whole:
            return next(filter(None, (spool.next(opens) for spool in self._spools)), None)
        likely = [(found[0], -at) for at, spool in enumerate(self._spools) if (found := spool.longest(opens))]
        return self._spools[-max(likely)[1]].next(opens) if likely else None
