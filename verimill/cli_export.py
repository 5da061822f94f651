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
            "--to",
            help="sft, rl, verl, openrlhf, skyrl, nemo, nemo-gym, prime-rl, preference, kto, steps, critique, "
            "pretrain, reflection, search, choice, chain, segments, plan, answerability, program, formal "
            "or constrained.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="A new folder; it gets one file for each split.")],
    split: Annotated[str | None, typer.Option("--split", help="One split only.")] = None,
    where: Annotated[str | None, typer.Option("--where", help="A condition on level and measured hardness.")] = None,
    style: Annotated[str, typer.Option("--style", help="SFT rows: messages or prompt-completion.")] = "messages",
    think: Annotated[str, typer.Option("--think", help="Reasoning in tags, in a field, or none for plain.")] = "tags",
    negatives: Annotated[int, typer.Option("--negatives", help="Wrong traces made for each problem, 1 to 20.")] = 1,
    links: Annotated[str, typer.Option("--links", help="Problems in a chain, from-to.")] = "2-4",
    segment: Annotated[int, typer.Option("--segment", help="Characters after which a segment ends.")] = 1_000,
    distinct: Annotated[
        float | None, typer.Option("--distinct", help="Drop traces that are so alike within a problem, such as 0.8.")
    ] = None,
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
      verimill export out/small --to prime-rl --out out/route_tasks
      verimill export out/small --to segments --segment 500 --out out/segments
    """
    from verimill.pipelines.exports.shapes import Options
    from verimill.pipelines.exports.writing import export as write
    from verimill.pipelines.shards import read_manifest

    options = Options(style, think, negatives, _links(links), segment)  # type: ignore[arg-type]
    with telling() as tell:
        tell.stage("export", sum(entry.rows for entry in read_manifest(folder) if entry.table == "problems"))
        report = write(folder, to, out, options, split, where, jsonl, distinct, tell.step)
    if as_json:
        put_json(
            {"to": to, "rows": report.rows, "dropped": dict(report.dropped), "files": list(map(str, report.files))}
        )
        return
    for name, rows in report.rows.items():
        print(f"{out / name}.{'jsonl' if jsonl else 'parquet'}: {rows} rows")
    for reason, count in sorted(report.dropped.items()):
        say(f"verimill: dropped {count}: {reason}")


def _links(text: str) -> tuple[int, int]:
    low, dash, high = text.partition("-")
    if not (low.strip().isdecimal() and (not dash or high.strip().isdecimal())):
        raise ValueError(f"--links must look like 3 or 2-4, got {text!r:.40}")
    return int(low), int(high if dash else low)


def index(
    source: Annotated[Path, typer.Argument(help="A benchmark: Parquet or JSON lines, a file or a folder.")],
    out: Annotated[Path, typer.Option("--out", help="The index, one Parquet file.")],
    name: Annotated[str | None, typer.Option("--name", help="The benchmark's name; by default the file's.")] = None,
    column: Annotated[str | None, typer.Option("--column", help="The column with the text.")] = None,
) -> None:
    """Index a benchmark by hashes.

    The index holds no text, so it may be kept and passed on where the benchmark may not. A folder may be a copy from
    the Hub, or a dataset that verimill made. Puzzles in the words of well-known benchmarks are kept by their canonical
    keys too.

    \b
    Example:
      verimill generate shortest_path --level 3 --count 10 > bench.jsonl
      verimill index bench.jsonl --out bench.index
    """
    from verimill.pipelines import benchmark_index

    made = benchmark_index.build(source, name, column)
    benchmark_index.save(made, source, out)
    keys = len(made.layers["canonical"][0])
    print(f"{out}: {made.benchmark}, {made.items} items, {keys} canonical keys, {len(made.layers['gram'][0])} runs")


def decontaminate(
    folder: Annotated[Path, typer.Argument(help="A dataset folder.")],
    against: Annotated[
        list[Path], typer.Option("--against", help="An index, or a benchmark's Parquet or JSON lines; repeat for more.")
    ],
    column: Annotated[str | None, typer.Option("--column", help="The column with a benchmark's text.")] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Keep what was found beside the dataset, for its card.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find rows that are in a benchmark.

    By canonical key, which relabelling does not hide, then by the text. A benchmark that is not there is printed as
    not checked. Ends with 1 when something is found.

    \b
    Example:
      verimill generate shortest_path --level 3 --count 10 --seed 1 --out out/small
      verimill generate shortest_path --level 3 --count 10 --seed 2 > bench.jsonl
      verimill decontaminate out/small --against bench.jsonl --against missing.parquet --record
    """
    from dataclasses import asdict

    from verimill.pipelines.decontamination import decontaminate as compare
    from verimill.pipelines.decontamination import keep

    found = compare(folder, against, column)
    if record:
        say(f"verimill: kept in {keep(folder, found)}; write the card again to show it")
    for checked in found:
        if as_json:
            put_json(asdict(checked))
        else:
            print(checked)
            for hit in checked.hits[:20]:
                print(f"  {hit.problem_id} is item {hit.item + 1} ({hit.layer}, {hit.share:.0%} of it)")
    if any(checked.hits for checked in found):
        raise typer.Exit(1)
