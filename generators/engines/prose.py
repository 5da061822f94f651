"""Deductions of the constraint engine as sentences; a family supplies how its clues are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from verimill.schemas.core import Step

Describe = Callable[[str], str]

_LINES: Mapping[str, tuple[str, ...]] = {
    "only": (
        "{claims}: every other value is ruled out there.",
        "{claims}, the only value still open for that place.",
        "Nothing else is left, so {claims}.",
    ),
    "place": (
        "{claims}: in {why} that value fits nowhere else.",
        "{why} has only one place for it, so {claims}.",
        "Of {why}, only this place can take the value: {claims}.",
    ),
    "bounds": (
        "From {why}: {claims}.",
        "{why} leaves too little room for anything else: {claims}.",
        "The extreme cases of {why} give {claims}.",
    ),
    "support": (
        "Trying every way to meet {why}: {claims}.",
        "No way of meeting {why} allows otherwise: {claims}.",
        "All that still fits {why} has {claims}.",
    ),
    "locked": (
        "{first} must put the value where it meets {second}, so {claims}.",
        "In {first} the value lies inside {second}; hence {claims}.",
    ),
    "pair": (
        "Two places of {why} share the same two values, so elsewhere {claims}.",
        "A pair in {why} uses up two values: {claims}.",
    ),
    "set": (
        "A few places of {why} use up as many values: {claims}.",
        "Counting places and values in {why}: {claims}.",
    ),
    "twin": (
        "{why} agree in every other place and must differ: {claims}.",
        "To keep {why} from being the same, {claims}.",
    ),
    "nested": (
        "All that {first} still needs lies in {second} and fills it, so {claims}.",
        "The open places of {first} are all in {second}; nothing more fits there: {claims}.",
    ),
    "swapped": (
        "With {second} kept, {first} would be the same unless {claims}.",
        "{first} must differ; {second} then leaves {claims}.",
    ),
    "clash": (
        "contradiction: {why} cannot be met.",
        "contradiction, since nothing meets {why} any more.",
    ),
}


def _prepared(rule: str, text: str) -> tuple[str, bool]:
    """A line with its fields by number (claims, first ref, second ref) and whether a ref begins it.

    A sentence begins with a capital, but for claims, which are names, and a contradiction is a claim.
    """
    for at, names in enumerate((("claims",), ("why", "first"), ("second",))):
        for name in names:
            text = text.replace(f"{{{name}}}", f"{{{at}}}")
    return text if rule == "clash" else text[0].upper() + text[1:], text[:3] in ("{1}", "{2}")


_PREPARED = {rule: tuple(_prepared(rule, line) for line in lines) for rule, lines in _LINES.items()}


class _Refs(dict[str, str]):
    """How each ref is called, asked once."""

    def __init__(self, describe: Describe) -> None:
        self.describe = describe

    def __missing__(self, ref: str) -> str:
        text = self[ref] = self.describe(ref)
        return text


def tell(steps: tuple[Step, ...], describe: Describe) -> str:
    """One numbered line a step; the lines of a supposition are numbered 7.1, 7.2 below it.

    `describe(ref)` names a clue in a sentence ("row 3", "clue 5 (Ann sits left of Bob)").
    """
    lines: list[str] = []
    refs = _Refs(describe)
    for step in steps:
        _tell(step, f"{step.number}.", refs, lines)
    return "\n".join(lines)


def _tell(step: Step, number: str, refs: _Refs, lines: list[str]) -> None:
    rule, because, claims = step.rule, step.because, step.claims
    if rule == "suppose":
        name, _, value = claims[0].partition("!=")
        lines.append(f"{number} Suppose {name}={value}.")
        for inner in step.sub:
            _tell(inner, f"   {number}{inner.number}", refs, lines)
        lines.append(f"   So {claims[0]}.")
        return
    if rule == "clash" and not because:
        lines.append(f"{number} contradiction: a place has no value left.")
        return
    choices = _PREPARED[rule]
    line, begins = choices[step.number % len(choices)]
    claimed = claims[0] if len(claims) == 1 else f"{', '.join(claims[:-1])} and {claims[-1]}"
    text = line.format(claimed, refs[because[0]] if because else "", refs[because[1]] if len(because) > 1 else "")
    lines.append(f"{number} {text[:1].upper()}{text[1:]}" if begins else f"{number} {text}")
