"""Makes futoshikis: a random Latin square, then signs and givens dropped while deduction still solves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from math import log10
from operator import itemgetter
from typing import Any

from verimill.generators.engines import prose
from verimill.generators.engines.canonical import text_key
from verimill.generators.engines.constraints import less
from verimill.generators.engines.deduction import Workspace, deduce, thin, workspace
from verimill.generators.engines.grids import latin_square, spaced
from verimill.generators.engines.latin import (
    complement_table,
    full_masks,
    given_masks,
    inverse,
    latin,
    movers,
    to_answer,
    with_symbol,
)
from verimill.generators.engines.puzzles import Model, at_tier, near_misses_of, solve_model
from verimill.generators.engines.twins import another_given, refuted, with_two_answers
from verimill.schemas.cells import cell_names, symmetries
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.grids.futoshiki import DIGITS, Answer, Params, Problem, ordered
from verimill.schemas.rng import Rng

TRIES = 80


@lru_cache(maxsize=8)
def slots(n: int) -> tuple[tuple[int, int], ...]:
    """Every pair of neighbouring cells, in reading order."""
    pairs = [(i, i + 1) for i in range(n * n) if (i + 1) % n] + [(i, i + n) for i in range(n * n - n)]
    return tuple(sorted(pairs))


@lru_cache(maxsize=8)
def _drawing(n: int) -> Workspace:
    """A workspace with a sign in every slot; `make` turns the signs to suit its square."""
    signs = [less(f"sign {k}", a, b) for k, (a, b) in enumerate(slots(n), 1)]
    return workspace(n, (*latin(n), *signs), full_masks(n))


def model(problem: Problem) -> Model:
    n = problem.size
    signs = [less(f"sign {k}", a, b) for k, (a, b) in enumerate(problem.signs, 1)]
    return Model(
        f"futoshiki {n}",
        cell_names(n, n),
        tuple(DIGITS[:n]),
        full_masks(n),
        given_masks(problem.givens, n),
        (*latin(n), *signs),
    )


def make(rng: Rng, params: Params) -> Problem:
    """A futoshiki with one solution that rules up to `params.tier` find; none of the rules above is needed."""
    n = params.size
    work, full, cells = _drawing(n), full_masks(n), n * n
    clues = [(1, 2 * n + k) for k in range(len(slots(n)))] + [(0, i) for i in range(cells)]
    for _ in range(TRIES):
        square = latin_square(rng, n)
        signs = [(a, b) if square[a] < square[b] else (b, a) for a, b in slots(n)]
        work.net.scope[2 * cells :] = [c for pair in signs for c in pair]
        # Givens tend to be dropped before signs, so that the signs carry the puzzle.
        weight = [rng.unit() for _ in signs] + [0.55 * rng.unit() for _ in range(cells)]
        order = sorted(range(len(clues)), key=weight.__getitem__)
        keep = thin(work, full, square, clues, order, params.tier, params.floor)
        if keep is None:
            continue
        kept = keep[len(signs) :]
        if params.least:
            domains = [1 << v if k else m for v, k, m in zip(square, kept, full, strict=True)]
            if not at_tier(deduce(work, domains, params.tier), params.least, params.tier):
                continue
        return Problem(
            n,
            "".join(DIGITS[v] if k else "." for v, k in zip(square, kept, strict=True)),
            tuple(sign for sign, k in zip(signs, keep, strict=False) if k),
        )
    raise Exhausted(f"no futoshiki in {TRIES} tries with {params}")


def solve(problem: Problem) -> Solved[Answer]:
    return solve_model(model(problem), to_answer)


def _moved(problem: Problem, move: tuple[int, ...]) -> Problem:
    to = inverse(move)
    return Problem(
        problem.size,
        "".join(problem.givens[i] for i in move),
        ordered([(to[a], to[b]) for a, b in problem.signs]),
    )


def _complement(problem: Problem) -> Problem:
    """Every digit d becomes n + 1 - d, so every sign turns round."""
    givens = problem.givens.translate(complement_table(problem.size))
    return Problem(problem.size, givens, tuple((b, a) for a, b in problem.signs))


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The square turned or mirrored; digits counted from the other end with all signs turned round."""
    moves = symmetries(problem.size, problem.size)
    yield _moved(problem, rng.pick(moves[1:]))
    yield _complement(problem)
    yield _complement(_moved(problem, rng.pick(moves)))


