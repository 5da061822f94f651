"""The command that selects problems and traces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verimill.cli_screens import put_json, table, telling, write_card_of

if TYPE_CHECKING:
    from verimill.pipelines.selections.running import Report


def select(
    folder: Annotated[Path, typer.Argument(help="A dataset folder, with its traces.")],
    out: Annotated[Path, typer.Option("--out", help="A new folder; it becomes a dataset of its own.")],
    stage: Annotated[
        list[str] | None, typer.Option("--stage", help="NAME or NAME:knob=value,knob=value; repeat, in order.")
    ] = None,
    problems: Annotated[
        Path | None, typer.Option("--problems", help="The problems' folder, where the traces were asked into another.")
    ] = None,
    stages: Annotated[bool, typer.Option("--stages", help="List the stages and their knobs, and do nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Keep some problems and traces.

    Each stage comes from a paper and says why it drops what it drops; the rows are kept in dropped/. What a stage cuts
    or rewrites is judged again first. The result is a dataset: verify, export and publish take it.

    \b
    Examples:
      verimill generate shortest_path --count 20 --traces both --out out/small
      verimill select out/small --stage right-path --stage shortest:keep=1 --out out/short
      verimill select out/small --out out/short --stages
    """
    from verimill.schemas.selections import parse_stage, read_stages

    if stages:
        _list(as_json)
        return
    from verimill.pipelines.selections.writing import select as run
    from verimill.pipelines.shards import read_manifest

    chosen = read_stages([parse_stage(text) for text in stage or ()])
    with telling() as tell:
        tell.stage("select", sum(e.rows for e in read_manifest(problems or folder) if e.table == "problems"))
        report = run(folder, chosen, out, problems, tell.step)
    write_card_of(out)
    if as_json:
        put_json(report.data())
    else:
        show(report, out)


def show(report: Report, out: Path) -> None:
    """The report as a person reads it."""
    print(
        f"{out}: {report.problems:,} of {report.of_problems:,} problems, "
        f"{report.traces:,} of {report.of_traces:,} traces\n"
    )
    lines = [(one.stage, *(f"{n:,}" for n in (one.problems, one.traces, one.rewritten))) for one in report.stages]
    table("", ("stage", "problems dropped", "traces dropped", "rewritten"), lines)


def _list(as_json: bool) -> None:
    from verimill.schemas.selections import KINDS, name_of

    for kind in KINDS:
        knobs = {
            name: None if one.is_required() else one.default
            for name, one in kind.model_fields.items()
            if name != "stage"
        }
        if as_json:
            put_json({"stage": name_of(kind), "keeps": kind.__doc__, "paper": kind.paper, "knobs": knobs})
        else:
            told = ", ".join(f"{k}={'...' if v is None else v}" for k, v in knobs.items())
            print(f"{name_of(kind)}: {kind.__doc__}\n  knobs: {told or 'none'}\n  from: {kind.paper}")
