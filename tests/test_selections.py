"""Selections: each stage on a case made by hand, nothing lost, and a dataset that a stranger can verify."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verimill.data_cards import cards
from verimill.pipelines.audit import verify
from verimill.pipelines.oracle import Trace, oracle_trace, trace_id
from verimill.pipelines.rows import Problem, generate
from verimill.pipelines.selections.likeness import distance, edits
from verimill.pipelines.selections.protocol import Group
from verimill.pipelines.selections.running import BY_NAME
from verimill.pipelines.selections.writing import lost_trace, select
from verimill.pipelines.shards import append, read_rows, write_shard
from verimill.pipelines.teachers.assessing import assess
from verimill.schemas.selections import NAMES, Stage, parse_stage, read_stages
from verimill.verifiers.judge import verify as judged

CHAIN = generate("arithmetic_chain", 2, "select", 0)


def sample(problem: Problem, number: int, reasoning: str = "Hmm.", right: bool = True, teacher: str = "t") -> Trace:
    """A teacher's reply as the traces table would hold it."""
    response = f"Answer: {problem.answer}" if right else "Answer: 987654"
    verdict = judged(problem.verification, response)
    found = assess(problem.verification, reasoning, response, verdict.answer if verdict else None)
    oracle = oracle_trace(problem)
    assert oracle is not None and bool(verdict) == right
    return replace(
        oracle, id=trace_id(problem.id, teacher, "plain", number), teacher=teacher, sample=number,
        reasoning=reasoning, response=response, outcome=verdict.outcome, reason=verdict.reason,
        answer_read=verdict.answer, steps_checked=found.steps_checked, steps_wrong=found.steps_wrong,
        first_wrong_step=found.first_wrong_step, provenance={"path": dict(found.particulars)},
    )  # fmt: skip


def group(*traces: Trace, problem: Problem = CHAIN) -> Group:
    rows = [trace.row() for trace in traces]
    return Group(problem.row(), rows, tuple(rows))


def chosen(text: str, one: Group, survey: Any = None) -> tuple[bool, list[str]]:
    """Whether the problem stays, and the samples that do: `t0` is the teacher t's first, + marks a rewritten one."""
    (stage,) = read_stages([parse_stage(text)])
    choice = BY_NAME[stage.stage].choose(one, stage, survey)
    left = [choice.made.get(t["id"], t) for t in one.traces if t["id"] not in choice.lost or t["id"] in choice.made]
    assert all(choice.lost.values())
    return not choice.problem, [f"{t['teacher']}{t['sample']}{'+' * ('+' in t['prompt_variant'])}" for t in left]


def mixed(rights: int, of: int, teacher: str = "t") -> list[Trace]:
    return [sample(CHAIN, n, right=n < rights, teacher=teacher) for n in range(of)]


@pytest.mark.parametrize(
    ("stage", "rights", "of", "stays"),
    [
        ("band", 0, 4, False), ("band", 1, 4, True), ("band", 4, 4, False), ("band:least=5", 1, 4, False),
        ("band:low=0.2,high=0.25", 1, 4, True), ("band:low=0.26", 1, 4, False),
        ("variation", 4, 4, False), ("variation", 3, 4, True), ("variation", 0, 4, False),
        ("variation:cv=1.7", 1, 4, True), ("variation:cv=1.8", 1, 4, False),  # sqrt(0.75 / 0.25) = 1.732
        ("few-right:of=4", 1, 4, True), ("few-right:of=4", 4, 4, False), ("few-right:of=4", 0, 4, False),
        ("few-right:of=5", 1, 4, False), ("few-right:of=1,high=0,low=0", 1, 4, False),
    ],
)  # fmt: skip
def test_problems_are_picked_by_their_pass_rate(stage: str, rights: int, of: int, stays: bool) -> None:
    oracle = oracle_trace(CHAIN)
    assert oracle is not None
    kept, traces = chosen(stage, group(oracle, *mixed(rights, of)))
    assert kept == stays and len(traces) == of + 1


def test_a_teachable_problem_is_hard_for_the_student_and_solved_by_the_teacher() -> None:
    hard, solved = mixed(1, 4, "small"), mixed(2, 4, "big")
    assert chosen("teachable:student=small,teacher=big", group(*hard, *solved))[0]
    assert not chosen("teachable:student=small,teacher=big", group(*mixed(4, 4, "small"), *solved))[0]
    assert not chosen("teachable:student=small,teacher=big", group(*hard, *mixed(0, 4, "big")))[0]
    assert not chosen("teachable:student=small,teacher=big", group(*hard))[0]
    helped = [replace(trace, hinted=True) for trace in solved]
    assert not chosen("teachable:student=small,teacher=big", group(*hard, *helped))[0]


