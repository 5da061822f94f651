"""Unanswerable twins on the constraint engine: a changed problem with what certifies it, None where nothing does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from verimill.generators.engines.puzzles import Model, refutation, two_solutions
from verimill.schemas.core import Unanswerable

P = TypeVar("P")
A = TypeVar("A")


def with_two_answers(changed: P, model: Model, to_answer: Callable[[tuple[int, ...]], A]) -> Unanswerable[P, A] | None:
    """The changed problem with two of its solutions."""
    pair = two_solutions(model)
    if pair is None:
        return None
    shown = (to_answer(pair[0]), to_answer(pair[1]))
    return Unanswerable(changed, "many", {"claim": "many", "by": ["two solutions shown"]}, shown)


def refuted(changed: P, model: Model, longer_than: int = 0) -> Unanswerable[P, Any] | None:
    """The changed problem with a refutation by deduction rules, of more steps than given."""
    steps = refutation(model)
    if steps is None or len(steps) <= longer_than:
        return None
    return Unanswerable(changed, "none", {"claim": "none", "by": ["refutation by deduction rules"]}, (), steps)
