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


def tell(steps: tuple[Step, ...], describe: Describe, values: Mapping[str, str] | None = None) -> str:
    """One numbered line a step; the lines of a supposition are numbered 7.1, 7.2 below it.

    `describe(ref)` names a clue in a sentence ("row 3", "clue 5 (Ann sits left of Bob)").
    """
    lines: list[str] = []
    for step in steps:
        _tell(step, f"{step.number}.", describe, lines)
    return "\n".join(lines)


def _tell(step: Step, number: str, describe: Describe, lines: list[str]) -> None:
    if step.rule == "suppose":
        name, _, value = step.claims[0].partition("!=")
        lines.append(f"{number} Suppose {name}={value}.")
        for inner in step.sub:
            _tell(inner, f"   {number}{inner.number}", describe, lines)
        lines.append(f"   So {step.claims[0]}.")
        return
    claims = _joined(step.claims)
    if step.rule == "clash" and not step.because:
        lines.append(f"{number} contradiction: a place has no value left.")
        return
    choices = _LINES[step.rule]
    refs = [describe(ref) for ref in step.because]
    why = refs[0] if refs else ""
    text = choices[step.number % len(choices)].format(
        claims=claims, why=why, first=why, second=refs[1] if len(refs) > 1 else ""
    )
    lines.append(
        f"{number} {text[0].upper() + text[1:] if text[:1].islower() and not text.startswith(claims) else text}"
    )


def _joined(claims: tuple[str, ...]) -> str:
    if len(claims) == 1:
        return claims[0]
    return f"{', '.join(claims[:-1])} and {claims[-1]}"
