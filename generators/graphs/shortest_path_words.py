"""Shortest paths in words: prompts and the prose of the steps."""

from __future__ import annotations

from collections.abc import Mapping

from verimill.generators.engines.network_text import SKIN, Network, a_or_an, adjacency_lines, dot, edge_lines, prose
from verimill.schemas.core import Face, Step
from verimill.schemas.graphs.shortest_path import Problem

_SETTLE = (
    "Of the {nodes} not yet settled, {b} is nearest: {t} by way of {a}. That is final: dist {b} = {t}.",
    "{b} has the least total of those left, {t} from {a}, so dist {b} = {t} for good.",
    "No other way can undercut {t} for {b} (through {a}); {b} is settled with dist {b} = {t}.",
)
_RELAX = (
    "From {a}: {d} + {w} = {t}, so {b} can be had for {t} via {a}.",
    "The {link} from {a} to {b} gives {d} + {w} = {t}, the best so far for {b}.",
    "{b} through {a} comes to {d} + {w} = {t}; note {t} for {b}.",
)


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One numbered line a step."""
    skin = SKIN[problem.skin]
    target = problem.names[problem.target]
    lines: list[str] = []
    for step in steps:
        word = step.claims[0].split()
        at = step.number
        if step.rule == "start":
            text = f"{word[1]} is where the way starts: dist {word[1]} = 0."
        elif step.rule == "relax":
            d, w = step.because[0].split()[3], step.because[1].split()[3]
            text = _RELAX[at % 3].format(a=word[5], b=word[1], t=word[3], d=d, w=w, link=skin.link)
        elif step.rule == "settle":
            text = _SETTLE[at % 3].format(a=word[5], b=word[1], t=word[3], nodes=skin.nodes)
        elif step.rule == "path":
            text = f"{target} is settled; tracing back gives {' -> '.join(word[1:-2])} with the total {word[-1]}."
        else:
            text = f"No {skin.link} leads out of what was reached, without {target}: contradiction, there is no path."
        lines.append(f"{at}. {text}")
    return "\n".join(lines)


def _network(problem: Problem) -> Network:
    return Network(problem.names, problem.edges, problem.directed, problem.skin)


def _facts(problem: Problem) -> Mapping[str, str]:
    skin = SKIN[problem.skin]
    return {
        "a_node": a_or_an(skin.node), "nodes": skin.nodes, "link": skin.link, "links": skin.links,
        "weight": skin.weight, "source": problem.names[problem.source], "target": problem.names[problem.target],
        "ways": f"Each {skin.link} can be used only in the direction given." if problem.directed
        else f"Each {skin.link} can be used in both directions.",
    }  # fmt: skip


_WORDINGS = (
    """\
Here are some {nodes} and the {links} between them; the number with each {link} is its {weight}. {ways}

{board}

Find a path from {source} to {target} along these {links} whose total {weight} is as small as possible.

{answer}""",
    """\
What is the cheapest way from {source} to {target}? The cost of a way is the sum of the numbers on its {links} \
({weight}), and only the {links} listed may be used. {ways} If several ways cost the same least amount, any of them \
will do.

{board}

{answer}""",
    """\
{board}

Above is a network of {nodes} with {links}; every {link} carries a number, its {weight}. {ways} Start at {source}, end \
at {target}, follow {links} only, and keep the sum of the numbers minimal. Which {nodes} do you pass, in order?

{answer}""",
    """\
A shortest-path task.
Start: {source}. Goal: {target}.
Cost of a path: the sum of the numbers ({weight}) on its {links}.
Moves: from {a_node} to another along a listed {link}. {ways}
Give one path of minimal cost.

The {links}:
{board}

{answer}""",
    """\
Somebody at {source} wants to get to {target} and to keep the sum of the {weight} as low as it can be, using nothing \
but the {links} below, each with its number. {ways}

{board}

Name the {nodes} of a best route in order, both ends included.

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
