"""Right traces made shorter: the reasoning cut after its first right answer, failed branches cut out.

Each cut is judged again as a stranger's reply would be; one that loses the answer, or breaks a step, is not made and
the trace stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verimill.pipelines.selections.protocol import Choice, Group, Row, Selection, Survey, right
from verimill.pipelines.selections.rejudging import Refused, assessed, rejudged
from verimill.pipelines.teachers.assessing import first_right_end
from verimill.schemas.selections import CutBranches, FirstRight
from verimill.schemas.text import plain
from verimill.verifiers.claims import CHOSEN, CONTRADICTION, FALSE, JUSTIFIED, LEAP, SUPPOSE, TURN, Path, read_path

MAX_ANSWERS = 20  # right answers in one reasoning that are looked at
_NEW = frozenset((JUSTIFIED, LEAP, CHOSEN))
_LABEL = re.compile(r"\banswer\b|\\boxed\{", re.I)


def first_right(group: Group, knobs: FirstRight, survey: Survey) -> Choice:
    """What comes after the first right answer of the reasoning is cut; the reply stays.

    A value on the way may equal the answer by chance, so a line that does not call itself the answer counts only if
    nothing new is derived after it.
    """
    choice = Choice()
    for trace in filter(right, group.traces):
        at = _answered(group, trace)
        kept = trace["reasoning"][:at].rstrip() if at is not None else trace["reasoning"]
        if at is not None and len(kept) < len(trace["reasoning"].rstrip()):
            _replace(choice, group, trace, "first-right", kept)
    return choice


def _answered(group: Group, trace: Row) -> int | None:
    """Where the reasoning has first arrived at its answer; None where it does not say so."""
    text: str = trace["reasoning"]
    path = read_path(group.case, text, trace["answer_read"])
    new = max((claim.line for claim in path.claims if claim.verdict in _NEW), default=0) if path is not None else None
    at = 0
    for _ in range(MAX_ANSWERS):
        found = first_right_end(group.case, text[at:], trace["answer_read"])
        if not found:
            return None
        before, at = at, at + found
        said, lines = text[before:at].rstrip(), text[:at].rstrip().count("\n") + 1
        unit = said.rpartition("\n\n" if group.case.codec.shape == "block" else "\n")[2]
        if _LABEL.search(unit) or (new is not None and lines >= new):
            return at
    return None


def _replace(choice: Choice, group: Group, trace: Row, stage: str, reasoning: str) -> None:
    try:
        made = rejudged(group, trace, stage, reasoning, trace["response"])
    except Refused:
        return
    choice.made[trace["id"]] = made
    choice.lost[trace["id"]] = f"{len(trace['reasoning']) - len(reasoning)} characters cut, now {made['id']}"


def cut_branches(group: Group, knobs: CutBranches, survey: Survey) -> Choice:
    """Branches that were given up, and lines that are false, go one by one where the rest holds without them."""
    choice = Choice()
    for trace in filter(right, group.traces):
        kept = _without(group, trace, knobs.most)
        if kept != trace["reasoning"]:
            _replace(choice, group, trace, "cut-branches", kept)
    return choice


def _without(group: Group, trace: Row, most: int) -> str:
    """The reasoning without the branches whose loss breaks no step and loses no step that held."""
    whole: str = trace["reasoning"]
    lines = whole.split("\n")
    was = assessed(group, trace)
    if not was.steps_checked:
        return whole
    here = set(range(len(lines)))
    worst = _flaws(read_path(group.case, f"{whole}\n{trace['response']}", trace["answer_read"]))
    for tried, (start, end) in enumerate(_branches(group, trace, lines)):
        if tried == most:
            break
        left = here - set(range(start, end))
        if left == here:
            continue
        text = "\n".join(lines[at] for at in sorted(left))
        path = read_path(group.case, f"{text}\n{trace['response']}", trace["answer_read"])
        flaws = _flaws(path)
        if path is not None and path.checked and all(a <= b for a, b in zip(flaws, worst, strict=True)):
            here, worst = left, flaws
    return "\n".join(lines[at] for at in sorted(here)).strip("\n") if len(here) < len(lines) else whole


def _flaws(path: Path | None) -> tuple[int, int]:
    """Steps that do not follow, and steps that follow only from everything together: a cut must add to neither."""
    return (0, 0) if path is None else (path.wrong, path.counts().get(LEAP, 0))


def _branches(group: Group, trace: Row, lines: list[str]) -> Iterator[tuple[int, int]]:
    """Line ranges that may be failed branches, the longest first: from a supposition or a false claim to its end."""
    path = read_path(group.case, trace["reasoning"], trace["answer_read"])
    false = {claim.line - 1 for claim in path.claims if claim.verdict == FALSE} if path is not None else set()
    found = set()
    for start, line in enumerate(lines):
        text = plain(line)
        if not SUPPOSE.search(text) and start not in false:
            continue
        for end in range(start, len(lines)):
            said = plain(lines[end])
            if TURN.search(said) or CONTRADICTION.search(said):
                found |= {(start, end), (start, end + 1)}
                break
        if start in false:
            found.add((start, start + 1))
    whole = [(start, end) for start, end in found if start < end and end - start < len(lines)]
    return iter(sorted(whole, key=lambda span: (span[0], -span[1])))


SELECTIONS = (Selection(FirstRight, first_right), Selection(CutBranches, cut_branches))
