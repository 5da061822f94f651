"""The judge's own model of a constraint puzzle: cells, values, relations; step checks and the recount.

A relation answers one question, `possible(domains)`: can these cells still satisfy it? DIFFERENT asks for a
matching of cells to values, LINE runs an automaton over its cells layer by layer. A claim is justified when its
denial makes a cited relation impossible, alone or together with the other cited ones (reverse propagation
restricted to what the step cites), so a wrong claim can never pass. Nothing here is shared with the generator's engine.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verimill.schemas.core import Recount, Status, Step, TraceVerdict
from verimill.verifiers.steps import walk

Domains = list[int]


@dataclass(frozen=True, slots=True)
class Different:
    """All cells hold different values; `complete`: every value of the cells' union appears."""

    cells: tuple[int, ...]
    complete: bool = False

    def possible(self, domains: Domains) -> bool:
        """True when cells can be matched to different values (Kuhn's augmenting paths)."""
        if self.complete:
            union = 0
            for c in self.cells:
                union |= domains[c]
            if union.bit_count() < len(self.cells):
                return False
        owner: dict[int, int] = {}

        def place(cell: int, tried: set[int]) -> bool:
            mask = domains[cell]
            while mask:
                bit = mask & -mask
                mask ^= bit
                if bit in tried:
                    continue
                tried.add(bit)
                if bit not in owner or place(owner[bit], tried):
                    owner[bit] = cell
                    return True
            return False

        return all(place(c, set()) for c in sorted(self.cells, key=lambda c: domains[c].bit_count()))

    def holds(self, values: Sequence[int]) -> bool:
        """True when the given values (one a cell) differ."""
        return len(set(values)) == len(values)


@dataclass(frozen=True, slots=True)
class Line:
    """The cells read in order drive an automaton: `step(i, state, value)` is the next state or None.

    `accept(state)` says whether the end is good. `total` is set for weighted sums, for solvers that know them:
    (weights, base, low, high).
    """

    cells: tuple[int, ...]
    start: Hashable
    step: Callable[[int, Any, int], Any]
    accept: Callable[[Any], bool]
    total: tuple[tuple[int, ...], int, int, int] | None = None

    def possible(self, domains: Domains) -> bool:
        """True when some choice of values reaches an accepting state."""
        states = {self.start}
        for i, c in enumerate(self.cells):
            mask, after = domains[c], set()
            for state in states:
                m, value = mask, 0
                while m:
                    if m & 1:
                        to = self.step(i, state, value)
                        if to is not None:
                            after.add(to)
                    m >>= 1
                    value += 1
            if not after:
                return False
            states = after
        return any(self.accept(s) for s in states)

    def holds(self, values: Sequence[int]) -> bool:
        """True when the given values (one a cell) are accepted."""
        state: Any = self.start
        for i, value in enumerate(values):
            state = self.step(i, state, value)
            if state is None:
                return False
        return self.accept(state)


Relation = Different | Line


MAX_STATES = 4096  # of one layer when relations are run together; beyond it nothing is concluded


def together(relations: Sequence[Relation], domains: Domains) -> bool:
    """False when no choice of values meets all the relations at once; True also when that is too long to say.

    Lines run side by side over the cells in an order that suits all of them.
    """
    lines = [r for r in relations if isinstance(r, Line)]
    if len(lines) < 2:
        return True
    order: list[int] = []
    at = [0] * len(lines)
    left = {c for line in lines for c in line.cells}
    while left:
        free = [
            line.cells[k]
            for line, k in zip(lines, at, strict=True)
            if k < len(line.cells)
            and all(line.cells[k] not in other.cells[j + 1 :] for other, j in zip(lines, at, strict=True))
        ]
        if not free:
            return True
        cell = free[0]
        order.append(cell)
        left.discard(cell)
        for i, line in enumerate(lines):
            if at[i] < len(line.cells) and line.cells[at[i]] == cell:
                at[i] += 1
    place = [{c: k for k, c in enumerate(line.cells)} for line in lines]
    states: set[tuple[Any, ...]] = {tuple(line.start for line in lines)}
    for cell in order:
        after: set[tuple[Any, ...]] = set()
        for value in range(domains[cell].bit_length()):
            if not domains[cell] >> value & 1:
                continue
            for state in states:
                to = tuple(
                    line.step(where[cell], s, value) if cell in where else s
                    for line, where, s in zip(lines, place, state, strict=True)
                )
                if None not in to:
                    after.add(to)
        if len(after) > MAX_STATES:
            return True
        states = after
    return any(all(line.accept(s) for line, s in zip(lines, state, strict=True)) for state in states)


