"""Makes zebra puzzles: a hidden table, many true clues, as few kept as deduction up to the wanted tier needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from math import factorial, log10

from verimill.generators.engines import prose
from verimill.generators.engines.arrangement_text import LISTS, PLACES, ROW_SENTENCES, VOCABULARY, sentence
from verimill.generators.engines.arrangements import (
    Ground,
    changed,
    constraints_of,
    draw_pool,
    exchanged,
    key_of,
    mirrored,
    renamed,
    thinned,
)
from verimill.generators.engines.puzzles import Model, near_misses_of, solve_model, two_solutions
from verimill.generators.engines.twins import refuted, with_two_answers
from verimill.schemas.clues import Clue
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.logic.zebra import Answer, Params, Problem, positions_of
from verimill.schemas.rng import Rng

TRIES = 40

# How often each clue kind is drawn: 1 mostly direct, 2 all kinds, 3 relations only.
MIXES: Mapping[int, Mapping[str, float]] = {
    1: {"at": 1, "same": 4, "not_at": 1, "just_left": 2, "next": 1, "end": 0.5, "left": 1},
    2: {"at": 0.2, "not_at": 0.5, "same": 3, "apart": 0.6, "left": 1, "just_left": 1.5, "next": 2, "far": 0.5,
        "gap": 1, "between": 1, "either": 1, "end": 0.3, "odd": 0.4, "even": 0.4, "if_at": 0.3},
    3: {"not_at": 0.3, "same": 1.2, "apart": 0.6, "left": 1, "just_left": 1, "next": 2.5, "far": 0.6, "gap": 2,
        "between": 1.5, "either": 1.2, "odd": 0.3, "even": 0.3, "if_at": 0.4},
}  # fmt: skip


@lru_cache(maxsize=32)
def ground_of(size: int, attributes: int) -> Ground:
    return Ground(tuple(tuple(range(a * size, a * size + size)) for a in range(attributes)), size)


def ground(problem: Problem) -> Ground:
    return ground_of(problem.size, len(problem.attributes))


def model(problem: Problem) -> Model:
    land = ground(problem)
    full = ((1 << land.size) - 1,) * land.items
    return Model(
        f"zebra {land.size}x{len(problem.attributes)}",
        problem.words,
        tuple(map(str, range(1, land.size + 1))),
        full,
        full,
        constraints_of(land, [f"the {a}s" for a in problem.attributes], problem.clues),
    )


def to_answer(problem: Problem, values: tuple[int, ...]) -> Answer:
    rows: list[list[str]] = [[] for _ in range(problem.size)]
    for word, at in zip(problem.words, values, strict=True):
        rows[at].append(word)
    return tuple(tuple(row) for row in rows)


def make(rng: Rng, params: Params) -> Problem:
    """A puzzle with one solution by rules up to `params.tier`, from which those rules can spare no clue."""
    n = params.positions
    land = ground_of(n, params.attributes)
    place = rng.pick(list(PLACES))
    attributes = ("name", *rng.sample([a for a in VOCABULARY if a != "name"], params.attributes - 1))
    values = tuple(tuple(sorted(rng.sample(VOCABULARY[a][1], n))) for a in attributes)
    refs = [f"the {a}s" for a in attributes]
    for _ in range(TRIES):
        where = [p for _ in attributes for p in rng.shuffled(range(n))]
        pool = draw_pool(rng, land, where, MIXES[params.mix], 2 * land.items + 10)
        clues = thinned(rng, land, refs, where, pool, params.tier, params.least)
        if clues is not None:
            return Problem(place, attributes, values, tuple(clues))
    raise Exhausted(f"no zebra puzzle in {TRIES} tries with {params}")


def solve(problem: Problem) -> Solved[Answer]:
    return solve_model(model(problem), lambda values: to_answer(problem, values))


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """Roles handed to other words with the clues shuffled; the row seen from the other end."""
    n = problem.size
    moved = [a * n + k for a in range(len(problem.attributes)) for k in rng.shuffled(range(n))]
    told = [renamed(clue, moved) for clue in problem.clues]
    yield _with(problem, tuple(rng.shuffled(told)))
    yield _with(problem, tuple(rng.shuffled(problem.clues)))
    back = mirrored(problem.clues, ground(problem))
    if back is not None:
        yield _with(problem, tuple(back))


def canonical(problem: Problem) -> str:
    land = ground(problem)
    return key_of(land, problem.clues, mirrored(problem.clues, land))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """For each clue kind, a table that breaks one clue of it and meets every other clue."""
    values = [p - 1 for p in positions_of(problem, answer)]
    kind_of = {f"clue {k}": clue[0] for k, clue in enumerate(problem.clues, 1)}
    yield from near_misses_of(rng, model(problem), values, lambda v: to_answer(problem, v), rule_names=kind_of)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """A clue replaced by one that leaves two tables ("many") or none ("none")."""
    clues = problem.clues
    if rng.chance(0.5):
        for k in rng.shuffled(range(len(clues))):
            both = two_solutions(model(_with(problem, (*clues[:k], *clues[k + 1 :]))))
            told = exchanged(rng, ground(problem), MIXES[2], clues, k, both) if both else None
            if told is not None:
                other = _with(problem, told)
                return with_two_answers(other, model(other), partial(to_answer, other))
    for k in rng.shuffled(range(len(clues))):
        for clue in changed(rng, ground(problem), clues[k]):
            if clue in clues:
                continue
            turned = _with(problem, (*clues[:k], clue, *clues[k + 1 :]))
            twin = refuted(turned, model(turned), problem.size)
            if twin is not None:
                return twin
    return None


def _with(problem: Problem, clues: tuple[Clue, ...]) -> Problem:
    return Problem(problem.place, problem.attributes, problem.values, clues)


def _speaker(problem: Problem) -> list[str]:
    return [
        VOCABULARY[a][0].format(w) if a in VOCABULARY else w
        for a, words in zip(problem.attributes, problem.values, strict=True)
        for w in words
    ]


def clue_lines(problem: Problem) -> list[str]:
    spoken = _speaker(problem)
    return [
        sentence(clue, spoken.__getitem__, problem.place, k + sum(clue[1:]), ROW_SENTENCES)
        for k, clue in enumerate(problem.clues)
    ]


def _listed(show: Callable[[Sequence[str]], str], problem: Problem) -> str:
    return show(clue_lines(problem))


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """Prose in which `tea=3` says that tea is at position 3."""
    return prose.tell(steps, lambda ref: ref)


def facts(problem: Problem) -> Mapping[str, str]:
    listed = "; ".join(f"{a}: {', '.join(words)}" for a, words in zip(problem.attributes, problem.values, strict=True))
    return {
        "n": str(problem.size),
        "place": problem.place,
        "places": PLACES.get(problem.place, problem.place + "s"),
        "listed": listed,
        "kinds": ", ".join(problem.attributes),
    }


WORDINGS = (
    "There are {n} {places}, numbered 1 to {n} from left to right. At each lives or works one person, and the people "
    "differ in every one of these: {listed}.\n\n{board}\n\nFind out who and what is at each {place}.\n\n{answer}",
    "{n} people are found at {n} {places} (number 1 is the leftmost, number {n} the rightmost), one at each. "
    "Every value "
    "below belongs to exactly one of them, and each of them has one value of each "
    "kind.\n{listed}\n\nClues:\n{board}\n\n"
    "Using all the clues, place every value.\n\n{answer}",
    "A detective knows of {n} {places}, counted from the left starting with 1. Each is tied to one value of each kind "
    "({kinds}), and no value occurs twice: {listed}. The notes read as follows.\n\n{board}\n\nAll the notes are true. "
    "Reconstruct the whole table.\n\n{answer}",
    "Logic grid. Positions: {n} {places}, 1 (far left) to {n} (far right). Kinds and values: {listed}. Each position "
    "has exactly one value of each kind; each value is at exactly one position. Every statement must hold:\n{board}\n\n"
    "{answer}",
)


def capacity(params: Params) -> float:
    """Arrangements up to renaming, times nothing for the clues: (n!)^(attributes - 1)."""
    return (params.attributes - 1) * log10(factorial(params.positions))


MAKER = Maker(
    make=make,
    solve=solve,
    face=Face(WORDINGS, {name: partial(_listed, show) for name, show in LISTS.items()}, facts),
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=capacity,
    unanswerable=unanswerable,
)
