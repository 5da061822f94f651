"""Statements about who tells the truth, as short prefix texts: `if k0 and n2 exactly:2:0.1.3`.

    node    := k<i>                        person i tells the truth
             | n<i>                        person i lies
             | not node
             | and node node | or node node | xor node node | iff node node | if node node
             | <count>:<k>:<i>.<i>...      count is exactly, least or most; i ascending, at least two of them

People are numbered from 0. One space between tokens and nothing else, so a formula has exactly one text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any

Node = tuple[Any, ...]

PAIRS = ("and", "or", "xor", "iff", "if")
COUNTS = ("exactly", "least", "most")
MAX_DEPTH = 6
MAX_TOKENS = 64
_LEAF = re.compile(r"([kn])(0|[1-9][0-9]?)")
_COUNT = re.compile(r"(exactly|least|most):(0|[1-9][0-9]?):((?:0|[1-9][0-9]?)(?:\.(?:0|[1-9][0-9]?)){1,19})")


@lru_cache(maxsize=8192)
def parse(text: str) -> Node:
    """The nested tuples of a prefix text: ("and", ("k", 0), ("exactly", 2, (0, 1, 3))).

    Raises ValueError for anything but one well-formed formula within the caps.
    """
    tokens = text.split(" ")
    if len(tokens) > MAX_TOKENS:
        raise ValueError(f"a statement must have at most {MAX_TOKENS} tokens, got {len(tokens)}")
    node, used = _node(tokens, 0, 0)
    if used != len(tokens):
        raise ValueError(f"a statement must be one formula, got {text!r:.60}")
    return node


def _node(tokens: list[str], at: int, depth: int) -> tuple[Node, int]:
    if depth > MAX_DEPTH or at >= len(tokens):
        raise ValueError(f"a statement must be whole and at most {MAX_DEPTH} deep, got {' '.join(tokens)!r:.60}")
    token = tokens[at]
    if token in PAIRS:
        left, at = _node(tokens, at + 1, depth + 1)
        right, at = _node(tokens, at, depth + 1)
        return (token, left, right), at
    if token == "not":
        inner, at = _node(tokens, at + 1, depth + 1)
        return ("not", inner), at
    leaf = _LEAF.fullmatch(token)
    if leaf:
        return (leaf[1], int(leaf[2])), at + 1
    count = _COUNT.fullmatch(token)
    if not count:
        raise ValueError(f"unknown token {token!r:.30} in a statement")
    members = tuple(int(word) for word in count[3].split("."))
    if any(a >= b for a, b in pairwise(members)) or int(count[2]) > len(members):
        raise ValueError(f"a count needs ascending people and a number they can reach, got {token!r:.40}")
    return (count[1], int(count[2]), members), at + 1


def write(node: Node) -> str:
    """The prefix text; `parse(write(node)) == node`."""
    head = node[0]
    if head in ("k", "n"):
        return f"{head}{node[1]}"
    if head in COUNTS:
        return f"{head}:{node[1]}:{'.'.join(map(str, node[2]))}"
    return " ".join([head, *(write(part) for part in node[1:])])


def rename(node: Node, to: tuple[int, ...] | list[int]) -> Node:
    """The same formula with person i called `to[i]`."""
    head = node[0]
    if head in ("k", "n"):
        return (head, to[node[1]])
    if head in COUNTS:
        return (head, node[1], tuple(sorted(to[i] for i in node[2])))
    return (head, *(rename(part, to) for part in node[1:]))


@lru_cache(maxsize=8192)
def people_in(text: str) -> tuple[int, ...]:
    """Who is mentioned, ascending."""
    found: set[int] = set()
    stack = [parse(text)]
    while stack:
        node = stack.pop()
        if node[0] in ("k", "n"):
            found.add(node[1])
        elif node[0] in COUNTS:
            found.update(node[2])
        else:
            stack.extend(node[1:])
    return tuple(sorted(found))
