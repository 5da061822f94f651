"""Finds claims about cells and values in sentences: `r3c4=7`, `tea is not at 3`, `S must be 9`.

Words between a name and its value may only be those of _LINKS, so a claim is found in one pass over the tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from verimill.verifiers.boards import Board
from verimill.verifiers.claims import HEDGE

_TOKEN = re.compile(r"[A-Za-z0-9_']+(?:-[A-Za-z]+)*|!=|<>|==|=|/=|->|[^\sA-Za-z0-9_']")
_EQUAL = frozenset({"=", "==", "is", "are", "was", "were", "holds", "contains", "takes", "gets", "equals", "becomes",
                    "has", "at", "in", "sits", "lives", "stands", "goes", "must", "be"})  # fmt: skip
_NOT = frozenset({"!=", "<>", "/=", "not", "cannot", "can't", "isn't", "never", "no", "doesn't", "excludes", "aren't"})
_LINKS = _EQUAL | _NOT | frozenset(
    """a an the to have has position seat house place number value digit colour color symbol cell spot on : therefore
    then also now certainly definitely thus only forced set equal office stall tent desk been do does ( )""".split()
)  # fmt: skip
_BOUNDARY = re.compile(r"[:;]|\b(?:so|hence|therefore|thus|unless|leaves?|means?|implies|conclude\w*|then)\b", re.I)
_PAIR = re.compile(r"\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)")
_ROW_COL = re.compile(r"\brow\s+(\d{1,2})\s*,?\s*(?:and\s+)?col(?:umn)?\s+(\d{1,2})\b", re.I)
_CELL = re.compile(r"r\d{1,3}c\d{1,3}")
_REF = re.compile(
    r"\b(row|col|column|box|cage|region|clue|diagonal|sign|view|statement|line|block)s?\s+(\d{1,3}|[A-Z])\b", re.I
)


class Fact(NamedTuple):
    """A cell and the mask of a value that it has, or has not."""

    cell: int
    bit: int
    equal: bool
    at: int  # where in the sentence


class Scanner:
    """Reads sentences about one board."""

    def __init__(
        self, board: Board, words: Mapping[str, str], exact_case: bool, prepare: Callable[[str], str] | None
    ) -> None:
        self.board, self.exact, self.prepare = board, exact_case, prepare
        fold = (lambda s: s) if exact_case else str.lower
        self.cells = {fold(name): at for at, name in enumerate(board.names)}
        self.symbols = {fold(value): at for at, value in enumerate(board.values)}
        self.symbols |= {
            fold(word): board.values.index(value) for word, value in words.items() if value in board.values
        }
        self.grid = bool(board.names) and _CELL.fullmatch(board.names[0]) is not None
        self.refs = _refs(board)

    def plainly(self, text: str) -> str:
        """The sentence nearer to the claim grammar: cells by their names."""
        if self.prepare is not None:
            text = self.prepare(text)
        return _ROW_COL.sub(r" r\1c\2", _PAIR.sub(r" r\1c\2", text)) if self.grid else text

    def facts(self, text: str) -> tuple[list[Fact], list[str], set[int]]:
        """Facts in the order of the text, claims that cannot be placed, and all cells that are mentioned."""
        facts: list[Fact] = []
        strange: list[str] = []
        mentioned: set[int] = set()
        tokens = [(m.group(), m.start()) for m in _TOKEN.finditer(text)]
        at, count = 0, len(tokens)
        while at < count:
            word, start = tokens[at]
            cell = self.cells.get(word if self.exact else word.lower())
            if cell is None:
                if self.grid and at + 2 < count and _CELL.fullmatch(word.lower()) and tokens[at + 1][0] in ("=", "!="):
                    strange.append(f"{word}{tokens[at + 1][0]}{tokens[at + 2][0]}")
                at += 1
                continue
            mentioned.add(cell)
            at += 1
            equal = negative = False
            look = at
            while look < count and look - at < 8:
                link = tokens[look][0].lower()
                if link == "can" and look + 1 < count and tokens[look + 1][0].lower() == "not":
                    look += 1
                    continue
                if equal or negative:
                    value = self.symbols.get(tokens[look][0] if self.exact else link)
                    if value is not None:
                        at = self._take(tokens, look, cell, value, negative, start, facts)
                        break
                if link not in _LINKS:
                    if (equal or negative) and self.grid and link.isdigit():
                        strange.append(f"{word}{'!=' if negative else '='}{link}")
                    break
                equal, negative = equal or link in _EQUAL, negative or link in _NOT
                look += 1
        return facts, strange, mentioned

    def _take(
        self,
        tokens: list[tuple[str, int]],
        look: int,
        cell: int,
        value: int,
        negative: bool,
        start: int,
        facts: list[Fact],
    ) -> int:
        """Adds the fact, or after a denial several; a positive list (`7 or 8`) is no claim. Returns where to go on."""
        values = [value]
        after = look + 1
        while after + 1 < len(tokens) and tokens[after][0].lower() in (",", "or", "and", "nor", "/"):
            word = tokens[after + 1][0]
            more = self.symbols.get(word if self.exact else word.lower())
            if more is None or (after + 2 < len(tokens) and tokens[after + 2][0] in _EQUAL | _NOT):
                break
            if not negative and tokens[after][0].lower() not in ("or", "/", ","):
                break
            values.append(more)
            after += 2
        if negative or len(values) == 1:
            facts.extend(Fact(cell, 1 << v, not negative, start) for v in values)
        return after

    def hedged(self, text: str, at: int) -> bool:
        """True where the words before `at` only consider what follows."""
        before = text[:at]
        if re.search(r"(?<!only )(?<!even )\bif\b", before, re.I):
            return True
        start = 0
        for boundary in _BOUNDARY.finditer(before):
            start = boundary.end()
        return HEDGE.search(before, start) is not None

    def cited(self, text: str, mentioned: set[int]) -> list[str]:
        """Relations that the sentence names, by kind and number, by name, or by all their cells."""
        found: dict[str, None] = {}
        for kind, number in _REF.findall(text):
            kind = kind.lower()
            label = str(ord(number.upper()) - 64) if number.isalpha() else number
            for key in self.refs.get(("col" if kind == "column" else kind, label), ()):
                found[key] = None
        low = text.lower()
        for key in self.refs.get(("", ""), ()):
            if key.lower() in low or key.lower().removeprefix("the ") in low:
                found[key] = None
        if len(mentioned) <= 40:
            for cell in sorted(mentioned):
                for key in self.refs.get(("cell", self.board.names[cell]), ()):
                    if (
                        set(_CELL.findall(key)) <= {self.board.names[c] for c in mentioned}
                        if _CELL.search(key)
                        else (set(self.board.relations[key].cells) <= mentioned)
                    ):
                        found[key] = None
        return list(found)


def _refs(board: Board) -> dict[tuple[str, str], list[str]]:
    """Relations by (kind, number), by the cells they stand on, and under ("", "") those with a name alone."""
    found: dict[tuple[str, str], list[str]] = {}
    for key, relation in board.relations.items():
        numbered = re.findall(r"([a-z]+)[ -](\d+)\b", key)
        for kind, number in numbered:
            found.setdefault((kind, number), []).append(key)
        if not numbered and not _CELL.search(key):
            found.setdefault(("", ""), []).append(key)
        for cell in relation.cells[:1] if not _CELL.search(key) else ():
            found.setdefault(("cell", board.names[cell]), []).append(key)
        for name in _CELL.findall(key):
            found.setdefault(("cell", name), []).append(key)
    return found
