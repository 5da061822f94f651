"""Spanning trees in words: prompts and the prose of the steps."""

from __future__ import annotations

from collections.abc import Mapping

from verimill.generators.engines.network_text import SKIN, Network, adjacency_lines, dot, edge_lines, prose
from verimill.schemas.core import Face, Step
from verimill.schemas.graphs.minimum_spanning_tree import Problem

_TAKE = (
    "{a}-{b} ({w}) joins two parts and no lighter {link} does, so tree {a}-{b} {w}: take it.",
    "The lightest {link} left between different parts is {a}-{b} with {w}; it goes into the tree.",
    "Next by weight comes {a}-{b} ({w}). Its ends are not joined yet: take it.",
)
_SKIP = (
    "{a}-{b} ({w}) would close a cycle with {path}: leave it out.",
    "{path} already joins {a} to {b}, so {a}-{b} ({w}) is a cycle and is skipped.",
    "Skip {a}-{b} ({w}); {path} leads from {a} to {b} without a heavier {link}.",
)


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One numbered line a step."""
    skin = SKIN[problem.skin]
    lines: list[str] = []
    for step in steps:
        word = step.claims[0].split()
        at = step.number
        if step.rule == "take":
            text = _TAKE[at % 3].format(a=word[1], b=word[2], w=word[3], link=skin.link)
        elif step.rule == "skip":
            path = "-".join([word[1], *[ref.split()[2] for ref in step.because]])
            text = _SKIP[at % 3].format(a=word[1], b=word[2], w=word[3], path=path, link=skin.link)
        elif step.rule == "total":
            n = len(problem.names)
            text = f"All {n} {skin.nodes} are joined by {n - 1} {skin.links}; total {word[1]}."
        else:
            text = f"No {skin.link} is left that joins two parts, yet there are several: contradiction, no tree exists."
        lines.append(f"{at}. {text}")
    return "\n".join(lines)


def _network(problem: Problem) -> Network:
    return Network(problem.names, problem.edges, False, problem.skin)


def _facts(problem: Problem) -> Mapping[str, str]:
    skin = SKIN[problem.skin]
    return {
        "node": skin.node, "nodes": skin.nodes, "link": skin.link, "links": skin.links, "weight": skin.weight,
        "count": str(len(problem.names)),
    }  # fmt: skip


_WORDINGS = (
    """\
Below are {count} {nodes} and the {links} between them, each with a number, its {weight}.

{board}

Choose {links} from this list so that all {nodes} are joined, directly or through others, without any cycle, and \
so that the sum of the chosen numbers is as small as possible.

{answer}""",
    """\
Find a minimum spanning tree of this network. Its vertices are the {count} {nodes}; its edges are the {links}, \
weighted by their {weight}. The tree must use listed {links} only, reach every one of the {nodes}, contain no cycle, \
and have the least possible total. If several trees have that total, any one will do.

{board}

{answer}""",
    """\
{board}

Each {link} above can be kept or closed down; its number ({weight}) is what keeping it costs. Keep a set of {links} \
such that from every {node} one can still get to every other, no {link} kept is superfluous (no closed loop is left), \
and the total cost is the lowest there is. Nothing outside the list may be used. Which {links} are kept?

{answer}""",
    """\
Task: connect {count} {nodes} as cheaply as possible.
Allowed: the {links} listed here, at the price of their number ({weight}).
Wanted: all {nodes} in one connected piece; no loops; least sum of prices.

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
