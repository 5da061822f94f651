"""Graphs without opinion: checks of nodes and edges, adjacency, union-find, and paths and edges as text.

A network is `names` (one word a node, the node is its index) and `edges`: `(u, v)` pairs, or `(u, v, w)` with a
whole-number weight. An undirected edge stands once, in either order; a directed edge goes from u to v.

Text is read with tolerance for spacing, case, brackets, quotes, bullets and look-alike arrows, and never guessed at:
an unknown word is a ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from verimill.schemas.text import plain

MAX_NODES = 64
MAX_TEXT = 20_000  # characters of an answer that are looked at
SKINS = ("plain", "roads", "flights", "friendships", "pipes", "dependencies", "circuits")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}")
_MARKS = str.maketrans({c: " " for c in "[](){}\"'`*•$\\“”‘’«»"})
_ARROW = re.compile(r"[→⇒⟶⟹➝➜➔↦▶]|(?<![-‐‑‒–—−─])[-‐‑‒–—−─]{1,4}>|={1,4}>")
_BOTH_WAYS = re.compile(r"[↔⟷⇔]|<[-=]{1,4}>")
_DASHES = re.compile(r"[-‐‑‒–—−─~]+")
_LIST_MARK = re.compile(r"(?m)^[ \t]*(?:\d{1,3}[.)]|[-*•‣–])[ \t]+")
_LABEL = re.compile(
    r"^\s*(?:the\s+)?(?:shortest\s+|hamiltonian\s+)?(?:path|route|order|edges|tree)\s*(?:is\b|[:=])\s*", re.I
)
_GROUP = re.compile(r"[(\[]\s*[\"']?(\w+)[\"']?\s*,\s*[\"']?(\w+)[\"']?\s*(?:,\s*(\d+)\s*)?[)\]]")
_AND = re.compile(r"\band\b", re.I)
_LINK = re.compile(r"(\w+)\s*~\s*(\w+)(?:\s*[:=\s]\s*(\d{1,9}))?")
_WORDS = re.compile(r"(\w+)\s+(\w+)(?:\s*[:=\s]\s*(\d{1,9}))?")


def check_names(names: Sequence[str], low: int = 2, high: int = MAX_NODES) -> None:
    """Raises ValueError unless there are low..high names, each one short word, no two alike but for case."""
    if not low <= len(names) <= high:
        raise ValueError(f"names must be {low}..{high}, got {len(names)}")
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"a name must be a letter and up to 19 letters, digits or _, got {name!r:.40}")
    if len({name.casefold() for name in names}) != len(names):
        raise ValueError("names must differ by more than case")


def check_edges(n: int, edges: Sequence[tuple[int, ...]], directed: bool, top: int = 0) -> None:
    """Raises ValueError unless every edge joins two different nodes of 0..n-1, once; weights are 1..top if top > 0."""
    seen: set[tuple[int, int]] = set()
    for edge in edges:
        u, v = edge[0], edge[1]
        if not (0 <= u < n and 0 <= v < n and u != v):
            raise ValueError(f"an edge must join two different nodes of 0..{n - 1}, got {u}, {v}")
        if top and not 1 <= edge[2] <= top:
            raise ValueError(f"an edge's number must be in 1..{top}, got {edge[2]}")
        pair = (u, v) if directed or u < v else (v, u)
        if pair in seen:
            raise ValueError(f"an edge must stand once, got {u}, {v} twice")
        seen.add(pair)


def neighbours(n: int, edges: Iterable[tuple[int, ...]], directed: bool) -> list[list[tuple[int, int]]]:
    """For each node the (neighbour, index of the edge) that one can go to from it, in edge order."""
    out: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for at, edge in enumerate(edges):
        u, v = edge[0], edge[1]
        out[u].append((v, at))
        if not directed:
            out[v].append((u, at))
    return out


class Forest:
    """Union-find: which nodes are joined so far."""

    __slots__ = ("parent",)

    def __init__(self, n: int) -> None:
        self.parent = list(range(n))

    def find(self, v: int) -> int:
        """The representative of v's part."""
        parent = self.parent
        while parent[v] != v:
            parent[v] = parent[parent[v]]
            v = parent[v]
        return v

    def join(self, u: int, v: int) -> bool:
        """Joins two parts; False when they were one already."""
        u, v = self.find(u), self.find(v)
        if u == v:
            return False
        self.parent[v] = u
        return True


def joined(n: int, pairs: Sequence[tuple[int, int]]) -> tuple[list[int], int]:
    """The parts that the pairs make of n nodes, as one node a part; and which pair closes the first cycle, or -1."""
    parent = list(range(n))
    closing = -1
    for at, (u, v) in enumerate(pairs):
        while parent[u] != u:
            u = parent[u]
        while parent[v] != v:
            v = parent[v]
        if u != v:
            parent[u] = v
        elif closing < 0:
            closing = at
    for v in range(n):
        root = v
        while parent[root] != root:
            root = parent[root]
        parent[v] = root
    return parent, closing


@lru_cache(maxsize=4096)
def _folded(names: tuple[str, ...]) -> dict[str, int]:
    return {name.casefold(): at for at, name in enumerate(names)}


def node_of(names: tuple[str, ...], word: str) -> int:
    """The node of that name, case aside; ValueError for an unknown name."""
    at = _folded(names).get(word.casefold())
    if at is None:
        raise ValueError(f"unknown node {word!r:.40}")
    return at


def _short(text: str) -> str:
    """The text made plain; ValueError when it is too long."""
    if len(text) <= MAX_TEXT:
        text = plain(text)
    if len(text) > MAX_TEXT:
        raise ValueError(f"answer must be at most {MAX_TEXT} characters, got {len(text)}")
    return text


