"""Commands that look: families, show, score."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from verimill.cli_screens import COMPILING, patience, put_json, say, sections, table

if TYPE_CHECKING:
    from verimill.pipelines.rows import Problem, Trace

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


def families(
    names: Annotated[
        list[str] | None, typer.Argument(help="Families to describe with their knobs; all by default.")
    ] = None,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
) -> None:
    """List the families; with names, their knobs too.

    Capacity is how many distinct problems a level holds at least, at levels 1, 5 and 10.

    \b
    Examples:
      verimill families
      verimill families shortest_path
      verimill families --json
    """
    from verimill.schemas import families as known

    with patience("verimill: reading the families"):
        described = [_describe(name) for name in names or known.names()]
    if as_json:
        for one in described:
            put_json(one)
    elif markdown:
        print("\n".join(_markdown(described)))
    elif names:
        for one in described:
            _show_family(one)
    else:
        heads = ("family", "kind", "checker", "version", "unanswerable", "capacity 1/5/10", "knobs")
        table("", heads, [_family_line(one) for one in described])


def _describe(name: str) -> dict[str, Any]:
    from verimill.pipelines.certificates import maker_of
    from verimill.schemas.core import LEVELS
    from verimill.schemas.families import codec
    from verimill.schemas.keys import level_params
    from verimill.schemas.knobs import knobs
    from verimill.schemas.values import dump

    code, maker = codec(name), maker_of(name)
    levels = {level: level_params(name, level) for level in LEVELS}
    return {
        "family": code.family,
        "kind": code.kind,
        "title": code.title,
        "checker": code.checker,
        "version": code.version,
        "levels": [LEVELS[0], LEVELS[-1]],
        "unanswerable": list(code.unanswerable),
        "wordings": len(maker.face.wordings),
        "layouts": list(maker.face.layouts),
        "capacity_log10": {level: round(float(maker.capacity(params)), 1) for level, params in levels.items()},
        "knobs": [
            {**asdict(knob), "at_levels": [dump(params)[knob.name] for params in levels.values()]}
            for knob in knobs(code.params)
        ],
    }


def _family_line(one: Mapping[str, Any]) -> tuple[str, ...]:
    capacity = "/".join(f"1e{int(one['capacity_log10'][level])}" for level in (1, 5, 10))
    unanswerable = " or ".join(one["unanswerable"]) or "-"
    knobs = " ".join(knob["name"] for knob in one["knobs"])
    return one["family"], one["kind"], one["checker"], str(one["version"]), unanswerable, capacity, knobs


def _markdown(described: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The README's table: each family with a link to its page."""
    yield "| family | kind | right answers | can be unanswerable | distinct problems at levels 1, 5, 10, at least |"
    yield "| --- | --- | --- | --- | --- |"
    for one in described:
        name, kind, checker, _, unanswerable, capacity, _ = _family_line(one)
        checker = {"unique": "one", "any_valid": "any that fits", "optimal": "any optimum", "exact": "one"}[checker]
        unanswerable = "no" if unanswerable == "-" else f"yes: {unanswerable}"
        yield (
            f"| [{name}](docs/families/{name}.md) | {kind} | {checker} | {unanswerable} | "
            f"{capacity.replace('/', ', ')} |"
        )


def _show_family(one: Mapping[str, Any]) -> None:
    about = (
        f"{one['title']}\nkind {one['kind']}, checker {one['checker']}, version {one['version']}, levels 1 to 10\n"
        f"unanswerable twins: {' or '.join(one['unanswerable']) or 'cannot exist'}\n"
        f"{one['wordings']} wordings, layouts {', '.join(one['layouts'])}\n"
        "distinct problems at levels 1 to 10, at least: "
        + " ".join(f"1e{int(value)}" for value in one["capacity_log10"].values())
    )
    sections([(one["family"], about)])
    heads = ("knob", "type", "default", "levels 1 to 10", "meaning")
    rows = [(k["name"], k["type"], str(k["default"]), _run(k["at_levels"]), k["doc"]) for k in one["knobs"]]
    table("", heads, rows)
    print()


def _run(values: list[Any]) -> str:
    words = [
        ("yes" if v else "no") if isinstance(v, bool) else f"{v:g}" if isinstance(v, float) else str(v) for v in values
    ]
    return words[0] if len(set(words)) == 1 else " ".join(words)


# --- show -------------------------------------------------------------------------------------------------------


