"""graph_coloring: a colour for every node so that no edge has the same colour at both ends, or: too few colours.

Status "none": the colours are too few. "Many" cannot exist, because any proper colouring is accepted.

Claims of a trace are facts `A=red` and `A!=red` (names and colours as in the problem). Rules:
    start     the nodes named by `because` (`A`, `B`, ...) are joined pairwise, so they differ; which gets which
              colour is free, as long as nothing is coloured: claims `A=red`, `B=green`, ...
    forced    every other colour is shut out by the facts in `because`: a neighbour's colour or `A!=green`
    choose    a colour that no neighbour has; nothing is proved, so it may not stand in a refutation
    suppose   because of `A=red`, whose consequences are the sub-steps and end in a contradiction: claims `A!=red`
    same      because of `A!=red`: nothing known tells red and blue apart, so `A!=blue`
    clash     the facts in `because` shut out every colour of one node (named first): claims `contradiction`
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verimill.schemas.core import Codec
from verimill.schemas.networks import SKINS, check_edges, check_names
from verimill.schemas.text import plain

MAX_NODES = 40
MAX_COLOURS = 6
_WORD = re.compile(r"[a-z]{3,12}")
_ITEM = re.compile(r"([A-Za-z]\w{0,19})\s*(?:=|:|->|-|\bis\b|\bgets\b|\s)\s*([A-Za-z]{1,12})")
_MARKS = str.maketrans({c: " " for c in "[](){}\"'`*$|"})
_BULLET = re.compile(r"(?m)^[ \t]*(?:\d{1,3}[.)]|[-•‣])[ \t]+")


@dataclass(frozen=True, slots=True)
class Params:
    """How a network is drawn."""

    nodes: int = 16
    """Nodes, 6..40."""
    colours: int = 3
    """Colours, 2..6."""
    degree: float = 4.2
    """Mean number of edges at a node, 2..12."""
    guesses: int = 0
    """Least guesses of the search that deduction alone does not save, 0..50."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("nodes", 6, MAX_NODES),
            ("colours", 2, MAX_COLOURS),
            ("degree", 2, 12),
            ("guesses", 0, 50),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")


_LADDER = {
    1: Params(10, 3, 3.6),
    2: Params(12, 3, 3.8),
    3: Params(14, 3, 4.0),
    4: Params(16, 3, 4.2),
    5: Params(18, 3, 4.4),
    6: Params(20, 3, 4.6),
    7: Params(23, 3, 4.6, 3),
    8: Params(22, 4, 7.0, 6),
    9: Params(26, 4, 7.4, 7),
    10: Params(30, 4, 7.8, 8),
}


def level(n: int) -> Params:
    """Params of level n in 1..10; ValueError otherwise."""
    if n not in _LADDER:
        raise ValueError(f"level must be in 1..10, got {n}")
    return _LADDER[n]


@dataclass(frozen=True, slots=True)
class Problem:
    """The network and the words for its colours."""

    names: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    palette: tuple[str, ...]
    skin: str = "plain"

    def __post_init__(self) -> None:
        check_names(self.names, 2, MAX_NODES)
        check_edges(len(self.names), self.edges, False)
        if not self.edges:
            raise ValueError("edges must be at least one")
        if not 2 <= len(self.palette) <= MAX_COLOURS or len(set(self.palette)) != len(self.palette):
            raise ValueError(f"palette must be 2..{MAX_COLOURS} different words, got {len(self.palette)}")
        taken = {name.casefold() for name in self.names}
        for word in self.palette:
            if not _WORD.fullmatch(word) or word in taken:
                raise ValueError(f"a colour is a word of 3..12 small letters and no node's name, got {word!r:.40}")
        if self.skin not in SKINS:
            raise ValueError(f"skin must be one of {', '.join(SKINS)}, got {self.skin!r:.40}")


Answer = tuple[tuple[str, str], ...]  # node and colour, in the order of the problem's names


def write(answer: Answer) -> str:
    """A=red, B=green."""
    return ", ".join([f"{name}={colour}" for name, colour in answer])


def _exact(problem: Problem, text: str) -> Answer | None:
    """What `write` wrote, read fast; None for any other text."""
    pairs = [item.partition("=")[::2] for item in text.strip().split(", ")]
    palette = problem.palette
    if tuple([name for name, _ in pairs]) != problem.names or any(colour not in palette for _, colour in pairs):
        return None
    return tuple(pairs)


def read(problem: Problem, text: str) -> Answer:
    """`A=red, B=green`, also with `:`, `->` or `is`, one a line, as JSON.

    Raises ValueError for an unknown node or colour, and for a node left out or coloured twice.
    """
    if len(text) > 8_000:
        raise ValueError(f"an answer must have at most 8000 characters, got {len(text)}")
    exact = _exact(problem, text)
    if exact is not None:
        return exact
    names = {name.casefold(): name for name in problem.names}
    found: dict[str, str] = {}
    for item in re.split(r"[,;\n]+|\s+and\s+", _BULLET.sub("", plain(text)).translate(_MARKS)):
        item = item.strip().removeprefix("and ").rstrip(".").strip()
        if not item:
            continue
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ValueError(f"wanted node = colour, got {item!r:.40}")
        name, colour = names.get(match[1].casefold()), match[2].lower()
        if name is None:
            raise ValueError(f"unknown node {match[1]!r:.40}")
        if colour not in problem.palette:
            raise ValueError(f"unknown colour {colour!r:.40}; the colours are {', '.join(problem.palette)}")
        if name in found:
            raise ValueError(f"{name} is coloured twice")
        found[name] = colour
    missing = [name for name in problem.names if name not in found]
    if missing:
        raise ValueError(f"no colour for {', '.join(missing)[:80]}")
    return tuple([(name, found[name]) for name in problem.names])


def answer_format(problem: Problem) -> str:
    """How to write the colours."""
    return (
        f"One line of {len(problem.names)} pairs name=word, separated by commas, with the names as given and each word"
        f" one of {', '.join(problem.palette)}."
    )


def example(problem: Problem) -> str:
    """A colouring over names that this problem does not have."""
    return f"Xx={problem.palette[0]}, Yy={problem.palette[1]}"


CODEC: Codec[Params, Problem, Answer] = Codec(
    family="graph_coloring",
    kind="graphs",
    version=2,
    title="Graph colouring",
    checker="any_valid",
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
