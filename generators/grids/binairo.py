"""Makes binairos: a random full grid, then givens dropped while deduction up to the wanted tier still solves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial

from verimill.generators.engines import prose
from verimill.generators.engines.canonical import text_key
from verimill.generators.engines.constraints import Constraint, table, total, unlike
from verimill.generators.engines.deduction import Workspace, solutions_of, solvable, thin, workspace
from verimill.generators.engines.grids import LAYOUTS
from verimill.generators.engines.puzzles import GLANCE, Model, fits, near_misses_of, solve_model
from verimill.generators.engines.twins import another_given, refuted, with_two_answers
from verimill.schemas.cells import cell_names, symmetries
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.grids.binairo import Answer, Params, Problem
from verimill.schemas.rng import Rng

TRIES = 60
FILLS = 40  # tries to fill one grid row by row
DROPS = 6  # givens that are tried again with suppositions
_FLIP = {"0": "1", "1": "0", ".": "."}


@lru_cache(maxsize=4)
def balanced_lines(n: int) -> tuple[tuple[int, ...], ...]:
    """Every line of n cells with as many zeros as ones and no three alike in a row, in order."""
    lines: list[tuple[int, ...]] = [()]
    for _ in range(n):
        lines = [(*line, v) for line in lines for v in (0, 1) if line[-2:] != (v, v)]
    return tuple(line for line in lines if 2 * sum(line) == n)


@lru_cache(maxsize=8)
def constraints_of(n: int, whole_lines: bool) -> tuple[Constraint, ...]:
    """The rules of a side; `whole_lines` adds what they say together about one line."""
    names = cell_names(n, n)
    groups = {
        "row": [tuple(range(r * n, r * n + n)) for r in range(n)],
        "col": [tuple(range(c, n * n, n)) for c in range(n)],
    }
    found: list[Constraint] = []
    counts: dict[tuple[int, ...], int] = {}
    for word, lines in groups.items():
        for k, cells in enumerate(lines, 1):
            counts[cells] = len(found)
            found.append(total(f"count {word}-{k}", cells, n // 2, n // 2, unit=True))
    for lines in groups.values():
        for cells in lines:
            for i in range(n - 2):
                three = cells[i : i + 3]
                found.append(total(f"triple {names[three[0]]}-{names[three[2]]}", three, 1, 2, unit=True))
    if whole_lines:
        for word, lines in groups.items():
            found.extend(table(f"line {word}-{k}", c, balanced_lines(n)) for k, c in enumerate(lines, 1))
    for word, lines in groups.items():
        for i, a in enumerate(lines):
            for j in range(i + 1, n):
                found.append(unlike(f"{word}s {i + 1}-{j + 1}", a, lines[j], (counts[a], counts[lines[j]])))
    return tuple(found)


@lru_cache(maxsize=4)
def work_of(n: int) -> Workspace:
    return workspace(2, constraints_of(n, True), (3,) * (n * n))


def model(problem: Problem, whole_lines: bool = True) -> Model:
    n = problem.size
    return Model(
        f"binairo {n}",
        cell_names(n, n),
        ("0", "1"),
        (3,) * (n * n),
        tuple({".": 3, "0": 1, "1": 2}[g] for g in problem.givens),
        constraints_of(n, whole_lines),
    )


def to_answer(values: tuple[int, ...]) -> Answer:
    return "".join(map(str, values))


@lru_cache(maxsize=4)
def _line_masks(n: int) -> tuple[int, ...]:
    """The balanced lines as sets of the places that hold a one."""
    return tuple(sum(v << c for c, v in enumerate(line)) for line in balanced_lines(n))


def _filled(rng: Rng, n: int) -> list[int] | None:
    """A grid that obeys every rule, row after row of random lines; None when this draw runs into a dead end."""
    lines, masks = balanced_lines(n), _line_masks(n)
    every = (1 << n) - 1
    rows: list[int] = []
    ones = [0] * n
    before = last = 0
    for r in range(n):
        full = sum(1 << c for c in range(n) if ones[c] == n // 2)  # columns that take no more ones, no more zeros
        short = sum(1 << c for c in range(n) if r - ones[c] == n // 2)
        alike = every & ~(before ^ last) if r > 1 else 0
        for _ in range(n * n):
            at = rng.below(len(lines))
            row = masks[at]
            if at in rows or row & full or short & ~row or alike & ~(last ^ row):
                continue
            rows.append(at)
            ones = [o + v for o, v in zip(ones, lines[at], strict=True)]
            before, last = last, row
            break
        else:
            return None
    grid = [lines[at] for at in rows]
    if len(set(zip(*grid, strict=True))) < n:
        return None
    return [v for row in grid for v in row]


def make(rng: Rng, params: Params) -> Problem:
    """A binairo with one solution that rules up to `params.tier` find, needing at least tier `params.least`."""
    n = params.size
    work = work_of(n)
    for _ in range(TRIES):
        found = next((grid for grid in (_filled(rng, n) for _ in range(FILLS)) if grid is not None), None)
        if found is None:
            continue
        keep = thin(
            work, (3,) * (n * n), found, [(0, i) for i in range(n * n)], rng.shuffled(range(n * n)),
            min(params.tier, 4), params.floor,
        )  # fmt: skip
        if keep is None:
            continue
        if params.tier == 5:
            keep = _drop_more(rng, work, found, keep)
        domains = [1 << v if k else 3 for v, k in zip(found, keep, strict=True)]
        if params.least and not fits(work, domains, (params.least, params.tier)):
            continue
        return Problem(n, "".join(str(v) if k else "." for v, k in zip(found, keep, strict=True)))
    raise Exhausted(f"no binairo in {TRIES} tries with {params}")


def _drop_more(rng: Rng, work: Workspace, solution: list[int], keep: list[bool]) -> list[bool]:
    """Givens dropped by suppositions, which are too costly for all of them: a few are tried, more until one goes."""
    keep = list(keep)
    many = sum(keep)
    for tried, cell in enumerate([i for i in rng.shuffled(range(len(keep))) if keep[i]]):
        if tried >= DROPS and sum(keep) < many:
            break
        keep[cell] = False
        domains = [1 << v if k else 3 for v, k in zip(solution, keep, strict=True)]
        domains[cell] ^= 1 << solution[cell]  # the one other value: soon refuted, or soon in another solution
        other = solutions_of(work, domains, 1, GLANCE)[0]
        domains[cell] = 3
        if other == 1 or not solvable(work, domains, 5):
            keep[cell] = True
    return keep


def solve(problem: Problem) -> Solved[Answer]:
    return solve_model(model(problem), to_answer, work_of(problem.size))


def _moved(problem: Problem, move: tuple[int, ...], flip: bool) -> str:
    givens = "".join(problem.givens[i] for i in move)
    return givens.translate({48: "1", 49: "0"}) if flip else givens


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The square turned or mirrored; zeros and ones exchanged; both."""
    n = problem.size
    moves = symmetries(n, n)
    yield Problem(n, _moved(problem, rng.pick(moves[1:]), False))
    yield Problem(n, _moved(problem, moves[0], True))
    yield Problem(n, _moved(problem, rng.pick(moves[1:]), True))


