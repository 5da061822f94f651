"""Commands that take a dataset on: export, index, decontaminate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verimill.cli_screens import put_json, say, telling

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def export(
    folder: Annotated[Path, typer.Argument(help="A dataset folder.")],
    to: Annotated[
        str,
        typer.Option(
            "--to", help="sft, rl, verl, openrlhf, skyrl, nemo, preference, kto, steps, critique or pretrain."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="A new folder; it gets one file for each split.")],
    split: Annotated[str | None, typer.Option("--split", help="One split only.")] = None,
    where: Annotated[str | None, typer.Option("--where", help="A condition on level and measured hardness.")] = None,
    style: Annotated[str, typer.Option("--style", help="SFT rows: messages or prompt-completion.")] = "messages",
    think: Annotated[str, typer.Option("--think", help="Reasoning in tags, in a field, or none for plain.")] = "tags",
    negatives: Annotated[int, typer.Option("--negatives", help="Wrong traces made for each problem, 1 to 20.")] = 1,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON lines instead of Parquet.")] = False,
    as_json: Json = False,
) -> None:
    """Write a dataset as training rows.

    Every row names its problem and trace. Wrong traces, where a format needs them, are samples of a teacher, or the
    solver's with an error that the judge has found. What makes no row is kept in dropped.jsonl with its reason.

    \b
    Example:
      verimill generate shortest_path --count 20 --out out/small
      verimill export out/small --to sft --out out/sft
      verimill export out/small --to preference --where "steps>=5" --out out/pairs
    """
    from verimill.pipelines.exports.shapes import Options
    from verimill.pipelines.exports.writing import export as write
    from verimill.pipelines.shards import read_manifest

    options = Options(style, think, negatives)  # type: ignore[arg-type]
    with telling() as tell:
        tell.stage("export", sum(entry.rows for entry in read_manifest(folder) if entry.table == "problems"))
        report = write(folder, to, out, options, split, where, jsonl, tell.step)
    if as_json:
        put_json(
            {"to": to, "rows": report.rows, "dropped": dict(report.dropped), "files": list(map(str, report.files))}
        )
        return
    for name, rows in report.rows.items():
        print(f"{out / name}.{'jsonl' if jsonl else 'parquet'}: {rows} rows")
    for reason, count in sorted(report.dropped.items()):
        say(f"verimill: dropped {count}: {reason}")
