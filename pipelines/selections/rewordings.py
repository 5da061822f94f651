"""How a teacher is asked to rewrite a trace, and when its text may stand for the old one.

    shorter      to a length that suits the problem's level, as in LiteCoT (difficulty-aware prompting)
    paraphrase   the same facts in other words, as in Shape of Thought
    revised      from a thought switch on, going straight on instead, as in Retro-Search

The reply is the new solution; what a reasoning teacher thinks before it is not looked at. A text is accepted only
if its own answer is judged right, no step of it is wrong, and the claims survive: all of the old trace's for a
paraphrase, those before the switch for a revision, at least one for a shorter text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

from verimill.pipelines.certificates import final_answer
from verimill.pipelines.selections.protocol import Group, Row
from verimill.pipelines.selections.rejudging import Refused, assessed, rejudged
from verimill.pipelines.teachers.questions import expected_tokens
from verimill.pipelines.teachers.samples import Question
from verimill.schemas.text import plain
from verimill.verifiers.claims import CHOSEN, JUSTIFIED, KNOWN, LEAP, read_path
from verimill.verifiers.judge import Case, judge_text

How = Literal["shorter", "paraphrase", "revised"]
HOWS: tuple[How, ...] = get_args(How)
SWITCH = re.compile(r"\b(?:alternatively|wait|hold on|another (?:way|approach)|let me try)\b", re.I)
LEAST_WORDS = 30
GOOD = frozenset((KNOWN, JUSTIFIED, LEAP, CHOSEN))

_ASK = "Problem:\n\n{problem}\n\nA solution of it, whose answer is right:\n\n{solution}\n\n{task}\n\n{end}"
_END = "State facts in the notation of the solution. End with the answer in the form that the problem asks for."
_TASKS = {
    "shorter": "Rewrite the solution in about {words} words. Keep the steps that the answer needs, leave out the rest.",
    "paraphrase": "Say the same in other words. Keep every fact of the solution, in its order, and add none.",
    "revised": "The solution breaks off here. Go on from this point with the same thought to the end, without "
    "starting anything over. Write only what comes next.",
}


@dataclass(frozen=True, slots=True)
class Task:
    """What to ask for: `low` and `high` are words at level 1 and 10 for `shorter`."""

    how: How
    low: int = 60
    high: int = 300

    def __post_init__(self) -> None:
        if self.how not in HOWS:
            raise ValueError(f"how must be one of {', '.join(HOWS)}, got {self.how!r:.40}")
        if not 1 <= self.low <= self.high <= 100_000:
            raise ValueError(f"words must be low..high in 1..100,000, got {self.low}..{self.high}")

    def words(self, level: int | None) -> int:
        """The length that suits a level."""
        return round(self.low + (self.high - self.low) * ((level or 5) - 1) / 9)


def question_for(group: Group, trace: Row, task: Task) -> Question | None:
    """The trace as it is put to the teacher; None where there is nothing to ask for."""
    shown: str | None = trace["reasoning"]
    if task.how == "revised":
        shown = beginning(trace)
    words = task.words(group.problem["level"])
    if not shown or trace["outcome"] != "right" or "+" in trace["prompt_variant"]:
        return None
    if task.how == "shorter" and len(shown.split()) <= max(words, LEAST_WORDS):
        return None
    text = _ASK.format(
        problem="\n\n".join(m["content"] for m in group.problem["prompt"]),
        solution=shown if task.how == "revised" else f"{shown}\n\n{trace['response']}",
        task=_TASKS[task.how].format(words=words), end=_END,
    )  # fmt: skip
    level = int(group.problem["level"] or 0)
    return Question(
        trace["id"], group.problem["family"], level, (("user", text),), group.problem["verification"],
        expected_tokens(level, {"steps": len(shown) / 60}), task.how,
    )  # fmt: skip


def beginning(trace: Row) -> str | None:
    """The reasoning up to its first thought switch; None where it has none, or begins with it."""
    lines = trace["reasoning"].split("\n")
    for at, line in enumerate(lines):
        if SWITCH.search(plain(line)):
            return "\n".join(lines[:at]).rstrip() or None
    return None


def facts(case: Case, text: str, answer: str | None) -> set[str] | None:
    """The claims of a text that hold, in the words of the claim grammar; None where the family's cannot be read."""
    path = read_path(case, text, answer)
    return None if path is None else {claim.text for claim in path.claims if claim.verdict in GOOD}


def accepted(group: Group, trace: Row, task: Task, text: str, teacher: str, told: dict[str, Any]) -> Row:
    """The row of the rewritten trace. Raises Refused, with the reason, where it may not stand for the old one."""
    verdict = judge_text(group.case, text)
    if verdict.outcome != "right" or verdict.answer is None:
        raise Refused(f"its answer is {verdict.outcome}{': ' + verdict.reason if verdict.reason else ''}")
    before = beginning(trace) or ""
    new = without_answer(group.case, text)
    reasoning = f"{before}\n{new}".strip() if task.how == "revised" else new
    if task.how != "paraphrase" and len(reasoning) >= len(trace["reasoning"]):
        raise Refused(f"it is no shorter: {len(reasoning)} characters, {len(trace['reasoning'])} before")
    if " ".join(reasoning.split()) == " ".join(trace["reasoning"].split()):
        raise Refused("it is the same text")
    must = {"shorter": "", "paraphrase": trace["reasoning"], "revised": before}[task.how]
    _require_facts(group.case, must, reasoning, verdict.answer, task.how == "revised")
    was = assessed(group, trace)
    row = rejudged(
        group, trace, task.how, reasoning, final_answer(group.case.codec.shape, verdict.answer), was, told, teacher
    )
    if row["steps_wrong"]:
        raise Refused(f"{row['steps_wrong']} of its steps do not follow, first {row['first_wrong_step']}")
    return row


def _require_facts(case: Case, old: str, new: str, answer: str, more: bool) -> None:
    wanted, found = facts(case, old, answer), facts(case, new, answer)
    if wanted is None or found is None:
        raise Refused("the claims of its family cannot be read")
    if not found:
        raise Refused("it makes no claim that could be checked")
    if more and not found - wanted:
        raise Refused("it adds no claim that could be checked")
    lost = sorted(wanted - found)
    if lost:
        raise Refused(f"{len(lost)} of {len(wanted)} facts are lost, such as {lost[0]:.60}")


_LABEL = re.compile(r"\W*(?:the |final )?(?:final )?answer\b", re.I)


def without_answer(case: Case, text: str) -> str:
    """The solution without its closing answer: what stands before the last labelled stretch that is judged right."""
    gap = "\n\n" if case.codec.shape == "block" else "\n"
    parts = text.strip().split(gap)
    for at in reversed(range(1, len(parts))):
        if _LABEL.match(parts[at]) and judge_text(case, gap.join(parts[at:])).outcome == "right":
            return gap.join(parts[:at]).rstrip()
    return text.strip()
