"""Reads zebra puzzles from their prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from readers.shapes import asked, one, points, said

Instance = dict[str, Any]  # values: the words of each kind; clues, each a kind, words and a number
SOLVED = (1, 4, 6)
MADE_UP = True  # words of the example
_CALLED = {  # how a word of each kind is spoken of
    "name": "{}", "pet": "the owner of the {}", "drink": "whoever drinks {}", "colour": "the one with the {} door",
    "hobby": "the person who likes {}", "fruit": "the one who eats the {}", "job": "the {}",
    "instrument": "the player of the {}", "gem": "the wearer of the {}",
}  # fmt: skip
_KINDS = r"((?:[a-z]+: (?:\w+, )+\w+; )+[a-z]+: (?:\w+, )+\w+)"
_TOLD = (
    rf"There are (?P<n1>\d) [a-z ]+, numbered 1 to (?P=n1) from left to right\. At each lives or works one person, "
    rf"and the people differ in every one of these: {_KINDS}\.\n",
    rf"(?P<n2>\d) people are found at (?P=n2) [a-z ]+ \(number 1 is the leftmost, number (?P=n2) the rightmost\), one "
    rf"at each\. Every value below belongs to exactly one of them, and each of them has one value of each kind\.\n"
    rf"{_KINDS}\n",
    rf"A detective knows of (?P<n3>\d) [a-z ]+, counted from the left starting with 1\. Each is tied to one value of "
    rf"each kind \([a-z, ]+\), and no value occurs twice: {_KINDS}\. The notes",
    rf"Positions: (?P<n4>\d) [a-z ]+, 1 \(far left\) to (?P=n4) \(far right\)\. Kinds and values: {_KINDS}\. Each "
    rf"position has exactly one value of each kind; each value is at exactly one position\.",
)
FORMS = (
    ("at", "{a} is at PLACE {n}."),
    ("at", "At PLACE number {n} one finds {a}."),
    ("not at", "{a} is not at PLACE {n}."),
    ("not at", "CAPITAL {n} does not belong to {a}."),
    ("same", "{a} is {b}."),
    ("same", "{a} and {b} are one and the same person."),
    ("apart", "{a} is not {b}."),
    ("apart", "{a} and {b} are two different people."),
    ("left", "{a} is somewhere to the left of {b}."),
    ("left", "{b} is somewhere to the right of {a}."),
    ("just left", "{a} is directly to the left of {b}."),
    ("just left", "{b} is directly to the right of {a}."),
    ("next", "{a} is next to {b}."),
    ("next", "{a} and {b} are direct neighbours."),
    ("far", "{a} is at a different PLACE from {b}, and not next to it either."),
    ("far", "{a} and {b} are neither together nor neighbours."),
    ("gap", "The number of PLACEs between {a} and {b} is exactly {n}."),
    ("gap", "Going from {a} to {b} one passes exactly {n} other PLACE(s)."),
    ("between", "{b} is somewhere between {a} and {c}."),
    ("between", "{b} has {a} on one side and {c} on the other, perhaps further away."),
    ("one of two", "{a} is either {b} or {c}, but not both."),
    ("one of two", "{a} is exactly one of these two: {b}; {c}."),
    ("end", "{a} is at one of the two ends."),
    ("end", "{a} has a neighbour on one side only."),
    ("odd", "{a} is at an odd-numbered PLACE."),
    ("odd", "The number of the PLACE of {a} is odd."),
    ("even", "{a} is at an even-numbered PLACE."),
    ("even", "The number of the PLACE of {a} is even."),
    ("if left", "If {a} is somewhere to the left of {b}, then {a} is not at PLACE {n}."),
    ("if left", "{a} cannot both be at PLACE {n} and be somewhere left of {b}."),
)
_OF = {
    "not_at": "not at", "just_left": "just left", "either": "one of two", "if_at": "if left",
}  # verimill's word for each kind, where it is another  # fmt: skip


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    found = [match for pattern in _TOLD if (match := re.search(pattern, parts.task))]
    if len(found) != 1:
        raise ValueError(f"positions and values must be told once: {parts.task!r}")
    n = int(next(filter(None, found[0].groupdict().values())))
    values = {}
    for listed in found[0].groups()[-1].split("; "):
        kind, _, words = listed.partition(": ")
        values[kind] = words.split(", ")
    form = (
        rf"(?i)\A{n} lines, one a position from 1 to {n}, each with the number, a colon, and the {', '.join(values)} th"
    )
    one(form, parts.form)
    called = {_CALLED[kind].format(word): word for kind, words in values.items() for word in words}
    if any(len(words) != n for words in values.values()) or len(called) != n * len(values):
        raise ValueError(f"every kind must have {n} values, all different, got {values}")
    spot = one(r"\b(house|office|stall|tent|desk)s (?:in a street|along a|in a market row|on a camp)", parts.task)[1]
    forms = [(kind, form.replace("PLACE", spot).replace("CAPITAL", spot.capitalize())) for kind, form in FORMS]
    return {"values": values, "clues": [said(clue, forms, called) for clue in points(parts.task)]}


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    words = [word for listed in problem.values for word in listed]
    clues = []
    for kind, *values in problem.clues:
        number = {"at": 1, "not_at": 1, "gap": 2, "if_at": 2}.get(kind)
        items = [words[v] for k, v in enumerate(values) if v >= 0 and k != number]
        clues.append((_OF.get(kind, kind), *items, *([values[number]] if number else [])))
    return {"values": dict(zip(problem.attributes, map(list, problem.values), strict=True)), "clues": clues}


def holds(kind: str, n: int, number: int, a: int, b: int = 0, c: int = 0) -> bool:
    """Whether a clue is true of positions, counted from 1."""
    match kind:
        case "at" | "not at":
            return (a == number) is (kind == "at")
        case "same" | "apart":
            return (a == b) is (kind == "same")
        case "left":
            return a < b
        case "just left":
            return a + 1 == b
        case "next":
            return abs(a - b) == 1
        case "far":
            return abs(a - b) > 1
        case "gap":
            return abs(a - b) - 1 == number
        case "between":
            return a < b < c or c < b < a
        case "one of two":
            return (a == b) != (a == c)
        case "end":
            return a in (1, n)
        case "odd" | "even":
            return a % 2 == (kind == "odd")
        case "if left":
            return not (a < b and a == number)
    raise ValueError(f"unknown kind {kind}")


def _parts(clue: tuple[Any, ...]) -> tuple[list[str], int]:
    """The words in a clue and its number."""
    return [part for part in clue[1:] if isinstance(part, str)], clue[-1] if isinstance(clue[-1], int) else 0


def accepts(instance: Instance, text: str) -> bool:
    """Whether every value has one place and every clue is true."""
    values, at = list(instance["values"].values()), {}
    n = len(values[0])
    for line in text.split("\n"):
        words = re.findall(r"\w+", line)
        numbers = [int(word) for word in words if word.isdecimal()]
        if (
            len(numbers) != 1
            or len(words) != len(values) + 1
            or any(sum(w in words for w in kind) != 1 for kind in values)
        ):
            return False
        at.update((word, numbers[0]) for word in words if not word.isdecimal() and word not in at)
    if sorted(at) != sorted(word for kind in values for word in kind) or set(at.values()) != set(range(1, n + 1)):
        return False
    told = [(clue[0], *_parts(clue)) for clue in instance["clues"]]
    return text.count("\n") == n - 1 and all(
        holds(kind, n, number, *(at[word] for word in words)) for kind, words, number in told
    )


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, by a search of its own."""
    from constraint import AllDifferentConstraint, Problem

    values = list(instance["values"].values())
    n = len(values[0])
    search = Problem()
    for kind in values:
        search.addVariables(kind, range(1, n + 1))
        search.addConstraint(AllDifferentConstraint(), kind)
    for clue in instance["clues"]:
        words, number = _parts(clue)
        search.addConstraint(lambda *at, kind=clue[0], number=number: holds(kind, n, number, *at), words)
    for found in islice(search.getSolutionIter(), limit):
        lines = [[word for kind in values for word in kind if found[word] == spot] for spot in range(1, n + 1)]
        yield "\n".join(f"{spot}: {', '.join(words)}" for spot, words in enumerate(lines, 1))
