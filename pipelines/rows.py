"""One problem, one trace: made from a key, certified on the spot, ready to be a row.

Everything here is a pure function of its arguments, in any process and any order. The judge sees the
verification text alone. Where maker and judge disagree, `Uncertified` is raised: that is a bug of ours, and
the shard stops. Where a bounded search found no problem for a key, `Exhausted` comes from the maker: the
caller goes on to the next index, and the key stays unused for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from verimill import __version__
from verimill.generators.prompts import pick_style, render
from verimill.pipelines.certificates import (
    Uncertified,
    case_of,
    certified,
    digest,
    maker_of,
    recounted,
    require_right,
    require_witnesses,
)
from verimill.pipelines.oracle import Trace, Verbosity, oracle_trace
from verimill.schemas.core import Codec, Exhausted, Solved, Step
from verimill.schemas.families import codec
from verimill.schemas.keys import Key, key_for, parse_key
from verimill.schemas.rows import compact
from verimill.schemas.values import dump
from verimill.verifiers.judge import Case, write_case

__all__ = ["Exhausted", "Problem", "Trace", "Uncertified", "Verbosity", "generate", "oracle_trace", "problem_from_key",
           "problem_of", "series", "unanswerable_twin"]  # fmt: skip

LANGUAGE = "en"


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
    try:
        instance = maker_of(key.family).make(key.rng(), key.params)
        return _answerable(key, codec(key.family), instance, style, recount)
    except Exception as error:
        error.add_note(f"while making {key}")  # a crash in a family must say which problem to look at
        raise


def series(
    family: str, level: int | None, seed: int | str, start: int, count: int, params: Any = None
) -> Iterator[Problem]:
    """The problems of `count` indexes from `start`; indexes that make no problem are left out."""
    for index in range(start, start + count):
        try:
            yield generate(family, level, seed, index, params)
        except Exhausted:
            continue


def _answerable(key: Key, code: Codec[Any, Any, Any], instance: Any, style: str | None, recount: bool) -> Problem:
    verification = write_case(code, instance)
    case = case_of(key, verification)
    found = certified(key, case)
    certificate = dict(found.certificate)
    if recount:
        certificate["recount"] = recounted(key, case, code.read(case.problem, found.answer))
    return _row_of(key, case, style, found.hardness, found.answer, verification, certificate, solved=found.solved)


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
    case = case_of(twin, verification)
    require_right(twin, case, found.status)
    witnesses = tuple(code.write(answer) for answer in found.witnesses)
    require_witnesses(str(twin), case, witnesses)
    certificate = {**found.certificate, "status": found.status, "verdict": "right"}
    if witnesses:
        certificate["witnesses"] = list(witnesses)
    if recount:
        certificate["recount"] = recounted(twin, case, None)
    return _row_of(twin, case, style, problem.hardness, found.status, verification, certificate,
                   steps=found.steps, witnesses=witnesses)  # fmt: skip


def _row_of(
    key: Key,
    case: Case,
    style: str | None,
    hardness: Mapping[str, float],
    answer: str,
    verification: str,
    certificate: Mapping[str, Any],
    solved: Solved[Any] | None = None,
    steps: tuple[Step, ...] = (),
    witnesses: tuple[str, ...] = (),
) -> Problem:
    code, maker = case.codec, maker_of(key.family)
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
        prompt=render(code, maker.face, case.problem, style),
        answer=answer,
        answerable=case.status == "one",
        checker=code.checker,
        verification=verification,
        canonical=maker.canonical(case.problem),
        certificate=certificate,
        instance=case.problem,
        solved=solved,
        steps=steps,
        witnesses=witnesses,
    )
