"""Reads cryptarithms from their prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, permutations
from typing import Any

from readers.shapes import asked, distinct, one

Instance = dict[str, Any]  # words: the addends, then the sum; known: the digits that are told, by letter
SOLVED = (1, 2, 4)
MADE_UP = True  # letters of the example
_RULES = (  # a digit each, no digit twice, no leading zero
    r"every letter stands for a digit \(base ten\), the same letter always for the same digit and different letters "
    r"for different digits\. No number of several digits begins with 0\.",
    r"Replace the letters (?P<a>[A-Z](?:, [A-Z])*) by decimal digits so that the sum is correct\. Two letters never "
    r"share a digit, a letter keeps its digit throughout, and the first digit of a number of several digits is "
    r"not zero\.",
    r"Each letter hides one digit from 0 to 9, no digit is hidden by two letters, and no number of several "
    r"digits started with a 0\.",
    r"\(1\) the addition below is true when the letters are read as decimal digits; \(2\) each of "
    r"(?P<b>[A-Z](?:, [A-Z])*) is one digit everywhere; \(3\) no two of them are equal; "
    r"\(4\) the first letter of a word of several letters is not 0\.",
)
_STACKED = r"(?m)^((?: +[A-Z]+\n)*)\+ *([A-Z]+)\n-+\n *([A-Z]+)$"
_LINE = r"(?m)^([A-Z]+(?: \+ [A-Z]+)+) = ([A-Z]+)$"
_LIST = r"(?m)^((?:Addend \d: [A-Z]+\n)+)Sum: ([A-Z]+)$"


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    rules = one("|".join(_RULES), parts.task)
    shown = [(way, match) for way in (_STACKED, _LINE, _LIST) for match in re.finditer(way, parts.task)]
    if len(shown) != 1:
        raise ValueError(f"one addition must be shown, got {len(shown)} in {parts.task!r}")
    way, match = shown[0]
    words = [word for group in match.groups() for word in re.findall(r"\b[A-Z]+\b", group)]
    if way == _STACKED and len({len(line) for line in match[0].split("\n")}) != 1:
        raise ValueError(f"the columns must stand below each other: {match[0]}")
    letters = sorted({letter for word in words for letter in word})
    if rules["a"] or rules["b"]:
        if (rules["a"] or rules["b"]).split(", ") != letters:
            raise ValueError(f"the letters told must be those of the addition: {parts.task!r}")
    one(rf"(?i)\Aone line of letter=digit pairs with commas between, for all {len(letters)} letters\.", parts.form)
    told = re.findall(r"It is known that ((?:[A-Z] = \d, )*[A-Z] = \d)\.", parts.task)
    known = [pair.split(" = ") for listed in told for pair in listed.split(", ")]
    if len(told) > 1 or "is known" in re.sub(r"It is known", "", parts.task):
        raise ValueError(f"what is known must be told once: {parts.task!r}")
    return {"words": words, "known": {letter: int(digit) for letter, digit in known}}


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    return {"words": list(problem.words), "known": {told[0]: int(told[1]) for told in problem.known}}


def accepts(instance: Instance, text: str) -> bool:
    """Whether every letter has a digit of its own and the addition is true."""
    pairs = [re.fullmatch(r"\s*([A-Z])=(\d)\s*", pair) for pair in text.split(",")]
    digits = {pair[1]: int(pair[2]) for pair in pairs if pair}
    if None in pairs or len(digits) != len(pairs) or set(digits) != set("".join(instance["words"])):
        return False
    *addends, total = (int("".join(str(digits[letter]) for letter in word)) for word in instance["words"])
    return (
        sum(addends) == total
        and distinct(list(digits.values()))
        and all(digits[letter] == digit for letter, digit in instance["known"].items())
        and all(len(word) == 1 or digits[word[0]] for word in instance["words"])
    )


def _filled(words: list[str], k: int, carry: int, digits: dict[str, int]) -> Iterator[dict[str, int]]:
    """The digits of all letters, column by column from the right, from those of the columns up to k."""
    if k > len(words[-1]):
        yield from [digits] if carry == 0 else []
        return
    column = [word[-k] for word in words[:-1] if len(word) >= k]
    fresh = sorted(set(column) - set(digits))
    for values in permutations(set(range(10)) - set(digits.values()), len(fresh)):
        more = digits | dict(zip(fresh, values, strict=True))
        over, digit = divmod(carry + sum(more[letter] for letter in column), 10)
        last = words[-1][-k]
        if more.get(last, digit) == digit and (last in more or digit not in more.values()):
            yield from _filled(words, k + 1, over, more | {last: digit})


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, by a search of its own."""
    found = (
        ", ".join(f"{letter}={digit}" for letter, digit in sorted(digits.items()))
        for digits in _filled(instance["words"], 1, 0, dict(instance["known"]))
        if all(len(word) == 1 or digits[word[0]] for word in instance["words"])
    )
    yield from islice(found, limit)
