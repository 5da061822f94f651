"""The prompt of a problem in a style: one of the family's wordings with one of its layouts.

A style is text, `w2-matrix`: wording 2 (counted from 1), layout `matrix`. The prompt is a pure function of
problem and style, so any row's prompt can be rebuilt byte for byte.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from verimill.schemas.core import Codec, Face
from verimill.schemas.rng import Rng

_FORMATS = (
    "Give the answer in this form: {format} For example (the form only, not the answer):{example}",
    "Write your final answer as follows. {Format} An example of the form, unrelated to this problem:{example}",
    "The reply must end with the answer. {Format} This shows the form and nothing else:{example}",
    "How to answer: {format} Form, by an example that is not the solution:{example}",
)
_NONE = ("If no answer fits, reply none.", "If nothing satisfies all of it, the answer is none.")
_MANY = ("If more than one answer fits, reply many.", "If several different answers fit, the answer is many.")


def styles(face: Face[Any]) -> tuple[str, ...]:
    """Every style of a family, in order."""
    return tuple(f"w{w}-{layout}" for w in range(1, len(face.wordings) + 1) for layout in face.layouts)


def pick_style(face: Face[Any], rng: Rng) -> str:
    """One style, each as likely as any other."""
    layouts = tuple(face.layouts)
    at = rng.below(len(face.wordings) * len(layouts))  # the order of `styles`, of which only one is written
    return f"w{at // len(layouts) + 1}-{layouts[at % len(layouts)]}"


def render(code: Codec[Any, Any, Any], face: Face[Any], problem: Any, style: str) -> str:
    """The prompt text. Raises ValueError for a style that the family does not have."""
    wording, dash, layout = style.partition("-")
    number = wording[1:]
    if not (dash and wording[:1] == "w" and number.isdigit() and 1 <= int(number) <= len(face.wordings)) or (
        layout not in face.layouts
    ):
        raise ValueError(f"{code.family} has no style {style!r:.40}; it has {', '.join(styles(face))}")
    at = int(number) - 1
    return face.wordings[at].format(
        board=face.layouts[layout](problem), answer=_answer_section(code, problem, at), **face.facts(problem)
    )


def _answer_section(code: Codec[Any, Any, Any], problem: Any, at: int) -> str:
    example = code.example(problem)
    example = f"\n{example}" if "\n" in example else f" {example}"
    form = code.answer_format(problem)
    sentence = form[:1].upper() + form[1:]
    shown = _FORMATS[at % len(_FORMATS)].format(format=form, Format=sentence, example=example)
    said = _unanswerable(code.unanswerable, at % 2)
    return f"{shown}\n{said}" if said else shown


@lru_cache(maxsize=16)
def _unanswerable(statuses: tuple[str, ...], at: int) -> str:
    """What to reply where there is no one answer.

    Said for answerable problems too: a prompt must not give away whether it has an answer.
    """
    return " ".join([sentences[at] for status, sentences in (("none", _NONE), ("many", _MANY)) if status in statuses])
