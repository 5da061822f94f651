"""Maximum flow with its cut: how much can go from source to sink, over which edges, and why no more can.

The answer carries its own proof: the value, the flow on each edge that has any, and a set of nodes around the source
whose outgoing capacity equals the value. Every maximum flow with every minimum cut is right. There is no unanswerable
twin: no flow at all is a flow, so a maximum always exists, and several are all accepted.

Claims of a trace (names as in the problem; the room of a hop A B is what is left of the capacity of edge A->B, or
the flow on edge B->A, which can be taken back; no two edges join the same nodes):
    push     `push 3 S A T`            because `room S A 5`, `room A T 3`: 1 to the least room goes along this way
    reach    `reach A`                 because `room S A 2`: S was reached (the source is), and room is left to A
    cut      `side S A`, `value 7`     because `full A T 4`, ...: the edges out of the side, which does not hold the
             sink, are full, those into it are empty, the full ones sum up to the value, and the flow is the answer's
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from verimill.schemas.core import Codec
from verimill.schemas.networks import MAX_TEXT, SKINS, check_edges, check_names, read_links, read_nodes

MAX_NODES = 40
MAX_CAPACITY = 999
_SIZES = (5, 7, 9, 11, 13, 16, 19, 22, 26, 30)
_TOPS = (6, 8, 9, 12, 15, 20, 25, 30, 40, 50)
_LABEL = re.compile(r"\b(value|flow|cut)\b[\"'*`]{0,4}[ \t]{0,4}[:=]", re.I)
_BULLET = re.compile(r"(?m)^[ \t]*(?:\d{1,3}[.)]|[-*•‣])[ \t]+(?=[\"'*`]{0,4}(?:value|flow|cut)\b)", re.I)
_VALUE = re.compile(r"[\s\"'{(*`]*(\d{1,9})[\s.,;\"'})*`]*")


@dataclass(frozen=True, slots=True)
class Params:
    """How a network is drawn."""

    nodes: int = 10
    """Nodes, 4..40."""
    degree: float = 4.0
    """Mean number of edges at a node, 2.4..8."""
    reach: int = 4
    """How far apart in a row from source to sink two joined nodes may stand, 2..40."""
    top: int = 12
    """Largest capacity within the network, 1..400; edges at source and sink can have twice that."""
    ends: int = 3
    """Edges drawn at the source and at the sink wherever they lead, 0..10."""
    back: float = 0.2
    """Share of the edges that lead backwards, 0..0.5."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("nodes", 4, MAX_NODES),
            ("degree", 2.4, 8),
            ("reach", 2, MAX_NODES),
            ("top", 1, 400),
            ("ends", 0, 10),
            ("back", 0, 0.5),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")


@dataclass(frozen=True, slots=True)
class Problem:
    """The network (edges are from, to, capacity; at most one between two nodes) and its two ends."""

    names: tuple[str, ...]
    edges: tuple[tuple[int, int, int], ...]
    source: int
    sink: int
    skin: str = "pipes"

    def __post_init__(self) -> None:
        check_names(self.names, 2, MAX_NODES)
        # As if undirected: with edges both ways between two nodes, the room of a hop would have two parts.
        check_edges(len(self.names), self.edges, False, MAX_CAPACITY)
        for name in ("source", "sink"):
            if not 0 <= getattr(self, name) < len(self.names):
                raise ValueError(f"{name} must be in 0..{len(self.names) - 1}, got {getattr(self, name)}")
        if self.source == self.sink:
            raise ValueError("source and sink must differ")
        if any(name.casefold() in ("value", "flow", "cut") for name in self.names):
            raise ValueError("no node can be called value, flow or cut")
        if self.skin not in SKINS:
            raise ValueError(f"skin must be one of {', '.join(SKINS)}, got {self.skin!r:.40}")


class Answer(NamedTuple):
    """The value, the edges with flow (from, to, amount; by node order) and the nodes on the source's side of a cut."""

    value: int
    flow: tuple[tuple[str, str, int], ...]
    side: tuple[str, ...]


def level(k: int) -> Params:
    """Knobs of level k: more nodes and edges, longer ways, larger capacities."""
    if not 1 <= k <= 10:
        raise ValueError(f"level must be in 1..10, got {k}")
    nodes, top = _SIZES[k - 1], _TOPS[k - 1]
    return Params(nodes, degree=2.4 + 0.1 * k, reach=3 + k // 3, top=top, ends=1 + k // 2, back=0.1 + 0.02 * k)


def read(problem: Problem, text: str) -> Answer:
    """The three labelled parts, in any order; edges without flow may be listed with 0."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"answer must be at most {MAX_TEXT} characters, got {len(text)}")
    parts = _parts(text)
    number = _VALUE.fullmatch(parts["value"])
    if number is None:
        raise ValueError(f"the value must be a whole number, got {parts['value'].strip()!r:.40}")
    names = problem.names
    side = tuple([names[v] for v in read_nodes(names, parts["cut"])])
    return Answer(int(number[1]), _read_flow(problem, parts["flow"]), side)


def _parts(text: str) -> dict[str, str]:
    lines = text.split("\n")
    if len(lines) == 3 and (lines[0][:7], lines[1][:6], lines[2][:5]) == ("Value: ", "Flow: ", "Cut: "):
        return {"value": lines[0][7:], "flow": lines[1][6:], "cut": lines[2][5:]}
    text = _BULLET.sub("", text)
    marks = list(_LABEL.finditer(text))
    if len(marks) != 3 or len({mark[1].casefold() for mark in marks}) != 3:
        raise ValueError("the answer must have the parts Value:, Flow: and Cut:, each once")
    ends = [*[mark.start() for mark in marks[1:]], len(text)]
    return {mark[1].casefold(): text[mark.end() : end] for mark, end in zip(marks, ends, strict=True)}


def _read_flow(problem: Problem, text: str) -> tuple[tuple[str, str, int], ...]:
    names = problem.names
    if text.strip(" \n\t.,;*`").casefold() in ("", "none", "0", "{}", "[]"):
        return ()
    amount: dict[tuple[int, int], int] = {}
    for u, v, number in read_links(names, text, directed=True):
        if number is None:
            raise ValueError(f"the flow from {names[u]} to {names[v]} has no amount")
        if (u, v) in amount:
            raise ValueError(f"the flow from {names[u]} to {names[v]} is given twice")
        amount[u, v] = number
    return tuple([(names[u], names[v], amount[u, v]) for u, v in sorted(amount) if amount[u, v]])


def write(answer: Answer) -> str:
    """Three lines: Value, Flow, Cut."""
    flow = ", ".join([f"{a}->{b}: {amount}" for a, b, amount in answer.flow])
    return f"Value: {answer.value}\nFlow: {flow or 'none'}\nCut: {', '.join(answer.side)}"


def answer_format(problem: Problem) -> str:
    """How to write value, flow and cut."""
    return (
        "Give three lines: 'Value:' with the amount in all; 'Flow:' with every edge that carries something, as "
        "A->B: amount (whole numbers), separated by commas; 'Cut:' with the names in the set that proves it."
    )


def example(problem: Problem) -> str:
    """An answer over names that this problem does not have."""
    return "Value: 3\nFlow: X->Y: 3, Y->Z: 3\nCut: X, Y"


CODEC: Codec[Params, Problem, Answer] = Codec(
    family="max_flow",
    kind="graphs",
    version=2,
    title="Maximum flow with a minimum cut",
    checker="optimal",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read,
    answer_format=answer_format,
    example=example,
    shape="block",
)
