"""Which levels of which families a teacher passes at wanted rates; few samples, each of another problem.

Problems are made as the search asks for them, put to the teacher by the sampling client, judged and logged, so that a
run that was stopped goes on. The result is a table, and the splits of a recipe that builds such problems.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from verimill.pipelines.progress import Quiet, Tell
from verimill.pipelines.shards import require_writable
from verimill.pipelines.teachers.budgets import Budget, Tally
from verimill.pipelines.teachers.client import Client
from verimill.pipelines.teachers.judging import Judges
from verimill.pipelines.teachers.ladders import BATCH, Ladder, Place, Rung
from verimill.pipelines.teachers.log import Index, SampleLog
from verimill.pipelines.teachers.probe import probe
from verimill.pipelines.teachers.questions import question_of
from verimill.pipelines.teachers.samples import Keys, Model, Question, Sampling
from verimill.pipelines.teachers.transport import KEY_VARIABLE, HttpServer, api_key, require_aiohttp
from verimill.pipelines.teachers.watching import Settings
from verimill.schemas.core import Exhausted
from verimill.schemas.families import codec
from verimill.schemas.values import from_text

SUMMARY, FRAGMENT = "calibration.json", "recipe.yaml"
TRIES = 20  # keys tried for one problem before a level counts as dry


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be found for whom."""

    families: tuple[str, ...]
    out: Path
    base_urls: tuple[str, ...]
    model: Model
    rates: tuple[float, ...] = (0.25, 0.5, 0.75)
    levels: tuple[int, ...] = tuple(range(1, 11))
    knobs: str = ""
    sampling: Sampling = field(default_factory=Sampling)
    settings: Settings = field(default_factory=Settings)
    most: int = 64
    rows: int = 100
    seed: int = 0
    jobs: int = 1
    key_variable: str = KEY_VARIABLE

    def __post_init__(self) -> None:
        if not self.rates or not all(0 < rate < 1 for rate in self.rates):
            raise ValueError(f"wanted rates must lie between 0 and 1, got {', '.join(f'{r:g}' for r in self.rates)}")
        if not BATCH <= self.most <= 10_000:
            raise ValueError(f"the most samples of a level must be in {BATCH}..10,000, got {self.most}")


def ladder(plan: Plan, family: str) -> Ladder:
    """The family's levels under the plan's knobs; levels that the knobs make the same stand once."""
    code, seen, rungs = codec(family), [], []
    for level in sorted(plan.levels):
        params = from_text(code.params, plan.knobs, base=code.level(level))
        if params not in seen:
            seen.append(params)
            rungs.append(Rung(level))
    return Ladder(family, rungs, plan.most)


def settings_of(family: str, level: int, knobs: str) -> dict[str, Any]:
    """The knobs of a level as a row of problems shows them."""
    from verimill.schemas.values import dump

    code = codec(family)
    found: dict[str, Any] = dump(from_text(code.params, knobs, base=code.level(level)))
    return found


class Maker:
    """Makes the next problems of a family and level; none is put to the teacher twice."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._next: dict[tuple[str, int], int] = defaultdict(int)

    def questions(self, family: str, rung: Rung, count: int) -> Iterator[Question]:
        """The next `count` questions; the rung is dry where its keys make no more."""
        from verimill.pipelines.rows import generate

        for _ in range(count):
            for _ in range(TRIES):
                index = self._next[family, rung.level]
                self._next[family, rung.level] += 1
                try:
                    made = generate(family, rung.level, f"calibrate-{self.plan.seed}", index, self.plan.knobs or None)
                except Exhausted:
                    continue
                # the level is the group that its outcomes are counted in, also where knobs lie over it
                yield replace(question_of(made.row()), level=rung.level)
                break
            else:
                rung.dry = True
                return


@dataclass(slots=True)
class Counting(Budget):
    """One sample a problem, counted by family and level, whether it is new or from the log."""

    counts: dict[tuple[str, int], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def found(self, tally: Tally, outcome: str) -> None:
        """A request that failed tells nothing about the rate."""
        Budget.found(self, tally, outcome)
        if outcome not in ("cancelled", "failed", "bug"):
            self.counts[tally.family, tally.level][0] += outcome == "right"
            self.counts[tally.family, tally.level][1] += 1


class Listed:
    """A list of questions as a source, longest first."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self._left = iter(sorted(questions, key=lambda q: -q.expected))

    def next(self, opens: Callable[[str, int], bool]) -> Question | None:
        """The next of them."""
        return next(self._left, None)


def calibrate(plan: Plan, tell: Tell | None = None) -> dict[str, Any]:
    """The places of all wanted rates, also in `plan.out`, with the recipe of their splits.

    Raises ValueError where nothing can be asked, ServerGone where the servers went away for good.
    """
    require_aiohttp()
    if not plan.base_urls:
        raise ValueError("calibrating needs at least one --base-url, such as http://127.0.0.1:8000/v1")
    ladders = [ladder(plan, family) for family in plan.families]
    require_writable(plan.out)
    return asyncio.run(_calibrated(plan, ladders, tell or Quiet()))


