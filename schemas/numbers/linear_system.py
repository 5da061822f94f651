"""linear_system: the one solution of a system of linear equations with whole coefficients; values may be fractions.

Status "none": the equations contradict each other. Status "many": they leave a choice. Both occur naturally.

Claim grammar. Equations are called `e1`, `e2`, ... in the order given; derived ones go on counting. A row claim is
`e4: 0 5 -3 = 7`, the coefficients in the order of the unknowns and the right side. A value claim is `x = 7/2`.
Rules: `combine` (because `2*e1`, `-3*e2`: the claimed row is that sum, perhaps divided through); `insert` (because
`e2` and the names of known unknowns: their values put into e2, perhaps multiplied through); `solve` (because a row and
the names of known unknowns: the row leaves one unknown, whose value is claimed); `check` (because a given row: every
unknown is known and the row holds; claims `e5 holds`); `impossible` (because a row with zeros on the left and something
else on the right; claims `contradiction`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from verimill.schemas.core import Codec
from verimill.schemas.rationals import plain, read_rational, write_rational

SKINS = ("plain", "shop", "scale", "game")
MAX_UNKNOWNS = 8
MAX_ROWS = 12
MAX_COEFFICIENT = 999
MAX_TOTAL = 999_999
_NAME = re.compile(r"[a-z]{1,12}")
_RESERVED = re.compile(r"e|none|many|and")

Row = tuple[int, ...]  # coefficients, then the right side
Answer = tuple[tuple[str, Fraction], ...]  # name and value of each unknown, in the problem's order


@dataclass(frozen=True, slots=True)
class Params:
    unknowns: int = 3
    """Unknowns, 2..6."""
    terms: int = 3
    """Most unknowns in one equation, 2..6; most equations have one fewer or as many."""
    coefficient: int = 5
    """Largest coefficient, 2..20."""
    value: int = 12
    """Largest value of an unknown, 3..99."""
    negative: bool = False
    """Whether values may be negative (such a system wears no story)."""
    denominator: int = 1
    """Largest denominator of a value, 1..6."""
    peel: int = 0
    """Unknowns that fall by substitution alone, 0..4, fewer than the unknowns."""
    extra: int = 0
    """Equations beyond the number of unknowns, 0..3."""
    digits: int = 4
    """Most digits of any number on the way, 2..6."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("unknowns", 2, 6), ("terms", 2, 6), ("coefficient", 2, 20), ("value", 3, 99), ("denominator", 1, 6),
            ("peel", 0, 4), ("extra", 0, 3), ("digits", 2, 6),
        ):  # fmt: skip
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")
        if self.peel >= self.unknowns:
            raise ValueError(f"peel must be less than unknowns ({self.unknowns}), got {self.peel}")


_LADDER = {
    1: Params(2, 2, 4, 12, digits=3),
    2: Params(2, 2, 12, 40, negative=True, digits=4),
    3: Params(3, 2, 9, 30, negative=True, peel=1, digits=4),
    4: Params(3, 3, 5, 20, negative=True, digits=4),
    5: Params(3, 3, 9, 15, negative=True, denominator=4, digits=5),
    6: Params(4, 4, 5, 15, negative=True, digits=5),
    7: Params(4, 4, 8, 12, negative=True, denominator=4, extra=1, digits=6),
    8: Params(5, 5, 5, 15, negative=True, digits=6),
    9: Params(5, 5, 6, 12, negative=True, denominator=3, extra=1, digits=6),
    10: Params(6, 6, 5, 12, negative=True, denominator=2, extra=1, digits=6),
}


