"""Claims that somebody has a trait, `Vera is not tall`, weighed against facts and forward rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from verimill.verifiers.claims import FALSE, JUSTIFIED, KNOWN, LEAP, OPEN, Found
from verimill.verifiers.claims_numbers import hedged

Literal = tuple[int, int]  # who, and the trait: +k or -k
ANYONE = -1


class FactsReader:
    """Reads claims; `follow` holds every fact that the statements give."""

    refuted = 0

    def __init__(
        self,
        names: Sequence[str],
        traits: Sequence[str],
        statements: Sequence[tuple[Literal, ...]],
        follow: frozenset[Literal],
    ) -> None:
        self.names, self.traits, self.statements, self.follow = names, traits, statements, follow
        self.who = {name.lower(): at for at, name in enumerate(names)}
        self.trait = {trait.lower(): at for at, trait in enumerate(traits, 1)}
        people, qualities = "|".join(map(re.escape, self.who)), "|".join(map(re.escape, self.trait))
        self.fact = re.compile(
            rf"\b({people})\s+(?:is|must be|has to be|becomes|cannot be|isn't)\s+(?:also |then |therefore )?(not )?"
            rf"({qualities})\b",
            re.I,
        )
        self.stated: set[Literal] = set()

    def sentence(self, text: str) -> list[Found]:
        """The facts that a sentence claims, judged."""
        cited = [
            self.statements[int(number) - 1]
            for number in re.findall(r"\b(?:statements?|rule|fact|clue|by|and)\s+\(?(\d{1,3})\b", text, re.I)
            if 0 < int(number) <= len(self.statements)
        ]
        found = []
        for match in self.fact.finditer(text):
            if hedged(text, match.start()):
                continue
            sign = -1 if match[2] or re.search(r"cannot|isn't", match[0], re.I) else 1
            found.append(self._judged((self.who[match[1].lower()], sign * self.trait[match[3].lower()]), cited))
        return found

    def _judged(self, fact: Literal, cited: list[tuple[Literal, ...]]) -> Found:
        who, trait = fact
        text = f"{self.names[who]} is {'' if trait > 0 else 'not '}{self.traits[abs(trait) - 1]}"
        if fact in self.stated:
            return Found(text, KNOWN)
        if fact not in self.follow:
            if (who, -trait) in self.follow:
                return Found(text, FALSE, "the statements give its opposite")
            return Found(text, OPEN, "no statement gives it")
        near = any(self._gives(statement, fact) for statement in cited)
        self.stated.add(fact)
        return Found(text, JUSTIFIED if near else LEAP)

    def _gives(self, statement: tuple[Literal, ...], fact: Literal) -> bool:
        who, trait = statement[-1]
        if trait != fact[1] or who not in (fact[0], ANYONE):
            return False
        return all(
            (fact[0] if person == ANYONE else person, needed) in self.stated for person, needed in statement[:-1]
        )
