"""Judges minesweeper: the listed cells are exactly those on which all layouts that fit the numbers agree.

Which cells are certain is computed here by running through all layouts of each connected stretch of the border
at once: cell after cell, keeping only what the numbers still miss, forwards and then backwards.
"""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache

from verimill.schemas.cells import cell_names, neighbours
from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.grids.minesweeper import COVERED, Answer, Problem
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.claims_board import MINES, on_board
from verimill.verifiers.recounts import CP_SAT, no_cp_sat
from verimill.verifiers.relations import total

SAFE, MINE = 1, 2  # masks of what a cell can be


@lru_cache(maxsize=16)
def _around(n: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(neighbours(n, n, cell, diagonal=True)) for cell in range(n * n))


def _numbers(problem: Problem) -> list[tuple[int, list[int], int]]:
    """(cell, covered neighbours, count) of every opened cell that has covered neighbours."""
    around = _around(problem.size)
    found = []
    for cell, shown in enumerate(problem.board):
        if shown != COVERED:
            covered = [d for d in around[cell] if problem.board[d] == COVERED]
            if covered:
                found.append((cell, covered, int(shown)))
    return found


@lru_cache(maxsize=4096)
def possible(problem: Problem) -> dict[int, int] | None:
    """What each covered border cell can be (SAFE, MINE or both), or None when no layout fits."""
    numbers = [(set(covered), count) for _, covered, count in _numbers(problem)]
    known: dict[int, int] = {}
    moved = True
    while moved:  # the plain cases first: all the rest is safe, or all the rest is mined
        moved = False
        left = []
        for cells, count in numbers:
            open_cells = {c for c in cells if c not in known}
            need = count - sum(known.get(c) == MINE for c in cells)
            if not 0 <= need <= len(open_cells):
                return None
            if need in (0, len(open_cells)):
                known.update(dict.fromkeys(open_cells, MINE if need else SAFE))
                moved = moved or bool(open_cells)
            else:
                left.append((open_cells, need))
        numbers = left
    while numbers:
        stretch = [numbers.pop()]
        cells = set(stretch[0][0])
        grown = True
        while grown:
            near = [number for number in numbers if number[0] & cells]
            grown = bool(near)
            for number in near:
                numbers.remove(number)
                cells |= number[0]
            stretch += near
        found = _layouts(sorted(cells), stretch)
        if found is None:
            return None
        known.update(found)
    return known


def _layouts(cells: list[int], numbers: list[tuple[set[int], int]]) -> dict[int, int] | None:
    """What each cell is in some layout of one stretch; a state is what every number still misses."""
    layer = {tuple(need for _, need in numbers)}
    passed: list[list[tuple[tuple[int, ...], int, tuple[int, ...]]]] = []
    for at, cell in enumerate(cells):
        later = set(cells[at + 1 :])
        touched = [(k, len(group & later)) for k, (group, _) in enumerate(numbers) if cell in group]
        moves = []
        for state in layer:
            for value in (0, 1):
                after = list(state)
                for k, room in touched:
                    after[k] -= value
                    if not 0 <= after[k] <= room:
                        break
                else:
                    moves.append((state, value, tuple(after)))
        passed.append(moves)
        layer = {after for _, _, after in moves}
    if not layer:
        return None
    found: dict[int, int] = {}
    alive = layer  # every number is met here, since no room is left
    for cell, moves in zip(reversed(cells), reversed(passed), strict=True):
        before: set[tuple[int, ...]] = set()
        mask = 0
        for missing, value, reached in moves:
            if reached in alive:
                before.add(missing)
                mask |= 1 << value
        found[cell] = mask
        alive = before
    return found


