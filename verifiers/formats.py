"""Constraints on the form of a reply, each with its own checker, beside the judge of its answer.

A constraint is a mapping with a `kind`; a list of them must hold together, and `if` chooses between two by the
length of the reply's answer. `told` says one in a sentence, `broken` names those that a reply breaks, and
`formatted_score` rewards a right answer in the right form. Nothing raises on a reply; a constraint that is not ours
raises ValueError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verimill.verifiers.judge import verify
from verimill.verifiers.rewards import Verification, reply_text

Constraint = Mapping[str, Any]
MAX_TEXT = 262_144  # characters of a reply that are looked at
MAX_CONSTRAINTS = 20
_NUMBERED = re.compile(r"^\s{0,3}(\d{1,3})[.)]\s+\S", re.M)
_BOXED = re.compile(r"\\boxed\{[^{}]+\}")
_FENCED = re.compile(r"```[^\n`]*\n(?:(?!```).)+?\n```", re.S)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of constraint: its fields and their types, its sentence, and whether a text keeps it."""

    fields: Mapping[str, type]
    told: Callable[[Constraint], str]
    kept: Callable[[Constraint, str], bool]


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z']+", text.lower())


def _numbers(text: str) -> list[int]:
    return [int(match[1]) for match in _NUMBERED.finditer(text)]


def _heading(c: Constraint, text: str) -> bool:
    return [line.strip() for line in text.splitlines()].count(f"## {c['title']}") == 1


KINDS: Mapping[str, Kind] = {
    "starts": Kind(
        {"word": str},
        lambda c: f'Begin the reply with the word "{c["word"]}".',
        lambda c, text: re.match(rf"\s*{re.escape(c['word'])}\b", text) is not None,
    ),
    "numbered": Kind(
        {"count": int},
        lambda c: f"Have exactly {c['count']} numbered lines, 1 to {c['count']}, in order.",
        lambda c, text: _numbers(text) == list(range(1, c["count"] + 1)),
    ),
    "includes": Kind(
        {"word": str, "count": int},
        lambda c: f'Use the word "{c["word"]}" exactly {c["count"]} times.',
        lambda c, text: _words(text).count(c["word"]) == c["count"],
    ),
    "avoids": Kind(
        {"word": str},
        lambda c: f'Do not use the word "{c["word"]}".',
        lambda c, text: c["word"] not in _words(text),
    ),
    "heading": Kind(
        {"title": str},
        lambda c: f'Have one line that reads "## {c["title"]}".',
        _heading,
    ),
    "most_words": Kind(
        {"count": int},
        lambda c: f"Use at most {c['count']} words, counting runs of letters.",
        lambda c, text: len(_words(text)) <= c["count"],
    ),
    "boxed": Kind(
        {},
        lambda c: "Write the answer once inside \\boxed{}.",
        lambda c, text: len(_BOXED.findall(text)) == 1,
    ),
    "fenced": Kind(
        {},
        lambda c: "Put the answer in one block between lines of three backquotes.",
        lambda c, text: len(_FENCED.findall(text)) == 1 and text.count("```") == 2,
    ),
}


def required(constraint: Constraint) -> None:
    """The constraint is one of ours; ValueError says what is wrong with it."""
    if not isinstance(constraint, Mapping):
        raise ValueError(f"a constraint must be a mapping, got {constraint!r:.60}")
    kind: Any = constraint.get("kind")
    if kind == "if":
        if type(constraint.get("longer")) is not int or set(constraint) != {"kind", "longer", "then", "else"}:
            raise ValueError(f"an if must have longer, then and else, got {constraint!r:.80}")
        for part in (constraint["then"], constraint["else"]):
            if isinstance(part, Mapping) and part.get("kind") == "if":
                raise ValueError("an if must not stand in another one")
            required(part)
        return
    if kind not in KINDS:
        raise ValueError(f"the kind of a constraint must be if or one of {', '.join(KINDS)}, got {kind!r:.40}")
    wanted = {"kind": str, **KINDS[kind].fields}
    if {name: type(value) for name, value in constraint.items()} != wanted:
        fields = ", ".join(f"{name}: {of.__name__}" for name, of in wanted.items())
        raise ValueError(f"a constraint {kind} must have {fields}, got {constraint!r:.80}")


def told(constraint: Constraint) -> str:
    """The constraint as a sentence of the prompt."""
    required(constraint)
    if constraint["kind"] != "if":
        return KINDS[constraint["kind"]].told(constraint)
    then, other = (KINDS[constraint[name]["kind"]].told(constraint[name]) for name in ("then", "else"))
    return f"If the answer has more than {constraint['longer']} characters: {then} If not: {other}"


def broken(constraints: Sequence[Constraint] | str, completion: Any, answer: str | None) -> list[str]:
    """The kinds of the constraints that the reply breaks, in order; `answer` is what was read as its answer."""
    text, lost = reply_text(completion)[:MAX_TEXT], []
    for constraint in _listed(constraints):
        required(constraint)
        if constraint["kind"] == "if":
            constraint = constraint["then" if len(answer or "") > constraint["longer"] else "else"]
        if not KINDS[constraint["kind"]].kept(constraint, text):
            lost.append(str(constraint["kind"]))
    return lost


def _listed(constraints: Sequence[Constraint] | str) -> list[Constraint]:
    found = json.loads(constraints) if isinstance(constraints, str) else list(constraints)
    if not isinstance(found, list) or len(found) > MAX_CONSTRAINTS:
        raise ValueError(f"constraints must be a list of at most {MAX_CONSTRAINTS}, got {constraints!r:.80}")
    return found


def formatted_score(
    verification: Verification, constraints: Sequence[Constraint] | str, completion: Any
) -> dict[str, Any]:
    """`score` is 1.0 for a right answer that keeps every constraint; `right`, `kept` and `broken` tell them apart."""
    verdict = verify(verification, reply_text(completion))
    lost = broken(constraints, completion, verdict.answer)
    count = len(_listed(constraints))
    kept = 1 - len(lost) / count if count else 1.0
    return {"score": float(bool(verdict) and not lost), "right": verdict.score, "kept": kept, "broken": lost}
