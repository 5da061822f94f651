"""The command that finds levels by a teacher's pass rates: calibrate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from verimill.cli_screens import put_json, say, table, telling

PARTLY = 3


def calibrate(
    families: Annotated[list[str], typer.Argument(help="Families, or all.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of samples and results; run again to go on.")],
    base_url: Annotated[
        list[str] | None, typer.Option("--base-url", help="An OpenAI-compatible server; repeat for replicas.")
    ] = None,
    model: Annotated[str, typer.Option("--model", help="The name it serves; not needed if it serves one.")] = "",
    revision: Annotated[str, typer.Option("--revision", help="Commit of the weights; part of a sample's key.")] = "",
    rate: Annotated[
        list[float] | None, typer.Option("--rate", help="A wanted pass rate; by default 0.25, 0.5 and 0.75.")
    ] = None,
    level: Annotated[str, typer.Option("--level", help="Levels to look at, as in 1-10.")] = "1-10",
    knobs: Annotated[str, typer.Option("--knobs", help="Single knobs over each level, such as nodes=8,top=9.")] = "",
    most: Annotated[int, typer.Option("--most", help="Most samples of one level.")] = 64,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Rows of a family in each split of the recipe.")] = 100,
    temperature: Annotated[float, typer.Option("--temperature", help="0 takes the likeliest token.")] = 1.0,
    top_p: Annotated[float, typer.Option("--top-p", help="Only the likeliest tokens that make up this much.")] = 1.0,
    max_tokens: Annotated[int, typer.Option("--max-tokens", help="Reasoning and answer together.")] = 4096,
    extra: Annotated[str, typer.Option("--extra", help="Further sampling fields as JSON.")] = "{}",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seeds of problems and samples follow from it.")] = 0,
    in_flight: Annotated[
        int, typer.Option("--in-flight", min=0, help="Requests at once for a server; 0 follows its metrics.")
    ] = 0,
    patience: Annotated[float, typer.Option("--patience", min=0, help="Seconds without any server.")] = 300.0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Judging processes; 0 judges here.")] = 1,
    key_variable: Annotated[
        str, typer.Option("--api-key-variable", help="Environment variable that holds the API key.")
    ] = "VERIMILL_API_KEY",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Find the levels that a teacher passes at wanted rates.

    Each family's ladder is searched by bisection, with few samples, each of another problem. The folder gets
    calibration.json and recipe.yaml, whose splits hold such problems. Ends with 3 when a wanted rate lies beyond
    the ladder of a family.

    \b
    Example:
      verimill calibrate sudoku zebra --rate 0.3 --rate 0.7 --base-url http://127.0.0.1:8000/v1 --out out/levels
    """
    from verimill.cli_ask import json_object
    from verimill.pipelines.teachers.calibrate import FRAGMENT, Plan
    from verimill.pipelines.teachers.calibrate import calibrate as run
    from verimill.pipelines.teachers.samples import Model, Sampling
    from verimill.pipelines.teachers.watching import ServerGone, Settings
    from verimill.schemas.families import codec, names
    from verimill.schemas.recipes import parse_levels

    chosen = names() if families == ["all"] else list(dict.fromkeys(families))
    for family in chosen:
        codec(family)  # raises with the nearest names
    plan = Plan(
        families=tuple(chosen),
        out=out,
        base_urls=tuple(base_url or ()),
        model=Model(model, revision),
        rates=tuple(sorted(set(rate or (0.25, 0.5, 0.75)))),
        levels=tuple(parse_levels(level)),
        knobs=knobs,
        sampling=Sampling(temperature, top_p, max_tokens, json_object(extra)),
        settings=Settings(in_flight=in_flight, patience_s=patience),
        most=most,
        rows=rows,
        seed=seed,
        jobs=jobs,
        key_variable=key_variable,
    )
    try:
        with telling() as tell:
            summary = run(plan, tell)
    except (KeyboardInterrupt, ServerGone) as stop:
        say(f"verimill: {stop or 'stopped'}; what came is in the log, run the same command again to go on")
        raise typer.Exit(PARTLY) from None
    if as_json:
        put_json(summary)
    else:
        _show(summary, out / FRAGMENT)
    missed = [row for row in summary["places"] if row["missed"]]
    for row in missed:
        say(f"verimill: {row['family']} has no level for a pass rate of {row['wanted']:g}: it is {row['missed']}")
    raise typer.Exit(PARTLY if missed else 0)


def _show(summary: dict[str, Any], recipe: Path) -> None:
    print(f"{summary['teacher']}: {summary['asked']:,} samples asked, {summary['held']:,} from the log; {recipe}\n")
    lines = []
    for row in summary["places"]:
        place = "-" if row["missed"] else str(row["level"])
        rate = f"{row['rate']:.2f} ({row['low']:.2f}..{row['high']:.2f})"
        knobs = json.dumps(row["knobs"], separators=(",", ":")) if not row["missed"] else row["missed"]
        lines.append((row["family"], f"{row['wanted']:g}", place, rate, str(row["samples"]), knobs))
    table("", ("family", "wanted", "level", "pass rate", "samples", "knobs"), lines)
