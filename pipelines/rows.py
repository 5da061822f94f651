"""One problem, one trace: made from a key, certified on the spot, ready to be a row.

Everything here is a pure function of its arguments, in any process and any order. The judge sees the
verification text alone. Where maker and judge disagree, `Uncertified` is raised: that is a bug of ours, and
the shard stops. Where a bounded search found no problem for a key, `Exhausted` comes from the maker: the
caller goes on to the next index, and the key stays unused for ever.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, get_args

from verimill import __version__
from verimill.generators.prompts import pick_style, render
from verimill.schemas.core import Codec, Exhausted, Hardness, Maker, Solved, Status, Step
from verimill.schemas.families import codec, constant
from verimill.schemas.keys import Key, key_for, parse_key
from verimill.schemas.rows import compact, names
from verimill.schemas.values import dump
from verimill.verifiers.judge import Case, judge_answer, judge_text, read_case, write_case

Verbosity = Literal["full", "brief"]
VERBOSITIES: tuple[Verbosity, ...] = get_args(Verbosity)
LANGUAGE = "en"


class Uncertified(Exception):
    """Maker and judge disagree about a problem, an answer or a step; our bug, never the caller's."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One row of problems, with what it was made of.

    `hardness`, `params` and `certificate` are mappings here and JSON text in `row()`; `prompt` is the text of
    the one user message. `instance` is the typed problem, `solved` what the solver found (None for a twin
    that has no answer, and then `witnesses` and `steps` say why).
    """

    id: str
    key: str
    family: str
    family_version: int
    kind: str
    level: int | None
    params: Mapping[str, Any]
    hardness: Mapping[str, float]
    style: str
    prompt: str
    answer: str
    answerable: bool
    checker: str
    verification: str
    canonical: str
    certificate: Mapping[str, Any]
    split: str = "train"
    instance: Any = field(default=None, repr=False, compare=False)
    solved: Solved[Any] | None = field(default=None, repr=False, compare=False)
    steps: tuple[Step, ...] = field(default=(), repr=False, compare=False)
    witnesses: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @property
    def messages(self) -> list[dict[str, str]]:
        """The prompt as chat trainers take it."""
        return [{"role": "user", "content": self.prompt}]

    def row(self, split: str | None = None) -> dict[str, Any]:
        """The columns of schemas.rows.PROBLEMS, in order."""
        return {
            "id": self.id,
            "family": self.family,
            "family_version": self.family_version,
            "kind": self.kind,
            "key": self.key,
            "level": self.level,
            "params": compact(self.params),
            "hardness": compact(self.hardness),
            "language": LANGUAGE,
            "style": self.style,
            "prompt": self.messages,
            "answer": self.answer,
            "answerable": self.answerable,
            "checker": self.checker,
            "verification": self.verification,
            "canonical": self.canonical,
            "certificate": compact(self.certificate),
            "split": split or self.split,
            "verimill_version": __version__,
        }


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


@lru_cache(maxsize=256)
def maker_of(family: str) -> Maker[Any, Any, Any]:
    """The family's maker; ValueError for an unknown family."""
    found: Maker[Any, Any, Any] = constant(family, "generators", "MAKER")
    return found


def digest(*parts: object) -> str:
    """blake2b-16 hex of the parts' texts."""
    text = "\x1f".join(map(str, parts))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


# --- problems ---------------------------------------------------------------------------------------------------


def generate(
    family: str,
    level: int | None = None,
    seed: int | str = 0,
    index: int = 0,
    params: Any = None,
    style: str | None = None,
    recount: bool = False,
) -> Problem:
    """The certified problem of a key.

    `params` is a Params object or knob text (`size=6`), which may change single knobs of a level. Without a
    `style` the key draws one. `recount` also has the judge solve it again with another engine.
    Raises ValueError for what the caller can mend, Exhausted where this key makes no problem.
    """
    return problem_of(key_for(family, level, params, seed, index), style, recount)


def problem_from_key(text: str, style: str | None = None, recount: bool = False) -> Problem:
    """The problem that a text id names, `!twin` included. Raises as `generate` does."""
    return problem_of(parse_key(text), style, recount)


