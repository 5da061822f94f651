"""Makes KenKens: a Latin square cut into cages; digits are shown only where deduction needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import log10

from verimill.generators.engines import prose
from verimill.generators.engines.cages import LAYOUTS, cells_moved, cut, moved, operate, results, shape_of
from verimill.generators.engines.canonical import text_key
from verimill.generators.engines.constraints import Constraint, table
from verimill.generators.engines.deduction import deduce, thin, workspace
from verimill.generators.engines.grids import latin_square
from verimill.generators.engines.latin import full_masks, latin, to_answer
from verimill.generators.engines.puzzles import Model, at_tier, near_misses_of, solve_model
from verimill.generators.engines.twins import refuted, with_two_answers
from verimill.schemas.cages import cells_of, renumbered
from verimill.schemas.cells import cell_names, symmetries
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.grids.kenken import DIGITS, Answer, Params, Problem
from verimill.schemas.rng import Rng

TRIES = 60


def cage_constraint(n: int, k: int, cells: Sequence[int], op: str, target: int) -> Constraint:
    """The table of what cage number k (from 0) can hold."""
    return table(f"cage {k + 1}", cells, results(n, op, target, shape_of(n, cells)))


def model(problem: Problem) -> Model:
    n = problem.size
    clues = zip(cells_of(problem.cages), problem.ops, problem.targets, strict=True)
    return Model(
        f"kenken {n}",
        cell_names(n, n),
        tuple(DIGITS[:n]),
        full_masks(n),
        full_masks(n),
        (*latin(n), *(cage_constraint(n, k, cells, op, target) for k, (cells, op, target) in enumerate(clues))),
    )


def _operation(rng: Rng, allowed: str, digits: Sequence[int]) -> tuple[str, int]:
    """A fitting operation and its result."""
    if len(digits) == 1:
        return "=", digits[0]
    choice = [op for op in allowed if op in "+*"]
    if len(digits) == 2:
        choice = list(allowed)
        if operate("/", *digits) < 0 and "/" in choice:
            choice.remove("/")
    op = rng.pick(choice)
    result = digits[0]
    for d in digits[1:]:
        result = operate(op, result, d)
    return op, result


def make(rng: Rng, params: Params) -> Problem:
    """A KenKen with one solution that rules up to `params.tier` find; none of the rules above is needed."""
    n = params.size
    full = full_masks(n)
    for _ in range(TRIES):
        square = latin_square(rng, n)
        cages = cut(rng, n, params.largest)
        problem = _with_clues(rng, params, square, cages)
        found = model(problem)
        work = workspace(n, found.constraints, full)
        run = deduce(work, full, params.tier)
        if run.outcome != "solved":
            order = rng.shuffled(range(n * n))
            keep = thin(work, full, square, [(0, i) for i in range(n * n)], order, min(params.tier, 4))
            if keep is None or sum(keep) > n:
                continue
            problem = _carved(problem, square, keep)
            run = deduce(workspace(n, model(problem).constraints, full), full, params.tier)
        if at_tier(run, params.least, params.tier):
            return problem
    raise Exhausted(f"no kenken in {TRIES} tries with {params}")


def _with_clues(rng: Rng, params: Params, square: Sequence[int], cages: tuple[int, ...]) -> Problem:
    clues = [_operation(rng, params.ops, [square[c] + 1 for c in cells]) for cells in cells_of(cages)]
    return Problem(params.size, cages, "".join(op for op, _ in clues), tuple(target for _, target in clues))


def _carved(problem: Problem, square: Sequence[int], keep: Sequence[bool]) -> Problem:
    """The kept digits as cages of one cell, cut out of the cages they were in."""
    n = problem.size
    label = [2 * k for k in problem.cages]
    clue = {2 * k: (op, t) for k, (op, t) in enumerate(zip(problem.ops, problem.targets, strict=True))}
    fresh = 2 * len(problem.ops)
    for cell_list in cells_of(problem.cages):
        gone = [c for c in cell_list if keep[c]]
        if not gone:
            continue
        rest = [c for c in cell_list if not keep[c]]
        op = clue[label[cell_list[0]]][0]
        for piece in [*([c] for c in gone), *_pieces(n, rest)]:
            digits = [square[c] + 1 for c in piece]
            result = digits[0]
            for d in digits[1:]:
                result = operate(op, result, d)
            for c in piece:
                label[c] = fresh
            clue[fresh] = ("=" if len(piece) == 1 else op, result)
            fresh += 1
    cages, old = renumbered(label)
    return Problem(n, cages, "".join(clue[k][0] for k in old), tuple(clue[k][1] for k in old))


def _pieces(n: int, cells: Sequence[int]) -> list[list[int]]:
    """The connected pieces of some cells."""
    left, found = list(cells), []
    while left:
        piece, edge = [], [left.pop(0)]
        while edge:
            c = edge.pop()
            piece.append(c)
            near = [d for d in left if abs(d - c) == n or (abs(d - c) == 1 and d // n == c // n)]
            left = [d for d in left if d not in near]
            edge.extend(near)
        found.append(sorted(piece))
    return found


def solve(problem: Problem) -> Solved[Answer]:
    return solve_model(model(problem), to_answer, sat=False)


def _moved(problem: Problem, move: tuple[int, ...]) -> Problem:
    cages, old = moved(problem.cages, move)
    return Problem(problem.size, cages, "".join(problem.ops[k] for k in old), tuple(problem.targets[k] for k in old))


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The square turned or mirrored."""
    for move in rng.sample(symmetries(problem.size, problem.size)[1:], 3):
        yield _moved(problem, move)


