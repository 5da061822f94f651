"""Makes seating puzzles: a hidden order, many true clues, as few kept as deduction up to the wanted tier needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from math import factorial, log10

from verimill.generators.engines import prose
from verimill.generators.engines.arrangement_text import LISTS, VOCABULARY, sentence
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
from verimill.generators.engines.puzzles import Model, effort_of, near_misses_of, solve_model, two_solutions
from verimill.generators.engines.twins import refuted, with_two_answers
from verimill.schemas.clues import Clue
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.logic.seating import Answer, Params, Problem, Shape, seats_of
from verimill.schemas.rng import Rng

TRIES = 80
REFS = ("the people",)

MIXES: Mapping[tuple[Shape, int], Mapping[str, float]] = {
    ("row", 1): {"at": 0.6, "not_at": 1, "just_left": 2, "next": 1.5, "end": 0.6, "left": 1.5, "gap": 1},
    ("row", 2): {"at": 0.2, "not_at": 0.8, "left": 1.2, "just_left": 1, "next": 1.5, "not_next": 1, "gap": 1,
                 "between": 1.5, "end": 0.4, "if_at": 1.2},
    ("row", 3): {"not_at": 0.3, "left": 1, "next": 1.5, "not_next": 1.5, "gap": 1.5, "between": 2, "if_at": 1.2},
    ("round", 1): {"at": 1, "not_at": 1, "next": 2, "clockwise": 2, "opposite": 1, "not_next": 1},
    ("round", 2): {"at": 0.6, "not_at": 1, "next": 2, "clockwise": 1, "opposite": 1, "not_next": 1.5, "gap": 1.5},
    ("round", 3): {"at": 0.4, "not_at": 0.8, "next": 1.5, "not_next": 2.5, "gap": 2, "opposite": 2},
}  # fmt: skip

SCENES: Mapping[str, str] = {
    "dinner": "a dinner", "meeting": "a meeting", "concert": "a concert", "wedding": "a wedding", "exam": "an exam",
}  # fmt: skip

SENTENCES: Mapping[str, tuple[str, str]] = {
    "at": ("{a} is in seat {n}.", "Seat {n} is {a}'s."),
    "not_at": ("{a} is not in seat {n}.", "Whoever is in seat {n}, it is not {a}."),
    "left": ("{a} has a lower seat number than {b}.", "{b} sits further to the right than {a}."),
    "just_left": (
        "{a} sits directly to the left of {b}.",
        "{b} has {a} directly on the left, in the seat with the next lower number.",
    ),
    "next": ("{a} and {b} sit side by side.", "{a} is right beside {b}."),
    "not_next": ("{a} and {b} do not sit side by side.", "{a} refuses to sit beside {b}."),
    "gap": (
        "The number of people between {a} and {b}{way} is {n}.",
        "Counting the people between {a} and {b}{way} gives {n}.",
    ),
    "between": ("{b} is somewhere between {a} and {c}.", "{a} and {c} have {b} somewhere between them."),
    "end": ("{a} sits at one of the two ends.", "{a} has only one neighbour."),
    "opposite": ("{a} sits exactly opposite {b}.", "{a} and {b} face each other across the middle of the table."),
    "clockwise": ("{b} is the next person clockwise after {a}.", "Going clockwise, {a} comes directly before {b}."),
    "if_at": (
        "If {a} has a lower seat number than {b}, then {a} is not in seat {n}.",
        "{a} cannot be in seat {n} and have a lower number than {b}.",
    ),
}  # fmt: skip


@lru_cache(maxsize=32)
def ground_of(people: int, shape: Shape) -> Ground:
    return Ground((tuple(range(people)),), people, shape == "round")


def ground(problem: Problem) -> Ground:
    return ground_of(len(problem.people), problem.shape)


def model(problem: Problem) -> Model:
    n = len(problem.people)
    full = ((1 << n) - 1,) * n
    return Model(
        f"seating {n}", problem.people, tuple(map(str, range(1, n + 1))), full, full,
        constraints_of(ground(problem), REFS, problem.clues),
    )  # fmt: skip


def to_answer(problem: Problem, values: tuple[int, ...]) -> Answer:
    seats = [""] * len(values)
    for name, at in zip(problem.people, values, strict=True):
        seats[at] = name
    return tuple(seats)


def make(rng: Rng, params: Params) -> Problem:
    """A seating with one solution by rules up to `params.tier`."""
    land = ground_of(params.people, params.shape)
    people = tuple(sorted(rng.sample(VOCABULARY["name"][1], params.people)))
    scene = rng.pick(list(SCENES))
    for _ in range(TRIES):
        where = rng.shuffled(range(params.people))
        pool = draw_pool(rng, land, where, MIXES[params.shape, params.mix], 5 * params.people)
        clues = thinned(rng, land, REFS, where, pool, params.tier, params.least)
        if clues is not None:
            problem = Problem(scene, params.shape, people, tuple(clues))
            if not params.work or effort_of(model(problem)) >= params.work:
                return problem
    raise Exhausted(f"no seating puzzle in {TRIES} tries with {params}")


def solve(problem: Problem) -> Solved[Answer]:
    return solve_model(model(problem), lambda values: to_answer(problem, values))


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """Roles handed to other people with the clues shuffled; the row or table seen in a mirror."""
    to = rng.shuffled(range(len(problem.people)))
    yield _with(problem, tuple(rng.shuffled([renamed(clue, to) for clue in problem.clues])))
    yield _with(problem, tuple(rng.shuffled(problem.clues)))
    back = mirrored(problem.clues, ground(problem))
    if back is not None:
        yield _with(problem, tuple(back))


def canonical(problem: Problem) -> str:
    land = ground(problem)
    return f"{problem.shape}-{key_of(land, problem.clues, mirrored(problem.clues, land))}"


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """For each clue kind, a seating that breaks one clue of it and meets every other clue."""
    values = [seat - 1 for seat in seats_of(problem, answer)]
    kind_of = {f"clue {k}": clue[0] for k, clue in enumerate(problem.clues, 1)}
    yield from near_misses_of(rng, model(problem), values, lambda v: to_answer(problem, v), rule_names=kind_of)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """A clue replaced by one that leaves two seatings ("many") or none ("none")."""
    clues = problem.clues
    if rng.chance(0.5):
        for k in rng.shuffled(range(len(clues))):
            if len(clues) == 1:
                break
            both = two_solutions(model(_with(problem, (*clues[:k], *clues[k + 1 :]))))
            mix = MIXES[problem.shape, 2]
            told = exchanged(rng, ground(problem), mix, clues, k, both) if both else None
            if told is not None:
                other = _with(problem, told)
                return with_two_answers(other, model(other), partial(to_answer, other))
    for k in rng.shuffled(range(len(clues))):
        for clue in changed(rng, ground(problem), clues[k]):
            if clue in clues:
                continue
            turned = _with(problem, (*clues[:k], clue, *clues[k + 1 :]))
            twin = refuted(turned, model(turned), 2)
            if twin is not None:
                return twin
    return None


def _with(problem: Problem, clues: tuple[Clue, ...]) -> Problem:
    return Problem(problem.scene, problem.shape, problem.people, clues)


def clue_lines(problem: Problem) -> list[str]:
    way = " (counted one way or the other round the table)" if problem.shape == "round" else ""
    lines = []
    for k, clue in enumerate(problem.clues):
        text = sentence(clue, problem.people.__getitem__, "seat", k + sum(clue[1:]), SENTENCES)
        lines.append(text.replace("{way}", way))
    return lines


def _listed(show: Callable[[Sequence[str]], str], problem: Problem) -> str:
    return show(clue_lines(problem))


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """Prose in which `Ann=3` says that Ann is in seat 3."""
    return prose.tell(steps, lambda ref: ref)


_ROW = "a row of {n} seats, numbered 1 to {n} from left to right"
_ROUND = "a round table with {n} seats, numbered 1 to {n} clockwise so that seat {n} is beside seat 1"


def facts(problem: Problem) -> Mapping[str, str]:
    n = len(problem.people)
    return {
        "n": str(n),
        "seats": (_ROUND if problem.shape == "round" else _ROW).format(n=n),
        "people": ", ".join(problem.people),
        "scene": SCENES.get(problem.scene, problem.scene),
    }


WORDINGS = (
    "At {scene} there is {seats}. Each seat is taken by exactly one of these people: {people}.\n\n{board}\n\nAll "
    "of this "
    "is true. Who sits where?\n\n{answer}",
    "{people} attend {scene}. They fill {seats}, one person to a seat. What is known about the seating:\n\n{board}\n\n"
    "Work out the complete seating.\n\n{answer}",
    "Seating plan for {scene}. Seats: {seats}. Guests, each in one seat of their own: {people}. The plan must respect "
    "every one of these statements.\n{board}\n\nWrite down the plan.\n\n{answer}",
    "The host of {scene} has prepared {seats}, and has lost the plan. {n} guests ({people}) will each get one "
    "seat. From "
    "memory the host recalls:\n\n{board}\n\nThe memories are all correct; rebuild the plan from them.\n\n{answer}",
)


def capacity(params: Params) -> float:
    """Orders of the people: each can be told by its own clues; renaming is counted once."""
    return log10(factorial(params.people))


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
