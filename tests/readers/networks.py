"""Networks as prompts show them: stories, and the four ways in which the edges are listed."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from readers.shapes import pattern

NOUN = "[a-z ]+"
NOUNS = {noun: NOUN for noun in ("node", "nodes", "link", "links", "weight", "capacity", "ways", "a_node", "a_link")}
NOUNS["board"] = ".+?"
WAYS = "Each {link} can be used {ways}."
Edges = dict[tuple[str, str], int]  # 1 where edges carry no number; an undirected edge has its lesser name first
NAME = r"[A-Za-z][A-Za-z0-9]*"
FIELDS = (("a", NAME), ("b", NAME), ("w", r"[1-9]\d*"))


class Story(NamedTuple):
    """The nouns of a story, its sentences for an edge one way and both ways, and what it adds for a number."""

    node: str
    nodes: str
    link: str
    links: str
    weight: str
    capacity: str
    one_way: tuple[str, str]
    two_way: tuple[str, str]
    number: str


STORIES = (
    Story(
        "node", "nodes", "edge", "edges", "weight", "capacity",
        ("An edge goes from {a} to {b}", "There is an edge {a} to {b}"),
        ("An edge joins {a} and {b}", "{a} and {b} are joined"), " ({w})",
    ),
    Story(
        "town", "towns", "road", "roads", "length in km", "capacity in cars a minute",
        ("A one-way road leads from {a} to {b}", "From {a} a one-way road goes to {b}"),
        ("A road joins {a} and {b}", "{a} has a road to {b}"), ", {w}",
    ),
    Story(
        "airport", "airports", "flight", "flights", "fare", "number of seats",
        ("A flight goes from {a} to {b}", "From {a} one can fly to {b}"),
        ("Flights run both ways between {a} and {b}", "{a} and {b} have flights to each other"), " ({w})",
    ),
    Story(
        "person", "people", "contact", "contacts", "minutes for a message", "messages a minute",
        ("{a} can write to {b}", "{b} takes messages from {a}"),
        ("{a} and {b} are friends", "{a} is a friend of {b}"), ", {w}",
    ),
    Story(
        "junction", "junctions", "pipe", "pipes", "length in metres", "capacity in litres a second",
        ("A pipe runs from {a} to {b}", "Water can go from {a} to {b}"),
        ("A pipe joins {a} and {b}", "{a} and {b} share a pipe"), ": {w}",
    ),
    Story(
        "package", "packages", "link", "links", "cost", "jobs an hour",
        ("{a} hands over to {b}", "{b} takes its input from {a}"),
        ("{a} is linked with {b}", "{a} and {b} are linked"), " (number {w})",
    ),
    Story(
        "terminal", "terminals", "wire", "wires", "delay in nanoseconds", "current in milliamperes",
        ("A wire with a diode leads from {a} to {b}", "Current can go from {a} to {b}"),
        ("A wire joins {a} and {b}", "{a} is wired to {b}"), ", {w}",
    ),
)  # fmt: skip


def _a(noun: str) -> str:
    return f"an {noun}" if noun in ("edge", "airport") else f"a {noun}"


def story_of(found: dict[str, str]) -> Story:
    """The one story whose nouns stand in the fields node, nodes, link, links, weight and capacity that were found."""
    nouns = ("node", "nodes", "link", "links", "weight", "capacity")
    for story in STORIES:
        if any(
            found.get(f"a_{noun}", _a(getattr(story, noun))) != _a(getattr(story, noun)) for noun in ("node", "link")
        ):
            continue
        if all(found[noun] == getattr(story, noun) for noun in nouns if noun in found):
            return story
    raise ValueError(f"no story has the nouns {found}")


def directed_of(ways: str) -> bool:
    """Whether the sentence on the use of links says one way or both."""
    if ways == "only in the direction given":
        return True
    if ways == "in both directions":
        return False
    raise ValueError(f"neither one way nor both: {ways}")


def ways_of(edges: Edges, directed: bool) -> Edges:
    """Every hop with its number, both directions of an edge that has both."""
    return edges if directed else {**edges, **{(b, a): w for (a, b), w in edges.items()}}


def stored(problem: Any, directed: bool) -> Edges:
    """The edges of verimill's own problem."""
    edges = {(problem.names[e[0]], problem.names[e[1]]): (*e, 1)[2] for e in problem.edges}
    return edges if directed else {(min(pair), max(pair)): w for pair, w in edges.items()}