def test_within_a_problem_right_traces_are_ranked() -> None:
    long, short, false = sample(CHAIN, 0, "word " * 50), sample(CHAIN, 1, "word"), sample(CHAIN, 2, "w", right=False)
    other = sample(CHAIN, 3, "each letter differs from those above " * 7)
    talk = sample(CHAIN, 4, "Therefore I check: perhaps so, since I verify it. " * 5)
    one = group(long, short, false, other, talk)
    assert chosen("shortest", one) == (True, ["t1"])
    assert chosen("shortest:keep=2", one) == (True, ["t0", "t1"])  # 250 characters like t4: the first sample
    assert chosen("trace-score", one) == (True, ["t4"])
    assert chosen("diverse:keep=2", group(long, sample(CHAIN, 5, "word " * 51), other)) == (True, ["t0", "t3"])
    assert chosen("diverse:keep=3,distance=0.3", group(long, sample(CHAIN, 5, "word " * 51), other))[1] == ["t0", "t3"]
    assert chosen("traced:least=6", one)[0] is False and chosen("traced:least=5", one)[0]


def test_edit_distance_is_the_textbook_table() -> None:
    def slow(a: str, b: str) -> int:
        row = list(range(len(b) + 1))
        for i, x in enumerate(a, 1):
            before, row[0] = row[0], i
            for j, y in enumerate(b, 1):
                before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
        return row[-1]

    @settings(max_examples=200, deadline=None, derandomize=True)
    @given(st.text("abc", max_size=90), st.text("abc", max_size=90))
    def same(a: str, b: str) -> None:
        assert edits(list(a), list(b)) == slow(a, b)

    same()
    assert distance(list("kitten"), list("sitting")) == pytest.approx(3 / 7) and distance([], []) == 0.0


def prose(problem: Problem) -> list[str]:
    trace = oracle_trace(problem)
    assert trace is not None
    return trace.reasoning.split("\n")


def test_right_answers_by_a_wrong_path_are_told_apart() -> None:
    lines = prose(CHAIN)
    broken = [*lines[:-1], "12 + 12 = 25", lines[-1]]
    good, bad, mute = sample(CHAIN, 0, "\n".join(lines)), sample(CHAIN, 1, "\n".join(broken)), sample(CHAIN, 2, "Yes.")
    assert good.steps_wrong == 0 and (bad.steps_wrong or 0) > 0
    assert chosen("right-path", group(good, bad, mute)) == (True, ["t0"])
    assert chosen("right-path:steps=0", group(good, bad, mute)) == (True, ["t0", "t2"])
    assert chosen("fewest-failed", group(bad, good)) == (True, ["t0"])
    failing = sample(CHAIN, 3, "\n".join([lines[0], "12 + 12 = 25", *lines[1:]]), right=False)
    early = sample(CHAIN, 4, "\n".join(["12 + 12 = 25", *lines]), right=False)
    blind = sample(CHAIN, 5, "No.", right=False)
    assert (failing.first_wrong_step, early.first_wrong_step, blind.first_wrong_step) == (2, 1, None)
    assert chosen("wrong", group(good, failing, early, blind)) == (True, ["t0", "t3"])
    assert chosen("wrong:right=no,before=0", group(good, failing, early, blind)) == (True, ["t3", "t4"])


def test_reasoning_is_cut_after_the_first_right_answer_and_judged_again() -> None:
    lines = prose(CHAIN)
    done = f"\n\nAnswer: {CHAIN.answer}\n\n"
    long = sample(CHAIN, 0, "\n".join(lines) + done + "Wait, let me check that again.\n" * 9)
    plain = sample(CHAIN, 1, "\n".join(lines))
    (stage,) = read_stages(["first-right"])
    one = group(long, plain)
    choice = BY_NAME["first-right"].choose(one, stage, None)
    (made,) = choice.made.values()
    assert made["reasoning"] == "\n".join(lines)  # whose last line ends in the answer
    assert (made["outcome"], made["steps_wrong"], made["steps_checked"]) == ("right", 0, long.steps_checked)
    assert json.loads(made["provenance"])["rewritten"] == [{"from": long.id, "stage": "first-right"}]
    assert made["id"] != long.id and list(choice.lost) == [long.id]
    chance = sample(CHAIN, 2, "\n".join(["20 + 20 = 40", *lines]))  # the answer's value, before anything was derived
    assert CHAIN.answer == "40" and not BY_NAME["first-right"].choose(group(chance), stage, None).made


