"""Colourings, read from their prompts alone."""

from __future__ import annotations

from typing import Any

from readers.networks import NOUNS, network, stored, story_of
from readers.shapes import models, told

FOREIGN = True
SOLVED = (1, 4)
_CHOICES = {  # by the noun for a node
    "node": "each {node} gets one colour",
    "town": "each {node} is drawn on the map in one colour",
    "airport": "each {node} is given one radio channel",
    "person": "each {node} is seated at one table (friends together would only talk)",
    "junction": "each {node} is made of one material",
    "package": "each {node} is rebuilt on one day",
    "terminal": "each {node} carries one signal",
}
_WORDINGS = (
    "Below are {count} {nodes} and the {links} between them.\n\n{board}\n\n{choice}, one of {k}: {palette}. Two"
    " {nodes} with {a_link} between them must not get the same one. All {nodes} are to be covered; not every word"
    " has to be used.",
    "{board}\n\nThis lists {links} between {count} {nodes}. The task: {choice}, and the choice is {palette}. The two"
    " ends of every {link} have to differ. Give a choice for every {node}.",
    "With only {k} words to choose from ({palette}), {choice}, so that no {link} has the same word at both ends."
    " Every {node} takes exactly one word, and any assignment that works will do.\n\n{board}",
    "A colouring task on {count} {nodes}.\n{board}\n\nRules:\n- {choice}\n- allowed: {palette}\n- wherever there is"
    " {a_link}, its two {nodes} differ\n- each {node} appears once in the answer",
)
_FORM = (
    "One line of {count} pairs name=word, separated by commas, with the names as given and each word one of {palette}."
)
_FIELDS = {
    **NOUNS, "choice": "[Ee]ach [a-z ()]+", "count": r"\d+", "k": r"\d", "palette": "[a-z]+(?:, [a-z]+)+",
}  # fmt: skip


def read(prompt: str) -> dict[str, Any]:
    """The nodes, the pairs that must differ, and the words to choose from."""
    found = told(prompt, _WORDINGS, _FORM, _FIELDS)
    story, palette = story_of(found), found["palette"].split(", ")
    names, edges = network(found["board"], story, directed=False, weighted=False)
    if len(names) != int(found["count"]) or not len(set(palette)) == len(palette) == int(found.get("k", len(palette))):
        raise ValueError(f"counts must be those of what is listed: {prompt!r}")
    choice = found["choice"][0].lower() + found["choice"][1:]
    if choice != _CHOICES[story.node].format(node=found.get("node") or story.node):
        raise ValueError(f"not what {story.nodes} choose: {choice}")
    return {"names": names, "edges": edges, "palette": frozenset(palette)}


def plain(problem: Any) -> dict[str, Any]:
    """The same of the stored problem."""
    return {"names": set(problem.names), "edges": stored(problem, False), "palette": frozenset(problem.palette)}


def solutions(instance: dict[str, Any], limit: int = 2) -> list[str]:
    """Up to `limit` colourings, by SAT."""
    names, palette = sorted(instance["names"]), sorted(instance["palette"])
    number = {pair: at for at, pair in enumerate(((name, word) for name in names for word in palette), 1)}
    clauses = [[number[name, word] for word in palette] for name in names]
    clauses += [
        [-number[name, one], -number[name, two]] for name in names for one in palette for two in palette if one < two
    ]
    clauses += [[-number[a, word], -number[b, word]] for a, b in instance["edges"] for word in palette]
    return [", ".join(f"{name}={word}" for name, word in sorted(true)) for true in models(clauses, number, limit)]


def accepts(instance: dict[str, Any], answer: str) -> bool:
    """A word for every node, once, and different ones at the ends of every edge."""
    pairs = [tuple(item.split("=")) for item in answer.split(", ")]
    chosen = dict(pairs) if all(len(pair) == 2 for pair in pairs) else {}
    return (
        len(chosen) == len(pairs)
        and chosen.keys() == instance["names"]
        and set(chosen.values()) <= instance["palette"]
        and all(chosen[a] != chosen[b] for a, b in instance["edges"])
    )
