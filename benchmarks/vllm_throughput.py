"""How full the sampling client keeps a real vLLM server: beside vLLM's own benchmark, same prompts, same lengths.

    python benchmarks/vllm_throughput.py --environment .venv-vllm      after `make demo-vllm`, about ten minutes

The environment needs pandas besides (`.venv-vllm/bin/python -m pip install pandas`), for the benchmark of vLLM alone.
The server is the tiny teacher of tests/vllm on the CPU. Sampling is greedy, so both sides get the same replies; the
sides take turns, and each round has prompts of its own. Prefix caching is off, or the second side would profit from
the first. vLLM's benchmark streams its replies; ours does so only in the last row. Ours logs and judges every reply.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from machine import RESULTS, note, save, table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "vllm"))

import making

from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.client import Client
from verimill.pipelines.teachers.environments import executable
from verimill.pipelines.teachers.judging import Judges
from verimill.pipelines.teachers.log import SampleLog
from verimill.pipelines.teachers.managed import Managed
from verimill.pipelines.teachers.questions import Spool, read_questions
from verimill.pipelines.teachers.samples import Keys, Model, Question, Sampling
from verimill.pipelines.teachers.transport import HttpServer
from verimill.pipelines.teachers.watching import Settings

IN_FLIGHT, MAX_TOKENS = 64, 400
BENCH = """
from vllm.benchmarks.serve import add_cli_args, main
from vllm.utils.argparse_utils import FlexibleArgumentParser
parser = FlexibleArgumentParser()
add_cli_args(parser)
main(parser.parse_args())
"""  # what `vllm bench serve` runs; the command itself wants a distribution called vllm, which the CPU build is not


async def ours(url: str, questions: list[Question], stall: float | None) -> tuple[int, float]:
    """Completion tokens and seconds of one run of the client."""
    server, judges, spool = HttpServer(url, Model(making.NAME)), Judges(1), Spool(iter(questions))
    sampling = Sampling(temperature=0.0, max_tokens=MAX_TOKENS)
    settings = Settings(in_flight=IN_FLIGHT, queue_s=600.0, stall_s=stall, window=1024)
    try:
        await judges.judge(questions[0].verification, "warm")
        with tempfile.TemporaryDirectory() as folder, SampleLog(folder) as log:
            client = Client([server], Keys(server.model, sampling), Budget("fixed", k=1), judges, log, None, settings)
            began = time.monotonic()
            account = await client.run(spool)
            spent = time.monotonic() - began
    finally:
        await judges.close()
        await server.close()
        spool.close()
    if account.samples != len(questions) or account.faults:
        raise RuntimeError(f"{account}")
    return account.tokens, spent


def theirs(python: str, url: str, model: Path, questions: list[Question], folder: Path) -> tuple[int, float]:
    """Completion tokens and seconds as `vllm bench serve` counts them."""
    prompts = folder / "prompts.jsonl"
    with open(prompts, "w", encoding="utf-8") as file:
        for question in questions:
            print(json.dumps({"prompt": question.messages[-1][1], "output_tokens": MAX_TOKENS}), file=file)
    words = {
        "backend": "openai-chat", "endpoint": "/v1/chat/completions", "base-url": url.removesuffix("/v1"),
        "model": str(model), "tokenizer": str(model), "served-model-name": making.NAME,
        "dataset-name": "custom", "dataset-path": str(prompts), "custom-output-len": "-1",
        "num-prompts": str(len(questions)), "max-concurrency": str(IN_FLIGHT), "temperature": "0",
        "result-dir": str(folder), "result-filename": "theirs.json",
    }  # fmt: skip
    flags = [part for name, value in words.items() for part in (f"--{name}", value)]
    flags += ["--skip-chat-template", "--disable-tqdm", "--save-result"]
    command = [executable(python), "-P", "-c", BENCH, *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd="/tmp")
    if done.returncode:
        raise RuntimeError(done.stdout[-1000:] + done.stderr[-2000:])
    found: dict[str, Any] = json.loads((folder / "theirs.json").read_text())
    if found["completed"] != len(questions):
        raise RuntimeError(f"vllm bench completed {found['completed']} of {len(questions)}")
    return int(found["total_output_tokens"]), float(found["duration"])


def batches(data: Path, size: int) -> Iterator[list[Question]]:
    """Prompts of the training split, so many at a time."""
    questions = read_questions(data, ("train",))
    while batch := list(islice(questions, size)):
        yield batch


def main() -> None:
    """The table is in results/vllm_throughput.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environment", default="", help="the environment with vLLM; .venv-vllm by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=768, help="of one round; 64 run at once")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    python = given.environment or making.environment()
    model = making.teacher(python, making.ROOT / "build" / "tiny-teacher", note)
    plan = making.plan(python, model)
    plan = replace(plan, flags={**plan.flags, "no-enable-prefix-caching": True})
    found: dict[str, list[tuple[int, float]]] = {}
    with tempfile.TemporaryDirectory() as name, Managed(plan, Path(name) / "vllm.log", note) as server:
        supply = batches(model.parent / "data", given.prompts)
        asyncio.run(ours(server.url, next(supply), None))  # warm
        for n in range(given.rounds):
            questions = next(supply)
            sides: dict[str, Any] = {
                "vllm bench serve": lambda q=questions: theirs(python, server.url, model, q, Path(name)),
                "verimill": lambda q=questions: asyncio.run(ours(server.url, q, None)),
                "verimill, streaming": lambda q=questions: asyncio.run(ours(server.url, q, 120.0)),
            }
            for side in list(sides)[n % 3 :] + list(sides)[: n % 3]:
                tokens, seconds = sides[side]()
                found.setdefault(side, []).append((tokens, seconds))
                note(f"round {n + 1}: {side}: {tokens:,} tokens in {seconds:.1f} s, {tokens / seconds:,.0f}/s")
    base = [tokens / seconds for tokens, seconds in found["vllm bench serve"]]
    rows = []
    for side in ("vllm bench serve", "verimill", "verimill, streaming"):
        rates = [tokens / seconds for tokens, seconds in found[side]]
        ratio = median(mine / other for mine, other in zip(rates, base, strict=True))
        rows.append([side, f"{sum(t for t, _ in found[side]):,}", f"{median(rates):,.0f}",
                     f"{min(rates):,.0f}..{max(rates):,.0f}", f"{ratio:.2f}"])  # fmt: skip
    heads = ["client", "tokens in all", "tokens/s, median", "range", "of vllm bench, median of rounds"]
    part = f"## {given.rounds} rounds of {given.prompts} prompts, {IN_FLIGHT} at once, greedy\n\n{table(heads, rows)}"
    save("vllm_throughput", "Throughput against a real vLLM server on a CPU", [part], given.out)


if __name__ == "__main__":
    main()