def test_failed_branches_are_cut_out_where_the_rest_holds_without_them() -> None:
    lines = prose(CHAIN)
    detour = ["Suppose it were 12 + 12 = 25.", "That is impossible, go back."]
    needless = sample(CHAIN, 0, "\n".join([lines[0], *detour, *lines[1:]]))
    (stage,) = read_stages(["cut-branches"])
    choice = BY_NAME["cut-branches"].choose(group(needless), stage, None)
    (made,) = choice.made.values()
    assert made["reasoning"] == "\n".join(lines) and made["steps_wrong"] == 0
    knaves = generate("knights_knaves", 2, "1", 0)  # its suppositions are the proof: none may go
    proof = sample(knaves, 0, "\n".join(prose(knaves)))
    choice = BY_NAME["cut-branches"].choose(group(proof, problem=knaves), stage, None)
    assert proof.steps_wrong == 0 and not [row for row in choice.made.values() if row["steps_wrong"]]


# --- over a dataset ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two families in two splits; the teacher `a` is better at one, `b` at the other."""
    out = tmp_path_factory.mktemp("select") / "made"
    rows: dict[str, list[dict[str, Any]]] = {"train": [], "test": []}
    traces: dict[str, list[dict[str, Any]]] = {"train": [], "test": []}
    rate = {("arithmetic_chain", "a"): 4, ("arithmetic_chain", "b"): 1, ("knights_knaves", "a"): 1,
            ("knights_knaves", "b"): 2}  # fmt: skip
    for family in ("arithmetic_chain", "knights_knaves"):
        for at in range(12):
            problem = generate(family, 2, "select", at)
            split = "test" if at % 4 == 3 else "train"
            rows[split].append(problem.row(split))
            oracle = oracle_trace(problem)
            assert oracle is not None
            found = [oracle]
            for teacher in "ab":
                rights = (rate[family, teacher] + at) % 5
                found += [sample(problem, n, f"Try {n}.\n{'so ' * (9 - n)}", n < rights, teacher) for n in range(4)]
            traces[split] += [trace.row() for trace in found]
    for split in rows:
        append(out, *(write_shard(out, f"{t}/{split}.parquet", t, r, {"split": split})
                      for t, r in (("problems", rows[split]), ("traces", traces[split]))))  # fmt: skip
    return out


@pytest.mark.parametrize(
    "texts",
    [
        ["band"], ["variation:cv=0.6"], ["teachable:student=a,teacher=b"], ["few-right:of=8"], ["mix:floor=0.01"],
        ["best-teacher"], ["right-path:steps=0", "shortest", "traced"], ["trace-score"], ["diverse:keep=2"],
        ["fewest-failed"], ["wrong:before=0"], ["first-right"], ["cut-branches", "traced:least=2"],
    ],
    ids=lambda texts: texts[0].partition(":")[0],
)  # fmt: skip
def test_what_is_kept_and_what_is_dropped_are_all_there_was(made: Path, texts: list[str], tmp_path: Path) -> None:
    stages = read_stages([parse_stage(text) for text in texts])
    report = select(made, stages, tmp_path / "out")
    kept = {t: {row["id"]: row for row in read_rows(tmp_path / "out", t)} for t in ("problems", "traces")}
    gone = list(read_rows(tmp_path / "out", "dropped"))
    lost = [trace for _, trace in map(lost_trace, gone) if trace is not None]
    before = {t: {row["id"]: row for row in read_rows(made, t)} for t in ("problems", "traces")}
    assert {row["reason"].removeprefix("trace:") for row in gone} <= {stage.stage for stage in stages}
    assert all(row["detail"] for row in gone)
    problems = Counter([p["key"] for p in kept["problems"].values()] + [g["key"] for g in gone if g["reason"] in NAMES])
    assert problems == Counter(p["key"] for p in before["problems"].values())
    assert all(before["problems"][name] == row for name, row in kept["problems"].items())
    old = [row for row in kept["traces"].values() if "rewritten" not in json.loads(row["provenance"])]
    assert sorted(row["id"] for row in [*old, *lost]) == sorted(before["traces"])
    assert all(before["traces"][row["id"]] == row for row in [*old, *lost])
    assert (report.problems, report.traces) == (len(kept["problems"]), len(kept["traces"]))
    audit = verify(tmp_path / "out")
    assert audit.ok, str(audit)


def test_stages_that_look_at_all_problems_first(made: Path, tmp_path: Path) -> None:
    select(made, read_stages(["best-teacher"]), tmp_path / "best")
    families = {row["id"]: row["family"] for row in read_rows(made)}
    found = {(families[r["problem_id"]], r["teacher"]) for r in read_rows(tmp_path / "best", "traces")}
    rates: Counter[tuple[str, str]] = Counter()
    for row in read_rows(made, "traces"):
        rates[families[row["problem_id"]], row["teacher"]] += row["outcome"] == "right"
    best = {(f, max("ab", key=lambda t: rates[f, t])) for f in set(families.values())}
    assert found == best | {(f, "oracle") for f in set(families.values())}
    survey = {("arithmetic_chain", 2): 0.0, ("knights_knaves", 2): 1.0}
    assert not chosen("mix", group(*mixed(1, 2)), survey)[0] and not chosen("mix", group(*mixed(1, 2)), {})[0]
    assert chosen("mix", group(*mixed(1, 2)), {("arithmetic_chain", 2): 1.0})[0]


