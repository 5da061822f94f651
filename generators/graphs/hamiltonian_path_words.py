"""Paths through every node in words: prompts and the prose of the steps."""

from __future__ import annotations

from collections.abc import Mapping

from verimill.generators.engines.network_text import SKIN, Network, a_or_an, adjacency_lines, dot, edge_lines, prose
from verimill.schemas.core import Face, Step
from verimill.schemas.graphs.hamiltonian_path import Problem

_GO = (
    "From {a} go on to {b} (place {k}).",
    "Take the {link} from {a} to {b}; {b} is at place {k}.",
    "{b} comes after {a}, at place {k}.",
)
_FORCED = (
    "All other ways on from {a} were given up ({dead}), so {b} must be at place {k}.",
    "Only {b} is left after {a} ({dead} being out): {b} at place {k}.",
)
_STUCK = ("{b} at place {k} leads nowhere new while {nodes} are left: not {b} here.",)
_LOST = (
    "With {b} at place {k}, {x} could not be reached any more: not {b} here.",
    "{b} at place {k} would cut off {x}; give it up.",
)
_ENDS = (
    "With {b} at place {k}, {x} and {y} would both have to come last: not {b} here.",
    "{b} at place {k} leaves two dead ends, {x} and {y}; give it up.",
)
_TRIED = (
    "Every way on from {b} at place {k} has failed ({dead}): go back, not {b} here.",
    "So {b} at place {k} is given up too, after {dead}.",
)
_TEXTS = {"go": _GO, "forced": _FORCED, "stuck": _STUCK, "lost": _LOST, "ends": _ENDS, "tried": _TRIED}


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One numbered line a step."""
    skin = SKIN[problem.skin]
    lines: list[str] = []
    for step in steps:
        word = step.claims[0].split()
        at = step.number
        dead = [ref.split()[2] for ref in step.because if ref.startswith("dead ")]
        if step.rule == "done":
            text = f"All {len(problem.names)} {skin.nodes} are passed once: {' -> '.join(word[1:])}."
        elif step.rule == "none":
            text = f"No {skin.node} is left to start from ({', '.join(dead)} given up): contradiction, no path exists."
        elif word[0] == "at" and word[1] == "1":
            text = f"{word[2]} is at place 1, the start."
        else:
            texts = _TEXTS[step.rule]
            first = step.because[0].split()[1] if step.because else ""
            text = texts[at % len(texts)].format(
                b=word[2], k=word[1], a=first, x=first, y=step.because[-1].split()[-1] if step.because else "",
                dead=", ".join(dead) or "nothing else", link=skin.link, nodes=skin.nodes,
            )  # fmt: skip
        lines.append(f"{at}. {text}")
    return "\n".join(lines)


def _network(problem: Problem) -> Network:
    return Network(problem.names, problem.edges, problem.directed, problem.skin)


def _facts(problem: Problem) -> Mapping[str, str]:
    skin = SKIN[problem.skin]
    return {
        "node": skin.node, "nodes": skin.nodes, "link": skin.link, "links": skin.links,
        "count": str(len(problem.names)), "a_node": a_or_an(skin.node), "a_link": a_or_an(skin.link),
        "start": f"The path must start at {problem.names[problem.start]}." if problem.start >= 0
        else f"The path may start at any {skin.node}.",
        "ways": f"Each {skin.link} can be used only in the direction given." if problem.directed
        else f"Each {skin.link} can be used in both directions.",
    }  # fmt: skip


_WORDINGS = (
    """\
Here are {count} {nodes} and the {links} between them. {ways}

{board}

Find a path along these {links} that passes every one of the {nodes} exactly once. {start} It need not return to its \
start.

{answer}""",
    """\
Can all {count} {nodes} be visited in a row, none of them twice, by always following one of the {links} listed? {ways} \
{start} If it can be done, give such a path; any one will do.

{board}

{answer}""",
    """\
{board}

In this network find a Hamiltonian path: an order of all {count} {nodes} in which each is joined to the next by \
{a_link}, and in which no {node} is missing or repeated. {ways} {start}

{answer}""",
    """\
Task: one trip through all {count} {nodes}.
Allowed: going from {a_node} to another along a listed {link}. {ways}
Not allowed: passing {a_node} twice, or leaving one out.
{start}

The {links}:
{board}

{answer}""",
)

FACE: Face[Problem] = Face(
    wordings=_WORDINGS,
    layouts={
        "edges": lambda problem: edge_lines(_network(problem)),
        "adjacency": lambda problem: adjacency_lines(_network(problem)),
        "prose": lambda problem: prose(_network(problem)),
        "dot": lambda problem: dot(_network(problem)),
    },
    facts=_facts,
)
