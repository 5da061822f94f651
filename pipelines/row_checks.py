"""One row against the rules: every column is rebuilt or judged again, and the first that differs is named.

A row that passes has the answer, prompt, key, hardness and steps that it claims. Nothing stored is trusted:
the problem is read from the verification text, solved again, rendered again, and its steps are re-derived.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verimill.generators.prompts import render
from verimill.pipelines.certificates import (
    Uncertified,
    certified,
    digest,
    final_answer,
    maker_of,
    recounted,
    require_witnesses,
)
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
from verimill.schemas.core import Exhausted
from verimill.schemas.keys import Key, parse_key
from verimill.schemas.rows import OUTCOMES, compact
from verimill.schemas.values import dump
from verimill.verifiers.judge import Case, judge_text, read_case, write_case

Row = Mapping[str, Any]
_VERSION = re.compile(r"\d{1,4}(\.\d{1,6}){1,3}\w{0,20}\Z", re.ASCII)
_SHOWN = 100  # characters of a long text in a message


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first column of a row that is not what it must be."""

    row: str
    column: str
    wanted: str
    got: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: wanted {self.wanted}, got {self.got}"


class Differs(Exception):
    """A column differs: column, wanted, got."""

    def __init__(self, column: str, wanted: object, got: object) -> None:
        super().__init__(column)
        self.column = column
        self.wanted, self.got = _window(_line(wanted), _line(got))


def _line(value: object) -> str:
    return str(value).replace("\n", "\\n")


def _window(wanted: str, got: str) -> tuple[str, str]:
    """Both texts, cut to the surroundings of the first difference where they are long."""
    if max(len(wanted), len(got)) <= _SHOWN:
        return wanted, got
    at = next((i for i, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b), min(len(wanted), len(got)))
    start = max(0, at - 20)
    lead = "..." if start else ""
    return tuple(f"{lead}{t[start : start + _SHOWN]}{'...' if len(t) > start + _SHOWN else ''}" for t in (wanted, got))  # type: ignore[return-value]


def _same(column: str, wanted: object, got: object) -> None:
    if type(wanted) is not type(got) or wanted != got:
        raise Differs(column, wanted, got)


def check_problem(row: Row, recount: bool = False) -> Mismatch | None:
    """None when every column of a problems row holds; with `recount` the judge's second solver runs too."""
    return _first(row, lambda: _check_problem(row, recount))


def check_trace(row: Row, problem: Row) -> Mismatch | None:
    """None when every column of a traces row holds against the problem that it answers."""
    return _first(row, lambda: _check_trace(row, problem))


def same_problem(row: Row) -> Mismatch | None:
    """None when the row's key alone gives the row again, byte for byte (split and version aside)."""
    return _first(row, lambda: _same_problem(row))


def same_trace(row: Row, problem: Row) -> Mismatch | None:
    """None when the problem's key alone gives the oracle's trace again. Other teachers cannot be repeated."""
    return _first(row, lambda: _same_trace(row, problem))


def _first(row: Row, check: Any) -> Mismatch | None:
    name = str(row["id"])
    try:
        check()
    except Differs as found:
        return Mismatch(name, found.column, found.wanted, found.got)
    except Uncertified as error:
        return Mismatch(name, "certificate", "maker and judge to agree", str(error))
    except Exception as error:  # a row that crashes a family is named, and the crash is ours to mend
        return Mismatch(name, "verification", "a problem that can be checked", f"{type(error).__name__}: {error}")
    return None


# --- problems ---------------------------------------------------------------------------------------------------


def _check_problem(row: Row, recount: bool) -> None:
    key = _check_identity(row)
    case = _case(row)
    _same("verification", write_case(case.codec, case.problem, case.status), row["verification"])
    _same("answerable", case.status == "one", row["answerable"])
    verdict = judge_text(case, final_answer(case.codec.shape, row["answer"]))
    if not verdict:
        raise Differs("answer", "an answer that the judge finds right", f"{verdict.outcome}: {verdict.reason}")
    maker = maker_of(case.codec.family)
    prompt = [{"role": "user", "content": render(case.codec, maker.face, case.problem, row["style"])}]
    _same("prompt", prompt[0]["content"], _only_message(row))
    _same("canonical", maker.canonical(case.problem), row["canonical"])
    stored = _json("certificate", row["certificate"])
    if case.status == "one":
        rebuilt = certified(key, case)
        answer, hardness, certificate = rebuilt.answer, rebuilt.hardness, dict(rebuilt.certificate)
    else:
        twin = problem_from_key(row["key"], row["style"])
        _same("verification", twin.verification, row["verification"])
        require_witnesses(row["key"], case, tuple(stored.get("witnesses", ())))
        answer, hardness, certificate = twin.answer, twin.hardness, dict(twin.certificate)
    _same("answer", answer, row["answer"])
    _same("hardness", compact(hardness), row["hardness"])
    _check_certificate(key, case, stored, certificate, answer, recount, row["certificate"])


def _check_identity(row: Row) -> Key:
    try:
        key = parse_key(row["key"])
    except ValueError as error:
        raise Differs("key", "a key that this verimill can read", error) from None
    _same("key", str(key), row["key"])
    _same("family", key.family, row["family"])
    _same("family_version", key.version, row["family_version"])
    _same("level", key.level, row["level"])
    _same("params", compact(dump(key.params)), row["params"])
    _same("language", LANGUAGE, row["language"])
    _same("id", digest(key, row["style"]), row["id"])
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
    _same("kind", case.codec.kind, row["kind"])
    _same("checker", case.codec.checker, row["checker"])
    return case


