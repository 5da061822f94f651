"""Judges binairo: givens kept, no three alike in a row, as many zeros as ones, no two rows or columns alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from verimill.schemas.cells import cell_names
from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.grids.binairo import Answer, Problem
from verimill.verifiers.boards import Board, check_on
from verimill.verifiers.claims_board import BITS, on_board
from verimill.verifiers.recounts import CP_SAT, recount_on
from verimill.verifiers.relations import Domains, Line, Relation


def _lines(problem: Problem, answer: Answer) -> list[tuple[str, str]]:
    n = problem.size
    rows = [(f"row {r + 1}", answer[r * n : r * n + n]) for r in range(n)]
    return rows + [(f"column {c + 1}", answer[c::n]) for c in range(n)]


def given_changed(problem: Problem, answer: Answer) -> str | None:
    for i, (given, digit) in enumerate(zip(problem.givens, answer, strict=True)):
        if given not in (".", digit):
            return f"r{i // problem.size + 1}c{i % problem.size + 1} must stay {given}, got {digit}"
    return None


def three_alike(problem: Problem, answer: Answer) -> str | None:
    for name, line in _lines(problem, answer):
        for three in ("000", "111"):
            if three in line:
                return f"{name} holds {three} at place {line.index(three) + 1}"
    return None


def unbalanced(problem: Problem, answer: Answer) -> str | None:
    for name, line in _lines(problem, answer):
        if line.count("1") * 2 != problem.size:
            return f"{name} must hold {problem.size // 2} ones, got {line.count('1')}"
    return None


def _repeated(what: str, lines: Sequence[str]) -> str | None:
    first: dict[str, int] = {}
    for k, line in enumerate(lines, 1):
        if line in first:
            return f"{what} {first[line]} and {k} are the same"
        first[line] = k
    return None


def rows_alike(problem: Problem, answer: Answer) -> str | None:
    n = problem.size
    return _repeated("rows", [answer[r * n : r * n + n] for r in range(n)])


def columns_alike(problem: Problem, answer: Answer) -> str | None:
    n = problem.size
    return _repeated("columns", [answer[c::n] for c in range(n)])


def _run(state: tuple[int, int], value: int) -> tuple[int, int] | None:
    """The run that ends here as (value, length); None for a run of three."""
    last, length = state
    if value != last:
        return value, 1
    return None if length == 2 else (value, length + 1)


def _balanced_run(state: tuple[int, int, int], value: int) -> tuple[int, int, int] | None:
    run = _run(state[:2], value)
    return None if run is None else (*run, state[2] + value)


def _balance(cells: tuple[int, ...]) -> Line:
    half = len(cells) // 2
    return Line(cells, 0, lambda i, s, v: s + v if s + v <= half else None, lambda s: s == half)


def _differ(a: tuple[int, ...], b: tuple[int, ...]) -> Line:
    """Cells in turn from a and b; the state is the last value of a, or that a difference was seen (2)."""
    cells = tuple(c for pair in zip(a, b, strict=True) for c in pair)

    def step(i: int, state: tuple[bool, int], value: int) -> tuple[bool, int]:
        seen, last = state
        if i % 2 == 0:
            return seen, value
        return seen or value != last, 0

    def idle(domains: Domains) -> bool:
        """Two pairs that may differ leave every value its chance, and a pair that must differ settles it."""
        free = 0
        for one, two in zip(a, b, strict=True):
            if not domains[one] & domains[two]:
                return True
            free += domains[one] != domains[two] or domains[one].bit_count() > 1
        return free > 1

    return Line(cells, (False, 0), step, lambda s: bool(s[0]), idle=idle)


@lru_cache(maxsize=4)
def _relations(n: int) -> dict[str, Relation]:
    names = cell_names(n, n)
    found: dict[str, Relation] = {}
    for word, plural, groups in (
        ("row", "rows", [tuple(range(r * n, r * n + n)) for r in range(n)]),
        ("col", "cols", [tuple(range(c, n * n, n)) for c in range(n)]),
    ):
        for k, cells in enumerate(groups, 1):
            found[f"count {word}-{k}"] = _balance(cells)
            found[f"line {word}-{k}"] = Line(
                cells, (-1, 0, 0), lambda i, s, v: _balanced_run(s, v), lambda s: s[2] * 2 == n
            )
            for i in range(n - 2):
                three = cells[i : i + 3]
                found[f"triple {names[three[0]]}-{names[three[2]]}"] = Line(
                    three, (-1, 0), lambda i, s, v: _run(s, v), lambda s: True
                )
            for j, other in enumerate(groups[k:], k + 1):
                found[f"{plural} {k}-{j}"] = _differ(cells, other)
    return found


def board(problem: Problem) -> Board:
    n = problem.size
    domains = tuple({".": 3, "0": 1, "1": 2}[g] for g in problem.givens)
    return Board(cell_names(n, n), ("0", "1"), domains, _relations(n))


def _values(answer: Answer | None) -> list[int] | None:
    return None if answer is None else [int(d) for d in answer]


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    return check_on(board(problem), steps, _values(answer))


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    return recount_on(board(problem), status, _values(answer))


JUDGE = Judge(
    rules=(
        Rule("given", given_changed),
        Rule("triple", three_alike),
        Rule("count", unbalanced),
        Rule("rows", rows_alike),
        Rule("cols", columns_alike),
    ),
    check=check,
    recount=recount,
    recount_needs=CP_SAT,
    claims=on_board(board, lambda problem, answer: _values(answer), BITS),
)
