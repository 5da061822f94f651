"""Clues about who sits where: the kinds, what each takes, and how a clue is stored.

A clue is `(kind, a, b, c)`: items by index, numbers where the kind takes them, -1 where it takes nothing.
Positions count from 1 along a row, or clockwise round a table. What a kind means is written twice, once by the
generator and once by the judge; this file only says its form:

    at a n          a is at position n              not_at a n      a is not at position n
    same a b        a and b are at one position     apart a b       they are not
    left a b        a is somewhere left of b        just_left a b   a is directly left of b
    next a b        a and b are neighbours          not_next a b    they are not neighbours
    gap a b n       exactly n positions lie between a and b
    between a b c   b is somewhere between a and c  either a b c    a is with exactly one of b and c
    end a           a is at one of the two ends     odd a, even a   a's position number is odd, even
    opposite a b    a sits opposite b (round)       clockwise a b   b is the next clockwise after a (round)
    if_at a b n     if a is left of b, then a is not at position n
    far a b         a and b are neither at one position nor neighbours
"""

from __future__ import annotations

Clue = tuple[str, int, int, int]

# What the three places of a clue hold: "i" an item, "n" a number, "-" nothing.
KINDS: dict[str, str] = {
    "at": "in-", "not_at": "in-", "same": "ii-", "apart": "ii-", "left": "ii-", "just_left": "ii-", "next": "ii-",
    "not_next": "ii-", "gap": "iin", "between": "iii", "either": "iii", "end": "i--", "odd": "i--", "even": "i--",
    "opposite": "ii-", "clockwise": "ii-", "if_at": "iin",
    "far": "ii-",
}  # fmt: skip
SYMMETRIC = frozenset({"same", "apart", "next", "not_next", "gap", "opposite", "far"})
ROUND_ONLY = frozenset({"opposite", "clockwise"})
ROW_ONLY = frozenset({"left", "just_left", "between", "end", "if_at"})
MAX_CLUES = 200


_ARITY = {kind: form.count("i") for kind, form in KINDS.items()}  # items always come first


def items_of(clue: Clue) -> tuple[int, ...]:
    """The items that a clue speaks of, in its order."""
    return clue[1:][: _ARITY[clue[0]]]


def check_clue(clue: Clue, items: int, positions: int) -> None:
    """Raise ValueError unless the clue has its kind's form over so many items and positions."""
    form = KINDS.get(clue[0])
    if form is None:
        raise ValueError(f"unknown clue kind {clue[0]!r:.30}; known: {', '.join(KINDS)}")
    for value, want in zip(clue[1:], form, strict=True):
        top = {"i": items - 1, "n": positions, "-": -1}[want]
        low = {"i": 0, "n": 1, "-": -1}[want]
        if not low <= value <= top:
            raise ValueError(f"clue {clue[0]} takes values in {low}..{top}, got {value}")
    used = items_of(clue)
    if len(set(used)) != len(used):
        raise ValueError(f"clue {clue[0]} names the same item twice")
