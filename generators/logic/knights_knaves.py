"""Knights and knaves: statements are drawn until exactly one reading fits; deduction over truth tables solves it."""

from __future__ import annotations

from collections.abc import Iterator
from math import lgamma, log

import numpy as np

from verimill.generators.engines.formula_codes import coded
from verimill.generators.engines.knights_text import FACE, narrate
from verimill.generators.engines.role_deduction import deduce
from verimill.generators.engines.truth_tables import board, numbers_of, readings, roles, width
from verimill.generators.logic.knights_key import canonical
from verimill.generators.logic.knights_statements import altered, drawn
from verimill.generators.logic.knights_steps import Telling, check
from verimill.schemas.core import Exhausted, Hardness, Maker, NearMiss, Solved, Status, Unanswerable
from verimill.schemas.formulas import parse, rename, write
from verimill.schemas.logic.knights_knaves import SKINS, Answer, Params, Problem
from verimill.schemas.rng import Rng

NAMES = tuple(
    "Ada Ben Cleo Dan Edda Finn Gwen Hugo Ines Jack Kira Leo Mona Nils Olga Paul Quinn Rosa Sven Tara "
    "Ugo Vera Walt Xenia Yves Zoe Alma Bruno Carla Dario Elsa Fritz Gita Hans Iris Jonas Klara Luis Maya Noah".split()
)
_SKINS = tuple(SKINS)
TRIES = 400


def make(rng: Rng, params: Params) -> Problem:
    """A problem with exactly one reading and at least the suppositions asked for; Exhausted after 400 tries."""
    n, least = params.people, params.suppositions
    statements = drawn(
        rng, params, TRIES, lambda said: least == 0 or deduce(n, board(n, *coded(said))).suppositions >= least
    )
    if statements is None:
        raise Exhausted(f"no {n} people with one reading and {least} suppositions in {TRIES} tries")
    return Problem(_names(rng, n), rng.pick(_SKINS), statements)


def _names(rng: Rng, n: int) -> tuple[str, ...]:
    """The first n of a shuffle of the names."""
    names = list(NAMES)
    for i in range(n):
        j = rng.between(i, len(names) - 1)
        names[i], names[j] = names[j], names[i]
    return tuple(names[:n])


# ---------------------------------------------------------------- solving


def _said(n: int, statement: tuple[int, str]) -> tuple[int, int]:
    """What is said, and where that agrees with the speaker, as numbers with a bit an assignment."""
    w = width(n)
    line = board(n, *coded((statement,)))[0]
    return numbers_of(line[w : 2 * w]), numbers_of(line[:w])


def _fitting(problem: Problem) -> list[int]:
    """The assignments that fit, as numbers, ascending."""
    n = len(problem.names)
    left = numbers_of(np.bitwise_and.reduce(board(n, *coded(problem.statements))[:, : width(n)]))
    return [a for a in range(1 << n) if left >> a & 1]


def _answer(problem: Problem, assignment: int) -> Answer:
    words = SKINS[problem.skin]
    return tuple((name, words[not assignment >> i & 1]) for i, name in enumerate(problem.names))


def solve(problem: Problem) -> Solved[Answer]:
    """The only reading, deduced person by person. Raises ValueError where there is not exactly one."""
    n = len(problem.names)
    lines, many, reading = readings(n, *coded(problem.statements))
    if many != 1:
        raise ValueError(f"a problem to solve must have exactly one reading, got {many}")
    found = deduce(n, lines)
    steps, brief = Telling(problem.names, found).whole()
    first = len(steps) + 1
    checks = tuple(
        [check(first + at, at, reading >> speaker & 1) for at, (speaker, _) in enumerate(problem.statements)]
    )
    hardness = Hardness(
        tier=found.tier,
        steps=len(found.rows),
        search=found.suppositions,
        space=float(n),
        effort=round(found.work + found.looks / 10, 2),
        extra={"looks": found.looks},
    )
    certificate = {"claim": "unique", "by": [f"deduction to tier {found.tier}", f"truth table of {1 << n} assignments"]}
    return Solved(_answer(problem, reading), steps + checks, brief, hardness, certificate)