def network(board: str, story: Story, directed: bool, weighted: bool) -> tuple[set[str], Edges]:
    """The names that the board shows and its edges; ValueError unless every character of it is accounted for."""
    if board.startswith(("graph", "digraph")):
        names, found = _dot(board, directed)
    elif board.startswith(f"The {story.nodes} are "):
        names, found = _prose(board, story, directed, weighted)
    elif re.fullmatch(rf"{NAME} -.*", board.partition("\n")[0]):
        names, found = _listed(board, story, directed)
    else:
        names, found = _adjacency(board, directed)
    edges: Edges = {}
    for a, b, number in found:
        key = (a, b) if directed or a < b else (b, a)
        if a == b or key in edges or not {a, b} <= names or bool(number) != weighted:
            raise ValueError(f"an edge of its own kind: {a} {b} {number}")
        edges[key] = int(number or 1)
    return names, edges


def _taken(shape: str, text: str) -> tuple[str, str, str | None]:
    match = re.fullmatch(shape, text)
    if match is None:
        raise ValueError(f"not of the shape {shape}: {text!r:.80}")
    return match[1], match[2], match[3]


def _unlike(names: list[str]) -> set[str]:
    if len({name.lower() for name in names}) != len(names):
        raise ValueError(f"names that are alike: {names}")
    return set(names)


def _listed(board: str, story: Story, directed: bool) -> tuple[set[str], list[tuple[str, str, str | None]]]:
    mark, alone = "->" if directed else "-", f" has no {story.links}"
    lines = [line for line in board.split("\n") if not line.endswith(alone)]
    found = [_taken(rf"({NAME}) {mark} ({NAME})(?:: (\d+))?", line) for line in lines]
    joined = {name for a, b, _ in found for name in (a, b)}
    others = [line.removesuffix(alone) for line in board.split("\n")[len(lines) :]]
    if not joined.isdisjoint(others) or not all(re.fullmatch(NAME, name) for name in others):
        raise ValueError(f"not a list of edges and of nodes that have none: {board!r}")
    return _unlike([*joined, *others]), found


def _dot(board: str, directed: bool) -> tuple[set[str], list[tuple[str, str, str | None]]]:
    head, first, *lines, last = board.split("\n")
    if head != ("digraph {" if directed else "graph {") or last != "}" or first[:2] + first[-1:] != "  ;":
        raise ValueError(f"no graph of the right kind: {board!r:.80}")
    shape = rf"  ({NAME}) {'->' if directed else '--'} ({NAME})(?: \[label=(\d+)\])?;"
    return _unlike(first[2:-1].split("; ")), [_taken(shape, line) for line in lines]


def _prose(
    board: str, story: Story, directed: bool, weighted: bool
) -> tuple[set[str], list[tuple[str, str, str | None]]]:
    listed, *said = board.removesuffix(".").split(". ")
    most, _, last = listed.removeprefix(f"The {story.nodes} are ").partition(" and ")
    forms = [form + story.number * weighted for form in (story.one_way if directed else story.two_way)]
    found: list[tuple[str, str, str | None]] = []
    for sentence in said:
        match = next((m for form in forms if (m := pattern(form, FIELDS).fullmatch(sentence))), None)
        if match is None:
            raise ValueError(f"not a sentence of this story: {sentence!r:.80}")
        found.append((match["a"], match["b"], match["w"] if weighted else None))
    return _unlike([*most.split(", "), last]), found


def _adjacency(board: str, directed: bool) -> tuple[set[str], list[tuple[str, str, str | None]]]:
    rows = [_taken(rf"({NAME}): (.+)()", line) for line in board.split("\n")]
    ways = [
        (name, *_taken(rf"({NAME})()(?: \((\d+)\))?", end)[::2])
        for name, ends, _ in rows
        if ends != "nothing"
        for end in ends.split(", ")
    ]
    if not directed:
        if sorted(ways, key=str) != sorted([(b, a, w) for a, b, w in ways], key=str):
            raise ValueError("an edge both ways stands at one end only")
        ways = [way for way in ways if way[0] < way[1]]
    return _unlike([name for name, _, _ in rows]), ways
