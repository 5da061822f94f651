"""Reads knights and knaves from their prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any

from readers.shapes import asked, distinct, one, points

Formula = tuple[Any, ...]  # a head, then formulas or, of the simple heads, what it is about
Instance = dict[str, Any]  # names; words: the truthful and the lying; statements, each a speaker and a formula
SOLVED = (1, 4)
MADE_UP = True  # names of the example
_WORD, _NAMES = r"[a-z]+(?:-[a-z]+)?", r"(?:[A-Z][a-z]+, )*[A-Z][a-z]+ and [A-Z][a-z]+"
_TOLD = (
    rf": (?P<names>{_NAMES})\. Each of them is either an? (?P<t>{_WORD}) or an? (?P<l>{_WORD})\. Whatever an? (?P=t) "
    rf"says is true; whatever an? (?P=l) says is false\.",
    rf"The (?P<t>{_WORD})s make only true statements and the (?P<l>{_WORD})s make only false ones\. You meet "
    rf"(?P<names>{_NAMES}), who",
    rf"People: (?P<names>{_NAMES})\. Kinds: (?P<t>{_WORD}) \(each statement this person makes is true\) and "
    rf"(?P<l>{_WORD}) \(each statement this person makes is false\)\.",
    rf"the (?P<t>{_WORD}), all of whose statements are true, and the (?P<l>{_WORD}), all of whose statements are "
    rf"false, and that each of (?P<names>{_NAMES}) is one or the other\.",
)
_READING = (
    'Brackets group what belongs together, "or" allows both, and "if X then Y" is false only when X is true and Y is '
    "false."
)
_LEGEND = (
    "~ is not, & and, | or, -> if-then, <-> if and only if, xor exactly one of two, `exactly k of {...}` counts the "
    "%ss among those named.)"
)
_WORDS = (  # what stands before, between and after the parts of a formula; tried in this order
    ("it is not true that ", "", "", "not"), ("either ", " or ", ", but not both", "xor"), ("if ", " then ", "", "if"),
    ("", " if and only if ", "", "iff"), ("", " and ", "", "and"), ("", " or ", "", "or"),
)  # fmt: skip
_SIGNS = (
    ("", " <-> ", "", "iff"), ("", " & ", "", "and"), ("", " | ", "", "or"), ("", " xor ", "", "xor"),
    ("", " -> ", "", "if"), ("~", "", "", "not"),
)  # fmt: skip


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    found = [match for pattern in _TOLD if (match := re.search(pattern, parts.task))]
    if len(found) != 1 or _READING not in parts.task:
        raise ValueError(f"people, kinds and how to read must be told once: {parts.task!r}")
    names, words = re.split(", | and ", found[0]["names"]), (found[0]["t"], found[0]["l"])
    one(rf"\AEvery name with {words[0]} or {words[1]}, as in `Name: {words[0]}`, separated by commas\.", parts.form)
    if "\n| no. | speaker | statement |\n|---|---|---|\n" in parts.task:
        rows = re.findall(r"(?m)^\| (\d+) \| (\w+) \| ([^|]+) \|$", parts.task)
        if [int(row[0]) for row in rows] != list(range(1, len(rows) + 1)):
            raise ValueError(f"statements must count 1, 2, 3, ..., got {rows}")
        said = [row[1:] for row in rows]
    else:
        ways = (
            r'(\w+) (?:says:|(?:says|claims|tells you|states|remarks|insists|declares),) "(.+)\."',
            r"(\w+) says: ([^\".]+)",
        )
        said = [one("|".join(f"^{way}$" for way in ways), text).groups() for text in points(parts.task)]
        said = [tuple(part for part in pair if part) for pair in said]
    signs = _LEGEND % words[0] in parts.task
    return {
        "names": names,
        "words": words,
        "statements": [(who, _Reader(names, words, who, signs).formula(text, True)) for who, text in said],
    }


class _Reader:
    """Reads what one speaker says."""

    def __init__(self, names: list[str], words: tuple[str, str], speaker: str, signs: bool) -> None:
        self.names, self.words, self.speaker, self.signs = names, words, speaker, signs

    def formula(self, text: str, whole: bool = False) -> Formula:
        """The formula of a text, which is simple, or has brackets round it, or is the whole statement."""
        leaf = self.leaf(text)
        if leaf is not None:
            return leaf
        if text[0] == "(" and text[-1] == ")" and not whole:
            text = text[1:-1]
        elif not whole:
            raise ValueError(f"this must have brackets round it: {text!r}")
        else:
            text = re.sub(r"^(?:Of|Either|If|It) ", lambda word: word[0].lower(), text)
        count = self.count(text)
        if count is not None:
            return count
        for start, middle, end, head in _SIGNS if self.signs else _WORDS:
            if text.startswith(start) and text.endswith(end):
                inner = text[len(start) : len(text) - len(end)]
                parts = _split(inner, middle) if middle else [inner]
                if len(parts) == (2 if middle else 1):
                    return (head, *map(self.formula, parts))
        raise ValueError(f"this cannot be read: {text!r}")

    def leaf(self, text: str) -> Formula | None:
        """That somebody is of a kind."""
        if self.signs:
            name = text.removeprefix("~")
            return ("is", name, name == text) if name in self.names else None
        match = re.fullmatch(rf"(\w+) (is|am) an? ({_WORD})", text)
        if match is None or (match[1] == "I") != (match[2] == "am") or match[3] not in self.words:
            return None
        name = self.speaker if match[1] == "I" else match[1]
        return ("is", name, match[3] == self.words[0]) if name in self.names else None

    def count(self, text: str) -> Formula | None:
        """That so many of some people are truthful."""
        many, who = r"(?P<much>exactly|at least|at most) (?P<k>\d+)", r"(?P<who>.+)"
        spoken = rf"of {who}, (?:none|{many}) (?:is an? {self.words[0]}|are {self.words[0]}s)"
        match = re.fullmatch(rf"{many} of \{{(?P<who>.+)\}}" if self.signs else spoken, text)
        if match is None:
            return None
        group = re.split(", | and ", match["who"])
        if match["who"] == f"the {len(self.names)} of us":
            group = self.names
        group = [self.speaker if name == "me" else name for name in group]
        if not distinct(group) or not set(group) <= set(self.names):
            raise ValueError(f"people must be named once: {text!r}")
        return _counted((match["much"] or "most").removeprefix("at "), int(match["k"] or 0), group)


def _counted(head: str, k: int, group: list[str]) -> Formula:
    """A count; that none is truthful is one thing, however it is said."""
    return ("most" if k == 0 and head != "least" else head, k, frozenset(group))


def _split(text: str, middle: str) -> list[str]:
    """A text at the places outside of brackets where `middle` stands."""
    depth, parts, start = 0, [], 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and text.startswith(middle, at):
            parts.append(text[start:at])
            start = at + len(middle)
    return [*parts, text[start:]]


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    words = {"island": ("knight", "knave"), "village": ("truth-teller", "liar"), "court": ("saint", "scoundrel")}
    names = problem.names

    def formula(tokens: list[str]) -> Formula:
        token = tokens.pop(0)
        if token[1:].isdigit():
            return ("is", names[int(token[1:])], token[0] == "k")
        if ":" in token:
            head, k, group = token.split(":")
            return _counted(head, int(k), [names[int(i)] for i in group.split(".")])
        return (token, *(formula(tokens) for _ in range(1 if token == "not" else 2)))

    return {
        "names": list(names),
        "words": words.get(problem.skin, ("angel", "demon")),
        "statements": [(names[who], formula(text.split(" "))) for who, text in problem.statements],
    }


def _true(formula: Formula, truthful: Mapping[str, bool]) -> bool:
    match formula:
        case ("is", name, value):
            return truthful[name] is value
        case ("not", part):
            return not _true(part, truthful)
        case ("exactly" | "least" | "most" as head, k, group):
            many = sum(truthful[name] for name in group)
            return many == k if head == "exactly" else many >= k if head == "least" else many <= k
    a, b = (_true(part, truthful) for part in formula[1:])
    return {"and": a and b, "or": a or b, "xor": a != b, "iff": a == b, "if": b or not a}[formula[0]]


def _fits(instance: Instance, truthful: Mapping[str, bool]) -> bool:
    return all(_true(formula, truthful) is truthful[who] for who, formula in instance["statements"])


def accepts(instance: Instance, text: str) -> bool:
    """Whether everybody is of one kind and says what that kind says."""
    pairs = [tuple(part.strip() for part in pair.split(":")) for pair in text.split(",")]
    if sorted(pair[0] for pair in pairs) != sorted(instance["names"]):
        return False
    if any(len(pair) != 2 or pair[1] not in instance["words"] for pair in pairs):
        return False
    return _fits(instance, {name: word == instance["words"][0] for name, word in pairs})


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, by trying everything."""
    names, words = instance["names"], instance["words"]
    tried = (dict(zip(names, values, strict=True)) for values in product((True, False), repeat=len(names)))
    for truthful in islice((each for each in tried if _fits(instance, each)), limit):
        yield ", ".join(f"{name}: {words[not truthful[name]]}" for name in names)
