"""3-SAT in words: drawn at the phase transition with either label, solved by the compiled DPLL.

Solutions are never planted: a fair coin picks the label, formulas are drawn uniformly until one has it, and the
number of statements depends on the number of facts alone, so nothing in the text tells the label.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from math import comb, lgamma, log
from typing import Any

import numpy as np

from verimill.generators.engines import dpll
from verimill.generators.engines.clauses_text import FACE, INGREDIENTS, KINDS, PEOPLE, TRAITS, narrate
from verimill.generators.engines.formula_keys import formula_key
from verimill.generators.engines.lookahead import shallow
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved, Step
from verimill.schemas.logic.sat_3cnf import SKINS, Answer, Params, Problem
from verimill.schemas.rng import Rng

Clauses = tuple[tuple[int, int, int], ...]
TRIES = 12  # of formulas whose core is too large
DRAWS = 400  # for one formula with the label wanted


def statements_for(variables: int, offset: int = 0) -> int:
    """How many statements put half of all formulas on either side.

    The ratio 4.26 holds for large formulas only; 4.26 + 10.5 n^-1.2 fits the measured crossover from 5 to 100.
    """
    ratio: float = 4.26 + 10.5 * variables**-1.2
    return round(variables * ratio * (100 + offset) / 100)


def most_for(variables: int, statements: int) -> int:
    """How many statements a refutation may name: what about 97 % of refutable formulas allow."""
    return int(statements * (0.45 + 0.005 * variables))


def make(rng: Rng, params: Params) -> Problem:
    """A formula of either label with equal chance; Exhausted when 12 in a row have no small enough core."""
    n = params.variables
    m = statements_for(n, params.offset)
    most = most_for(n, m)
    possible = rng.chance(0.5)
    for _ in range(TRIES):
        array = dpll.drawn(rng.seed(), n, m, possible, DRAWS)
        if not array.shape[0]:
            continue
        clauses: Clauses = tuple(map(tuple, array.tolist()))
        if possible or len(_run(clauses, n, most)[2]) <= most:
            skin = rng.pick(SKINS)
            return Problem(skin, _atoms(rng, skin, n), clauses, most)
    raise Exhausted(f"no formula of {n} facts with the label wanted in {TRIES} tries")


def _atoms(rng: Rng, skin: str, n: int) -> tuple[str, ...]:
    words = list(INGREDIENTS if skin == "rules" else KINDS if skin == "kinds" else PEOPLE)
    for i in range(n):  # the first n of a shuffle
        j = rng.between(i, len(words) - 1)
        words[i], words[j] = words[j], words[i]
    if skin != "people":
        return tuple(words[:n])
    return tuple([f"{name} is {rng.pick(TRAITS)}" for name in words[:n]])


# ---------------------------------------------------------------- solving


def _array(clauses: Clauses) -> Any:
    return np.fromiter(chain.from_iterable(clauses), np.int64, 3 * len(clauses)).reshape(-1, 3)


@lru_cache(maxsize=32)
def _run(clauses: Clauses, n: int, most: int) -> tuple[Any, ...]:
    """Tier, counts, core and log; kept, since `make` and `solve` both ask."""
    array = _array(clauses)
    status, counts, kept, trail, reason, rows, refutations = dpll.solved(array, n, most)
    tier = 1 if status == 1 else 2 if shallow(array, n) else 3
    return (
        tier, counts.tolist(), kept.tolist(), trail.tolist(), reason.tolist(), rows.tolist(), refutations.tolist(),
    )  # fmt: skip


def solve(problem: Problem) -> Solved[Answer]:
    """An assignment with the trail that found it, or a core with its refutation."""
    n, clauses = len(problem.atoms), problem.clauses
    tier, counts, kept, trail, reason, rows, refutations = _run(clauses, n, problem.most)
    writer = _Writer(problem, kept, rows, refutations)
    if tier == 1:
        true = {literal for literal in trail if literal > 0}
        answer = Answer(True, true=tuple([atom for i, atom in enumerate(problem.atoms, 1) if i in true]))
        if any(map(set(trail).isdisjoint, clauses)):
            raise ValueError("the search and the clauses disagree about an assignment")
        steps, brief = writer.path(trail, reason)
        certificate = {"claim": "satisfiable", "by": ["dpll", "assignment held against every statement"]}
    else:
        answer = Answer(False, statements=tuple([at + 1 for at in kept]))
        steps, brief = writer.refutation(len(refutations) - 1)
        _agree([clauses[at] for at in kept])
        certificate = {"claim": "unsatisfiable", "by": ["dpll refutation", "minisat22 on the named statements"]}
    decisions, conflicts, units, looks = (counts[k] for k in (dpll.DECISIONS, dpll.CONFLICTS, dpll.UNITS, dpll.LOOKS))
    hardness = Hardness(
        tier=tier,
        steps=_count(steps),
        search=decisions,
        space=float(n),
        effort=looks / 10,
        extra={"conflicts": conflicts, "propagations": units, "core": 0 if tier == 1 else len(kept)},
    )
    return Solved(answer, steps, brief, hardness, certificate)


def _agree(core: list[tuple[int, int, int]]) -> None:
    """A second solver finds the core unsatisfiable too. Raises ValueError if it does not, which is a bug of ours."""
    from pysat.solvers import Minisat22

    with Minisat22(bootstrap_with=core) as solver:
        if solver.solve():
            raise ValueError("dpll and minisat22 disagree about a core")


def _count(steps: tuple[Step, ...]) -> int:
    return sum(1 + (_count(step.sub) if step.sub else 0) for step in steps)


class _Writer:
    """Steps out of the search's log, in both verbosities at once: what is the same in both is made once."""

    def __init__(self, problem: Problem, kept: list[int], rows: list[list[int]], refutations: list[list[int]]) -> None:
        self.clauses = [problem.clauses[at] for at in kept]
        self.refs = [f"statement {at + 1}" for at in kept]
        self.rows = rows
        self.refutations = refutations
        atoms = problem.atoms
        self.fact = ["", *atoms, *[f"not {atom}" for atom in reversed(atoms)]]  # index +i, or -i from the end

    def unit(self, number: int, literal: int, at: int) -> Step:
        fact = self.fact
        a, b, c = self.clauses[at]
        if a == literal:
            because = (self.refs[at], fact[-b], fact[-c])
        elif b == literal:
            because = (self.refs[at], fact[-a], fact[-c])
        else:
            because = (self.refs[at], fact[-a], fact[-b])
        return Step(number, "unit", because, (fact[literal],))

    def refutation(self, r: int) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """What follows up to a contradiction, and only what that needs."""
        _, first, end, failed = self.refutations[r]
        full: list[Step] = []
        brief: list[Step] = []
        for literal, reason, needed in self.rows[first:end]:
            if reason >= 0:
                step = self.unit(len(full) + 1, literal, reason)
                full.append(step)
                if needed:
                    at = len(brief) + 1
                    brief.append(step if at == step.number else Step(at, "unit", step.because, step.claims))
            else:
                told, cut = self.refutation(dpll.REFUTED - reason)
                full.append(Step(len(full) + 1, "suppose", (), (self.fact[literal],), told))
                if needed:
                    brief.append(Step(len(brief) + 1, "suppose", (), (self.fact[literal],), cut))
        a, b, c = self.clauses[failed]
        fact = self.fact
        because = (self.refs[failed], fact[-a], fact[-b], fact[-c])
        for steps in (full, brief):
            steps.append(Step(len(steps) + 1, "contradiction", because, ("contradiction",)))
        return tuple(full), tuple(brief)

    def path(self, trail: list[int], reason: list[int]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """The trail of an assignment; in brief, branches that failed become choices made right at once."""
        full: list[Step] = []
        brief: list[Step] = []
        for number, (literal, why) in enumerate(zip(trail, reason, strict=True), 1):
            if why >= 0:
                step = self.unit(number, literal, why)
                full.append(step)
                brief.append(step)
                continue
            choice = Step(number, "decide", (), (self.fact[literal],))
            brief.append(choice)
            if why == dpll.DECISION:
                full.append(choice)
            else:
                told = self.refutation(dpll.REFUTED - why)[0]
                full.append(Step(number, "suppose", (), (self.fact[literal],), told))
        return tuple(full), tuple(brief)


# ---------------------------------------------------------------- symmetry


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """Facts renumbered, renamed and some of them negated, statements and their literals in another order."""
    n = len(problem.atoms)
    for _ in range(3):
        to = [0, *rng.shuffled(range(1, n + 1))]
        sign = [1, *((1, -1)[rng.below(2)] for _ in range(n))]
        clauses = []
        for clause in rng.shuffled(problem.clauses):
            a, b, c = rng.shuffled([(to[abs(x)] if x > 0 else -to[abs(x)]) * sign[abs(x)] for x in clause])
            clauses.append((a, b, c))
        skin = rng.pick(SKINS)
        yield Problem(skin, _atoms(rng, skin, n), tuple(clauses), problem.most)


def canonical(problem: Problem) -> str:
    """A key that renaming, negating facts and reordering cannot change: colour refinement on literals and clauses."""
    first, second = formula_key(_array(problem.clauses), len(problem.atoms))
    return f"{int(first):016x}{int(second):016x}"


# ---------------------------------------------------------------- wrong answers


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """One fact changed; a core without one statement it needs; a core with too many statements beside it."""
    n, m = len(problem.atoms), len(problem.clauses)
    if answer.possible:
        listed = set(answer.true)
        for atom in rng.sample(problem.atoms, min(n, 4)):
            changed = listed ^ {atom}
            if _broken(problem, changed):
                yield NearMiss(Answer(True, true=_ordered(problem, changed)), "statements")
        few = rng.sample(range(m), min(3, problem.most))
        yield NearMiss(Answer(False, statements=tuple(sorted(at + 1 for at in few))), "clash")
        return
    core = list(answer.statements)
    for gone in rng.sample(core, min(len(core), 4)):
        rest = [at for at in core if at != gone]
        array = _array(tuple([problem.clauses[at - 1] for at in rest]))
        if int(dpll.solved(array, n, m)[0]) == 1:
            yield NearMiss(Answer(False, statements=tuple(rest)), "clash")
    others = rng.shuffled([at for at in range(1, m + 1) if at not in set(core)])
    more = core + others[: problem.most - len(core) + 1]
    yield NearMiss(Answer(False, statements=tuple(sorted(more))), "size")
    yield NearMiss(Answer(False, statements=tuple(range(1, m + 1))), "size")
    guess = {atom for atom in problem.atoms if rng.chance(0.5)}
    yield NearMiss(Answer(True, true=_ordered(problem, guess)), "statements")


def _ordered(problem: Problem, chosen: set[str]) -> tuple[str, ...]:
    return tuple([atom for atom in problem.atoms if atom in chosen])


def _broken(problem: Problem, listed: set[str]) -> bool:
    true = [False, *(atom in listed for atom in problem.atoms)]
    return any(not any(true[abs(x)] == (x > 0) for x in clause) for clause in problem.clauses)


def capacity(params: Params) -> float:
    """log10 of the formulas up to symmetry: a tenth of the sets of clauses, over renamings and flips."""
    n = params.variables
    clauses, m = 8 * comb(n, 3), statements_for(n, params.offset)
    sets = lgamma(clauses + 1) - lgamma(m + 1) - lgamma(clauses - m + 1)
    return max(0.0, (sets - lgamma(n + 1) - n * log(2) - log(10)) / log(10))


MAKER: Maker[Params, Problem, Answer] = Maker(
    make=make,
    solve=solve,
    face=FACE,
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=capacity,
)
