"""Paths through every node, read from their prompts alone."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from readers.networks import NAME, NOUNS, WAYS, directed_of, network, stored, story_of, ways_of
from readers.shapes import told

FOREIGN = True
SOLVED = (1, 4)
_WORDINGS = (
    "Here are {count} {nodes} and the {links} between them. " + WAYS + "\n\n{board}\n\nFind a path along these {links}"
    " that passes every one of the {nodes} exactly once. {start} It need not return to its start.",
    "Can all {count} {nodes} be visited in a row, none of them twice, by always following one of the {links} listed? "
    + WAYS + " {start} If it can be done, give such a path; any one will do.\n\n{board}",
    "{board}\n\nIn this network find a Hamiltonian path: an order of all {count} {nodes} in which each is joined to the"
    " next by {a_link}, and in which no {node} is missing or repeated. " + WAYS + " {start}",
    "Task: one trip through all {count} {nodes}.\nAllowed: going from {a_node} to another along a listed {link}. "
    + WAYS + "\nNot allowed: passing {a_node} twice, or leaving one out.\n{start}\n\nThe {links}:\n{board}",
)  # fmt: skip
_FORM = "Write all the names in the order of the path, with -> between them."
_START = rf"The path must start at {NAME}\.|The path may start at any [a-z]+\."
_FIELDS = {**NOUNS, "count": r"\d+", "start": _START}


def read(prompt: str) -> dict[str, Any]:
    """How many nodes there are, the edges, one way or both, and the node to start at or None."""
    found = told(prompt, _WORDINGS, _FORM, _FIELDS)
    directed, story, count = directed_of(found["ways"]), story_of(found), int(found["count"])
    names, edges = network(found["board"], story, directed, weighted=False)
    fixed = re.fullmatch(rf"The path must start at ({NAME})\.", found["start"])
    if not fixed and found["start"] != f"The path may start at any {story.node}.":
        raise ValueError(f"not how a path over {story.nodes} may start: {found['start']}")
    if not len({name for edge in edges for name in edge}) <= len(names) <= count or (fixed and fixed[1] not in names):
        raise ValueError(f"more names than {count}, or the start is none of them: {prompt!r}")
    return {"count": count, "edges": edges, "directed": directed, "start": fixed[1] if fixed else None}


def plain(problem: Any) -> dict[str, Any]:
    """The same of the stored problem."""
    start = problem.names[problem.start] if problem.start >= 0 else None
    edges = stored(problem, problem.directed)
    return {"count": len(problem.names), "edges": edges, "directed": problem.directed, "start": start}


def solutions(instance: dict[str, Any], limit: int = 2) -> list[str]:
    """Up to `limit` paths, by going on until it goes no further."""
    out: dict[str, list[str]] = {}
    for a, b in sorted(ways_of(instance["edges"], instance["directed"])):
        out.setdefault(a, []).append(b)
        out.setdefault(b, [])
    found: list[str] = []

    def extend(path: list[str]) -> None:
        if len(path) == instance["count"]:
            found.append(" -> ".join(path))
        for name in out[path[-1]]:
            if name not in path and len(found) < limit:
                extend([*path, name])

    for start in [instance["start"]] if instance["start"] else sorted(out):
        if len(found) < limit:
            extend([start])
    return found


def accepts(instance: dict[str, Any], answer: str) -> bool:
    """All nodes, each once, each joined to the next."""
    path = [name.strip() for name in answer.split("->")]
    ways = ways_of(instance["edges"], instance["directed"])
    return (
        len(set(path)) == len(path) == instance["count"]
        and path[0] == (instance["start"] or path[0])
        and all(hop in ways for hop in pairwise(path))
    )