def write_path(names: Sequence[str], path: Sequence[int]) -> str:
    """A -> B -> C."""
    return " -> ".join([names[v] for v in path])


def read_path(names: tuple[str, ...], text: str) -> tuple[int, ...]:
    """The nodes in the order in which they are written; ValueError for an unknown word or an empty text."""
    folded = _folded(names)
    if len(text) <= MAX_TEXT:  # what `write_path` wrote, read fast
        exact = [folded.get(word, -1) for word in text.strip(" \n.").casefold().split(" -> ")]
        if min(exact) >= 0 and len(exact) <= 4 * MAX_NODES:
            return tuple(exact)
    text = _LABEL.sub("", _LIST_MARK.sub(" ", _short(text)), count=1)
    text = _DASHES.sub(" ", _ARROW.sub(" ", text)).translate(_MARKS)
    path: list[int] = []
    for word in re.split(r"[\s,;|>]+", text):
        word = word.rstrip(".!:").casefold()
        at = folded.get(word)
        if at is not None:
            path.append(at)
        elif word not in ("", "to", "then", "rightarrow"):
            raise ValueError(f"unknown node {word!r:.40} in the path")
    if not path:
        raise ValueError("no node was found")
    if len(path) > 4 * MAX_NODES:
        raise ValueError(f"a path must have at most {4 * MAX_NODES} nodes, got {len(path)}")
    return tuple(path)


def read_nodes(names: tuple[str, ...], text: str) -> tuple[int, ...]:
    """The nodes of a set, sorted; ValueError for an unknown word, a node named twice or an empty text."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"answer must be at most {MAX_TEXT} characters, got {len(text)}")
    folded = _folded(names)
    found = tuple([folded.get(word, -1) for word in text.strip(" \n.").casefold().split(", ")])
    if min(found) < 0:
        found = read_path(names, _AND.sub(",", text))
    if len(set(found)) != len(found):
        raise ValueError("a node is named twice in the set")
    return tuple(sorted(found))


def read_links(names: tuple[str, ...], text: str, directed: bool) -> tuple[tuple[int, int, int | None], ...]:
    """The edges in the order in which they are written, each with the number behind it (or None).

    Reads `A-B, C-D`, `A->B: 5`, `(A, B), (C, D)`, `[["A","B"]]`, `A to B`, one edge a line. An undirected edge comes
    out with the lower node first. ValueError for a chain such as `A-B-C`, an unknown word, or an empty text.
    """
    exact = _exact_links(names, text, directed) if len(text) <= MAX_TEXT else None
    if exact is not None:
        return exact
    text = _LABEL.sub("", _LIST_MARK.sub(" ", _short(text)), count=1)
    text = _GROUP.sub(lambda m: f" {m[1]}~{m[2]}" + (f":{m[3]}" if m[3] else ""), text)
    if "and" not in _folded(names):
        text = _AND.sub(",", text)
    if not directed:
        text = _BOTH_WAYS.sub("~", text)
    text = _DASHES.sub("~", _ARROW.sub("~", text)).translate(_MARKS)
    text = re.sub(r"\b(?:right|leftright)arrow\b", "~", text)
    text = re.sub(r"[ \t]to[ \t]", "~", text)
    links: list[tuple[int, int, int | None]] = []
    for item in re.split(r"[,;\n|]+", text):
        item = item.strip().rstrip(".!").strip()
        if not item:
            continue
        for one, two, number in _pairs(item):
            u, v = node_of(names, one), node_of(names, two)
            if not directed and u > v:
                u, v = v, u
            links.append((u, v, int(number) if number else None))
        if len(links) > 4096:
            raise ValueError("more than 4096 edges")
    if not links:
        raise ValueError("no edge was found")
    return tuple(links)


def _exact_links(names: tuple[str, ...], text: str, directed: bool) -> tuple[tuple[int, int, int | None], ...] | None:
    """What `write_links` wrote, read fast; None for any other text."""
    folded, mark = _folded(names), "->" if directed else "-"
    links: list[tuple[int, int, int | None]] = []
    for item in text.strip(" \n.").casefold().split(", "):
        pair, colon, number = item.partition(": ")
        one, _, two = pair.partition(mark)
        u, v = folded.get(one, -1), folded.get(two, -1)
        if u < 0 or v < 0 or (colon and not (number.isascii() and number.isdigit() and len(number) < 10)):
            return None
        if not directed and u > v:
            u, v = v, u
        links.append((u, v, int(number) if colon else None))
    return tuple(links)


def _pairs(item: str) -> list[tuple[str, str, str | None]]:
    """One item as edges: `A~B`, `A~B: 5`, `A B`, or several `A~B` with spaces between."""
    whole = _LINK.fullmatch(item) or _WORDS.fullmatch(item)
    if whole:
        return [(whole[1], whole[2], whole[3])]
    found: list[tuple[str, str, str | None]] = []
    for word in re.sub(r"\s*~\s*", "~", item).split():
        part = _LINK.fullmatch(word)
        if part is None:
            raise ValueError(f"an edge must be two nodes, got {item!r:.40}")
        found.append((part[1], part[2], part[3]))
    return found


def write_links(names: Sequence[str], links: Sequence[tuple[int, ...]], directed: bool) -> str:
    """A-B, C-D; directed edges as A->B; a third number is written behind a colon."""
    mark = "->" if directed else "-"
    return ", ".join([f"{names[e[0]]}{mark}{names[e[1]]}" + (f": {e[2]}" if len(e) > 2 else "") for e in links])
