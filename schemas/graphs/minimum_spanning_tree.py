"""Minimum spanning tree: edges of least total weight that join all nodes of an undirected network.

The answer is the list of edges, `A-B, C-D`, in any order; every tree of least total is right. When the network falls
apart no tree exists and the problem is unanswerable ("none"). "Many" cannot exist, because any such tree is accepted.

Claims of a trace (names as in the problem; parts are what the edges taken so far join):
    take     `tree A B 5`     because `edge A B 5`: A and B lie in different parts and no lighter edge joins two parts
    skip     `cycle A B 7`    because `tree A C 3`, `tree C B 5`: edges taken before join A to B, none heavier than 7
    total    `total 34`       the edges taken join all nodes and have this sum
    apart    `contradiction`  several parts are left and no edge joins two of them
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from verimill.schemas.core import Codec
from verimill.schemas.networks import SKINS, check_edges, check_names, read_links

MAX_NODES = 40
MAX_WEIGHT = 999
_SIZES = (5, 7, 9, 11, 13, 16, 19, 22, 26, 30)
_TOPS = (9, 12, 15, 20, 25, 30, 40, 50, 70, 99)


@dataclass(frozen=True, slots=True)
class Params:
    """How a network is drawn."""

    nodes: int = 12
    """Nodes, 4..40."""
    degree: float = 3.6
    """Mean number of edges at a node, 2.4..10."""
    reach: int = 8
    """How far apart in a row two joined nodes may stand, 2..40; less makes longer cycles."""
    top: int = 20
    """Largest edge weight, 2..999."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("nodes", 4, MAX_NODES),
            ("degree", 2.4, 10),
            ("reach", 2, MAX_NODES),
            ("top", 2, MAX_WEIGHT),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")


@dataclass(frozen=True, slots=True)
class Problem:
    """The network: edges are two nodes and a weight."""

    names: tuple[str, ...]
    edges: tuple[tuple[int, int, int], ...]
    skin: str = "plain"

    def __post_init__(self) -> None:
        check_names(self.names, 2, MAX_NODES)
        check_edges(len(self.names), self.edges, False, MAX_WEIGHT)
        if self.skin not in SKINS:
            raise ValueError(f"skin must be one of {', '.join(SKINS)}, got {self.skin!r:.40}")


Answer = tuple[tuple[str, str], ...]  # edges by name, the node that the problem names first in front, sorted so


def level(k: int) -> Params:
    """Knobs of level k: more nodes, and more edges that close cycles."""
    if not 1 <= k <= 10:
        raise ValueError(f"level must be in 1..10, got {k}")
    return Params(nodes=_SIZES[k - 1], degree=2.8 + 0.14 * k, reach=4 + k, top=_TOPS[k - 1])


def read(problem: Problem, text: str) -> Answer:
    """The edges; a number behind an edge must be its weight. ValueError for an edge named twice."""
    names = problem.names
    links = read_links(names, text, directed=False)
    if any(number is not None for _, _, number in links):
        weight = {(min(u, v), max(u, v)): w for u, v, w in problem.edges}
        for u, v, number in links:
            if number is not None and weight.get((u, v)) != number:
                raise ValueError(f"{names[u]}-{names[v]} does not have the weight {number}")
    pairs = sorted([(u, v) for u, v, _ in links])
    for one, two in pairwise(pairs):
        if one == two:
            raise ValueError(f"the edge {names[one[0]]}-{names[one[1]]} is named twice")
    return tuple([(names[u], names[v]) for u, v in pairs])


def write(answer: Answer) -> str:
    """A-B, C-D."""
    return ", ".join([f"{a}-{b}" for a, b in answer])


def answer_format(problem: Problem) -> str:
    """How to write the edges."""
    return "List the chosen edges as pairs of names with a hyphen between them, separated by commas, in any order."


def example(problem: Problem) -> str:
    """Edges over names that this problem does not have."""
    return "X-Y, Y-Z"


CODEC: Codec[Params, Problem, Answer] = Codec(
    family="minimum_spanning_tree",
    kind="graphs",
    version=2,
    title="Minimum spanning tree of a weighted network",
    checker="optimal",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read,
    answer_format=answer_format,
    example=example,
    shape="block",
    unanswerable=("none",),
)
