"""How long the replies of a family and level turn out to be, learnt while they arrive.

A first guess from level and oracle steps cannot know that one family makes a teacher talk three times as long as
another. Each reply corrects the guess of its family and level, a little that of the family's other levels, and less
that of all others; one question of each family comes first, so that none is a surprise at the end. What is learnt
decides which question is opened next and nothing else: no key, no seed and no row depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

WEIGHT = 4.0  # replies that the guess counts for, against what is seen
UNOPENED = 1e6  # the factor of a family of which no question was opened: it goes before all others


@dataclass(slots=True)
class Seen:
    """Sums over replies: tokens that came, tokens that were guessed."""

    tokens: float = 0.0
    guessed: float = 0.0
    replies: int = 0

    def add(self, guessed: float, tokens: int) -> None:
        """One more reply."""
        self.tokens += tokens
        self.guessed += guessed
        self.replies += 1

    def factor(self, before: float) -> float:
        """By how much guesses are to be multiplied, where `before` is believed without any reply."""
        if not self.replies:
            return before
        weight = WEIGHT * self.guessed / self.replies
        return (weight * before + self.tokens) / (weight + self.guessed)


@dataclass(slots=True)
class Learnt:
    """One teacher's lengths against the guesses: over all, by family, and by family and level."""

    whole: Seen = field(default_factory=Seen)
    families: dict[str, Seen] = field(default_factory=dict)
    groups: dict[tuple[str, int], Seen] = field(default_factory=dict)

    def saw(self, group: tuple[str, int], guessed: float, tokens: int | None) -> None:
        """A reply of so many tokens came where `guessed` were expected; None: the server did not count."""
        if tokens is not None and guessed > 0:
            self.whole.add(guessed, tokens)
            self.families.setdefault(group[0], Seen()).add(guessed, tokens)
            self.groups.setdefault(group, Seen()).add(guessed, tokens)

    def factor(self, group: tuple[str, int]) -> float:
        """What the guesses of a family and level are to be multiplied with; only the order of factors matters."""
        if group[0] not in self.families:
            return UNOPENED
        before = self.families[group[0]].factor(self.whole.factor(1.0))
        return self.groups[group].factor(before) if group in self.groups else before

    def opened(self, family: str) -> None:
        """A question of the family is on its way; what it will tell is not known yet."""
        self.families.setdefault(family, Seen())