def canonical(problem: Problem) -> str:
    """The key of the least text over the 8 symmetries."""
    n = problem.size
    clues = [f"{t}{op}" for op, t in zip(problem.ops, problem.targets, strict=True)]
    texts = []
    for move in symmetries(n, n):
        cages, old = moved(problem.cages, move)
        texts.append((cages, [clues[k] for k in old]))
    return text_key("kenken", n, *min(texts))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    yield from near_misses_of(rng, model(problem), [DIGITS.index(d) for d in answer], to_answer)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """Cells in other cages or other operations ("many"), or a clue changed ("none"), when it can be certified."""
    found = _loosened(rng, problem) if rng.chance(0.5) else None
    return found or _twisted(rng, problem)


def _loosened(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    square = [int(d) for d in solve(problem).answer]
    for attempt in range(24):
        other = _reworded(rng, problem, square) if attempt % 2 else _recut(rng, problem, square)
        twin = None if other is None else with_two_answers(other, model(other), to_answer)
        if twin is not None:
            return twin
    return None


def _recut(rng: Rng, problem: Problem, square: Sequence[int]) -> Problem:
    """A few cells in neighbouring cages, where all these cages get clues that fit the square."""
    label = cells_moved(rng, problem.size, problem.cages)
    changed = {k for pair in zip(label, problem.cages, strict=True) if pair[0] != pair[1] for k in pair}
    cages, old = renumbered(label)
    return _with_new_clues(rng, problem, square, cages, old, changed)


def _reworded(rng: Rng, problem: Problem, square: Sequence[int]) -> Problem | None:
    """Four cages with other clues that fit the square; None for a bad draw."""
    larger = [k for k, cells in enumerate(cells_of(problem.cages)) if len(cells) > 1]
    other = _with_new_clues(
        rng, problem, square, problem.cages, range(len(problem.ops)), set(rng.sample(larger, min(4, len(larger))))
    )
    return None if other == problem else other


def _with_new_clues(
    rng: Rng, problem: Problem, square: Sequence[int], cages: tuple[int, ...], old: Sequence[int], changed: set[int]
) -> Problem:
    """These cages with the clues they had, and new ones for those that changed."""
    allowed = "".join(op for op in "+-*/" if op in problem.ops) or "+"
    allowed = allowed if "+" in allowed or "*" in allowed else allowed + "+"
    clues = [
        _operation(rng, allowed, [square[c] for c in cells]) if k in changed else (problem.ops[k], problem.targets[k])
        for k, cells in zip(old, cells_of(cages), strict=True)
    ]
    return Problem(problem.size, cages, "".join(op for op, _ in clues), tuple(target for _, target in clues))


def _twisted(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    cells = cells_of(problem.cages)
    for k in rng.sample(range(len(cells)), min(12, len(cells))):
        other = _altered(rng, problem, k, len(cells[k]))
        if other is None:
            continue
        twin = refuted(other, model(other), problem.size)
        if twin is not None:
            return twin
    return None


def _altered(rng: Rng, problem: Problem, k: int, size: int) -> Problem | None:
    """The problem with another possible clue on cage k, None when the draw finds none."""
    n, op = problem.size, problem.ops[k]
    cells = cells_of(problem.cages)[k]
    digits = [1 + rng.below(n) for _ in range(size)]
    if size == 2:
        op = rng.pick([o for o in "+-*/" if o in problem.ops])
    result = digits[0]
    for d in digits[1:]:
        result = operate(op, result, d)
    if result < 1 or (op, result) == (problem.ops[k], problem.targets[k]):
        return None
    if not results(n, op, result, shape_of(n, cells)):
        return None
    return Problem(
        n,
        problem.cages,
        problem.ops[:k] + op + problem.ops[k + 1 :],
        (*problem.targets[:k], result, *problem.targets[k + 1 :]),
    )


def _clue(problem: Problem, k: int) -> str:
    op = problem.ops[k]
    return f"{problem.targets[k]}{'' if op == '=' else op}"


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    names = cell_names(problem.size, problem.size)
    cells = cells_of(problem.cages)

    def describe(ref: str) -> str:
        what, _, number = ref.partition(" ")
        if what == "cage":
            k = int(number) - 1
            return f"cage {_clue(problem, k)} at {' '.join(names[c] for c in cells[k])}"
        return ref.replace("col ", "column ")

    return prose.tell(steps, describe)


def shown(layout: str, problem: Problem) -> str:
    """The cages in one of the layouts."""
    return LAYOUTS[layout](problem.size, problem.cages, lambda k: _clue(problem, k))


def facts(problem: Problem) -> Mapping[str, str]:
    n = problem.size
    return {"n": str(n), "digits": f"1 to {n}", "squares": str(n * n), "cages": str(len(problem.ops))}


WORDINGS = (
    "This is a KenKen of side {n}. Fill the {n} by {n} grid with the numbers {digits} so that no number comes twice "
    "in a row or in a column. The grid is cut into cages; the numbers of a cage must give its result under its "
    "operation (for - and / take the larger number first; a result without an operation is the number of that single "
    "cell). Inside a cage a number may repeat when rows and columns allow it.\n\n{board}\n\n{answer}",
    "Solve this arithmetic square of {n} rows and {n} columns.\n\n{board}\n\nEvery row and every column holds each of "
    "the numbers {digits} once. Each of the {cages} cages shows a result and an operation: +, * join all its numbers, "
    "- and / are the larger number minus or divided by the smaller, and a bare number is simply written into its cell."
    "\n\n{answer}",
    "A shop window shows a square of {squares} tiles, grouped into cages:\n\n{board}\n\nOn each tile goes a number "
    "from {digits}. Within a row all numbers differ, within a column too. The numbers of a cage added (+), multiplied "
    "(*), subtracted (-, larger minus smaller) or divided (/, larger by smaller) come to the result shown for the cage;"
    " a cage of one tile shows its number.\n\n{answer}",
    "Task: KenKen.\nRules: (1) use the numbers {digits}; (2) no number twice in any row; (3) no number twice in any "
    "column; (4) the numbers of each cage give its result with its operation, larger first for - and /; a single cell "
    "holds its result.\nCages:\n{board}\n\n{answer}",
)


def capacity(params: Params) -> float:
    """log10 of a lower bound: the Latin squares up to symmetry, times a thousand ways to cut one into cages."""
    squares = {4: 576, 5: 161280, 6: 812851200, 7: 61479419904000}[params.size]
    return log10(squares / 8) + 3


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