def canonical(problem: Problem) -> str:
    moves = symmetries(problem.size, problem.size)
    return text_key("binairo", min(_moved(problem, move, flip) for move in moves for flip in (False, True)))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    yield from near_misses_of(rng, model(problem, False), [int(d) for d in answer], to_answer)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """A given for another ("many") or a given changed ("none"), whichever the draw says, when it can be certified."""
    givens = [i for i, g in enumerate(problem.givens) if g != "."]
    if rng.chance(0.5):
        for cell in rng.shuffled(givens):
            less = _with(problem, cell, ".")
            twin = with_two_answers(less, model(less), to_answer)
            evened = None if twin is None else another_given(rng, less.givens, twin.witnesses)
            if twin is not None and evened is not None:
                return replace(twin, problem=replace(less, givens=evened))
    for cell in rng.shuffled(givens):
        other = _with(problem, cell, _FLIP[problem.givens[cell]])
        if _three_alike(other):
            continue
        twin = refuted(other, model(other), problem.size)
        if twin is not None:
            return twin
    return None


def _three_alike(problem: Problem) -> bool:
    """Three givens break a rule on their own: too plain a contradiction."""
    n, givens = problem.size, problem.givens
    lines = [givens[r * n : r * n + n] for r in range(n)] + [givens[c::n] for c in range(n)]
    return any("000" in line or "111" in line for line in lines)


