"""What is known of an engine that runs here: precision, quantization, parallelism, and the hardware it runs on.

The same prompts in another precision give other samples, so that rows say it. Of a server that somebody else started
only what it says itself is known.
"""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

_CONFIG = re.compile(r"LLM engine \(v([^)\s]{1,60})\) with config: (.{0,20000})")
_FIELDS = ("dtype", "quantization", "kv_cache_dtype", "tensor_parallel_size", "device_config")
_DEFAULTS = {"quantization": "None", "kv_cache_dtype": "auto", "tensor_parallel_size": "1"}


def facts_of_log(text: str) -> dict[str, str]:
    """What vLLM wrote about its engine when it started; empty where it wrote nothing of the kind."""
    line = _CONFIG.search(text)
    if line is None:
        return {}
    told = {"engine": "vllm", "engine_version": line[1]}
    for field in _FIELDS:
        found = re.search(rf"(?<![a-z_]){field}=([\w.:-]{{1,60}})", line[2])
        if found is not None:
            told[field] = found[1]
    return facts(told)


def facts(told: Mapping[str, str]) -> dict[str, str]:
    """The facts worth a row's provenance: what is not as everywhere, and the hardware's name."""
    kept = {name: value for name, value in told.items() if value != _DEFAULTS.get(name)}
    device = kept.pop("device_config", "")
    if "dtype" in kept:
        kept["dtype"] = kept["dtype"].removeprefix("torch.")
    return kept | ({"hardware": hardware(device)} if device else {})


def hardware(device: str) -> str:
    """The device with the names of this machine's processors: `cuda: 2 x NVIDIA H100`, `cpu: AMD EPYC`."""
    names = _graphics() if device.startswith("cuda") else _processors() if device == "cpu" else []
    shown = [f"{names.count(name)} x {name}" if names.count(name) > 1 else name for name in dict.fromkeys(names)]
    return f"{device}: {', '.join(shown)}" if shown else device


def _graphics() -> list[str]:
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip()[:80] for line in done.stdout.splitlines() if line.strip()][:64]


def _processors() -> list[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.{1,80})$", text, re.MULTILINE)
    return [found[1].strip()] if found else [platform.machine()] if platform.machine() else []
