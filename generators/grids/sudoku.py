"""Makes sudokus: a random full grid, then givens dropped while deduction up to the wanted tier still solves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from verimill.generators.engines import prose
from verimill.generators.engines.canonical import Array, edge_array, structure_key
from verimill.generators.engines.constraints import Constraint, different
from verimill.generators.engines.deduction import Workspace, deduce, thin, workspace
from verimill.generators.engines.digging import Digger
from verimill.generators.engines.grids import LAYOUTS, regions
from verimill.generators.engines.puzzles import Model, at_tier, grade, near_misses_of, solve_model
from verimill.generators.engines.twins import another_given, refuted, with_two_answers
from verimill.schemas.cells import cell_names, symmetries
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.grids.sudoku import BOX, DIGITS, Answer, Params, Problem, Variant, boxes
from verimill.schemas.rng import Rng

TRIES = 80
DIGS = 40  # tries by digging; after them givens are thinned under the wanted rules, which hits any tier


_DIGIT = {1 << k: digit for k, digit in enumerate(DIGITS)}


@lru_cache(maxsize=64)
def constraints_of(size: int, variant: Variant, cut: tuple[int, ...]) -> tuple[Constraint, ...]:
    n = size
    rows = [different(f"row {r + 1}", range(r * n, r * n + n), True) for r in range(n)]
    cols = [different(f"col {c + 1}", range(c, n * n, n), True) for c in range(n)]
    cells: list[list[int]] = [[] for _ in range(n)]
    for cell, k in enumerate(cut):
        cells[k].append(cell)
    parts = [different(f"box {k + 1}", cells[k], True) for k in range(n)]
    slants = []
    if variant == "diagonal":
        slants = [
            different("diagonal 1", [i * (n + 1) for i in range(n)], True),
            different("diagonal 2", [(i + 1) * (n - 1) for i in range(n)], True),
        ]
    return (*rows, *cols, *parts, *slants)


@lru_cache(maxsize=64)
def work_of(size: int, variant: Variant, cut: tuple[int, ...]) -> Workspace:
    return workspace(size, constraints_of(size, variant, cut), ((1 << size) - 1,) * (size * size))


def model(problem: Problem) -> Model:
    n = problem.size
    full = (1 << n) - 1
    masks = {digit: 1 << k for k, digit in enumerate(DIGITS[:n])} | {".": full}
    return Model(
        f"sudoku {n}",
        cell_names(n, n),
        tuple(DIGITS[:n]),
        (full,) * (n * n),
        tuple([masks[g] for g in problem.givens]),
        constraints_of(n, problem.variant, problem.regions),
    )


def to_answer(values: tuple[int, ...]) -> Answer:
    return tuple(DIGITS[v] for v in values)


@lru_cache(maxsize=64)
def digger_of(size: int, variant: Variant, cut: tuple[int, ...]) -> Digger:
    return Digger([con.scope for con in constraints_of(size, variant, cut)], size * size)


def make(rng: Rng, params: Params) -> Problem:
    """A sudoku with one solution that rules up to `params.tier` find, and no rules below `params.least`."""
    n = params.size
    full = (1 << n) - 1
    for attempt in range(TRIES):
        cut = boxes(n)
        if params.variant == "jigsaw":
            drawn = regions(rng, n, n, n)
            if drawn is None:
                continue
            cut = drawn
        digger = digger_of(n, params.variant, cut)
        masks = _full_grid(rng, n, digger)
        if masks is None:
            continue
        order = rng.shuffled(range(n * n))
        work = work_of(n, params.variant, cut)
        if attempt < DIGS and (
            params.floor >= n * n // 4 or params.tier == 5
        ):  # dug by uniqueness alone, which is quick; then graded
            keep = digger.dig(masks, order, params.floor)
        else:
            solution = [mask.bit_length() - 1 for mask in masks.tolist()]
            dropped = thin(
                work, (full,) * (n * n), solution, [(0, i) for i in range(n * n)], order, min(params.tier, 4),
                params.floor,
            )  # fmt: skip
            if dropped is None:
                continue
            keep = dropped
            if params.tier == 5:  # suppositions are costly, so the last givens are dropped by them alone
                keep = _drop_more(work, solution, keep, [i for i in rng.shuffled(range(n * n)) if keep[i]])
        givens = "".join([_DIGIT[mask] if k else "." for mask, k in zip(masks.tolist(), keep, strict=True)])
        problem = Problem(n, params.variant, givens, cut)
        if at_tier(grade(problem, model(problem), params.tier, work), params.least, params.tier):
            return problem
    raise Exhausted(f"no sudoku in {TRIES} tries with {params}")


def _full_grid(rng: Rng, n: int, digger: Digger) -> Array | None:
    """A full grid as masks: a random first row, then random digit order; None when the search is long."""
    first = [(1 << n) - 1] * (n * n)
    for cell, k in enumerate(rng.shuffled(range(n))):
        first[cell] = 1 << k
    start = rng.below(n * n - n) + n  # one more random cell, or grids of one first row would be too alike
    first[start] &= ~(1 << rng.below(n))
    return digger.fill(first, rng.shuffled(range(n)))


def _drop_more(work: Workspace, solution: list[int], keep: list[bool], order: list[int]) -> list[bool]:
    n = work.reason.shape[1]
    full = (1 << n) - 1
    keep = list(keep)
    for cell in order[:6]:
        keep[cell] = False
        domains = [1 << v if k else full for v, k in zip(solution, keep, strict=True)]
        if deduce(work, domains, 5).outcome != "solved":
            keep[cell] = True
    return keep


def solve(problem: Problem) -> Solved[Answer]:
    work = work_of(problem.size, problem.variant, problem.regions)
    return solve_model(model(problem), to_answer, work, problem=problem)


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """Digits renamed; the square turned or mirrored; in a classic sudoku also rows and bands changed about."""
    n = problem.size
    names = dict(zip(DIGITS[:n], rng.shuffled(DIGITS[:n]), strict=True)) | {".": "."}
    yield Problem(n, problem.variant, "".join(names[g] for g in problem.givens), problem.regions)
    moves = [p for p in symmetries(n, n)[1:] if problem.variant == "jigsaw" or _keeps_boxes(n, p)]
    yield _moved(problem, rng.pick(moves))
    if problem.variant == "classic":
        yield _moved(problem, _shuffled_lines(rng, n))


def _keeps_boxes(n: int, move: tuple[int, ...]) -> bool:
    cut = boxes(n)
    return len({(cut[i], cut[move[i]]) for i in range(n * n)}) == n


def _shuffled_lines(rng: Rng, n: int) -> tuple[int, ...]:
    height, width = BOX[n]

    def lines(size: int) -> list[int]:
        return [b * size + k for b in rng.shuffled(range(n // size)) for k in rng.shuffled(range(size))]

    rows, cols = lines(height), lines(width)
    return tuple(rows[r] * n + cols[c] for r in range(n) for c in range(n))


def _moved(problem: Problem, move: tuple[int, ...]) -> Problem:
    n = problem.size
    cut = problem.regions
    if problem.variant == "jigsaw":
        moved = [cut[i] for i in move]
        order = {k: i for i, k in enumerate(dict.fromkeys(moved))}
        cut = tuple(order[k] for k in moved)
    return Problem(n, problem.variant, "".join(problem.givens[i] for i in move), cut)


@lru_cache(maxsize=64)
def _structure(size: int, variant: Variant, cut: tuple[int, ...]) -> tuple[Array, Array]:
    """Vertices: cells, digits, groups. Rows and columns share a colour, since a sudoku may be turned."""
    n = size
    colours = [1] * (n * n) + [2] * n
    edges: list[tuple[int, int, int]] = []
    for con in constraints_of(size, variant, cut):
        colours.append({"r": 3, "c": 3, "b": 4, "d": 5}[con.ref[0]])
        edges.extend((cell, len(colours) - 1, 1) for cell in con.scope)
    return np.array(colours, np.uint64), edge_array(edges)


def canonical(problem: Problem) -> str:
    n = problem.size
    colours, edges = _structure(n, problem.variant, problem.regions)
    codes = np.frombuffer(problem.givens.encode(), np.uint8)
    cells = np.flatnonzero(codes != ord("."))
    given = np.full((len(cells), 3), 2, np.int64)
    given[:, 0] = cells
    given[:, 1] = codes[cells].astype(np.int64) + (n * n - ord("1"))
    return structure_key(colours, edges, given)


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    yield from near_misses_of(rng, model(problem), [DIGITS.index(d) for d in answer], to_answer)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """A given for another ("many") or a given changed ("none"), whichever the draw says, when it can be certified."""
    givens = [i for i, g in enumerate(problem.givens) if g != "."]
    if rng.chance(0.5):
        for cell in rng.shuffled(givens):
            less = Problem(problem.size, problem.variant, _with(problem.givens, cell, "."), problem.regions)
            twin = with_two_answers(less, model(less), to_answer)
            evened = None if twin is None else another_given(rng, less.givens, twin.witnesses)
            if twin is not None and evened is not None:
                return replace(twin, problem=replace(less, givens=evened))
    for cell in rng.shuffled(givens):
        for digit in rng.shuffled(DIGITS[: problem.size]):
            if digit == problem.givens[cell]:
                continue
            other = Problem(problem.size, problem.variant, _with(problem.givens, cell, digit), problem.regions)
            twin = refuted(other, model(other), problem.size)
            if twin is not None:
                return twin
    return None


def _with(givens: str, cell: int, symbol: str) -> str:
    return givens[:cell] + symbol + givens[cell + 1 :]


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    return prose.tell(steps, lambda ref: ref.replace("col ", "column ").replace("box ", _box_word(problem)))


def _box_word(problem: Problem) -> str:
    return "region " if problem.variant == "jigsaw" else "box "


def _shown(layout: str, problem: Problem) -> str:
    cells = [g if g != "." else "_" for g in problem.givens] if layout == "framed" else list(problem.givens)
    text = LAYOUTS[layout](cells, problem.size)
    if problem.variant == "jigsaw":
        letters = ["ABCDEFGHI"[k] for k in problem.regions]
        text += "\n\nRegions (each letter is one region):\n" + LAYOUTS["plain"](letters, problem.size)
    return text


def facts(problem: Problem) -> Mapping[str, str]:
    n = problem.size
    height, width = BOX[n]
    parts = {
        "classic": f"{n} boxes of {height} rows by {width} columns",
        "diagonal": f"{n} boxes of {height} rows by {width} columns",
        "jigsaw": f"{n} regions marked by letters",
    }[problem.variant]
    every, no = (
        ("", "")
        if problem.variant != "diagonal"
        else (", and each of the two long diagonals", " or on either of the two long diagonals")
    )
    return {
        "n": str(n),
        "digits": f"1 to {n}",
        "parts": f"each of the {parts}{every}",
        "inside": f"in any of the {parts}{no}",
        "squares": str(n * n),
    }


WORDINGS = (
    "Fill the {n} by {n} grid with the digits {digits}. Every row, every column and {parts} must contain each digit "
    "exactly once. The digits already shown stay where they are.\n\n{board}\n\n{answer}",
    "Here is a sudoku of side {n}. Open cells are dots or underscores; cells that already hold a digit may not be "
    "changed.\n\n{board}\n\nComplete it so that no digit from {digits} repeats in a row, in a column or {inside}."
    "\n\n{answer}",
    "A puzzle magazine prints this grid:\n\n{board}\n\nA reader has to write a digit from {digits} into each of the "
    "empty squares without touching the printed ones. When all {squares} squares are filled, each row, each column "
    "and {parts} must show every digit once and only once.\n\n{answer}",
    "Task: sudoku.\nRules: (1) use the digits {digits}; (2) no digit twice in any row; (3) no digit twice in any "
    "column; (4) no digit twice {inside}; (5) keep the given digits.\nGrid:\n{board}\n\n{answer}",
)

MAKER = Maker(
    make=make,
    solve=solve,
    face=Face(WORDINGS, {name: partial(_shown, name) for name in LAYOUTS}, facts),
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    capacity=lambda p: {4: 2.0, 6: 6.0, 9: 15.0}[p.size],
    unanswerable=unanswerable,
)
