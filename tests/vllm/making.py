"""A tiny teacher and its server, made once: problems and oracle traces, training, and the plan to serve it.

Used by the demo, by the tests marked `vllm` and by the recorder. The environment with vLLM is `.venv-vllm`, which
`make demo-vllm` sets up, or the one that the variable VERIMILL_VLLM names.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from verimill.pipelines.teachers.environments import ALWAYS, NotServing, Plan, executable, vllm_version

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FAMILY, LEVELS = "arithmetic_chain", "1-3"
KNOBS = "largest=9,digits=2,unused=0,bracket=1"  # small numbers, one operation a line: within reach of a tiny model
TEXTS, ASKED = 15_000, 90
STEPS = 800
NAME = "tiny-teacher"
Say = Callable[[str], None]


def environment() -> str:
    """The environment with vLLM; NotServing says how to get one."""
    home = os.environ.get("VERIMILL_VLLM") or str(ROOT / ".venv-vllm")
    try:
        vllm_version(home)
    except NotServing as why:
        raise NotServing(f"{why}; `make demo-vllm` sets one up, or let VERIMILL_VLLM name one") from None
    return home


def identity() -> str:
    """A hash of all that makes the teacher, so that a change of script trains it anew."""
    told = hashlib.blake2b(digest_size=6)
    for part in (FAMILY, LEVELS, KNOBS, str(TEXTS), str(STEPS)):
        told.update(part.encode() + b"\0")
    for name in ("tiny_teacher.py", "texts.py"):
        told.update((HERE / name).read_bytes())
    return told.hexdigest()


def run(words: list[str], say: Say, **variables: str) -> None:
    """Run a command, its output to `say`; RuntimeError when it fails."""
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **ALWAYS, **variables}
    )
    lines: list[str] = []
    for line in process.stdout or ():
        lines.append(line.rstrip())
        say(lines[-1])
    if process.wait():
        shown = "\n".join(lines[-15:])
        raise RuntimeError(f"{Path(words[0]).name} {words[1]} ended with {process.returncode}:\n{shown}")


def data(home: Path, say: Say) -> Path:
    """A dataset of problems with oracle traces, whose splits train and test share no problem; made once."""
    folder = home / "data"
    if not (folder / "summary.json").exists():
        command = Path(sys.executable).parent / "verimill"
        split = [f"--split=train={TEXTS}@{LEVELS}", f"--split=test={ASKED}@{LEVELS}"]
        run([str(command), "generate", FAMILY, "--knobs", KNOBS, *split, "--seed", "5", "--out", str(folder)], say)
    return folder


def teacher(python: str, cache: Path, say: Say = print) -> Path:
    """The folder of the trained teacher; trains it, about two minutes on one thread, where the cache lacks it."""
    home = cache / identity()
    model = home / "model"
    if not (model / "training.json").exists():
        began = time.monotonic()
        folder = data(home, say)
        texts = home / "texts.jsonl"
        run([sys.executable, str(HERE / "texts.py"), str(folder), "train", str(texts)], say)
        words = [executable(python), str(HERE / "tiny_teacher.py"), "--texts", str(texts), "--out", str(model)]
        run([*words, "--steps", str(STEPS)], say, OMP_NUM_THREADS="1")
        say(f"the teacher is trained: {json.loads((model / 'training.json').read_text())}, "
            f"{time.monotonic() - began:.0f} s with its texts")  # fmt: skip
    return model


def plan(python: str, model: Path, reasoning_parser: str | None = "deepseek_r1") -> Plan:
    """How such a teacher is served on a CPU: one process, eager, in float32."""
    return Plan(
        python,
        str(model),
        NAME,
        flags={
            "dtype": "float32",
            "max-model-len": 1024,
            "max-num-seqs": 64,
            "enforce-eager": True,
            # on a CPU, vLLM 0.32 dies when the prompt of a request with a seed is cut into chunks
            "no-enable-chunked-prefill": True,
            "max-logprobs": 20,
            "distributed-executor-backend": "uni",
            "reasoning-parser": reasoning_parser,
            # white space without end is valid JSON; the backend must be named for it to be ruled out
            "structured-outputs-config": {"backend": "xgrammar", "disable_any_whitespace": True},
        },
        environment={
            "HF_HUB_OFFLINE": "1",
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
            "VLLM_LOGGING_LEVEL": "WARNING",
            "OMP_NUM_THREADS": "1",
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        },
        ready_s=300.0,
    )
