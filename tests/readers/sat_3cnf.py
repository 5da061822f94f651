"""Reads 3-SAT in words from its prompts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from readers.shapes import asked, distinct, one, points, said

Instance = dict[str, Any]  # facts; statements, each a set of (fact, whether it must be true); most: of a refutation
SOLVED = (1, 4)
_INTRO = {  # and what is said of a fact that is true, and of one that is false
    "A cook has left notes about one dish. Each ingredient is either used in it or not": (
        "{} is used",
        "{} is not used",
    ),
    "Each person named either has the trait that goes with the name or has not.": ("", ""),
    "For every trade below, the newcomer either belongs to it or not, and what is said of everyone or no one holds for "
    "the newcomer too, who is the only person to think of.": ("is {}", "is not {}"),
}
_FACTS = (
    r"(?:the ingredients \(a fact is that the ingredient is used\)|the facts|the trades \(a fact is that the newcomer "
    r"belongs to it\)): ((?:[A-Za-z ]+, )+[A-Za-z ]+)\.\n"
)
_READING = (  # of an if-then, of an or
    r"An \"or\" is inclusive, and an if-then statement is false only when its conditions hold and its conclusion does "
    r"not",
    r"An if-then is broken only by true conditions with a false conclusion; \"or\" allows several at once",
    r"\"or\" is inclusive; \"if\" says nothing when a condition fails",
    r"A rule with a condition that is not met holds, and an \"or\" holds if at least one part does",
)
_MOST = (
    r"name at most (\d+) of the statements that cannot all be true\.",
    r"no more than (\d+) numbers, such that nothing makes all of these true\.",
    r"a set of statements without any such assignment, of size (\d+) or less\.",
    r"find (\d+) or fewer of them that already do\.",
)
FORMS = (
    ("if", "If {a} and {b}, then {c}."),
    ("if", "Everyone who {a} and {b} {c}."),
    ("not all", "No one who {a} and {b} {c}."),
    ("or", "{a}, or {b}, or {c}."),
    ("or", "The newcomer {a}, or {b}, or {c}."),
    ("or", "{a} | {b} | {c}"),
)
_LEGEND = "(A word stands for the fact it names, ~ for its opposite; | is an inclusive or.)"


def read(prompt: str) -> Instance:
    """The instance that a prompt tells."""
    parts = asked(prompt)
    facts = one(_FACTS, parts.task + "\n")[1].split(", ")
    intro = [ways for text, ways in _INTRO.items() if text in parts.task]
    one("|".join(_READING), parts.task)
    most = next(filter(None, one("|".join(_MOST), parts.task).groups()))
    form = (
        rf"\A`possible:` and the true facts, separated by commas, as in `possible: FACT, FACT` \(every fact not listed "
        rf"counts as false; write `possible: nothing` if all are false\), or else `impossible:` and at most {most} "
        rf"statement numbers, separated by commas, of statements that cannot all be true together\."
    )
    one(form, parts.form)
    if len(intro) != 1 or not distinct([fact.split(" ")[0] for fact in facts]):
        raise ValueError(f"what a fact is must be told, and the facts, each once: {parts.task!r}")
    literals: dict[str, Any] = {}
    for fact in facts:
        if _LEGEND in parts.task:
            yes, no = fact.split(" ")[0], f"~{fact.split(' ')[0]}"
        elif intro[0][0]:
            shown = f"{'an' if fact[0] in 'aeiou' else 'a'} {fact}" if intro[0][0] == "is {}" else fact
            yes, no = (way.format(shown) for way in intro[0])
        else:
            yes, no = fact, fact.replace(" is ", " is not ")
        literals |= {yes: (fact, True), no: (fact, False)}
    statements = []
    for text in points(parts.task):
        kind, a, b, c = said(text, FORMS, literals)
        turned = {"if": (a, b), "not all": (a, b, c), "or": ()}[kind]
        statements.append(frozenset((fact, value != ((fact, value) in turned)) for fact, value in (a, b, c)))
    return {"facts": facts, "statements": statements, "most": int(most)}


def plain(problem: Any) -> Instance:
    """The same of verimill's own problem."""
    statements = [frozenset((problem.atoms[abs(x) - 1], x > 0) for x in clause) for clause in problem.clauses]
    return {"facts": list(problem.atoms), "statements": statements, "most": problem.most}


def _model(instance: Instance, numbers: list[int]) -> list[str] | None:
    """The facts that are true in some case in which the statements of these numbers are, or None."""
    from pysat.solvers import Cadical153

    at = {fact: k for k, fact in enumerate(instance["facts"], 1)}
    clauses = [[at[fact] if value else -at[fact] for fact, value in instance["statements"][k - 1]] for k in numbers]
    with Cadical153(bootstrap_with=clauses) as solver:
        if not solver.solve():
            return None
        true = set(solver.get_model())
        return [fact for fact, k in at.items() if k in true]


def accepts(instance: Instance, text: str) -> bool:
    """Whether the listed facts make every statement true, or the numbered statements cannot all be."""
    word, _, rest = text.partition(":")
    listed = [part.strip() for part in rest.split(",")]
    if not distinct(listed):
        return False
    if word == "impossible":
        numbers = [int(part) for part in listed if part.isdecimal() and 1 <= int(part) <= len(instance["statements"])]
        return len(listed) == len(numbers) <= instance["most"] and _model(instance, numbers) is None
    true = [] if listed == ["nothing"] else listed
    if word != "possible" or not set(true) <= set(instance["facts"]):
        return False
    return all(any((fact in true) is value for fact, value in part) for part in instance["statements"])


def solutions(instance: Instance, limit: int = 2) -> Iterator[str]:
    """Up to `limit` answers, by a search of its own; the first is of the shorter kind, where both are."""
    numbers = list(range(1, len(instance["statements"]) + 1))
    true = _model(instance, numbers)
    if true is not None:
        yield f"possible: {', '.join(true) or 'nothing'}"
        return
    found: set[str] = set()
    for k in range(20):
        left = random.Random(k).sample(numbers, len(numbers))
        for number in numbers:
            rest = [other for other in left if other != number]
            left = left if _model(instance, rest) is not None else rest
        text = f"impossible: {', '.join(map(str, sorted(left)))}"
        if len(left) <= instance["most"] and text not in found and len(found) < limit:
            found.add(text)
            yield text
