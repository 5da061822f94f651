"""Makes minesweeper boards: random mines, some safe cells opened, kept when deduction finds every certain cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from math import log2

from verimill.generators.engines import prose
from verimill.generators.engines.canonical import text_key
from verimill.generators.engines.certificates import ENGINE, oracle_for
from verimill.generators.engines.constraints import total
from verimill.generators.engines.deduction import Workspace, deduce, hardness_of, nodes_of, steps_of, workspace
from verimill.generators.engines.grids import LAYOUTS
from verimill.generators.engines.open_boards import shown_layouts, uncovered
from verimill.generators.engines.puzzles import SEARCH_LIMIT, Model, work_on
from verimill.generators.engines.twins import refuted
from verimill.schemas.cells import cell_names, neighbours, symmetries
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.grids.minesweeper import COVERED, Answer, Params, Problem
from verimill.schemas.rng import Rng

TRIES = 400
FEWEST = 3  # certain cells of a made problem; the example of the answer's form lists two


@lru_cache(maxsize=16)
def _around(n: int) -> tuple[tuple[int, ...], ...]:
    """The up to eight cells around each cell."""
    return tuple(tuple(neighbours(n, n, cell, diagonal=True)) for cell in range(n * n))


def model(problem: Problem) -> Model:
    n = problem.size
    names, around = cell_names(n, n), _around(n)
    numbers = []
    for cell, shown in enumerate(problem.board):
        if shown != COVERED:
            covered = [d for d in around[cell] if problem.board[d] == COVERED]
            if covered:
                numbers.append(total(f"number {names[cell]}", covered, int(shown), int(shown), unit=True))
    domains = tuple(3 if shown == COVERED else 1 for shown in problem.board)
    return Model(f"minesweeper {n}", names, ("safe", "mine"), (3,) * (n * n), domains, tuple(numbers))


@lru_cache(maxsize=8)
def _board(n: int) -> Workspace:
    """One TOTAL a cell over the cells around it; which count, and what they count to, changes with the layout."""
    names = cell_names(n, n)
    numbers = [total(f"number {names[cell]}", near, 0, 0, unit=True) for cell, near in enumerate(_around(n))]
    return workspace(2, numbers, (3,) * (n * n))


def _decided(problem: Problem, values: Sequence[int]) -> dict[int, int]:
    """The covered cells that deduction placed, with their values."""
    return {c: v for c, v in enumerate(values) if v >= 0 and problem.board[c] == COVERED}


def _confirmed(seen: Model, work: Workspace, decided: Mapping[int, int]) -> bool:
    """True when the SAT oracle finds decided cells forced and layouts show both values of all other border cells."""
    values = [decided.get(cell, -1) for cell in range(len(seen.full))]
    if oracle_for(seen.shape, len(seen.full), 2).another(seen.constraints, seen.domains, values):
        return False
    shown = shown_layouts(work, [1 << v if v >= 0 else m for v, m in zip(values, seen.domains, strict=True)])
    if not all(con.args[0] == sum(layout[c] for c in con.scope) for con in seen.constraints for layout in shown):
        return False
    border = {c for con in seen.constraints for c in con.scope}
    return all({layout[c] for layout in shown} == {0, 1} for c in border if c not in decided)


def make(rng: Rng, params: Params) -> Problem:
    """A board whose certain cells are just those that rules of tier least..tier find, with at least `work` effort.

    Random mines, and random safe cells opened, with all around every 0; then more are opened, and some covered again,
    while that does not lower the effort.
    """
    n = params.size
    for _ in range(TRIES):
        mined = [rng.chance(params.mines / 100) for _ in range(n * n)]
        first = [not m and rng.chance(params.opened / 100) for m in mined]
        flips = rng.shuffled([cell for cell in range(n * n) if not mined[cell]])
        count = [sum(mined[d] for d in near) for near in _around(n)]
        opened = uncovered(_board(n), count, first, flips, (params.least, params.tier), params.work, FEWEST)
        if opened is not None:
            return Problem(n, "".join(str(k) if o else COVERED for k, o in zip(count, opened, strict=True)))
    raise Exhausted(f"no minesweeper board in {TRIES} tries with {params}")


def solve(problem: Problem) -> Solved[Answer]:
    """The certain cells; ValueError when deduction and the SAT oracle differ on them."""
    seen = model(problem)
    work = work_on(seen)
    found = deduce(work, seen.domains)
    decided = _decided(problem, found.values)
    if found.outcome == "contradiction" or not _confirmed(seen, work, decided):
        raise ValueError(f"deduction ends in {found.outcome} and does not find all that is certain")
    steps = steps_of(found, seen.constraints, seen.names, seen.values)
    brief = steps_of(found, seen.constraints, seen.names, seen.values, brief=True)
    _, nodes = nodes_of(work, seen.domains, 2, SEARCH_LIMIT)
    space = sum(log2(m.bit_count()) for m in seen.domains)
    hardness = hardness_of(found, nodes, space)
    certificate = {
        "claim": "exactly the certain cells",
        "by": [
            f"deduction rules to tier {found.tier}",
            f"{ENGINE}: no layout differs there; layouts shown for all else",
        ],
    }
    names = seen.names
    safe, mined = (tuple(names[c] for c in sorted(decided) if decided[c] == v) for v in (0, 1))
    return Solved((safe, mined), steps, brief, hardness, certificate)


def _turned(problem: Problem, move: Sequence[int]) -> Problem:
    return Problem(problem.size, "".join(problem.board[i] for i in move))


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The square turned or mirrored, in three of its ways."""
    for move in rng.sample(symmetries(problem.size, problem.size)[1:], 3):
        yield _turned(problem, move)


