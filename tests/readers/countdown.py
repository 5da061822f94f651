"""Countdowns, read from their prompts alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from readers.shapes import told

SOLVED = (1, 4)
_WORDINGS = (
    "Make the target from the numbers.\n\n{board}\n\nUse +, -, * and / with brackets as you like. Each number may"
    " be used at most once (as often as it is listed), and not all are needed. Every result on the way must be a"
    " positive whole number: no zero, no negative number, no fraction.",
    "{board}\n\nWrite an arithmetic expression worth exactly {target}. It may hold each of the {count} numbers once"
    " at most and no other number, joined by addition, subtraction, multiplication and division, with brackets"
    " where wanted. Subtractions must stay above zero and divisions must leave no remainder, so that each"
    " intermediate result is a positive whole number.",
    "A numbers game. From the {count} numbers below, each to be taken no more than once, reach {target} by the four"
    " basic operations (+ - * /).\n{board}\nPartial results have to be whole and greater than 0 at every step."
    " Numbers may stay unused.",
    "Find a calculation that ends in {target}.\n\n{board}\n\nRules:\n- only the listed numbers, each at most once"
    " (twice only if listed twice)\n- only + - * / and brackets\n- whatever is worked out on the way is a whole"
    " number of at least 1; a division that does not come out even is not allowed\n- any such calculation will do",
)
_FORM = "One expression on one line, made of the numbers, + - * / and brackets; the target need not be repeated."
_FIELDS = {"board": ".+?", "target": r"[1-9]\d*", "count": r"\d"}
_BOARDS = (
    r"Numbers: (\d+(?:, \d+)+)\nTarget: (\d+)",
    r"(\[\d+\](?: \[\d+\])+) -> (\d+)",
    r"The numbers (\d+(?:, \d+)* and \d+) are given, and (\d+) is wanted\.",
)


def read(prompt: str) -> dict[str, Any]:
    """The numbers, as often as they are listed, and the target."""
    found = told(prompt, _WORDINGS, _FORM, _FIELDS)
    turned = re.fullmatch(r"target = (\d+)\nnumbers = \{(\d+(?:; \d+)+)\}", found["board"])
    board = (turned[2], turned[1]) if turned else None
    for shape in _BOARDS:
        if match := re.fullmatch(shape, found["board"]):
            board = (match[1], match[2])
    if board is None:
        raise ValueError(f"not a list of numbers and a target: {found['board']!r}")
    numbers = [int(number) for number in re.findall(r"\d+", board[0])]
    if found.get("target", board[1]) != board[1] or int(found.get("count", len(numbers))) != len(numbers):
        raise ValueError(f"one target and one count must be told: {prompt!r}")
    return {"numbers": Counter(numbers), "target": int(board[1])}


def plain(problem: Any) -> dict[str, Any]:
    """The same of the stored problem."""
    return {"numbers": Counter(problem.numbers), "target": problem.target}


def solutions(instance: dict[str, Any], limit: int = 2) -> list[str]:
    """Up to `limit` expressions, by joining every two numbers in every way."""
    found: list[str] = []
    seen: set[tuple[int, ...]] = set()

    def join(pool: list[tuple[int, str]]) -> None:
        key = tuple(sorted(value for value, _ in pool))
        if len(found) >= limit or key in seen:
            return
        seen.add(key)
        for i, (a, one) in enumerate(pool):
            for j, (b, two) in enumerate(pool):
                if i != j:
                    rest = [item for k, item in enumerate(pool) if k not in (i, j)]
                    for value, text in _joined(a, one, b, two):
                        if value == instance["target"] and text not in found:
                            found.append(text)
                        join([*rest, (value, text)])

    join([(number, str(number)) for number in sorted(instance["numbers"].elements())])
    return found[:limit]


def _joined(a: int, one: str, b: int, two: str) -> Iterator[tuple[int, str]]:
    if a >= b:
        yield a + b, f"({one} + {two})"
        yield a * b, f"({one} * {two})"
    if a > b:
        yield a - b, f"({one} - {two})"
    if a % b == 0:
        yield a // b, f"({one} / {two})"


def accepts(instance: dict[str, Any], answer: str) -> bool:
    """Listed numbers, each as often as listed, every result whole and above 0, the last one the target."""
    tokens = re.findall(r"\d+|[-+*/()]", answer)
    used = Counter(int(token) for token in tokens if token.isdigit())
    if "".join(tokens) != re.sub(r"(?<=\D) | (?=\D)", "", answer) or used - instance["numbers"]:
        return False
    try:
        value, rest = _sum(tokens)
    except (ValueError, ZeroDivisionError):
        return False
    return not rest and value == instance["target"]


def _sum(tokens: list[str], signs: str = "+-") -> tuple[Fraction, list[str]]:
    """The value of the sum (or product) that the tokens begin with, and the tokens after it."""
    inner = _atom if signs == "*/" else (lambda rest: _sum(rest, "*/"))
    value, tokens = inner(tokens)
    while tokens and tokens[0] in signs:
        other, rest = inner(tokens[1:])
        value = {"+": value + other, "-": value - other, "*": value * other, "/": value / other}[tokens[0]]
        if value <= 0 or value.denominator != 1:
            raise ValueError(f"{value} on the way")
        tokens = rest
    return value, tokens


def _atom(tokens: list[str]) -> tuple[Fraction, list[str]]:
    if tokens and tokens[0] == "(":
        value, rest = _sum(tokens[1:])
        if rest[:1] != [")"]:
            raise ValueError("an open bracket")
        return value, rest[1:]
    if not tokens or not tokens[0].isdigit():
        raise ValueError("a number is wanted")
    return Fraction(int(tokens[0])), tokens[1:]
