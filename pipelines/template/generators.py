"""Making pair sum: numbers of which exactly one pair adds up, found again from both ends of the sorted list."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping

from verimill.pipelines.template.schemas import Answer, Params, Problem
from verimill.schemas.core import Exhausted, Face, Hardness, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.rng import Rng

TRIES = 200


def _pairs(problem: Problem) -> list[Answer]:
    """All pairs that add up: two fingers move towards each other in the sorted list."""
    numbers, found = sorted(problem.numbers), []
    low, high = 0, len(numbers) - 1
    while low < high:
        total = numbers[low] + numbers[high]
        if total == problem.target:
            found.append((numbers[low], numbers[high]))
        if total <= problem.target:
            low += 1
        if total >= problem.target:
            high -= 1
    return found


def make(rng: Rng, params: Params) -> Problem:
    """Numbers with exactly one pair; Exhausted after TRIES tries."""
    for _ in range(TRIES):
        numbers = rng.sample(range(1, params.largest + 1), params.size)
        problem = Problem(tuple(numbers), numbers[0] + numbers[1])
        if len(_pairs(problem)) == 1:
            return Problem(tuple(rng.shuffled(numbers)), problem.target)
    raise Exhausted(f"no list of {params.size} numbers up to {params.largest} has exactly one pair")


def solve(problem: Problem) -> Solved[Answer]:
    """The pair, after every other number was ruled out; ValueError unless there is exactly one."""
    pairs = _pairs(problem)
    if len(pairs) != 1:
        raise ValueError(f"the problem must have one pair, got {len(pairs)}")
    steps = (*_ruled_out(problem, pairs[0]), _pair_step(pairs[0], len(problem.numbers) - 1))
    size = len(problem.numbers)
    hardness = Hardness(0, len(steps), size, math.log2(math.comb(size, 2)), float(len(steps)))
    certificate = {"claim": "unique", "by": ["two fingers on the sorted list"]}
    return Solved(pairs[0], steps, (_pair_step(pairs[0], 1),), hardness, certificate)


def _ruled_out(problem: Problem, spared: tuple[int, ...]) -> tuple[Step, ...]:
    rest = [number for number in sorted(problem.numbers) if number not in spared]
    return tuple(Step(at, "no partner", (str(number),), (f"{number} out",)) for at, number in enumerate(rest, 1))


def _pair_step(pair: Answer, at: int) -> Step:
    return Step(at, "pair", tuple(map(str, pair)), (f"{pair[0]} + {pair[1]}",))


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One numbered line a step."""
    lines = []
    for step in steps:
        if step.rule == "no partner":
            number = int(step.because[0])
            told = f"{number} would need {problem.target - number}, which is not another listed number: {number} out."
        elif step.rule == "pair":
            told = f"{step.claims[0]} = {problem.target}, so this is the pair."
        else:
            told = "Every number is out: a contradiction, there is no pair."
        lines.append(f"{step.number}. {told}")
    return "\n".join(lines)


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The numbers in other orders."""
    for _ in range(4):
        yield Problem(tuple(rng.shuffled(problem.numbers)), problem.target)


def canonical(problem: Problem) -> str:
    """Equal for all orders of the same numbers."""
    text = f"{sorted(problem.numbers)} {problem.target}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """Pairs of listed numbers with another sum, and numbers that add up but are not both listed."""
    for _ in range(6):
        low, high = sorted(rng.sample(problem.numbers, 2))
        if (low, high) != answer:
            yield NearMiss((low, high), "sum")
        shift = rng.between(1, 9)
        low, high = answer[0] - shift, answer[1] + shift
        if low > 0:
            yield NearMiss((low, high), "listed")


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """The target moved to where no pair, or more than one, adds up; None when no near target does."""
    wanted = rng.pick(("none", "many"))
    for shift in rng.shuffled([shift for shift in range(-40, 41) if shift]):
        if problem.target + shift < 3:
            continue
        changed = Problem(problem.numbers, problem.target + shift)
        pairs = _pairs(changed)
        if not pairs and wanted == "none":
            out = _ruled_out(changed, ())
            last = Step(len(out) + 1, "no partner", (), ("contradiction",))
            return Unanswerable(changed, "none", {"claim": "none", "by": ["every number ruled out"]}, (), (*out, last))
        if len(pairs) > 1 and wanted == "many":
            by = {"claim": "many", "by": ["two witnesses"]}
            return Unanswerable(changed, "many", by, (pairs[0], pairs[1]))
    return None


def capacity(params: Params) -> float:
    """log10 of the sets of numbers, each of which has at least one target; a lower bound within a factor of ten."""
    return math.log10(math.comb(params.largest, params.size)) - 1


def _facts(problem: Problem) -> Mapping[str, str]:
    return {"target": str(problem.target), "size": str(len(problem.numbers))}


FACE: Face[Problem] = Face(
    wordings=(
        "Which two different numbers of this list add up to {target}?\n\n{board}\n\n{answer}",
        "Here are {size} numbers:\n\n{board}\n\nTake two of them, each at most once, so that their sum is {target}."
        "\n\n{answer}",
        "{board}\n\nExactly {target} is to be paid with two different items of the price list above. Which two prices?"
        "\n\n{answer}",
        "Find the pair: both numbers are in the list below, they are different, and together they make {target}.\n\n"
        "{board}\n\n{answer}",
    ),
    layouts={
        "row": lambda problem: ", ".join(map(str, problem.numbers)),
        "column": lambda problem: "\n".join(map(str, problem.numbers)),
        "bullets": lambda problem: "\n".join(f"- {number}" for number in problem.numbers),
    },
    facts=_facts,
)

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
