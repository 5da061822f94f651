"""Where on a family's ladder a teacher passes at a wanted rate: bisection under noise, pure, no server.

Pass rates fall from level to level. At the middle of what is left, samples are asked for in small batches until
the rate is surely above or below the wanted one, or until a level has cost enough: then it is close. What one wanted
rate learns of a level the others use too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from verimill.data_cards.estimates import Estimate, beta_interval
from verimill.data_cards.posterior import below

SURE = 0.9
UNKNOWN = "not measured: its levels make no problems, or no request was answered"
BATCH = 8
START = (0.5, 0.5)  # believed of a level before it was asked: nothing


@dataclass(slots=True)
class Rung:
    """One level of a family, and what came of its samples. `dry`: it makes no further problems.

    `asked` also counts requests that no server answered.
    """

    level: int
    right: int = 0
    tried: int = 0
    asked: int = 0
    dry: bool = False

    @property
    def rate(self) -> Estimate:
        """The pass rate with its 95 % interval."""
        return beta_interval(self.right, self.tried, START)

    def side(self, wanted: float) -> int:
        """1 where the rate is surely above the wanted one, -1 where it is surely below, else 0."""
        under = below(wanted, START[0] + self.right, START[1] + self.tried - self.right)
        return -1 if under > SURE else 1 if under < 1 - SURE else 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where one wanted rate lies. `why` is empty, or says that the ladder does not reach it, and to which side."""

    wanted: float
    level: int
    rate: Estimate
    tried: int
    why: str = ""


@dataclass(slots=True)
class Ladder:
    """One family's levels, from the easiest on."""

    family: str
    rungs: list[Rung]
    most: int = 64
    """Most samples of one level."""
    at: dict[float, int] = field(default_factory=dict)
    """Wanted rates that have their place, by the index of its rung."""

    def next(self, wanted: float) -> Rung | None:
        """The level of which more samples are needed for a wanted rate; None where it has its place by now."""
        low, high = -1, len(self.rungs)  # the hardest level surely easier than wanted, the easiest surely harder
        while high - low > 1:
            at = (low + high) // 2
            rung = self.rungs[at]
            side = rung.side(wanted) if rung.tried else 0
            if not side and not self._spent(rung):
                return rung
            if not side and rung.tried:
                self.at[wanted] = at
                return None
            low, high = (at, high) if side > 0 else (low, at)  # a level that makes no problem counts as too hard
        ends = [at for at in (low, high) if 0 <= at < len(self.rungs) and self.rungs[at].tried]
        if len(ends) == 1 and not self._spent(self.rungs[ends[0]]) and not self._beyond(wanted, ends[0]):
            return self.rungs[ends[0]]  # the end of the ladder: it must be sure that the rate lies beyond
        self.at[wanted] = min(ends, key=lambda n: abs(self.rungs[n].rate.value - wanted), default=0)
        return None

    def _spent(self, rung: Rung) -> bool:
        return rung.dry or rung.tried >= self.most or rung.asked >= 4 * self.most

    def _beyond(self, wanted: float, at: int) -> str:
        """What keeps the rate from being reached at the end of the ladder, or nothing."""
        rate = self.rungs[at].rate
        if wanted < rate.low and not any(rung.tried for rung in self.rungs[at + 1 :]):
            return "easier even at the hardest level"
        if wanted > rate.high and not any(rung.tried for rung in self.rungs[:at]):
            return "harder even at the easiest level"
        return ""

    def place(self, wanted: float) -> Place:
        """Where a wanted rate lies, by all samples so far."""
        at = self.at[wanted]
        rung = self.rungs[at]
        return Place(wanted, rung.level, rung.rate, rung.tried, self._beyond(wanted, at) if rung.tried else UNKNOWN)
