"""How an arithmetic chain is shown and its steps told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import lcm

from verimill.schemas.core import Face, Step
from verimill.schemas.numbers.arithmetic_chain import Problem, labels, needed
from verimill.schemas.rationals import read_rational

NAMES: tuple[tuple[str, ...], ...] = (
    tuple(a + b for a in "bcdfghjk" for b in "kpqrvwxz"),
    (
        "apple", "basil", "cedar", "daisy", "elder", "fern", "ginger", "hazel", "iris", "juniper", "kale", "lemon",
        "maple", "nettle", "olive", "pear", "quince", "rose", "sage", "thyme", "umbel", "violet", "willow", "yarrow",
        "aspen", "birch", "clover", "dill", "endive", "fig", "grape", "holly", "ivy", "jasmine", "laurel", "mint",
        "nutmeg", "orchid", "poppy", "reed", "sorrel", "tulip", "vanilla", "walnut", "almond", "beech", "cherry",
        "date", "elm", "fennel", "garlic", "heather", "lily", "mango", "oak", "peach", "rowan", "spruce", "teak", "yew",
    ),
    (
        "amber", "beacon", "canyon", "delta", "ember", "fjord", "glacier", "harbour", "island", "jetty", "kiln",
        "lagoon", "meadow", "narrows", "oasis", "prairie", "quarry", "ridge", "summit", "tundra", "upland", "valley",
        "wharf", "zenith", "atoll", "basin", "cove", "dune", "estuary", "ford", "gorge", "hollow", "inlet", "knoll",
        "ledge", "mesa", "nook", "outcrop", "pinnacle", "reef", "shoal", "terrace", "vale", "weir", "bluff", "cliff",
        "dale", "fen", "glen", "heath", "isthmus", "loch", "marsh", "peak", "rapids", "strait", "spring", "steppe",
    ),
)  # fmt: skip

_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}
_TYPESET = {"+": "+", "-": "−", "*": "×", "/": "÷"}
_POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

Write = Callable[[str, str, str], str]


def _ascii(op: str, left: str, right: str) -> str:
    return f"{left}^{right}" if op == "^" else f"{left} {op} {right}"


def _typeset(op: str, left: str, right: str) -> str:
    return f"{left}{right.translate(_POWERS)}" if op == "^" else f"{left} {_TYPESET[op]} {right}"


def _infix(problem: Problem, at: int, write: Write, inline: list[bool]) -> str:
    """The operation at a node; operands marked in `inline` are written out, with only the brackets they need."""
    op, left, right = problem.nodes[at]

    def operand(child: int, tight: bool) -> str:
        inner, number, _ = problem.nodes[child]
        if inner == "n":
            return str(number)
        if not inline[child]:
            return problem.names[child]
        text = _infix(problem, child, write, inline)
        loose = _BINDS[inner] < _BINDS[op] or (tight and _BINDS[inner] == _BINDS[op])
        return f"({text})" if loose else text

    return write(op, operand(left, op == "^"), operand(right, True))


def _bare(problem: Problem) -> list[bool]:
    return [not name for name in problem.names]


def _named(problem: Problem) -> list[int]:
    return [at for at, name in enumerate(problem.names) if name]


def _equations(problem: Problem) -> str:
    inline = _bare(problem)
    return "\n".join(f"{problem.names[at]} = {_infix(problem, at, _ascii, inline)}" for at in _named(problem))


def _backwards(problem: Problem) -> str:
    inline = _bare(problem)
    lines = (f"- {problem.names[at]}: {_infix(problem, at, _typeset, inline)}" for at in reversed(_named(problem)))
    return "\n".join(lines)


def _used_once(problem: Problem, wanted: list[bool]) -> list[bool]:
    """For each node, whether one of the operations that the answer needs, and no other, uses it."""
    uses = [0] * len(problem.nodes)
    for at, (op, left, right) in enumerate(problem.nodes):
        if op != "n" and wanted[at]:
            uses[left] += 1
            uses[right] += 1
    return [count == 1 for count in uses]


def _expression(problem: Problem) -> str:
    """As few lines as can be: a result used once is written out where it is used, an idle one is left out."""
    wanted = needed(problem)
    inline = _used_once(problem, wanted)
    kept = [at for at in _named(problem) if wanted[at] and not inline[at]]
    return "\n".join(f"{_infix(problem, at, _typeset, inline)} = {problem.names[at]}" for at in kept)


def _in_words(problem: Problem) -> str:
    def said(at: int, top: bool = False) -> str:
        op, left, right = problem.nodes[at]
        if op == "n":
            return str(left)
        if problem.names[at] and not top:
            return problem.names[at]
        one, two = said(left), said(right)
        if op == "^":
            power = {"2": "the square of", "3": "the cube of"}.get(two, f"the power with exponent {two} of")
            return f"{power} {one}"
        kind = {"+": "sum", "-": "difference", "*": "product", "/": "quotient"}[op]
        # Prefix wording needs no brackets: each "the ... of" takes exactly two things.
        return f"the {kind} of {one} and {two}"

    return "\n".join(f"{problem.names[at].capitalize()} is {said(at, True)}." for at in _named(problem))


def _single(problem: Problem) -> str:
    """One operation a line; a bracket gets a label of its own."""
    label = labels(problem)
    shown = {at: problem.names[at] or f"[{label[at][1:]}]" for at in label}
    lines = []
    for at in label:
        op, left, right = problem.nodes[at]
        one, two = (shown.get(child) or str(problem.nodes[child][1]) for child in (left, right))
        lines.append(f"{shown[at]} = {_typeset(op, one, two)}")
    return "\n".join(lines)


def _facts(problem: Problem) -> Mapping[str, str]:
    return {"asked": problem.names[-1]}


FACE: Face[Problem] = Face(
    wordings=(
        "Work out the value of {asked}.\n\n{board}\n\nAll arithmetic is exact: a division may leave a fraction, and"
        " nothing is rounded. Powers bind before products and quotients, these before sums and differences; equal ones"
        " go from left to right. The difference of a and b is a minus b, their quotient is a divided by b. Some lines"
        " may not matter. Dividing by zero gives no value, and neither does anything that needs such a result.\n\n"
        "{answer}",
        "Each line below fixes one quantity by numbers or by other quantities.\n\n{board}\n\nFind {asked} exactly (a"
        " whole number or a fraction, not rounded). Use the usual order of operations; a difference or quotient takes"
        " its parts in the order in which they stand. Lines that {asked} does not depend on can be ignored. If {asked}"
        " depends on a division by zero, it has no value.\n\n{answer}",
        "A calculation was written down as follows.\n\n{board}\n\nQuestion: what exactly is {asked}? Rules: the usual"
        ' precedence with brackets first; "difference of x and y" means x − y and "quotient of x and y" means x ÷ y;'
        " fractions are kept as fractions. What divides by zero has no value, nor has what is built on it. Not every"
        " line need be used.\n\n{answer}",
        "Definitions:\n{board}\n\nTask: evaluate {asked} with exact rational arithmetic and standard operator order"
        " (differences and quotients are taken in the order written). Unused definitions are possible. A division by"
        " zero is undefined and makes everything that depends on it undefined.\n\n{answer}",
    ),
    layouts={
        "equations": _equations,
        "backwards": _backwards,
        "expression": _expression,
        "words": _in_words,
        "single": _single,
    },
    facts=_facts,
)


def _working(op: str, a: Fraction, b: Fraction, value: str) -> str:
    """The operation with its values put in, and the common denominator or the flipped divisor shown."""
    one, two = (f"({v})" if v < 0 or (v.denominator > 1 and op in "*/^") else str(v) for v in (a, b))
    line = _typeset(op, str(a) if a.denominator == 1 and op != "^" else one, two)
    if op in "+-" and a.denominator * b.denominator > 1:
        base = lcm(a.denominator, b.denominator)
        parts = [v.numerator * (base // v.denominator) for v in (a, b)]
        return f"{line} = ({parts[0]} {_TYPESET[op]} {f'({parts[1]})' if parts[1] < 0 else parts[1]})/{base} = {value}"
    if op == "/" and a.denominator * b.denominator > 1:
        return f"{line} = {one} × ({1 / b}) = {value}"
    return f"{line} = {value}"


_OPENINGS = ("", "Next, ", "Then ", "Now ", "So ", "With that, ")


def narrate(problem: Problem, steps: tuple[Step, ...]) -> str:
    """One numbered line a step: what is worked out, the values put in, the result.

    A name that the layout `expression` does not show is given with "let", so that the text suits every layout.
    """
    wanted = needed(problem)
    once = _used_once(problem, wanted)
    at_label = {label: at for at, label in labels(problem).items()}
    inline = _bare(problem)
    known: dict[str, Fraction] = {}
    lines = []
    for step in steps:
        if step.rule == "divide by zero":
            at = at_label[step.because[0]]
            text = _infix(problem, at, _typeset, inline)
            lines.append(f"{step.number}. {text} divides by 0, so {problem.names[-1]} has no value: a contradiction.")
            continue
        label, _, value = step.claims[0].partition(" = ")
        at = at_label[label]
        known[label] = read_rational(value)
        a, b = (known[ref] if ref in known else Fraction(ref) for ref in step.because)
        working = _working(problem.nodes[at][0], a, b, value)
        name = problem.names[at]
        shown = _infix(problem, at, _typeset, inline)
        opening = _OPENINGS[(step.number * 5 + at) % len(_OPENINGS)] if step.number > 1 else ""
        if name:
            body = f"{name} = {working}" if shown == working.split(" = ")[0] else f"{name} = {shown} = {working}"
            if once[at] or not wanted[at]:
                body = f"{'let' if opening else 'Let'} {body}"
        else:
            body = f"the bracket {shown}" + (f" = {value}" if shown == working.split(" = ")[0] else f" is {working}")
        text = opening + body if opening else (body if name else body[0].upper() + body[1:])
        lines.append(f"{step.number}. {text}.")
    return "\n".join(lines)