@lru_cache(maxsize=8)
def _slot_movers(n: int) -> tuple[Any, ...]:
    """For each symmetry, where each slot's symbol comes from: first all signs, then all signs turned round."""
    at = {pair: k for k, pair in enumerate(slots(n))}
    found = []
    for move in symmetries(n, n):
        source = []
        for a, b in slots(n):
            u, v = move[a], move[b]
            source.append(at[u, v] if u < v else len(at) + at[v, u])
        found.append(itemgetter(*source))
    return tuple(found)


def canonical(problem: Problem) -> str:
    """The key of the least text over the 8 symmetries, with and without counting from the other end."""
    n = problem.size
    low = {min(s) * n * n + max(s): "<" if s[0] < s[1] else ">" for s in problem.signs}
    ahead = "".join([low.get(a * n * n + b, ".") for a, b in slots(n)])
    back = ahead.translate({60: ">", 62: "<"})
    texts = [
        "".join(cells(givens)) + "".join(pairs(signs))
        for givens, signs in (
            (problem.givens, ahead + back),
            (problem.givens.translate(complement_table(n)), back + ahead),
        )
        for cells, pairs in zip(movers(n), _slot_movers(n), strict=True)
    ]
    return text_key("futoshiki", n, min(texts))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    yield from near_misses_of(rng, model(problem), [DIGITS.index(d) for d in answer], to_answer)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """A clue for another ("many"), or a sign turned round or a given changed ("none"), when it can be certified."""
    found = _loosened(rng, problem) if rng.chance(0.5) else None
    return found or _twisted(rng, problem)


