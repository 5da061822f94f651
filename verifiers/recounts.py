"""The recount: a board's solutions counted once more, up to two, by a solver of somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verimill.schemas.core import Recount, Status
from verimill.verifiers.boards import Board, candidates
from verimill.verifiers.relations import Different, Domains, Line

CP_SAT = ("ortools",)  # the packages of CP-SAT, which a plain install lacks
SMALL = 2.0e7  # product of the candidates of the open cells up to which python-constraint is tried


def recount_on(board: Board, status: Status, values: Sequence[int] | None) -> Recount:
    """Count solutions (up to two) with python-constraint2, or with CP-SAT where that would be slow.

    Raises ModuleNotFoundError naming the extra when CP-SAT is needed and not installed.
    """
    domains = candidates(board)
    room = 1.0
    for mask in domains:
        room *= max(1, mask.bit_count())
    if room <= SMALL:
        method, found = _by_backtracking(board, domains)
    else:
        method, found = _by_cp_sat(board)
    got: Status = ("none", "one", "many")[min(len(found), 2)]
    if got != status:
        return Recount(False, method, f"status is {status}, counted {len(found)} (of at most 2)")
    if values is not None and status == "one" and tuple(values) != found[0]:
        return Recount(False, method, "the only solution is another one")
    return Recount(True, method, f"{len(found)} of at most 2 solutions")


def no_cp_sat() -> ModuleNotFoundError:
    """The error of a recount whose solver is not installed; it names the extra."""
    return ModuleNotFoundError(
        'the second solver is OR-Tools, which is not installed: pip install "verimill[recount]"', name="ortools"
    )


def _by_backtracking(board: Board, domains: Domains) -> tuple[str, list[tuple[int, ...]]]:
    from importlib.metadata import version

    import constraint

    problem = constraint.Problem()
    for cell, mask in enumerate(domains):
        choices = [v for v in range(mask.bit_length()) if mask >> v & 1]
        if not choices:
            return f"python-constraint2 {version('python-constraint2')}", []
        problem.addVariable(cell, choices)
    for relation in board.relations.values():
        cells = list(relation.cells)
        if isinstance(relation, Different):
            problem.addConstraint(constraint.AllDifferentConstraint(), cells)
        else:
            test = relation.holds
            problem.addConstraint(constraint.FunctionConstraint(lambda *v, test=test: test(v)), cells)
    found: list[tuple[int, ...]] = []
    for solution in problem.getSolutionIter():
        found.append(tuple(solution[c] for c in range(len(domains))))
        if len(found) == 2:
            break
    return f"python-constraint2 {version('python-constraint2')}", found


def _by_cp_sat(board: Board) -> tuple[str, list[tuple[int, ...]]]:
    try:
        from ortools import __version__
        from ortools.sat.python import cp_model
    except ImportError:
        raise no_cp_sat() from None
    method, found = f"CP-SAT {__version__}", list[tuple[int, ...]]()
    if 0 in board.domains:
        return method, found
    model = cp_model.CpModel()
    cells = [
        model.new_int_var_from_domain(
            cp_model.Domain.from_values([v for v in range(mask.bit_length()) if mask >> v & 1]), str(i)
        )
        for i, mask in enumerate(board.domains)
    ]
    for relation in board.relations.values():
        scope = [cells[c] for c in relation.cells]
        if isinstance(relation, Different):
            model.add_all_different(scope)
        elif relation.total is not None:
            weights, base, low, high = relation.total
            shift = base * sum(weights)
            model.add_linear_constraint(
                sum(w * x for w, x in zip(weights, scope, strict=True)), low - shift, high - shift
            )
        else:
            _post_line(model, relation, scope, board.domains)
    while len(found) < 2:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        status = solver.solve(model)
        if status == cp_model.INFEASIBLE:
            return method, found
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            raise RuntimeError(f"CP-SAT ended with status {status}")
        values = tuple(solver.value(x) for x in cells)
        found.append(values)
        changed = []
        for x, v in zip(cells, values, strict=True):
            other = model.new_bool_var("")
            model.add(x != v).only_enforce_if(other)
            changed.append(other)
        model.add_bool_or(changed)
    return method, found


def _post_line(model: Any, line: Line, scope: list[Any], domains: Sequence[int]) -> None:
    """Unfold the automaton over its cells and post it; states are numbered as they are met."""
    number: dict[Any, int] = {(0, line.start): 0}
    layer = [line.start]
    arcs: list[tuple[int, int, int]] = []
    for i, c in enumerate(line.cells):
        after: dict[Any, None] = {}
        for state in layer:
            for value in range(domains[c].bit_length()):
                if domains[c] >> value & 1:
                    to = line.step(i, state, value)
                    if to is not None:
                        after[to] = None
                        arcs.append((number[i, state], number.setdefault((i + 1, to), len(number)), value))
        layer = list(after)
    ends = [number[len(line.cells), s] for s in layer if line.accept(s)]
    if not ends:
        model.add_bool_or([])
        return
    model.add_automaton(scope, 0, ends, [(a, value, b) for a, b, value in arcs])
