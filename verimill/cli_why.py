"""The command that tells the life of a row: why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from verimill.cli_check import Repo, Revision, located
from verimill.cli_screens import put_json, sections, telling

_DROPPED = {
    "exhausted": "a bounded search made no problem of this key",
    "duplicate": "the same problem, up to symmetry, was there already",
    "orphan": "an unanswerable twin whose original is a duplicate",
    "spare": "it was made and certified, and no split wanted it",
}


def why(
    row: Annotated[str, typer.Argument(help="An id of a problem or a trace (or its beginning), or a key.")],
    folder: Annotated[Path | None, typer.Argument(help="A dataset folder.")] = None,
    repo: Repo = None,
    revision: Revision = "main",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell the life of a row.

    Its key and knobs, what its series cost, what was proved and by what, its hardness, why it is in its split, its
    twin and the copies dropped for it, who answered it and how, where it lies, and the command that makes it again.
    A key that was dropped is told with the reason.

    \b
    Example:
      verimill generate shortest_path --level 3 --count 20 --seed 1 --out out/small
      verimill why 'shortest_path@2:level=3#1/0' out/small
    """
    from verimill.pipelines.life import life_of

    with telling() as tell:
        place, _ = located(folder, repo, revision, tell)
    told = life_of(place, row)
    if as_json:
        put_json(told)
    else:
        sections(_dropped_parts(told) if "dropped" in told else _parts(told))


