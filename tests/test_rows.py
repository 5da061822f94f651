"""Rows: pure functions of their key, certified on the spot, and in the frozen columns."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from verimill.pipelines import certificates, rows
from verimill.pipelines.oracle import VERBOSITIES, oracle_trace, pack, unpack
from verimill.pipelines.rows import Exhausted, Uncertified, generate, problem_from_key, series, unanswerable_twin
from verimill.schemas.core import Step
from verimill.schemas.families import names as family_names
from verimill.schemas.rows import COLUMNS, compact, names
from verimill.verifiers.judge import verify

FAMILIES = ("shortest_path", "knights_knaves", "arithmetic_chain")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_problem_is_a_pure_function_of_its_key(family: str) -> None:
    problem = generate(family, level=3, seed=7, index=2)
    assert problem_from_key(problem.key) == problem
    assert problem_from_key(problem.key).row() == problem.row()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_has_exactly_the_frozen_columns(family: str) -> None:
    problem = generate(family, level=2)
    trace = oracle_trace(problem)
    assert trace is not None
    assert tuple(problem.row()) == names("problems") and tuple(trace.row()) == names("traces")
    for column in ("params", "hardness", "verification", "certificate"):
        text = problem.row()[column]
        assert compact(json.loads(text)) == text, "compact JSON with sorted keys"


def test_the_two_tables_are_the_published_ones() -> None:
    problems = "id family family_version kind key level params hardness language style prompt answer answerable checker"
    problems += " verification canonical certificate split verimill_version"
    traces = "id problem_id teacher sample prompt_variant reasoning response finish_reason prompt_tokens"
    traces += " completion_tokens outcome reason answer_read steps_checked steps_wrong first_wrong_step hinted sampling"
    traces += " provenance verifier_version"
    assert names("problems") == tuple(problems.split()) and names("traces") == tuple(traces.split())


def test_the_schemas_are_built_only_when_asked_for() -> None:
    code = (
        "import sys, verimill.schemas.rows as r; assert 'pyarrow' not in sys.modules;"
        "assert r.PROBLEMS.names == list(r.names('problems')); assert r.TRACES.field('hinted').type == 'bool'"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("verbosity", VERBOSITIES)
def test_an_oracle_trace_is_right_and_its_steps_were_checked(family: str, verbosity: str) -> None:
    problem = generate(family, level=4, seed="t")
    trace = oracle_trace(problem, verbosity)  # type: ignore[arg-type]
    assert trace is not None and trace.outcome == "right" and trace.steps_wrong == 0
    assert verify(problem.verification, trace.response)
    steps = json.loads(trace.row()["provenance"])["steps"]
    assert trace.steps_checked == len(steps) > 0
    assert [pack(unpack(step)) for step in steps] == steps


def test_full_and_brief_are_two_samples_with_ids_of_their_own() -> None:
    problem = generate("shortest_path", level=4)
    full, brief = oracle_trace(problem, "full"), oracle_trace(problem, "brief")
    assert full and brief and (full.sample, brief.sample) == (0, 1) and full.id != brief.id
    assert (brief.steps_checked or 0) <= (full.steps_checked or 0)


@pytest.mark.parametrize("family", ["shortest_path", "knights_knaves"])
def test_an_unanswerable_twin_is_made_again_from_its_key(family: str) -> None:
    twins = [twin for problem in series(family, 3, 1, 0, 12) if (twin := unanswerable_twin(problem)) is not None]
    assert twins
    for twin in twins:
        assert twin.key.endswith("!twin") and not twin.answerable and twin.answer in ("none", "many")
        assert problem_from_key(twin.key).row() == twin.row()
        assert verify(twin.verification, f"The answer is {twin.answer}.")
        trace = oracle_trace(twin)
        assert trace is None or trace.outcome == "right"
    assert unanswerable_twin(twins[0]) is None, "a twin has no twin"


def test_a_style_changes_the_prompt_and_the_id_and_nothing_else() -> None:
    problem = generate("shortest_path", level=2)
    other = generate("shortest_path", level=2, style="w1-edges" if problem.style != "w1-edges" else "w2-edges")
    differ = {name for name, value in problem.row().items() if other.row()[name] != value}
    assert differ == {"id", "style", "prompt"}
    with pytest.raises(ValueError, match="has no style 'w99-x'"):
        generate("shortest_path", style="w99-x")


def test_a_recount_fills_the_certificate() -> None:
    plain, counted = generate("shortest_path"), generate("shortest_path", recount=True)
    assert "recount" not in plain.certificate and plain.certificate["verdict"] == "right"
    assert counted.certificate["recount"]["agrees"] is True and counted.certificate["recount"]["method"]


@pytest.mark.parametrize("family", family_names())
def test_a_second_solver_that_a_plain_install_lacks_is_declared(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard problems need it; python-constraint2 is enough for small ones."""
    monkeypatch.setitem(sys.modules, "ortools", None)
    if certificates.can_recount(family):
        assert generate(family, level=7, recount=True).certificate["recount"]["agrees"] is True
    else:
        with pytest.raises(ModuleNotFoundError, match=r"verimill\[recount\]"):
            generate(family, level=7, recount=True)


def test_a_maker_whose_answer_is_wrong_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = certificates.maker_of("arithmetic_chain")

    def solve(problem: object) -> object:
        solved = honest.solve(problem)
        return replace(solved, answer=solved.answer + 1)

    monkeypatch.setattr(certificates, "maker_of", lambda family: replace(honest, solve=solve))
    with pytest.raises(Uncertified, match=r"arithmetic_chain@1:level=1#0/0: the judge finds the maker's answer wrong"):
        generate("arithmetic_chain")


def test_a_trace_with_a_step_that_does_not_follow_is_stopped() -> None:
    problem = generate("arithmetic_chain", level=3)
    assert problem.solved is not None
    lost = replace(problem, solved=replace(problem.solved, steps=problem.solved.steps[1:]))
    with pytest.raises(Uncertified, match="the trace does not hold"):
        oracle_trace(lost)


def test_a_key_without_a_problem_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = rows.maker_of("arithmetic_chain")

    def make(rng: object, params: object) -> object:
        problem = honest.make(rng, params)  # type: ignore[arg-type]
        if int(honest.canonical(problem)[0], 16) % 2:
            raise Exhausted("unlucky")
        return problem

    monkeypatch.setattr(rows, "maker_of", lambda family: replace(honest, make=make))
    made = list(series("arithmetic_chain", 2, 0, 0, 40))
    assert 0 < len(made) < 40


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        [1, "r", [], []],
        [1, 2, [], [], []],
        [1, "r", [1], [], []],
        [1, "r", [], "c", []],
        ["1", "r", [], [], []],
    ],
)
def test_a_step_of_another_form_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="step"):
        unpack(data)


def test_a_step_nested_without_end_is_refused() -> None:
    data: list[object] = [1, "r", [], [], []]
    for _ in range(200):
        data = [1, "r", [], [], [data]]
    with pytest.raises(ValueError, match="at most 50 deep"):
        unpack(data)
    assert unpack(pack(Step(1, "r", ("a",), ("b",), (Step(1, "s", (), ()),)))).sub[0].rule == "s"


def test_every_column_says_what_it_holds() -> None:
    assert all(doc and kind for table in COLUMNS.values() for _, kind, _, doc in table)
