"""The command line: `verimill families`, `show`, `generate`, `score`, `build`, `verify` and the rest.

Data goes to standard output, progress and notes to standard error. Exit codes: 0 ok, 1 a check failed, 2 wrong
usage, 3 partly done and resumable. Whatever a user can mend is one sentence, never a traceback. Commands
import what they need when they run, so that `verimill --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from verimill import (
    __version__,
    cli_ask,
    cli_calibrate,
    cli_card,
    cli_check,
    cli_export,
    cli_look,
    cli_make,
    cli_passrates,
    cli_publish,
    cli_select,
    cli_serve,
    cli_why,
)

app = typer.Typer(
    name="verimill",
    help="Synthetic reasoning problems with certificates, checked traces and judges that were attacked.",
    epilog="Each command has --help with an example. Start with: verimill show shortest_path --level 3",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Synthetic reasoning problems with certificates, checked traces and judges that were attacked."""
    if version:
        print(__version__)
        raise typer.Exit()


for command in (
    cli_look.families,
    cli_look.show,
    cli_make.generate,
    cli_look.score,
    cli_make.build,
    cli_ask.ask,
    cli_calibrate.calibrate,
    cli_passrates.passrates,
    cli_check.verify,
    cli_check.reproduce,
    cli_why.why,
    cli_card.card,
    cli_card.report,
    cli_check.soak,
    cli_check.check,
    cli_make.new,
    cli_card.gallery,
    cli_select.select,
    cli_select.stages,
    cli_select.rewrite,
    cli_export.export,
    cli_export.index,
    cli_export.decontaminate,
    cli_serve.serve_rewards,
    cli_publish.publish,
):
    app.command()(command)


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        app()
    except KeyboardInterrupt:
        _end(130, "stopped by the keyboard")
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        code = exit_code(error)
        if code is None or os.environ.get("VERIMILL_TRACEBACK"):
            raise
        _end(code, str(error))


def exit_code(error: Exception) -> int | None:
    """What an error means for the caller; None for a bug of ours, which keeps its traceback."""
    if isinstance(error, ValueError):
        names = {base.__name__ for base in type(error).__mro__}  # by name: importing the classes costs pyarrow
        return 1 if "Damaged" in names else 3 if names & {"DiskFull", "Unreachable", "Overtaken"} else 2
    if isinstance(error, ModuleNotFoundError):
        return 2
    known = {"Uncertified": 1, "Exhausted": 1, "WorkerDied": 3}
    return known.get(type(error).__name__)


def _end(code: int, text: str) -> None:
    sys.stdout.flush()
    print(f"verimill: {text}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
