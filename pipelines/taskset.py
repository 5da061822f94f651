"""Problems as tasks of the package `verifiers`, 0.4 and later: what prime-rl trains on and `vf-eval` evaluates.

That package, not the folder of the same name here, which is installed as `verimill.verifiers`; it comes with
`verimill[verifiers]`. Its commands take the name of a module that exports one taskset. `verimill export --to prime-rl`
writes such a module beside a dataset's problems. For fresh problems without end, two lines make one:

    from verimill.pipelines.taskset import Fresh
    __all__ = ["Fresh"]
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

try:
    import verifiers.v1 as vf  # noqa: TID251
except ModuleNotFoundError as error:
    if not (error.name or "").startswith("verifiers"):
        raise
    raise ModuleNotFoundError(
        "tasks for prime-rl need the package verifiers: pip install 'verimill[verifiers]' (and, where a folder of that "
        "name lies in the way, start Python with -P)"
    ) from None

from verimill.pipelines.oracle import oracle_reply
from verimill.pipelines.rows import Problem, generate
from verimill.schemas.core import Exhausted
from verimill.schemas.families import codec, names
from verimill.verifiers.judge import judge_text, read_case, verify

Prompt = list[dict[str, str]]


class ProblemData(vf.TaskData):
    """One problem; the reward needs `verification` alone. Prompt, id and the rest are TaskData's own."""

    verification: str
    answer: str
    family: str
    level: int | None = None


class ProblemTask(vf.Task[ProblemData]):
    """A problem with our judge: reward 1.0 for a right last reply, else 0.0."""

    @property
    def key(self) -> str:
        """The problem's id, which stays the same wherever the row goes."""
        return str(self.data.id)

    @vf.reward(weight=1.0)
    async def right(self, trace: vf.Trace) -> float:
        """Whether the last reply answers the problem."""
        return verify(self.data.verification, trace.last_reply).score

    @vf.metric
    async def unreadable(self, trace: vf.Trace) -> float:
        """Whether no answer could be read from the last reply."""
        return float(verify(self.data.verification, trace.last_reply).outcome == "unreadable")

    async def validate(self, runtime: vf.Runtime) -> bool:
        """Whether the stored answer is judged right and an empty reply is not."""
        case = read_case(self.data.verification)
        return bool(judge_text(case, oracle_reply(self.data.id, case, self.data.answer))) and not judge_text(case, "")


class ExportedConfig(vf.TasksetConfig):
    """Which rows of an export are loaded."""

    split: str = "train"
    """Name of one of the export's files."""
    families: list[str] = Field(default_factory=list)
    """Only these; empty for all."""


class Exported(vf.Taskset[ProblemTask, ExportedConfig]):
    """The problems of an export, in its order. A subclass in the exported package says where they lie."""

    HOME: ClassVar[Path] = Path()

    def load(self) -> Iterator[ProblemTask]:
        """One task a row, read as it is asked for."""
        for row in _rows(self.HOME, self.config.split):
            if not self.config.families or row["family"] in self.config.families:
                yield _task(row["problem_id"], row, self.config.task)


class FreshConfig(vf.TasksetConfig):
    """Which problems are made."""

    families: list[str] = Field(default_factory=list)
    """Empty for all families."""
    levels: list[int] = Field(default_factory=lambda: [1, 2, 3])
    """Levels from 1 to 10, in turns."""
    seed: str = "0"
    """Another seed, other problems."""


class Fresh(vf.Taskset[ProblemTask, FreshConfig]):
    """Certified problems without end, made as they are asked for; the same seed makes the same again."""

    INFINITE = True

    def load(self) -> Iterator[ProblemTask]:
        """Families and levels in turns; a key that makes no problem is passed over."""
        families = self.config.families or list(names())
        for family in families:
            codec(family)  # ValueError for an unknown one, before anything is made
        if not self.config.levels:
            raise ValueError("levels must name at least one level from 1 to 10, got none")
        pairs = [(family, level) for level in self.config.levels for family in families]
        for at in count():
            family, level = pairs[at % len(pairs)]
            try:
                problem = generate(family, level, self.config.seed, at // len(pairs))
            except Exhausted:
                continue
            yield _task(problem.id, _row(problem), self.config.task)


def _row(problem: Problem) -> dict[str, Any]:
    row = problem.row()
    return {name: row[name] for name in ("prompt", "verification", "answer", "family", "level")}


def _task(name: str, row: dict[str, Any], config: Any) -> ProblemTask:
    told = {field: row[field] for field in ("verification", "answer", "family", "level")}
    prompt = [{"role": message["role"], "content": message["content"]} for message in row["prompt"]]
    return ProblemTask(ProblemData(id=name, name=name, prompt=prompt, **told), config)


def _rows(home: Path, split: str) -> Iterator[dict[str, Any]]:
    files = {path.stem: path for path in sorted(home.glob("*.[jp]*")) if path.suffix in (".jsonl", ".parquet")}
    files.pop("dropped", None)
    if split not in files:
        raise ValueError(f"split must be one of {', '.join(files) or 'none, for there is no file'}, got {split!r:.40}")
    if files[split].suffix == ".jsonl":
        with open(files[split], encoding="utf-8") as lines:
            yield from map(json.loads, lines)
        return
    import pyarrow.parquet as pq

    with pq.ParquetFile(files[split]) as file:
        for part in file.iter_batches(batch_size=1_000):
            yield from part.to_pylist()
