"""One row against the rules: every column is rebuilt or judged again, and the first that differs is named.

A row that passes has the answer, prompt, key, hardness and steps that it claims. Nothing stored is trusted:
the problem is read from the verification text, solved again, rendered again, and its steps are re-derived.
"""

from __future__ import annotations

import json
import re
from typing import Any

from verimill.generators.prompts import render
from verimill.pipelines.certificates import certified, digest, final_answer, maker_of, recounted, require_witnesses
from verimill.pipelines.mismatches import Differs, Mismatch, Row, first_mismatch, json_object, same
from verimill.pipelines.oracle import (
    VERBOSITIES,
    oracle_reply,
    oracle_trace,
    trace_id,
    two_answers,
    unpack,
    verifier_version,
)
from verimill.pipelines.rows import LANGUAGE, problem_from_key
from verimill.pipelines.teachers.assessing import assess
from verimill.schemas.core import Exhausted
from verimill.schemas.keys import Key, parse_key
from verimill.schemas.rows import OUTCOMES, compact
from verimill.schemas.values import dump
from verimill.verifiers.judge import Case, judge_text, read_case, write_case

_VERSION = re.compile(r"\d{1,4}(\.\d{1,6}){1,3}\w{0,20}\Z", re.ASCII)


def check_problem(row: Row, recount: bool = False) -> Mismatch | None:
    """None when every column of a problems row holds; with `recount` the judge's second solver runs too."""
    return first_mismatch(row, lambda: _check_problem(row, recount))


def check_trace(row: Row, problem: Row) -> Mismatch | None:
    """None when every column of a traces row holds against the problem that it answers."""
    return first_mismatch(row, lambda: _check_trace(row, problem))


def same_problem(row: Row) -> Mismatch | None:
    """None when the row's key alone gives the row again, byte for byte (split and version aside)."""
    return first_mismatch(row, lambda: _same_problem(row))


def same_trace(row: Row, problem: Row) -> Mismatch | None:
    """None when the problem's key alone gives the oracle's trace again. Other teachers cannot be repeated."""
    return first_mismatch(row, lambda: _same_trace(row, problem))


# --- problems ---------------------------------------------------------------------------------------------------


def _check_problem(row: Row, recount: bool) -> None:
    key = _check_identity(row)
    case = _case(row)
    same("verification", write_case(case.codec, case.problem, case.status), row["verification"])
    same("answerable", case.status == "one", row["answerable"])
    verdict = judge_text(case, final_answer(case.codec.shape, row["answer"]))
    if not verdict:
        raise Differs("answer", "an answer that the judge finds right", f"{verdict.outcome}: {verdict.reason}")
    maker = maker_of(case.codec.family)
    prompt = [{"role": "user", "content": render(case.codec, maker.face, case.problem, row["style"])}]
    same("prompt", prompt[0]["content"], _only_message(row))
    same("canonical", maker.canonical(case.problem), row["canonical"])
    stored = json_object("certificate", row["certificate"])
    if case.status == "one":
        rebuilt = certified(key, case)
        answer, hardness, certificate = rebuilt.answer, rebuilt.hardness, dict(rebuilt.certificate)
    else:
        twin = problem_from_key(row["key"], row["style"])
        same("verification", twin.verification, row["verification"])
        require_witnesses(row["key"], case, tuple(stored.get("witnesses", ())))
        answer, hardness, certificate = twin.answer, twin.hardness, dict(twin.certificate)
    same("answer", answer, row["answer"])
    same("hardness", compact(hardness), row["hardness"])
    _check_certificate(key, case, stored, certificate, answer, recount, row["certificate"])


def _check_identity(row: Row) -> Key:
    try:
        key = parse_key(row["key"])
    except ValueError as error:
        raise Differs("key", "a key that this verimill can read", error) from None
    same("key", str(key), row["key"])
    same("family", key.family, row["family"])
    same("family_version", key.version, row["family_version"])
    same("level", key.level, row["level"])
    same("params", compact(dump(key.params)), row["params"])
    same("language", LANGUAGE, row["language"])
    same("id", digest(key, row["style"]), row["id"])
    if not _VERSION.match(row["verimill_version"]):
        raise Differs("verimill_version", "a version such as 0.1.0", row["verimill_version"])
    return key


