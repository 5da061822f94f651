"""What the sampling client costs, and how full it keeps a server: beside a bare aiohttp loop and three peers.

    python benchmarks/client.py                              all tables, about ten minutes
    python benchmarks/client.py --peers VENV/bin/python      an environment that has the peers (see README.md)

The server is tests/fake_teacher.py in a process of its own. Processor time is that of the whole process tree of
each client, at COUNT requests less that at 1, over COUNT.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import NormalDist, median
from typing import Any

from machine import RESULTS, note, save, table

from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.client import Client
from verimill.pipelines.teachers.judging import Judges
from verimill.pipelines.teachers.log import SampleLog
from verimill.pipelines.teachers.questions import Spool
from verimill.pipelines.teachers.samples import Keys, Model, Question, Sampling
from verimill.pipelines.teachers.transport import HttpServer, request_body, request_head
from verimill.pipelines.teachers.watching import Settings

HERE = Path(__file__).resolve().parent
PEERS = {  # a module that must be there, and the script of the side with its last words
    "openai client, aiohttp transport": ("openai", "openai_side.py", "aiohttp"),
    "openai client, its own transport": ("openai", "openai_side.py", "httpx"),
    "distilabel": ("distilabel", "distilabel_side.py"),
    "bespokelabs-curator": ("bespokelabs.curator", "curator_side.py"),
}
DISTRIBUTIONS = {"bespokelabs.curator": "bespokelabs-curator"}
COUNT, IN_FLIGHT = 1500, 256
LONGEST = 8.0  # means; as max_tokens bounds a real reply
KILOBYTE = 230  # tokens of a reply of about 1 KB


def fake() -> Any:
    """The fake server's module; it lies among the tests."""
    spec = importlib.util.spec_from_file_location("fake_teacher", HERE.parent / "tests" / "fake_teacher.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fake_teacher"] = module
    spec.loader.exec_module(module)
    return module


class Questions:
    """Questions given in the order of their expected length."""

    def __init__(self, texts: Sequence[str], expected: Sequence[float], verification: str) -> None:
        order = sorted(range(len(texts)), key=lambda n: -expected[n])
        self._made: Iterator[Question] = (
            Question(f"p{n}", "arithmetic_chain", 1, (("user", texts[n]),), verification, expected[n]) for n in order
        )

    def next(self, opens: Callable[[str, int], bool]) -> Question | None:
        return next(self._made, None)


# --- the sides --------------------------------------------------------------------------------------------------


async def raw(url: str, texts: Sequence[str], in_flight: int) -> None:
    """A bare aiohttp loop: so many workers, one queue, one line of JSON a reply."""
    import aiohttp

    numbers = iter(range(len(texts)))
    connector = aiohttp.TCPConnector(limit=0)
    with tempfile.TemporaryFile("w") as sink:
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:

            async def work() -> None:
                for n in numbers:
                    asked = {"model": "fake", "messages": [{"role": "user", "content": texts[n]}], "seed": seed(n)}
                    async with session.post(f"{url}/chat/completions", json={**asked, "max_tokens": 4096}) as reply:
                        data = await reply.json()
                    sink.write(json.dumps({"n": n, "text": data["choices"][0]["message"]["content"]}) + "\n")

            await asyncio.gather(*(work() for _ in range(in_flight)))


async def transport(url: str, texts: Sequence[str], in_flight: int) -> None:
    """Our transport alone, as the client uses it."""
    server = HttpServer(url, Model("fake"))
    numbers = iter(range(len(texts)))

    async def work() -> None:
        for n in numbers:
            head = request_head(server.model, (("user", texts[n]),), Sampling())
            await server.send(request_body(head, seed(n), 4096))

    try:
        await asyncio.gather(*(work() for _ in range(in_flight)))
    finally:
        await server.close()


async def whole(url: str, texts: Sequence[str], in_flight: int, expected: Sequence[float] = (), jobs: int = 1) -> None:
    """The whole client: scheduling, transport, log, judge."""
    from verimill.pipelines.rows import generate

    verification = generate("arithmetic_chain", 1).verification
    source = Questions(texts, expected or [1.0] * len(texts), verification)
    server, judges = HttpServer(url, Model("fake")), Judges(jobs)
    settings = Settings(in_flight=in_flight, queue_s=600.0)
    keys = Keys(Model("fake"), Sampling())
    keys.sample = _with_seed(keys)  # type: ignore[method-assign]
    try:
        with tempfile.TemporaryDirectory() as folder, SampleLog(folder) as log:
            client = Client([server], keys, Budget("fixed", k=1), judges, log, None, settings)
            account = await client.run(source)
            assert account.samples == len(texts), account
    finally:
        await judges.close()
        await server.close()


