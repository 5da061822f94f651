"""Right traces made shorter: the reasoning cut after its first right answer, failed branches cut out.

Each cut is judged again as a stranger's reply would be; one that loses the answer, or breaks a step, is not made and
the trace stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator

from verimill.pipelines.selections.protocol import Choice, Group, Row, Selection, Survey, right
from verimill.pipelines.selections.rejudging import Refused, assessed, rejudged
from verimill.pipelines.teachers.assessing import first_right_end
from verimill.schemas.selections import CutBranches, FirstRight
from verimill.schemas.text import plain
from verimill.verifiers.claims import CONTRADICTION, FALSE, SUPPOSE, TURN, read_path


def first_right(group: Group, knobs: FirstRight, survey: Survey) -> Choice:
    """What comes after the first right answer of the reasoning is cut; the reply stays."""
    choice = Choice()
    for trace in filter(right, group.traces):
        at = first_right_end(group.case, trace["reasoning"], trace["answer_read"])
        kept = trace["reasoning"][:at].rstrip() if at is not None else trace["reasoning"]
        if at is not None and len(kept) < len(trace["reasoning"].rstrip()):
            _replace(choice, group, trace, "first-right", kept)
    return choice


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
    here, wrong = set(range(len(lines))), was.steps_wrong or 0
    for tried, (start, end) in enumerate(_branches(group, trace, lines)):
        if tried == most:
            break
        left = here - set(range(start, end))
        if left == here:
            continue
        text = "\n".join(lines[at] for at in sorted(left))
        path = read_path(group.case, f"{text}\n{trace['response']}", trace["answer_read"])
        if path is not None and path.checked and path.wrong <= wrong:
            here, wrong = left, path.wrong
    return "\n".join(lines[at] for at in sorted(here)).strip("\n") if len(here) < len(lines) else whole


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
