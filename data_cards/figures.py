"""Every number of a card, as `counting.measure` finds them in the shards; memory grows by some 30 bytes a row.

Nothing is taken from a summary that some other program wrote. What the rows do not say stays None and is printed
as "not measured".
"""

from __future__ import annotations

import hashlib
import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache, partial
from typing import Any

from verimill.data_cards.folder import File

REASONS = ("exhausted", "duplicate", "orphan", "spare")
AUDITED = 3  # problems of each family whose near misses the card judges again
_SHORTS, _LONGS = partial(array, "I"), partial(array, "Q")


@dataclass(slots=True)
class Spread:
    """Count, sum, least and most of a measured number."""

    count: int = 0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    def add_all(self, values: Sequence[float]) -> None:
        """These values are counted."""
        self.count += len(values)
        self.total = math.fsum((self.total, *values))
        self.low, self.high = min((self.low, *values)), max((self.high, *values))

    def __add__(self, other: Spread) -> Spread:
        """Of both."""
        low, high = min(self.low, other.low), max(self.high, other.high)
        return Spread(self.count + other.count, self.total + other.total, low, high)

    @property
    def mean(self) -> float:
        """The mean; 0 of nothing."""
        return self.total / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True, order=True)
class Pick:
    """A row that may be an example: the least is taken. `rank` ends in the id, so that the choice is the same again."""

    rank: tuple[Any, ...]
    id: str


@dataclass(slots=True)
class Figures:
    """What was counted. A level of None stands for rows whose knobs were given one by one."""

    files: tuple[File, ...]
    recipe: str | None = None
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)  # family, split
    levels: Counter[tuple[int | None, str]] = field(default_factory=Counter)  # level, split
    tiers: Counter[tuple[int | None, int]] = field(default_factory=Counter)  # level, tier
    efforts: Counter[tuple[int | None, int]] = field(default_factory=Counter)  # level, power of two
    about: dict[str, set[tuple[str, str, int]]] = field(default_factory=lambda: defaultdict(set))
    tier: dict[tuple[str, int | None], Spread] = field(default_factory=lambda: defaultdict(Spread))
    effort: dict[tuple[str, int | None], Spread] = field(default_factory=lambda: defaultdict(Spread))
    unanswerable: Counter[tuple[str, str]] = field(default_factory=Counter)  # family, status
    styles: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    certificates: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # kind, claim, by
    recounts: Counter[tuple[str, bool]] = field(default_factory=Counter)  # method, agrees
    right: int = 0  # problems whose certificate says that the judge found the answer right
    canonical: array[int] = field(default_factory=lambda: array("Q"))  # eight bytes of each canonical key
    seeds: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    verifiers: Counter[str] = field(default_factory=Counter)
    nulls: Counter[tuple[str, str]] = field(default_factory=Counter)  # table, column
    memory: Counter[tuple[str, str]] = field(default_factory=Counter)  # table, split: bytes as Arrow
    prompt: Spread = field(default_factory=Spread)
    traces: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # teacher, verbosity, outcome
    trace_rows: Counter[str] = field(default_factory=Counter)  # split
    reasoning: dict[tuple[str, str], Spread] = field(default_factory=lambda: defaultdict(Spread))
    steps: dict[tuple[str, str], Spread] = field(default_factory=lambda: defaultdict(Spread))
    steps_wrong: Counter[tuple[str, str]] = field(default_factory=Counter)  # teacher, verbosity
    tokens: Counter[str] = field(default_factory=Counter)  # split: completion tokens
    token_rows: Counter[str] = field(default_factory=Counter)  # split: traces whose tokens were counted
    sizes: dict[tuple[str, str], array[int]] = field(default_factory=lambda: defaultdict(_SHORTS))
    """Lengths by what ("prompt", "reasoning", "reply", "tokens") and teacher."""
    finishes: Counter[tuple[str, str]] = field(default_factory=Counter)  # teacher, finish reason
    facts: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # teacher, fact, value
    hints: Counter[str] = field(default_factory=Counter)  # teacher: samples that were shown the answer
    wrong_path: Counter[str] = field(default_factory=Counter)  # teacher: right answers with a step that does not follow
    texts: array[int] = field(default_factory=lambda: array("Q"))  # eight bytes of each trace's problem and text
    answers: dict[str, array[int]] = field(default_factory=lambda: defaultdict(_LONGS))  # family
    audited: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # family: the least ids
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)  # family, reason
    dropped_traces: Counter[str] = field(default_factory=Counter)  # stage of a selection
    dropped_twins: Counter[str] = field(default_factory=Counter)  # family; exhausted ones are no twins
    kept_twins: Counter[str] = field(default_factory=Counter)
    example: Pick | None = None
    twin: Pick | None = None

    def add(self, other: Figures) -> None:
        """What `other` counted in other files is counted here too; `files` and `recipe` stay as they are."""
        for one in fields(self):
            if one.name not in ("files", "recipe"):
                setattr(self, one.name, _joined(getattr(self, one.name), getattr(other, one.name)))

    @property
    def distinct(self) -> int:
        """Problems that differ by more than symmetry or relabelling."""
        return _distinct(self.canonical)[0]

    @property
    def repeated(self) -> int:
        """Traces whose text, spaces aside, another trace of the same problem has too."""
        return len(self.texts) - _distinct(self.texts)[0]

    def constant(self, family: str) -> tuple[int, int, int]:
        """(problems, different answers, problems that share the most frequent one) of a family."""
        answers = self.answers[family]
        return len(answers), *_distinct(answers)

    @property
    def teachers(self) -> tuple[str, ...]:
        """Who made traces, the oracle first."""
        return tuple(sorted({name for name, _, _ in self.traces}, key=lambda name: (name != "oracle", name)))

    def rows_of(self, teacher: str) -> int:
        """Traces of a teacher."""
        return sum(n for (name, _, _), n in self.traces.items() if name == teacher)

    @property
    def problems(self) -> int:
        """Rows of problems."""
        return sum(self.rows.values())

    def of(self, table: str) -> tuple[File, ...]:
        """The files of a table."""
        return tuple(file for file in self.files if file.table == table)

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits, in the manifest's order."""
        return tuple(dict.fromkeys(file.split for file in self.of("problems")))

    @property
    def families(self) -> tuple[str, ...]:
        """Families by kind and name."""
        return tuple(sorted(self.about, key=lambda family: (min(self.about[family])[0], family)))

    @property
    def known_levels(self) -> tuple[int | None, ...]:
        """Levels that occur, in order; None last."""
        return tuple(sorted({level for level, _ in self.levels}, key=lambda level: (level is None, level or 0)))


