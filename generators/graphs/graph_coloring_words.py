"""Colourings in words: prompts, palettes and the prose of the steps."""

from __future__ import annotations

from collections.abc import Mapping

from verimill.generators.engines.network_text import SKIN, Network, a_or_an, adjacency_lines, dot, edge_lines, prose
from verimill.schemas.core import Face, Step
from verimill.schemas.graphs.graph_coloring import Problem

PALETTES: Mapping[str, tuple[str, ...]] = {
    "plain": ("red", "green", "blue", "yellow", "purple", "orange", "white", "black"),
    "roads": ("pink", "gold", "grey", "teal", "brown", "ivory", "navy", "lime"),
    "flights": ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"),
    "friendships": ("north", "south", "east", "west", "window", "door", "stage", "bar"),
    "pipes": ("copper", "steel", "brass", "lead", "iron", "zinc", "clay", "glass"),
    "dependencies": ("monday", "tuesday", "thursday", "friday", "saturday", "sunday"),
    "circuits": ("sine", "square", "pulse", "ramp", "noise", "chirp", "steady", "silent"),
}
_STORY = {
    "plain": "each {node} gets one colour",
    "roads": "each {node} is drawn on the map in one colour",
    "flights": "each {node} is given one radio channel",
    "friendships": "each {node} is seated at one table (friends together would only talk)",
    "pipes": "each {node} is made of one material",
    "dependencies": "each {node} is rebuilt on one day",
    "circuits": "each {node} carries one signal",
}


def _network(problem: Problem) -> Network:
    return Network(problem.names, problem.edges, False, problem.skin)


def _facts(problem: Problem) -> Mapping[str, str]:
    skin = SKIN[problem.skin]
    story = _STORY[problem.skin].format(node=skin.node)
    return {
        "node": skin.node, "nodes": skin.nodes, "link": skin.link, "links": skin.links, "story": story,
        "Story": story[0].upper() + story[1:], "count": str(len(problem.names)), "k": str(len(problem.palette)),
        "palette": ", ".join(problem.palette), "a_link": a_or_an(skin.link),
    }  # fmt: skip


FACE: Face[Problem] = Face(
    wordings=(
        "Below are {count} {nodes} and the {links} between them.\n\n{board}\n\n{Story}, one of {k}: {palette}. Two"
        " {nodes} with {a_link} between them must not get the same one. All {nodes} are to be covered; not every word"
        " has to be used.\n\n{answer}",
        "{board}\n\nThis lists {links} between {count} {nodes}. The task: {story}, and the choice is {palette}. The two"
        " ends of every {link} have to differ. Give a choice for every {node}.\n\n{answer}",
        "With only {k} words to choose from ({palette}), {story}, so that no {link} has the same word at both ends."
        " Every {node} takes exactly one word, and any assignment that works will do.\n\n{board}\n\n{answer}",
        "A colouring task on {count} {nodes}.\n{board}\n\nRules:\n- {story}\n- allowed: {palette}\n- wherever there is"
        " {a_link}, its two {nodes} differ\n- each {node} appears once in the answer\n\n{answer}",
    ),
    layouts={
        "edges": lambda problem: edge_lines(_network(problem)),
        "adjacency": lambda problem: adjacency_lines(_network(problem)),
        "prose": lambda problem: prose(_network(problem)),
        "dot": lambda problem: dot(_network(problem)),
    },
    facts=_facts,
)

_FORCED = (
    "{reasons}, so only {claim} is left.",
    "{claim}, since {reasons}.",
    "Because {reasons}, {claim}.",
    "Given {reasons}, it must be that {claim}.",
)
_CHOSEN = ("Nothing forbids {claim}: take it.", "Choose {claim}; no neighbour has it.", "{claim} is free to choose.")


def _listed(parts: tuple[str, ...]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _told(step: Step, number: str, indent: str, lines: list[str]) -> None:
    claim = ", ".join(step.claims)
    if step.rule == "start":
        joined = (
            "are joined pairwise, so they differ; which is which is free" if len(step.claims) > 1 else "comes first"
        )
        text = f"{_listed(step.because)} {joined}: {claim}."
    elif step.rule == "forced":
        text = _FORCED[step.number % len(_FORCED)].format(reasons=_listed(step.because), claim=claim)
    elif step.rule == "choose":
        text = _CHOSEN[step.number % len(_CHOSEN)].format(claim=claim)
    elif step.rule == "same":
        text = f"Nothing known tells the two words apart, so with {step.because[0]} also {claim}."
    elif step.rule == "clash":
        text = f"{step.because[0]} has nothing left: {_listed(step.because[1:])}. A contradiction."
    else:
        text = f"Suppose {step.because[0]}. It leads to a contradiction, so {claim}:"
    lines.append(f"{indent}{number}. {text}")
    for sub in step.sub:
        _told(sub, f"{number}.{sub.number}", indent + "   ", lines)


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One numbered line a step, the consequences of a supposition indented below it."""
    lines: list[str] = []
    for step in steps:
        _told(step, str(step.number), "", lines)
    return "\n".join(lines)
