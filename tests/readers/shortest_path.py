"""Shortest paths, read from their prompts alone."""

from __future__ import annotations

import itertools
from typing import Any

import networkx as nx
from readers.networks import NAME, NOUNS, WAYS, directed_of, network, stored, story_of, ways_of
from readers.shapes import told

FOREIGN = True
SOLVED = (1, 4)
_WORDINGS = (
    "Here are some {nodes} and the {links} between them; the number with each {link} is its {weight}. " + WAYS
    + "\n\n{board}\n\nFind a path from {source} to {target} along these {links} whose total {weight} is as small as"
    " possible.",
    "What is the cheapest way from {source} to {target}? The cost of a way is the sum of the numbers on its {links}"
    " ({weight}), and only the {links} listed may be used. " + WAYS + " If several ways cost the same least amount,"
    " any of them will do.\n\n{board}",
    "{board}\n\nAbove is a network of {nodes} with {links}; every {link} carries a number, its {weight}. " + WAYS
    + " Start at {source}, end at {target}, follow {links} only, and keep the sum of the numbers minimal. Which {nodes}"
    " do you pass, in order?",
    "A shortest-path task.\nStart: {source}. Goal: {target}.\nCost of a path: the sum of the numbers ({weight}) on its"
    " {links}.\nMoves: from {a_node} to another along a listed {link}. " + WAYS + "\nGive one path of minimal cost.\n"
    "\nThe {links}:\n{board}",
    "Somebody at {source} wants to get to {target} and to keep the sum of the {weight} as low as it can be, using"
    " nothing but the {links} below, each with its number. " + WAYS + "\n\n{board}\n\nName the {nodes} of a best route"
    " in order, both ends included.",
)  # fmt: skip
_FORM = "Write the path as the names in order, from the first to the last, with -> between them."
_FIELDS = {**NOUNS, "source": NAME, "target": NAME}


def read(prompt: str) -> dict[str, Any]:
    """The edges with their lengths, one way or both, and the two ends."""
    found = told(prompt, _WORDINGS, _FORM, _FIELDS)
    directed = directed_of(found["ways"])
    _, edges = network(found["board"], story_of(found), directed, weighted=True)
    return {"edges": edges, "directed": directed, "source": found["source"], "target": found["target"]}


def plain(problem: Any) -> dict[str, Any]:
    """The same of the stored problem."""
    ends = {"source": problem.names[problem.source], "target": problem.names[problem.target]}
    return {"edges": stored(problem, problem.directed), "directed": problem.directed, **ends}


def solutions(instance: dict[str, Any], limit: int = 2) -> list[str]:
    """Up to `limit` of the shortest paths."""
    graph = nx.DiGraph()
    graph.add_nodes_from((instance["source"], instance["target"]))
    graph.add_weighted_edges_from([(a, b, w) for (a, b), w in ways_of(instance["edges"], instance["directed"]).items()])
    if not nx.has_path(graph, instance["source"], instance["target"]):
        return []
    paths = nx.all_shortest_paths(graph, instance["source"], instance["target"], weight="weight")
    return [" -> ".join(path) for path in itertools.islice(paths, limit)]


def accepts(instance: dict[str, Any], answer: str) -> bool:
    """A path from end to end along edges, no longer than a shortest one."""
    path = [name.strip() for name in answer.split("->")]
    ways = ways_of(instance["edges"], instance["directed"])
    if [path[0], path[-1]] != [instance["source"], instance["target"]]:
        return False
    hops = list(itertools.pairwise(path))
    if any(hop not in ways for hop in hops):
        return False
    best = solutions(instance, 1)[0].split(" -> ")
    return sum(ways[hop] for hop in hops) == sum(ways[hop] for hop in itertools.pairwise(best))
