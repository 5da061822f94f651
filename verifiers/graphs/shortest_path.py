"""Judge of shortest paths: the distance comes from a label-correcting search (Bellman-Ford with a queue)."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from itertools import pairwise

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.graphs.shortest_path import Answer, Problem
from verimill.verifiers.claims_graphs import DistanceReader
from verimill.verifiers.steps import walk


@lru_cache(maxsize=2048)
def _ways(problem: Problem) -> dict[tuple[str, str], int]:
    """Weight of every way that can be gone, both directions of an undirected edge."""
    names = problem.names
    ways = {(names[u], names[v]): w for u, v, w in problem.edges}
    if not problem.directed:
        ways.update({(names[v], names[u]): w for u, v, w in problem.edges})
    return ways


@lru_cache(maxsize=2048)
def _distance(problem: Problem) -> int | None:
    """Least total from source to target, or None when it cannot be reached."""
    out: list[list[tuple[int, int]]] = [[] for _ in problem.names]
    for u, v, w in problem.edges:
        out[u].append((v, w))
        if not problem.directed:
            out[v].append((u, w))
    far = 1 << 60
    total = [far] * len(out)
    total[problem.source] = 0
    queue = deque([problem.source])
    while queue:
        u = queue.popleft()
        base = total[u]
        for v, w in out[u]:
            if base + w < total[v]:
                total[v] = base + w
                if v not in queue:
                    queue.append(v)
    return None if total[problem.target] == far else total[problem.target]


def _ends(problem: Problem, answer: Answer) -> str | None:
    source, target = problem.names[problem.source], problem.names[problem.target]
    if answer[0] != source:
        return f"the path must start at {source}, it starts at {answer[0]}"
    if answer[-1] != target:
        return f"the path must end at {target}, it ends at {answer[-1]}"
    return None


def _edges(problem: Problem, answer: Answer) -> str | None:
    ways = _ways(problem)
    for pair in pairwise(answer):
        if pair not in ways:
            return f"no edge leads from {pair[0]} to {pair[1]}"
    return None


def _shortest(problem: Problem, answer: Answer) -> str | None:
    ways = _ways(problem)
    total = sum([ways.get(pair, 0) for pair in pairwise(answer)])
    least = _distance(problem)
    if least is not None and total > least:
        return f"the total is {total}, a path of total {least} exists"
    return None


class _Walker:
    """What a trace has established so far: exact totals of settled nodes, best totals of the others."""

    def __init__(self, problem: Problem, answer: Answer | None) -> None:
        self.answer = answer
        self.source, self.target = problem.names[problem.source], problem.names[problem.target]
        self.out: dict[str, list[tuple[str, int]]] = {name: [] for name in problem.names}
        self.ways = _ways(problem)
        for (u, v), w in self.ways.items():
            self.out[u].append((v, w))
        self.dist: dict[str, int] = {}
        self.best: dict[str, tuple[int, str]] = {}
        self.done = False

    def judge(self, step: Step) -> str | None:
        """Why the step does not follow, or None; what it claims is kept."""
        if self.done:
            return "the trace goes on after its end"
        if len(step.claims) != 1:
            return f"one claim is wanted, got {len(step.claims)}"
        for ref in step.because:
            if not self._known(ref.split()):
                return f"{ref!r:.60} is not known"
        word = step.claims[0].split()
        if step.rule == "start" and word == ["dist", self.source, "=", "0"] and not self.dist:
            self.dist[self.source] = 0
            return None
        if step.rule in ("relax", "settle") and len(word) == 6 and word[2::2] == ["=", "via"]:
            return self._via(step, word[0], word[1], _number(word[3]), word[5])
        if step.rule == "path" and word[:1] == ["path"]:
            return self._path(word)
        if step.rule == "closed" and word == ["contradiction"]:
            return self._closed()
        return f"{step.rule!r:.20} does not give {step.claims[0]!r:.60}"

    def _known(self, word: list[str]) -> bool:
        """True for an edge of the problem and for a claim established before."""
        if len(word) == 4 and word[0] == "edge":
            return self.ways.get((word[1], word[2])) == _number(word[3])
        if len(word) == 4 and word[0] == "dist":
            return self.dist.get(word[1]) == _number(word[3])
        return len(word) == 6 and word[0] == "best" and self.best.get(word[1]) == (_number(word[3]), word[5])

    def _via(self, step: Step, kind: str, node: str, total: int, via: str) -> str | None:
        if not step.because or kind != ("best" if step.rule == "relax" else "dist"):
            return f"{step.rule} does not give {kind!r:.20}"
        if via not in self.dist or (via, node) not in self.ways:
            return f"no edge leads from a settled {via} to {node}"
        if node in self.dist:
            return f"{node} is settled already"
        if self.dist[via] + self.ways[via, node] != total:
            return f"{via} gives {node} the total {self.dist[via] + self.ways[via, node]}, not {total}"
        if step.rule == "relax":
            if node in self.best and self.best[node][0] <= total:
                return f"{node} had {self.best[node][0]} already"
            self.best[node] = (total, via)
            return None
        least = min(self.dist[u] + w for u in self.dist for v, w in self.out[u] if v not in self.dist)
        if least < total:
            return f"{node} is not nearest: another node can be had for {least}"
        self.dist[node] = total
        return None

    def _path(self, word: list[str]) -> str | None:
        path, total = tuple(word[1:-2]), _number(word[-1])
        if word[-2] != "=" or not path or path[0] != self.source or path[-1] != self.target:
            return f"a path from {self.source} to {self.target} is wanted"
        if any(pair not in self.ways for pair in pairwise(path)):
            return "the path uses an edge that does not exist"
        if sum([self.ways[pair] for pair in pairwise(path)]) != total:
            return f"the path's total is not {total}"
        if self.dist.get(self.target) != total:
            return f"the least total of {self.target} is not known to be {total}"
        if self.answer is None or path != self.answer:
            return "the path is not the answer"
        self.done = True
        return None

    def _closed(self) -> str | None:
        if self.answer is not None:
            return "the problem has an answer"
        if not self.dist or self.target in self.dist:
            return f"{self.target} is reached, or nothing is"
        for u in self.dist:
            for v, _ in self.out[u]:
                if v not in self.dist:
                    return f"the edge from {u} to {v} leads on"
        self.done = True
        return None


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise ValueError(f"a whole number is wanted, got {word!r:.20}")
    return int(word)


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Every distance re-derived from the settled nodes; the last step must be the answer's path, or the closed set."""
    walker = _Walker(problem, answer)
    return walk(steps, walker.judge, lambda: None if walker.done else "the trace does not reach its end")


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """The distance once more, by rustworkx."""
    import rustworkx

    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(list(problem.names))
    graph.add_edges_from(list(problem.edges))
    if not problem.directed:
        graph.add_edges_from([(v, u, w) for u, v, w in problem.edges])
    found = rustworkx.dijkstra_shortest_path_lengths(graph, problem.source, float, problem.target)
    least = found[problem.target] if problem.target in found else None
    if status != "one" or answer is None:
        return Recount((least is None) == (status == "none"), "rustworkx dijkstra", f"distance {least}")
    ways = _ways(problem)
    total = sum([ways.get(pair, 1 << 40) for pair in pairwise(answer)])
    return Recount(least == total, "rustworkx dijkstra", f"distance {least}, answer {total}")


def _claims(problem: Problem, status: Status, answer: Answer | None) -> DistanceReader:
    return DistanceReader(problem.names, _ways(problem), problem.names[problem.source])


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(Rule("ends", _ends), Rule("edges", _edges), Rule("shortest", _shortest)),
    check=check,
    recount=recount,
    claims=_claims,
)
