"""From a family's model to everything the contract asks: solving, near misses, twins without an answer.

A family writes one function, `model(problem) -> Model`; the rest of its generator file is how problems are
drawn and how they look. Names of rules are the prefixes of refs: the constraint "row 3" belongs to the rule
"row"; givens belong to the rule "given".
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any, TypeVar

from verimill.generators.engines.certificates import ENGINE, oracle_for
from verimill.generators.engines.constraints import Constraint
from verimill.generators.engines.deduction import (
    TOP_TIER,
    Deduced,
    Workspace,
    deduce,
    hardness_of,
    nodes_of,
    solutions_of,
    solvable,
    steps_of,
    workspace,
)
from verimill.generators.engines.spare_steps import trimmed
from verimill.schemas.core import NearMiss, Solved, Step
from verimill.schemas.rng import Rng

A = TypeVar("A")

SEARCH_TIER = 2  # of the rules that the complete search applies at each node
GLANCE = 60  # decisions of a search for a second solution that is to be soon found
SEARCH_LIMIT = 20_000  # decisions of one complete search; beyond it a problem is not made


@dataclass(frozen=True, slots=True)
class Model:
    """A problem as a network: `full` masks without the givens, `domains` with them.

    `shape` names what all problems with the same variables share (family and size), for the SAT oracle.
    """

    shape: str
    names: tuple[str, ...]
    values: tuple[str, ...]
    full: tuple[int, ...]
    domains: tuple[int, ...]
    constraints: tuple[Constraint, ...]


def rule_of(ref: str) -> str:
    """The rule that a ref belongs to: "row 3" -> "row"."""
    return ref.rsplit(" ", 1)[0]


def work_on(model: Model) -> Workspace:
    """A workspace for the model."""
    return workspace(len(model.values), model.constraints, model.full)


_GRADED: dict[Hashable, Deduced] = {}
MAX_GRADED = 8  # problems between being made and being solved


def grade(problem: Hashable, model: Model, max_tier: int, work: Workspace | None = None) -> Deduced:
    """The run of the rules up to max_tier on a problem; one that solves it is kept for `solve_model`.

    It is what any higher tier gives, too: a higher rule is applied only where the lower ones are at their end.
    """
    found = deduce(work_on(model) if work is None else work, model.domains, max_tier)
    if found.outcome == "solved":
        if len(_GRADED) >= MAX_GRADED:
            _GRADED.clear()
        _GRADED[problem] = found
    return found


def solve_model(
    model: Model,
    to_answer: Callable[[tuple[int, ...]], A],
    work: Workspace | None = None,
    max_tier: int = TOP_TIER,
    sat: bool = True,
    told: tuple[Constraint, ...] | None = None,
    problem: Hashable = None,
    second: Callable[[Deduced], str] | None = None,
) -> Solved[A]:
    """Answer, traces, hardness and certificate of a problem with one solution.

    Without `sat` the second opinion is the complete search: right for problems whose clues are large tables of
    their own, which cost a SAT solver more to be told than everything else together.
    `told`: other constraints with the same solutions, where these are fewer clauses for the SAT oracle.
    `problem`: the one that `grade` was given, if it was.
    `second`: a second opinion of the family's own instead; it names its method, and raises when it disagrees.
    Raises ValueError when the rules do not finish it or the second opinion finds another solution.
    """
    graded = _GRADED.get(problem)
    if graded is not None and graded.tier <= max_tier:
        found = graded
    else:
        work = work_on(model) if work is None else work
        found = deduce(work, model.domains, max_tier)
    if found.outcome != "solved":
        raise ValueError(f"the {model.shape} problem is not solved by rules up to tier {max_tier}: {found.outcome}")
    # The complete search decides nothing on what the rules that it applies at every node finish.
    count, nodes = 1, 0
    if found.tier > SEARCH_TIER or not sat:
        count, nodes = nodes_of(work_on(model) if work is None else work, model.domains, 2, SEARCH_LIMIT)
    if second is not None:
        certificate = {"claim": "unique", "by": [f"deduction rules to tier {found.tier}", second(found)]}
    else:
        certificate = certify(model, found, told) if sat else _counted(model, found, count)
    space = sum(log2(m.bit_count()) for m in model.domains)
    steps = steps_of(found, model.constraints, model.names, model.values)
    brief = steps if found.all_needed else steps_of(found, model.constraints, model.names, model.values, brief=True)
    brief = trimmed(brief, model.domains, model.constraints, model.names, model.values)
    return Solved(
        to_answer(found.values),
        steps,
        brief,
        hardness_of(found, nodes, space),
        certificate,
    )


def certify(model: Model, found: Deduced, told: tuple[Constraint, ...] | None = None) -> dict[str, Any]:
    """What was proved about a solved problem: deduction closed it, and the SAT oracle finds no other solution."""
    oracle = oracle_for(model.shape, len(model.full), len(model.values))
    if oracle.another(model.constraints if told is None else told, model.domains, found.values):
        raise ValueError(f"a second solution exists although rules to tier {found.tier} finished the {model.shape}")
    return {"claim": "unique", "by": [f"deduction rules to tier {found.tier}", f"{ENGINE}: no other solution"]}


def _counted(model: Model, found: Deduced, count: int) -> dict[str, Any]:
    """What was proved without the SAT oracle, and by what.

    The search applies rules up to SEARCH_TIER at every node: what they finish it closes without a decision, by the
    same rules in other code; only beyond does it tell more than they do.
    """
    if count != 1:
        raise ValueError(f"the complete search of the {model.shape} problem counts {count} solutions, wanted 1")
    second = "complete search: no other solution" if found.tier > SEARCH_TIER else "the same rules in other code"
    return {"claim": "unique", "by": [f"deduction rules to tier {found.tier}", second]}


def another_solution(
    model: Model,
    values: Sequence[int],
    without: Callable[[str], bool] | None = None,
    free: Sequence[int] = (),
    order: Sequence[int] | None = None,
    work: Workspace | None = None,
    limit: int = 6,
) -> tuple[int, ...] | None:
    """A solution other than `values` when the constraints whose ref passes `without` are switched off.

    `free`: given cells that are opened again. None when there is none within the search limit.
    """
    work = work_on(model) if work is None else work
    work.active[:] = 1
    if without is not None:
        for i, con in enumerate(model.constraints):
            if without(con.ref):
                work.active[i] = 0
    domains = list(model.domains)
    for cell in free:
        domains[cell] = model.full[cell]
    _, _, found = solutions_of(work, domains, limit, SEARCH_LIMIT, order)
    work.active[:] = 1
    for other in found:
        if other != tuple(values):
            return other
    return None


def near_misses_of(
    rng: Rng,
    model: Model,
    values: Sequence[int],
    to_answer: Callable[[tuple[int, ...]], A],
    tries: int = 3,
    rule_names: Mapping[str, str] | None = None,
) -> Iterator[NearMiss[A]]:
    """For every rule, answers that obey all other rules: one clue ignored, else the whole rule ignored.

    `rule_names` maps refs to rules where the prefix of the ref is not the rule; refs it lacks are never ignored.
    """
    work = work_on(model)
    order = rng.shuffled(range(len(model.values)))
    rules: dict[str, list[str]] = {}
    for con in model.constraints:
        rule = rule_of(con.ref) if rule_names is None else rule_names.get(con.ref)
        if rule is not None:
            rules.setdefault(rule, []).append(con.ref)
    for rule, refs in rules.items():
        some = [{ref} for ref in rng.sample(refs, min(tries, len(refs)))]
        for chosen in [*some, set(refs)]:
            other = another_solution(model, values, chosen.__contains__, order=order, work=work)
            if other is not None:
                yield NearMiss(to_answer(other), rule)
                break
    givens = [v for v, mask in enumerate(model.domains) if mask != model.full[v]]
    for cell in rng.sample(givens, min(tries, len(givens))):
        other = another_solution(model, values, free=(cell,), order=order, work=work)
        if other is not None:
            yield NearMiss(to_answer(other), "given")
            break


def two_solutions(model: Model) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Two different solutions of a model, or None when it has fewer (or the search is too long)."""
    count, _, found = solutions_of(work_on(model), model.domains, 2, SEARCH_LIMIT)
    return (found[0], found[1]) if count == 2 else None