def _loosened(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    n, signs = problem.size, problem.signs
    givens = [i for i, g in enumerate(problem.givens) if g != "."]
    for clue in rng.shuffled(range(len(signs) + len(givens)))[:12]:
        if clue < len(signs):
            less_of = Problem(n, problem.givens, signs[:clue] + signs[clue + 1 :])
        else:
            less_of = Problem(n, with_symbol(problem.givens, givens[clue - len(signs)], "."), signs)
        twin = with_two_answers(less_of, model(less_of), to_answer)
        evened = None if twin is None else _evened(rng, less_of, twin.witnesses, clue < len(signs))
        if twin is not None and evened is not None:
            return replace(twin, problem=evened)
    return None


def _evened(rng: Rng, problem: Problem, answers: tuple[Answer, ...], by_sign: bool) -> Problem | None:
    """The problem and one more clue that both answers keep, so that no clue is missed; None where there is none."""
    one, two = answers
    taken = {frozenset(sign) for sign in problem.signs}
    alike = [(a, b) for a, b in slots(problem.size) if {a, b} not in taken and (one[a] < one[b]) == (two[a] < two[b])]
    if by_sign and alike:
        a, b = rng.pick(alike)
        return replace(problem, signs=ordered([*problem.signs, (a, b) if one[a] < one[b] else (b, a)]))
    givens = another_given(rng, problem.givens, answers)
    return None if givens is None else replace(problem, givens=givens)


def _twisted(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    n, signs = problem.size, problem.signs
    givens = [i for i, g in enumerate(problem.givens) if g != "."]
    for clue in rng.shuffled(range(len(signs) + len(givens)))[:24]:
        if clue < len(signs):
            turned = (signs[clue][1], signs[clue][0])
            other = Problem(n, problem.givens, (*signs[:clue], turned, *signs[clue + 1 :]))
        else:
            cell = givens[clue - len(signs)]
            digit = rng.pick([d for d in DIGITS[:n] if d != problem.givens[cell]])
            other = Problem(n, with_symbol(problem.givens, cell, digit), signs)
        twin = refuted(other, model(other), n)
        if twin is not None:
            return twin
    return None


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    names = cell_names(problem.size, problem.size)

    def describe(ref: str) -> str:
        what, _, number = ref.partition(" ")
        if what == "sign":
            a, b = problem.signs[int(number) - 1]
            return f"the sign {names[a]} < {names[b]}"
        return ref.replace("col ", "column ")

    return prose.tell(steps, describe)


def drawn(problem: Problem) -> str:
    """The grid with < and > within rows, ^ and v between rows."""
    n = problem.size
    sign = {}
    for a, b in problem.signs:
        across = abs(a - b) == 1
        sign[min(a, b), max(a, b)] = ("<" if across else "^") if a < b else (">" if across else "v")
    lines = []
    for r in range(n):
        row = range(r * n, r * n + n)
        marks = [f" {sign.get((i, i + 1), ' ')} " for i in row[:-1]] + [""]
        lines.append("".join(_shown(problem.givens[i]) + m for i, m in zip(row, marks, strict=True)))
        if r < n - 1:
            lines.append("   ".join(sign.get((i, i + n), " ") for i in row).rstrip())
    legend = "(^ between two rows: the upper number is less than the lower; v: the upper is greater.)"
    return "\n".join(lines) + "\n" + legend


def _shown(given: str) -> str:
    return "_" if given == "." else given


def listed(problem: Problem) -> str:
    """The grid, then one inequality a line by cell names."""
    names = cell_names(problem.size, problem.size)
    lines = [f"{names[a]} < {names[b]}" if a < b else f"{names[b]} > {names[a]}" for a, b in problem.signs]
    grid = spaced(list(problem.givens), problem.size)
    return f"{grid}\n\nInequalities (r1c2 is row 1, column 2):\n" + ("\n".join(lines) or "(there are none)")


def told(problem: Problem) -> str:
    """Rows and inequalities in words."""
    n = problem.size
    rows = [f"Row {r + 1}: " + ", ".join(map(_word, problem.givens[r * n : r * n + n])) for r in range(n)]
    signs = [
        f"- row {a // n + 1}, column {a % n + 1} is less than row {b // n + 1}, column {b % n + 1}"
        for a, b in problem.signs
    ]
    return "\n".join(rows) + "\nConditions:\n" + ("\n".join(signs) or "- none")


def _word(given: str) -> str:
    return "empty" if given == "." else given


def facts(problem: Problem) -> Mapping[str, str]:
    n = problem.size
    return {"n": str(n), "digits": f"1 to {n}", "squares": str(n * n), "signs": str(len(problem.signs))}


WORDINGS = (
    "This is a futoshiki of side {n}. Put a number from {digits} into every open cell so that each row and each "
    "column holds every number exactly once and every inequality between two neighbouring cells is true. Numbers "
    "already given stay as they are.\n\n{board}\n\n{answer}",
    "Complete the {n} by {n} square below.\n\n{board}\n\nThe numbers {digits} must each appear once in every row and "
    "once in every column. All {signs} inequalities have to hold, and the printed numbers may not be changed."
    "\n\n{answer}",
    "A teacher hands out a square of {squares} cells, some of them filled in, with less-than and greater-than signs "
    "between certain neighbours:\n\n{board}\n\nThe pupils fill the rest with numbers from {digits}. No number may "
    "come twice in a row or twice in a column, no sign may be false, and what is filled in already must stay."
    "\n\n{answer}",
    "Task: futoshiki.\nRules: (1) use the numbers {digits}; (2) no number twice in any row; (3) no number twice in "
    "any column; (4) respect every inequality; (5) keep the given numbers.\nPuzzle:\n{board}\n\n{answer}",
)


def capacity(params: Params) -> float:
    """log10 of a lower bound: the Latin squares with a fixed first row and column, without symmetric copies."""
    reduced = {4: 4, 5: 56, 6: 9408, 7: 16942080, 8: 535281401856, 9: 377597570964258816}[params.size]
    return log10(reduced) + 1.5  # different clues on one square: at least some dozens


MAKER = Maker(
    make=make,
    solve=solve,
    face=Face(WORDINGS, {"drawn": drawn, "listed": listed, "told": told}, facts),
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=capacity,
    unanswerable=unanswerable,
)
