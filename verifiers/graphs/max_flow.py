"""Judge of maximum flows: the answer is a certificate, so nothing has to be searched to judge it."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from verimill.schemas.core import Judge, Recount, Rule, Status, Step, TraceVerdict
from verimill.schemas.graphs.max_flow import Answer, Problem
from verimill.verifiers.claims_graphs import FlowReader
from verimill.verifiers.steps import walk


@lru_cache(maxsize=2048)
def _capacity(problem: Problem) -> dict[tuple[str, str], int]:
    names = problem.names
    return {(names[u], names[v]): w for u, v, w in problem.edges}


def _leaving(problem: Problem, answer: Answer) -> int:
    """What the flow takes out of the source, less what it brings back."""
    source = problem.names[problem.source]
    return sum([amount if a == source else -amount if b == source else 0 for a, b, amount in answer.flow])


def _edges(problem: Problem, answer: Answer) -> str | None:
    capacity = _capacity(problem)
    for a, b, _ in answer.flow:
        if (a, b) not in capacity:
            return f"no edge leads from {a} to {b}"
    return None


def _within(problem: Problem, answer: Answer) -> str | None:
    capacity = _capacity(problem)
    for a, b, amount in answer.flow:
        if amount > capacity.get((a, b), amount):
            return f"{a}->{b} carries {amount}, its capacity is {capacity[a, b]}"
    return None


def _conserved(problem: Problem, answer: Answer) -> str | None:
    rest = dict.fromkeys(problem.names, 0)
    for a, b, amount in answer.flow:
        rest[a] -= amount
        rest[b] += amount
    rest[problem.names[problem.source]] = rest[problem.names[problem.sink]] = 0
    for name, left in rest.items():
        if left:
            return f"{abs(left)} {'more comes into' if left > 0 else 'more goes out of'} {name}"
    return None


def _value(problem: Problem, answer: Answer) -> str | None:
    leaving = _leaving(problem, answer)
    return None if leaving == answer.value else f"the source gives {leaving}, the value says {answer.value}"


def _cut(problem: Problem, answer: Answer) -> str | None:
    side = frozenset(answer.side)
    source, sink = problem.names[problem.source], problem.names[problem.sink]
    if source not in side or sink in side:
        return f"the cut must hold {source} and not {sink}"
    out = sum([w for (a, b), w in _capacity(problem).items() if a in side and b not in side])
    leaving = _leaving(problem, answer)
    return None if out == leaving else f"the edges out of the cut can carry {out}, the flow is {leaving}"


class _Walker:
    """The flow pushed so far and the nodes shown to be reached by room that is left."""

    def __init__(self, problem: Problem, answer: Answer | None) -> None:
        self.problem, self.answer = problem, answer
        self.source, self.sink = problem.names[problem.source], problem.names[problem.sink]
        self.capacity = _capacity(problem)
        self.flow = dict.fromkeys(self.capacity, 0)
        self.reached: set[str] = {self.source}
        self.done = False

    def room(self, a: str, b: str) -> int:
        """How much more can go from a to b."""
        if (a, b) in self.flow:
            return self.capacity[a, b] - self.flow[a, b]
        return self.flow.get((b, a), 0)

    def judge(self, step: Step) -> str | None:
        """Why the step does not follow, or None; what it claims is kept."""
        if self.done:
            return "the trace goes on after its end"
        word = step.claims[0].split() if step.claims else []
        if step.rule == "push" and len(step.claims) == 1 and len(word) >= 4 and word[0] == "push":
            return self._push(_number(word[1]), word[2:], step.because)
        if step.rule == "reach" and len(step.claims) == 1 and len(word) == 2 and word[0] == "reach":
            return self._reach(word[1], step.because)
        if step.rule == "cut" and len(step.claims) == 2 and word[:1] == ["side"]:
            return self._cut(word[1:], step.claims[1].split(), step.because)
        return f"{step.rule!r:.20} does not give {' '.join(word)!r:.60}"

    def _push(self, amount: int, way: list[str], because: tuple[str, ...]) -> str | None:
        if len(self.reached) > 1:
            return "a push after the cut was begun"
        if way[0] != self.source or way[-1] != self.sink or len(set(way)) != len(way):
            return f"a way from {self.source} to {self.sink} without repeats is wanted"
        hops = list(pairwise(way))
        if because != tuple([f"room {a} {b} {self.room(a, b)}" for a, b in hops]):
            return "the rooms named are not those of this way"
        if not 1 <= amount <= min([self.room(a, b) for a, b in hops]):
            return f"{amount} does not fit through every hop"
        for a, b in hops:
            if (a, b) in self.flow:
                self.flow[a, b] += amount
            else:
                self.flow[b, a] -= amount
        return None

    def _reach(self, node: str, because: tuple[str, ...]) -> str | None:
        word = because[0].split() if len(because) == 1 else []
        if len(word) != 4 or word[0] != "room" or word[2] != node:
            return f"one room that leads to {node} is wanted"
        if word[1] not in self.reached or node in self.reached:
            return f"{word[1]} was not reached, or {node} was already"
        if self.room(word[1], node) != _number(word[3]) or self.room(word[1], node) < 1:
            return f"the room from {word[1]} to {node} is {self.room(word[1], node)}"
        self.reached.add(node)
        return None

    def _cut(self, nodes: list[str], value: list[str], because: tuple[str, ...]) -> str | None:
        side = set(nodes)
        if len(side) != len(nodes) or not side <= set(self.problem.names):
            return "the side is not a set of nodes"
        if self.source not in side or self.sink in side:
            return f"the side must hold {self.source} and not {self.sink}"
        if len(self.reached) > 1 and side != self.reached:
            return "the side is not what was reached"
        out = [(a, b) for a, b in self.capacity if a in side and b not in side]
        for a, b in out:
            if self.room(a, b):
                return f"{a}->{b} is not full"
        for (a, b), amount in self.flow.items():
            if amount and a not in side and b in side:
                return f"{a}->{b} is not empty"
        if sorted(because) != sorted([f"full {a} {b} {self.capacity[a, b]}" for a, b in out]):
            return "the edges named are not those out of the side"
        total = sum([self.capacity[pair] for pair in out])
        if value != ["value", str(total)]:
            return f"the full edges carry {total}"
        moved = {(a, b, amount) for (a, b), amount in self.flow.items() if amount}
        if self.answer is None or (total, moved, side) != (
            self.answer.value, set(self.answer.flow), set(self.answer.side),
        ):  # fmt: skip
            return "value, flow and side are not the answer"
        self.done = True
        return None


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise ValueError(f"a whole number is wanted, got {word!r:.20}")
    return int(word)


def check(problem: Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Every push re-played on the capacities; the last step must show a full cut and leave the answer's flow."""
    walker = _Walker(problem, answer)
    return walk(steps, walker.judge, lambda: None if walker.done else "the trace does not reach its end")


