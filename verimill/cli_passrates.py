"""The command that describes teachers: passrates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def passrates(
    folder: Annotated[Path, typer.Argument(help="A folder with traces of teachers, as ask or build wrote it.")],
    problems: Annotated[
        Path | None, typer.Option("--problems", help="The dataset folder, where the first one holds no problems.")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option("--where", help="Print the ids of the problems that meet this, such as pass_rate.NAME=0.2..0.8."),
    ] = None,
    oracle: Annotated[bool, typer.Option("--oracle", help="Count the oracle among the teachers.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how often teachers pass.

    Pass rates, Pass@k and CoT-Pass@k by family, level and teacher with 95 % intervals, right answers with wrong
    paths, tokens, and how teachers agree.

    \b
    Example:
      verimill passrates out/asked --problems out/small
      verimill passrates out/asked --problems out/small --where "pass_rate.my-model=0.2..0.8" > ids.txt
    """
    from verimill.data_cards import pass_rates

    if where is not None:
        from verimill.pipelines.teachers.selection import selected

        ids = selected(folder, problems, where)
        print(json.dumps(ids) if as_json else "\n".join(ids))
        return
    found = pass_rates.measure(folder, problems, oracle)
    if as_json:
        print(json.dumps(found.data(), ensure_ascii=False))
        return
    from verimill.data_cards.pass_rate_tables import markdown

    print(markdown(found), end="")
