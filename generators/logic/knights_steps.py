"""A deduction over truth tables told as steps."""

from __future__ import annotations

from functools import lru_cache

from verimill.generators.engines.role_deduction import RULES, Deduction
from verimill.generators.engines.role_kernels import KEPT, SIZE
from verimill.schemas.core import Step

_REFS = tuple(f"statement {at}" for at in range(1, 25))
_CITED = tuple((ref,) for ref in _REFS)
_HELD = tuple(tuple((f"{ref} is {value}",) for ref in _REFS) for value in ("false", "true"))


@lru_cache(maxsize=2048)
def check(number: int, at: int, value: int) -> Step:
    """The step that holds one statement against the reading; the same few occur in every trace."""
    return Step(number, "check", _CITED[at], _HELD[value][at])


class Telling:
    """The steps of one deduction about these people."""

    def __init__(self, names: tuple[str, ...], deduction: Deduction) -> None:
        self.rows = deduction.rows
        self.facts = [fact for name in names for fact in (f"{name}=knave", f"{name}=knight")]
        self.claims = [*zip(self.facts), _NOTHING]

    def whole(self) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """Every step; and the same with nothing below a supposition that its contradiction does not rest on."""
        steps = self.within(0, len(self.rows), False)
        brief = list(steps)
        at = 0
        for place, step in enumerate(steps):
            end = at + 1 + self.rows[at][SIZE]
            if not all([row[KEPT] for row in self.rows[at + 1 : end]]):
                brief[place] = Step(step.number, step.rule, (), step.claims, self.within(at + 1, end, True))
            at = end
        return steps, tuple(brief)

    def needed(self) -> tuple[Step, ...]:
        """What the last step rests on, and that."""
        return self.within(0, len(self.rows), True)

    def within(self, at: int, end: int, needed: bool) -> tuple[Step, ...]:
        """The steps of the rows from `at` to `end`, numbered from 1."""
        found = []
        number = 1
        while at < end:
            rule, _, by, cited, values, who, value, size, _, kept = self.rows[at]
            if kept or not needed:
                claims = self.claims[2 * who + value if who >= 0 else -1]
                if size:
                    found.append(Step(number, "suppose", (), claims, self.within(at + 1, at + 1 + size, needed)))
                elif cited:
                    found.append(Step(number, RULES[rule], self._because(by, cited, values), claims))
                else:
                    found.append(Step(number, RULES[rule], _CITED[by], claims))
                number += 1
            at += 1 + size
        return tuple(found)

    def _because(self, by: int, cited: int, values: int) -> tuple[str, ...]:
        """The statement, and the facts about those cited, in order."""
        because = [_REFS[by]]
        while cited:
            low = cited & -cited
            because.append(self.facts[2 * low.bit_length() - 2 + (values & low != 0)])
            cited ^= low
        return tuple(because)


_NOTHING = ("contradiction",)
