"""How many samples each problem gets: state machines that see verdicts and say what to ask next, or to stop.

    fixed        k samples of every problem
    uniform      until k are right
    difficulty   more right ones wanted from harder problems: k times the fail rate, at least one
    band         until the pass rate is surely inside or outside the wanted band
    exactly      until N are right in each family and level; at most k of one problem

None of them knows a server. A decision follows from the tally of the problem alone (for `exactly`, of its group
too), so it is the same after a resume. Every kind gives up on a problem whose pass rate is surely below `least`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from verimill.data_cards.posterior import below, mean
from verimill.pipelines.teachers.samples import MAX_K

SURE = 0.95
FIRST_WAVE = 4
NAMES = ("fixed", "uniform", "difficulty", "band", "exactly")


@dataclass(slots=True)
class Tally:
    """What is known of one problem. `flying` samples are asked and not yet judged."""

    family: str
    level: int
    right: int = 0
    wrong: int = 0
    truncated: int = 0
    failed: int = 0
    refused: bool = False
    flying: int = 0

    @property
    def tried(self) -> int:
        """Samples with an outcome; a truncated one counts against the pass rate, a failed request does not."""
        return self.right + self.wrong + self.truncated

    @property
    def asked(self) -> int:
        """Samples that were put to the teacher, whatever came of them."""
        return self.tried + self.failed + self.flying

    def judged(self, outcome: str) -> None:
        """One more outcome: right, truncated, failed, or anything else for wrong."""
        name = outcome if outcome in ("right", "truncated", "failed") else "wrong"
        setattr(self, name, getattr(self, name) + 1)


@dataclass(frozen=True, slots=True)
class Decision:
    """`more` samples to ask now; with `stop`, none, and what is still under way may be cancelled."""

    more: int = 0
    stop: str = ""


def prior(level: int) -> tuple[float, float]:
    """What is believed of a level's pass rate before a teacher was asked: weak, and lower for higher levels."""
    expected = 0.9 - 0.07 * (min(max(level, 1), 10) - 1)
    return expected, 1.0 - expected


@dataclass(slots=True)
class Budget:
    """One of NAMES with its numbers. `cap` bounds the samples of one problem.

    `wanted` is N of `exactly`; `band` the two pass rates; `least` the pass rate that is worth going on for.
    """

    name: str = "fixed"
    k: int = 4
    cap: int = 0
    wanted: int = 0
    band: tuple[float, float] = (0.2, 0.8)
    least: float = 0.05
    groups: dict[tuple[str, int], Group] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ValueError(f"budget must be one of {', '.join(NAMES)}, got {self.name!r:.40}")
        if not 1 <= self.k <= MAX_K:
            raise ValueError(f"k must be in 1..{MAX_K}, got {self.k}")
        standard = {"fixed": self.k, "exactly": self.k, "band": max(16, self.k)}.get(self.name, 8 * self.k)
        self.cap = self.cap or standard
        if not 1 <= self.cap <= MAX_K:
            raise ValueError(f"cap must be in 1..{MAX_K}, got {self.cap}")
        if self.cap < self.k and self.name in ("uniform", "difficulty"):
            raise ValueError(f"cap must be at least k = {self.k}, got {self.cap}")
        if not 0 <= self.band[0] < self.band[1] <= 1:
            raise ValueError(f"band must be two pass rates, the lower first, got {self.band[0]:g}..{self.band[1]:g}")
        if not 0 <= self.least < 1:
            raise ValueError(f"least must be in 0..1, got {self.least:g}")
        if (self.name == "exactly") != (self.wanted > 0):
            raise ValueError(f"the budget exactly wants a number of right traces above 0, and no other does, "
                             f"got {self.name} with {self.wanted}")  # fmt: skip

    def decide(self, tally: Tally) -> Decision:
        """What to do with a problem now."""
        if tally.refused:
            return Decision(stop="refused")
        return _KINDS[self.name](self, tally)

    def opens(self, family: str, level: int) -> bool:
        """False where no further problem of this kind is wanted."""
        return self.name != "exactly" or self.group(family, level).room > 0

    def group(self, family: str, level: int) -> Group:
        """The shared count of a family and level."""
        found = self.groups.get((family, level))
        if found is None:
            found = self.groups[family, level] = Group(self.wanted, prior(level))
        return found

    def asked(self, tally: Tally, count: int) -> None:
        """`count` samples left for the teacher."""
        tally.flying += count
        if self.name == "exactly":
            self.group(tally.family, tally.level).flying += count

    def landed(self, tally: Tally, outcome: str) -> None:
        """One came back with an outcome, or was `cancelled`."""
        tally.flying -= 1
        if self.name == "exactly":
            self.group(tally.family, tally.level).flying -= 1
        self.found(tally, outcome)

    def found(self, tally: Tally, outcome: str) -> None:
        """One outcome counts, new or read from the log."""
        if outcome == "cancelled":
            return
        tally.judged(outcome)
        if self.name == "exactly" and outcome != "failed":
            group = self.group(tally.family, tally.level)
            group.tried += 1
            group.right += outcome == "right"

    def shortfalls(self) -> list[str]:
        """What `exactly` could not fill, one sentence a group."""
        short = [(key, g) for key, g in sorted(self.groups.items()) if g.right < g.wanted]
        return [
            f"{family} {f'level {level}' if level else 'of single knobs'}: {group.right:,} of {group.wanted:,} right "
            f"traces, {group.tried:,} samples judged"
            for (family, level), group in short
        ]

    def expected(self, level: int) -> float:
        """Samples that a problem of the level is likely to take, for a projection before any was asked."""
        rate = max(self.least, mean(0, 0, prior(level)))
        if self.name == "uniform":
            return min(self.cap, self.k / rate)
        if self.name == "difficulty":
            return min(self.cap, max(FIRST_WAVE, max(1, round(self.k * (1 - rate))) / rate))
        return float({"fixed": self.k, "exactly": self.k}.get(self.name, (FIRST_WAVE + self.cap) / 2))


