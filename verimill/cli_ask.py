"""The command that asks teachers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from verimill.cli_screens import put_json, say, table, telling

if TYPE_CHECKING:
    from verimill.pipelines.teachers.ask import Order
    from verimill.pipelines.teachers.kinds import Place

FAILED, PARTLY = 1, 3


def ask(
    problems: Annotated[Path, typer.Argument(help="A dataset folder.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the samples; run again to go on.")],
    base_url: Annotated[
        list[str] | None, typer.Option("--base-url", help="An OpenAI-compatible server; repeat for replicas.")
    ] = None,
    managed: Annotated[
        str, typer.Option("--managed", metavar="PYTHON", help="Start vLLM from this Python environment, and stop it.")
    ] = "",
    engine: Annotated[
        bool, typer.Option("--engine", help="Ask vLLM's engine in this process; it must be vLLM's own environment.")
    ] = False,
    weights: Annotated[
        str, typer.Option("--weights", help="What --managed or --engine loads, a folder or a name; else --model.")
    ] = "",
    flag: Annotated[
        list[str] | None, typer.Option("--flag", metavar="NAME=VALUE", help="One for --managed or --engine; repeat.")
    ] = None,
    model: Annotated[str, typer.Option("--model", help="The name it serves; not needed if it serves one.")] = "",
    revision: Annotated[str, typer.Option("--revision", help="Commit of the weights; part of a sample's key.")] = "",
    template: Annotated[
        str, typer.Option("--template", help="Names the chat template; by default its fingerprint is taken.")
    ] = "",
    reasoner: Annotated[bool, typer.Option("--reasoner", help="The teacher must show its reasoning.")] = False,
    k: Annotated[int, typer.Option("--k", "-k", help="Samples of a problem, or right ones wanted.")] = 4,
    budget: Annotated[str, typer.Option("--budget", help="fixed, uniform, difficulty, band or exactly.")] = "fixed",
    cap: Annotated[int, typer.Option("--cap", help="Most samples of one problem; 0 is the budget's own.")] = 0,
    wanted: Annotated[int, typer.Option("--wanted", help="Right traces in each family and level, for exactly.")] = 0,
    band: Annotated[str, typer.Option("--band", help="Pass rates, for band.")] = "0.2..0.8",
    temperature: Annotated[float, typer.Option("--temperature", help="0 takes the likeliest token.")] = 1.0,
    top_p: Annotated[float, typer.Option("--top-p", help="Only the likeliest tokens that make up this much.")] = 1.0,
    max_tokens: Annotated[int, typer.Option("--max-tokens", help="Reasoning and answer together.")] = 4096,
    extra: Annotated[str, typer.Option("--extra", help="Further sampling fields as JSON.")] = "{}",
    system: Annotated[str, typer.Option("--system", help="A system message before every problem.")] = "",
    hints: Annotated[
        int, typer.Option("--hints", min=0, help="Rungs of the solver's hints, 0..4, where all samples failed.")
    ] = 0,
    continue_right: Annotated[
        bool, typer.Option("--continue-right", help="Where all failed, go on from the right part of a wrong reply.")
    ] = False,
    lengths: Annotated[
        str, typer.Option("--lengths", help="Ask for so many words at level 1 and level 10, as in 60..600.")
    ] = "",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seeds of the samples follow from it.")] = 0,
    split: Annotated[list[str] | None, typer.Option("--split", help="Only these splits.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first problems.")] = None,
    in_flight: Annotated[
        int, typer.Option("--in-flight", min=0, help="Requests at once for a server; 0 follows its metrics.")
    ] = 0,
    stall: Annotated[
        float | None, typer.Option("--stall", min=0.1, help="Stream, and give up after so many seconds of silence.")
    ] = None,
    queue: Annotated[float, typer.Option("--queue", min=0.1, help="Seconds that a request may wait its turn.")] = 30.0,
    slowest: Annotated[
        float, typer.Option("--slowest", min=0.001, help="Tokens a second of one reply, until measured.")
    ] = 1.0,
    patience: Annotated[float, typer.Option("--patience", min=0, help="Seconds without any server.")] = 300.0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Judging processes; 0 judges here.")] = 1,
    key_variable: Annotated[
        str, typer.Option("--api-key-variable", help="Environment variable that holds the API key.")
    ] = "VERIMILL_API_KEY",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would take; nothing is asked.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Ask a teacher, judge every sample, keep all.

    The samples are logged as they arrive, and judged at once; the traces table follows. Run it again to go on
    after a stop, with a larger k, or with more tokens: only what is missing is asked. The table holds what the
    command asks for: after one with other splits or another sampling, earlier samples of that teacher stand in
    the log alone. Ends with 3 when something is still missing and with 1 when a judge failed. Traces made with
    help (--hints, --continue-right) are flagged `hinted`, stored without the hint, and count into no pass rate;
    every other sample counts.

    \b
    Examples:
      verimill ask out/small --out out/asked --base-url http://127.0.0.1:8000/v1 --k 4
      verimill ask out/small --out out/asked --budget uniform --k 2 --dry-run
      verimill ask out/small --out out/asked --base-url http://127.0.0.1:8000/v1 --hints 4 --continue-right
      verimill ask out/small --out out/brief --base-url http://127.0.0.1:8000/v1 --lengths 60..600
      verimill ask out/small --out out/asked --managed .venv-vllm --weights models/tiny --flag max-model-len=4096
      verimill ask out/small --out out/asked --engine --weights models/tiny --model tiny --k 8
    """
    from verimill.pipelines.teachers.ask import Order
    from verimill.pipelines.teachers.budgets import Budget
    from verimill.pipelines.teachers.helping import Help
    from verimill.pipelines.teachers.samples import Model, Sampling
    from verimill.pipelines.teachers.watching import Settings

    order = Order(
        problems=problems,
        out=out,
        place=_place(base_url or [], managed, engine, weights or model, model, flag or [], key_variable),
        model=Model(model, revision, template, reasoner),
        sampling=Sampling(temperature, top_p, max_tokens, json_object(extra)),
        budget=Budget(budget, k, cap, wanted, _band(band)),
        settings=Settings(
            in_flight=in_flight, stall_s=stall, queue_s=queue, slowest=slowest, patience_s=patience
        ),
        seed=seed,
        jobs=jobs,
        splits=tuple(split or ()),
        limit=limit,
        system=system,
        help=Help(hints, continue_right, k),
        lengths=_lengths(lengths),
    )  # fmt: skip
    if dry_run:
        _project(order, as_json)
        return
    raise typer.Exit(_run(order, as_json))