def test_a_selection_made_again_has_the_same_bytes(made: Path, tmp_path: Path, fingerprint: Any) -> None:
    stages = read_stages(["shortest"])
    first = select(made, stages, tmp_path / "a")
    before = fingerprint(tmp_path / "a")
    assert select(made, stages, tmp_path / "a") == first and fingerprint(tmp_path / "a") == before
    (tmp_path / "a" / "problems" / "train-00000.parquet").unlink()  # as if it had been stopped
    select(made, stages, tmp_path / "a")
    assert fingerprint(tmp_path / "a") == before
    with pytest.raises(ValueError, match="another stages or version"):
        select(made, read_stages(["band"]), tmp_path / "a")
    with pytest.raises(ValueError, match="new folder or one that select wrote"):
        select(made, stages, made)
    with pytest.raises(ValueError, match="nothing is left of"):
        select(made, read_stages([{"stage": "band", "least": 99}]), tmp_path / "empty")
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("bend", "stage must be one of band"), ("band:low=0.9,high=0.1", "low must not be above high"),
        ("band:low=2", "low: must be less than or equal to 1"), ("band:lo=0", "lo: Extra inputs are not permitted"),
        ("teachable:student=a", "teacher: Field required"), ("band:low", "must look like band"),
    ],
)  # fmt: skip
def test_a_stage_that_cannot_be_is_refused_in_a_sentence(text: str, wanted: str) -> None:
    with pytest.raises(ValueError, match=wanted):
        read_stages([parse_stage("shortest"), parse_stage(text)])


def test_every_stage_is_made_and_names_its_paper() -> None:
    assert set(BY_NAME) == set(NAMES)
    for selection in BY_NAME.values():
        assert issubclass(selection.kind, Stage) and selection.kind.paper and selection.choose.__doc__


# --- in a recipe ------------------------------------------------------------------------------------------------

RECIPE = """\
name: picked
seed: 4
families: [arithmetic_chain]
splits:
  - {name: train, rows: 12, levels: 1-3}
traces: {oracle: [full, brief]}
select:
  - right-path
  - {stage: shortest, keep: 1}
"""


def test_a_recipe_with_stages_builds_the_selection_beside_the_dataset(tmp_path: Path, capfd: Any) -> None:
    from verimill.pipelines.build import build
    from verimill.pipelines.reporting import announce, report
    from verimill.schemas.recipes import parse_recipe

    recipe = parse_recipe(RECIPE)
    out = tmp_path / "out"
    summary = build(recipe, out) | {"teachers": []}
    assert report(recipe, summary, out, 1.0, False) == 0
    assert "selected: 12 of 12 problems, 12 of 24 traces" in capfd.readouterr().out
    assert verify(out).ok and verify(out / "selected").ok
    cards.check(out / "selected")
    other = parse_recipe(RECIPE.replace("keep: 1", "keep: 2"))
    assert other.digest == recipe.digest
    assert announce(recipe, 1, as_json=False) == 0
    said = capfd.readouterr().out.splitlines()
    assert said[-1] == "then selected, into selected/: right-path(steps=1), shortest(keep=1)"
    assert report(other, summary, out, None, True) == 0
    assert json.loads(capfd.readouterr().out)["selected"]["traces"] == 24
    assert "keep: 2" in (out / "recipe.yaml").read_text() and verify(out / "selected").ok
    empty = parse_recipe(RECIPE.replace("right-path", "band"))
    assert report(empty, summary, out, None, False) == 2 and "nothing is left" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("keep: 1", "keep: 0", "line 9: select[1].keep must be greater than or equal to 1, got 0"),
        ("keep: 1", "kep: 1", "line 9: unknown name select[1].kep; did you mean keep?"),
        ("right-path", "straight", "line 8: select[0]: stage must be one of band"),
        ("right-path", "teachable", "line 8: select[0] must have student, which is missing"),
    ],
)
def test_a_recipe_with_a_stage_that_cannot_be_names_its_line(old: str, new: str, wanted: str) -> None:
    from verimill.schemas.recipes import RecipeError, parse_recipe

    with pytest.raises(RecipeError) as refused:
        parse_recipe(RECIPE.replace(old, new), "r.yaml")
    assert f"r.yaml, {wanted}" in str(refused.value)
