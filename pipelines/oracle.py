"""The oracle's traces: the solver's own reasoning in prose, each step re-derived by the judge before it is kept.

`provenance` holds the compact steps, so that a stranger can check them again without our solver.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from verimill import __version__
from verimill.pipelines.certificates import Uncertified, digest, final_answer, maker_of
from verimill.schemas.core import Status, Step
from verimill.schemas.families import codec
from verimill.schemas.rows import compact, names
from verimill.verifiers.judge import Case, judge_of, judge_text, read_case

if TYPE_CHECKING:
    from verimill.pipelines.rows import Problem

Verbosity = Literal["full", "brief"]
VERBOSITIES: tuple[Verbosity, ...] = get_args(Verbosity)


@dataclass(frozen=True, slots=True)
class Trace:
    """One row of traces: how a teacher answered one problem, and what the judge made of it."""

    id: str
    problem_id: str
    teacher: str
    reasoning: str
    response: str
    outcome: str
    reason: str
    answer_read: str | None
    steps_checked: int | None
    steps_wrong: int | None
    first_wrong_step: int | None
    verifier_version: str
    sample: int = 0
    prompt_variant: str = "plain"
    finish_reason: str = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    hinted: bool = False
    sampling: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """The columns of schemas.rows.TRACES, in order."""
        made = {name: getattr(self, name) for name in names("traces")}
        return made | {"sampling": compact(self.sampling), "provenance": compact(self.provenance)}


_LEADS = (
    "The steps above settle everything.",
    "That fixes the whole answer.",
    "Every part of the answer now follows.",
    "With these steps the answer is determined.",
    "Nothing is left open.",
)
_NO_LEADS = (
    "That leaves nothing, so no answer fits.",
    "Nothing can satisfy all of it.",
    "The conditions cannot all be met.",
)
_MANY_LEADS = (
    "More than one answer fits, so the problem does not decide between them.",
    "At least two different answers satisfy everything.",
)


def oracle_trace(problem: Problem, verbosity: Verbosity = "full") -> Trace | None:
    """The solver's own reasoning as a trace, each step re-derived by the judge.

    `full` (sample 0) has every deduction, `brief` (sample 1) only those that the answer needs. None for an
    unanswerable problem that is certified without steps or witnesses. Raises Uncertified where a step does
    not follow.
    """
    if verbosity not in VERBOSITIES:
        raise ValueError(f"verbosity must be one of {', '.join(VERBOSITIES)}, got {verbosity!r:.40}")
    maker = maker_of(problem.family)
    case = _case_of(problem)
    told: dict[str, Any] = {"verbosity": verbosity}
    if problem.answerable:
        solved = problem.solved or maker.solve(case.problem)
        steps = solved.steps if verbosity == "full" else solved.brief
    else:
        steps = problem.steps
    if problem.witnesses and not steps:
        told["witnesses"] = list(problem.witnesses)
    elif not steps and not problem.answerable:
        return None
    told["steps"] = [pack(step) for step in steps]
    return _judged(problem, case, steps, told)


def _case_of(problem: Problem) -> Case:
    """The case as the judge reads it from the text; not read again where making the problem has just done so."""
    if problem.instance is None:
        return read_case(json.loads(problem.verification))
    status: Status = "one" if problem.answerable else "none" if problem.answer == "none" else "many"
    return Case(codec(problem.family), judge_of(problem.family), status, problem.instance)


def two_answers(witnesses: tuple[str, ...]) -> str:
    """The reasoning where more than one answer fits: two of them."""
    shown = [f"\n{text}\n" if "\n" in text else f" {text}" for text in witnesses[:2]]
    return f"One answer that meets every condition:{shown[0]}\nA different one that does too:{shown[1]}".strip()


def oracle_reply(problem_id: str, case: Case, answer: str) -> str:
    """The oracle's reply after its reasoning: one sentence, then the answer."""
    leads = {"one": _LEADS, "none": _NO_LEADS, "many": _MANY_LEADS}[case.status]
    lead = leads[int(problem_id[:8], 16) % len(leads)]
    return f"{lead}\n\n{final_answer(case.codec.shape, answer)}"


def _judged(problem: Problem, case: Case, steps: tuple[Step, ...], provenance: Mapping[str, Any]) -> Trace:
    """The oracle's trace with its verdict; a reply or step that is not right raises Uncertified."""
    response = oracle_reply(problem.id, case, problem.answer)
    verdict = judge_text(case, response)
    if not verdict:
        raise Uncertified(f"{problem.key}: the judge finds the trace's reply {verdict.outcome}: {verdict.reason}")
    checked: int | None = None
    if steps:
        answer = case.codec.read(case.problem, problem.answer) if problem.answerable else None
        walked = case.judge.check(case.problem, steps, answer)
        if not walked:
            raise Uncertified(f"{problem.key}: the trace does not hold: {walked.reason}")
        checked = walked.checked
    sample = VERBOSITIES.index(provenance["verbosity"])
    return Trace(
        id=trace_id(problem.id, "oracle", "plain", sample),
        problem_id=problem.id,
        teacher="oracle",
        sample=sample,
        reasoning=maker_of(problem.family).narrate(case.problem, steps) if steps else two_answers(problem.witnesses),
        response=response,
        outcome=verdict.outcome,
        reason=verdict.reason,
        answer_read=verdict.answer,
        steps_checked=checked,
        steps_wrong=None if checked is None else 0,
        first_wrong_step=None,
        provenance=provenance,
        verifier_version=verifier_version(problem.family),
    )


def trace_id(problem_id: str, teacher: str, prompt_variant: str, sample: int) -> str:
    """The id of a trace: no two traces of one problem share teacher, prompt variant and sample."""
    return digest(problem_id, teacher, prompt_variant, sample)


def verifier_version(family: str) -> str:
    """What judged: `0.1.0/sudoku@1`."""
    return f"{__version__}/{family}@{codec(family).version}"


def pack(step: Step) -> list[Any]:
    """A step as compact JSON: number, rule, because, claims, and the steps of its supposition."""
    return [step.number, step.rule, list(step.because), list(step.claims), [pack(sub) for sub in step.sub]]


def unpack(data: Any, depth: int = 0) -> Step:
    """The step that `pack` wrote; ValueError when the JSON is of another form."""
    if not (isinstance(data, list) and len(data) == 5 and type(data[0]) is int and isinstance(data[1], str)):
        raise ValueError(f"a step must be [number, rule, because, claims, sub], got {data!r:.80}")
    for words in data[2:4]:
        if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
            raise ValueError(f"premises and claims of a step must be lists of text, got {words!r:.80}")
    if depth > 50 or not isinstance(data[4], list):
        raise ValueError(f"the sub-steps of step {data[0]} must be a list, at most 50 deep")
    sub = tuple(unpack(step, depth + 1) for step in data[4])
    return Step(data[0], data[1], tuple(data[2]), tuple(data[3]), sub)
