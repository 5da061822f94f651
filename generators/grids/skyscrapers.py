"""Makes skyscraper puzzles: a random Latin square, then views and givens dropped while deduction still solves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import permutations
from math import log10
from operator import itemgetter
from typing import Any

from verimill.generators.engines import prose
from verimill.generators.engines.canonical import text_key
from verimill.generators.engines.constraints import table
from verimill.generators.engines.deduction import deduce, thin, workspace
from verimill.generators.engines.grids import latin_square, spaced
from verimill.generators.engines.latin import full_masks, given_masks, latin, movers, to_answer, with_symbol
from verimill.generators.engines.puzzles import Model, at_tier, near_misses_of, solve_model
from verimill.generators.engines.twins import another_given, refuted, with_two_answers
from verimill.schemas.cells import cell_names, symmetries
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.grids.skyscrapers import DIGITS, Answer, Params, Problem, sight_lines
from verimill.schemas.rng import Rng

TRIES = 60


def visible(heights: Sequence[int]) -> int:
    """How many show to someone who stands before the first."""
    tallest, seen = -1, 0
    for h in heights:
        if h > tallest:
            tallest, seen = h, seen + 1
    return seen


@lru_cache(maxsize=8)
def lines_showing(n: int) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """The orders of n heights by how many show: entry k holds those that show k."""
    found: list[list[tuple[int, ...]]] = [[] for _ in range(n + 1)]
    for order in permutations(range(n)):
        found[visible(order)].append(order)
    return tuple(map(tuple, found))


def model(problem: Problem) -> Model:
    n = problem.size
    views = [
        table(f"view {k}", line, lines_showing(n)[seen])
        for k, (line, seen) in enumerate(zip(sight_lines(n), problem.views, strict=True), 1)
        if seen
    ]
    return Model(
        f"skyscrapers {n}",
        cell_names(n, n),
        tuple(DIGITS[:n]),
        full_masks(n),
        given_masks(problem.givens, n),
        (*latin(n), *views),
    )


def make(rng: Rng, params: Params) -> Problem:
    """A skyscraper puzzle with one solution that rules up to `params.tier` find; no rule above is needed."""
    n = params.size
    full, cells = full_masks(n), n * n
    clues = [(1, 2 * n + k) for k in range(4 * n)] + [(0, i) for i in range(cells)]
    for _ in range(TRIES):
        square = latin_square(rng, n)
        views = tuple(visible([square[c] for c in line]) for line in sight_lines(n))
        work = workspace(n, model(Problem(n, "." * cells, views)).constraints, full)
        # The lower `shown`, the earlier givens are dropped, so that the views carry the puzzle.
        weight = [rng.unit() for _ in views] + [params.shown / 100 * rng.unit() for _ in range(cells)]
        order = sorted(range(len(clues)), key=weight.__getitem__)
        keep = thin(work, full, square, clues, order, params.tier, params.floor)
        if keep is None:
            continue
        kept = keep[4 * n :]
        if params.least:
            domains = [1 << v if k else m for v, k, m in zip(square, kept, full, strict=True)]
            if not at_tier(deduce(work, domains, params.tier), params.least, params.tier):
                continue
        return Problem(
            n,
            "".join(DIGITS[v] if k else "." for v, k in zip(square, kept, strict=True)),
            tuple(seen if k else 0 for seen, k in zip(views, keep, strict=False)),
        )
    raise Exhausted(f"no skyscrapers in {TRIES} tries with {params}")


def solve(problem: Problem) -> Solved[Answer]:
    return solve_model(model(problem), to_answer, sat=False)


@lru_cache(maxsize=8)
def _view_movers(n: int) -> tuple[Any, ...]:
    """One itemgetter for each symmetry of the square; it turns the views into the moved views."""
    at = {line: k for k, line in enumerate(sight_lines(n))}
    return tuple(
        itemgetter(*(at[tuple(move[c] for c in line)] for line in sight_lines(n))) for move in symmetries(n, n)
    )


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The square turned or mirrored, views and all."""
    n = problem.size
    for k in rng.sample(range(1, 8), 3):
        yield Problem(n, "".join(movers(n)[k](problem.givens)), _view_movers(n)[k](problem.views))


