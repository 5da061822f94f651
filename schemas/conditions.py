"""`tier>=3 and search>50` over measured hardness: parsed by hand, never evaluated as code.

    condition := term ("or" term)*        term := factor ("and" factor)*
    factor    := "not" factor | "(" condition ")" | operand (("<"|"<="|"="|"=="|"!="|">"|">=") operand)+
    operand   := name | number
    in a comparison by "=", "==" or "!=" the right operand may be a range: number ".." number, both ends included

Names are `level`, the measures of hardness (tier, steps, search, space, effort and what a family adds) and, once
teachers have answered, `pass_rate.NAME` and `path_rate.NAME`, where NAME may hold `-`, `.`, `/` and `:`. A chain such
as `2<=tier<=4` holds when each of its comparisons does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MAX_TEXT = 1000  # characters of a condition
MAX_DEPTH = 50  # of brackets and nots
_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<name>pa(?:ss|th)_rate\.[A-Za-z0-9_](?:[\w./:-]*\w)?|[A-Za-z_]\w*)"
    r"|(?P<sign><=|>=|==|!=|<|>|=|\.\.|\(|\)))",
    re.ASCII,
)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS = ("and", "or", "not")

Measures = Mapping[str, float]
_Test = Callable[[Measures], bool]
_Value = Callable[[Measures], float]


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition: `holds(measures)` is its truth, `names` the measures that it looks at."""

    text: str
    names: tuple[str, ...]
    _test: _Test

    def holds(self, measures: Measures) -> bool:
        """Whether it is true of these measures; ValueError where one it names was not measured."""
        return self._test(measures)


def parse(text: str) -> Condition:
    """The condition in a text; ValueError says what was wanted and where."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"a condition must have at most {MAX_TEXT} characters, got {len(text)}")
    reader = _Reader(text)
    test = reader.any_of(0)
    if reader.at < len(reader.tokens):
        reader.refuse("and, or, or the end")
    return Condition(text, tuple(sorted(reader.names)), test)


class _Reader:
    """Recursive descent over the tokens; bounded by MAX_TEXT and MAX_DEPTH."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.tokens: list[tuple[str, str]] = []
        self.names: set[str] = set()
        place = 0
        end = len(text.rstrip())
        while place < end:
            match = _TOKEN.match(text, place)
            if match is None:
                raise ValueError(f"condition {text!r:.80}: cannot read {text[place:].strip()[:20]!r}")
            kind = match.lastgroup or ""
            self.tokens.append((kind, match[kind]))
            place = match.end()

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def refuse(self, wanted: str) -> None:
        got = repr(self.peek()) if self.peek() else "the end"
        raise ValueError(f"condition {self.text!r:.80}: wanted {wanted}, got {got}; for example tier>=3 and search>50")

    def any_of(self, depth: int) -> _Test:
        tests = [self.all_of(depth)]
        while self.peek() == "or":
            self.at += 1
            tests.append(self.all_of(depth))
        return tests[0] if len(tests) == 1 else lambda measures: any(test(measures) for test in tests)

    def all_of(self, depth: int) -> _Test:
        tests = [self.factor(depth)]
        while self.peek() == "and":
            self.at += 1
            tests.append(self.factor(depth))
        return tests[0] if len(tests) == 1 else lambda measures: all(test(measures) for test in tests)

    def factor(self, depth: int) -> _Test:
        if depth > MAX_DEPTH:
            raise ValueError(f"condition {self.text!r:.80}: brackets and nots may be at most {MAX_DEPTH} deep")
        if self.peek() == "not":
            self.at += 1
            inner = self.factor(depth + 1)
            return lambda measures: not inner(measures)
        if self.peek() == "(":
            self.at += 1
            inner = self.any_of(depth + 1)
            if self.peek() != ")":
                self.refuse("a closing bracket")
            self.at += 1
            return inner
        return self.comparison()

    def comparison(self) -> _Test:
        left = self.operand()
        pairs: list[tuple[_Value, Callable[[float, float], bool], _Value]] = []
        while self.peek() in _COMPARE:
            compare = _COMPARE[self.peek()]
            self.at += 1
            right = self.operand()
            if self.peek() == "..":
                return self.within(left, compare, right, pairs)
            pairs.append((left, compare, right))
            left = right
        if not pairs:
            self.refuse(f"one of {' '.join(_COMPARE)}")
        return lambda measures: all(compare(a(measures), b(measures)) for a, compare, b in pairs)

    def within(
        self,
        left: _Value,
        compare: Callable[[float, float], bool],
        low: _Value,
        pairs: list[tuple[_Value, Callable[[float, float], bool], _Value]],
    ) -> _Test:
        """`left = low..high`, or `!=` for its opposite; nothing may follow or go before it in the comparison."""
        self.at += 1
        ends = [self.tokens[at][0] if 0 <= at < len(self.tokens) else "" for at in (self.at - 2, self.at)]
        if pairs or compare not in (operator.eq, operator.ne) or ends != ["number", "number"]:
            self.refuse("a range as in level=2..4, the only thing compared,")
        high = self.operand()
        if self.peek() in _COMPARE or self.peek() == "..":
            self.refuse("and, or, or the end")
        inside = compare is operator.eq
        return lambda measures: (low(measures) <= left(measures) <= high(measures)) is inside

    def operand(self) -> _Value:
        kind, word = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind == "number":
            self.at += 1
            number = float(word)
            return lambda measures: number
        if kind != "name" or word in _WORDS:
            self.refuse("a measure or a number")
        self.at += 1
        self.names.add(word)
        return lambda measures: _measure(measures, word)


def _measure(measures: Measures, name: str) -> float:
    if name not in measures:
        raise ValueError(f"a condition names {name!r:.40}, which is not measured here; known: {', '.join(measures)}")
    return measures[name]
