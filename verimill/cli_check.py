"""Commands that check: verify, reproduce, soak, check."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from verimill.cli_screens import COMPILING, patience, put_json, say, table, telling

if TYPE_CHECKING:
    from verimill.pipelines.audit import Audit
    from verimill.pipelines.progress import Tell

FAILED = 1
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Folder = Annotated[Path | None, typer.Argument(help="A dataset folder.")]
Repo = Annotated[str | None, typer.Option("--repo", help="A published dataset, as user/name, in place of a folder.")]
Revision = Annotated[str, typer.Option("--revision", help="A branch, tag or commit of --repo.")]
Sample = Annotated[int | None, typer.Option("--sample", min=1, help="Rows of each table to check; all by default.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Worker processes.")]


def verify(
    folder: Folder = None,
    repo: Repo = None,
    revision: Revision = "main",
    sample: Sample = None,
    jobs: Jobs = 1,
    recount: Annotated[
        float | None,
        typer.Option("--recount", min=0, max=1, help="Share solved again by a second solver; 0.01 if installed."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Re-verify every row of a dataset from scratch.

    The first mismatch is named and ends the command with 1. Problems are read from their verification text,
    solved, graded, rendered and judged again; every step of every oracle trace is re-derived. Files are
    compared with the manifest's sha256. A published dataset (`--repo user/name`) is downloaded first.

    \b
    Example:
      verimill generate shortest_path --count 20 --out out/small
      verimill verify out/small
    """
    from verimill.pipelines import audit

    _audited("verify", folder, repo, revision, as_json, lambda at, step: audit.verify(at, sample, jobs, recount, step))


def reproduce(
    folder: Folder = None,
    repo: Repo = None,
    revision: Revision = "main",
    sample: Sample = None,
    jobs: Jobs = 1,
    as_json: Json = False,
) -> None:
    """Make every row again from its key and compare.

    All columns are compared; the first mismatch is named and ends the command with 1.

    \b
    Example:
      verimill generate shortest_path --count 20 --out out/small
      verimill reproduce out/small
    """
    from verimill.pipelines import audit

    _audited("reproduce", folder, repo, revision, as_json, lambda at, step: audit.reproduce(at, sample, jobs, step))


def located(folder: Path | None, repo: str | None, revision: str, tell: Tell) -> tuple[Path, str]:
    """The folder of a dataset, downloaded where it is named by --repo, and what to call it."""
    if (folder is None) == (repo is None):
        raise ValueError("give a dataset folder or --repo user/name" + (", got both" if repo else ", got neither"))
    if folder is not None:
        return folder, str(folder)
    from verimill.pipelines.publishing.fetching import fetch

    place, sha = fetch(repo or "", revision, tell)
    return place, f"{repo}@{sha[:12]}"


def _audited(
    name: str,
    folder: Path | None,
    repo: str | None,
    revision: str,
    as_json: bool,
    run: Callable[[Path, Callable[[int], None]], Audit],
) -> None:
    from verimill.pipelines.audit import size

    with telling() as tell:
        place, called = located(folder, repo, revision, tell)
        tell.stage(name, size(place))
        found = run(place, lambda rows: tell.step(rows))
    if as_json:
        counts = {n: getattr(found, n) for n in ("problems", "traces", "recounts", "shards", "skipped")}
        wrong = None
        if found.mismatch is not None:
            wrong = {n: getattr(found.mismatch, n) for n in ("row", "column", "wanted", "got")}
            wrong |= {"file": found.file, "altered": found.altered}
        put_json({"ok": found.ok, **counts, "seconds": round(found.seconds, 2), "mismatch": wrong})
    elif found.ok:
        print(f"{called}: {found} ({found.seconds:.1f} s)")
    if found.unrecounted:
        rows = f"{found.unrecounted} row{'s' * (found.unrecounted > 1)}"
        say(f'verimill: {rows} not recounted, the second solver is missing: pip install "verimill[recount]"')
    if not found.ok:
        say(f"verimill: {found}")
        raise typer.Exit(FAILED)


# --- soak -------------------------------------------------------------------------------------------------------