def level(n: int) -> Params:
    """Params of level n in 1..10; ValueError otherwise."""
    if n not in _LADDER:
        raise ValueError(f"level must be in 1..10, got {n}")
    return _LADDER[n]


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows of coefficients and right side, the names of the unknowns, and the story they are told in."""

    rows: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    skin: str = "plain"

    def __post_init__(self) -> None:
        if not 1 <= len(self.names) <= MAX_UNKNOWNS or len(set(self.names)) != len(self.names):
            raise ValueError(f"names must be 1..{MAX_UNKNOWNS} different ones, got {len(self.names)}")
        for name in self.names:
            if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name):
                raise ValueError(f"a name is 1..12 small letters, got {name!r:.40}")
        if self.skin not in SKINS:
            raise ValueError(f"skin must be one of {', '.join(SKINS)}, got {self.skin!r:.40}")
        if not 1 <= len(self.rows) <= MAX_ROWS:
            raise ValueError(f"rows must be 1..{MAX_ROWS}, got {len(self.rows)}")
        for at, row in enumerate(self.rows, 1):
            if len(row) != len(self.names) + 1:
                raise ValueError(f"row {at} must have {len(self.names) + 1} numbers, got {len(row)}")
            if not any(row[:-1]):
                raise ValueError(f"row {at} must mention an unknown")
            if max(map(abs, row[:-1])) > MAX_COEFFICIENT or abs(row[-1]) > MAX_TOTAL:
                raise ValueError(f"row {at}: coefficients up to {MAX_COEFFICIENT}, right side up to {MAX_TOTAL}")


def write_row(label: str, row: Row) -> str:
    """The claim `e4: 0 5 -3 = 7`."""
    return f"{label}: {' '.join(map(str, row[:-1]))} = {row[-1]}"


def write(answer: Answer) -> str:
    """`x = 3, y = -1/2`."""
    return ", ".join(f"{name} = {write_rational(value)}" for name, value in answer)


def read(problem: Problem, text: str) -> Answer:
    """`x = 3, y = -1/2` in any order, or just the values in the order of the unknowns.

    Raises ValueError for an unknown name, a missing or doubled one, or a value that is no exact number.
    """
    if len(text) > 2_000:
        raise ValueError(f"an answer must have at most 2000 characters, got {len(text)}")
    exact = _exact(problem, text)
    if exact is not None:
        return exact
    count = len(problem.names)
    if "=" in text or ":" in text or " is " in text:
        return _read_named(problem, text)
    text = plain(text.replace("\n", ", ").strip().strip("()[]{}"))
    parts = [part for part in re.split(r", |[;,]", text) if part.strip()]
    if len(parts) != count:
        raise ValueError(f"wanted {count} values ({', '.join(problem.names)}), got {len(parts)}")
    return tuple((name, read_rational(part)) for name, part in zip(problem.names, parts, strict=True))


_PLAIN = re.compile(r"(-?[0-9]{1,20})(?:/([1-9][0-9]{0,19}))?")


def _exact(problem: Problem, text: str) -> Answer | None:
    """What `write` wrote, read fast; None for any other text."""
    pairs = [item.partition(" = ")[::2] for item in text.strip().split(", ")]
    if tuple([name for name, _ in pairs]) != problem.names:
        return None
    out = []
    for name, value in pairs:
        match = _PLAIN.fullmatch(value)
        if match is None:
            return None
        out.append((name, Fraction(int(match[1]), int(match[2] or 1))))
    return tuple(out)


_ASSIGN = re.compile(r"([A-Za-z]{1,12})(?:[*_`$ ]{0,4}[=:]| is\b)")
_TUPLE = re.compile(r"[\s$*(\[]{0,9}([a-z]{1,12}(?:, ?[a-z]{1,12}){0,7})[\s)\]]{0,9}=([^=:]{1,1000})")
_UNIT = {"shop": re.compile(r" ?coins?$"), "scale": re.compile(r" ?(?:grams?|g)$"), "game": re.compile(r" ?points?$")}


def _read_named(problem: Problem, text: str) -> Answer:
    text = plain(text)
    both = _TUPLE.fullmatch(text)
    if both is not None and "," in both[1]:  # (x, y) = (3, -1/2)
        left, right = re.split(", ?", both[1]), re.split(", |[;,]", both[2].strip(" *$.()[]"))
        if len(left) != len(right):
            raise ValueError(f"wanted {len(left)} values ({both[1]}), got {len(right)}")
        text = ", ".join(f"{name} = {value}" for name, value in zip(left, right, strict=True))
    found = list(_ASSIGN.finditer(text))
    values: dict[str, Fraction] = {}
    if not found or text[: found[0].start()].strip(" -*_`$([{"):
        raise ValueError(f"wanted name = value for each unknown, got {text!r:.60}")
    for at, match in enumerate(found):
        name = match[1].lower()
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        part = re.sub(r"(?: and|[,;*_`$\s)\]}]|\\\\| -)+$", "", text[match.end() : end])
        if problem.skin in _UNIT:
            part = _UNIT[problem.skin].sub("", part)
        if name not in problem.names or name in values:
            raise ValueError(f"{name} is {'named twice' if name in values else 'no unknown of this problem'}")
        values[name] = read_rational(part)
    missing = [name for name in problem.names if name not in values]
    if missing:
        raise ValueError(f"no value for {', '.join(missing)}")
    return tuple((name, values[name]) for name in problem.names)


def answer_format(problem: Problem) -> str:
    shown = ", ".join(f"{name} = value" for name in problem.names)
    return f"One line, {shown}, each value exact: a whole number or a fraction such as a/b (no rounded decimals)."


def example(problem: Problem) -> str:
    # Values far beyond those that made problems have, so it is never right.
    return ", ".join(f"{name} = {7001 + 13 * at}/17" for at, name in enumerate(problem.names))


CODEC = Codec(
    family="linear_system",
    kind="numbers",
    version=2,
    title="System of linear equations",
    checker="unique",
    params=Params,
    problem=Problem,
    level=level,
    write=write,
    read=read,
    answer_format=answer_format,
    example=example,
    shape="block",
    unanswerable=("none", "many"),
)
