"""Chains of problems, each chosen by the answer before: composition as in h1, with every link's answer recorded.

`verimill.verifiers.chains` scores a reply and says at which link it went wrong. The file of a split goes round
through the lengths that are asked for, so that a curriculum over `links` filters one column.

A problem is followed by two others; which one is to be solved depends on whether the digits and letters of the answer
before add up to an even number, so every link must be solved in turn. Only the last answer is scored: `verification`
is the last link's. Links are problems of the dataset, so each is certified and re-verifiable by its own id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options
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
    usable = [item for item in items if fits(item)]
    size = 2 * links - 1
    for at in range(0, len(usable) - size + 1, size):
        yield _chain(usable[at : at + size], links)


def fits(item: Item) -> bool:
    """Whether the problem has one right answer, so that one link follows from it."""
    return item.problem["checker"] in ("unique", "exact") and bool(item.problem["answerable"])


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


# --- as rows ----------------------------------------------------------------------------------------------------

POOL = 600  # problems of a split that are mixed, so that families meet


def across(items: Iterator[Item], options: Options) -> Made:
    """Chains within each split, of every length from `options.links[0]` to `options.links[1]` in turn."""
    pools: dict[str, list[Item]] = {}
    for item in items:
        if not fits(item):
            yield Dropped(item.id, None, "no answer, or more than one right one")
            continue
        pool = pools.setdefault(item.problem["split"], [])
        pool.append(Item(item.problem, []))  # chains need no traces
        if len(pool) == POOL:
            yield from _dealt(pool, options)
            pools[item.problem["split"]] = []
    for pool in pools.values():
        yield from _dealt(pool, options)


def _dealt(pool: list[Item], options: Options) -> Made:
    left = rng_for("chains", *(item.id for item in pool)).shuffled(pool)
    low, high = options.links
    links = low
    while len(left) >= 2 * low - 1:
        size = 2 * min(links, (len(left) + 1) // 2) - 1
        taken, left = left[:size], left[size:]
        yield _row(_chain(taken, (size + 1) // 2), {item.id: item for item in taken})
        links = low if links == high else links + 1
    for item in left:
        yield Dropped(item.id, None, "left over, too few for a chain")


def _row(chain: Chain, items: dict[str, Item]) -> dict[str, object]:
    path = [items[name].problem for name in chain.links]
    return items[chain.links[-1]].columns() | {
        "prompt": [{"role": "user", "content": chain.prompt}],
        "links": len(chain.links),
        "link_ids": list(chain.links),
        "shown_ids": list(chain.shown),
        "families": [problem["family"] for problem in path],
        "answers": list(chain.answers),
        "verifications": [problem["verification"] for problem in path],
        "verification": chain.verification,
    }


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """The prompt, its links in order with answers, and the last link's `verification`, which rewards take."""
    return (("prompt", "messages"), ("links", "int32"), ("link_ids", "strings"), ("shown_ids", "strings"),
            ("families", "strings"), ("answers", "strings"), ("verifications", "strings"),
            ("verification", "string"))  # fmt: skip


BY_NAME = {"chain": Format("chain", "TRL GRPOTrainer, and rewards that take `verification`", columns, across=across)}
