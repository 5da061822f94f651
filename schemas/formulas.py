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
_WANTS = {"not": 1} | dict.fromkeys(PAIRS, 2)  # how many formulas a connective joins
_LEAF = re.compile(r"([kn])(0|[1-9][0-9]?)")
_COUNT = re.compile(r"(exactly|least|most):(0|[1-9][0-9]?):((?:0|[1-9][0-9]?)(?:\.(?:0|[1-9][0-9]?)){1,19})")


@lru_cache(maxsize=256)
def parse(text: str) -> Node:
    """The nested tuples of a prefix text: ("and", ("k", 0), ("exactly", 2, (0, 1, 3))).

    Raises ValueError for anything but one well-formed formula within the caps.
    """
    tokens = text.split(" ")
    node = _short(tokens)
    if node is not None:
        return node
    if len(tokens) > MAX_TOKENS:
        raise ValueError(f"a statement must have at most {MAX_TOKENS} tokens, got {len(tokens)}")
    node, used = _node(tokens, 0, 0)
    if used != len(tokens):
        raise ValueError(f"a statement must be one formula, got {text!r:.60}")
    return node


def _short(tokens: list[str]) -> Node | None:
    """The formula read from its end, which is quick; None where it is malformed or long enough to be too deep."""
    if len(tokens) > MAX_DEPTH + 1:
        return None
    stack: list[Node] = []
    for token in reversed(tokens):
        wants = _WANTS.get(token)
        if wants is None:
            node = _simple(token)
            if node is None:
                return None
            stack.append(node)
        elif len(stack) < wants:
            return None
        else:
            stack.append((token, stack.pop()) if wants == 1 else (token, stack.pop(), stack.pop()))
    return stack[0] if len(stack) == 1 else None


@lru_cache(maxsize=1024)
def _simple(token: str) -> Node | None:
    """A leaf or a count; None where the token is neither."""
    leaf = _LEAF.fullmatch(token)
    if leaf:
        return (leaf[1], int(leaf[2]))
    count = _COUNT.fullmatch(token)
    if not count:
        return None
    members = tuple(int(word) for word in count[3].split("."))
    if any(a >= b for a, b in pairwise(members)) or int(count[2]) > len(members):
        return None
    return (count[1], int(count[2]), members)


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
    node = _simple(token)
    if node is not None:
        return node, at + 1
    if _COUNT.fullmatch(token):
        raise ValueError(f"a count needs ascending people and a number they can reach, got {token!r:.40}")
    raise ValueError(f"unknown token {token!r:.30} in a statement")


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


@lru_cache(maxsize=256)
def people_in(text: str) -> tuple[int, ...]:
    """Who is mentioned, ascending. Raises ValueError as `parse` does."""
    tokens = text.split(" ")
    if len(tokens) > MAX_DEPTH + 1:
        parse(text)  # only this tells whether it is too deep
    who = parts = 0  # parts: formulas read so far, from the end, that wait for a connective
    tokens.reverse()
    for token in tokens:
        wants, named = _token(token)
        if parts < wants:
            parse(text)
        parts += 1 - wants
        who |= named
    if parts != 1:
        parse(text)
    return _members(who)


@lru_cache(maxsize=1024)
def _token(token: str) -> tuple[int, int]:
    """How many formulas a token joins (more than there can be for what is none), and who it mentions, as bits."""
    if token in _WANTS:
        return _WANTS[token], 0
    node = _simple(token)
    if node is None:
        return MAX_TOKENS, 0
    return 0, sum(1 << i for i in node[2]) if node[0] in COUNTS else 1 << int(node[1])


@lru_cache(maxsize=4096)
def _members(who: int) -> tuple[int, ...]:
    return tuple([i for i in range(who.bit_length()) if who >> i & 1])
