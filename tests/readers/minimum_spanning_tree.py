"""Minimum spanning trees, read from their prompts alone."""

from __future__ import annotations

from itertools import islice, takewhile
from typing import Any

import networkx as nx
from readers.networks import NOUNS, network, stored, story_of
from readers.shapes import told

FOREIGN = True
SOLVED = (1, 4)
_WORDINGS = (
    "Below are {count} {nodes} and the {links} between them, each with a number, its {weight}.\n\n{board}\n\nChoose"
    " {links} from this list so that all {nodes} are joined, directly or through others, without any cycle, and"
    " so that the sum of the chosen numbers is as small as possible.",
    "Find a minimum spanning tree of this network. Its vertices are the {count} {nodes}; its edges are the {links},"
    " weighted by their {weight}. The tree must use listed {links} only, reach every one of the {nodes}, contain no"
    " cycle, and have the least possible total. If several trees have that total, any one will do.\n\n{board}",
    "{board}\n\nEach {link} above can be kept or closed down; its number ({weight}) is what keeping it costs. "
    "Keep a set of {links} such that from every {node} one can still get to every other, no {link} kept is "
    "superfluous (no closed loop is left), and the total cost is the lowest there is. Nothing outside the list "
    "may be used. Which {links} are kept?",
    "Task: connect {count} {nodes} as cheaply as possible.\nAllowed: the {links} listed here, at the price of their"
    " number ({weight}).\nWanted: all {nodes} in one connected piece; no loops; least sum of prices.\n\n{board}",
)
_FORM = "List the chosen edges as pairs of names with a hyphen between them, separated by commas, in any order."
_FIELDS = {**NOUNS, "count": r"\d+"}


def read(prompt: str) -> dict[str, Any]:
    """How many nodes there are and the edges with their weights."""
    found = told(prompt, _WORDINGS, _FORM, _FIELDS)
    names, edges = network(found["board"], story_of(found), directed=False, weighted=True)
    count = int(found.get("count", len(names)))
    if len(names) > count:
        raise ValueError(f"more names than {count}: {prompt!r}")
    return {"count": count, "edges": edges}


def plain(problem: Any) -> dict[str, Any]:
    """The same of the stored problem."""
    return {"count": len(problem.names), "edges": stored(problem, False)}


def solutions(instance: dict[str, Any], limit: int = 2) -> list[str]:
    """Up to `limit` trees of least weight."""
    graph = nx.Graph()
    graph.add_weighted_edges_from([(a, b, w) for (a, b), w in instance["edges"].items()])
    if len(graph) < instance["count"] or not nx.is_connected(graph):
        return []
    least = nx.minimum_spanning_tree(graph).size("weight")
    trees = takewhile(lambda tree: tree.size("weight") == least, nx.SpanningTreeIterator(graph))
    return [", ".join(f"{a}-{b}" for a, b in tree.edges()) for tree in islice(trees, limit)]


def accepts(instance: dict[str, Any], answer: str) -> bool:
    """A tree of listed edges that joins all nodes, of least weight."""
    pairs = [tuple(item.split("-")) for item in answer.split(", ")]
    if any(len(pair) != 2 for pair in pairs):
        return False
    chosen = {(min(pair), max(pair)) for pair in pairs}
    tree = nx.Graph(list(chosen)) if chosen <= instance["edges"].keys() else nx.Graph()
    whole = nx.Graph()
    whole.add_weighted_edges_from([(a, b, w) for (a, b), w in instance["edges"].items()])
    return (
        len(chosen) == len(pairs) == instance["count"] - 1
        and len(tree) == instance["count"]
        and nx.is_tree(tree)
        and sum(instance["edges"][pair] for pair in chosen) == nx.minimum_spanning_tree(whole).size("weight")
    )
