"""Flows in words: prompts and the prose of the steps."""

from __future__ import annotations

from collections.abc import Mapping

from verimill.generators.engines.network_text import SKIN, Network, a_or_an, adjacency_lines, dot, edge_lines, prose
from verimill.schemas.core import Face, Step
from verimill.schemas.graphs.max_flow import Problem

_PUSH = (
    "Along {way} the rooms are {rooms}: push {amount}.",
    "The way {way} has room for {amount} ({rooms}); send that much.",
    "Next way: {way}. Room on its hops: {rooms}. So {amount} more can go.",
)
_REACH = (
    "From {a} there is still room for {r} to {b}, so {b} can be reached.",
    "{b} is reached too: the hop from {a} has {r} left.",
)


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One numbered line a step."""
    skin = SKIN[problem.skin]
    sink = problem.names[problem.sink]
    lines: list[str] = []
    for step in steps:
        word = step.claims[0].split()
        at = step.number
        if step.rule == "push":
            rooms = ", ".join([ref.rsplit(" ", 1)[1] for ref in step.because])
            text = _PUSH[at % 3].format(way=" -> ".join(word[2:]), rooms=rooms, amount=word[1])
        elif step.rule == "reach":
            ref = step.because[0].split()
            text = _REACH[at % 2].format(a=ref[1], b=ref[2], r=ref[3])
        else:
            full = [ref.split() for ref in step.because]
            told = ", ".join([f"{ref[1]}->{ref[2]} ({ref[3]})" for ref in full])
            total = step.claims[1].split()[1]
            text = (
                f"The set {', '.join(word[1:])} does not hold {sink}; every {skin.link} out of it is full and none "
                f"brings flow back into it: {told or 'there is none'}. So no more than {total} can pass; value {total}."
            )
        lines.append(f"{at}. {text}")
    return "\n".join(lines)


def _network(problem: Problem) -> Network:
    return Network(problem.names, problem.edges, True, problem.skin)


def _facts(problem: Problem) -> Mapping[str, str]:
    skin = SKIN[problem.skin]
    return {
        "node": skin.node, "nodes": skin.nodes, "link": skin.link, "links": skin.links, "capacity": skin.capacity,
        "a_link": a_or_an(skin.link),
        "source": problem.names[problem.source], "sink": problem.names[problem.sink],
    }  # fmt: skip


_WORDINGS = (
    """\
The {links} below lead one way between {nodes}; the number with each is the most that it can carry ({capacity}).

{board}

How much can be sent from {source} to {sink} in all? Say how much goes over each {link}: never more than its \
number, only in its direction, and at every {node} but {source} and {sink} what comes in must go out again. The \
amount is to be as large as possible. Prove that it is: name a set of {nodes} with {source} and without {sink} such \
that the {links} out of the set can carry just that amount together.

{answer}""",
    """\
Find a maximum flow from {source} to {sink}, and a minimum cut that shows it cannot be beaten.

{board}

Each line or sentence is a one-way {link} with its capacity ({capacity}). The flow on {a_link} is a whole number \
from 0 to its capacity; at every {node} except {source} and {sink}, inflow equals outflow; the value is what leaves \
{source} less what returns to it. The cut is a set of {nodes} that holds {source} but not {sink}; the capacities of \
the {links} that leave it must sum up to the value.

{answer}""",
    """\
{board}

In this network every {link} works in one direction only and has a limit: {capacity}, given as its number. Plan a \
steady movement from {source} to {sink} that is as large as it can be. Limits hold, nothing is lost or made at the \
{nodes} between (in equals out), and no {link} is used that is not listed. Also give the bottleneck: {nodes} around \
{source}, {sink} not among them, whose outgoing {links} have exactly the planned total as the sum of their limits.

{answer}""",
    """\
Task: the largest flow from {source} (the source) to {sink} (the sink).
Given: one-way {links} between {nodes}, each with a capacity ({capacity}).
Rules: use listed {links} only, in their direction, up to their capacity; every other {node} passes on exactly what \
it gets.
Wanted: the value, the flow on the {links}, and as a proof a set of {nodes} containing {source} and not {sink} \
whose outgoing capacity is equal to the value.

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
