"""Hamiltonian path: a path along edges that passes every node exactly once, in a network directed or not.

The start may be fixed. The answer is the path, `A -> B -> C`; every such path is right. When there is none the problem
is unanswerable ("none"). "Many" cannot exist, because any such path is accepted.

Claims of a trace. At any time there is one way gone so far: at place 1 its first node, and so on.
    go       `at 3 C`        because `edge B C` (no edge at place 1), `dead 3 D`, ...: B is at place 2, C is not on the
                             way; all that was given up at this place is named, and C is not among it
    forced   `at 3 C`        as go, and every other way on was given up
    stuck    `dead 3 C`      C at place 3 leads to no node that is left, and some are left
    lost     `dead 3 C`      because `lost X`: no way through nodes that are left leads from C to X
    ends     `dead 3 C`      because `last X`, `last Y`: from both one could not go on, so both would have to come last
    tried    `dead 3 C`      because `dead 4 D`, ...: C is at place 3, and every way on was given up; the way goes back
    done     `path A B C`    the way gone passes every node; it is the answer
    none     `contradiction` because `dead 1 A`, ...: every node at which the path could start was given up
A node at a place is given up (dead) as long as the way before that place stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from verimill.schemas.core import Codec
from verimill.schemas.networks import SKINS, check_edges, check_names, read_path

MAX_NODES = 40
_SIZES = (9, 11, 13, 15, 17, 19, 21, 24, 27, 30)


@dataclass(frozen=True, slots=True)
class Params:
    """How a network is drawn around a hidden path."""

    nodes: int = 12
    """Nodes, 4..40."""
    degree: float = 2.8
    """Mean number of edges at a node, 2.2..6; a fifth more if directed; about 3 is hardest, more makes paths plenty."""
    ways: Literal["one", "two", "mixed"] = "mixed"
    """Directed edges (one), undirected (two), or either with equal chance (mixed)."""
    start: Literal["fixed", "free", "mixed"] = "mixed"
    """Whether the first node is given; mixed gives it in half of the problems."""
    search: int = 60
    """Most steps of the search, 10..2000; a harder network is thrown away."""

    def __post_init__(self) -> None:
        for name, low, high in (("nodes", 4, MAX_NODES), ("degree", 2.2, 6), ("search", 10, 2000)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")
        if self.ways not in ("one", "two", "mixed"):
            raise ValueError(f"ways must be one, two or mixed, got {self.ways!r:.20}")
        if self.start not in ("fixed", "free", "mixed"):
            raise ValueError(f"start must be fixed, free or mixed, got {self.start!r:.20}")
        if self.search < self.nodes:
            raise ValueError(f"search must be at least the {self.nodes} nodes, got {self.search}")


@dataclass(frozen=True, slots=True)
class Problem:
    """The network; `start` is the first node of the path, -1 when any node may be."""

    names: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    directed: bool
    start: int
    skin: str = "plain"

    def __post_init__(self) -> None:
        check_names(self.names, 2, MAX_NODES)
        check_edges(len(self.names), self.edges, self.directed)
        if not -1 <= self.start < len(self.names):
            raise ValueError(f"start must be in -1..{len(self.names) - 1}, got {self.start}")
        if self.skin not in SKINS:
            raise ValueError(f"skin must be one of {', '.join(SKINS)}, got {self.skin!r:.40}")


Answer = tuple[str, ...]


def level(k: int) -> Params:
    """Knobs of level k: more nodes, and more that has to be tried and given up."""
    if not 1 <= k <= 10:
        raise ValueError(f"level must be in 1..10, got {k}")
    nodes = _SIZES[k - 1]
    return Params(nodes=nodes, degree=2.9 - 0.01 * k, search=2 * nodes + 4 * k)


def read(problem: Problem, text: str) -> Answer:
    """The path as the problem spells its names."""
    return tuple([problem.names[v] for v in read_path(problem.names, text)])


def write(answer: Answer) -> str:
    """A -> B -> C."""
    return " -> ".join(answer)


def answer_format(problem: Problem) -> str:
    """How to write a path."""
    return "Write all the names in the order of the path, with -> between them."


def example(problem: Problem) -> str:
    """A path over names that this problem does not have."""
    return "X -> Y -> Z"


CODEC: Codec[Params, Problem, Answer] = Codec(
    family="hamiltonian_path",
    kind="graphs",
    version=2,
    title="Path through every node exactly once",
    checker="any_valid",
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
