"""Makes kakurasu: random markings, kept when rules up to the wanted tier find them again from the sums alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import gcd, log10

from verimill.generators.engines import prose
from verimill.generators.engines.canonical import text_key
from verimill.generators.engines.constraints import Constraint, total
from verimill.generators.engines.deduction import deduce
from verimill.generators.engines.puzzles import (
    Model,
    fits,
    near_misses_of,
    solve_model,
    work_on,
)
from verimill.generators.engines.twins import refuted, with_two_answers
from verimill.schemas.cells import cell_names
from verimill.schemas.core import Exhausted, Face, Maker, NearMiss, Solved, Step, Unanswerable
from verimill.schemas.grids.kakurasu import Answer, Params, Problem
from verimill.schemas.rng import Rng

TRIES = 400


def constraints_of(problem: Problem) -> tuple[Constraint, ...]:
    n = problem.size
    weights = range(1, n + 1)
    rows = [total(f"row {k + 1}", range(k * n, k * n + n), s, s, 0, weights) for k, s in enumerate(problem.rows)]
    cols = [total(f"col {k + 1}", range(k, n * n, n), s, s, 0, weights) for k, s in enumerate(problem.cols)]
    return (*rows, *cols)


def model(problem: Problem) -> Model:
    n = problem.size
    full = (3,) * (n * n)
    return Model(f"kakurasu {n}", cell_names(n, n), ("0", "1"), full, full, constraints_of(problem))


def to_answer(values: tuple[int, ...]) -> Answer:
    return "".join(map(str, values))


def sums_of(n: int, grid: Sequence[int]) -> Problem:
    """The problem that a marking is a solution of."""
    span = range(n)
    return Problem(
        n,
        tuple(sum((c + 1) * grid[r * n + c] for c in span) for r in span),
        tuple(sum((r + 1) * grid[r * n + c] for r in span) for c in span),
    )


def make(rng: Rng, params: Params) -> Problem:
    """A kakurasu with one solution that needs rules of tier least..tier and at least `params.work` effort."""
    n = params.size
    for _ in range(TRIES):
        problem = sums_of(n, [int(rng.chance(params.marked / 100)) for _ in range(n * n)])
        seen = model(problem)
        if fits(work_on(seen), seen.domains, (params.least, params.tier), params.work):
            return problem
    raise Exhausted(f"no kakurasu in {TRIES} tries with {params}")


def solve(problem: Problem) -> Solved[Answer]:
    return solve_model(model(problem), to_answer)


def _transposed(problem: Problem) -> Problem:
    return Problem(problem.size, problem.cols, problem.rows)


def _complement(problem: Problem) -> Problem:
    """Marked and unmarked exchanged: every sum becomes what it lacks of the full sum."""
    top = problem.size * (problem.size + 1) // 2
    return Problem(problem.size, tuple(top - s for s in problem.rows), tuple(top - s for s in problem.cols))


def twins(rng: Rng, problem: Problem) -> Iterator[Problem]:
    """The grid mirrored in its diagonal; marked and unmarked exchanged; both. No other symmetry keeps the weights."""
    yield _transposed(problem)
    yield _complement(problem)
    yield _transposed(_complement(problem))


def canonical(problem: Problem) -> str:
    other = _complement(problem)
    forms = ((p.size, p.rows, p.cols) for p in (problem, other, _transposed(problem), _transposed(other)))
    return text_key("kakurasu", min(forms))


def near_misses(rng: Rng, problem: Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    yield from near_misses_of(rng, model(problem), [int(d) for d in answer], to_answer)


def unanswerable(rng: Rng, problem: Problem) -> Unanswerable[Problem, Answer] | None:
    """Two sums changed ("none"), or sums that two markings share ("many"), whichever the draw says, when certified."""
    n = problem.size
    seen = model(problem)
    if rng.chance(0.5):
        answer = list(deduce(work_on(seen), seen.domains).values)
        for _ in range(8):  # the marking drifts cell by cell until its sums no longer tell it apart
            for cell in rng.sample(range(n * n), 2):
                answer[cell] = 1 - answer[cell]
            other = sums_of(n, [abs(v) for v in answer])
            twin = with_two_answers(other, model(other), to_answer)
            if twin is not None:
                return twin
    for _ in range(24):
        altered = _altered(rng, problem)
        twin = None if altered is None else refuted(altered, model(altered), 2)
        if twin is not None:
            return twin
    return None


def _altered(rng: Rng, problem: Problem) -> Problem | None:
    """Two sums changed so that row sums times row numbers still total column sums times column numbers."""
    n = problem.size
    sums = [*problem.rows, *problem.cols]
    a, b = rng.sample(range(2 * n), 2)
    first, second = a % n + 1, b % n + 1
    by = gcd(first, second) * rng.pick((-1, 1))
    sums[a] += second // by
    sums[b] += first // by if (a < n) != (b < n) else -(first // by)
    if not all(0 < sums[line] < n * (n + 1) // 2 for line in (a, b)):
        return None
    return Problem(n, tuple(sums[:n]), tuple(sums[n:]))


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    def describe(ref: str) -> str:
        word, k = ref.split(" ")
        if word == "row":
            return f"row {k} (sum {problem.rows[int(k) - 1]})"
        return f"column {k} (sum {problem.cols[int(k) - 1]})"

    return prose.tell(steps, describe)


def _lists(problem: Problem) -> str:
    return f"Row sums, top to bottom: {_listed(problem.rows)}\nColumn sums, left to right: {_listed(problem.cols)}"


def _listed(sums: Sequence[int]) -> str:
    return ", ".join(map(str, sums))


def _margins(problem: Problem) -> str:
    """Weights above and on the left, sums on the right and below."""
    n = problem.size
    lines = ["     " + "".join(f"{c:>4}" for c in range(1, n + 1))]
    for r, s in enumerate(problem.rows, 1):
        lines.append(f"{r:>4} " + "   ." * n + f"  = {s}")
    lines.append("   = " + "".join(f"{s:>4}" for s in problem.cols))
    return "\n".join(lines)


def _lines(problem: Problem) -> str:
    rows = [f"row {k}: {s}" for k, s in enumerate(problem.rows, 1)]
    return "\n".join(rows + [f"column {k}: {s}" for k, s in enumerate(problem.cols, 1)])


def _framed(problem: Problem) -> str:
    n = problem.size
    rule = "+" + "----+" * (n + 1)
    lines = [rule, "|    |" + "".join(f" c{c} |" for c in range(1, n + 1)) + " sum"]
    for r, s in enumerate(problem.rows, 1):
        lines += [rule, f"| r{r} |" + "    |" * n + f" {s}"]
    return "\n".join([*lines, rule, "|sum |" + "".join(f" {s:>2} |" for s in problem.cols)])


def facts(problem: Problem) -> Mapping[str, str]:
    return {"n": str(problem.size), "squares": str(problem.size**2)}


WORDINGS = (
    "Mark some cells of a {n} by {n} grid. A marked cell in column k adds k to the sum of its row, and a marked cell "
    "in row k adds k to the sum of its column. Every row and every column must reach exactly the sum given for "
    "it.\n\n{board}\n\n{answer}",
    "This is a kakurasu of side {n}.\n\n{board}\n\nEach cell is either black or white. In a row, black cells count "
    "1, 2, ..., {n} from left to right by their position; in a column they count 1, 2, ..., {n} from top to bottom. "
    "White cells count nothing. Find the black cells, which are the marked ones, so that all row sums and all "
    "column sums are as stated.\n\n{answer}",
    "A wall has {squares} lamps in {n} rows and {n} columns. A lit lamp is worth its column number to its row and "
    "its row number to its column; a dark lamp is worth nothing. The totals read off the wall are:\n\n{board}\n\n"
    "Which lamps are lit? Every total has to match exactly. Lit lamps are the marked cells.\n\n{answer}",
    "Task: weighted sums.\nUnknowns: x[r][c] in {{0, 1}} for r, c = 1..{n}, where 1 marks the cell.\nConditions: (1) "
    "for each row r, the sum over c of c * x[r][c] equals the sum of row r; (2) for each column c, the sum over r of "
    "r * x[r][c] equals the sum of column c.\nSums:\n{board}\n\n{answer}",
)

MAKER = Maker(
    make=make,
    solve=solve,
    face=Face(WORDINGS, {"lists": _lists, "margins": _margins, "lines": _lines, "framed": _framed}, facts),
    narrate=narrate,
    twins=twins,
    canonical=canonical,
    near_misses=near_misses,
    # Markings over the four symmetries; at least one in a hundred passes the tier of its level.
    capacity=lambda p: p.size**2 * log10(2) - log10(4) - (0.0 if p.tier == 1 and p.size == 4 else 2.0),
    unanswerable=unanswerable,
)