@dataclass(slots=True)
class Group:
    """All problems of one family and level, for `exactly`."""

    wanted: int
    prior: tuple[float, float]
    right: int = 0
    tried: int = 0
    flying: int = 0

    @property
    def room(self) -> int:
        """Samples that may be sent off now: so many that what they should bring does not exceed what is missing."""
        missing = self.wanted - self.right
        if missing <= 0:
            return 0
        return max(0, math.ceil(missing / max(0.02, mean(self.right, self.tried, self.prior))) - self.flying)


def _fixed(budget: Budget, tally: Tally) -> Decision:
    left = budget.k - tally.asked
    if left > 0:
        return Decision(left)
    return Decision() if tally.flying else Decision(stop="asked")


def _until(budget: Budget, tally: Tally, target: int) -> Decision:
    """Samples until `target` are right, in waves of what should suffice."""
    if tally.right >= target:
        return Decision(stop="enough")
    if _hopeless(budget, tally):
        return Decision(stop="hopeless")
    left = budget.cap - tally.asked
    if left <= 0:
        return Decision() if tally.flying else Decision(stop="cap")
    need = target - tally.right
    rate = max(0.25, mean(tally.right, tally.tried, prior(tally.level)))
    return Decision(max(0, min(left, math.ceil(need / rate) - tally.flying)))


def _uniform(budget: Budget, tally: Tally) -> Decision:
    return _until(budget, tally, budget.k)


def _difficulty(budget: Budget, tally: Tally) -> Decision:
    first = min(FIRST_WAVE, budget.cap)
    if tally.asked < first:
        return Decision(first - tally.asked)
    if tally.tried + tally.failed < first:
        return Decision()
    rate = mean(tally.right, tally.tried, prior(tally.level))
    return _until(budget, tally, max(1, round(budget.k * (1 - rate))))


def _band(budget: Budget, tally: Tally) -> Decision:
    low, high = budget.band
    a, b = 0.5 + tally.right, 0.5 + tally.tried - tally.right  # not the level's prior: the rate itself is wanted
    if tally.tried:
        if below(low, a, b) > SURE:
            return Decision(stop="too hard")
        if 1 - below(high, a, b) > SURE:
            return Decision(stop="too easy")
        if below(high, a, b) - below(low, a, b) > SURE:
            return Decision(stop="in the band")
    left = budget.cap - tally.asked
    if left <= 0:
        return Decision() if tally.flying else Decision(stop="undecided")
    return Decision(max(0, min(left, FIRST_WAVE - tally.flying)))


def _exactly(budget: Budget, tally: Tally) -> Decision:
    group = budget.group(tally.family, tally.level)
    if group.right >= group.wanted:
        return Decision(stop="filled")
    if _hopeless(budget, tally):
        return Decision(stop="hopeless")
    left = budget.cap - tally.asked
    if left <= 0:
        return Decision() if tally.flying else Decision(stop="cap")
    return Decision(min(left, group.room))


def _hopeless(budget: Budget, tally: Tally) -> bool:
    a, b = prior(tally.level)
    return tally.tried > 0 and below(budget.least, a + tally.right, b + tally.tried - tally.right) > SURE


_KINDS: dict[str, Callable[[Budget, Tally], Decision]] = {
    "fixed": _fixed, "uniform": _uniform, "difficulty": _difficulty, "band": _band, "exactly": _exactly,
}  # fmt: skip
