"""The contract has teeth: each way of breaking a small family is caught by the property that is about it.

The family is the template that `verimill new` writes; one part of it is broken at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest

from verimill.pipelines.contract import PROPERTIES, check
from verimill.pipelines.contract.subject import Subject, subject_of
from verimill.pipelines.template import generators as generators
from verimill.pipelines.template import schemas as schemas
from verimill.pipelines.template import verifiers as verifiers
from verimill.pipelines.template import write
from verimill.schemas.core import Exhausted, NearMiss, Recount, Rule, Step, TraceVerdict
from verimill.schemas.rng import Rng

OURS = [f"verimill.pipelines.template.{side}" for side in ("schemas", "verifiers", "generators")]
WHOLE = subject_of(OURS)
Answer = tuple[int, int]

_made = count()


def _codec(**parts: Any) -> Subject:
    return replace(WHOLE, codec=replace(WHOLE.codec, **parts))


def _judge(**parts: Any) -> Subject:
    return replace(WHOLE, judge=replace(WHOLE.judge, **parts))


def _maker(**parts: Any) -> Subject:
    return replace(WHOLE, maker=replace(WHOLE.maker, **parts))


def _solved(change: Callable[[Any], Any]) -> Subject:
    return _maker(solve=lambda problem: change(generators.solve(problem)))


# --- makers ---


def _forgetful_make(rng: Rng, params: schemas.Params) -> schemas.Problem:
    """Draws on something outside its stream."""
    return generators.make(Rng(next(_made)), params)


def _never_at_level_nine(rng: Rng, params: schemas.Params) -> schemas.Problem:
    if params == schemas.level(9):
        raise Exhausted("no luck")
    return generators.make(rng, params)


def _few_problems(rng: Rng, params: schemas.Params) -> schemas.Problem:
    return generators.make(Rng(rng.below(9)), params)


def _same_for_all_seeds() -> Subject:
    """Makes problem after problem from a fixed list, whatever the seed is."""
    at = count()
    return _maker(make=lambda rng, params: generators.make(Rng(next(at) % 60 + params.size * 1000), params))


def _wrong_solver(problem: schemas.Problem) -> Any:
    solved = generators.solve(problem)
    return replace(solved, answer=(solved.answer[0] + 1, solved.answer[1] + 1))


def _order_in_the_key(problem: schemas.Problem) -> str:
    return f"{problem.numbers} {problem.target}"


def _foreign_twins(rng: Rng, problem: schemas.Problem) -> Iterator[schemas.Problem]:
    for _ in range(3):
        yield generators.make(rng, schemas.level(2))


def _tier_by_order(problem: schemas.Problem) -> Any:
    solved = generators.solve(problem)
    return replace(solved, hardness=replace(solved.hardness, tier=problem.numbers[0] % 5))


# --- traces ---


def _lazy_check(problem: schemas.Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Looks only at the end."""
    good = bool(steps) and (answer is None or steps[-1].claims == (schemas.write(answer),))
    return TraceVerdict(len(steps), 0, None, good or answer is None)


