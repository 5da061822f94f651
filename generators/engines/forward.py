"""Forward chaining in rounds, each fact with the statement and conditions that first gave it.

A literal is `(who, trait)`; see `schemas/logic/deduction.py`. Within a round statements are taken in order and
people in order, so the result depends on the statements alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from verimill.schemas.logic.deduction import ANYONE, Literal

Statement = tuple[Literal, ...]


class Why(NamedTuple):
    """How a fact came to be known: its round, the statement and the conditions used."""

    round: int
    statement: int
    conditions: tuple[Literal, ...]


class Theory:
    """Statements indexed by condition; `chain` may be told to leave some out."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self.uses: dict[Literal, list[int]] = {}
        for at, statement in enumerate(statements):
            for condition in statement[:-1]:
                self.uses.setdefault(condition, []).append(at)
        self.looks = 0

    def chain(self, allowed: Iterable[int] | None = None, until: Literal | None = None) -> dict[Literal, Why]:
        """Everything that follows, in order of discovery; stops after the round that gives `until`."""
        chosen = range(len(self.statements)) if allowed is None else sorted(allowed)
        inside = set(chosen)
        known: dict[Literal, Why] = {}
        fresh: list[Literal] = []
        for at in chosen:
            statement = self.statements[at]
            if len(statement) == 1 and statement[0] not in known:
                known[statement[0]] = Why(0, at, ())
                fresh.append(statement[0])
        number = 0
        while fresh and (until is None or until not in known):
            number += 1
            fired: list[tuple[int, int]] = []
            for who, trait in fresh:
                for at in self.uses.get((who, trait), ()):
                    if at in inside:
                        fired.append((at, ANYONE))
                for at in self.uses.get((ANYONE, trait), ()):
                    if at in inside:
                        fired.append((at, who))
            fresh = []
            for at, who in sorted(set(fired)):
                self.looks += 1
                statement = self.statements[at]
                conditions = statement[:-1] if who == ANYONE else tuple([(who, t) for _, t in statement[:-1]])
                conclusion = statement[-1] if who == ANYONE else (who, statement[-1][1])
                if conclusion in known or not all([c in known and known[c].round < number for c in conditions]):
                    continue
                known[conclusion] = Why(number, at, conditions)
                fresh.append(conclusion)
        return known

    def needed(self, target: Literal) -> tuple[int, ...]:
        """Statements that give `target`, none of which can be left out; `target` must follow."""
        kept = sorted({why.statement for _, why in proof(self.chain(until=target), target)})
        for at in kept[:]:
            rest = [other for other in kept if other != at]
            if target in self.chain(rest, until=target):
                kept = rest
        return tuple(kept)

    def bearing(self, goals: Iterable[Literal], people: int) -> set[Literal]:
        """The goals and every literal that could help to conclude one of them."""
        gives: dict[Literal, list[Statement]] = {}
        for statement in self.statements:
            gives.setdefault(statement[-1], []).append(statement)
        seen = set(goals)
        todo = sorted(seen)
        while todo:
            who, trait = todo.pop()
            found = [c for statement in gives.get((who, trait), ()) for c in statement[:-1]]
            found += [(who, c[1]) for statement in gives.get((ANYONE, trait), ()) for c in statement[:-1]]
            for condition in found:
                if condition not in seen:
                    seen.add(condition)
                    todo.append(condition)
        return seen


def proof(known: dict[Literal, Why], target: Literal) -> list[tuple[Literal, Why]]:
    """The facts that `target` rests on and `target` itself, in order of discovery."""
    wanted = {target}
    out = []
    for literal, why in reversed(known.items()):
        if literal in wanted:
            wanted.update(why.conditions)
            out.append((literal, why))
    return out[::-1]