def show(
    family: Annotated[str, typer.Argument(help="A family, or the key of a problem (sudoku@2:level=4#7/0).")],
    level: Annotated[int | None, typer.Option("--level", help="1 to 10; 1 by default.")] = None,
    seed: Annotated[str, typer.Option("--seed", help="A whole number or a short word.")] = "0",
    index: Annotated[int, typer.Option("--index", help="Number of the problem in its series.")] = 0,
    knobs: Annotated[str | None, typer.Option("--knobs", help="Single knobs, such as nodes=8,top=9.")] = None,
    style: Annotated[str | None, typer.Option("--style", help="Wording and layout, such as w2-matrix.")] = None,
    trace: Annotated[str, typer.Option("--trace", help="full, brief or none.")] = "full",
    twin: Annotated[bool, typer.Option("--twin", help="Show its unanswerable twin.")] = False,
    recount: Annotated[bool, typer.Option("--recount", help="Have a second solver count the solutions.")] = False,
    as_json: Json = False,
) -> None:
    """Show one problem with its checked trace.

    Prompt, trace, answer, hardness, certificate.

    \b
    Examples:
      verimill show shortest_path --level 3 --seed 7
      verimill show 'shortest_path@2:level=3#7/0'
    """
    from verimill.pipelines.oracle import VERBOSITIES, oracle_trace

    if trace not in (*VERBOSITIES, "none"):
        raise ValueError(f"--trace must be full, brief or none, got {trace!r:.40}")
    with patience(COMPILING):
        problem = _problem(family, level, seed, index, knobs, style, twin, recount)
        told = None if trace == "none" else oracle_trace(problem, "brief" if trace == "brief" else "full")
    if as_json:
        put_json({"problem": problem.row(), "trace": told.row() if told else None})
    else:
        sections(_parts(problem, told))


def _problem(
    family: str,
    level: int | None,
    seed: str,
    index: int,
    knobs: str | None,
    style: str | None,
    twin: bool,
    recount: bool,
) -> Problem:
    from verimill.pipelines.rows import problem_of
    from verimill.schemas.keys import key_for, parse_key

    key = parse_key(family) if "@" in family else key_for(family, level, knobs, seed, index)
    return problem_of(replace(key, twin=key.twin or twin), style, recount)


def _parts(problem: Problem, trace: Trace | None) -> list[tuple[str, str]]:
    certificate = json.dumps(problem.certificate, ensure_ascii=False)
    hardness = "  ".join(f"{name} {value:g}" for name, value in problem.hardness.items())
    parts = [("problem", f"{problem.key}\nstyle {problem.style}\nid {problem.id}"), ("prompt", problem.prompt)]
    if trace is not None:
        checked = "" if trace.steps_checked is None else f" ({trace.steps_checked} steps, each re-derived by the judge)"
        parts.append((f"trace{checked}", trace.reasoning))
    return [*parts, ("answer", problem.answer), ("hardness", hardness), ("certificate", certificate)]


# --- score ------------------------------------------------------------------------------------------------------


def score(
    problems: Annotated[
        Path | None, typer.Option("--problems", help="A dataset folder, or a JSONL file of problem rows.")
    ] = None,
) -> None:
    """Judge replies: JSON lines in, verdicts out.

    A line in has `completion`, and `problem_id` (with --problems) or its own `verification`. A line out repeats
    every other field and adds outcome, score, reason and answer. A line that cannot be judged gets an `error`
    in place of a verdict, and the command ends with 2.

    \b
    Example:
      verimill generate shortest_path --count 5 --out out/few
      verimill score --problems out/few < replies.jsonl > verdicts.jsonl
    """
    known = _verifications(problems) if problems is not None else {}
    counts = {"right": 0, "wrong": 0, "unreadable": 0}
    bad = 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            verdict = _score_line(line, known, problems)
            counts[verdict["outcome"]] += 1
        except ValueError as error:
            verdict, bad = {"line": number, "error": str(error)}, bad + 1
        put_json(verdict)
    total = sum(counts.values())
    say(f"verimill: {total} replies: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    if bad:
        say(f"verimill: {bad} lines could not be judged; each has an error in the output")
        raise typer.Exit(2)


def _score_line(line: bytes, known: Mapping[str, str], problems: Path | None) -> dict[str, Any]:
    from verimill.verifiers.judge import verify

    wanted = "wanted an object with problem_id (or verification) and completion"
    try:
        data = json.loads(line)
    except ValueError:
        raise ValueError(f"{wanted}, got {line[:60]!r}") from None
    if not isinstance(data, dict) or not isinstance(data.get("completion"), str):
        raise ValueError(f"{wanted}, got {line[:60]!r}")
    verification = data.pop("verification", None)
    if verification is None:
        name = data.get("problem_id")
        verification = known.get(name) if isinstance(name, str) else None
        if verification is None:
            where = f"in {problems}" if problems else "without --problems"
            raise ValueError(f"problem_id must be one of a problem {where}, got {name!r:.60}")
    verdict = verify(verification, data.pop("completion"))
    found = {"outcome": verdict.outcome, "score": verdict.score, "reason": verdict.reason, "answer": verdict.answer}
    return {**data, **found}


def _verifications(source: Path) -> dict[str, str]:
    """Problem id to verification text; about a kilobyte of memory each."""
    with patience(f"verimill: reading {source}"):
        return {row["id"]: row["verification"] for row in _problem_rows(source)}


def _problem_rows(source: Path) -> Iterator[Mapping[str, Any]]:
    if source.is_dir():
        from verimill.pipelines.shards import read_rows

        yield from read_rows(source, "problems", ["id", "verification"])
        return
    try:
        with open(source, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                row = json.loads(line)
                if not isinstance(row, dict) or not {"id", "verification"} <= row.keys():
                    raise ValueError(f"{source} line {number} must be a problem row with id and verification")
                yield row
    except OSError as error:
        raise ValueError(
            f"--problems must be a dataset folder or a JSONL file, got {source} ({error.strerror})"
        ) from None
    except UnicodeDecodeError:
        raise ValueError(
            f"--problems must be a dataset folder or a JSONL file, got {source}, which is not text"
        ) from None