def _case(row: Row) -> Case:
    try:
        case = read_case(json.loads(row["verification"]))
    except ValueError as error:
        raise Differs("verification", "a problem that the judge can read", error) from None
    if case.codec.family != row["family"]:
        raise Differs("verification", f"a problem of {row['family']}", f"one of {case.codec.family}")
    same("kind", case.codec.kind, row["kind"])
    same("checker", case.codec.checker, row["checker"])
    return case


def _only_message(row: Row) -> Any:
    messages = row["prompt"]
    if [message["role"] for message in messages] != ["user"]:
        raise Differs("prompt", "one message of the user", [message["role"] for message in messages])
    return messages[0]["content"]


def _check_certificate(
    key: Key, case: Case, stored: dict[str, Any], rebuilt: dict[str, Any], answer: str, recount: bool, text: str
) -> None:
    claimed = stored.get("recount")
    if claimed is not None:
        if not (isinstance(claimed, dict) and claimed.get("agrees") is True):
            raise Differs("certificate", "a recount that agrees", claimed)
        rebuilt["recount"] = claimed
    if recount:
        again = recounted(key, case, case.codec.read(case.problem, answer) if case.status == "one" else None)
        if claimed is not None:
            rebuilt["recount"] = _same_recount(again, claimed)
    same("certificate", compact(rebuilt), text)


def _same_recount(again: dict[str, Any], claimed: dict[str, Any]) -> dict[str, Any]:
    """The claimed recount where the one just made differs only in the solver's version, else the one just made."""

    def unversioned(recount: dict[str, Any]) -> dict[str, Any]:
        return {**recount, "method": " ".join(w for w in str(recount.get("method")).split() if not w[:1].isdigit())}

    return claimed if unversioned(again) == unversioned(claimed) else again


# --- traces -----------------------------------------------------------------------------------------------------


def _check_trace(row: Row, problem: Row) -> None:
    same("problem_id", problem["id"], row["problem_id"])
    same("id", trace_id(row["problem_id"], row["teacher"], row["prompt_variant"], row["sample"]), row["id"])
    case = _case(problem)
    made, _, judge = row["verifier_version"].partition("/")
    if not _VERSION.match(made):
        raise Differs("verifier_version", verifier_version(case.codec.family), row["verifier_version"])
    same("verifier_version", verifier_version(case.codec.family).partition("/")[2], judge)
    json_object("sampling", row["sampling"])
    provenance = json_object("provenance", row["provenance"])
    if row["outcome"] not in OUTCOMES:
        raise Differs("outcome", " or ".join(OUTCOMES), row["outcome"])
    if row["finish_reason"] == "error" and row["teacher"] != "oracle":
        _check_refused(row)
        return
    verdict = judge_text(case, row["response"])
    if row["outcome"] != "truncated":
        same("outcome", verdict.outcome, row["outcome"])
        same("reason", verdict.reason, row["reason"])
        same("answer_read", verdict.answer, row["answer_read"])
    if row["teacher"] == "oracle":
        _check_oracle(row, problem, case, provenance)
    else:
        _check_path(row, problem, provenance)


def _check_refused(row: Row) -> None:
    """A sample that the server refused: no text, no answer, no steps."""
    empty = {"outcome": "unreadable", "response": "", "reasoning": "", "answer_read": None}
    for column, value in {**empty, **dict.fromkeys(("steps_checked", "steps_wrong", "first_wrong_step"))}.items():
        same(column, value, row[column])


