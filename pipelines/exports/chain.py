"""Chains of problems, each chosen by the answer before: composition as in h1, with every link's answer recorded.

A problem is followed by two others; which one is to be solved depends on whether the digits and letters of the answer
before add up to an even number, so every link must be solved in turn. Only the last answer is scored: `verification`
is the last link's. Links are problems of the dataset, so each is certified and re-verifiable by its own id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verimill.pipelines.exports.shapes import Item
from verimill.pipelines.oracle import oracle_reply
from verimill.schemas.rng import rng_for
from verimill.verifiers.judge import judge_text

_RULE = (
    "Add up all digits of the answer to {name}, and one more for each of its letters. If the sum is even, go on with "
    "{even}, else with {odd}."
)


@dataclass(frozen=True, slots=True)
class Chain:
    """`links` are the problems to be solved in order, `answers` theirs, `shown` all problems that the prompt holds."""

    prompt: str
    links: tuple[str, ...]
    shown: tuple[str, ...]
    answers: tuple[str, ...]
    verification: str


def weight(answer: str) -> int:
    """The sum of the answer's digits, and one for each letter."""
    return sum(int(c) if c.isdecimal() else c.isalpha() for c in answer)


def chains(items: Sequence[Item], links: int) -> Iterator[Chain]:
    """Chains of `links` problems from the items, each item used once; what is left over makes none.

    Only unique answers count: another right answer would lead to another link. ValueError for fewer than 2 links.
    """
    if not 2 <= links <= 20:
        raise ValueError(f"links must be in 2..20, got {links}")
    usable = [item for item in items if item.problem["checker"] in ("unique", "exact") and item.problem["answerable"]]
    size = 2 * links - 1
    for at in range(0, len(usable) - size + 1, size):
        yield _chain(usable[at : at + size], links)


def _chain(items: Sequence[Item], links: int) -> Chain:
    rng = rng_for("chain", *(item.id for item in items))
    parts, here, path = [], items[0], [items[0]]
    parts.append(_part("problem 1", here))
    name = "problem 1"
    for link in range(1, links):
        both, swapped = items[2 * link - 1 : 2 * link + 1], rng.below(2)
        names = f"problem {link + 1}a", f"problem {link + 1}b"
        answered = "the one you solved" if link > 1 else name
        parts.append(_RULE.format(name=answered, even=names[swapped], odd=names[1 - swapped]))
        parts += [_part(part, item) for part, item in zip(names, both, strict=True)]
        here = both[(weight(here.problem["answer"]) + swapped) % 2]
        path.append(here)
    parts.append("Reply with the answer to the last problem that you were led to, in the form that it asks for.")
    for item in path:
        reply = oracle_reply(item.id, item.case, item.problem["answer"])
        if not judge_text(item.case, reply):
            raise ValueError(f"problem {item.id}: the stored answer is not judged right")
    return Chain(
        "\n\n".join(parts), tuple(item.id for item in path), tuple(item.id for item in items),
        tuple(item.problem["answer"] for item in path), path[-1].problem["verification"],
    )  # fmt: skip


def _part(name: str, item: Item) -> str:
    return f"{name.capitalize()}:\n\n{item.question}"
