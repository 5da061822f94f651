"""What a formula about roles says: under all roles, and what it can still be under some of them."""

from __future__ import annotations

from collections.abc import Iterator

from verimill.schemas.formulas import Node
from verimill.schemas.logic.knights_knaves import SKINS, Answer, Problem


def holds(node: Node, roles: tuple[bool, ...]) -> bool:
    """Whether the formula is true when `roles[i]` says that person i tells the truth."""
    head = node[0]
    if head == "k":
        return roles[node[1]]
    if head == "n":
        return not roles[node[1]]
    if head == "and":
        return holds(node[1], roles) and holds(node[2], roles)
    if head == "or":
        return holds(node[1], roles) or holds(node[2], roles)
    if head == "if":
        return not holds(node[1], roles) or holds(node[2], roles)
    if head == "iff":
        return holds(node[1], roles) == holds(node[2], roles)
    if head == "xor":
        return holds(node[1], roles) != holds(node[2], roles)
    if head == "not":
        return not holds(node[1], roles)
    found = sum(roles[i] for i in node[2])
    return bool(found == node[1] if head == "exactly" else found >= node[1] if head == "least" else found <= node[1])


def roles_of(problem: Problem, answer: Answer) -> tuple[bool, ...]:
    truthful = SKINS[problem.skin][0]
    return tuple(word == truthful for _, word in answer)


def mentioned(node: Node) -> Iterator[int]:
    if node[0] in ("k", "n"):
        yield node[1]
    elif node[0] in ("exactly", "least", "most"):
        yield from node[2]
    else:
        for part in node[1:]:
            yield from mentioned(part)


def _may_be(node: Node, env: dict[int, bool]) -> int:
    """What the formula can be under partial roles, part by part: 1 true, 2 false, 3 either."""
    head = node[0]
    if head in ("k", "n"):
        if node[1] not in env:
            return 3
        return 1 if env[node[1]] == (head == "k") else 2
    if head in ("exactly", "least", "most"):
        low = sum(1 for i in node[2] if env.get(i) is True)
        high = low + sum(1 for i in node[2] if i not in env)
        k = node[1]
        true = low <= k <= high if head == "exactly" else high >= k if head == "least" else low <= k
        false = not low == k == high if head == "exactly" else low < k if head == "least" else high > k
        return int(true) + 2 * int(false)
    if head == "not":
        return _flip(_may_be(node[1], env))
    a, b = _may_be(node[1], env), _may_be(node[2], env)
    if head == "if":
        a, head = _flip(a), "or"
    if head == "and":
        return (a & b & 1) | ((a | b) & 2)
    if head == "or":
        return ((a | b) & 1) | (a & b & 2)
    if a == 3 or b == 3:
        return 3
    return 1 if (a == b) == (head == "iff") else 2


def _flip(value: int) -> int:
    return value >> 1 | (value & 1) << 1


def _open(node: Node, env: dict[int, bool]) -> int | None:
    """Somebody in the formula whose role is not known."""
    if node[0] in ("k", "n"):
        return None if node[1] in env else node[1]
    if node[0] in ("exactly", "least", "most"):
        return next((i for i in node[2] if i not in env), None)
    for part in node[1:]:
        found = _open(part, env)
        if found is not None:
            return found
    return None


def possible(speaker: int, node: Node, env: dict[int, bool]) -> bool:
    """Whether some roles that extend `env` let the speaker make the statement."""
    value = _may_be(node, env)
    if speaker in env:
        if not value & (1 if env[speaker] else 2):
            return False
        if value != 3:
            return True
    chosen = speaker if speaker not in env else _open(node, env)
    if chosen is None:
        return True
    return any(possible(speaker, node, {**env, chosen: role}) for role in (True, False))


def may_be(node: Node, env: dict[int, bool]) -> int:
    """`_may_be` without its blindness to a person named twice: every role of every open person is tried."""
    value = _may_be(node, env)
    chosen = _open(node, env)
    if value != 3 or chosen is None:
        return value
    return may_be(node, {**env, chosen: True}) | may_be(node, {**env, chosen: False})