def _parts(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    problem, made = told["problem"], told["made"]
    level = "knobs given one by one" if problem["level"] is None else f"level {problem['level']}"
    knobs = " ".join(f"{name}={value}" for name, value in problem["params"].items())
    about = [problem["key"], f"id {problem['id']}, style {problem['style']}",
             f"{problem['kind']}, {problem['family']} version {problem['family_version']}, {level}: {knobs}",
             f"answer ({'it has one' if problem['answerable'] else 'unanswerable'}, checker "
             f"{problem['checker'].replace('_', ' ')}): {problem['answer']}"]  # fmt: skip
    if told["trace"] is not None:
        gone = ", dropped," if told["asked_for"] == "dropped trace" else ""
        about.insert(0, f"trace {told['trace']['id']}{gone} answers this problem:")
    parts = [
        ("problem", "\n".join(about)),
        ("made", _made(made)),
        ("proved", _proved(told["certificate"])),
        ("hardness", "  ".join(f"{name} {value:g}" for name, value in told["hardness"].items())),
        (f"split {told['split']['name']}", _split(told["split"])),
        ("copies", _group(told["group"])),
        (f"traces ({len(told['traces'])})", "\n".join(map(_trace, told["traces"])) or "none"),
        *_lost(told["lost_traces"]),
        *_own_trace(told["trace"]),
    ]
    return [*parts, ("where it lies", _place(told["place"])), ("make it again", "\n".join(told["rebuild"]))]


def _lost(traces: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    lines = [
        f"{one['id'][:8]} {one['teacher']} #{one['sample']}, {one['outcome']}: dropped by {one['stage']}: {one['why']}"
        for one in traces
    ]
    return [(f"traces dropped ({len(lines)})", "\n".join(lines))] if lines else []


def _own_trace(trace: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """The text of the trace that was asked for, and where it lies."""
    if trace is None:
        return []
    name = f"trace {trace['id'][:8]}"
    place = f"dropped by {trace['stage']}: {trace['why']}" if trace["place"] is None else _place(trace["place"])
    return [(name, f"{trace['reasoning']}\n\n{trace['response']}".strip()), (f"where {name} lies", place)]


def _made(made: Mapping[str, Any]) -> str:
    twin = ", perturbed so that no answer, or more than one, follows" if made["twin"] else ""
    version = f" by verimill {made['verimill_version']}" if made["verimill_version"] else ""
    lines = [f"number {made['index']} of the series with seed {made['seed']}{twin}{version}"]
    if made["recipe"] is not None:
        lines.append(f"recipe {made['recipe']}")
    if made["selected"]:
        lines.append(f"selected by {', '.join(made['selected'])}")
    series = made["series"]
    if series is None:
        lines.append("what the series cost is not recorded here")
    else:
        counts = ", ".join(f"{series[name]:,} {name}" for name in series if name not in ("tried", "made"))
        lines.append(
            f"the build tried {series['tried']:,} keys of this level and made {series['made']:,} rows: {counts}"
        )
    return "\n".join(lines)


def _proved(certificate: Mapping[str, Any]) -> str:
    by = certificate.get("by", ())
    lines = [f"{certificate.get('claim', 'nothing')}, by {' and '.join([by] if isinstance(by, str) else map(str, by))}"]
    again = certificate.get("recount")
    if isinstance(again, dict):
        lines.append(f"counted again by {again.get('method')}: {again.get('detail')}, agrees")
    else:
        lines.append("not counted again by the judge's second solver")
    rest = {k: v for k, v in certificate.items() if k not in ("claim", "by", "recount", "verdict")}
    if rest:
        lines.append(json.dumps(rest, ensure_ascii=False))
    return "\n".join([*lines, f"the judge finds the answer {certificate.get('verdict', 'not judged')}"])


def _split(split: Mapping[str, Any]) -> str:
    asked = split["asked"]
    if asked is None:
        return "no recipe that lies here names it"
    parts = [f"{asked['rows']:,} rows"]
    if asked.get("levels"):
        parts.append("of level " + ", ".join(map(str, asked["levels"])))
    if asked.get("families"):
        parts.append("of " + ", ".join(asked["families"]))
    if asked.get("where"):
        measured = ", ".join(f"{name} {value:g}" for name, value in split["measured"].items())
        parts.append(f"where {asked['where']} (this row: {measured})")
    return f"the recipe asks for {' '.join(parts)}"


def _group(group: Mapping[str, Any]) -> str:
    others = len(group["rows"]) - 1
    alone = "no other row is the same up to symmetry" if not others else f"{others} other rows are the same problem!"
    lines = [f"canonical key {group['canonical']}: {alone}"]
    twin = group["twin"]
    if twin is not None:
        where = (
            f"in split {twin['split']}"
            if "split" in twin
            else f"dropped: {_DROPPED.get(twin['dropped'], twin['detail'])}"
        )
        what = "unanswerable twin" if twin["key"].endswith("!twin") else "twin of"
        lines.append(f"{what} {twin['key']}: {where}")
    lines += [f"dropped for it: {one['key']} ({one['reason']})" for one in group["dropped_copies"]]
    return "\n".join(lines)


def _reason(reason: str, detail: str) -> str:
    """Why something was dropped; a selection says it in its own words."""
    return _DROPPED.get(reason, detail)


def _trace(trace: Mapping[str, Any]) -> str:
    how = trace["verbosity"] or trace["prompt_variant"]
    steps = "no steps to check"
    if trace["steps_checked"] is not None:
        wrong = f"{trace['steps_wrong']} wrong, the first is {trace['first_wrong_step']}"
        steps = f"{trace['steps_checked']} steps checked, " + (wrong if trace["steps_wrong"] else "all hold")
    said = f": {trace['reason']}" if trace["reason"] else ""
    tokens = "" if trace["completion_tokens"] is None else f", {trace['completion_tokens']:,} tokens"
    helped = ", helped" if trace["hinted"] else ""
    name = f"{trace['id'][:8]} {trace['teacher']} #{trace['sample']} {how}"
    return f"{name}: {trace['outcome']}{said}; {steps}{tokens}{helped}"


def _place(place: Mapping[str, Any]) -> str:
    state = "as the manifest says" if place["whole"] else "NOT the bytes that the manifest names"
    return (
        f"{place['file']}, row {place['row']} of {place['rows']:,} (from 0)\n"
        f"sha256 {place['sha256']}, {place['bytes']:,} bytes: {state}"
    )


def _dropped_parts(told: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    gone = told["dropped"]
    lines = [gone["key"], f"{gone['reason']}: {_reason(gone['reason'], gone['detail'])}"]
    if gone["reason"] in _DROPPED:
        lines.append(gone["detail"])
    kept = told["instead"]
    if kept is not None:
        lines.append(f"kept: {kept['key']}" + (f", in split {kept['split']}" if "split" in kept else ""))
    return [
        ("dropped", "\n".join(lines)),
        ("made", _made(told["made"])),
        *_lost(told["lost_traces"]),
        *_own_trace(told["trace"]),
        ("make it again", "\n".join(told["rebuild"])),
    ]