def _endless_check(problem: schemas.Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Finds every step fine and every trace complete."""
    found = verifiers.check(problem, steps, answer)
    return replace(found, complete=True)


def _any_end(problem: schemas.Problem, steps: tuple[Step, ...], answer: Answer | None) -> TraceVerdict:
    """Wants a pair at the end, but not the pair that is the answer."""
    found = verifiers.check(problem, steps, answer)
    ends = bool(steps) and steps[-1].rule == "pair"
    return replace(found, complete=ends or (answer is None and found.complete))


def _padded(solved: Any) -> Any:
    """A brief trace that starts with a step which the answer does not need."""
    spare = solved.steps[0]
    return replace(solved, brief=(spare, replace(solved.brief[0], number=2)))


def _with_a_gap(solved: Any) -> Any:
    steps = solved.steps
    return replace(solved, steps=(*steps[:1], *steps[2:]))


# --- judges and codecs ---


def _crash_on_long_answers(problem: schemas.Problem, text: str) -> Answer:
    if len(text) > 150:
        raise RecursionError("too deep")
    return schemas.read(problem, text)


def _slow_on_long_answers(problem: schemas.Problem, text: str) -> Answer:
    if len(text) > 150:
        time.sleep(0.15)
    return schemas.read(problem, text)


def _guessing_read(problem: schemas.Problem, text: str) -> Answer:
    """Takes the right pair for anything that it cannot read."""
    try:
        return schemas.read(problem, text)
    except ValueError:
        return generators.solve(problem).answer


def _strict_read(problem: schemas.Problem, text: str) -> Answer:
    """Wants the very text that it writes."""
    answer = schemas.read(problem, text)
    if schemas.write(answer) != text:
        raise ValueError("not the very text")
    return answer


def _swapping_read(problem: schemas.Problem, text: str) -> Answer:
    low, high = schemas.read(problem, text)
    return high, low


@dataclass(frozen=True, slots=True)
class OpenProblem:
    """A problem that checks nothing."""

    numbers: tuple[int, ...]
    target: int


@dataclass(frozen=True, slots=True)
class FragileProblem:
    """A problem that raises what is not a ValueError."""

    numbers: tuple[int, ...]
    target: int

    def __post_init__(self) -> None:
        1 // min(1, len(self.numbers), abs(self.target - 1))


@dataclass(frozen=True, slots=True)
class OpenParams:
    """Knobs without a range."""

    size: int = 6
    largest: int = 99


def _lax_sum(problem: schemas.Problem, answer: Answer) -> str | None:
    return None if abs(sum(answer) - problem.target) <= 50 else "far off"


LISTED, SUM = WHOLE.judge.rules


def _recount_that_agrees(problem: schemas.Problem, status: str, answer: Answer | None) -> Recount:
    return Recount(True, "nothing at all")


def _recount_that_does_not(problem: schemas.Problem, status: str, answer: Answer | None) -> Recount:
    return Recount(False, "nothing at all", "no")


def _tame_near_misses(rng: Rng, problem: schemas.Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    for miss in generators.near_misses(rng, problem, answer):
        if miss.rule == "listed":
            yield miss


def _right_near_misses(rng: Rng, problem: schemas.Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    yield from generators.near_misses(rng, problem, answer)
    yield NearMiss(answer, "sum")


def _misnamed_near_misses(rng: Rng, problem: schemas.Problem, answer: Answer) -> Iterator[NearMiss[Answer]]:
    for miss in generators.near_misses(rng, problem, answer):
        yield NearMiss(miss.answer, {"sum": "listed", "listed": "sum"}[miss.rule])


def _always_the_same_answer(rng: Rng, params: schemas.Params) -> schemas.Problem:
    """Numbers differ, but the pair is 1 + 2 every time."""
    rest = rng.sample(range(4, params.largest + 1), params.size - 2)
    return schemas.Problem(tuple(rng.shuffled([1, 2, *rest])), 3)


def _one_twin_word(rng: Rng, problem: schemas.Problem) -> Any:
    found = generators.unanswerable(rng, problem)
    return found if found is None or found.status == "none" else None


def _mislabelled(rng: Rng, problem: schemas.Problem) -> Any:
    found = generators.unanswerable(rng, problem)
    return None if found is None else replace(found, status={"none": "many", "many": "none"}[found.status])


def _one_witness(rng: Rng, problem: schemas.Problem) -> Any:
    found = generators.unanswerable(rng, problem)
    return None if found is None else replace(found, witnesses=found.witnesses[:1] * 2)


FACE = WHOLE.maker.face

BROKEN: Mapping[str, tuple[str, Callable[[], Subject]]] = {
    "a level that makes nothing": ("every level makes problems", lambda: _maker(make=_never_at_level_nine)),
    "a maker with a memory": ("same key, same problem", lambda: _maker(make=_forgetful_make)),
    "a maker that ignores the seed": ("neighbouring seeds share nothing", _same_for_all_seeds),
    "a maker of nine problems": ("most problems are distinct", lambda: _maker(make=_few_problems)),
    "one key for all": ("canonical keys tell problems apart", lambda: _maker(canonical=lambda problem: "one")),
    "a wrong solver": ("answers are right", lambda: _maker(solve=_wrong_solver)),
    "a recount that always agrees": ("recounts agree", lambda: _judge(recount=_recount_that_agrees)),
    "a recount that never agrees": ("recounts agree", lambda: _judge(recount=_recount_that_does_not)),
    "hardness that is not a number": (
        "measures are sane",
        lambda: _solved(lambda s: replace(s, hardness=replace(s.hardness, effort=float("nan")))),
    ),
    "no certificate": ("measures are sane", lambda: _solved(lambda s: replace(s, certificate={}))),
    "levels that fall": ("levels rise with effort", lambda: _codec(level=lambda n: schemas.level(11 - n))),
    "levels that are all alike": ("levels rise with effort", lambda: _codec(level=lambda n: schemas.level(3))),
    "a trace with a gap": ("traces hold", lambda: _solved(_with_a_gap)),
    "a brief trace with a spare step": ("traces have no spare ends", lambda: _solved(_padded)),
    "a check that sees no end": ("traces have no spare ends", lambda: _judge(check=_endless_check)),
    "a check that sees only the end": ("corrupted claims fail", lambda: _judge(check=_lazy_check)),
    "a check that takes any end": ("traces prove their own answer only", lambda: _judge(check=_any_end)),
    "prose that skips steps": (
        "prose tells every step",
        lambda: _maker(narrate=lambda problem, steps: generators.narrate(problem, steps[1:])),
    ),
    "prose that changes": ("prose tells every step", lambda: _maker(
        narrate=lambda problem, steps: generators.narrate(problem, steps) + f" ({next(_made)})")),
    "twins with other keys": ("twins are the same problem", lambda: _maker(canonical=_order_in_the_key)),
    "twins that are other problems": ("twins are the same problem", lambda: _maker(twins=_foreign_twins)),
    "twins of another tier": ("twins are the same problem", lambda: _maker(solve=_tier_by_order)),
    "no twins": ("twins are the same problem", lambda: _maker(twins=lambda rng, problem: iter(()))),
    "twins that are the problem": (
        "twins are the same problem",
        lambda: _maker(twins=lambda rng, problem: iter((problem, problem, problem))),
    ),
    "no many twins, though declared": ("unanswerable twins hold", lambda: _maker(unanswerable=_one_twin_word)),
    "twins with the wrong status": ("unanswerable twins hold", lambda: _maker(unanswerable=_mislabelled)),
    "one witness for many": ("unanswerable twins hold", lambda: _maker(unanswerable=_one_witness)),
    "unanswerable undeclared": ("unanswerable twins hold", lambda: _codec(unanswerable=())),
    "unanswerable without a function": ("unanswerable twins hold", lambda: _maker(unanswerable=None)),
    "a prompt that changes": ("prompts are rebuilt", lambda: _maker(
        face=replace(FACE, facts=lambda p: {"target": f"{p.target}.{next(_made)}", "size": "6"}))),
    "three wordings": (
        "prompts vary and say all",
        lambda: _maker(face=replace(FACE, wordings=FACE.wordings[:3])),
    ),
    "a layout twice": (
        "prompts vary and say all",
        lambda: _maker(face=replace(FACE, layouts={**FACE.layouts, "again": FACE.layouts["row"]})),
    ),
    "a wording without the format": (
        "prompts vary and say all",
        lambda: _maker(face=replace(FACE, wordings=(*FACE.wordings, "Which two give {target}? {board}"))),
    ),
    "knobs without a range": ("knobs are checked", lambda: _codec(
        params=OpenParams, level=lambda n: OpenParams(4 + 4 * n, 50 + 50 * n))),
    "reading that swaps": ("answers read back", lambda: _codec(read=_swapping_read)),
    "reading that wants the very text": ("dressed answers stay right", lambda: _codec(read=_strict_read)),
    "a lax rule": ("near misses are wrong", lambda: _judge(rules=(LISTED, Rule("sum", _lax_sum)))),
    "a judge without the sum": ("near misses are wrong", lambda: _judge(rules=(LISTED,))),
    "a near miss that is right": ("near misses are wrong", lambda: _maker(near_misses=_right_near_misses)),
    "near misses with wrong names": ("near misses are wrong", lambda: _maker(near_misses=_misnamed_near_misses)),
    "near misses for one rule only": ("every rule is needed", lambda: _maker(near_misses=_tame_near_misses)),
    "a rule that is never broken": (
        "every rule is needed",
        lambda: _judge(rules=(LISTED, SUM, Rule("spare", lambda problem, answer: None))),
    ),
    "a rule that says another again": (
        "every rule is needed",
        lambda: _judge(rules=(LISTED, SUM, Rule("sum again", SUM.broken))),
    ),
    "a judge that takes more than one": (
        "no other answer is right",
        lambda: _judge(rules=(Rule("sum", _lax_sum),)),
    ),
    "an example that is the answer": (
        "examples are not answers",
        lambda: _codec(example=lambda problem: schemas.write(generators.solve(problem).answer)),
    ),
    "reading that crashes": ("junk is never right", lambda: _codec(read=_crash_on_long_answers)),
    "reading that is slow": ("junk is never right", lambda: _codec(read=_slow_on_long_answers)),
    "reading that guesses": ("junk is never right", lambda: _codec(read=_guessing_read)),
    "an answer that is always the same": ("no constant answer pays", lambda: _maker(make=_always_the_same_answer)),
    "a word that is taken for the answer": (
        "status words are wrong for answerable problems",
        lambda: replace(WHOLE, codec=replace(WHOLE.codec, read=_guessing_read, unanswerable=())),
    ),
    "a problem that checks nothing": ("tampered problems are refused", lambda: _open_problem(OpenProblem)),
    "a problem that stumbles": ("tampered problems are refused", lambda: _open_problem(FragileProblem)),
}  # fmt: skip


def _open_problem(cls: type) -> Subject:
    """The family with a problem class that does not defend itself."""
    return replace(
        WHOLE,
        codec=replace(WHOLE.codec, problem=cls),
        maker=replace(WHOLE.maker, make=lambda rng, params: _as(cls, generators.make(rng, params))),
    )


def _as(cls: type, problem: schemas.Problem) -> Any:
    return cls(problem.numbers, problem.target)


@pytest.mark.parametrize("fault", BROKEN)
def test_the_fault_is_caught_by_the_property_about_it(fault: str) -> None:
    name, broken = BROKEN[fault]
    report = check(broken(), problems=100, only=(name,))
    assert [finding.name for finding in report.failed] == [name]
    assert all(len(complaint) > 10 for complaint in report.failed[0].complaints)


def test_the_whole_family_has_no_fault_and_every_property_is_bitten_by_one() -> None:
    assert check(WHOLE, problems=100).ok
    bitten = {name for name, _ in BROKEN.values()} | {name for name, *_ in EDITS.values()}
    assert bitten == set(PROPERTIES)


def _edited(folder: Path, family: str, side: str, old: str, new: str) -> Subject:
    """The template under another name, with one piece of text replaced in one of its files."""
    write(family, folder)
    module = folder / f"{family}_family" / side / f"{family}.py"
    text = module.read_text()
    assert old in text
    module.write_text(text.replace(old, new, 1))
    return subject_of([f"{family}_family.{part}.{family}" for part in ("schemas", "verifiers", "generators")])


EDITS = {
    "a maker that depends on the hash seed": (
        "the same in another process", "generators",
        "params.size)\n        problem",
        "params.size)\n        numbers.sort(key=lambda number: hash(str(number)))\n        problem",
    ),
    "a maker that draws on global chance": (
        "the same in another process", "generators",
        "def make(",
        "import random\n\nSALT = random.randrange(10**9)\n\n\ndef make(rng, params):\n"
        "    return _make(Rng(rng.seed() + SALT), params)\n\n\ndef _make(",
    ),
    "a codec that evaluates": ("sources are tame", "schemas", "MAX_ANSWER = 200\n", "MAX_ANSWER = eval('200')\n"),
    "a maker that imports random": ("sources are tame", "generators", "import math\n", "import math\nimport random\n"),
    "a judge that reads the maker": (
        "maker and judge are blind", "verifiers",
        "    pairs = [", "    from judge_reads_family.generators.judge_reads import _pairs\n\n    pairs = [",
    ),
    "a judge that borrows from our makers": (
        "maker and judge are blind", "verifiers",
        "    pairs = [", "    from verimill.generators.prompts import styles\n\n    pairs = [",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", EDITS)
def test_the_fault_in_the_source_is_caught(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, side, old, new = EDITS[fault]
    family = {"a judge that reads the maker": "judge_reads"}.get(fault, f"edit_{list(EDITS).index(fault)}")
    monkeypatch.syspath_prepend(str(tmp_path))
    report = check(_edited(tmp_path, family, side, old, new), problems=20, only=(name,))
    assert not report.ok


def test_a_family_that_raises_is_reported_with_the_place() -> None:
    report = check(
        _maker(canonical=lambda problem: problem.no_such_field), problems=20, only=("most problems are distinct",)
    )
    complaint = report.failed[0].complaints[0]
    assert "AttributeError" in complaint and "test_contract_teeth.py" in complaint


def test_complaints_are_few_and_short() -> None:
    report = check(_maker(solve=_wrong_solver), problems=20, only=("answers are right",))
    assert len(report.failed[0].complaints) == 5
    assert all(len(complaint) <= 400 for complaint in islice(report.failed[0].complaints, 5))
