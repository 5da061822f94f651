"""What may help a teacher on a problem that it never got right: the solver's hints, or its own right beginning.

Both are worked out from the problem alone by pure functions, in the judges' worker processes. A beginning is an
earlier wrong reply cut after the last step that was checked and follows; the teacher goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from verimill.pipelines.teachers.hints import CONTINUED, VARIANT, Hint, hinted_question, ladder
from verimill.pipelines.teachers.samples import Messages, Question, Reply
from verimill.verifiers.claims import CHOSEN, JUSTIFIED, LEAP, WRONG, read_path
from verimill.verifiers.judge import Case, read_case

# A server that parses reasoning hands over the white space around its tags; where we split the tags it is gone.
VERBATIM, USUAL = ("<think>", "</think>"), ("<think>\n", "\n</think>\n\n")
# members of a reply's `extra` that say how it was helped
HINT, FROM, KEPT, TAGGED = "hint", "continued_from", "kept", "tagged"
# A beginning ends before its last full stop: tokenizers join that with the line break after it, and a teacher that
# finds the stop alone has hardly ever seen what may follow.
END = ".; \t\n"
MOST_TEXT = 131_072  # characters of a reply of which a beginning is looked for
HELPING = ("hints", "beginning")  # kinds of jobs


@dataclass(frozen=True, slots=True)
class Beginning:
    """The right beginning of a reply: so many characters of its reasoning, then of its text, with so many steps."""

    steps: int
    reasoning: int
    text: int


@dataclass(frozen=True, slots=True)
class Helpless:
    """No help, because working it out failed; `why` is a bug of ours."""

    why: str


def helped(job: tuple[str, ...]) -> Any:
    """The result of a job of HELPING; a crash is told and does not spread."""
    try:
        case = read_case(job[1])
        return hints_of(case) if job[0] == "hints" else right_beginning(case, job[2], job[3])
    except Exception as error:  # our bug, whatever it is: the problem goes without help and the summary says so
        return Helpless(f"{case_name(job[1])}: {type(error).__name__}: {str(error)[:200]}")


def case_name(verification: str) -> str:
    """The family that a verification text names, for a message."""
    return verification.partition('"family":"')[2].partition('"')[0] or "unknown family"


def hints_of(case: Case) -> tuple[Hint, ...]:
    """The solver's ladder; none for a problem without one answer, since its steps would say so."""
    from verimill.schemas.families import constant

    if case.status != "one":
        return ()
    maker = constant(case.codec.family, "generators", "MAKER")
    return ladder(case.problem, maker.solve(case.problem), maker.narrate)


def right_beginning(case: Case, reasoning: str, text: str) -> Beginning | None:
    """The reply up to its last step before the first wrong one, but for its full stop; None where no step was right."""
    whole = f"{reasoning}\n{text}"
    path = read_path(case, whole[:MOST_TEXT]) if case.status == "one" else None
    if path is None:
        return None
    wrong = next((claim.line for claim in path.claims if claim.verdict in WRONG), 1 << 30)
    right = [claim.line for claim in path.claims if claim.line < wrong and claim.verdict in (JUSTIFIED, LEAP, CHOSEN)]
    if not right:
        return None
    kept = len("\n".join(whole.split("\n")[: right[-1]]).rstrip(END))
    inside = min(kept, len(reasoning))
    return Beginning(len(right), inside, max(0, kept - len(reasoning) - 1))


# --- questions --------------------------------------------------------------------------------------------------


def hint_question(question: Question, hint: Hint) -> Question:
    """The question with a hint below it; the reply will say which."""
    return replace(hinted_question(question, hint), aid={HINT: hint.text})


def continued_question(question: Question, number: int, reply: Reply, kept: tuple[int, int]) -> Question:
    """The question with the beginning of reply `number` as what the teacher has said so far."""
    reasoning, text = reply.reasoning[: kept[0]], reply.text[: kept[1]]
    tagged = reply.source == "tags"
    opening, closing = USUAL if tagged else VERBATIM
    said = f"{opening}{reasoning}" if reasoning else ""
    if text:
        said = f"{said}{closing}{text}" if reasoning else text
    messages: Messages = (*question.messages, ("assistant", said))
    variant = f"{CONTINUED}{'' if question.variant == 'plain' else f'+{question.variant}'}"
    aid = {FROM: number, KEPT: list(kept), TAGGED: tagged, "begun": (reasoning, text)}
    return replace(question, messages=messages, variant=variant, aid=aid)


def joined(question: Question, reply: Reply) -> Reply:
    """The reply as it is stored: with what it was helped by, and after a beginning as one text with it."""
    aid = question.aid
    if aid is None:
        return reply
    reply.extra |= {name: aid[name] for name in (HINT, FROM, KEPT, TAGGED) if name in aid}
    if FROM not in aid:
        return reply
    reasoning, text = aid["begun"]
    if text or not reasoning:
        reply.text = text + (reply.text if not reply.reasoning else f"{reply.reasoning}\n{reply.text}")
        reply.reasoning, reply.source = reasoning, "tags" if reasoning else ""
    elif reply.source:
        gap = "" if reply.reasoning[:1].isspace() or reply.source != "tags" else "\n"
        reply.reasoning = f"{reasoning}{gap}{reply.reasoning}"
    elif reply.truncated:  # it never came to the end of its reasoning
        reply.reasoning, reply.text, reply.source = reasoning + reply.text, "", "tags"
    else:  # its reasoning ended at once
        reply.reasoning, reply.source = reasoning, "tags"
    return reply


def asked_question(question: Question, record: Mapping[str, Any]) -> Question | None:
    """The question of a logged sample, rebuilt from what it was helped by; None for one of another kind."""
    variant, extra = str(record["variant"]), record["extra"]
    if variant == question.variant:
        return question
    if variant.startswith(VARIANT) and HINT in extra:
        rung = variant.removeprefix(VARIANT).partition("+")[0]
        return hint_question(question, Hint(rung, str(extra[HINT])))
    if variant.startswith(CONTINUED) and FROM in extra:
        begun = Reply(record["text"], record["reasoning"], "tags" if extra[TAGGED] else "")
        low, high = extra[KEPT]
        return continued_question(question, int(extra[FROM]), begun, (int(low), int(high)))
    return None