def problem_of(key: Key, style: str | None = None, recount: bool = False) -> Problem:
    """The certified problem of a parsed key."""
    if key.twin:
        parent = problem_of(Key(key.family, key.version, key.level, key.params, key.seed, key.index))
        twin = unanswerable_twin(parent, style, recount)
        if twin is None:
            raise Exhausted(f"{key}: this problem has no unanswerable twin")
        return twin
    code, maker = codec(key.family), maker_of(key.family)
    instance = maker.make(key.rng(), key.params)
    return _answerable(key, code, maker, instance, style, recount)


def series(
    family: str, level: int | None, seed: int | str, start: int, count: int, params: Any = None
) -> Iterator[Problem]:
    """The problems of `count` indexes from `start`; indexes that make no problem are left out."""
    for index in range(start, start + count):
        try:
            yield generate(family, level, seed, index, params)
        except Exhausted:
            continue


def _answerable(
    key: Key, code: Codec[Any, Any, Any], maker: Maker[Any, Any, Any], instance: Any, style: str | None, recount: bool
) -> Problem:
    solved = maker.solve(instance)
    verification = write_case(code, instance)
    case = _case_of(key, verification)
    answer = code.write(solved.answer)
    _require_right(key, case, answer)
    certificate = {**solved.certificate, "verdict": "right"}
    if recount:
        certificate["recount"] = _recounted(key, case, code.read(case.problem, answer))
    return _row_of(key, code, maker, case.problem, style, hardness_of(solved.hardness), answer, "one", verification,
                   certificate, solved=solved)  # fmt: skip


def unanswerable_twin(problem: Problem, style: str | None = None, recount: bool = False) -> Problem | None:
    """The problem perturbed so that no answer, or more than one, follows; None where it yields none.

    Its key is the problem's with `!twin`. Its hardness is the problem's own: a twin is as hard to look at.
    """
    maker = maker_of(problem.family)
    if maker.unanswerable is None or not problem.answerable:
        return None
    key = parse_key(problem.key)
    found = maker.unanswerable(key.rng("twin"), problem.instance)
    if found is None:
        return None
    twin = Key(key.family, key.version, key.level, key.params, key.seed, key.index, twin=True)
    code = codec(problem.family)
    if found.status not in code.unanswerable:
        raise Uncertified(f"{twin}: status must be one of {code.unanswerable}, got {found.status!r}")
    verification = write_case(code, found.problem, found.status)
    case = _case_of(twin, verification)
    _require_right(twin, case, found.status)
    witnesses = tuple(code.write(answer) for answer in found.witnesses)
    require_witnesses(str(twin), case, witnesses)
    certificate = {**found.certificate, "status": found.status, "verdict": "right"}
    if witnesses:
        certificate["witnesses"] = list(witnesses)
    if recount:
        certificate["recount"] = _recounted(twin, case, None)
    return _row_of(twin, code, maker, case.problem, style, problem.hardness, found.status, found.status, verification,
                   certificate, steps=found.steps, witnesses=witnesses)  # fmt: skip


def _row_of(
    key: Key,
    code: Codec[Any, Any, Any],
    maker: Maker[Any, Any, Any],
    instance: Any,
    style: str | None,
    hardness: Mapping[str, float],
    answer: str,
    status: Status,
    verification: str,
    certificate: Mapping[str, Any],
    solved: Solved[Any] | None = None,
    steps: tuple[Step, ...] = (),
    witnesses: tuple[str, ...] = (),
) -> Problem:
    style = pick_style(maker.face, key.rng("style")) if style is None else style
    return Problem(
        id=digest(key, style),
        key=str(key),
        family=code.family,
        family_version=code.version,
        kind=code.kind,
        level=key.level,
        params=dump(key.params),
        hardness=hardness,
        style=style,
        prompt=render(code, maker.face, instance, style),
        answer=answer,
        answerable=status == "one",
        checker=code.checker,
        verification=verification,
        canonical=maker.canonical(instance),
        certificate=certificate,
        instance=instance,
        solved=solved,
        steps=steps,
        witnesses=witnesses,
    )


def hardness_of(hardness: Hardness) -> dict[str, float]:
    """Hardness as one flat mapping; decimals are cut to four, so that every machine writes the same text."""
    flat: dict[str, float] = {
        "tier": hardness.tier,
        "steps": hardness.steps,
        "search": hardness.search,
        "space": round(float(hardness.space), 4),
        "effort": round(float(hardness.effort), 4),
    }
    for name, value in hardness.extra.items():
        if name in flat:
            raise Uncertified(f"extra hardness {name!r} hides the measure of that name")
        flat[name] = value if isinstance(value, int) else round(float(value), 4)
    return flat