def refutation(model: Model) -> tuple[Step, ...] | None:
    """Steps that end in a contradiction, when the rules find that the model has no solution; else None."""
    found = deduce(work_on(model), model.domains)
    if found.outcome != "contradiction":
        return None
    return steps_of(found, model.constraints, model.names, model.values)


def fits(work: Workspace, domains: Sequence[int], tiers: tuple[int, int], effort: int = 0) -> bool:
    """True when rules of tier tiers[0]..tiers[1] solve it with at least that effort.

    What is too easy, or has a second solution that is soon found, is turned down before anything is logged.
    """
    least, most = tiers
    if least > 1 and solvable(work, domains, least - 1):
        return False
    if most == TOP_TIER and solutions_of(work, domains, 2, GLANCE)[0] == 2:
        return False
    if most < TOP_TIER and effort and not solvable(work, domains, most):
        return False
    found = deduce(work, domains, most)
    return at_tier(found, least, most) and hardness_of(found, 0, 0.0).effort >= effort


def at_tier(found: Deduced, low: int, high: int) -> bool:
    """True when a run solved the problem with a tier in low..high."""
    return found.outcome == "solved" and low <= found.tier <= high


def effort_of(model: Model) -> float:
    """The effort of the rules on a model, without its traces and certificate."""
    return hardness_of(deduce(work_on(model), model.domains), 0, 0).effort
