"""The judge put to the test on the dataset's own rows: near misses to refuse, right answers to take in any dress."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verimill.data_cards.examples import as_reply
from verimill.data_cards.figures import Figures
from verimill.data_cards.folder import rows_of
from verimill.schemas.families import constant
from verimill.schemas.rng import rng_for
from verimill.verifiers.judge import judge_text, read_case

MISSES = 8  # of one problem
DRESSES = ("{}", "<think>Let me see.</think>\n\n{}", "**Final answer**\n\n{}\n", "```\n{}\n```")


@dataclass(slots=True)
class Audit:
    """What was judged again. `others` are problems of a family version that this install does not have."""

    problems: int = 0
    others: int = 0
    misses: int = 0
    refused: int = 0
    dressed: int = 0
    taken: int = 0


def audit(folder: Path, figures: Figures) -> Audit:
    """The judge's answers on a few problems of each family."""
    made = Audit()
    wanted = [name for names in figures.audited.values() for name in names]
    for row in rows_of(folder, figures.files, "problems", "id", wanted):
        _judge(row, made)
    return made


def _judge(row: Mapping[str, Any], made: Audit) -> None:
    try:
        case = read_case(json.loads(row["verification"]))
        maker = constant(row["family"], "generators", "MAKER")
    except (ValueError, ImportError):
        made.others += 1
        return
    made.problems += 1
    for dress in DRESSES:
        made.dressed += 1
        made.taken += judge_text(case, dress.format(as_reply(case.codec, row["answer"]))).outcome == "right"
    answer = case.codec.read(case.problem, row["answer"])
    misses = maker.near_misses(rng_for("card audit", row["id"]), case.problem, answer)
    for _, miss in zip(range(MISSES), misses, strict=False):
        made.misses += 1
        made.refused += judge_text(case, as_reply(case.codec, case.codec.write(miss.answer))).outcome != "right"