def _run(order: Order, as_json: bool) -> int:
    from verimill.pipelines.teachers.ask import ask as run
    from verimill.pipelines.teachers.watching import ServerGone

    try:
        with telling() as tell:
            summary = run(order, tell)
    except KeyboardInterrupt:
        say("verimill: stopped; what came is in the log, run the same command again to go on")
        return PARTLY
    except ServerGone as gone:
        say(f"verimill: {gone}")
        return PARTLY
    if as_json:
        put_json(summary)
    else:
        _show(summary, order.out)
    for short in summary["shortfalls"]:
        say(f"verimill: not filled: {short}")
    for why in summary["helpless"][:5]:
        say(f"verimill: a problem went without help, which is a bug: {why}")
    for bug in summary["bugs"][:5]:
        say(f"verimill: a judge failed, its shard is not written: {bug}")
    if summary["bugs"]:
        return FAILED
    if summary["undone"]:
        say(f"verimill: {summary['undone']:,} samples got no reply; run the same command again to ask them")
    return PARTLY if summary["undone"] or summary["shortfalls"] else 0


def _show(summary: dict[str, Any], out: Path) -> None:
    from verimill.pipelines.teachers.accounting import pass_rate_text

    print(
        f"{summary['teacher']}: {summary['asked']:,} samples asked, {summary['held']:,} from the log, "
        f"{summary['rows']:,} rows, in {out} ({summary['seconds']:g} s)\n"
    )
    heads = ("family", "level", "samples", "right", "wrong", "unread.", "trunc.", "failed", "pass rate",
             "reasoning", "answer", "tokens/right", "samples/right")  # fmt: skip
    names = ("samples", "right", "wrong", "unreadable", "truncated", "failed")
    lines = []
    for row in summary["costs"]:
        level = str(row["level"] or ("" if row["family"] == "all" else "knobs"))
        counts = [f"{row[name]:,}" for name in names]
        costs = [_figure(row[name]) for name in ("reasoning_tokens", "answer_tokens", "tokens_per_right")]
        lines.append((row["family"], level, *counts, pass_rate_text(row), *costs, _figure(row["samples_per_right"])))
    table("", heads, lines)
    stops = ", ".join(f"{count:,} {reason}" for reason, count in summary["stops"].items())
    print(f"\nproblems: {stops}; {summary['cancelled']:,} samples cancelled early, {summary['retries']:,} retries")
    for row in summary["helped"]:
        print(f"with help, {row['help']}: {row['right']:,} of {row['samples']:,} samples right")
    if summary["spare"]:
        print(f"{summary['spare']:,} right samples beyond the number wanted stay in the log")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:,g}"