def soak(
    family: Annotated[str, typer.Argument(help="A family.")],
    level: Annotated[int, typer.Option("--level", help="1 to 10.")] = 1,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="How long to go on.")] = 10.0,
    count: Annotated[int | None, typer.Option("--count", "-n", min=1, help="Stop after so many.")] = None,
    seed: Annotated[str, typer.Option("--seed", help="A whole number or a short word.")] = "0",
    knobs: Annotated[str | None, typer.Option("--knobs", help="Single knobs over the level.")] = None,
    as_json: Json = False,
) -> None:
    """Measure rate, exhausted share, tiers, duplicates.

    Makes whole rows for a while. A row is problem, certificate, grading, canonical key, prompt, and a trace
    with every step checked. What the first problem takes, compiling included, is not in the rate.

    \b
    Example:
      verimill soak shortest_path --level 4 --seconds 2
    """
    from verimill.pipelines.rows import generate

    with patience(COMPILING):
        generate(family, level, "warm-up", 0, knobs)
    found = _soaked(family, level, seed, knobs, seconds, count)
    if as_json:
        put_json(found)
        return
    tiers = " ".join(f"{tier}:{100 * n / max(1, found['made']):.0f}%" for tier, n in found["tiers"].items())
    rows = [(name, str(found[name])) for name in ("made", "exhausted", "duplicates", "seconds", "rows_per_second")]
    rows += [("tiers", tiers)] + [(name, str(found[name])) for name in ("steps", "search", "effort")]
    table("", (family, f"level {level}"), rows)


def _soaked(family: str, level: int, seed: str, knobs: str | None, seconds: float, count: int | None) -> dict[str, Any]:
    from verimill.pipelines.rows import generate, oracle_trace
    from verimill.schemas.core import Exhausted

    measured: list[dict[str, float]] = []
    seen: set[str] = set()
    exhausted, index, spent = 0, 0, 0.0
    while spent < seconds and (count is None or index < count):
        began = time.process_time()
        try:
            problem = generate(family, level, seed, index, knobs)
            oracle_trace(problem)
            measured.append(dict(problem.hardness))
            seen.add(problem.canonical)
        except Exhausted:
            exhausted += 1
        spent, index = spent + time.process_time() - began, index + 1
    made = len(measured)
    tiers = Counter(int(one["tier"]) for one in measured)
    return {
        "family": family, "level": level, "tried": index, "made": made, "exhausted": exhausted,
        "duplicates": made - len(seen), "seconds": round(spent, 2),
        "rows_per_second": round(made / max(spent, 1e-9), 1), "tiers": dict(sorted(tiers.items())),
        **{name: _spread([one[name] for one in measured]) for name in ("steps", "search", "effort")},
    }  # fmt: skip


def _spread(values: list[float]) -> str:
    """Least, median and most."""
    ordered = sorted(values)
    return f"{ordered[0]:g} .. {ordered[len(ordered) // 2]:g} .. {ordered[-1]:g}" if ordered else "-"


# --- check ------------------------------------------------------------------------------------------------------


def check(
    families: Annotated[list[str], typer.Argument(help="Families, or all.")],
    problems: Annotated[
        int, typer.Option("--problems", min=20, help="Problems of level 1; other samples follow from it.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Another seed tries other problems.")] = 0,
    only: Annotated[list[str] | None, typer.Option("--only", help="A property to try; repeat for more.")] = None,
    as_json: Json = False,
) -> None:
    """Check the contract of a family, ours or another's.

    Ends with 1 when a property does not hold.

    \b
    Example:
      verimill check shortest_path --problems 100
    """
    from verimill.pipelines.contract import check as contract
    from verimill.schemas.families import names

    failed = []
    for family in names() if list(families) == ["all"] else families:
        report = contract(family, problems, seed, tuple(only or ()))
        if as_json:
            findings = [
                {"property": f.name, "ok": f.ok, "complaints": list(f.complaints), "seconds": round(f.seconds, 2)}
                for f in report.findings
            ]
            put_json({"family": report.family, "ok": report.ok, "findings": findings})
        else:
            print(report, flush=True)
        failed += [] if report.ok else [family]
    if failed:
        say(f"verimill: the contract does not hold for {', '.join(failed)}")
        raise typer.Exit(FAILED)
