"""The commands that select problems and traces, and that have a teacher rewrite traces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verimill.cli_screens import put_json, say, table, telling, write_card_of

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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Keep some problems and traces.

    Each stage (see `verimill stages`) comes from a paper and says why it drops what it drops; the rows are kept in
    dropped/. What a stage cuts is judged again first. The result is a dataset: verify, export and publish take it.

    \b
    Examples:
      verimill generate shortest_path --count 20 --traces both --out out/small
      verimill select out/small --stage right-path --stage shortest:keep=1 --out out/short
      verimill select out/asked --problems out/small --stage right-path --out out/picked
    """
    from verimill.pipelines.selections.writing import select as run
    from verimill.pipelines.shards import read_manifest
    from verimill.schemas.selections import parse_stage, read_stages

    chosen = read_stages([parse_stage(text) for text in stage or ()])
    with telling() as tell:
        tell.stage("select", sum(e.rows for e in read_manifest(problems or folder) if e.table == "problems"))
        report = run(folder, chosen, out, problems, tell.step)
    write_card_of(out)
    if as_json:
        put_json(report.data())
    else:
        show(report, out)


def rewrite(
    folder: Annotated[Path, typer.Argument(help="A dataset folder, with its traces.")],
    out: Annotated[Path, typer.Option("--out", help="A new folder; run again to go on after a stop.")],
    how: Annotated[str, typer.Option("--how", help="shorter, paraphrase or revised.")],
    base_url: Annotated[
        list[str] | None, typer.Option("--base-url", help="An OpenAI-compatible server; repeat for replicas.")
    ] = None,
    model: Annotated[str, typer.Option("--model", help="The name it serves; not needed if it serves one.")] = "",
    of: Annotated[str | None, typer.Option("--of", help="Rewrite the traces of this teacher only.")] = None,
    words: Annotated[str, typer.Option("--words", help="For shorter: words at level 1 and level 10.")] = "60..300",
    tries: Annotated[int, typer.Option("--tries", min=1, help="Replies for each trace.")] = 1,
    temperature: Annotated[float, typer.Option("--temperature", help="0 takes the likeliest token.")] = 0.7,
    max_tokens: Annotated[int, typer.Option("--max-tokens", help="Reasoning and answer together.")] = 4096,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seeds of the samples follow from it.")] = 0,
    in_flight: Annotated[
        int, typer.Option("--in-flight", min=0, help="Requests at once for a server; 0 follows its metrics.")
    ] = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Judging processes; 0 judges here.")] = 1,
    key_variable: Annotated[
        str, typer.Option("--api-key-variable", help="Environment variable that holds the API key.")
    ] = "VERIMILL_API_KEY",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Have a teacher rewrite right traces.

    A text is accepted only if its answer is judged right, its steps hold and the claims survive; it then stands in the
    place of the old trace, which is kept in dropped/. All replies are logged. Ends with 3 when replies are missing.

    \b
    Examples:
      verimill rewrite out/picked --how shorter --words 60..300 --out out/brief --base-url http://127.0.0.1:8000/v1
      verimill rewrite out/small --how paraphrase --of oracle --out out/said --base-url http://127.0.0.1:8000/v1
    """
    from verimill.pipelines.selections.rewordings import Task
    from verimill.pipelines.selections.rewriting import rewrite as run
    from verimill.pipelines.teachers.ask import Order
    from verimill.pipelines.teachers.budgets import Budget
    from verimill.pipelines.teachers.kinds import Remote
    from verimill.pipelines.teachers.samples import Model, Sampling
    from verimill.pipelines.teachers.watching import Settings

    low, dots, high = words.partition("..")
    if not (dots and low.isdecimal() and high.isdecimal()):
        raise ValueError(f"--words must look like 60..300, got {words!r:.40}")
    order = Order(
        problems=folder, out=out, place=Remote(tuple(base_url or ()), key_variable), model=Model(model),
        sampling=Sampling(temperature, 1.0, max_tokens), budget=Budget("fixed", tries),
        settings=Settings(in_flight=in_flight), seed=seed, jobs=jobs,
    )  # fmt: skip
    with telling() as tell:
        report = run(order, Task(how, int(low), int(high)), of, tell)  # type: ignore[arg-type]
    write_card_of(out)
    if as_json:
        put_json(report.data())
    else:
        print(f"{out}: {report.accepted:,} of {report.asked:,} traces rewritten, of {report.traces:,} in all")
        for why, count in sorted(report.refused.items()):
            print(f"  refused {count:,}: {why}")
    if report.failed:
        say(f"verimill: {report.failed:,} replies never came; run the same command again")
        raise typer.Exit(3)


def show(report: Report, out: Path) -> None:
    """The report as a person reads it."""
    print(
        f"{out}: {report.problems:,} of {report.of_problems:,} problems, "
        f"{report.traces:,} of {report.of_traces:,} traces\n"
    )
    lines = [(one.stage, *(f"{n:,}" for n in (one.problems, one.traces, one.rewritten))) for one in report.stages]
    table("", ("stage", "problems dropped", "traces dropped", "rewritten"), lines)


def stages(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the stages of a selection.

    Each with its knobs, what it keeps and the paper that it comes from.

    \b
    Example:
      verimill stages
    """
    from verimill.schemas.selections import KINDS, example, name_of

    for kind in KINDS:
        fields = {name: one for name, one in kind.model_fields.items() if name != "stage"}
        knobs = {name: None if one.is_required() else one.default for name, one in fields.items()}
        if as_json:
            put_json({"stage": name_of(kind), "keeps": kind.__doc__, "paper": kind.paper, "knobs": knobs})
        else:
            print(f"{name_of(kind)}: {kind.__doc__}\n  such as {example(kind)}\n  from {kind.paper}")
