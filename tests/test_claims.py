"""Claims in free text: the oracle's prose is read back whole, a corrupted claim is found, other spellings are read."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

import pytest

from verimill.schemas.core import Exhausted, Step
from verimill.schemas.families import codec, constant, names
from verimill.schemas.rng import rng_for
from verimill.verifiers.claims import FALSE, JUSTIFIED, KNOWN, LEAP, OPEN, PARSE, WRONG, Path, read_path
from verimill.verifiers.claims_numbers import ChainReader
from verimill.verifiers.judge import Case, judge_of

# Share of the claims in the oracle's full traces that the reader finds word for word, or as an equation.
WHOLE = {"binairo", "cryptarithm", "futoshiki", "graph_coloring", "kakurasu", "kenken", "killer_sudoku", "minesweeper",
         "minimum_spanning_tree", "nonogram", "seating", "skyscrapers", "star_battle", "sudoku", "zebra"}  # fmt: skip


@lru_cache(maxsize=128)
def solved(family: str, level: int) -> tuple[Case, Any, str]:
    code, maker = codec(family), constant(family, "generators", "MAKER")
    for index in range(30):
        try:
            problem = maker.make(rng_for(family, code.version, "claims", level, index), code.level(level))
        except Exhausted:
            continue
        found = maker.solve(problem)
        return Case(code, judge_of(family), "one", problem), found, maker.narrate(problem, found.steps)
    raise AssertionError(family)


def all_claims(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        yield from (claim for claim in step.claims if claim != "contradiction")
        yield from all_claims(step.sub)


def path_of(case: Case, text: str) -> Path:
    found = read_path(case, text)
    assert found is not None
    return found


@pytest.mark.parametrize("family", names())
def test_the_oracle_s_prose_is_read_back_without_a_wrong_claim(family: str) -> None:
    for level in (2, 6):
        case, found, prose = solved(family, level)
        path = path_of(case, prose)
        assert [claim for claim in path.claims if claim.verdict in WRONG or claim.verdict == PARSE] == []
        assert path.checked > 0
        if family in WHOLE:
            read = Counter(claim.text for claim in path.claims)
            assert [claim for claim in all_claims(found.steps) if not read[claim]] == []


@pytest.mark.parametrize("family", sorted(WHOLE - {"graph_coloring", "minimum_spanning_tree"}))
def test_a_denied_claim_is_wrong_at_its_line(family: str) -> None:
    case, _, prose = solved(family, 2)
    lines = prose.split("\n")
    at = len(lines) // 2
    while "=" not in lines[at] or "Suppose" in lines[at]:
        at += 1
    old = lines[at]
    lines[at] = old.replace("!=", "\0").replace("=", "!=").replace("\0", "=")
    path = path_of(case, "\n".join(lines))
    wrong = [claim for claim in path.claims if claim.verdict in WRONG]
    assert wrong and wrong[0].line == at + 1, (old, path.claims)


@pytest.mark.parametrize(
    ("family", "number"),
    [("arithmetic_chain", r"= (?=\d)"), ("countdown", r"= (?=\d)"), ("linear_system", r"[=−-] ?(?=\d+\.$|\d+\. )"),
     ("shortest_path", r"dist \w+ = (?=\d)"), ("max_flow", r"(?:push|has room for|So) (?=\d)"),
     ("minimum_spanning_tree", r"(?:\(|with )(?=\d)"), ("hamiltonian_path", r"place (?=\d)")],
)  # fmt: skip
def test_a_changed_number_is_false_at_its_line(family: str, number: str) -> None:
    case, _, prose = solved(family, 2)
    lines = prose.split("\n")
    at = max(k for k, line in enumerate(lines) if re.search(number, line) and "not " not in line)
    lines[at], changes = re.subn(f"({number})", r"\g<1>9", lines[at], count=1)
    assert changes == 1, lines[at]
    path = path_of(case, "\n".join(lines))
    assert [claim.line for claim in path.claims if claim.verdict in WRONG][:1] == [at + 1], path.claims


@pytest.mark.parametrize(
    "family", [name for name in names() if "none" in codec(name).unanswerable and name != "linear_system"]
)
def test_a_refutation_is_read_back_without_a_wrong_claim(family: str) -> None:
    code, maker = codec(family), constant(family, "generators", "MAKER")
    for index in range(12):
        try:
            problem = maker.make(rng_for(family, "none", index), code.level(2))
        except Exhausted:
            continue
        twin = maker.unanswerable(rng_for(family, "twin", index), problem)
        if twin is not None and twin.status == "none" and twin.steps:
            path = path_of(Case(code, judge_of(family), "none", twin.problem), maker.narrate(twin.problem, twin.steps))
            assert path.checked > 0
            assert [claim for claim in path.claims if claim.verdict in WRONG] == []
            return
    pytest.fail("no twin with a refutation among the first twelve")


def sudoku() -> tuple[Case, str, str]:
    case, found, _ = solved("sudoku", 2)
    step = found.steps[0]
    name, _, value = step.claims[0].partition("=")
    return case, name, value


@pytest.mark.parametrize(
    "wording",
    ["{n} = {v}", "{N} is {v}", "({r},{c}) = {v}", "So {n} must be {v}.", "Row {r}, column {c} is {v}.",
     "**{n} = {v}**", "- {n}={v}, as nothing else fits", "The cell {n} holds the digit {v}", "{n} ＝ {v}"],
)  # fmt: skip
def test_a_claim_is_read_in_other_spellings(wording: str) -> None:
    case, name, value = sudoku()
    row, col = name[1:].split("c")
    path = path_of(case, wording.format(n=name, N=name.upper(), v=value, r=row, c=col))
    assert [claim.text for claim in path.claims] == [f"{name}={value}"]
    assert path.claims[0].verdict in (JUSTIFIED, LEAP, OPEN)


@pytest.mark.parametrize(
    "wording",
    ["Could {n} be {v}?", "If {n}={v}, then the row is full.", "{n} is {v} or {w}", "{n} might be {v}", "Is {n} = {v}?",
     "maybe {n} = {v}", "{n} can be {v}", "Let me check whether {n} is {v}."],
)  # fmt: skip
def test_what_is_only_considered_is_no_claim(wording: str) -> None:
    case, name, value = sudoku()
    other = "1" if value != "1" else "2"
    assert path_of(case, wording.format(n=name, v=value, w=other)).claims == ()


@pytest.mark.parametrize(
    ("text", "claims", "wrong"),
    [("$3 \\times 5 = 15$", 1, 0), ("3 times 5 = 15", 0, 0), ("2 plus 3 * 4 = 14", 0, 0), ("10 / 3 = 3.33", 1, 0),
     ("10 / 3 = 3.34", 1, 0), ("10 / 3 = 3.5", 1, 1), ("$\\frac{10}{4} = 2.5$", 1, 0), ("5 <= 7 and 3 >= 2", 0, 0),
     ("**3 + 4 = 7**, so 7 - 2 = 5.", 2, 0), ("3 × 4 is 13", 1, 1), ("1. 3 + 4 = 8", 1, 1), ("7 = 7", 0, 0)],
)  # fmt: skip
def test_equations_are_read_as_people_write_them(text: str, claims: int, wrong: int) -> None:
    case, _, _ = solved("arithmetic_chain", 2)
    path = path_of(case, text)
    assert (len(path.claims), path.wrong) == (claims, wrong), path.claims


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [("hq = hq / hq = 24 / 4 = 6", [FALSE, FALSE, JUSTIFIED]),  # true arithmetic about another quantity
     ("x = a * b = 3 * 5 = 15", [LEAP, LEAP, JUSTIFIED]), ("a = 3. b = 5. x = a * b", [JUSTIFIED] * 3),
     ("x = a * a", [FALSE]), ("x = a * b = 3 * 5 = 16", [LEAP, LEAP, FALSE]), ("a * a = 9. a = 3", [LEAP, JUSTIFIED]),
     ("b = x / a", [LEAP]), ("b = a / x", [FALSE])],
)  # fmt: skip
def test_products_and_quotients_of_names_are_weighed_at_their_values(text: str, verdicts: list[str]) -> None:
    reader = ChainReader({"hq": Fraction(4), "a": Fraction(3), "b": Fraction(5), "x": Fraction(15)})
    assert [found.verdict for part in text.split(". ") for found in reader.sentence(part)] == verdicts


def test_telling_the_truth_is_a_claim_about_a_person() -> None:
    case, found, _ = solved("knights_knaves", 2)
    name, word = found.answer[0]
    truthful = word in ("knight", "truth-teller", "saint", "angel")
    told = path_of(case, f"{name} {'lies' if truthful else 'tells the truth'}.")
    assert [claim.verdict for claim in told.claims] == [FALSE]


def test_a_second_statement_is_known_and_a_cell_outside_is_a_parse_error() -> None:
    case, name, value = sudoku()
    path = path_of(case, f"{name}={value}. Again {name}={value}. And r12c1=3.")
    assert [claim.verdict for claim in path.claims][1:] == [KNOWN, PARSE]
    assert path.checked == 1


def test_a_refuted_supposition_counts_its_steps_as_failed_and_gives_the_opposite() -> None:
    case, found, _ = solved("sudoku", 2)
    answer = found.answer
    name, value = next(
        (f"r{i // case.problem.size + 1}c{i % case.problem.size + 1}", answer[i])
        for i, given in enumerate(case.problem.givens)
        if given == "."
    )
    wrong = next(d for d in "1234" if d != value)
    path = path_of(case, f"Suppose {name}={wrong}. That is a contradiction. So {name}!={wrong}.")
    assert [claim.verdict for claim in path.claims if claim.verdict == FALSE] == []
    told = path_of(case, f"Suppose {name}={value}. That is a contradiction.")
    assert told.claims[-1].verdict == FALSE


def test_a_false_gold_answer_is_not_believed() -> None:
    case, found, prose = solved("sudoku", 2)
    wrong = " ".join("1" for _ in found.answer)
    with_gold = read_path(case, prose, case.codec.write(found.answer))
    assert with_gold is not None and with_gold == read_path(case, prose, wrong) == read_path(case, prose)


@pytest.mark.parametrize("family", names())
def test_junk_is_read_fast_and_never_raises(family: str) -> None:
    case, found, prose = solved(family, 2)
    junk = ["", "=" * 9_000, "r1c1=" * 4_000, "(" * 9_000, "suppose " * 3_000, "if " * 5_000, "1 + " * 5_000,
            "A -> " * 5_000, "\n" * 60_000, "٣ = ٣ " * 1_000, case.codec.write(found.answer) * 20]  # fmt: skip
    for text in junk:
        start = time.perf_counter()
        path_of(case, text)
        assert time.perf_counter() - start < 2.0
    assert path_of(case, prose) == path_of(case, prose)