def less(a: int, b: int, gap: int = 1) -> Line:
    """Value of a plus gap is at most value of b."""
    return Line((a, b), -1, lambda i, s, v: v if i == 0 else (0 if s + gap <= v else None), lambda s: True)


def total(cells: Sequence[int], low: int, high: int, base: int = 0, weights: Sequence[int] | None = None) -> Line:
    """low <= sum of weight * (value + base) <= high."""
    w = tuple(weights) if weights is not None else (1,) * len(cells)
    return Line(
        tuple(cells), 0, lambda i, s, v: s + w[i] * (v + base), lambda s: low <= s <= high, (w, base, low, high)
    )


def allowed(cells: Sequence[int], test: Callable[[tuple[int, ...]], bool]) -> Line:
    """The tuple of values passes `test`; for few cells, since every tuple is tried."""
    last = len(cells) - 1
    return Line(tuple(cells), (), lambda i, s, v: (*s, v) if i < last or test((*s, v)) else None, lambda s: True)


@dataclass(frozen=True, slots=True)
class Board:
    """Cells by name with their candidate values, and the relations by the ref that traces cite.

    `domains` are masks of value indices, givens already applied.
    """

    names: tuple[str, ...]
    values: tuple[str, ...]
    domains: tuple[int, ...]
    relations: Mapping[str, Relation]


class _State:
    """Candidates during a walk: a placed value leaves every other cell of its groups."""

    __slots__ = ("board", "cell_of", "domains", "groups", "placed", "value_of")

    def __init__(self, board: Board) -> None:
        self.board = board
        self.cell_of = {name: i for i, name in enumerate(board.names)}
        self.value_of = {text: i for i, text in enumerate(board.values)}
        self.domains: Domains = list(board.domains)
        self.groups: list[list[Different]] = [[] for _ in board.names]
        for relation in board.relations.values():
            if isinstance(relation, Different):
                for c in relation.cells:
                    self.groups[c].append(relation)
        self.placed = [mask.bit_count() == 1 for mask in board.domains]  # given, or claimed by a step
        for cell, mask in enumerate(board.domains):
            if self.placed[cell]:
                self.place(self.domains, cell, mask)

    def place(self, domains: Domains, cell: int, bit: int) -> None:
        domains[cell] &= bit
        for group in self.groups[cell]:
            for other in group.cells:
                if other != cell:
                    domains[other] &= ~bit

    def parse(self, claim: str) -> tuple[int, int, bool]:
        """(cell, mask of the value, True for `=`); ValueError for anything else."""
        for sign in ("!=", "="):
            name, found, value = claim.partition(sign)
            if found:
                if name not in self.cell_of or value not in self.value_of:
                    raise ValueError(f"{claim!r:.60} names no cell or value of this problem")
                return self.cell_of[name], 1 << self.value_of[value], sign == "="
        raise ValueError(f"{claim!r:.60} is not a claim of the form cell=value or cell!=value")

    def justified(self, domains: Domains, because: tuple[str, ...], cell: int, bit: int, equal: bool) -> bool:
        """True when denying the claim leaves a cell empty or a cited relation impossible."""
        mask = domains[cell] & (~bit if equal else bit)
        if mask == 0:
            return True
        trial = list(domains)
        trial[cell] = mask
        if mask & (mask - 1) == 0:
            self.place(trial, cell, mask)
        cited = [self.relation(ref) for ref in because]
        if any(not relation.possible(trial) for relation in cited):
            return True
        return len(cited) > 1 and not together(cited, trial)

    def relation(self, ref: str) -> Relation:
        if ref not in self.board.relations:
            raise ValueError(f"{ref!r:.60} names no rule or clue of this problem")
        return self.board.relations[ref]

    def judge(self, domains: Domains, step: Step) -> str | None:
        """Why the step does not follow, or None; its claims are then applied to `domains`."""
        if step.rule == "suppose" or step.sub:
            return self.judge_supposition(domains, step)
        if not step.claims:
            return "a step must claim something"
        if step.claims == ("contradiction",):
            if 0 in domains or any(not self.relation(ref).possible(domains) for ref in step.because):
                return None
            return f"no contradiction follows from {', '.join(step.because) or 'the candidates'}"
        facts = [self.parse(claim) for claim in step.claims]
        why = None
        for claim, (cell, bit, equal) in zip(step.claims, facts, strict=True):
            if why is None and not self.justified(domains, step.because, cell, bit, equal):
                why = f"{claim} does not follow from {', '.join(step.because) or 'the candidates'}"
            self.accept(domains, cell, bit, equal)  # a later claim of the step may rest on an earlier one
            if equal and domains is self.domains:
                self.placed[cell] = True
        return why

    def accept(self, domains: Domains, cell: int, bit: int, equal: bool) -> None:
        if equal:
            self.place(domains, cell, bit)
        else:
            domains[cell] &= ~bit

    def judge_supposition(self, domains: Domains, step: Step) -> str | None:
        if len(step.claims) != 1 or not step.sub:
            return "a supposition must rule out one value by steps that end in a contradiction"
        cell, bit, equal = self.parse(step.claims[0])
        if equal:
            return "a supposition rules out a value"
        trial = list(domains)
        if trial[cell] & bit == 0:
            trial[cell] = 0
        else:
            trial[cell] = bit
            self.place(trial, cell, bit)
        why = None
        for at, inner in enumerate(step.sub, 1):
            if why is None and inner.number != at:
                why = f"expected inner step {at}, got {inner.number}"
            if why is None and inner.sub:
                why = "a supposition inside a supposition"
            if why is None:
                found = self.judge(trial, inner)
                why = f"inner step {at}: {found}" if found else None
        if why is None and step.sub[-1].claims != ("contradiction",):
            why = "the supposition does not end in a contradiction"
        self.accept(domains, cell, bit, False)
        return why