# --- certificates -----------------------------------------------------------------------------------------------


def _case_of(key: Key, verification: str) -> Case:
    """The case as a stranger would read it: from the text, and without keeping it."""
    try:
        return read_case(json.loads(verification))
    except ValueError as error:
        raise Uncertified(f"{key}: the judge cannot read the verification: {error}") from error


def final_answer(shape: str, answer: str) -> str:
    """The last line or block of a reply, as answer extraction finds it."""
    return f"Answer:\n{answer}" if shape == "block" and "\n" in answer else f"Answer: {answer}"


def _require_right(key: Key, case: Case, answer: str) -> None:
    verdict = judge_text(case, final_answer(case.codec.shape, answer))
    if not verdict:
        raise Uncertified(f"{key}: the judge finds the maker's answer {verdict.outcome}: {verdict.reason}")


def require_witnesses(name: str, case: Case, witnesses: tuple[str, ...]) -> None:
    """Two different right answers are there when the status is many; Uncertified otherwise."""
    if case.status == "many" and len(set(witnesses)) < 2:
        raise Uncertified(f"{name}: many needs two different answers, got {len(set(witnesses))}")
    open_case = case._replace(status="one")
    for text in witnesses:
        verdict = judge_answer(open_case, case.codec.read(case.problem, text))
        if not verdict:
            raise Uncertified(f"{name}: the judge finds a witness wrong: {verdict.reason}")


def _recounted(key: Key, case: Case, answer: Any) -> dict[str, Any]:
    again = case.judge.recount(case.problem, case.status, answer)
    if not again.agrees:
        raise Uncertified(f"{key}: the recount by {again.method} disagrees: {again.detail}")
    return {"agrees": True, "method": again.method, "detail": again.detail}


# --- traces -----------------------------------------------------------------------------------------------------

_LEADS = (
    "The steps above settle everything.",
    "That fixes the whole answer.",
    "Every part of the answer now follows.",
    "With these steps the answer is determined.",
    "Nothing is left open.",
)
_NO_LEADS = (
    "The statements contradict each other, so no answer fits.",
    "Nothing can satisfy all of it.",
    "These requirements cannot all hold.",
)
_MANY_LEADS = (
    "More than one answer fits, so the problem does not decide between them.",
    "At least two different answers satisfy everything.",
)


def oracle_trace(problem: Problem, verbosity: Verbosity = "full", sample: int = 0) -> Trace | None:
    """The solver's own reasoning as a trace, each step re-derived by the judge.

    `full` has every deduction, `brief` only those that the answer needs. None for an unanswerable problem
    that is certified without steps or witnesses. Raises Uncertified where a step does not follow.
    """
    if verbosity not in VERBOSITIES:
        raise ValueError(f"verbosity must be one of {', '.join(VERBOSITIES)}, got {verbosity!r:.40}")
    maker = maker_of(problem.family)
    case = read_case(json.loads(problem.verification))
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
    reasoning = maker.narrate(case.problem, steps) if steps else _two_answers(problem.witnesses)
    return judged(problem, case, "oracle", reasoning, _reply(problem, case), told, steps, sample)


def _two_answers(witnesses: tuple[str, ...]) -> str:
    shown = [f"\n{text}\n" if "\n" in text else f" {text}" for text in witnesses[:2]]
    return f"One answer that meets every condition:{shown[0]}\nA different one that does too:{shown[1]}".strip()


def _reply(problem: Problem, case: Case) -> str:
    leads = {"one": _LEADS, "none": _NO_LEADS, "many": _MANY_LEADS}[case.status]
    lead = leads[int(problem.id[:8], 16) % len(leads)]
    return f"{lead}\n\n{final_answer(case.codec.shape, problem.answer)}"


def judged(
    problem: Problem,
    case: Case,
    teacher: str,
    reasoning: str,
    response: str,
    provenance: Mapping[str, Any],
    steps: tuple[Step, ...],
    sample: int = 0,
) -> Trace:
    """The trace with its verdict; an oracle whose reply or step is not right raises Uncertified."""
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
    return Trace(
        id=digest(problem.id, teacher, "plain", sample, provenance.get("verbosity", "")),
        problem_id=problem.id,
        teacher=teacher,
        sample=sample,
        reasoning=reasoning,
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
