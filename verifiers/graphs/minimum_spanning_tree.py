"""Judge of spanning trees: the least total by growing one tree from a node, a wrong edge by the cycle property."""

from __future__ import annotations

from functools import lru_cache
from heapq import heappop, heappush

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.graphs.minimum_spanning_tree import Answer, Problem
from verimill.schemas.networks import Forest, joined
from verimill.verifiers.claims_graphs import TreeReader
from verimill.verifiers.steps import walk


@lru_cache(maxsize=2048)
def _facts(problem: Problem) -> tuple[dict[str, int], dict[tuple[str, str], int], list[tuple[int, str, str]]]:
    """Node of a name; weight of a pair of names in both orders; the edges by weight."""
    names = problem.names
    weight: dict[tuple[str, str], int] = {}
    for u, v, w in problem.edges:
        weight[names[u], names[v]] = weight[names[v], names[u]] = w
    by_weight = sorted([(w, names[u], names[v]) for u, v, w in problem.edges])
    return {name: v for v, name in enumerate(names)}, weight, by_weight


def _edges(problem: Problem, answer: Answer) -> str | None:
    weight = _facts(problem)[1]
    for pair in answer:
        if pair not in weight:
            return f"there is no edge between {pair[0]} and {pair[1]}"
    return None


@lru_cache(maxsize=2048)
def _least_total(problem: Problem) -> int:
    """Total of a least spanning tree (of node 0's part), grown from node 0 by the lightest edge that leads out."""
    out: list[list[tuple[int, int]]] = [[] for _ in problem.names]
    for u, v, w in problem.edges:
        out[u].append((w, v))
        out[v].append((w, u))
    total, done = 0, [False] * len(out)
    heap = [(0, 0)]
    while heap:
        w, u = heappop(heap)
        if not done[u]:
            done[u] = True
            total += w
            for way in out[u]:
                if not done[way[1]]:
                    heappush(heap, way)
    return total


def _joined(problem: Problem, answer: Answer) -> tuple[list[int], int]:
    at = _facts(problem)[0]
    return joined(len(at), [(at[a], at[b]) for a, b in answer])


def _acyclic(problem: Problem, answer: Answer) -> str | None:
    closing = _joined(problem, answer)[1]
    return None if closing < 0 else f"{'-'.join(answer[closing])} closes a cycle"


def _spanning(problem: Problem, answer: Answer) -> str | None:
    parts = _joined(problem, answer)[0]
    for v, part in enumerate(parts):
        if part != parts[0]:
            return f"{problem.names[v]} is not joined to {problem.names[0]}"
    return None


def _least(problem: Problem, answer: Answer) -> str | None:
    """An edge left out must not be lighter than the heaviest chosen edge on the way between its ends."""
    at, weight, by_weight = _facts(problem)
    if len(answer) == len(at) - 1 and sum([weight.get(pair, 0) for pair in answer]) == _least_total(problem):
        return None
    chosen = {pair for pair in answer if pair in weight}
    whole, light = Forest(len(at)), Forest(len(at))
    for a, b in chosen:
        whole.join(at[a], at[b])
    start = 0
    while start < len(by_weight):
        end = start
        while end < len(by_weight) and by_weight[end][0] == by_weight[start][0]:
            _, a, b = by_weight[end]
            if (a, b) in chosen or (b, a) in chosen:
                light.join(at[a], at[b])
            end += 1
        for w, a, b in by_weight[start:end]:
            u, v = at[a], at[b]
            if light.find(u) != light.find(v) and whole.find(u) == whole.find(v):
                return f"{a}-{b} of weight {w} is left out, but a heavier edge joins its ends' parts"
        start = end
    return None


