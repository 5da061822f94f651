"""The engine teacher asked as `verimill ask` would: prints a JSON line of key, reasoning, text and tokens a sample.

Runs inside vLLM's own environment: engine_run.py MODEL DATA OUT K LIMIT
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from verimill.pipelines.teachers.budgets import Budget
from verimill.pipelines.teachers.client import Client
from verimill.pipelines.teachers.engine import Engine
from verimill.pipelines.teachers.judging import Judges
from verimill.pipelines.teachers.log import Index, SampleLog
from verimill.pipelines.teachers.probe import probe
from verimill.pipelines.teachers.questions import Spool, read_questions
from verimill.pipelines.teachers.samples import Keys, Model, Sampling
from verimill.pipelines.teachers.watching import Settings

NAME = "tiny-teacher"
FLAGS: dict[str, Any] = {
    "dtype": "float32",
    "max-model-len": 1024,
    "max-num-seqs": 64,
    "enforce-eager": True,
    "enable-chunked-prefill": False,  # see making.py
    "distributed-executor-backend": "uni",
    "reasoning-parser": "deepseek_r1",
}


async def asked(model: Path, data: Path, out: Path, k: int, limit: int) -> dict[str, Any]:
    """The account of a run, and what was found out about the engine."""
    sampling = Sampling(1.0, 1.0, 400)
    spool = Spool(read_questions(data, ("test",), limit))
    judges = Judges(0)
    engine = await Engine.open(str(model), NAME, FLAGS)
    try:
        found = await probe([engine], Model(NAME, reasoner=True), sampling)  # type: ignore[list-item]
        engine.model = found.model
        settings = Settings(window=found.window, overhead=found.overhead)
        with SampleLog(out) as log:
            client = Client(
                [engine], Keys(found.model, sampling), Budget("fixed", k), judges, log, Index(out), settings
            )
            account = await client.run(spool)
    finally:
        await judges.close()
        await engine.close()
        spool.close()
    return {"samples": account.samples, "right": account.right, "template": found.model.template,
            "window": found.window, "reported": found.reported, "faults": dict(account.faults)}  # fmt: skip


if __name__ == "__main__":
    model, data, out = map(Path, sys.argv[1:4])
    print(json.dumps(asyncio.run(asked(model, data, out, int(sys.argv[4]), int(sys.argv[5])))))
