"""Judge of graph_coloring: every edge is looked at; every deduction and supposition is done again."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.graphs.graph_coloring import Answer, Problem
from verimill.verifiers.boards import Board
from verimill.verifiers.claims_board import on_board
from verimill.verifiers.relations import Different
from verimill.verifiers.steps import walk


def _one_coloured_edge(problem: Problem, answer: Answer) -> str | None:
    if tuple([name for name, _ in answer]) != problem.names:
        return "not every node has one colour"
    colours = [colour for _, colour in answer]
    if not set(colours) <= set(problem.palette):
        return "a colour is not of the palette"
    for u, v in problem.edges:
        if colours[u] == colours[v]:
            return f"{problem.names[u]} and {problem.names[v]} are both {colours[u]}"
    return None


@lru_cache(maxsize=512)
def _around(problem: Problem) -> dict[str, frozenset[str]]:
    """The neighbours of each node, by name."""
    out: dict[str, set[str]] = {name: set() for name in problem.names}
    for u, v in problem.edges:
        out[problem.names[u]].add(problem.names[v])
        out[problem.names[v]].add(problem.names[u])
    return {name: frozenset(ends) for name, ends in out.items()}


class _State:
    """What is known: the colour of some nodes, and colours that some nodes cannot have."""

    def __init__(self, problem: Problem) -> None:
        self.palette, self.around = problem.palette, _around(problem)
        self.colour: dict[str, str] = {}
        self.never: set[tuple[str, str]] = set()
        self.chosen = False  # after a choice a contradiction refutes only the choice
        self.refuted = False

    def copy(self) -> _State:
        other = object.__new__(_State)
        other.palette, other.around = self.palette, self.around
        other.colour, other.never = dict(self.colour), set(self.never)
        other.chosen = other.refuted = False
        return other

    def equal(self, text: str) -> tuple[str, str]:
        """Node and colour of `A=red`; ValueError for anything else."""
        name, _, colour = text.partition("=")
        if name not in self.around or colour not in self.palette:
            raise ValueError(f"{text!r:.40} is no node=colour")
        return name, colour

    def differ(self, text: str) -> tuple[str, str]:
        """Node and colour of `A!=red`; ValueError for anything else."""
        name, _, colour = text.partition("!=")
        if name not in self.around or colour not in self.palette:
            raise ValueError(f"{text!r:.40} is no node!=colour")
        return name, colour

    def shut_out(self, name: str, reasons: tuple[str, ...]) -> set[str]:
        """The colours that the reasons, all known, take from a node."""
        out = set()
        for reason in reasons:
            if "!=" in reason:
                who, colour = self.differ(reason)
                if who != name or (who, colour) not in self.never:
                    raise ValueError(f"{reason} is not known of {name}")
            else:
                who, colour = self.equal(reason)
                if who not in self.around[name] or self.colour.get(who) != colour:
                    raise ValueError(f"{reason} is not known of a neighbour of {name}")
            out.add(colour)
        return out

    def judge(self, step: Step, inside: bool = False) -> str | None:
        if self.refuted:
            return "nothing follows a contradiction"
        if step.sub and step.rule != "suppose":
            return "only a supposition has sub-steps"
        if step.rule == "start":
            return self._start(step)
        if len(step.claims) != 1:
            return "a step makes one claim"
        claim = step.claims[0]
        if step.rule == "forced" or step.rule == "choose":
            return self._coloured(step, claim, inside)
        if step.rule == "suppose":
            return self._suppose(step, claim)
        if step.rule == "same":
            return self._same(step, claim)
        if step.rule == "clash":
            if claim != "contradiction" or not step.because or step.because[0] not in self.around:
                return "a clash names a node and claims contradiction"
            if self.chosen:
                return "a contradiction after a choice refutes nothing"
            if self.shut_out(step.because[0], step.because[1:]) != set(self.palette):
                return f"{step.because[0]} still has a colour"
            self.refuted = True
            return None
        return f"there is no rule {step.rule!r:.20}"

    def _start(self, step: Step) -> str | None:
        if self.colour or self.never:
            return "colours are handed out freely only at the start"
        facts = [self.equal(claim) for claim in step.claims]
        if tuple(name for name, _ in facts) != step.because or len({colour for _, colour in facts}) != len(facts):
            return "the nodes of a start get different colours"
        for (a, _), (b, _) in combinations(facts, 2):
            if b not in self.around[a]:
                return f"{a} and {b} are not joined"
        self.colour.update(facts)
        return None

    def _coloured(self, step: Step, claim: str, inside: bool) -> str | None:
        name, colour = self.equal(claim)
        if name in self.colour:
            return f"{name} is coloured already"
        if step.rule == "forced":
            if self.shut_out(name, step.because) != set(self.palette) - {colour}:
                return f"other colours are left for {name}"
        else:
            if inside:
                return "a supposition may not rest on a choice"
            if step.because or (name, colour) in self.never:
                return f"{name} cannot be {colour}"
            if any(self.colour.get(other) == colour for other in self.around[name]):
                return f"{name} has a neighbour that is {colour}"
            self.chosen = True
        self.colour[name] = colour
        return None

    def _suppose(self, step: Step, claim: str) -> str | None:
        if len(step.because) != 1:
            return "a supposition is one colour of one node"
        name, colour = self.equal(step.because[0])
        if claim != f"{name}!={colour}" or name in self.colour:
            return "a supposition refutes itself, of a node without a colour"
        trial = self.copy()
        trial.colour[name] = colour
        for at, sub in enumerate(step.sub, 1):
            why = f"expected sub-step {at}" if sub.number != at else trial.judge(sub, True)
            if why is not None:
                return f"supposing {name}={colour}, sub-step {at}: {why}"
        if not trial.refuted:
            return f"supposing {name}={colour} reaches no contradiction"
        self.never.add((name, colour))
        return None

    def _same(self, step: Step, claim: str) -> str | None:
        if len(step.because) != 1:
            return "a colour is the same as one other"
        name, colour = self.differ(claim)
        who, known = self.differ(step.because[0])
        if who != name or (name, known) not in self.never or colour == known:
            return f"{step.because[0]} is not known"
        if {colour, known} & set(self.colour.values()):
            return f"{colour} and {known} are told apart by a coloured node"
        one = {node for node, c in self.never if c == known and node != name}
        two = {node for node, c in self.never if c == colour and node != name}
        if one != two:
            return f"{colour} and {known} are told apart by what is refuted"
        self.never.add((name, colour))
        return None


def _board(problem: Problem) -> Board:
    """The same problem as cells and relations, for claims in free text."""
    names = problem.names
    edges = {f"edge {names[u]} {names[v]}": Different((u, v)) for u, v in problem.edges}
    return Board(names, problem.palette, ((1 << len(problem.palette)) - 1,) * len(names), edges)


def _check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    state = _State(problem)

    def unfinished() -> str | None:
        if answer is None:
            return None if state.refuted else "the trace does not reach a contradiction"
        for name, colour in answer:
            if state.colour.get(name) != colour:
                return f"the trace does not reach {name}={colour}"
        return None

    return walk(steps, state.judge, unfinished)


def _recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """A SAT solver on one variable a node and colour."""
    from pysat.solvers import Solver

    k = len(problem.palette)
    with Solver(name="cadical153") as solver:
        for v in range(len(problem.names)):
            solver.add_clause([v * k + c + 1 for c in range(k)])
        for u, v in problem.edges:
            for c in range(k):
                solver.add_clause([-(u * k + c + 1), -(v * k + c + 1)])
        colourable = bool(solver.solve())
    held = answer is not None and _one_coloured_edge(problem, answer) is None
    agrees = (status == "one" and colourable and held) or (status == "none" and not colourable)
    return Recount(agrees, "SAT (cadical153)", "colourable" if colourable else "not colourable")


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(Rule("edges", _one_coloured_edge),),
    check=_check,
    recount=_recount,
    claims=on_board(_board, None, exact_case=True),
)
