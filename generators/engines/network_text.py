"""Networks in words: skins (what the nodes and edges are said to be) and layouts (how the edges are listed).

A family's layouts are these functions on a `Network` view of its problem; a family's facts come from its skin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from verimill.generators.engines.names import CITIES, PACKAGES, PEOPLE, TOWNS
from verimill.schemas.rng import Rng


class Network(NamedTuple):
    """What a layout needs: edges are (u, v), or (u, v, weight) when the numbers are to be shown."""

    names: tuple[str, ...]
    edges: Sequence[tuple[int, ...]]
    directed: bool
    skin: str


@dataclass(frozen=True, slots=True)
class Skin:
    """Words of one story: nouns, and a sentence for an edge (`one_way`, `two_way`; `number` is added for weights)."""

    node: str
    nodes: str
    link: str
    links: str
    weight: str
    capacity: str
    one_way: tuple[str, ...]
    two_way: tuple[str, ...]
    number: str
    pool: tuple[str, ...]


_LETTERS = tuple("ABCDEFGHIJKLMNPQRSTUVW")
_CODES = tuple(f"{a}{b}" for a in "KLMNPRT" for b in range(1, 10))

SKIN: dict[str, Skin] = {
    "plain": Skin(
        "node",
        "nodes",
        "edge",
        "edges",
        "weight",
        "capacity",
        ("An edge goes from {a} to {b}", "There is an edge {a} to {b}"),
        ("An edge joins {a} and {b}", "{a} and {b} are joined"),
        " ({w})",
        _LETTERS,
    ),
    "roads": Skin(
        "town",
        "towns",
        "road",
        "roads",
        "length in km",
        "capacity in cars a minute",
        ("A one-way road leads from {a} to {b}", "From {a} a one-way road goes to {b}"),
        ("A road joins {a} and {b}", "{a} has a road to {b}"),
        ", {w}",
        TOWNS,
    ),
    "flights": Skin(
        "airport",
        "airports",
        "flight",
        "flights",
        "fare",
        "number of seats",
        ("A flight goes from {a} to {b}", "From {a} one can fly to {b}"),
        ("Flights run both ways between {a} and {b}", "{a} and {b} have flights to each other"),
        " ({w})",
        CITIES,
    ),
    "friendships": Skin(
        "person",
        "people",
        "contact",
        "contacts",
        "minutes for a message",
        "messages a minute",
        ("{a} can write to {b}", "{b} takes messages from {a}"),
        ("{a} and {b} are friends", "{a} is a friend of {b}"),
        ", {w}",
        PEOPLE,
    ),
    "pipes": Skin(
        "junction",
        "junctions",
        "pipe",
        "pipes",
        "length in metres",
        "capacity in litres a second",
        ("A pipe runs from {a} to {b}", "Water can go from {a} to {b}"),
        ("A pipe joins {a} and {b}", "{a} and {b} share a pipe"),
        ": {w}",
        _CODES,
    ),
    "dependencies": Skin(
        "package",
        "packages",
        "link",
        "links",
        "cost",
        "jobs an hour",
        ("{a} hands over to {b}", "{b} takes its input from {a}"),
        ("{a} is linked with {b}", "{a} and {b} are linked"),
        " (number {w})",
        PACKAGES,
    ),
    "circuits": Skin(
        "terminal",
        "terminals",
        "wire",
        "wires",
        "delay in nanoseconds",
        "current in milliamperes",
        ("A wire with a diode leads from {a} to {b}", "Current can go from {a} to {b}"),
        ("A wire joins {a} and {b}", "{a} is wired to {b}"),
        ", {w}",
        tuple(f"{a}{b}" for a in "DGHSWZ" for b in range(1, 10)),
    ),
}


def a_or_an(noun: str) -> str:
    """`a road`, `an airport`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def pick_names(rng: Rng, n: int, skins: Sequence[str] = tuple(SKIN)) -> tuple[str, tuple[str, ...]]:
    """A skin and n different names of its pool in random order; plain nodes are N1, N2... when letters run out."""
    skin = rng.pick(skins)
    pool: Sequence[str] = SKIN[skin].pool
    if n > len(pool):
        pool = [f"N{i}" for i in range(1, n + 1)]
    return skin, tuple(rng.sample(pool, n))


def edge_lines(net: Network) -> str:
    """One edge a line: `A -> B: 5`, `A - B: 5`, without the number for (u, v); then the nodes that have no edge."""
    names, mark = net.names, "->" if net.directed else "-"
    lines = [
        f"{names[e[0]]} {mark} {names[e[1]]}: {e[2]}" if len(e) > 2 else f"{names[e[0]]} {mark} {names[e[1]]}"
        for e in net.edges
    ]
    alone = set(range(len(names))).difference([u for e in net.edges for u in e[:2]])
    return "\n".join([*lines, *[f"{names[u]} has no {SKIN[net.skin].links}" for u in sorted(alone)]])


def adjacency_lines(net: Network) -> str:
    """One node a line with all that one can go to from it: `A: B (5), C (2)`; `A: nothing` without any."""
    names = net.names
    out: list[list[str]] = [[] for _ in names]
    for e in net.edges:
        number = f" ({e[2]})" if len(e) > 2 else ""
        out[e[0]].append(names[e[1]] + number)
        if not net.directed:
            out[e[1]].append(names[e[0]] + number)
    return "\n".join([f"{name}: {', '.join(ends) or 'nothing'}" for name, ends in zip(names, out, strict=True)])


def prose(net: Network) -> str:
    """The nodes in a sentence, then a sentence for every edge, in the words of the skin."""
    skin, names = SKIN[net.skin], net.names
    forms = [
        form + (skin.number if net.edges and len(net.edges[0]) > 2 else "") + "."
        for form in (skin.one_way if net.directed else skin.two_way)
    ]
    said = [
        forms[at % len(forms)].format(a=names[e[0]], b=names[e[1]], w=e[2] if len(e) > 2 else "")
        for at, e in enumerate(net.edges)
    ]
    return f"The {skin.nodes} are {', '.join(names[:-1])} and {names[-1]}. {' '.join(said)}"


def dot(net: Network) -> str:
    """The network in the DOT language of Graphviz."""
    names, mark = net.names, "->" if net.directed else "--"
    lines = [f"  {names[e[0]]} {mark} {names[e[1]]}" + (f" [label={e[2]}];" if len(e) > 2 else ";") for e in net.edges]
    inside = "\n".join([f"  {'; '.join(names)};", *lines])
    return f"{'digraph' if net.directed else 'graph'} {{\n{inside}\n}}"
