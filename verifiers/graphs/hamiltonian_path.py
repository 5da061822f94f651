"""Judge of paths through every node; existence is recounted by SAT, one node a place."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations, pairwise

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.graphs.hamiltonian_path import Answer, Problem
from verimill.verifiers.claims_graphs import PlaceReader
from verimill.verifiers.steps import walk


@lru_cache(maxsize=2048)
def _ways(problem: Problem) -> frozenset[tuple[str, str]]:
    """Every hop that can be made, both directions of an undirected edge."""
    names = problem.names
    ways = {(names[u], names[v]) for u, v in problem.edges}
    return frozenset(ways if problem.directed else ways | {(b, a) for a, b in ways})


def _start(problem: Problem, answer: Answer) -> str | None:
    if problem.start >= 0 and answer[0] != problem.names[problem.start]:
        return f"the path must start at {problem.names[problem.start]}, it starts at {answer[0]}"
    return None


def _edges(problem: Problem, answer: Answer) -> str | None:
    ways = _ways(problem)
    for pair in pairwise(answer):
        if pair not in ways:
            return f"no edge leads from {pair[0]} to {pair[1]}"
    return None


def _once(problem: Problem, answer: Answer) -> str | None:
    if len(set(answer)) != len(answer):
        return f"{next(name for at, name in enumerate(answer) if name in answer[:at])} is passed twice"
    return None


def _all(problem: Problem, answer: Answer) -> str | None:
    passed = set(answer)
    if len(passed) < len(problem.names):
        return f"{next(name for name in problem.names if name not in passed)} is not passed"
    return None


class _Walker:
    """The way gone so far, and what was given up at each place of it."""

    def __init__(self, problem: Problem, answer: Answer | None) -> None:
        self.answer = answer
        self.names = problem.names
        self.directed = problem.directed
        self.starts = problem.names if problem.start < 0 else (problem.names[problem.start],)
        self.out: dict[str, list[str]] = {name: [] for name in problem.names}
        for a, b in sorted(_ways(problem)):
            self.out[a].append(b)
        self.way: list[str] = []
        self.dead: list[set[str]] = [set()]  # dead[k - 1]: given up at place k, the way before it being as it is
        self.done = False

    def judge(self, step: Step) -> str | None:
        """Why the step does not follow, or None; what it claims is kept."""
        if self.done:
            return "the trace goes on after its end"
        word = step.claims[0].split() if len(step.claims) == 1 else []
        if step.rule == "done" and word[:1] == ["path"]:
            return self._finish(tuple(word[1:]))
        if step.rule == "none" and word == ["contradiction"]:
            return self._none(step.because)
        if len(word) != 3 or word[2] not in self.out or not (word[1].isascii() and word[1].isdigit()):
            return f"{step.rule!r:.20} does not give {' '.join(step.claims)!r:.60}"
        place, node = int(word[1][:6]), word[2]
        if step.rule in ("go", "forced") and word[0] == "at":
            return self._go(step, place, node)
        if step.rule == "tried" and word[0] == "dead":
            return self._tried(step.because, place, node)
        if step.rule in ("stuck", "lost", "ends") and word[0] == "dead":
            why = self._open(place, node) or self._hopeless(step, node)
            if why is None:
                self.dead[place - 1].add(node)
            return why
        return f"{step.rule!r:.20} does not give {step.claims[0]!r:.60}"

    def _choices(self) -> list[str]:
        """The nodes that could come next."""
        if not self.way:
            return list(self.starts)
        return [name for name in self.out[self.way[-1]] if name not in self.way]

    def _open(self, place: int, node: str) -> str | None:
        if place != len(self.way) + 1:
            return f"the next place is {len(self.way) + 1}, not {place}"
        if node not in self._choices():
            return f"{node} cannot come next"
        return f"{node} was given up here" if node in self.dead[-1] else None

    def _go(self, step: Step, place: int, node: str) -> str | None:
        why = self._open(place, node)
        if why is not None:
            return why
        edge = [f"edge {self.way[-1]} {node}"] if self.way else []
        if step.rule == "forced" and any(name not in self.dead[-1] for name in self._choices() if name != node):
            return f"{node} is not the only way on"
        edge += [f"dead {place} {name}" for name in self.dead[-1]]
        if sorted(step.because) != sorted(edge):
            return f"{node} at place {place} is not reasoned as it should be"
        self.way.append(node)
        self.dead.append(set())
        return None

    def _left(self, node: str) -> set[str]:
        return set(self.names) - set(self.way) - {node}

    def _hopeless(self, step: Step, node: str) -> str | None:
        """Why `node` at the next place is not to be given up for the reason named."""
        left = self._left(node)
        if step.rule == "stuck":
            on = [name for name in self.out[node] if name in left]
            return f"{node} leads on to {on[0]}" if on else None if left else "all nodes are passed"
        named = [ref.split() for ref in step.because]
        kind, count = ("lost", 1) if step.rule == "lost" else ("last", 2)
        if len(named) != count or any(len(ref) != 2 or ref[0] != kind or ref[1] not in left for ref in named):
            return f"{count} nodes that are left are wanted, got {', '.join(step.because)!r:.60}"
        if step.rule == "lost":
            row, seen = [node], {node}
            for name in row:
                new = [other for other in self.out[name] if other in left and other not in seen]
                seen.update(new)
                row.extend(new)
            return f"{named[0][1]} can be reached" if named[0][1] in seen else None
        if named[0] == named[1]:
            return "two different nodes are wanted"
        # With edges both ways one comes in and goes out over two edges; with ways one needs an edge that leads out.
        room, least = (left, 0) if self.directed else (left | {node}, 1)
        for _, name in named:
            if len([other for other in self.out[name] if other in room]) > least:
                return f"{name} need not come last"
        return None

    def _tried(self, because: tuple[str, ...], place: int, node: str) -> str | None:
        if place != len(self.way) or self.way[-1] != node:
            return f"{node} is not the end of the way"
        choices = self._choices()
        if any(name not in self.dead[-1] for name in choices) or len(self.way) == len(self.names):
            return f"not every way on from {node} was given up"
        if sorted(because) != sorted([f"dead {place + 1} {name}" for name in choices]):
            return "the ways given up are not named"
        self.way.pop()
        self.dead.pop()
        self.dead[-1].add(node)
        return None

    def _finish(self, path: tuple[str, ...]) -> str | None:
        if path != tuple(self.way) or len(path) != len(self.names):
            return "the way gone does not pass every node, or is another"
        if self.answer is None or path != self.answer:
            return "the path is not the answer"
        self.done = True
        return None

    def _none(self, because: tuple[str, ...]) -> str | None:
        if self.answer is not None:
            return "the problem has an answer"
        if self.way or any(name not in self.dead[0] for name in self.starts):
            return "not every start was given up"
        if sorted(because) != sorted([f"dead 1 {name}" for name in self.starts]):
            return "the starts given up are not named"
        self.done = True
        return None


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Every hop and every beginning given up re-derived; the end is the answer's path, or that no start is left."""
    walker = _Walker(problem, answer)
    return walk(steps, walker.judge, lambda: None if walker.done else "the trace does not reach its end")


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """Existence once more, by a SAT solver on which node comes at which place; then with the answer's places set."""
    from pysat.solvers import Solver

    n, ways = len(problem.names), _ways(problem)

    def at(place: int, v: int) -> int:
        return place * n + v + 1

    clauses = [[at(place, v) for v in range(n)] for place in range(n)]
    clauses += [[at(place, v) for place in range(n)] for v in range(n)]
    for one, two in combinations(range(n), 2):
        clauses += [[-at(one, v), -at(two, v)] for v in range(n)]
        clauses += [[-at(place, one), -at(place, two)] for place in range(n)]
    out = [[v for v in range(n) if (a, problem.names[v]) in ways] for a in problem.names]
    into = [[u for u in range(n) if (problem.names[u], b) in ways] for b in problem.names]
    for place in range(n - 1):
        clauses += [[-at(place, u), *[at(place + 1, v) for v in out[u]]] for u in range(n)]
        clauses += [[-at(place + 1, v), *[at(place, u) for u in into[v]]] for v in range(n)]
    if problem.start >= 0:
        clauses.append([at(0, problem.start)])
    with Solver(name="cadical153", bootstrap_with=clauses) as solver:
        exists = bool(solver.solve())
        fits = exists and (answer is None or len(answer) == n)
        if fits and answer is not None:
            number = {name: v for v, name in enumerate(problem.names)}
            fits = bool(solver.solve(assumptions=[at(place, number[name]) for place, name in enumerate(answer)]))
    agrees = fits if status == "one" else not exists
    told = f"a path {'exists' if exists else 'does not exist'}{'' if agrees or not exists else ', not this one'}"
    return Recount(agrees, "cadical153, a node at each place", told)


def _claims(problem: Problem, status: Status, answer: Answer | None) -> PlaceReader:
    start = problem.names[problem.start] if problem.start >= 0 else None
    return PlaceReader(problem.names, dict.fromkeys(_ways(problem), 1), start)


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(Rule("start", _start), Rule("edges", _edges), Rule("once", _once), Rule("all", _all)),
    check=check,
    recount=recount,
    claims=_claims,
)
