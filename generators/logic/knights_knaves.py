"""Knights and knaves: statements are drawn until exactly one reading fits; deduction over truth tables solves it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import lgamma, log

from verimill.generators.engines.knights_text import FACE, narrate
from verimill.generators.engines.role_deduction import Deducer, Entry, cut, needed
from verimill.generators.engines.truth_tables import Line, cast, drawn, ready, solutions
from verimill.generators.logic.knights_key import canonical
from verimill.generators.logic.knights_statements import altered, statement
from verimill.generators.logic.knights_steps import check, facts_of, measure, step_of, steps_of, suppositions
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

Said = tuple[tuple[int, str], ...]


def make(rng: Rng, params: Params) -> Problem:
    """A problem with exactly one reading and at least the suppositions asked for; Exhausted after 400 tries."""
    n = params.people
    everything = cast(n).everything
    for _ in range(TRIES):
        speakers = rng.shuffled(range(n)) + [rng.below(n) for _ in range(params.extra)]
        said = []
        agreed = []
        left = everything
        # Many statements about few people seldom fit at all: there a hidden reading is kept in all of them.
        hidden = rng.below(1 << n) if params.extra else -1
        for speaker in speakers:
            formula, agree = statement(rng, n, speaker, params)
            while hidden >= 0 and not agree >> hidden & 1:
                formula, agree = statement(rng, n, speaker, params)
            said.append((speaker, formula))
            agreed.append(agree)
            left &= agree
            if not left:
                break
        if not left or left & (left - 1):
            continue
        statements = tuple(said)
        if len(set(statements)) < len(statements):
            continue
        for (speaker, formula), agree in zip(statements, agreed, strict=True):
            drawn(n, speaker, formula, agree)
        if params.suppositions == 0 or suppositions(_deduce(n, statements)[0]) >= params.suppositions:
            return Problem(_names(rng, n), rng.pick(_SKINS), statements)
    raise Exhausted(f"no {n} people with one reading and {params.suppositions} suppositions in {TRIES} tries")


def _names(rng: Rng, n: int) -> tuple[str, ...]:
    """The first n of a shuffle of the names."""
    names = list(NAMES)
    for i in range(n):
        j = rng.between(i, len(names) - 1)
        names[i], names[j] = names[j], names[i]
    return tuple(names[:n])


# ---------------------------------------------------------------- solving


@lru_cache(maxsize=64)
def _deduce(n: int, statements: Said) -> tuple[tuple[Entry, ...], int]:
    """The deduction and how many statements were looked at; kept, since `make` and `solve` both need it."""
    deducer = Deducer(n, tuple(ready(n, speaker, formula) for speaker, formula in statements))
    return tuple(deducer.run()), deducer.looks


def _lines(problem: Problem) -> list[Line]:
    n = len(problem.names)
    return [ready(n, speaker, formula) for speaker, formula in problem.statements]


def _readings(problem: Problem) -> Iterator[int]:
    """The assignments that fit, as numbers, ascending."""
    left = solutions(len(problem.names), _lines(problem))
    while left:
        low = left & -left
        yield low.bit_length() - 1
        left ^= low


def _answer(problem: Problem, assignment: int) -> Answer:
    words = SKINS[problem.skin]
    return tuple((name, words[not assignment >> i & 1]) for i, name in enumerate(problem.names))


def solve(problem: Problem) -> Solved[Answer]:
    """The only reading, deduced person by person. Raises ValueError where there is not exactly one."""
    n = len(problem.names)
    left = solutions(n, _lines(problem))
    if not left or left & (left - 1):
        raise ValueError(f"a problem to solve must have exactly one reading, got {left.bit_count()}")
    reading = left.bit_length() - 1
    entries, looks = _deduce(n, problem.statements)
    facts = facts_of(problem)
    steps = tuple([step_of(facts, at, entry) for at, entry in enumerate(entries, 1)])
    first = len(steps) + 1
    checks = tuple(
        [check(first + at, at, reading >> speaker & 1) for at, (speaker, _) in enumerate(problem.statements)]
    )
    brief = steps
    slim = [cut(entry) for entry in entries]
    if slim != list(entries):
        brief = tuple(
            step if short is entry else step_of(facts, step.number, short)
            for step, short, entry in zip(steps, slim, entries, strict=True)
        )
    tier, length, work = measure(entries, problem)
    hardness = Hardness(
        tier=tier,
        steps=length,
        search=suppositions(entries),
        space=float(n),
        effort=round(work + looks / 10, 2),
        extra={"looks": looks},
    )
    certificate = {"claim": "unique", "by": [f"deduction to tier {tier}", f"truth table of {1 << n} assignments"]}
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
    people = cast(n)
    false_knight = true_knave = 0
    for line in _lines(problem):
        false_knight |= people.true[line.speaker] & ~line.said
        true_knave |= people.false[line.speaker] & line.said
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
    if solutions(n, _lines(problem)) >> assignment & 1 == 0:
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
    everything = cast(n).everything
    for _ in range(60):
        at = rng.below(len(problem.statements))
        speaker, formula = problem.statements[at]
        other = write(altered(rng, n, parse(formula)))
        line = ready(n, speaker, other)
        if other == formula or line.said in (0, everything) or line.agree in (0, everything):
            continue
        statements = (*problem.statements[:at], (speaker, other), *problem.statements[at + 1 :])
        if len(set(statements)) < len(statements):
            continue
        twin = Problem(problem.names, problem.skin, statements)
        readings = list(_readings(twin))
        if len(readings) == 1 or (want == "none") == bool(readings):
            continue
        if readings:
            witnesses = tuple(_answer(twin, reading) for reading in (readings[0], readings[-1]))
            return Unanswerable(twin, "many", {"claim": "many", "by": ["truth table"], "altered": at + 1}, witnesses)
        steps = steps_of(twin, needed(_deduce(n, statements)[0]))
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
