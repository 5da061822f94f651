"""Hints for problems on which all samples fail: a ladder made by the solver, from a technique to a plan.

A hint goes below the question that is put to the teacher; the row that is stored keeps the question without it, is
flagged `hinted`, and names the rung in its prompt variant (`hint-first`). No rung tells the last step, so none
tells the answer. All functions are pure: the same problem gives the same hints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from verimill.pipelines.teachers.samples import Messages, Question
from verimill.schemas.core import Solved, Step

RUNGS = ("technique", "first", "half", "plan")
VARIANT = "hint-"  # begins the prompt variant of what was asked with a hint
CONTINUED = "continued"  # begins the prompt variant of a reply that goes on from the right part of an earlier one
MAX_STEPS = 60  # of a plan; a longer one would be a solution in itself


@dataclass(frozen=True, slots=True)
class Hint:
    """One rung: its name and what it says."""

    rung: str
    text: str


@dataclass(frozen=True, slots=True)
class Hinted:
    """What is asked, and what is stored as the prompt."""

    asked: Messages
    stored: Messages
    variant: str
    hinted: bool = True


Narrate = Callable[[Any, tuple[Step, ...]], str]


def ladder(problem: Any, solved: Solved[Any], narrate: Narrate) -> tuple[Hint, ...]:
    """The hints from the faintest to the strongest; rungs that would tell all of a short solution are left out."""
    steps = solved.brief or solved.steps
    found = []
    if steps:
        found.append(Hint("technique", technique(steps)))
    if len(steps) >= 2:
        found.append(Hint("first", f"The first deduction:\n{narrate(problem, steps[:1])}"))
    if len(steps) >= 4:
        half = steps[: len(steps) // 2]
        found.append(Hint("half", f"The first half of a solution:\n{narrate(problem, half)}"))
    if 2 <= len(steps) <= MAX_STEPS:
        found.append(Hint("plan", plan(steps)))
    return tuple(found)


def technique(steps: tuple[Step, ...]) -> str:
    """Which rules the solution needs, in the order in which they are first needed, and how long it is."""
    rules = list(dict.fromkeys(_rules(steps)))
    names = ", ".join(rule.replace("_", " ") for rule in rules)
    many = f"{len(steps)} steps" if len(steps) > 1 else "one step"
    return f"A solution needs {many}, by: {names}."


def _rules(steps: tuple[Step, ...]) -> list[str]:
    return [rule for step in steps for rule in (step.rule, *_rules(step.sub))]


def plan(steps: tuple[Step, ...]) -> str:
    """The order of the deductions and what each looks at, without what any of them yields.

    Reasons that are results of earlier steps are not named, since they would tell those results.
    """
    results = {claim for step in steps for claim in _claims(step)}
    lines = []
    for number, step in enumerate(steps, 1):
        looks = [ref for ref in step.because if ref not in results and "=" not in ref]
        at = f" ({', '.join(looks[:4])})" if looks else ""
        lines.append(f"{number}. {step.rule.replace('_', ' ')}{at}")
    return "A plan, step by step, without the results:\n" + "\n".join(lines)


def _claims(step: Step) -> list[str]:
    return [*step.claims, *(claim for sub in step.sub for claim in _claims(sub))]


def with_hint(messages: Messages, hint: Hint) -> Hinted:
    """The hint below the last message of the user; ValueError where the user says nothing."""
    at = max((n for n, (role, _) in enumerate(messages) if role == "user"), default=-1)
    if at < 0:
        raise ValueError("a hint needs a message of the user to stand below, got none")
    asked = list(messages)
    asked[at] = ("user", f"{messages[at][1]}\n\nHint. {hint.text}")
    return Hinted(tuple(asked), messages, f"{VARIANT}{hint.rung}")


def hinted_question(question: Question, hint: Hint) -> Question:
    """The same problem as it is put with a hint; its samples are others, since the variant and messages differ."""
    made = with_hint(question.messages, hint)
    variant = made.variant if question.variant == "plain" else f"{made.variant}+{question.variant}"
    return replace(question, messages=made.asked, variant=variant)


def was_helped(variant: str) -> bool:
    """Whether a prompt variant is that of a hint, or of an earlier reply to go on from."""
    return variant.startswith((VARIANT, CONTINUED))
