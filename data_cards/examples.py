"""Examples for a card, out of the dataset's own rows: a problem with its checked steps, a refused answer, a twin."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verimill.data_cards.figures import Figures
from verimill.data_cards.folder import row_of
from verimill.schemas.core import Codec
from verimill.schemas.families import constant
from verimill.schemas.rng import rng_for
from verimill.verifiers.judge import judge_text, read_case

NEAR_MISSES = 40  # looked at before giving up


@dataclass(frozen=True, slots=True)
class Refused:
    """A wrong answer and the judge's reason."""

    answer: str
    reason: str

    @property
    def rule(self) -> str:
        """The rule that it breaks."""
        return self.reason.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows as the card shows them; None where the dataset has none that fit."""

    problem: Mapping[str, Any] | None
    trace: Mapping[str, Any] | None
    refused: Refused | None
    twin: Mapping[str, Any] | None


def choose(folder: Path | str, figures: Figures) -> Examples:
    """The examples that counting picked, and a wrong answer to the first, judged now."""
    folder = Path(folder)
    problem = row_of(folder, figures.files, "problems", "id", figures.example.id) if figures.example else None
    trace = row_of(folder, figures.files, "traces", "problem_id", figures.example.id) if figures.example else None
    twin = row_of(folder, figures.files, "problems", "id", figures.twin.id) if figures.twin else None
    return Examples(problem, trace, refused(problem) if problem else None, twin)


def refused(problem: Mapping[str, Any], told: Collection[str] = ()) -> Refused | None:
    """A near miss of the row's problem and why the judge refuses it; None where this install has another version.

    One that breaks another rule than those `told` comes first, where there is one.
    """
    if not problem["answerable"]:
        return None
    try:
        case = read_case(json.loads(problem["verification"]))
        maker = constant(problem["family"], "generators", "MAKER")
    except (ValueError, ImportError):
        return None
    answer = case.codec.read(case.problem, problem["answer"])
    misses = maker.near_misses(rng_for("card", problem["id"]), case.problem, answer)
    first: Refused | None = None
    for _, miss in zip(range(NEAR_MISSES), misses, strict=False):
        text = case.codec.write(miss.answer)
        verdict = judge_text(case, as_reply(case.codec, text))
        if verdict.outcome == "wrong":
            found = Refused(text, verdict.reason)
            if found.rule not in told:
                return found
            first = first or found
    return first


def as_reply(code: Codec[Any, Any, Any], answer: str) -> str:
    """A reply that ends in the answer, as a model would write it."""
    return f"Answer:\n{answer}" if code.shape == "block" and "\n" in answer else f"Answer: {answer}"