def _joined(mine: Any, theirs: Any) -> Any:
    if isinstance(mine, Counter):
        mine.update(theirs)
    elif isinstance(mine, dict):
        for key, value in theirs.items():
            mine[key] = _joined(mine[key], value)
    elif isinstance(mine, set):
        mine |= theirs
    elif isinstance(mine, list):
        return sorted([*mine, *theirs])[:AUDITED]
    elif mine is None or theirs is None:
        return theirs if mine is None else mine
    elif isinstance(mine, Pick):
        return min(mine, theirs)
    else:  # a number, an array or a Spread
        mine += theirs
    return mine


def digest_of(*parts: str) -> int:
    """Eight bytes of a hash, for arrays that only count what is equal."""
    return int.from_bytes(hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest(), "big")


def _distinct(values: array[int]) -> tuple[int, int]:
    """(different values, how often the most frequent one stands there)."""
    import numpy as np

    counts = np.unique(np.frombuffer(values, dtype=np.uint64), return_counts=True)[1] if values else np.zeros(0)
    return len(counts), int(counts.max()) if len(counts) else 0


def power(effort: float) -> int:
    """k where 2**k <= effort < 2**(k + 1); -1 for everything below 1."""
    return max(-1, math.frexp(effort)[1] - 1) if effort >= 1 else -1


@lru_cache(maxsize=64)
def unversioned(method: str) -> str:
    """The name of a solver without its version, which the rows keep."""
    return re.sub(r" v?\d+(\.\d+)+", "", method)


def engines(by: Iterable[Any]) -> str:
    """What proved it, in words that do not depend on the instance: numbers are left out."""
    return "; ".join([_engine(str(one)) for one in ([by] if isinstance(by, str) else by)]) or "not stated"


@lru_cache(maxsize=1024)
def _engine(words: str) -> str:
    return re.sub(r"(?<!\w)\d+", "N", re.sub(r" to tier \d+", "", words))
