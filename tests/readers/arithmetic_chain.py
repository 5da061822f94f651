"""Arithmetic chains, read from their prompts alone."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from readers.shapes import told

SOLVED = (1, 4, 8)
Tree = int | tuple[str, Any, Any]  # a number, or an operator and its operands
_WORDINGS = (
    "Work out the value of {asked}.\n\n{board}\n\nAll arithmetic is exact: a division may leave a fraction, and"
    " nothing is rounded. Powers bind before products and quotients, these before sums and differences; equal ones"
    " go from left to right. The difference of a and b is a minus b, their quotient is a divided by b. Some lines"
    " may not matter. Dividing by zero gives no value, and neither does anything that needs such a result.",
    "Each line below fixes one quantity by numbers or by other quantities.\n\n{board}\n\nFind {asked} exactly (a"
    " whole number or a fraction, not rounded). Use the usual order of operations; a difference or quotient takes"
    " its parts in the order in which they stand. Lines that {asked} does not depend on can be ignored. If {asked}"
    " depends on a division by zero, it has no value.",
    "A calculation was written down as follows.\n\n{board}\n\nQuestion: what exactly is {asked}? Rules: the usual"
    ' precedence with brackets first; "difference of x and y" means x − y and "quotient of x and y" means x ÷ y;'
    " fractions are kept as fractions. What divides by zero has no value, nor has what is built on it. Not every"
    " line need be used.",
    "Definitions:\n{board}\n\nTask: evaluate {asked} with exact rational arithmetic and standard operator order"
    " (differences and quotients are taken in the order written). Unused definitions are possible. A division by"
    " zero is undefined and makes everything that depends on it undefined.",
)
_FORM = (
    "Give the exact value of {asked} as a whole number or as a fraction such as a/b, with a minus sign in front when"
    " it is negative; no rounded decimals. A result without a value is answered none."
)
_FIELDS = {"asked": "[a-z]+", "board": ".+?"}
_PLAIN = str.maketrans({"−": "-", "×": "*", "÷": "/"} | {digit: f"^{at}" for at, digit in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
_LABEL = r"[a-z]+|\[\d+\]"
_LINES = (  # each way of writing a definition: the name in group a or b, what it is in the other
    rf"(?P<name>{_LABEL}) = (?P<said>.+)",
    r"(?P<said>.+) = (?P<name>[a-z]+)",
    r"- (?P<name>[a-z]+): (?P<said>.+)",
    r"(?P<name>[A-Z][a-z]+) is (?P<said>the .+)\.",
)


def read(prompt: str) -> dict[str, Any]:
    """What is asked, as the one expression in numbers that it stands for."""
    found = told(prompt, _WORDINGS, _FORM, _FIELDS)
    lines = found["board"].translate(_PLAIN).split("\n")
    shape = next((shape for shape in _LINES if all(re.fullmatch(shape, line) for line in lines)), None)
    if shape is None:
        raise ValueError(f"no list of definitions: {found['board']!r}")
    matches = [match for line in lines if (match := re.fullmatch(shape, line))]
    said = {match["name"].lower(): match["said"] for match in matches}
    if len(said) != len(lines):
        raise ValueError(f"a name is defined twice: {found['board']!r}")
    known: dict[str, Tree] = {}
    for name in said:
        _defined(name, said, known, ())
    return {"asked": found["asked"], "tree": known[found["asked"]]}


def _defined(name: str, said: dict[str, str], known: dict[str, Tree], above: tuple[str, ...]) -> Tree:
    if name not in said or name in above:
        raise ValueError(f"{name} is not defined, or by itself")
    if name not in known:
        tokens = re.findall(rf"{_LABEL}|\d+|\S", said[name])
        reader = _Reader(tokens, lambda other: _defined(other, said, known, (*above, name)))
        known[name] = reader.words() if tokens[0] == "the" else reader.level(0)
        if reader.tokens:
            raise ValueError(f"not all was read of {said[name]!r}")
    return known[name]


class _Reader:
    """Reads an expression off the front of its tokens."""

    def __init__(self, tokens: list[str], named: Any) -> None:
        self.tokens, self.named = tokens, named

    def next(self, wanted: str = "") -> str:
        token = self.tokens.pop(0) if self.tokens else ""
        if not token or (wanted and token != wanted):
            raise ValueError(f"{wanted or 'something'} must follow, got {token!r}")
        return token

    def level(self, at: int) -> Tree:
        """Sums, products, powers: equal ones from left to right."""
        if at == 3:
            return self.atom()
        tree = self.level(at + 1)
        while self.tokens and self.tokens[0] in ("+-", "*/", "^")[at]:
            tree = (self.next(), tree, self.level(at + 1))
        return tree

    def atom(self) -> Tree:
        token = self.next()
        if token == "(":
            tree = self.level(0)
            self.next(")")
            return tree
        return int(token) if token.isdigit() else self.named(token)

    def words(self) -> Tree:
        """The sum of one thing and another, and so on."""
        if self.tokens[:1] != ["the"]:
            return self.atom()
        self.next("the")
        kind = self.next()
        if kind in ("square", "cube"):
            self.next("of")
            return ("^", self.words(), 2 if kind == "square" else 3)
        op = {"sum": "+", "difference": "-", "product": "*", "quotient": "/"}[kind]
        self.next("of")
        one = self.words()
        self.next("and")
        return (op, one, self.words())


def plain(problem: Any) -> dict[str, Any]:
    """The same of the stored problem."""
    trees: list[Tree] = []
    for op, left, right in problem.nodes:
        trees.append(left if op == "n" else (op, trees[left], trees[right]))
    return {"asked": problem.names[-1], "tree": trees[-1]}


def _value(tree: Tree) -> Fraction:
    if isinstance(tree, int):
        return Fraction(tree)
    op, a, b = tree[0], _value(tree[1]), _value(tree[2])
    if op == "^":
        return a ** int(b)
    return a + b if op == "+" else a - b if op == "-" else a * b if op == "*" else a / b


def solutions(instance: dict[str, Any], limit: int = 2) -> list[str]:
    """The value, if it has one."""
    try:
        return [str(_value(instance["tree"]))]
    except ZeroDivisionError:
        return []


def accepts(instance: dict[str, Any], answer: str) -> bool:
    """The exact value as a whole number or a fraction."""
    number = re.fullmatch(r"-?\d+(?:/0*[1-9]\d*)?", answer)
    return number is not None and [str(Fraction(answer))] == solutions(instance)