@lru_cache(maxsize=4096)
def certain(problem: Problem) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the certainly safe and of the certainly mined cells."""
    names = cell_names(problem.size, problem.size)
    known = possible(problem) or {}
    return (
        frozenset(names[c] for c, mask in known.items() if mask == SAFE),
        frozenset(names[c] for c, mask in known.items() if mask == MINE),
    )


def unsure_safe(problem: Problem, answer: Answer) -> str | None:
    sure = certain(problem)[0]
    return next((f"{name} is not certainly safe" for name in answer[0] if name not in sure), None)


def unsure_mine(problem: Problem, answer: Answer) -> str | None:
    sure = certain(problem)[1]
    return next((f"{name} is not certainly mined" for name in answer[1] if name not in sure), None)


def missed_safe(problem: Problem, answer: Answer) -> str | None:
    missed = certain(problem)[0].difference(*answer)
    return f"{min(missed)} is certainly safe and not listed" if missed else None


def missed_mine(problem: Problem, answer: Answer) -> str | None:
    missed = certain(problem)[1].difference(*answer)
    return f"{min(missed)} is certainly mined and not listed" if missed else None


def board(problem: Problem) -> Board:
    names = cell_names(problem.size, problem.size)
    relations = {f"number {names[cell]}": total(covered, k, k) for cell, covered, k in _numbers(problem)}
    domains = tuple(3 if shown == COVERED else SAFE for shown in problem.board)
    return Board(names, ("safe", "mine"), domains, relations)


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """The trace must claim the listed cells and no other covered cell; with no answer, end in a contradiction."""
    if answer is None:
        return check_on(board(problem), steps, None)
    return check_on(board(problem), steps, _values(problem, *map(frozenset, answer)))


def _values(problem: Problem, safe: Container[str], mined: Container[str]) -> list[int]:
    """What each cell is: 0 safe, 1 a mine, -1 neither for certain."""
    return [
        1 if name in mined else 0 if name in safe or shown != COVERED else -1
        for name, shown in zip(cell_names(problem.size, problem.size), problem.board, strict=True)
    ]


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """Find the certain cells with CP-SAT: ask again and again for a layout that changes a cell not yet seen changed.

    Raises ModuleNotFoundError naming the extra when CP-SAT is not installed.
    """
    try:
        from ortools import __version__
        from ortools.sat.python import cp_model
    except ImportError:
        raise no_cp_sat() from None
    method = f"CP-SAT {__version__}"
    names = cell_names(problem.size, problem.size)
    model = cp_model.CpModel()
    mine = {cell: model.new_bool_var(names[cell]) for cell, shown in enumerate(problem.board) if shown == COVERED}
    for _, covered, count in _numbers(problem):
        model.add(sum(mine[c] for c in covered) == count)
    same: dict[int, int] = {}
    rounds = 0
    while True:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        ended = solver.solve(model)
        rounds += 1
        if ended == cp_model.INFEASIBLE:
            break
        if ended not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            raise RuntimeError(f"CP-SAT ended with status {ended}")
        layout = {cell: int(solver.value(x)) for cell, x in mine.items()}
        same = layout if rounds == 1 else {cell: v for cell, v in same.items() if layout[cell] == v}
        if not same:
            break
        model.add_bool_or([~mine[c] if v else mine[c] for c, v in same.items()])
        # Earlier clauses of this loop are weaker than the last one, so they do no harm.
    got: Status = "none" if rounds == 1 and not same else "one"
    if got != status:
        return Recount(False, method, f"status is {status}, found {got}")
    if answer is not None:
        listed = {name: 0 for name in answer[0]} | {name: 1 for name in answer[1]}
        if listed != {names[c]: v for c, v in same.items()}:
            return Recount(False, method, "the certain cells are others")
    return Recount(True, method, f"{len(same)} certain cells after {rounds} layouts")


JUDGE = Judge(
    rules=(
        Rule("safe", unsure_safe),
        Rule("mine", unsure_mine),
        Rule("missed safe", missed_safe),
        Rule("missed mine", missed_mine),
    ),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, None, MINES, truth=lambda problem: _values(problem, *certain(problem))),
)