def recount(problem: Problem, status: Status, answer: Answer | None) -> Recount:
    """The value once more, by push-relabel, which keeps excess at nodes and never looks for a way."""
    value = _pushed(problem)
    if answer is None:
        return Recount(status == "one", "push-relabel", f"value {value}")
    broken = [rule.name for rule in JUDGE.rules if rule.broken(problem, answer)]
    detail = f"value {value}, answer {answer.value}{', broken: ' if broken else ''}{', '.join(broken)}"
    return Recount(status == "one" and answer.value == value and not broken, "push-relabel", detail)


def _pushed(problem: Problem) -> int:
    n, source, sink = len(problem.names), problem.source, problem.sink
    room = [[0] * n for _ in range(n)]
    for u, v, w in problem.edges:
        room[u][v] += w
    height, excess = [0] * n, [0] * n
    height[source] = n
    for v in range(n):
        excess[v] += room[source][v]
        room[v][source] += room[source][v]
        room[source][v] = 0
    active = [v for v in range(n) if excess[v] and v not in (source, sink)]
    while active:
        u = active[-1]
        lower = [v for v in range(n) if room[u][v] and height[u] == height[v] + 1]
        if not lower:
            height[u] = 1 + min([height[v] for v in range(n) if room[u][v]])
            continue
        for v in lower:
            amount = min(excess[u], room[u][v])
            room[u][v] -= amount
            room[v][u] += amount
            excess[u] -= amount
            excess[v] += amount
            if amount and v not in (source, sink) and v not in active:
                active.insert(0, v)
        if not excess[u]:
            active.remove(u)
    return excess[sink]


def _claims(problem: Problem, status: Status, answer: Answer | None) -> FlowReader:
    source, sink = problem.names[problem.source], problem.names[problem.sink]
    return FlowReader(problem.names, _capacity(problem), source, sink, _pushed(problem))


JUDGE: Judge[Problem, Answer] = Judge(
    rules=(
        Rule("edges", _edges),
        Rule("capacity", _within),
        Rule("conservation", _conserved),
        Rule("value", _value),
        Rule("cut", _cut),
    ),
    check=check,
    recount=recount,
    claims=_claims,
)
