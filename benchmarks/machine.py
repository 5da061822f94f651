"""What every benchmark shares: processor seconds, medians of rounds, and a result file that says where it came from."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("verimill", "numba", "numpy", "python-sat", "pyarrow", "polars", "reasoning-gym")


def one_core() -> None:
    """This process, with all its threads, stays on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def per_second(work: Iterator[object], seconds: float, most: int = 10**9) -> float:
    """Items of `work` per processor second, drawn until `seconds` of them are spent or `most` items are made."""
    began = time.process_time()
    done = 0
    for _ in work:
        done += 1
        if done >= most or time.process_time() - began >= seconds:
            break
    spent = time.process_time() - began
    return done / spent if spent > 0 else 0.0


def rounds(count: int, *sides: Callable[[int], float]) -> list[float]:
    """The median of each side over `count` rounds; the sides take turns, so that both meet the same weather."""
    found: list[list[float]] = [[] for _ in sides]
    for n in range(count):
        for side, values in zip(sides, found, strict=True):
            values.append(side(n))
    return [median(values) for values in found]


def figure(value: float) -> str:
    """Three digits that matter, thousands apart."""
    if value >= 100:
        digits = len(str(int(value)))
        return f"{round(value, 3 - digits):,.0f}"
    return f"{value:.3g}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table."""
    rule = ["---" if at == 0 else "---:" for at in range(len(heads))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, rule, *rows])


def conditions() -> str:
    """Machine, load, versions and the command of this run, as a markdown list."""
    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    command = shlex.join(["python", str(Path("benchmarks") / Path(sys.argv[0]).name), *sys.argv[1:]])
    return "\n".join(
        (
            f"- machine: {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()},"
            f" Python {platform.python_version()}",
            f"- load when the run ended (1, 5, 15 minutes): {load}",
            f"- versions: {', '.join(versions)}",
            f"- command: `{command}`",
        )
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown processor"


def save(name: str, title: str, parts: Sequence[str], out: Path = RESULTS) -> Path:
    """The result file is written, and printed."""
    text = "\n\n".join([f"# {title}", conditions(), *parts]) + "\n"
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.md"
    path.write_text(text, encoding="utf-8")
    print(text)
    return path


def note(text: str) -> None:
    """Progress, to standard error."""
    print(text, file=sys.stderr, flush=True)