def canonical(problem: Problem) -> str:
    moves = symmetries(problem.size, problem.size)
    return text_key("minesweeper", min("".join(problem.board[i] for i in move) for move in moves))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    """A certain cell left out of either list; an open question put into either."""
    safe, mined = answer
    if safe:
        gone = rng.pick(safe)
        yield NearMiss((tuple(c for c in safe if c != gone), mined), "missed safe")
    if mined:
        gone = rng.pick(mined)
        yield NearMiss((safe, tuple(c for c in mined if c != gone)), "missed mine")
    names = cell_names(problem.size, problem.size)
    near = {c for con in model(problem).constraints for c in con.scope}
    doubtful = [
        cell
        for cell, shown in enumerate(problem.board)
        if shown == COVERED and names[cell] not in safe and names[cell] not in mined
    ]
    border = [cell for cell in doubtful if cell in near] or doubtful
    if border:
        cell = rng.pick(border)
        yield NearMiss((_with(names, safe, cell), mined), "safe")
        yield NearMiss((safe, _with(names, mined, cell)), "mine")


def _with(names: Sequence[str], cells: Sequence[str], cell: int) -> tuple[str, ...]:
    kept = {*cells, names[cell]}
    return tuple(name for name in names if name in kept)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """One number changed by one so that no layout fits, as the rules can show."""
    n = problem.size
    opened = [c for c, shown in enumerate(problem.board) if shown != COVERED]
    for cell in rng.shuffled(opened):
        covered = sum(problem.board[d] == COVERED for d in _around(n)[cell])
        shown = int(problem.board[cell]) + rng.pick((-1, 1))
        if not 0 < shown < covered:
            continue
        other = Problem(n, problem.board[:cell] + str(shown) + problem.board[cell + 1 :])
        twin = refuted(other, model(other), 1)
        if twin is not None:
            return twin
    return None


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    names = {name: i for i, name in enumerate(cell_names(problem.size, problem.size))}

    def describe(ref: str) -> str:
        name = ref.split(" ")[1]
        return f"the {problem.board[names[name]]} at {name}"

    return prose.tell(steps, describe)


def _shown(layout: str, problem: Problem) -> str:
    return LAYOUTS[layout](list(problem.board), problem.size)


def _listed(problem: Problem) -> str:
    """The numbers one by one, then the covered cells."""
    names = cell_names(problem.size, problem.size)
    numbers = [f"{name}={shown}" for name, shown in zip(names, problem.board, strict=True) if shown != COVERED]
    covered = [name for name, shown in zip(names, problem.board, strict=True) if shown == COVERED]
    return f"Open: {' '.join(numbers)}\nCovered (#): {' '.join(covered)}"


def facts(problem: Problem) -> Mapping[str, str]:
    return {"n": str(problem.size)}


WORDINGS = (
    "Here is a minesweeper board of {n} by {n} cells. A digit is an opened cell, which holds no mine, and tells how "
    "many of the up to eight cells around it (sides and corners) hold a mine; # is a covered cell. How many mines "
    "there are in all is not known. Cell r2c3 is in row 2 from the top and column 3 from the left.\n\n"
    "{board}\n\nList every covered cell that is certainly safe and every covered cell that is certainly mined, that "
    "is, safe (or mined) in all arrangements of mines that agree with the digits. "
    "Leave out the cells about which the digits decide nothing.\n\n{answer}",
    "A game of minesweeper has come to this position (# is covered, digits count the mines in the neighbouring cells, "
    "diagonals included; open cells are free of mines):\n\n{board}\n\nThe total number of mines is unknown. Which "
    "covered cells can be opened without any risk, and which certainly hide a mine? Name all of both kinds and no "
    "cell that could be either. Cell r2c3 is in row 2 from the top and column 3 from the left.\n\n{answer}",
    "A field of {n} by {n} plots is searched for buried pipes, at most one under each plot. Plots that have been dug "
    "up hold no pipe and show how many of the plots next to them, also diagonally, do. The others are marked #. "
    "Nobody knows how many pipes there are. Plot r2c3 is in row 2 from the top and column 3 from the left.\n\n"
    "{board}\n\nReport every undug plot that is certainly free (list it as safe) and every one that certainly holds a "
    "pipe (list it as mined), judging by the digits alone. A plot that is "
    "free in one possible case and not in another must not be reported.\n\n{answer}",
    "Task: certain cells in minesweeper.\nBoard: {n} x {n}; '#' covered, digit d opened.\nFacts: (1) an opened cell "
    "has no mine; (2) d is the exact number of mines among the 8 surrounding cells (fewer at the border); (3) the "
    "number of mines overall is free.\nCells: r1c1 is the top left corner, r{n}c{n} the bottom right.\n"
    "Wanted: all covered cells that are mine-free in every consistent layout, and all covered cells that are mined in "
    "every consistent layout; nothing else.\n{board}\n\n{answer}",
)

MAKER = Maker(
    make=make,
    solve=solve,
    face=Face(WORDINGS, {**{name: partial(_shown, name) for name in LAYOUTS}, "list": _listed}, facts),
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    # Each cell is mined, opened or covered and safe, about one bit and a half; the demands of a level and the
    # symmetries take away far less than the half that is left out here.
    capacity=lambda p: 0.2 * p.size**2,
    unanswerable=unanswerable,
)
