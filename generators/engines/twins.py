"""Unanswerable twins on the constraint engine: a changed problem with what certifies it, None where nothing does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from verimill.generators.engines.puzzles import Model, refutation, two_solutions
from verimill.schemas.core import Unanswerable
from verimill.schemas.rng import Rng

P = TypeVar("P")
A = TypeVar("A")


def with_two_answers(changed: P, model: Model, to_answer: Callable[[tuple[int, ...]], A]) -> Unanswerable[P, A] | None:
    """The changed problem with two of its solutions."""
    pair = two_solutions(model)
    if pair is None:
        return None
    shown = (to_answer(pair[0]), to_answer(pair[1]))
    return Unanswerable(changed, "many", {"claim": "many", "by": ["two solutions shown"]}, shown)


def another_given(rng: Rng, givens: str, answers: Sequence[Sequence[str]]) -> str | None:
    """The givens and one more, which both answers hold; None where they agree in no open cell.

    A problem with a clue less must not be known by its number of clues.
    """
    alike = [i for i, (g, a, b) in enumerate(zip(givens, *answers, strict=True)) if g == "." and a == b]
    if not alike:
        return None
    cell = rng.pick(alike)
    return givens[:cell] + answers[0][cell] + givens[cell + 1 :]


def refuted(changed: P, model: Model, longer_than: int = 0) -> Unanswerable[P, Any] | None:
    """The changed problem with a refutation by deduction rules, of more steps than given."""
    steps = refutation(model)
    if steps is None or len(steps) <= longer_than:
        return None
    return Unanswerable(changed, "none", {"claim": "none", "by": ["refutation by deduction rules"]}, (), steps)
