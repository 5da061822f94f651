"""Program of thought and trace of execution, as in GraphPile: a program that solves the problem, and what it prints.

Every program is run, in a process of its own with nothing but the standard library, and its last line is judged; one
whose answer is not right, or that takes too long, makes no row.
"""

from __future__ import annotations

import subprocess
import sys
from tempfile import gettempdir

from verimill.pipelines.exports.program_texts import PROGRAMS
from verimill.pipelines.exports.shapes import Dropped, Format, Item, Made, Options
from verimill.verifiers.judge import judge_text

LIMIT_S = 20.0
MAX_OUTPUT = 20_000  # characters of an execution that is told


def rows(item: Item, options: Options) -> Made:
    """Two rows a problem: the program as the reply, and the program with what it prints."""
    write = PROGRAMS.get(item.problem["family"])
    if write is None:
        yield Dropped(item.id, None, "its family has no program")
        return
    program = write(item.case.problem)
    try:
        output = ran(program)
    except ValueError as error:
        yield Dropped(item.id, None, str(error))
        return
    answer = output.rstrip().rpartition("\n")[2]
    verdict = judge_text(item.case, answer)
    if not verdict:
        yield Dropped(item.id, None, f"the program's answer is {verdict.outcome}: {verdict.reason}")
        return
    for kind, ask, reply in (
        ("program", "Write a Python program that solves it and prints the answer.", f"```python\n{program}```"),
        ("execution", f"This program solves it:\n\n```python\n{program}```\n\nSay what it prints.", output.rstrip()),
    ):
        if kind == "execution" and len(output) > MAX_OUTPUT:
            yield Dropped(item.id, None, f"its execution prints more than {MAX_OUTPUT} characters")
            continue
        yield item.columns() | {
            "prompt": [{"role": "user", "content": f"{item.question}\n\n{ask}"}],
            "completion": [{"role": "assistant", "content": reply}],
            "rendering": kind,
            "output": output,
            "answer": verdict.answer,
        }


def ran(program: str) -> str:
    """What the program prints, run by itself; ValueError where it fails or takes too long."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-"], input=program, capture_output=True, text=True, timeout=LIMIT_S,
            cwd=gettempdir(), env={},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ValueError(f"its program took more than {LIMIT_S:g} s") from None
    if done.returncode:
        raise ValueError(f"its program failed: {done.stderr.strip().rpartition(chr(10))[2]:.120}")
    return done.stdout


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `completion`, program or execution, and what running it gave."""
    return (("prompt", "messages"), ("completion", "messages"), ("rendering", "string"), ("output", "string"),
            ("answer", "string"))  # fmt: skip


BY_NAME = {"program": Format("program", "TRL SFTTrainer (prompt and completion)", columns, rows)}