async def _calibrated(plan: Plan, ladders: list[Ladder], tell: Tell) -> dict[str, Any]:
    key = api_key(plan.key_variable)
    servers = [HttpServer(url, plan.model, key) for url in plan.base_urls]
    judges, asked, held = Judges(plan.jobs), 0, 0
    try:
        found = await probe(servers, plan.model, plan.sampling, plan.key_variable)
        for server in servers:
            server.model = found.model
        settings = replace(plan.settings, window=found.window, overhead=found.overhead)
        if not found.metrics and not settings.in_flight:
            settings = replace(settings, in_flight=64)
        keys, maker, index = Keys(found.model, plan.sampling, plan.seed), Maker(plan), Index(plan.out)
        with SampleLog(plan.out) as log:
            while questions := wanted_questions(plan, ladders, maker):
                budget = Counting(k=1)
                client = Client(list(servers), keys, budget, judges, log, index, settings)
                account = await client.run(Listed(questions))
                asked, held = asked + account.samples, held + account.held
                counted(ladders, budget)
                places = f"{sum(len(one.at) for one in ladders)} of {len(ladders) * len(plan.rates)}"
                tell.line(f"calibrate: {asked + held:,} samples, {places} places found")
        index.close()
    finally:
        await judges.close()
        await asyncio.gather(*(server.close() for server in servers))
    summary = {"teacher": found.model.name, "revision": found.model.revision, "template": found.model.template,
               "sampling": plan.sampling.data(), "knobs": plan.knobs, "seed": plan.seed, "asked": asked, "held": held,
               "places": place_rows(plan, ladders), "levels": level_rows(ladders)}  # fmt: skip
    _write(plan.out / SUMMARY, json.dumps(summary, indent=1) + "\n")
    _write(plan.out / FRAGMENT, fragment(plan, ladders, found.model.name))
    return summary


def wanted_questions(plan: Plan, ladders: list[Ladder], maker: Maker) -> list[Question]:
    """The next batch of every level that some wanted rate needs to know more of; none at the end."""
    while True:
        needed = {}
        for one in ladders:
            for rate in plan.rates:
                rung = None if rate in one.at else one.next(rate)
                if rung is not None:
                    needed[one.family, rung.level] = rung
        questions = [q for (family, _), rung in needed.items() for q in maker.questions(family, rung, BATCH)]
        for rung in needed.values():
            rung.asked += BATCH
        if questions or not needed:
            return questions


def counted(ladders: list[Ladder], budget: Counting) -> None:
    """The outcomes of a round stand on the rungs."""
    by_place = {(one.family, rung.level): rung for one in ladders for rung in one.rungs}
    for place, (right, tried) in budget.counts.items():
        by_place[place].right += right
        by_place[place].tried += tried


def place_rows(plan: Plan, ladders: list[Ladder]) -> list[dict[str, Any]]:
    """One row for each family and wanted rate."""
    return [
        {"family": one.family, "wanted": rate, "level": place.level, "rate": round(place.rate.value, 4),
         "low": round(place.rate.low, 4), "high": round(place.rate.high, 4), "samples": place.tried,
         "missed": place.why, "knobs": settings_of(one.family, place.level, plan.knobs)}
        for one in ladders for rate in plan.rates for place in (one.place(rate),)
    ]  # fmt: skip


def level_rows(ladders: list[Ladder]) -> list[dict[str, Any]]:
    """One row for each level that was asked."""
    return [{"family": one.family, "level": rung.level, "right": rung.right, "samples": rung.tried}
            for one in ladders for rung in one.rungs if rung.tried]  # fmt: skip


# --- the recipe -------------------------------------------------------------------------------------------------


def fragment(plan: Plan, ladders: list[Ladder], teacher: str) -> str:
    """A recipe with one split for each wanted rate and level; rates that were missed have none."""
    from verimill.schemas.recipes import parse_recipe

    splits: dict[tuple[float, int], list[str]] = {}
    notes: list[str] = []
    for one in ladders:
        for rate in plan.rates:
            place: Place = one.place(rate)
            if place.why:
                notes.append(f"# {one.family}: {rate:g} was not reached, it is {place.why}")
            else:
                splits.setdefault((rate, place.level), []).append(one.family)
    shown = "".join(c if c.isprintable() else "?" for c in teacher)
    lines = [f"# Levels at which {shown} passes at wanted rates, sampled with {json.dumps(plan.sampling.shaping())}.",
             *notes]  # fmt: skip
    if not splits:
        return "\n".join([*lines, "# No wanted rate was reached.", ""])
    lines += ["name: calibrated", f"seed: {plan.seed}", "families:"]
    for family in dict.fromkeys(name for names in splits.values() for name in names):
        levels = sorted({level for (_, level), names in splits.items() if family in names})
        lines += [f"  - family: {family}", f"    levels: {levels}"]
        lines += [f"    knobs: {{{', '.join(part.replace('=', ': ', 1) for part in plan.knobs.split(','))}}}"] * bool(
            plan.knobs
        )
    lines.append("splits:")
    for (rate, level), names in sorted(splits.items(), reverse=True):
        lines += [f"  - name: rate{round(100 * rate)}_level{level}", f"    rows: {plan.rows * len(names)}",
                  f"    levels: [{level}]", f"    families: [{', '.join(names)}]"]  # fmt: skip
    text = "\n".join([*lines, ""])
    parse_recipe(text, FRAGMENT)
    return text


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".tmp-{path.name}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