def check_on(board: Board, steps: tuple[Step, ...], values: Sequence[int] | None) -> TraceVerdict:
    """Judge a trace on a board. It must place every cell as in `values`, or, when None, end in a contradiction.

    A value of -1 stands for a cell that the trace must leave open.
    """
    state = _State(board)

    def unfinished() -> str | None:
        if values is None:
            if steps and steps[-1].claims == ("contradiction",):
                return None
            return "the trace does not end in a contradiction"
        for name, placed, mask, value in zip(board.names, state.placed, state.domains, values, strict=True):
            if value < 0:
                if placed:
                    return f"the trace places {name}, which the answer leaves open"
            elif not placed or mask != 1 << value:
                return f"the trace does not establish {name}={board.values[value]}"
        return None

    return walk(steps, lambda step: state.judge(state.domains, step), unfinished)


SMALL = 2.0e7  # product of the candidates of the open cells up to which python-constraint is tried


def recount_on(board: Board, status: Status, values: Sequence[int] | None) -> Recount:
    """Count solutions (up to two) with python-constraint2, or with CP-SAT where that would be slow.

    Raises ImportError naming the extra when CP-SAT is needed and not installed.
    """
    state = _State(board)
    room = 1.0
    for mask in state.domains:
        room *= max(1, mask.bit_count())
    if room <= SMALL:
        method, found = _by_backtracking(board, state.domains)
    else:
        method, found = _by_cp_sat(board)
    got: Status = ("none", "one", "many")[min(len(found), 2)]
    if got != status:
        return Recount(False, method, f"status is {status}, counted {len(found)} (of at most 2)")
    if values is not None and status == "one" and tuple(values) != found[0]:
        return Recount(False, method, "the only solution is another one")
    return Recount(True, method, f"{len(found)} of at most 2 solutions")


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
        raise ImportError('this recount needs CP-SAT: pip install "verimill[recount]"') from None
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