def canonical(problem: Problem) -> str:
    """The key of the least text over the 8 symmetries."""
    n = problem.size
    seen = "".join(map(str, problem.views))
    texts = [
        "".join(cells(problem.givens)) + "".join(views(seen))
        for cells, views in zip(movers(n), _view_movers(n), strict=True)
    ]
    return text_key("skyscrapers", n, min(texts))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    yield from _swapped(rng, problem, answer)
    yield from near_misses_of(rng, model(problem), [DIGITS.index(d) for d in answer], to_answer)


def _swapped(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """Two heights of a column change places (rows then repeat), or two of a row, with all views and givens true.

    A view is a fact about a line without repeats to the solver, so only this finds an answer that breaks a row
    and nothing else where every row has a view.
    """
    n = problem.size
    for rule, first, stride in (("row", 1, n), ("col", n, 1)):
        pairs = [(line, i, j) for line in range(n) for i in range(n) for j in range(i)]
        for line, i, j in rng.shuffled(pairs):
            a, b = line * first + i * stride, line * first + j * stride
            if problem.givens[a] != "." or problem.givens[b] != ".":
                continue
            trial = list(answer)
            trial[a], trial[b] = trial[b], trial[a]
            if all(
                not seen or visible([ord(trial[c]) for c in cells]) == seen
                for cells, seen in zip(sight_lines(n), problem.views, strict=True)
            ):
                yield NearMiss(tuple(trial), rule)
                break


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """A clue for another ("many"), or a view or a given changed ("none"), when it can be certified."""
    found = _loosened(rng, problem) if rng.chance(0.5) else None
    return found or _twisted(rng, problem)


def _clues(problem: Problem) -> list[tuple[str, int]]:
    views = [("view", k) for k, seen in enumerate(problem.views) if seen]
    return views + [("given", i) for i, g in enumerate(problem.givens) if g != "."]


def _loosened(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    n = problem.size
    for kind, k in rng.shuffled(_clues(problem))[:10]:
        if kind == "view":
            other = Problem(n, problem.givens, (*problem.views[:k], 0, *problem.views[k + 1 :]))
        else:
            other = Problem(n, with_symbol(problem.givens, k, "."), problem.views)
        twin = with_two_answers(other, model(other), to_answer)
        evened = None if twin is None else _evened(rng, other, twin.witnesses, kind == "view")
        if twin is not None and evened is not None:
            return replace(twin, problem=evened)
    return None


def _evened(rng: Rng, problem: Problem, answers: tuple[Answer, ...], by_view: bool) -> Problem | None:
    """The problem and one more clue that both answers keep, so that no clue is missed; None where there is none."""
    one, two = ([visible([int(answer[c]) for c in line]) for line in sight_lines(problem.size)] for answer in answers)
    alike = [k for k, seen in enumerate(problem.views) if not seen and one[k] == two[k]]
    if by_view and alike:
        k = rng.pick(alike)
        return replace(problem, views=(*problem.views[:k], one[k], *problem.views[k + 1 :]))
    givens = another_given(rng, problem.givens, answers)
    return None if givens is None else replace(problem, givens=givens)


def _twisted(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    n = problem.size
    for kind, k in rng.shuffled(_clues(problem))[:16]:
        if kind == "view":
            seen = rng.pick([v for v in range(1, n) if v != problem.views[k]])
            other = Problem(n, problem.givens, (*problem.views[:k], seen, *problem.views[k + 1 :]))
        else:
            digit = rng.pick([d for d in DIGITS[:n] if d != problem.givens[k]])
            other = Problem(n, with_symbol(problem.givens, k, digit), problem.views)
        twin = refuted(other, model(other), n)
        if twin is not None:
            return twin
    return None


ORDERS = (
    "from above, left to right",
    "from below, left to right",
    "from the left, top to bottom",
    "from the right, top to bottom",
)
SIDES = ("from above into column", "from below into column", "from the left into row", "from the right into row")


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    n = problem.size

    def describe(ref: str) -> str:
        what, _, number = ref.partition(" ")
        if what == "view":
            k = int(number) - 1
            return f"the view of {problem.views[k]} {SIDES[k // n]} {k % n + 1}"
        return ref.replace("col ", "column ")

    return prose.tell(steps, describe)


def framed(problem: Problem) -> str:
    """The grid with the views around it."""
    n = problem.size
    seen = [str(v) if v else " " for v in problem.views]
    above, below, left, right = (seen[k * n : k * n + n] for k in range(4))
    rule = "  +" + "-" * (2 * n + 1) + "+"
    rows = [
        f"{left[r]} | {' '.join(problem.givens[r * n : r * n + n].replace('.', '_'))} | {right[r]}".rstrip()
        for r in range(n)
    ]
    return "\n".join([f"    {' '.join(above)}".rstrip(), rule, *rows, rule, f"    {' '.join(below)}".rstrip()])


def listed(problem: Problem) -> str:
    """The grid, then one list of views for each side."""
    n = problem.size
    seen = [str(v) if v else "-" for v in problem.views]
    lines = [f"{side}: {' '.join(seen[k * n : k * n + n])}" for k, side in enumerate(ORDERS)]
    return spaced(list(problem.givens), n) + "\n\nViews (- where none is given):\n" + "\n".join(lines)


def told(problem: Problem) -> str:
    """Rows and views in words."""
    n = problem.size
    rows = [
        f"Row {r + 1}: " + ", ".join("empty" if g == "." else g for g in problem.givens[r * n : r * n + n])
        for r in range(n)
    ]
    views = [f"- looking {SIDES[k // n]} {k % n + 1}: {v}" for k, v in enumerate(problem.views) if v]
    return "\n".join(rows) + "\nBuildings seen:\n" + ("\n".join(views) or "- nothing is said")


def facts(problem: Problem) -> Mapping[str, str]:
    n = problem.size
    return {"n": str(n), "heights": f"1 to {n}", "squares": str(n * n)}


WORDINGS = (
    "This is a skyscraper puzzle of side {n}. Put a height from {heights} into every open cell so that each row and "
    "each column holds every height exactly once. A number at the edge says how many buildings are seen from there "
    "along its row or column; a building hides every lower one behind it. Heights already given stay.\n\n{board}"
    "\n\n{answer}",
    "A city block has {squares} lots in {n} rows and {n} columns, one tower on each, with {heights} floors. No two "
    "towers in a row are equally tall, nor two in a column. Observers at the edge count the towers they can see, and "
    "a tower blocks the sight of all shorter towers behind it:\n\n{board}\n\nTowers already shown are certain. Find "
    "all heights so that every count is right.\n\n{answer}",
    "Complete the {n} by {n} grid.\n\n{board}\n\nEvery row and every column must contain each of the heights {heights} "
    "once. Seen from the side of an edge number, a cell counts when it is higher than all cells before it, and the "
    "count must equal that number. Do not change heights that are given.\n\n{answer}",
    "Task: skyscrapers.\nRules: (1) use the heights {heights}; (2) no height twice in any row; (3) no height twice in "
    "any column; (4) each edge number equals the number of buildings visible from it, where taller buildings hide "
    "lower ones behind them; (5) keep the given heights.\nPuzzle:\n{board}\n\n{answer}",
)


def capacity(params: Params) -> float:
    """log10 of a lower bound: the Latin squares up to symmetry, times a few choices of clues."""
    squares = {4: 576, 5: 161280, 6: 812851200, 7: 61479419904000}[params.size]
    return log10(squares / 8) + 1


MAKER = Maker(
    make=make,
    solve=solve,
    face=Face(WORDINGS, {"framed": framed, "listed": listed, "told": told}, facts),
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=capacity,
    unanswerable=unanswerable,
)