def _with(problem: Problem, cell: int, symbol: str) -> Problem:
    return Problem(problem.size, problem.givens[:cell] + symbol + problem.givens[cell + 1 :])


def describe(ref: str) -> str:
    """How a clue is called in a sentence."""
    kind, what = ref.rsplit(" ", 1)
    first, second = what.split("-")
    if kind == "triple":
        return f"the three cells {first} to {second}"
    if kind == "count":
        return f"the balance of {'column' if first == 'col' else 'row'} {second}"
    if kind == "line":
        return f"{'column' if first == 'col' else 'row'} {second} (balanced, no three alike)"
    return f"{'columns' if kind == 'cols' else 'rows'} {first} and {second}"


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    return prose.tell(steps, describe)


def _shown(layout: str, problem: Problem) -> str:
    cells = [g if g != "." else "_" for g in problem.givens] if layout == "framed" else list(problem.givens)
    return LAYOUTS[layout](cells, problem.size)


def facts(problem: Problem) -> Mapping[str, str]:
    return {"n": str(problem.size), "half": str(problem.size // 2), "squares": str(problem.size**2)}


WORDINGS = (
    "Fill every open cell of this {n} by {n} grid with 0 or 1. No three neighbouring cells in a row or column may be "
    "the same. Every row and every column holds exactly {half} zeros and {half} ones. No two rows are the same, and "
    "no two columns are the same. Digits already shown stay.\n\n{board}\n\n{answer}",
    "Here is a binairo (also called takuzu) of side {n}; open cells are dots or underscores.\n\n{board}\n\nComplete "
    "it with zeros and ones. Never put the same digit three times next to each other, across or down; give each row "
    "and each column {half} of either digit; make all rows different from one another and all columns different "
    "from one another; do not change a printed digit.\n\n{answer}",
    "A panel has {squares} switches in {n} rows of {n}; 1 means on and 0 means off. Some are fixed already:\n\n"
    "{board}\n\nSet the others so that (a) in every row and column exactly {half} switches are on, (b) no three "
    "neighbouring switches of a row or of a column are all on or all off, (c) no two rows have the same pattern, and "
    "(d) no two columns have the same pattern. The fixed ones cannot be moved.\n\n{answer}",
    "Task: binary puzzle.\nRules: (1) each cell is 0 or 1; (2) {half} zeros and {half} ones in each row and in each "
    "column; (3) at most two equal digits in succession, horizontally and vertically; (4) rows are pairwise "
    "different; (5) columns are pairwise different; (6) given digits stay.\nGrid:\n{board}\n\n{answer}",
)

MAKER = Maker(
    make=make,
    solve=solve,
    face=Face(WORDINGS, {name: partial(_shown, name) for name in LAYOUTS}, facts),
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    # Full grids over the 16 symmetries: 4,140 of side 6, 4,111,116 of side 8, surely above 1.6 thousand million
    # of side 10. Each grid gives many problems, so these bounds are low.
    capacity=lambda p: {6: 2.4, 8: 5.4, 10: 8.0}[p.size],
    unanswerable=unanswerable,
)