# ---------------------------------------------------------------- symmetry


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The people renumbered, renamed and dressed anew, the statements in another order."""
    n = len(problem.names)
    for _ in range(3):
        to = rng.shuffled(range(n))
        said = [(to[speaker], write(rename(parse(formula), to))) for speaker, formula in problem.statements]
        yield Problem(_names(rng, n), rng.pick(_SKINS), tuple(rng.shuffled(said)))


# ---------------------------------------------------------------- wrong answers and perturbations


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """Readings in which only some knight speaks falsely, or only some knave speaks the truth; then one flip."""
    n = len(problem.names)
    role = roles(n)
    false_knight = true_knave = 0
    for speaker, formula in problem.statements:
        said, _ = _said(n, (speaker, formula))
        false_knight |= numbers_of(role[speaker, 1]) & ~said
        true_knave |= numbers_of(role[speaker, 0]) & said
    for rule, only in (("knights", false_knight & ~true_knave), ("knaves", true_knave & ~false_knight)):
        for _ in range(2):
            if only:
                chosen = _some_bit(rng, only, 1 << n)
                only &= ~(1 << chosen)
                yield NearMiss(_answer(problem, chosen), rule)
    words = SKINS[problem.skin]
    flip = rng.below(n)
    name, word = answer[flip]
    wrong = (*answer[:flip], (name, words[word == words[0]]), *answer[flip + 1 :])
    assignment = sum(1 << i for i, (_, word) in enumerate(wrong) if word == words[0])
    if (false_knight | true_knave) >> assignment & 1:
        yield NearMiss(wrong, "knights" if false_knight >> assignment & 1 else "knaves")


def _some_bit(rng: Rng, bits: int, size_: int) -> int:
    start = rng.below(size_)
    above = bits >> start << start or bits
    return (above & -above).bit_length() - 1


def capacity(params: Params) -> float:
    """log10 of the ways to choose the statements, a 20th of them with one reading, up to renaming the people."""
    n = params.people
    leaves = 2 * n
    forms = 5 * leaves * (leaves - 2)
    for _ in range(params.depth - 1):
        forms = 5 * forms * leaves
    return max(0.0, (n + params.extra) * log(forms * (1 - params.counts / 100) + 1) - log(20) - lgamma(n + 1)) / log(10)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """One statement altered so that no reading, or more than one, is left; None when 60 alterations give neither."""
    want: Status = "none" if rng.chance(0.5) else "many"
    n = len(problem.names)
    empty = (0, (1 << (1 << n)) - 1)
    for _ in range(60):
        at = rng.below(len(problem.statements))
        speaker, formula = problem.statements[at]
        other = write(altered(rng, n, parse(formula)))
        said, agree = _said(n, (speaker, other))
        if other == formula or said in empty or agree in empty:
            continue
        statements = (*problem.statements[:at], (speaker, other), *problem.statements[at + 1 :])
        if len(set(statements)) < len(statements):
            continue
        twin = Problem(problem.names, problem.skin, statements)
        fits = _fitting(twin)
        if len(fits) == 1 or (want == "none") == bool(fits):
            continue
        if fits:
            witnesses = tuple(_answer(twin, reading) for reading in (fits[0], fits[-1]))
            return Unanswerable(twin, "many", {"claim": "many", "by": ["truth table"], "altered": at + 1}, witnesses)
        steps = Telling(twin.names, deduce(n, board(n, *coded(statements)), whole=False)).needed()
        by = {"claim": "none", "by": ["truth table", "refutation"], "altered": at + 1}
        return Unanswerable(twin, "none", by, (), steps)
    return None


MAKER: Maker[Params, Problem, Answer] = Maker(
    make=make,
    solve=solve,
    face=FACE,
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=capacity,
    unanswerable=unanswerable,
)