def _with_seed(keys: Keys) -> Any:
    """Every side sends the same seeds, so that the server gives all the same lengths."""
    from dataclasses import replace

    made = type(keys).sample
    return lambda question, number: replace(made(keys, question, number), seed=seed(int(question.problem[1:])))


def seed(n: int) -> int:
    """The seed of question n: the same for all, since not every peer sends one; the questions differ."""
    return 0


SIDES: dict[str, Any] = {"raw": raw, "transport": transport, "whole": whole}


def side(name: str, url: str, count: int, in_flight: int) -> None:
    """One measurement in this process; prints processor and wall seconds."""
    began = time.monotonic()
    asyncio.run(SIDES[name](url, [f"question {n}" for n in range(count)], in_flight))
    wall = time.monotonic() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"cpu": sum(u.ru_utime + u.ru_stime for u in used), "wall": wall}))


def measured(command: list[str]) -> dict[str, float]:
    """The figures that a side printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr[-2000:]}")
    line = next(line for line in reversed(done.stdout.splitlines()) if line.startswith('{"cpu"'))
    found: dict[str, float] = json.loads(line)
    return found


def peers(python: str) -> tuple[dict[str, list[str]], list[str]]:
    """The commands of the peers that the environment has, URL, N and M to be put in; and what was left out and why."""
    found, missing = {}, []
    for name, (module, script, *words) in PEERS.items():
        asked = f"import {module}, importlib.metadata as m; print(m.version('{DISTRIBUTIONS.get(module, module)}'))"
        done = subprocess.run([python, "-P", "-c", asked], capture_output=True, text=True) if python else None
        if done is None or done.returncode:
            why = done.stderr.strip().splitlines()[-1] if done is not None and done.stderr.strip() else "no environment"
            missing.append(f"not measured: {name} ({why})")
        else:
            version = done.stdout.split()[-1]
            found[f"{name} ({version})"] = [python, "-P", str(HERE / script), "URL", "N", "M", *words]
    return found, missing


def filled(command: Sequence[str], url: str, count: int, in_flight: int) -> list[str]:
    """The command with its numbers."""
    values = {"URL": url, "N": str(count), "M": str(in_flight)}
    return [values.get(word, word) for word in command]


# --- the tables -------------------------------------------------------------------------------------------------


def cpu_table(others: dict[str, list[str]], rounds: int, module: Any) -> str:
    """Processor milliseconds a sample, no service time, replies of 1 KB."""
    me = [sys.executable, str(HERE / "client.py"), "--side"]
    sides = {
        "bare aiohttp loop": [*me, "raw", "--url", "URL", "--count", "N"],
        "verimill, transport": [*me, "transport", "--url", "URL", "--count", "N"],
        "verimill, with judging and log": [*me, "whole", "--url", "URL", "--count", "N"],
        **others,
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    with module.serving(slots=1024, tokens=KILOBYTE) as server:
        for n in range(rounds):
            for name, command in sides.items():
                note(f"round {n + 1}: {name}")
                one, many = (measured(filled(command, server.url, count, IN_FLIGHT)) for count in (1, COUNT))
                found[name].append((1000 * (many["cpu"] - one["cpu"]) / (COUNT - 1), COUNT / many["wall"]))
    rows = [
        [name, f"{median(c for c, _ in all_):.2f}", f"{median(r for _, r in all_):,.0f}"]
        for name, all_ in found.items()
    ]
    return f"## {COUNT} requests, {IN_FLIGHT} in flight, no service time\n\n" + table(
        ["client", "CPU ms a sample", "samples/s, wall"], rows
    )


def factors(module: Any, texts: Sequence[str], sigma: float) -> list[float]:
    """Service times in means, as the fake server draws them."""
    found = []
    for n, text in enumerate(texts):
        z = NormalDist().inv_cdf(min(max(module.unit("length", text, seed(n)), 1e-9), 1 - 1e-9))
        found.append(min(LONGEST, math.exp(sigma * z - sigma**2 / 2)))
    return found


def spans(module: Any, runs: dict[str, Any], **behaviour: Any) -> dict[str, tuple[float, float]]:
    """Each client's span at a fresh server, and the mean number of busy slots."""
    found = {}
    for name, run in runs.items():
        note(name)
        with module.serving(**behaviour) as server:
            asyncio.run(run(server.url))
            stats = server.stats()
        found[name] = (stats["span"], stats["busy"] / stats["span"])
    return found


