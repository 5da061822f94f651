"""A deduction over truth tables told as steps, and how hard it was."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from verimill.generators.engines.role_deduction import Entry, Fact
from verimill.schemas.core import Step
from verimill.schemas.logic.knights_knaves import Problem


def suppositions(entries: tuple[Entry, ...]) -> int:
    return sum(1 + suppositions(entry.sub) for entry in entries if entry.supposed)


def measure(entries: tuple[Entry, ...], problem: Problem) -> tuple[int, int, float]:
    """Highest tier, deductions, and work: deductions weighted by tier and by the length of the statement read,
    doubled at each depth of supposing."""
    tier = steps = 0
    work = 0.0
    for _, level, by, _, _, sub, _ in entries:
        steps += 1
        if level > tier:
            tier = level
        work += 1 + level
        if by is not None:
            work += problem.statements[by][1].count(" ") / 4
        if sub:
            below = measure(sub, problem)
            tier, steps, work = max(tier, below[0]), steps + below[1], work + 2 * below[2]
    return tier, steps, work


_REFS = tuple(f"statement {at}" for at in range(1, 25))
_CITED = tuple((ref,) for ref in _REFS)
_HELD = tuple(tuple((f"{ref} is {value}",) for ref in _REFS) for value in ("false", "true"))


@lru_cache(maxsize=2048)
def check(number: int, at: int, value: int) -> Step:
    """The step that holds one statement against the reading; the same few occur in every trace."""
    return Step(number, "check", _CITED[at], _HELD[value][at])


Facts = Mapping[Fact | None, str]


def facts_of(problem: Problem) -> Facts:
    """Every fact as the steps write it; None is the contradiction."""
    facts: dict[Fact | None, str] = {None: "contradiction"}
    for i, name in enumerate(problem.names):
        facts[i, True] = f"{name}=knight"
        facts[i, False] = f"{name}=knave"
    return facts


def steps_of(problem: Problem, entries: tuple[Entry, ...]) -> tuple[Step, ...]:
    facts = facts_of(problem)
    return tuple([step_of(facts, at, entry) for at, entry in enumerate(entries, 1)])


def step_of(facts: Facts, at: int, entry: Entry) -> Step:
    rule, _, by, cited, fact, sub, _ = entry
    claims = (facts[fact],)
    if by is None:
        return Step(at, rule, (), claims, tuple([step_of(facts, k, inner) for k, inner in enumerate(sub, 1)]))
    if not cited:
        return Step(at, rule, _CITED[by], claims)
    if len(cited) == 1:
        return Step(at, rule, (_REFS[by], facts[cited[0]]), claims)
    return Step(at, rule, (_REFS[by], *[facts[fact] for fact in cited]), claims)