def _project(order: Order, as_json: bool) -> None:
    from verimill.pipelines.teachers.ask import projected, spooled

    with spooled(order) as spool:
        found = projected(order, spool)
    data = {
        "problems": found.problems,
        "requests": round(found.requests),
        "prompt_tokens": round(found.prompt_tokens),
        "completion_tokens": round(found.completion_tokens),
    }
    if as_json:
        put_json(data)
        return
    print(
        f"{data['problems']:,} problems, about {data['requests']:,} requests, {data['prompt_tokens']:,} prompt tokens "
        f"and {data['completion_tokens']:,} completion tokens ({order.budget.name}, k = {order.budget.k}); pass rates "
        "and lengths are guesses from level and oracle steps; nothing was asked"
    )


def json_object(text: str) -> dict[str, Any]:
    """The object that --extra names; ValueError for anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError(f'--extra must be a JSON object such as {{"top_k": 20}}, got {text!r:.80}')
    return found


def _place(
    urls: list[str], python: str, engine: bool, weights: str, name: str, flags: list[str], key_variable: str
) -> Place:
    from verimill.pipelines.teachers.environments import Plan
    from verimill.pipelines.teachers.kinds import Loaded, Remote, Started

    ways = [way for way, told in (("--base-url", urls), ("--managed", python), ("--engine", engine)) if told]
    if len(ways) > 1:
        raise ValueError(f"a teacher is asked in one way, got {' and '.join(ways)}")
    if python or engine:
        if not weights:
            raise ValueError(f"{ways[0]} needs --weights, the folder or the name of the model to load")
        told = dict(vllm_flag(text) for text in flags)
        return Started(Plan(python, weights, name, told)) if python else Loaded(weights, name, told)
    if flags:
        raise ValueError(f"--flag is for --managed or --engine, got {flags[0]!r:.60} without either")
    return Remote(tuple(urls), key_variable)


def vllm_flag(text: str) -> tuple[str, Any]:
    """Name and value of NAME=VALUE: JSON where it is JSON, else text; true where there is no value."""
    name, given, value = text.lstrip("-").partition("=")
    if not name:
        raise ValueError(f"--flag must look like max-model-len=4096 or enforce-eager, got {text!r:.60}")
    try:
        return name, json.loads(value) if given else True
    except ValueError:
        return name, value


def _band(text: str) -> tuple[float, float]:
    low, dots, high = text.partition("..")
    try:
        if not dots:
            raise ValueError
        return float(low), float(high)
    except ValueError:
        raise ValueError(f"--band must look like 0.2..0.8, got {text!r:.40}") from None


def _lengths(text: str) -> Any:
    from verimill.pipelines.teachers.questions import Lengths

    low, dots, high = text.partition("..")
    if not text:
        return None
    if not (dots and low.isdecimal() and high.isdecimal()):
        raise ValueError(f"--lengths must look like 60..600, got {text!r:.40}")
    return Lengths(int(low), int(high))