def _check_path(row: Row, problem: Row, provenance: dict[str, Any]) -> None:
    """The steps that a teacher claims are judged again."""
    known = provenance.get("path")
    if not (row["reasoning"] or row["response"]) or (isinstance(known, dict) and "bug" in known):
        return
    right = row["answer_read"] if row["outcome"] == "right" else None
    found = assess(problem["verification"], row["reasoning"], row["response"], right)
    for column in ("steps_checked", "steps_wrong", "first_wrong_step"):
        same(column, getattr(found, column), row[column])


def _check_oracle(row: Row, problem: Row, case: Case, provenance: dict[str, Any]) -> None:
    fixed = {"finish_reason": "stop", "prompt_tokens": None, "completion_tokens": None, "hinted": False}
    for column, value in {**fixed, "sampling": "{}", "outcome": "right", "prompt_variant": "plain"}.items():
        same(column, value, row[column])
    same("provenance", compact(provenance), row["provenance"])
    verbosity = provenance.get("verbosity")
    by_witnesses = case.status == "many" and provenance.get("steps") == []
    parts = {"verbosity", "steps", "witnesses"} if by_witnesses else {"verbosity", "steps"}
    if set(provenance) != parts or verbosity not in VERBOSITIES or not isinstance(provenance["steps"], list):
        raise Differs("provenance", f"{', '.join(sorted(parts))}, verbosity full or brief", row["provenance"])
    same("sample", VERBOSITIES.index(verbosity), row["sample"])
    same("response", oracle_reply(row["problem_id"], case, problem["answer"]), row["response"])
    try:
        steps = tuple(unpack(step) for step in provenance["steps"])
    except ValueError as error:
        raise Differs("provenance", "steps that can be read", error) from None
    if by_witnesses:
        witnesses = tuple(provenance["witnesses"])
        require_witnesses(row["id"], case, witnesses)
        same("reasoning", two_answers(witnesses), row["reasoning"])
        for column in ("steps_checked", "steps_wrong", "first_wrong_step"):
            same(column, None, row[column])
        return
    answer = case.codec.read(case.problem, problem["answer"]) if case.status == "one" else None
    walked = case.judge.check(case.problem, steps, answer)
    if not walked:
        raise Differs("provenance", "steps that the judge can re-derive", walked.reason)
    same("reasoning", maker_of(case.codec.family).narrate(case.problem, steps), row["reasoning"])
    same("steps_checked", walked.checked, row["steps_checked"])
    same("steps_wrong", walked.wrong, row["steps_wrong"])
    same("first_wrong_step", walked.first_wrong, row["first_wrong_step"])


# --- from the key alone -----------------------------------------------------------------------------------------

_FREE = ("split", "verimill_version", "verifier_version")  # decided by the build, or by who judged


def _same_problem(row: Row) -> None:
    claimed = json_object("certificate", row["certificate"]).get("recount")
    made = _remade(row, claimed is not None).row()
    if isinstance(claimed, dict):
        certificate = json_object("certificate", made["certificate"])
        certificate["recount"] = _same_recount(certificate["recount"], claimed)
        made["certificate"] = compact(certificate)
    for column, value in made.items():
        if column not in _FREE:
            if column == "prompt":
                value, got = value[0]["content"], _only_message(row)
                same(column, value, got)
            else:
                same(column, value, row[column])


def _same_trace(row: Row, problem: Row) -> None:
    if row["teacher"] != "oracle":
        return
    verbosity = json_object("provenance", row["provenance"]).get("verbosity")
    if verbosity not in VERBOSITIES:
        raise Differs("provenance", f"verbosity {' or '.join(VERBOSITIES)}", verbosity)
    made = oracle_trace(_remade(problem, False), verbosity)
    if made is None:
        raise Differs("problem_id", "a problem that has an oracle trace", row["problem_id"])
    for column, value in made.row().items():
        if column not in _FREE:
            same(column, value, row[column])


def _remade(row: Row, recount: bool) -> Any:
    try:
        return problem_from_key(row["key"], row["style"], recount)
    except (ValueError, Exhausted) as error:
        raise Differs("key", "a key that makes this problem", error) from None
