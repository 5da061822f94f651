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
    found: dict[float, Place] = field(default_factory=dict)

    def next(self, wanted: float) -> Rung | None:
        """The level of which more samples are needed for a wanted rate; None where it has its place by now."""
        low, high = -1, len(self.rungs)  # the hardest level surely easier than wanted, the easiest surely harder
        while high - low > 1:
            at = (low + high) // 2
            rung = self.rungs[at]
            side = rung.side(wanted) if rung.tried else 0
            spent = rung.dry or rung.tried >= self.most or rung.asked >= 4 * self.most
            if not side and not spent:
                return rung
            if not side and rung.tried:
                self._settled(wanted, at)
                return None
            low, high = (at, high) if side > 0 else (low, at)  # a level that makes no problem counts as too hard
        self._between(wanted, low, high)
        return None

    def _settled(self, wanted: float, at: int, why: str = "") -> None:
        rung = self.rungs[at]
        self.found[wanted] = Place(wanted, rung.level, rung.rate, rung.tried, why)

    def _between(self, wanted: float, low: int, high: int) -> None:
        """The nearer of two neighbours; at an end of the ladder the end, which may miss the wanted rate."""
        ends = [at for at in (low, high) if 0 <= at < len(self.rungs) and self.rungs[at].tried]
        if not ends:
            self.found[wanted] = Place(wanted, self.rungs[0].level, beta_interval(0, 0, START), 0, UNKNOWN)
            return
        at = min(ends, key=lambda n: abs(self.rungs[n].rate.value - wanted))
        rate = self.rungs[at].rate
        why = ""
        if len(ends) == 1 and not rate.low <= wanted <= rate.high:
            why = "easier even at the hardest level" if rate.value > wanted else "harder even at the easiest level"
        self._settled(wanted, at, why)
