"""The contract that every family keeps, ours or a third party's, as one public checker.

`check("sudoku")` makes problems of every level and tries each property on them. A property is a function from a
bench to the complaints it has; no complaint means it holds. Nothing is drawn from chance: the same family, seed and
sizes give the same report.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from verimill.pipelines.contract.judging import PROPERTIES as OF_JUDGING
from verimill.pipelines.contract.making import PROPERTIES as OF_MAKING
from verimill.pipelines.contract.making import SAME_ELSEWHERE
from verimill.pipelines.contract.reading import PROPERTIES as OF_READING
from verimill.pipelines.contract.sources import PROPERTIES as OF_SOURCES
from verimill.pipelines.contract.subject import Bench, Subject, fingerprints_elsewhere, subject
from verimill.pipelines.contract.traces import PROPERTIES as OF_TRACES
from verimill.pipelines.contract.variants import PROPERTIES as OF_VARIANTS

Property = Callable[[Bench], Iterator[str]]

PROPERTIES: Mapping[str, Property] = {
    **OF_MAKING,
    **OF_TRACES,
    **OF_VARIANTS,
    **OF_JUDGING,
    **OF_READING,
    **OF_SOURCES,
}
SHOWN = 5  # complaints kept of one property


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether one property holds, and the first complaints if not."""

    name: str
    complaints: tuple[str, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """True when nothing was found against it."""
        return not self.complaints

    def __str__(self) -> str:
        mark = "ok  " if self.ok else "FAIL"
        return "\n".join([f"{mark} {self.name}", *(f"       {complaint}" for complaint in self.complaints)])


@dataclass(frozen=True, slots=True)
class Report:
    """Every finding about one family."""

    family: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """True when the family keeps the whole contract."""
        return not self.failed

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The findings with complaints."""
        return tuple(finding for finding in self.findings if not finding.ok)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        kept = len(self.findings) - len(self.failed)
        head = f"{self.family}: {kept} of {len(self.findings)} properties hold"
        return "\n".join([head, *map(str, self.findings)])


def check(
    family: str | Subject,
    problems: int = 1000,
    seed: int = 0,
    only: tuple[str, ...] = (),
    elsewhere: Mapping[str, Mapping[str, str]] | None = None,
) -> Report:
    """The report on a family.

    `problems`: how many of level 1 are made to count distinct ones; the other samples are sized from it.
    `only`: the names of the properties to try, all by default. `elsewhere`: fingerprints already made by another
    process; without them one is started. Raises ValueError for an unknown family or property.
    """
    unknown = [name for name in only if name not in PROPERTIES]
    if unknown:
        raise ValueError(f"unknown property {unknown[0]!r:.60}; known: {', '.join(PROPERTIES)}")
    if problems < 20:
        raise ValueError(f"problems must be at least 20, got {problems}")
    tried = subject(family) if isinstance(family, str) else family
    bench = Bench(tried, seed, max(3, min(10, problems // 100)), problems, elsewhere)
    if elsewhere is None and (not only or SAME_ELSEWHERE in only):
        bench.elsewhere = fingerprints_elsewhere([tried], seed).get(tried.codec.family, {})
    names = only or tuple(PROPERTIES)
    return Report(tried.codec.family, tuple(_find(name, PROPERTIES[name], bench) for name in names))


def _find(name: str, holds: Property, bench: Bench) -> Finding:
    """One property tried; an exception in the family is a complaint too, with its place.

    Raises ModuleNotFoundError where the family's second solver is not installed.
    """
    start = time.perf_counter()
    complaints: list[str] = []
    try:
        complaints.extend(islice(holds(bench), SHOWN))
    except Exception as error:  # whatever a family raises is what the report is about
        if isinstance(error, ModuleNotFoundError) and error.name in bench.subject.judge.recount_needs:
            raise  # an extra that this install lacks is no fault of the family
        place = traceback.extract_tb(error.__traceback__)[-1]
        told = f"{type(error).__name__}: {str(error)[:200]}"
        complaints.append(f"raised {told} at {place.filename.rpartition('/')[2]}:{place.lineno} in {place.name}")
    return Finding(name, tuple(complaint[:400] for complaint in complaints), time.perf_counter() - start)
