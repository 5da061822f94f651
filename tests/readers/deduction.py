"""Reads facts and rules from their prompts."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

from readers.shapes import asked, distinct, one, points

Literal = tuple[str, str, bool]  # who ("" for anybody), trait, whether it has it
Instance = dict[str, Any]  # people; statements, each a set of conditions and a conclusion; question
SOLVED = (1, 4, 8)
MADE_UP = True  # numbers of the example
_ANY = r"(?:someone|a robot|a dragon)"
_SAID = r"\w+ is (?:not )?[a-z]+"
_TRAITS = r"(?:not )?[a-z]+(?: and (?:not )?[a-z]+)*"
_RULES = (
    rf"If {_ANY} is (?P<left>{_TRAITS}), then (?:they are|it is) (?P<right>(?:not )?[a-z]+)",
    rf"All (?:people|robots|dragons) that are (?P<left>{_TRAITS}) are (?P<right>(?:not )?[a-z]+)",
    rf"(?:Anyone who|Any robot that|Any dragon that) is (?P<left>{_TRAITS}) is (?P<right>(?:not )?[a-z]+)",
    rf"Whenever someone is (?P<left>{_TRAITS}), they are (?P<right>(?:not )?[a-z]+)",
    rf"It is (?P<right>(?:not )?[a-z]+) whenever (?:a robot|a dragon) is (?P<left>{_TRAITS})",
)
_NAMES = r"((?:[A-Z][a-z]+, )*[A-Z][a-z]+ and [A-Z][a-z]+)"
_PEOPLE = (
    rf"Here are \d+ statements about the (?:people|robots|dragons) {_NAMES}\.\n",
    rf"The (?:people|robots|dragons) are {_NAMES}\. All that is known",
    rf"under the open-world assumption over {_NAMES} \((?:people|robots|dragons)\)\.",
    rf"{_NAMES} are (?:people|robots|dragons)\. Read the \d+ statements",
)
_QUESTION = (
    rf'Does this statement follow: "({_SAID})"\? It is true if it follows, false if "({_SAID})" follows, and unknown '
    r"if neither does\.",
    rf'Decide whether it is true, false or unknown that ({_SAID})\.(?s:.*), false that "({_SAID})" can be concluded, '
    r"unknown that neither can\.",
    rf"Query: ({_SAID})\.(?s:.*)The query is true if known, false if its opposite \(({_SAID})\) is known, else "
    r"unknown\.",
    rf"Is it so that ({_SAID})\?(?s:.*): say true if the claim can be concluded, false if it can be concluded that "
    rf"({_SAID}), and unknown if neither can be concluded\.",
)
_READING = (  # rules run forwards only, and silence is no evidence
    r"it is never used backwards\. Something is \"not\" so only if that is stated or concluded",
    r"a trait is absent only when that is given or concluded by a rule\. Rules run from conditions to conclusion and "
    r"in no other direction\.",
    r"negated traits are known in the same two ways and no other; contraposition is not used\.",
    r"Do not reason from a conclusion back to conditions, and do not take silence for a no",
)
_LEGEND = "(~ is not, & is and, -> is if-then used forwards only; a rule with x holds for each of them.)"


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    people = re.split(", | and ", next(filter(None, one("|".join(_PEOPLE), parts.task).groups())))
    question, opposite = map(_said, filter(None, one("|".join(_QUESTION), parts.task).groups()))
    one("|".join(_READING), parts.task)
    if opposite != (*question[:2], not question[2]):
        raise ValueError(f"the opposite must be told of {question}, got {opposite}")
    form = (
        r"\A`true by` and the numbers of statements from which it follows, or `false by` and the numbers of statements "
        r"from which its opposite follows \(separated by commas; just enough of them, so that none can be left out\), "
        rf"or, if neither follows, `unknown; known:` and every trait that is known of {question[0]}, given or "
        r"concluded, separated by commas, with `not` before a trait that is known not to hold, or `nothing`\."
    )
    one(form, parts.form)
    signs = _LEGEND in parts.task
    statements = [_signed(text) if signs else _statement(text) for text in points(parts.task)]
    named = {who for conditions, conclusion in statements for who, *_ in (*conditions, conclusion)}
    if not distinct(people) or not named <= {*people, ""} or question[0] not in people:
        raise ValueError(f"only {people} may be spoken of, got {named}")
    return {"people": people, "statements": statements, "question": question}


def _said(text: str) -> Literal:
    who, negated, trait = one(r"^([A-Z][a-z]+) is (not )?([a-z]+)$", text).groups()
    return who, trait, not negated


def _trait(text: str) -> Literal:
    return "", text.removeprefix("not "), not text.startswith("not ")


def _statement(text: str) -> tuple[frozenset[Literal], Literal]:
    text = one(r"^(.+)\.$", text)[1]
    found = [match for rule in _RULES if (match := re.fullmatch(rule, text))]
    if len(found) == 1:
        return frozenset(map(_trait, found[0]["left"].split(" and "))), _trait(found[0]["right"])
    grounded = re.fullmatch(rf"If ({_SAID}(?: and {_SAID})*), then ({_SAID})", text)
    if grounded:
        return frozenset(map(_said, grounded[1].split(" and "))), _said(grounded[2])
    return frozenset(), _said(text)


def _signed(text: str) -> tuple[frozenset[Literal], Literal]:
    left, arrow, right = text.rpartition(" -> ")
    told = []
    for part in (*(left.split(" & ") if arrow else ()), right):
        sign, trait, who = one(r"^(~?)([a-z]+)\((x|[A-Z][a-z]+)\)$", part).groups()
        told.append(("" if who == "x" else who, trait, not sign))
    if len({who == "" for who, *_ in told}) != 1:
        raise ValueError(f"a rule must be about anybody or about people: {text!r}")
    return frozenset(told[:-1]), told[-1]


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""

    def literal(who: int, trait: int) -> Literal:
        return problem.names[who] if who >= 0 else "", problem.traits[abs(trait) - 1], trait > 0

    told = [[literal(*part) for part in statement] for statement in problem.statements]
    statements = [(frozenset(statement[:-1]), statement[-1]) for statement in told]
    return {"people": list(problem.names), "statements": statements, "question": literal(*problem.question)}


def _known(instance: Instance, numbers: list[int]) -> set[Literal]:
    """All that follows from the statements of these numbers."""
    rules = []
    for conditions, conclusion in (instance["statements"][k - 1] for k in numbers):
        anybody = conclusion[0] == ""
        for person in instance["people"] if anybody else ("",):
            left = {(person or who, trait, value) for who, trait, value in conditions}
            rules.append((left, (person or conclusion[0], *conclusion[1:])))
    known: set[Literal] = set()
    while more := {right for left, right in rules if left <= known} - known:
        known |= more
    return known


def _label(instance: Instance, numbers: list[int]) -> str:
    who, trait, value = instance["question"]
    known = _known(instance, numbers)
    found = [word for word, v in (("true", value), ("false", not value)) if (who, trait, v) in known]
    if len(found) == 2:
        raise ValueError("both the question and its opposite follow")
    return found[0] if found else "unknown"


def _traits(instance: Instance) -> list[str]:
    known = _known(instance, list(range(1, len(instance["statements"]) + 1)))
    return sorted(("" if v else "not ") + t for who, t, v in known if who == instance["question"][0])


def accepts(instance: Instance, text: str) -> bool:
    """Whether the label is right, and so is what is given for it."""
    every = list(range(1, len(instance["statements"]) + 1))
    label = _label(instance, every)
    word, _, rest = text.partition(" by " if label != "unknown" else "; known: ")
    listed = [part.strip() for part in rest.split(",")]
    if word != label or not distinct(listed):
        return False
    if label == "unknown":
        return sorted(listed) == (_traits(instance) or ["nothing"])
    numbers = [int(part) for part in listed if part.isdecimal() and int(part) in every]
    return (
        len(numbers) == len(listed)
        and _label(instance, numbers) == label
        and all(_label(instance, [k for k in numbers if k != gone]) != label for gone in numbers)
    )


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, by leaving out statements for as long as the label stands."""
    every = list(range(1, len(instance["statements"]) + 1))
    label = _label(instance, every)
    found: set[str] = set()
    for k in range(20):
        left = every
        for number in random.Random(k).sample(every, len(every)):
            rest = [other for other in left if other != number]
            left = rest if _label(instance, rest) == label else left
        text = f"{label} by {', '.join(map(str, left))}"
        if label == "unknown":
            text = f"unknown; known: {', '.join(_traits(instance)) or 'nothing'}"
        if text not in found and len(found) < limit:
            found.add(text)
            yield text
