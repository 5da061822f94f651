"""Maximum flows, read from their prompts alone."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import networkx as nx
from networkx.algorithms.flow import edmonds_karp, preflow_push
from readers.networks import NAME, NOUNS, network, stored, story_of
from readers.shapes import told

FOREIGN = True
SOLVED = (1, 4)
_WORDINGS = (
    "The {links} below lead one way between {nodes}; the number with each is the most that it can carry ({capacity})."
    "\n\n{board}\n\nHow much can be sent from {source} to {sink} in all? Say how much goes over each {link}: never more"
    " than its number, only in its direction, and at every {node} but {source} and {sink} what comes in must go out"
    " again. The amount is to be as large as possible. Prove that it is: name a set of {nodes} with {source} and"
    " without {sink} such that the {links} out of the set can carry just that amount together.",
    "Find a maximum flow from {source} to {sink}, and a minimum cut that shows it cannot be beaten.\n\n{board}\n\nEach"
    " line or sentence is a one-way {link} with its capacity ({capacity}). The flow on {a_link} is a whole number"
    " from 0 to its capacity; at every {node} except {source} and {sink}, inflow equals outflow; the value is what"
    " leaves {source} less what returns to it. The cut is a set of {nodes} that holds {source} but not {sink}; the"
    " capacities of the {links} that leave it must sum up to the value.",
    "{board}\n\nIn this network every {link} works in one direction only and has a limit: {capacity}, given as its"
    " number. Plan a steady movement from {source} to {sink} that is as large as it can be. Limits hold, nothing is"
    " lost or made at the {nodes} between (in equals out), and no {link} is used that is not listed. Also give the"
    " bottleneck: {nodes} around {source}, {sink} not among them, whose outgoing {links} have exactly the planned total"
    " as the sum of their limits.",
    "Task: the largest flow from {source} (the source) to {sink} (the sink).\nGiven: one-way {links} between {nodes},"
    " each with a capacity ({capacity}).\nRules: use listed {links} only, in their direction, up to their capacity;"
    " every other {node} passes on exactly what it gets.\nWanted: the value, the flow on the {links}, and as a proof a"
    " set of {nodes} containing {source} and not {sink} whose outgoing capacity is equal to the value.\n\n{board}",
)
_FORM = (
    "Give three lines: 'Value:' with the amount in all; 'Flow:' with every edge that carries something, as "
    "A->B: amount (whole numbers), separated by commas; 'Cut:' with the names in the set that proves it."
)
_FIELDS = {**NOUNS, "source": NAME, "sink": NAME}


def read(prompt: str) -> dict[str, Any]:
    """The edges with their capacities and the two ends."""
    found = told(prompt, _WORDINGS, _FORM, _FIELDS)
    _, edges = network(found["board"], story_of(found), directed=True, weighted=True)
    return {"edges": edges, "source": found["source"], "sink": found["sink"]}


def plain(problem: Any) -> dict[str, Any]:
    """The same of the stored problem."""
    ends = {"source": problem.names[problem.source], "sink": problem.names[problem.sink]}
    return {"edges": stored(problem, True), **ends}


def solutions(instance: dict[str, Any], limit: int = 2) -> list[str]:
    """Two maximum flows by two methods, with the least and with the largest cut."""
    graph, back = nx.DiGraph(), nx.DiGraph()
    for (a, b), w in instance["edges"].items():
        graph.add_edge(a, b, capacity=w)
        back.add_edge(b, a, capacity=w)
    source, sink = instance["source"], instance["sink"]
    out = []
    for method in (edmonds_karp, preflow_push):
        value, flow = nx.maximum_flow(graph, source, sink, flow_func=method)
        side = nx.minimum_cut(graph, source, sink)[1][0]
        if out:
            side = nx.minimum_cut(back, sink, source)[1][1]
        used = [f"{a}->{b}: {amount}" for a, row in flow.items() for b, amount in row.items() if amount]
        out.append(f"Value: {value}\nFlow: {', '.join(used)}\nCut: {', '.join(sorted(side))}")
    return out[:limit]


def accepts(instance: dict[str, Any], answer: str) -> bool:
    """A flow within the capacities that loses nothing, of the value told, which is also that of the cut."""
    match = re.fullmatch(r"Value: (\d+)\nFlow: (.+)\nCut: (.+)", answer)
    items = [re.fullmatch(rf"({NAME})->({NAME}): (\d+)", item) for item in match[2].split(", ")] if match else []
    if match is None or None in items:
        return False
    flows = {(item[1], item[2]): int(item[3]) for item in items if item}
    cut, ends, edges = match[3].split(", "), (instance["source"], instance["sink"]), instance["edges"]
    if len(flows) != len(items) or any(amount > edges.get(way, -1) for way, amount in flows.items()):
        return False
    net: Counter[str] = Counter()
    for (a, b), amount in flows.items():
        net[a] += amount
        net[b] -= amount
    names = {name for way in edges for name in way}
    leaving = sum(w for (a, b), w in edges.items() if a in cut and b not in cut)
    return (
        all(left == 0 for name, left in net.items() if name not in ends)
        and net[ends[0]] == int(match[1]) == leaving
        and len(set(cut)) == len(cut)
        and set(cut) <= names
        and ends[0] in cut
        and ends[1] not in cut
    )
