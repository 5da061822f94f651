"""How a linear system is shown, plainly or as a story, and how its elimination is told."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd

from verimill.schemas.core import Face, Step
from verimill.schemas.numbers.linear_system import Problem, Row

LETTERS = ("x", "y", "z", "w", "u", "v", "s", "t")
THINGS: Mapping[str, tuple[str, ...]] = {
    "shop": ("apple", "pear", "lemon", "melon", "mango", "fig", "plum", "banana", "kiwi", "carrot", "onion", "leek"),
    "scale": ("cube", "ball", "ring", "disc", "cone", "rod", "bead", "bolt", "tile", "coin", "marble", "brick"),
    "game": ("star", "gem", "crown", "shield", "key", "scroll", "lamp", "dragon", "tower", "mask", "feather", "drum"),
}
_STORY = {
    "plain": "Unknown numbers are tied together as follows.",
    "shop": "A shop sells each kind of thing at a fixed price in coins (a price may be a fraction).",
    "scale": "All things of one kind weigh the same number of grams (a weight may be a fraction).",
    "game": "In a game each kind of token is worth a fixed number of points (which may be a fraction).",
}
_SAYS = {  # together, more than, less than, as much as
    "shop": ("cost {b}", "cost {b} more than", "cost {b} less than", "cost as much as"),
    "scale": ("weigh {b}", "weigh {b} more than", "weigh {b} less than", "balance exactly with"),
    "game": ("score {b}", "score {b} more than", "score {b} less than", "score as much as"),
}
_UNITS = {"shop": "coin", "scale": "gram", "game": "point"}


def _term(a: int, name: str) -> str:
    """`3x`, `x`, `3·apple`."""
    return name if a == 1 else f"{a}{'' if len(name) == 1 else '·'}{name}"


def side(row: Row, names: tuple[str, ...]) -> str:
    """`3x − 2y`, or `0`."""
    text = ""
    for a, name in zip(row, names, strict=False):
        if a:
            sign = ("−" if a < 0 else "") if not text else (" − " if a < 0 else " + ")
            text += sign + _term(abs(a), name)
    return text or "0"


def _number(value: int) -> str:
    return f"−{-value}" if value < 0 else str(value)


def equation(row: Row, names: tuple[str, ...]) -> str:
    """`3x − 2y = 7`."""
    return f"{side(row, names)} = {_number(row[-1])}"


def _equations(problem: Problem) -> str:
    return "\n".join(f"({at}) {equation(row, problem.names)}" for at, row in enumerate(problem.rows, 1))


def _sides(problem: Problem) -> str:
    """Every term with a plus sign, on whichever side that takes."""
    lines = []
    for at, row in enumerate(problem.rows, 1):
        sides: tuple[list[str], list[str]] = ([], [])
        for a, name in zip(row, problem.names, strict=False):
            if a:
                sides[a < 0].append(f"{abs(a)}*{name}")
        if row[-1]:
            sides[row[-1] > 0].append(str(abs(row[-1])))
        lines.append(f"({at}) {' + '.join(sides[0]) or '0'} = {' + '.join(sides[1]) or '0'}")
    return "\n".join(lines)


def _table(problem: Problem) -> str:
    head = ["row", *problem.names, "total"]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(map(str, (f"({at})", *row))) for at, row in enumerate(problem.rows, 1)]
    note = "A row says: each number times the unknown above it, added up, gives the total."
    return "\n".join(f"| {line} |" for line in lines) + "\n" + note


def _listed(parts: list[str]) -> str:
    return "".join(parts) if len(parts) < 2 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _counted(row: Row, problem: Problem, sign: int) -> str:
    things = [(a * sign, name) for a, name in zip(row, problem.names, strict=False) if a * sign > 0]
    return _listed([f"{a} {name}{'' if a == 1 else 's'}" for a, name in things])


def _told(row: Row, problem: Problem) -> str:
    if not any(a > 0 for a in row[:-1]):
        row = tuple(-a for a in row)
    more, less, total = _counted(row, problem, 1), _counted(row, problem, -1), row[-1]
    alone, above, below, equal = _SAYS[problem.skin]
    if sum(a for a in row[:-1] if a > 0) == 1:
        alone, above, below, equal = (text.replace(" ", "s ", 1) for text in (alone, above, below, equal))
    if less and not total:
        return f"{more} {equal} {less}"
    amount = f"{abs(total) if less else total} {_UNITS[problem.skin]}{'' if abs(total) == 1 else 's'}"
    if not less:
        return f"{more} {'together ' if ' and ' in more else ''}{alone.format(b=amount)}"
    return f"{more} {(above if total > 0 else below).format(b=amount)} {less}"


def _spoken(row: Row, problem: Problem) -> str:
    text = ""
    for a, name in zip(row, problem.names, strict=False):
        if a:
            times = name if abs(a) == 1 else f"{abs(a)} times {name}"
            text += (("minus " if a < 0 else "") if not text else (", minus " if a < 0 else ", plus ")) + times
    return f"{text}, equals {'minus ' if row[-1] < 0 else ''}{abs(row[-1])}"


def _prose(problem: Problem) -> str:
    say = _spoken if problem.skin == "plain" else _told
    said = [say(row, problem) for row in problem.rows]
    return "\n".join(f"({at}) {text[0].upper() + text[1:]}." for at, text in enumerate(said, 1))


def _facts(problem: Problem) -> Mapping[str, str]:
    what = "" if problem.skin == "plain" else f" (the {'price weight worth'.split()[_at(problem)]} of one of each)"
    return {"names": _listed(list(problem.names)), "story": _STORY[problem.skin], "what": what}


def _at(problem: Problem) -> int:
    return ("shop", "scale", "game").index(problem.skin)


FACE: Face[Problem] = Face(
    wordings=(
        "{story}\n\n{board}\n\nFind {names}{what} so that every numbered statement holds. Values may be any exact"
        " numbers, fractions and negative ones included.\n\n{answer}",
        "Solve for {names}{what}. {story}\n\n{board}\n\nAll statements must be true at the same time; solutions are"
        " rational numbers, not necessarily whole or positive, and must be exact.\n\n{answer}",
        "{board}\n\n{story} In the list above a name stands for one unknown number{what}. Which values of {names} make"
        " the whole list true? Any rational value is allowed.\n\n{answer}",
        "You are given simultaneous linear conditions on {names}{what}.\n{story}\n\n{board}\n\nDetermine the values"
        " that satisfy each condition exactly. Whole numbers, fractions, zero and negative numbers are all possible."
        "\n\n{answer}",
    ),
    layouts={"equations": _equations, "prose": _prose, "sides": _sides, "table": _table},
    facts=_facts,
)


def _row_of(claim: str) -> tuple[str, Row]:
    label, _, text = claim.partition(": ")
    left, _, right = text.partition(" = ")
    return label, (*map(int, left.split()), int(right))


def _called(label: str) -> str:
    return f"({label[1:]})"


def _multiples(because: tuple[str, ...]) -> str:
    text = ""
    for part in because:
        number, _, label = part.partition("*")
        m = int(number)
        sign = ("−" if m < 0 else "") if not text else (" − " if m < 0 else " + ")
        text += sign + (_called(label) if abs(m) == 1 else f"{abs(m)}·{_called(label)}")
    return text


def _divisor(rows: dict[str, Row], because: tuple[str, ...], claimed: Row) -> str:
    """A remark when the sum was divided through by a common factor."""
    total = [0] * len(claimed)
    for part in because:
        number, _, label = part.partition("*")
        total = [t + int(number) * a for t, a in zip(total, rows[label], strict=True)]
    factor = gcd(*total)
    return f", divided by {factor}" if factor > 1 and tuple(a // factor for a in total) == claimed else ""


_COMBINED = ("Take {sum}{cut}", "Form {sum}{cut}", "Now {sum}{cut} leaves fewer unknowns", "Compute {sum}{cut}")
_SOLVED = ("so", "hence", "which gives", "and therefore")


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One numbered line a step: which equations are combined or filled in, and what comes out."""
    names = problem.names
    rows: dict[str, Row] = {f"e{at}": row for at, row in enumerate(problem.rows, 1)}
    values: dict[str, str] = {}
    lines = []
    for step in steps:
        claim, first = step.claims[0], step.because[0]
        with_known = " and ".join(f"{name} = {values.get(name, '?')}" for name in step.because[1:])
        if step.rule == "combine":
            label, row = _row_of(claim)
            start = _COMBINED[step.number % len(_COMBINED)].format(
                sum=_multiples(step.because), cut=_divisor(rows, step.because, row)
            )
            text = f"{start}: {equation(row, names)}. Call it {_called(label)}."
            rows[label] = row
        elif step.rule == "insert":
            label, row = _row_of(claim)
            rows[label] = row
            text = f"Put {with_known} into {_called(first)}: {equation(row, names)}. Call it {_called(label)}."
        elif step.rule == "solve":
            name, _, value = claim.partition(" = ")
            values[name] = value
            given = f"With {with_known}, {_called(first)}" if with_known else f"{_called(first)}"
            shown = equation(rows[first], names)
            text = f"{given} says {shown}, {_SOLVED[step.number % len(_SOLVED)]} {claim}."
            if shown == claim.replace("-", "−"):
                text = f"{_called(first)} gives the value at once: {claim}."
        elif step.rule == "check":
            text = f"Check {_called(first)}: {equation(rows[first], names)} is true for these values, so it holds."
        else:
            text = f"But {_called(first)} says {equation(rows[first], names)}: a contradiction, nothing fits."
        lines.append(f"{step.number}. {text}")
    return "\n".join(lines)
