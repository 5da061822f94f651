"""Reads seating puzzles from their prompts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from readers.shapes import asked, one, points, said

Instance = dict[str, Any]  # people; round: whether at a round table; clues, each a kind, names and a number
SOLVED = (1, 2, 4)
MADE_UP = True  # names of the example
_WAY = " (counted one way or the other round the table)"
_ROW = "a row of {n} seats, numbered 1 to {n} from left to right"
_ROUND = "a round table with {n} seats, numbered 1 to {n} clockwise so that seat {n} is beside seat 1"
_PEOPLE = (
    r"Each seat is taken by exactly one of these people: ((?:\w+, )+\w+)\.",
    r"((?:\w+, )+\w+) attend [a-z ]+\. They fill [^.]+, one person to a seat\. What is known about the seating:\n",
    r"Guests, each in one seat of their own: ((?:\w+, )+\w+)\. The plan must respect every one of these",
    r"guests \(((?:\w+, )+\w+)\) will each get one seat\. From memory the host recalls:",
)
FORMS = (
    ("at", "{a} is in seat {n}."),
    ("at", "Seat {n} is {a}'s."),
    ("not at", "{a} is not in seat {n}."),
    ("not at", "Whoever is in seat {n}, it is not {a}."),
    ("lower", "{a} has a lower seat number than {b}."),
    ("lower", "{b} sits further to the right than {a}."),
    ("just before", "{a} sits directly to the left of {b}."),
    ("just before", "{b} has {a} directly on the left, in the seat with the next lower number."),
    ("just before", "{b} is the next person clockwise after {a}."),
    ("just before", "Going clockwise, {a} comes directly before {b}."),
    ("beside", "{a} and {b} sit side by side."),
    ("beside", "{a} is right beside {b}."),
    ("not beside", "{a} and {b} do not sit side by side."),
    ("not beside", "{a} refuses to sit beside {b}."),
    ("people between", "The number of people between {a} and {b} is {n}."),
    ("people between", "Counting the people between {a} and {b} gives {n}."),
    ("between", "{b} is somewhere between {a} and {c}."),
    ("between", "{a} and {c} have {b} somewhere between them."),
    ("end", "{a} sits at one of the two ends."),
    ("end", "{a} has only one neighbour."),
    ("opposite", "{a} sits exactly opposite {b}."),
    ("opposite", "{a} and {b} face each other across the middle of the table."),
    ("if lower", "If {a} has a lower seat number than {b}, then {a} is not in seat {n}."),
    ("if lower", "{a} cannot be in seat {n} and have a lower number than {b}."),
)
_ROUND_ONLY = ("clockwise", "opposite", "across")
_OF = {  # verimill's word for each kind
    "at": "at", "not_at": "not at", "left": "lower", "just_left": "just before", "clockwise": "just before",
    "next": "beside", "not_next": "not beside", "gap": "people between", "between": "between", "end": "end",
    "opposite": "opposite", "if_at": "if lower",
}  # fmt: skip


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    n = int(one(r"(?i)\Athe (\d+) names on one line, from seat 1 to seat \1, with commas between\.", parts.form)[1])
    people = one("|".join(_PEOPLE), parts.task)
    names = next(filter(None, people.groups())).split(", ")
    table = _ROUND.format(n=n) in parts.task
    if table is (_ROW.format(n=n) in parts.task) or len(set(names)) != n:
        raise ValueError(f"{n} seats in a row or at a round table and {n} names must be told: {parts.task!r}")
    clues = []
    for clue in points(parts.task):
        if "people between" in clue and (_WAY in clue) is not table:
            raise ValueError(f"how people between are counted must be told just at a round table: {clue!r}")
        if not table and any(word in clue for word in _ROUND_ONLY):
            raise ValueError(f"this has no meaning in a row: {clue!r}")
        clues.append(said(clue.replace(_WAY, ""), FORMS, {name: name for name in names}))
    return {"people": names, "round": table, "clues": clues}


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    clues = []
    for kind, *values in problem.clues:
        number = {"at": 1, "not_at": 1, "gap": 2, "if_at": 2}.get(kind)
        items = [problem.people[v] for k, v in enumerate(values) if v >= 0 and k != number]
        clues.append((_OF[kind], *items, *([values[number]] if number else [])))
    return {"people": list(problem.people), "round": problem.shape == "round", "clues": clues}


def holds(kind: str, n: int, table: bool, number: int, a: int, b: int = 0, c: int = 0) -> bool:
    """Whether a clue is true of seats, counted from 1."""
    steps = {abs(a - b), n - abs(a - b)} if table else {abs(a - b)}
    match kind:
        case "at" | "not at":
            return (a == number) is (kind == "at")
        case "lower":
            return a < b
        case "just before":
            return a + 1 == b or (table and (a, b) == (n, 1))
        case "beside" | "not beside":
            return (1 in steps) is (kind == "beside")
        case "people between":
            return number + 1 in steps
        case "between":
            return a < b < c or c < b < a
        case "end":
            return a in (1, n)
        case "opposite":
            return steps == {n / 2}
        case "if lower":
            return not (a < b and a == number)
    raise ValueError(f"unknown kind {kind}")


def _parts(clue: tuple[Any, ...]) -> tuple[list[str], int]:
    """The names in a clue and its number."""
    return [part for part in clue[1:] if isinstance(part, str)], clue[-1] if isinstance(clue[-1], int) else 0


def accepts(instance: Instance, text: str) -> bool:
    """Whether everybody has a seat and every clue is true."""
    names = [name.strip() for name in text.split(",")]
    if sorted(names) != sorted(instance["people"]):
        return False
    seat = {name: number for number, name in enumerate(names, 1)}
    for clue in instance["clues"]:
        who, number = _parts(clue)
        if not holds(clue[0], len(names), instance["round"], number, *(seat[name] for name in who)):
            return False
    return True


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, by a search of its own."""
    from constraint import AllDifferentConstraint, Problem

    n = len(instance["people"])
    search = Problem()
    search.addVariables(instance["people"], range(1, n + 1))
    search.addConstraint(AllDifferentConstraint())
    for clue in instance["clues"]:
        who, number = _parts(clue)
        fits = lambda *seats, kind=clue[0], number=number: holds(kind, n, instance["round"], number, *seats)  # noqa: E731
        search.addConstraint(fits, who)
    for found in islice(search.getSolutionIter(), limit):
        yield ", ".join(sorted(found, key=found.__getitem__))
