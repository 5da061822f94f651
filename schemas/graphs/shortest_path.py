"""Shortest path: the cheapest way from one node to another in a weighted network, directed or not.

The answer is the path as node names, `A -> B -> C`; every path of least total is right. When the target cannot be
reached the problem is unanswerable ("none"). "Many" cannot exist, because any shortest path is accepted.

Claims of a trace (names as in the problem):
    start    `dist S = 0` for the source
    relax    `best B = 8 via A`   because `dist A = 3`, `edge A B 5`; 8 is less than the best known for B so far
    settle   `dist B = 8 via A`   because `best B = 8 via A`, or because `dist A = 3`, `edge A B 5`; no edge from a
             settled node to an unsettled one gives less
    path     `path S A B = 8`     because `dist B = 8`; B is the target
    closed   `contradiction`      no edge leaves the settled nodes and the target is not among them
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from verimill.schemas.core import Codec
from verimill.schemas.networks import SKINS, check_edges, check_names, read_path

MAX_NODES = 40
MAX_WEIGHT = 999
_SIZES = (6, 8, 10, 12, 14, 17, 20, 23, 26, 30)
_TOPS = (9, 12, 15, 20, 25, 30, 40, 50, 70, 99)


@dataclass(frozen=True, slots=True)
class Params:
    """How a network and its two ends are drawn."""

    nodes: int = 12
    """Nodes, 4..40."""
    degree: float = 3.0
    """Mean number of edges at a node, 1.5..8."""
    reach: int = 5
    """How far apart in a row two joined nodes may stand, 1..40; less makes longer paths."""
    top: int = 20
    """Largest edge weight, 1..999."""
    ways: Literal["one", "two", "mixed"] = "mixed"
    """Directed edges (one), undirected (two), or either with equal chance (mixed)."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("nodes", 4, MAX_NODES),
            ("degree", 1.5, 8),
            ("reach", 1, MAX_NODES),
            ("top", 1, MAX_WEIGHT),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")
        if self.ways not in ("one", "two", "mixed"):
            raise ValueError(f"ways must be one, two or mixed, got {self.ways!r:.20}")


@dataclass(frozen=True, slots=True)
class Problem:
    """The network (edges are from, to, weight) and the two ends."""

    names: tuple[str, ...]
    edges: tuple[tuple[int, int, int], ...]
    directed: bool
    source: int
    target: int
    skin: str = "plain"

    def __post_init__(self) -> None:
        check_names(self.names, 2, MAX_NODES)
        check_edges(len(self.names), self.edges, self.directed, MAX_WEIGHT)
        for name in ("source", "target"):
            if not 0 <= getattr(self, name) < len(self.names):
                raise ValueError(f"{name} must be in 0..{len(self.names) - 1}, got {getattr(self, name)}")
        if self.source == self.target:
            raise ValueError("source and target must differ")
        if self.skin not in SKINS:
            raise ValueError(f"skin must be one of {', '.join(SKINS)}, got {self.skin!r:.40}")


Answer = tuple[str, ...]


def level(k: int) -> Params:
    """Knobs of level k: more nodes, more edges to compare, longer ways."""
    if not 1 <= k <= 10:
        raise ValueError(f"level must be in 1..10, got {k}")
    nodes = _SIZES[k - 1]
    return Params(nodes=nodes, degree=2.6 + 0.14 * k, reach=3 + nodes // 6, top=_TOPS[k - 1])


def read(problem: Problem, text: str) -> Answer:
    """The path as the problem spells its names."""
    return tuple([problem.names[v] for v in read_path(problem.names, text)])


def write(answer: Answer) -> str:
    """A -> B -> C."""
    return " -> ".join(answer)


def answer_format(problem: Problem) -> str:
    """How to write a path."""
    return "Write the path as the names in order, from the first to the last, with -> between them."


def example(problem: Problem) -> str:
    """A path over names that this problem does not have."""
    return "X -> Y -> Z"


CODEC: Codec[Params, Problem, Answer] = Codec(
    family="shortest_path",
    kind="graphs",
    version=2,
    title="Shortest path in a weighted network",
    checker="optimal",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read,
    answer_format=answer_format,
    example=example,
    shape="line",
    unanswerable=("none",),
)