def tail_table(module: Any, mean_s: float, others: dict[str, list[str]]) -> str:
    """512 requests of heavy-tailed latency on 64 slots, in one order for all."""
    texts = [f"question {n}" for n in range(512)]

    def peer(command: list[str]) -> Any:
        return lambda url: asyncio.to_thread(measured, filled(command, url, 512, 128))

    runs: dict[str, Any] = {
        "bare aiohttp loop": lambda url: raw(url, texts, 128),
        "verimill, with judging and log": lambda url: whole(url, texts, 128),
        **{name: peer(command) for name, command in others.items()},
    }
    found = spans(module, runs, slots=64, mean_s=mean_s, sigma=1.0, longest=LONGEST, tokens=60)
    base = found["bare aiohttp loop"][0]
    rows = [[name, f"{span:.2f}", f"{span / base:.3f}", f"{busy:.1f}"] for name, (span, busy) in found.items()]
    return f"## 512 requests on 64 slots, log-normal (1.0), mean {mean_s:g} s\n\n" + table(
        ["client", "seconds", "of the bare loop", "busy slots"], rows
    )


def learnt_table(module: Any, mean_s: float) -> str:
    """6,000 requests; those of one family take six times as long as others, and were guessed to take half."""
    draw = random.Random(2)
    made, true = [], []
    for n in range(6000):
        long, spread = n % 60 == 0, math.exp(draw.gauss(0, 0.3))
        true.append((6.0 if long else 1.0) * spread)
        made.append(("long" if long else f"family{n % 7}", spread * (0.5 if long else 1.0), f"job {n} {true[-1]:.5f}"))
    ideal = mean_s * max(sum(true) / 256, max(true))

    async def run(url: str, learns: bool) -> None:
        from verimill.pipelines.rows import generate
        from verimill.pipelines.teachers.accounting import Account

        verification = generate("arithmetic_chain", 1).verification
        spool = Spool(
            Question(f"p{n}", family, 1, (("user", text),), verification, 100 * guess)
            for n, (family, guess, text) in enumerate(made)
        )
        server, judges = HttpServer(url, Model("fake")), Judges(1)
        try:
            with tempfile.TemporaryDirectory() as folder, SampleLog(folder) as log:
                account = Account(learnt=spool.learnt if learns else None)
                keys, settings = Keys(Model("fake"), Sampling()), Settings(in_flight=320, queue_s=600.0)
                client = Client([server], keys, Budget("fixed", k=1), judges, log, None, settings, account)
                await client.run(spool)
        finally:
            await judges.close()
            await server.close()
            spool.close()

    runs = {
        "longest first by the first guess": lambda url: run(url, learns=False),
        "longest first, learning from the replies": lambda url: run(url, learns=True),
    }
    found = spans(module, runs, slots=256, mean_s=mean_s, lengths_told=True, tokens=60)
    rows = [[name, f"{span:.2f}", f"{ideal / span:.2f}"] for name, (span, _) in found.items()]
    heading = (
        f"## 6,000 requests on 256 slots, mean {mean_s:g} s; one in sixty {6 * mean_s:g} s, guessed at half the mean"
    )
    heading += f"; ideal {ideal:.2f} s"
    return f"{heading}\n\n" + table(["order", "seconds", "ideal / seconds"], rows)


def finite_table(module: Any, mean_s: float) -> str:
    """2,000 requests on 256 slots: the order makes the difference."""
    texts = [f"job {n}" for n in range(2000)]
    true = factors(module, texts, 0.8)
    ideal = mean_s * max(sum(true) / 256, max(true))
    draw = random.Random(1)
    noisy = [f * math.exp(draw.gauss(0, 0.5)) for f in true]
    runs = {
        "random order": lambda url: whole(url, texts, 320),
        "longest first, lengths guessed with log error 0.5": lambda url: whole(url, texts, 320, noisy),
        "longest first, lengths known": lambda url: whole(url, texts, 320, true),
    }
    found = spans(module, runs, slots=256, mean_s=mean_s, sigma=0.8, longest=LONGEST, tokens=60)
    rows = [[name, f"{span:.2f}", f"{ideal / span:.2f}"] for name, (span, _) in found.items()]
    return f"## 2,000 requests on 256 slots, log-normal (0.8), mean {mean_s:g} s; ideal {ideal:.2f} s\n\n" + table(
        ["order", "seconds", "ideal / seconds"], rows
    )


def main() -> None:
    """All tables are in results/client.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default="", help="the Python of an environment with the peers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mean", type=float, default=2.0, help="seconds of a mean request in the finite job")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        side(given.side, given.url, given.count, IN_FLIGHT)
        return
    module = fake()
    others, missing = peers(given.peers)
    parts = [
        cpu_table(others, given.rounds, module),
        tail_table(module, given.mean / 2, others),
        *(f"- {line}" for line in missing),
        finite_table(module, given.mean),
        learnt_table(module, given.mean / 4),
    ]
    save("client", "What the sampling client costs", parts, given.out)


if __name__ == "__main__":
    main()
