"""Commands that make: generate, build, new."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from verimill.cli_screens import put_json, say, telling, write_card_of

if TYPE_CHECKING:
    from verimill.schemas.recipes import Recipe

PARTLY = 3
_SPLIT = re.compile(
    r"(?P<name>[A-Za-z]\w*)=(?P<rows>[0-9_]+)(?:@(?P<levels>[0-9,\- ]+?))?(?:\s+where\s+(?P<where>.+))?\s*\Z"
)
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Worker processes.")]


def generate(
    families: Annotated[list[str], typer.Argument(help="Families, or all.")],
    level: Annotated[str, typer.Option("--level", help="4, 2-6 or 1,3,5.")] = "1-10",
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Rows in all, when no --split is given.")] = 100,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same rows.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder, run again to go on; without it JSON lines are printed.")
    ] = None,
    split: Annotated[
        list[str] | None, typer.Option("--split", help="NAME=ROWS[@LEVELS][ where CONDITION]; repeat for more.")
    ] = None,
    where: Annotated[
        str | None, typer.Option("--where", help="A condition on measured hardness, for all splits.")
    ] = None,
    knobs: Annotated[
        str | None, typer.Option("--knobs", help="Single knobs over each level, such as nodes=8,top=9.")
    ] = None,
    traces: Annotated[str, typer.Option("--traces", help="full, brief, both or none.")] = "full",
    unanswerable: Annotated[
        float, typer.Option("--unanswerable", min=0, max=0.5, help="Share of rows that have no one answer.")
    ] = 0.0,
    recount: Annotated[
        float | None,
        typer.Option("--recount", min=0, max=1, help="Share solved again by a second solver; all if installed."),
    ] = None,
    tries: Annotated[float, typer.Option("--tries", min=1, help="Budget: problems tried for each row wanted.")] = 20.0,
    jobs: Jobs = 1,
    as_json: Json = False,
) -> None:
    """Make a small dataset without a flow.

    Certified problems, checked traces, and splits without a common problem. Rows are dealt evenly over families
    and levels; copies up to symmetry are dropped. A condition compares level, tier, steps, search, space,
    effort and what a family adds, with and, or, not. A split that cannot be filled within the budget is named,
    and the command ends with 3.

    \b
    Examples:
      verimill generate shortest_path --level 2-4 --count 20 --out out/small
      verimill generate shortest_path knights_knaves --out out/splits --split train=60@1-6 --split test=20@5-6
      verimill generate shortest_path --level 3-8 --count 10 --where "steps>=8 and effort>20"
    """
    recipe = _recipe(families, level, count, seed, split or [], where, knobs, traces, unanswerable, recount, tries)
    if out is None:
        with tempfile.TemporaryDirectory(prefix="verimill-") as folder:
            summary = _made(recipe, Path(folder), jobs)
            _print_rows(Path(folder))
        raise typer.Exit(_shortfalls(summary))
    from verimill.pipelines.summary import summary_lines

    began = time.monotonic()
    try:
        summary = _made(recipe, out, jobs, card=True)
    except KeyboardInterrupt:
        say("verimill: stopped; run the same command again to go on from the last whole shard")
        raise typer.Exit(PARTLY) from None
    if as_json:
        put_json(summary)
    else:
        print("\n".join(summary_lines({**summary, "shortfalls": []}, out, time.monotonic() - began)))
    raise typer.Exit(_shortfalls(summary))


def _recipe(
    families: Sequence[str],
    level: str,
    count: int,
    seed: int,
    splits: Sequence[str],
    where: str | None,
    knobs: str | None,
    traces: str,
    unanswerable: float,
    recount: float | None,
    tries: float,
) -> Recipe:
    """The same recipe that a YAML file would give; ValueError says what is wrong in one sentence."""
    from verimill.schemas.core import LEVELS
    from verimill.schemas.families import codec, names
    from verimill.schemas.recipes import parse_levels

    verbosities = {"full": ["full"], "brief": ["brief"], "both": ["full", "brief"], "none": []}
    if traces not in verbosities:
        raise ValueError(f"--traces must be one of {', '.join(verbosities)}, got {traces!r:.40}")
    chosen = list(names()) if list(families) == ["all"] else list(dict.fromkeys(families))
    for family in chosen:
        codec(family)
    made = [_split(text, where) for text in splits] or [{"name": "train", "rows": count, "where": where}]
    levels = parse_levels(level)
    if splits and level == "1-10":
        levels = sorted({n for one in made for n in one.get("levels") or LEVELS})
    return _validated(
        {
            "name": "generate",
            "seed": seed,
            "families": [{"family": f, "levels": levels, "knobs": _knobs(knobs or "")} for f in chosen],
            "splits": made,
            "traces": {"oracle": verbosities[traces]},
            "unanswerable": unanswerable,
            "recount": _installed_share(chosen) if recount is None else recount,
            "tries": tries,
        }
    )


def _installed_share(families: Sequence[str]) -> float:
    """What is solved again where nobody asked: all rows, or none, and a line that says so, without the solver.

    It is the recipe that says none, so that the same recipe gives the same bytes whatever is installed.
    """
    from verimill.pipelines.certificates import can_recount

    lacking = [family for family in families if not can_recount(family)]
    if not lacking:
        return 1.0
    named = ", ".join(lacking[:3]) + (f" and {len(lacking) - 3} more" if len(lacking) > 3 else "")
    say(f'verimill: no row is recounted, the second solver of {named} is missing: pip install "verimill[recount]"')
    return 0.0


def _validated(data: Mapping[str, Any]) -> Recipe:
    from pydantic import ValidationError

    from verimill.schemas.recipes import Recipe

    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
        text = str(first["msg"]).removeprefix("Value error, ")
        raise ValueError(f"{where}: {text}" if where else text) from None


def _knobs(text: str) -> dict[str, str]:
    """Knob name to word; the recipe checks both against the family."""
    found = {}
    for part in filter(None, text.split(",")):
        name, eq, word = part.partition("=")
        if not eq:
            raise ValueError(f"--knobs must look like nodes=8,top=9, got {text!r:.80}")
        found[name.strip()] = word.strip()
    return found


def _split(text: str, where: str | None) -> dict[str, Any]:
    from verimill.schemas.recipes import parse_levels

    match = _SPLIT.match(text.strip())
    if match is None:
        example = "train=8000@1-6 or 'hard=500@5-6 where tier>=3'"
        raise ValueError(f"--split must look like {example}, got {text!r:.80}")
    made: dict[str, Any] = {"name": match["name"], "rows": int(match["rows"]), "where": match["where"] or where}
    if match["levels"]:
        made["levels"] = parse_levels(match["levels"])
    return made


def _made(recipe: Recipe, out: Path, jobs: int, card: bool = False) -> dict[str, Any]:
    from verimill.pipelines.build import build
    from verimill.pipelines.workers import Workers, one_by_one

    with ExitStack() as stack:
        each = one_by_one if jobs == 1 else stack.enter_context(Workers(jobs)).each
        with telling() as tell:
            summary = build(recipe, out, each, tell=tell)
        if card:
            write_card_of(out, each)
        return summary


def _print_rows(folder: Path) -> None:
    from verimill.pipelines.shards import read_rows

    for row in read_rows(folder, "problems", check=False):
        put_json(row)


def _shortfalls(summary: Mapping[str, Any]) -> int:
    """The exit code; what could not be filled is said."""
    sys.stdout.flush()
    for shortfall in summary["shortfalls"]:
        say(f"verimill: {shortfall}")
    return PARTLY if summary["shortfalls"] else 0


# --- build ------------------------------------------------------------------------------------------------------


def build(
    recipe: Annotated[Path, typer.Argument(help="A recipe in YAML.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the dataset; needed for all but --dry-run.")
    ] = None,
    runner: Annotated[str, typer.Option("--runner", help="Who runs the shards: local, dask or ray.")] = "local",
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Worker processes; all cores by default.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made and how long it takes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary, or the dry run, as JSON.")] = False,
) -> None:
    """Build a dataset from a recipe, as a Prefect flow.

    Run it again to go on where it stopped.

    \b
    Examples:
      verimill build recipes/quickstart.yaml --dry-run
      verimill build recipes/quickstart.yaml --out out/quickstart
    """
    from verimill.pipelines.flows import run_build

    raise typer.Exit(run_build(recipe, out, runner=runner, dry_run=dry_run, jobs=jobs, as_json=as_json))


def new(
    family: Annotated[str, typer.Argument(help="Name of the new family, such as word_ladder.")],
    kind: Annotated[str, typer.Option("--kind", help="Folder it goes to: grids, logic, graphs, numbers ...")] = "logic",
    out: Annotated[
        Path, typer.Option("--out", help="Root of the tree that has schemas, verifiers and generators.")
    ] = Path("."),
) -> None:
    """Write a template family that passes the contract.

    Three files, a whole small family to start from.

    \b
    Example:
      verimill new word_ladder --kind logic
      verimill check word_ladder
    """
    from verimill.pipelines.template import write

    for path in write(family, out, kind):
        print(path)