def _only_message(row: Row) -> Any:
    messages = row["prompt"]
    if [message["role"] for message in messages] != ["user"]:
        raise Differs("prompt", "one message of the user", [message["role"] for message in messages])
    return messages[0]["content"]


def _json(column: str, text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError:
        raise Differs(column, "JSON", text) from None
    if not isinstance(data, dict):
        raise Differs(column, "a JSON object", text)
    return data


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
            rebuilt["recount"] = again
    _same("certificate", compact(rebuilt), text)


# --- traces -----------------------------------------------------------------------------------------------------


def _check_trace(row: Row, problem: Row) -> None:
    _same("problem_id", problem["id"], row["problem_id"])
    _same("id", trace_id(row["problem_id"], row["teacher"], row["prompt_variant"], row["sample"]), row["id"])
    case = _case(problem)
    made, _, judge = row["verifier_version"].partition("/")
    if not _VERSION.match(made):
        raise Differs("verifier_version", verifier_version(case.codec.family), row["verifier_version"])
    _same("verifier_version", verifier_version(case.codec.family).partition("/")[2], judge)
    _json("sampling", row["sampling"])
    provenance = _json("provenance", row["provenance"])
    if row["outcome"] not in OUTCOMES:
        raise Differs("outcome", " or ".join(OUTCOMES), row["outcome"])
    verdict = judge_text(case, row["response"])
    if row["outcome"] != "truncated":
        _same("outcome", verdict.outcome, row["outcome"])
        _same("reason", verdict.reason, row["reason"])
        _same("answer_read", verdict.answer, row["answer_read"])
    if row["teacher"] == "oracle":
        _check_oracle(row, problem, case, provenance)


def _check_oracle(row: Row, problem: Row, case: Case, provenance: dict[str, Any]) -> None:
    fixed = {"finish_reason": "stop", "prompt_tokens": None, "completion_tokens": None, "hinted": False}
    for column, value in {**fixed, "sampling": "{}", "outcome": "right", "prompt_variant": "plain"}.items():
        _same(column, value, row[column])
    _same("provenance", compact(provenance), row["provenance"])
    verbosity = provenance.get("verbosity")
    by_witnesses = case.status == "many" and provenance.get("steps") == []
    parts = {"verbosity", "steps", "witnesses"} if by_witnesses else {"verbosity", "steps"}
    if set(provenance) != parts or verbosity not in VERBOSITIES or not isinstance(provenance["steps"], list):
        raise Differs("provenance", f"{', '.join(sorted(parts))}, verbosity full or brief", row["provenance"])
    _same("sample", VERBOSITIES.index(verbosity), row["sample"])
    _same("response", oracle_reply(row["problem_id"], case, problem["answer"]), row["response"])
    try:
        steps = tuple(unpack(step) for step in provenance["steps"])
    except ValueError as error:
        raise Differs("provenance", "steps that can be read", error) from None
    if by_witnesses:
        witnesses = tuple(provenance["witnesses"])
        require_witnesses(row["id"], case, witnesses)
        _same("reasoning", two_answers(witnesses), row["reasoning"])
        for column in ("steps_checked", "steps_wrong", "first_wrong_step"):
            _same(column, None, row[column])
        return
    answer = case.codec.read(case.problem, problem["answer"]) if case.status == "one" else None
    walked = case.judge.check(case.problem, steps, answer)
    if not walked:
        raise Differs("provenance", "steps that the judge can re-derive", walked.reason)
    _same("reasoning", maker_of(case.codec.family).narrate(case.problem, steps), row["reasoning"])
    _same("steps_checked", walked.checked, row["steps_checked"])
    _same("steps_wrong", walked.wrong, row["steps_wrong"])
    _same("first_wrong_step", walked.first_wrong, row["first_wrong_step"])


# --- from the key alone -----------------------------------------------------------------------------------------

_FREE = ("split", "verimill_version", "verifier_version")  # decided by the build, or by who judged


def _same_problem(row: Row) -> None:
    recount = "recount" in _json("certificate", row["certificate"])
    made = _remade(row, recount).row()
    for column, value in made.items():
        if column not in _FREE:
            if column == "prompt":
                value, got = value[0]["content"], _only_message(row)
                _same(column, value, got)
            else:
                _same(column, value, row[column])


def _same_trace(row: Row, problem: Row) -> None:
    if row["teacher"] != "oracle":
        return
    verbosity = _json("provenance", row["provenance"]).get("verbosity")
    if verbosity not in VERBOSITIES:
        raise Differs("provenance", f"verbosity {' or '.join(VERBOSITIES)}", verbosity)
    made = oracle_trace(_remade(problem, False), verbosity)
    if made is None:
        raise Differs("problem_id", "a problem that has an oracle trace", row["problem_id"])
    for column, value in made.row().items():
        if column not in _FREE:
            _same(column, value, row[column])


def _remade(row: Row, recount: bool) -> Any:
    try:
        return problem_from_key(row["key"], row["style"], recount)
    except (ValueError, Exhausted) as error:
        raise Differs("key", "a key that makes this problem", error) from None
