"""Every number of a card, counted from the shards themselves in one pass; memory grows by some 30 bytes a row.

Nothing is taken from a summary that some other program wrote. What the rows do not say stays None and is printed
as "not measured".
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from verimill.data_cards.folder import File, batches, read_files, read_recipe
from verimill.data_cards.provenance import facts_of

REASONS = ("exhausted", "duplicate", "orphan", "spare")
TWIN = "!twin"
_PROBLEM = ("family", "family_version", "kind", "key", "level", "hardness", "language", "style", "answer", "answerable",
            "checker", "certificate", "verimill_version", "id", "canonical", "prompt")  # fmt: skip
_TRACE = ("problem_id", "teacher", "outcome", "reasoning", "response", "finish_reason", "steps_checked", "steps_wrong",
          "completion_tokens", "hinted", "sampling", "provenance", "verifier_version")  # fmt: skip
AUDITED = 3  # problems of each family whose near misses the card judges again


@dataclass(slots=True)
class Spread:
    """Count, sum, least and most of a measured number."""

    count: int = 0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    def add(self, value: float) -> None:
        """One more value is counted."""
        self.count += 1
        self.total += value
        self.low, self.high = min(self.low, value), max(self.high, value)

    @property
    def mean(self) -> float:
        """The mean; 0 of nothing."""
        return self.total / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class Pick:
    """A row chosen as an example: the least by `rank`, which ends in the id, so that the choice is the same again."""

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
    sizes: dict[tuple[str, str], array[int]] = field(default_factory=lambda: defaultdict(lambda: array("I")))
    """Lengths by what ("prompt", "reasoning", "reply", "tokens") and teacher."""
    finishes: Counter[tuple[str, str]] = field(default_factory=Counter)  # teacher, finish reason
    facts: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # teacher, fact, value
    hints: Counter[str] = field(default_factory=Counter)  # teacher: samples that were shown the answer
    wrong_path: Counter[str] = field(default_factory=Counter)  # teacher: right answers with a step that does not follow
    texts: array[int] = field(default_factory=lambda: array("Q"))  # eight bytes of each trace's problem and text
    answers: dict[str, array[int]] = field(default_factory=lambda: defaultdict(lambda: array("Q")))  # family
    audited: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # family: the least ids
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)  # family, reason
    dropped_traces: Counter[str] = field(default_factory=Counter)  # stage of a selection
    dropped_twins: Counter[str] = field(default_factory=Counter)  # family; exhausted ones are no twins
    kept_twins: Counter[str] = field(default_factory=Counter)
    example: Pick | None = None
    twin: Pick | None = None

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


def measure(folder: Path | str) -> Figures:
    """Everything a card says, counted. Raises FolderError where the folder is not whole."""
    folder = Path(folder)
    figures = Figures(read_files(folder), read_recipe(folder))
    counters: dict[str, Callable[..., None]] = {"problems": _problem, "traces": _trace, "dropped": _dropped}
    columns = {"problems": _PROBLEM, "traces": _TRACE, "dropped": ("key", "family", "reason")}
    for file in figures.files:
        figures.memory[file.table, file.split] += 0
        for batch in batches(folder, file):
            figures.memory[file.table, file.split] += batch.nbytes
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                figures.nulls[file.table, name] += column.null_count
            lists = [batch.column(name).to_pylist() for name in columns[file.table]]
            for values in zip(*lists, strict=True):
                counters[file.table](figures, file.split, *values)
    return figures


def _problem(
    figures: Figures, split: str, family: str, version: int, kind: str, key: str, level: int | None, hardness: str,
    language: str, style: str, answer: str, answerable: bool, checker: str, certificate: str, made_by: str, name: str,
    canonical: str, prompt: list[dict[str, str]],
) -> None:  # fmt: skip
    figures.rows[family, split] += 1
    figures.levels[level, split] += 1
    figures.about[family].add((kind, checker, version))
    figures.styles[family].add(style)
    figures.languages[language] += 1
    figures.versions[made_by] += 1
    figures.seeds[key.rpartition("#")[2].partition("/")[0]] += 1
    figures.canonical.append(digest_of(family, canonical))
    figures.answers[family].append(digest_of(answer))
    length = sum(len(message["content"]) for message in prompt)
    figures.prompt.add(length)
    figures.sizes["prompt", ""].append(length)
    measured = json.loads(hardness)
    tier, effort = int(measured["tier"]), float(measured["effort"])
    figures.tiers[level, tier] += 1
    figures.efforts[level, power(effort)] += 1
    figures.tier[family, level].add(tier)
    figures.effort[family, level].add(effort)
    if not answerable:
        figures.unanswerable[family, answer] += 1
        figures.kept_twins[family] += key.endswith(TWIN)
        figures.twin = _least(figures.twin, Pick((length > 900, answer != "none", len(certificate), name), name))
    else:
        rank = (abs(int(measured["steps"]) - 9) > 3, length > 1_000, -tier, name)
        figures.example = _least(figures.example, Pick(rank, name))
        figures.audited[family] = sorted([*figures.audited[family], name])[:AUDITED]
    proof = json.loads(certificate)
    figures.certificates[
        kind, str(proof.get("claim", "not stated")).replace("_", " "), engines(proof.get("by", ()))
    ] += 1
    figures.right += proof.get("verdict") == "right"
    again = proof.get("recount")
    if again is not None:
        figures.recounts[unversioned(str(again["method"])), bool(again["agrees"])] += 1


def _trace(
    figures: Figures, split: str, problem: str, teacher: str, outcome: str, reasoning: str, response: str, finish: str,
    checked: int | None, wrong: int | None, tokens: int | None, hinted: bool, sampling: str,
    provenance: str, verifier: str,
) -> None:  # fmt: skip
    told = json.loads(provenance)
    verbosity = str(told.get("verbosity", "-"))
    figures.traces[teacher, verbosity, outcome] += 1
    figures.trace_rows[split] += 1
    figures.reasoning[teacher, verbosity].add(len(reasoning))
    figures.sizes["reasoning", teacher].append(len(reasoning))
    figures.sizes["reply", teacher].append(len(response))
    figures.finishes[teacher, finish] += 1
    figures.texts.append(digest_of(problem, " ".join(f"{reasoning} {response}".split())))
    if checked is not None:
        figures.steps[teacher, verbosity].add(checked)
        figures.steps_wrong[teacher, verbosity] += wrong or 0
        figures.wrong_path[teacher] += outcome == "right" and bool(wrong)
    if tokens is not None:
        figures.tokens[split] += tokens
        figures.token_rows[split] += 1
        figures.sizes["tokens", teacher].append(tokens)
    figures.hints[teacher] += hinted
    figures.verifiers[verifier.partition("/")[0]] += 1
    if teacher != "oracle":
        for fact, value in facts_of(told, sampling):
            figures.facts[teacher, fact, value] += 1


def _dropped(figures: Figures, split: str, key: str, family: str, reason: str) -> None:
    if reason.startswith("trace:"):
        figures.dropped_traces[reason.removeprefix("trace:")] += 1
        return
    figures.dropped[family, reason] += 1
    figures.dropped_twins[family] += key.endswith(TWIN)


def digest_of(*parts: str) -> int:
    """Eight bytes of a hash, for arrays that only count what is equal."""
    return int.from_bytes(hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest(), "big")


def _distinct(values: array[int]) -> tuple[int, int]:
    """(different values, how often the most frequent one stands there)."""
    import numpy as np

    counts = np.unique(np.frombuffer(values, dtype=np.uint64), return_counts=True)[1] if values else np.zeros(0)
    return len(counts), int(counts.max()) if len(counts) else 0


def _least(old: Pick | None, new: Pick) -> Pick:
    return new if old is None or new.rank < old.rank else old


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
