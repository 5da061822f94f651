"""Makes killer sudokus: a random sudoku grid cut into cages, then givens dropped while deduction still solves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial

from verimill.generators.engines import prose
from verimill.generators.engines.cages import LAYOUTS, cells_moved, cut, moved, sums
from verimill.generators.engines.canonical import text_key
from verimill.generators.engines.constraints import Constraint, different, table
from verimill.generators.engines.deduction import Workspace, deduce, solutions_of, thin, workspace
from verimill.generators.engines.grids import spaced
from verimill.generators.engines.latin import (
    complement_table,
    full_masks,
    given_masks,
    latin,
    to_answer,
    with_symbol,
)
from verimill.generators.engines.puzzles import Model, at_tier, near_misses_of, solve_model
from verimill.generators.engines.twins import another_given, refuted, with_two_answers
from verimill.schemas.cages import cells_of, renumbered
from verimill.schemas.cells import cell_names, symmetries
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.grids.killer_sudoku import BOX, DIGITS, Answer, Params, Problem, boxes, reach
from verimill.schemas.rng import Rng

TRIES = 60


@lru_cache(maxsize=4)
def square(n: int) -> tuple[Constraint, ...]:
    """Rows, columns and boxes."""
    cells: list[list[int]] = [[] for _ in range(n)]
    for cell, k in enumerate(boxes(n)):
        cells[k].append(cell)
    return (*latin(n), *(different(f"box {k + 1}", cells[k], True) for k in range(n)))


@lru_cache(maxsize=4)
def _plain(n: int) -> Workspace:
    """A workspace of the bare sudoku, to draw full grids with."""
    return workspace(n, square(n), full_masks(n))


@lru_cache(maxsize=4)
def box_moves(n: int) -> tuple[tuple[int, ...], ...]:
    """The symmetries of the grid that take boxes to boxes."""
    cut_of = boxes(n)
    return tuple(m for m in symmetries(n, n) if len({(cut_of[i], cut_of[m[i]]) for i in range(n * n)}) == n)


def model(problem: Problem) -> Model:
    n = problem.size
    cages = [
        table(f"cage {k}", cells, sums(n, len(cells), target))
        for k, (cells, target) in enumerate(zip(cells_of(problem.cages), problem.sums, strict=True), 1)
    ]
    return Model(
        f"killer {n}",
        cell_names(n, n),
        tuple(DIGITS[:n]),
        full_masks(n),
        given_masks(problem.givens, n),
        (*square(n), *cages),
    )


def make(rng: Rng, params: Params) -> Problem:
    """A killer sudoku with one solution that rules up to `params.tier` find; none of the rules above is needed."""
    n = params.size
    full = full_masks(n)
    for _ in range(TRIES):
        first = list(full)
        for c, v in enumerate(rng.shuffled(range(n))):
            first[c] = 1 << v
        count, _, found = solutions_of(_plain(n), first, 1, 3000, rng.shuffled(range(n)))
        if count < 1:
            continue
        grid = found[0]
        cages = cut(rng, n, params.largest, grid)
        problem = Problem(n, "." * (n * n), cages, tuple(sum(grid[c] + 1 for c in cells) for cells in cells_of(cages)))
        work = workspace(n, model(problem).constraints, full)
        order = rng.shuffled(range(n * n))
        keep = thin(work, full, grid, [(0, i) for i in range(n * n)], order, params.tier, params.floor)
        if keep is None:
            continue
        domains = [1 << v if k else m for v, k, m in zip(grid, keep, full, strict=True)]
        if params.least and not at_tier(deduce(work, domains, params.tier), params.least, params.tier):
            continue
        givens = "".join(DIGITS[v] if k else "." for v, k in zip(grid, keep, strict=True))
        return Problem(n, givens, cages, problem.sums)
    raise Exhausted(f"no killer sudoku in {TRIES} tries with {params}")


def solve(problem: Problem) -> Solved[Answer]:
    return solve_model(model(problem), to_answer, sat=False)


def _moved(problem: Problem, move: tuple[int, ...]) -> Problem:
    cages, old = moved(problem.cages, move)
    return Problem(problem.size, "".join(problem.givens[i] for i in move), cages, tuple(problem.sums[k] for k in old))


def _complement(problem: Problem) -> Problem:
    """Every digit d becomes n + 1 - d."""
    n = problem.size
    cells = cells_of(problem.cages)
    flipped = tuple((n + 1) * len(cage) - target for cage, target in zip(cells, problem.sums, strict=True))
    return Problem(n, problem.givens.translate(complement_table(n)), problem.cages, flipped)


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The square turned or mirrored; digits counted from the other end."""
    moves = box_moves(problem.size)
    yield _moved(problem, rng.pick(moves[1:]))
    yield _complement(problem)
    yield _complement(_moved(problem, rng.pick(moves)))


