"""Problems of a dataset as questions, longest first, with no more than 24 bytes of each in memory.

The rows are copied once to a temporary file; the order is kept as numbers. What is longest is guessed from the
oracle's steps and the level, which cost nothing and need no model, and corrected by the replies that came (lengths.py).
"""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from verimill.pipelines.teachers.lengths import Learnt
from verimill.pipelines.teachers.samples import Messages, Question
from verimill.schemas.core import LEVELS

COLUMNS = ("id", "family", "level", "hardness", "prompt", "verification", "split")
WORDS = "words-"  # begins the prompt variant of what was asked with a wanted length
TOKENS_AT_LEAST, TOKENS_A_STEP, TOKENS_A_LEVEL = 120.0, 40.0, 30.0


def expected_tokens(level: int, hardness: Mapping[str, Any]) -> float:
    """How long a reply is likely to be; only the order matters."""
    return TOKENS_AT_LEAST + TOKENS_A_STEP * min(2000.0, float(hardness.get("steps", 0))) + TOKENS_A_LEVEL * level


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long a reply should be, in words, at level 1 and at level 10; in between it is on a straight line."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not (1 <= self.low <= 100_000 and 1 <= self.high <= 100_000):
            raise ValueError(f"lengths must be two numbers of words in 1..100,000, got {self.low}..{self.high}")

    def words(self, level: int, tier: int) -> int:
        """Words for a problem of the level; where it has none, of the hardest rule that it needs."""
        place = min(max(level or 2 * tier, LEVELS[0]), LEVELS[-1]) - LEVELS[0]
        exact = self.low + (self.high - self.low) * place / (LEVELS[-1] - LEVELS[0])
        return max(1, round(exact / 10) * 10) if exact >= 20 else round(exact)


def with_length(messages: Messages, words: int) -> tuple[Messages, str]:
    """The messages with the wanted length below the last of the user, and the prompt variant of that."""
    at = max((n for n, (role, _) in enumerate(messages) if role == "user"), default=-1)
    if at < 0:
        raise ValueError("a wanted length needs a message of the user to stand below, got none")
    told = f"{messages[at][1]}\n\nReason in about {words} words, then give the answer."
    return (*messages[:at], ("user", told), *messages[at + 1 :]), f"{WORDS}{words}"


def question_of(row: Mapping[str, Any], system: str = "", lengths: Lengths | None = None) -> Question:
    """A row of problems as it is put to a teacher; `system` goes before it."""
    messages: Messages = tuple((str(m["role"]), str(m["content"])) for m in row["prompt"])
    level, variant = int(row["level"] or 0), "plain"
    if lengths is not None:
        tier = int(json.loads(row["hardness"]).get("tier", 0))
        messages, variant = with_length(messages, lengths.words(level, tier))
    expected = expected_tokens(level, json.loads(row["hardness"]))
    shown = (("system", system), *messages) if system else messages
    return Question(row["id"], row["family"], level, shown, row["verification"], expected, variant, row["split"])


def read_questions(
    folder: Path | str,
    splits: tuple[str, ...] = (),
    limit: int | None = None,
    system: str = "",
    lengths: Lengths | None = None,
) -> Iterator[Question]:
    """The questions of a dataset folder in its own order."""
    from verimill.pipelines.shards import read_rows

    found = 0
    for row in read_rows(folder, "problems", COLUMNS):
        if limit is not None and found >= limit:
            return
        if not splits or row["split"] in splits:
            found += 1
            yield question_of(row, system, lengths)


class Source(Protocol):
    """Questions, longest first."""

    def next(self, opens: Callable[[str, int], bool]) -> Question | None:
        """A question whose family and level are wanted; None where there is none now."""


class Spool:
    """Questions by expected length; a Source for the client. To be closed."""

    def __init__(self, questions: Iterator[Question]) -> None:
        import numpy as np

        # not a context: the file lives as long as the spool, and has no name that a kill could leave behind
        self._file = tempfile.TemporaryFile(prefix="verimill-", buffering=1 << 16)
        place, expected, group = array("q"), array("d"), array("i")
        names: dict[tuple[str, int], int] = {}
        at = 0
        for question in questions:
            line = json.dumps(
                [question.problem, question.family, question.level, question.messages, question.verification,
                 question.expected, question.variant, question.split], ensure_ascii=False, separators=(",", ":"),
            ).encode("utf-8", "surrogatepass") + b"\n"  # fmt: skip
            place.append(at)
            expected.append(question.expected)
            group.append(names.setdefault((question.family, question.level), len(names)))
            at += self._file.write(line)
        self.count = len(place)
        order = np.argsort(-np.array(expected, float), kind="stable")
        groups = np.array(group, np.int32)[order]
        places = np.array(place, np.int64)[order]
        self._order = {key: (order[groups == n], places[groups == n]) for key, n in names.items()}
        self._expected = np.array(expected, float)
        self._at = dict.fromkeys(names, 0)
        self.learnt = Learnt()

    def longest(self, opens: Callable[[str, int], bool]) -> tuple[float, tuple[str, int]] | None:
        """How long the question left that should take longest is likely to be, and its kind; None where none opens."""
        best = None
        for name, (order, _) in self._order.items():
            at = self._at[name]
            likely = float(self._expected[order[at]]) * self.learnt.factor(name) if at < len(order) else -1.0
            if likely > (best[0] if best else -1.0) and opens(*name):
                best = likely, name
        return best

    def next(self, opens: Callable[[str, int], bool]) -> Question | None:
        """The question left that should take longest by now, whose family and level are wanted."""
        best = self.longest(opens)
        if best is None:
            return None
        key = best[1]
        place = int(self._order[key][1][self._at[key]])
        self._at[key] += 1
        self.learnt.opened(key[0])
        return self._read(place)

    def _read(self, place: int) -> Question:
        self._file.seek(place)
        data = json.loads(self._file.readline().decode("utf-8", "surrogatepass"))
        data[3] = tuple((role, text) for role, text in data[3])
        return Question(*data)

    def __iter__(self) -> Iterator[Question]:
        """All questions in the order of the dataset; asking is not disturbed."""
        places = sorted(int(place) for _, places in self._order.values() for place in places)
        return (self._read(place) for place in places)

    def close(self) -> None:
        """The temporary file is gone."""
        self._file.close()