class _Walker:
    """The parts that the edges taken so far join."""

    def __init__(self, problem: Problem, answer: Answer | None) -> None:
        self.answer = answer
        self.at, self.weight, self.by_weight = _facts(problem)
        self.forest = Forest(len(self.at))
        self.taken: dict[tuple[str, str], int] = {}
        self.done = False

    def judge(self, step: Step) -> str | None:
        """Why the step does not follow, or None; what it claims is kept."""
        if self.done:
            return "the trace goes on after its end"
        if len(step.claims) != 1:
            return f"one claim is wanted, got {len(step.claims)}"
        word = step.claims[0].split()
        if step.rule == "take" and len(word) == 4 and word[0] == "tree":
            return self._take(word[1], word[2], word[3], step.because)
        if step.rule == "skip" and len(word) == 4 and word[0] == "cycle":
            return self._skip(word[1], word[2], word[3], step.because)
        if step.rule == "total" and len(word) == 2 and word[0] == "total":
            return self._total(word[1])
        if step.rule == "apart" and word == ["contradiction"]:
            return self._apart()
        return f"{step.rule!r:.20} does not give {step.claims[0]!r:.60}"

    def _is_edge(self, a: str, b: str, number: str) -> bool:
        return (a, b) in self.weight and str(self.weight[a, b]) == number

    def _take(self, a: str, b: str, number: str, because: tuple[str, ...]) -> str | None:
        if not self._is_edge(a, b, number) or because != (f"edge {a} {b} {number}",):
            return f"no edge {a} {b} {number} is given"
        if self.forest.find(self.at[a]) == self.forest.find(self.at[b]):
            return f"{a} and {b} are joined already"
        for w, c, d in self.by_weight:
            if w >= self.weight[a, b]:
                break
            if self.forest.find(self.at[c]) != self.forest.find(self.at[d]):
                return f"{c}-{d} of weight {w} is lighter and joins two parts"
        self.forest.join(self.at[a], self.at[b])
        self.taken[a, b] = self.weight[a, b]
        return None

    def _skip(self, a: str, b: str, number: str, because: tuple[str, ...]) -> str | None:
        if not self._is_edge(a, b, number):
            return f"no edge {a} {b} {number} is given"
        if (a, b) in self.taken or (b, a) in self.taken:
            return f"{a}-{b} was taken"
        here = a
        for ref in because:
            word = ref.split()
            if len(word) != 4 or word[0] != "tree" or word[1] != here:
                return f"the cycle does not go on from {here} with {ref!r:.40}"
            was = self.taken.get((word[1], word[2]), self.taken.get((word[2], word[1])))
            if was is None or str(was) != word[3] or was > self.weight[a, b]:
                return f"{ref!r:.40} was not taken, or is heavier"
            here = word[2]
        return None if here == b else f"the cycle ends at {here}, not at {b}"

    def _total(self, number: str) -> str | None:
        if len(self.taken) != len(self.at) - 1:
            return f"{len(self.taken)} edges were taken, {len(self.at) - 1} are wanted"
        if str(sum(self.taken.values())) != number:
            return f"the sum is {sum(self.taken.values())}, not {number}"
        wanted = {frozenset(pair) for pair in self.answer or ()}
        if {frozenset(pair) for pair in self.taken} != wanted:
            return "the edges taken are not the answer"
        self.done = True
        return None

    def _apart(self) -> str | None:
        if self.answer is not None:
            return "the problem has an answer"
        if len(self.taken) >= len(self.at) - 1:
            return "all nodes are joined"
        for _, c, d in self.by_weight:
            if self.forest.find(self.at[c]) != self.forest.find(self.at[d]):
                return f"{c}-{d} joins two parts"
        self.done = True
        return None


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Every edge taken re-derived by the cut property, every edge skipped by its cycle, the end by the sum."""
    walker = _Walker(problem, answer)
    return walk(steps, walker.judge, lambda: None if walker.done else "the trace does not reach its end")


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """The least total once more, by rustworkx."""
    import rustworkx

    graph = rustworkx.PyGraph()
    graph.add_nodes_from(list(problem.names))
    graph.add_edges_from(list(problem.edges))
    tree = rustworkx.minimum_spanning_edges(graph, float)
    spans = len(tree) == len(problem.names) - 1
    least = int(sum([w for _, _, w in tree]))
    method = "rustworkx minimum_spanning_edges"
    if status != "one" or answer is None:
        return Recount(spans == (status == "one"), method, f"{len(tree)} edges for {len(problem.names)} nodes")
    weight = _facts(problem)[1]
    total = sum([weight.get(pair, 1 << 40) for pair in answer])
    at = _facts(problem)[0]
    own = rustworkx.PyGraph()
    own.add_nodes_from(list(problem.names))
    own.add_edges_from([(at[a], at[b], 1) for a, b in answer])
    agrees = spans and total == least and len(answer) == len(at) - 1 and rustworkx.is_connected(own)
    return Recount(agrees, method, f"least total {least}, answer {total}")


def _claims(problem: Problem, status: Status, answer: Answer | None) -> TreeReader:
    return TreeReader(problem.names, _facts(problem)[1], _least_total(problem) if status == "one" else None)


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(Rule("edges", _edges), Rule("acyclic", _acyclic), Rule("spanning", _spanning), Rule("least", _least)),
    check=check,
    recount=recount,
    claims=_claims,
)