def canonical(problem: Problem) -> str:
    """The key of the least text over the symmetries that keep the boxes, with and without the complement."""
    other = _complement(problem)
    texts = []
    for move in box_moves(problem.size):
        cages, old = moved(problem.cages, move)
        for face in (problem, other):
            texts.append((cages, [face.sums[k] for k in old], "".join([face.givens[i] for i in move])))
    return text_key("killer", problem.size, *min(texts))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    yield from near_misses_of(rng, model(problem), [DIGITS.index(d) for d in answer], to_answer)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """A given for another or cells in other cages ("many"), or two sums changed ("none"), when certified."""
    found = _loosened(rng, problem) if rng.chance(0.5) else None
    return found or _twisted(rng, problem)


def _loosened(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    givens = [i for i, g in enumerate(problem.givens) if g != "."]
    solution: Answer = ()
    for attempt in range(12):
        if givens and attempt % 2 == 0:
            less = replace(problem, givens=with_symbol(problem.givens, rng.pick(givens), "."))
            twin = with_two_answers(less, model(less), to_answer)
            evened = None if twin is None else another_given(rng, less.givens, twin.witnesses)
            if twin is not None and evened is not None:
                return replace(twin, problem=replace(less, givens=evened))
        else:
            solution = solution or solve(problem).answer
            other = _recut(rng, problem, solution)
            twin = with_two_answers(other, model(other), to_answer) if other is not None else None
            if twin is not None:
                return twin
    return None


def _recut(rng: Rng, problem: Problem, solution: Answer) -> Problem | None:
    """A few cells in neighbouring cages, with the sums of the solution, which stays one; None for a bad draw."""
    cages, _ = renumbered(cells_moved(rng, problem.size, problem.cages))
    digits = [[int(solution[c]) for c in cells] for cells in cells_of(cages)]
    if any(len(set(held)) < len(held) for held in digits):
        return None
    return replace(problem, cages=cages, sums=tuple(map(sum, digits)))


def _twisted(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    n = problem.size
    cells = cells_of(problem.cages)
    for _ in range(12):
        up, down = rng.sample(range(len(cells)), 2)
        by = rng.between(1, 2)
        changed = list(problem.sums)
        changed[up] += by
        changed[down] -= by
        if changed[up] > reach(n, len(cells[up]))[1] or changed[down] < reach(n, len(cells[down]))[0]:
            continue
        other = Problem(n, problem.givens, problem.cages, tuple(changed))
        twin = refuted(other, model(other), n)
        if twin is not None:
            return twin
    return None


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    names = cell_names(problem.size, problem.size)
    cells = cells_of(problem.cages)

    def describe(ref: str) -> str:
        what, _, number = ref.partition(" ")
        if what == "cage":
            k = int(number) - 1
            return f"the cage of sum {problem.sums[k]} at {' '.join(names[c] for c in cells[k])}"
        return ref.replace("col ", "column ")

    return prose.tell(steps, describe)


def shown(layout: str, problem: Problem) -> str:
    """The cages in one of the layouts, with the digits that are given."""
    n = problem.size
    text = LAYOUTS[layout](n, problem.cages, lambda k: str(problem.sums[k]))
    if problem.givens.strip("."):
        text += "\n\nGiven digits (a dot is an open cell):\n" + spaced(list(problem.givens), n)
    else:
        text += "\n\nNo digits are given."
    return text


def facts(problem: Problem) -> Mapping[str, str]:
    n = problem.size
    height, width = BOX[n]
    return {
        "n": str(n),
        "digits": f"1 to {n}",
        "squares": str(n * n),
        "cages": str(len(problem.sums)),
        "box": f"{height} rows by {width} columns",
    }


WORDINGS = (
    "This is a killer sudoku of side {n}. Fill the {n} by {n} grid with the digits {digits} so that every row, every "
    "column and every box ({box}) holds each digit exactly once. The grid is also cut into cages: the digits in a cage "
    "are all different and sum to the number of that cage. Given digits stay.\n\n{board}\n\n{answer}",
    "Below, a grid of {squares} cells is divided into {cages} cages, each with the sum of its digits.\n\n{board}\n\n"
    "Write a digit from {digits} into every cell. No digit may repeat in a row, in a column, in one of the boxes of "
    "{box}, or within a cage, each cage must reach its sum, and digits that are given may not be changed.\n\n{answer}",
    "On a {n} by {n} board someone has rubbed out most of a finished sudoku (boxes of {box}, digits {digits}) and left "
    "only the sums of groups of cells:\n\n{board}\n\nBring the board back: each row, each column and each box shows "
    "all digits once, each group has the sum stated and no digit twice, and digits still visible are right."
    "\n\n{answer}",
    "Task: killer sudoku.\nRules: (1) use the digits {digits}; (2) no digit twice in any row; (3) no digit twice in "
    "any column; (4) no digit twice in any box of {box}; (5) the digits of a cage differ and have its sum; (6) keep "
    "the given digits.\nPuzzle:\n{board}\n\n{answer}",
)


def capacity(params: Params) -> float:
    """log10 of a lower bound: a share of the grids up to symmetry, times a hundred ways to cut one into cages."""
    return {4: 1.2, 6: 6.2, 9: 20.0}[params.size] + 2


MAKER = Maker(
    make=make,
    solve=solve,
    face=Face(WORDINGS, {name: partial(shown, name) for name in LAYOUTS}, facts),
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=capacity,
    unanswerable=unanswerable,
)
