"""Two processes against one, memory against rows, and many problems of every family held to the contract.

python benchmarks/scale.py                            small: some minutes
python benchmarks/scale.py --only processes           two workers against one, through `verimill generate`
python benchmarks/scale.py --only memory --rows 10000 200000
python benchmarks/scale.py --only soak --count 10000  10,000 problems of every family at a middle level
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from machine import RESULTS, figure, note, save, table

from verimill import families, generate
from verimill.pipelines.oracle import oracle_trace
from verimill.pipelines.rows import Uncertified
from verimill.schemas.core import Exhausted

FAST = "minimum_spanning_tree"
LEVEL = 5
GIB = 1 << 30


class Peak(threading.Thread):
    """The greatest memory of any process under `root`, from /proc: total (VmHWM) and private (RssAnon) bytes."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root, self.total, self.private, self.done = root, 0, 0, threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.05):
            for pid in [self.root, *_children(self.root)]:
                seen = _memory(pid)
                self.total = max(self.total, seen.get("VmHWM", 0))
                self.private = max(self.private, seen.get("RssAnon", 0))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in map(int, task.read_text().split()):
                found += [child, *_children(child)]
        except OSError:
            continue
    return found


def _memory(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split(":") for line in lines if line.startswith(("VmHWM", "RssAnon")))
    return {name: int(value.split()[0]) * 1024 for name, value in pairs}


def run(families: Sequence[str], rows: int, jobs: int, level: int = LEVEL) -> tuple[float, Peak]:
    """Wall seconds and memory of one `verimill generate`, into a folder that is thrown away."""
    out = tempfile.mkdtemp(prefix="verimill-scale-")
    command = [sys.executable, "-P", "-m", "verimill.cli", "generate", *families, "--level", str(level)]
    command += ["--count", str(rows), "--seed", "5", "--jobs", str(jobs), "--out", f"{out}/made", "--json"]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    peak = Peak(process.pid)
    peak.start()
    text, _ = process.communicate()
    spent = time.monotonic() - began
    peak.done.set()
    peak.join()
    shutil.rmtree(out, ignore_errors=True)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {text[-300:]}")
    return spent, peak


def processes(rows: int, times: int) -> str:
    """One worker and two, the same rows, in turns; medians, with the start-up taken out by small runs of each."""
    lines = []
    for family, share in ((FAST, rows), ("knights_knaves", rows), ("kenken", rows // 6)):
        note(f"processes: {family}, {share} rows, {times} times")
        run([family], 50, 1)  # compiled and cached before the clock starts
        whole: dict[int, list[float]] = {1: [], 2: []}
        small: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(times):
            for jobs in (1, 2):
                small[jobs].append(run([family], 50, jobs)[0])
                whole[jobs].append(run([family], share, jobs)[0])
        one, two = (median(whole[jobs]) - median(small[jobs]) for jobs in (1, 2))
        least, most = (f"{seconds - median(small[1]):.1f}" for seconds in (min(whole[1]), max(whole[1])))
        reached = "yes" if one / two >= 1.8 else "no"
        lines.append(
            (family, f"{share:,}", f"{one:.1f}", f"{least} to {most}", f"{two:.1f}", f"{one / two:.2f}x", reached)
        )
    return "\n\n".join(
        (
            "## Two processes against one",
            f"`verimill generate` with one worker and with two, in turns, {times} times: the same rows, traces "
            "checked, deduplicated, written. Medians of wall seconds, less those of a run of 50 rows (start-up). "
            "The range of one worker shows how even the machine was.",
            table(("family", "rows", "one, s", "range", "two, s", "ratio", "at least 1.8x"), lines),
        )
    )


def memory(sizes: Sequence[int], jobs: int) -> str:
    """Peak memory of the largest process for each number of rows."""
    lines, first = [], 0
    for rows in sizes:
        note(f"memory: {rows} rows")
        spent, peak = run([FAST], rows, jobs, 8)
        first = first or peak.total
        lines.append((f"{rows:,}", f"{peak.total / GIB:.3f}", f"{peak.private / GIB:.3f}", f"{peak.total / first:.2f}x",
                      f"{rows / spent:,.0f}"))  # fmt: skip
    return "\n\n".join(
        (
            "## Memory against rows",
            f"`verimill generate {FAST} --level 8 --jobs {jobs}`: peak resident memory of the largest single process "
            "(target: within 20 % from 10,000 to 200,000, under 1 GiB), private memory beside it, rows a second.",
            table(("rows", "peak, GiB", "of it private, GiB", "against the first", "rows/s"), lines),
        )
    )


def soak(chosen: Sequence[str], count: int, level: int) -> str:
    """`count` problems of each family: judged right, traces checked, duplicates counted before dedup."""
    lines = []
    for family in chosen:
        note(f"soak: {family}")
        seen: set[str] = set()
        texts: set[str] = set()
        made = exhausted = index = 0
        complaints: list[str] = []
        began = time.process_time()
        while made < count and index < 3 * count:
            try:
                problem = generate(family, level, "soak", index)
                oracle_trace(problem)
                oracle_trace(problem, "brief")
                made += 1
                seen.add(problem.canonical)
                texts.add(problem.verification)
            except Exhausted:
                exhausted += 1
            except Uncertified as error:
                complaints.append(str(error))
            index += 1
        spent = time.process_time() - began
        lines.append((family, f"{made:,}", str(len(complaints)), f"{100 * (made - len(texts)) / made:.2f} %",
                      f"{100 * (made - len(seen)) / made:.2f} %", str(exhausted), figure(made / spent)))  # fmt: skip
        for complaint in complaints[:3]:
            note(f"  {complaint}")
    heads = ("family", "problems", "violations", "equal problems", "equal up to symmetry", "exhausted keys", "rows/s")
    return "\n\n".join(
        (
            f"## {count:,} problems of each family at level {level}",
            "Each problem is certified and judged right from its verification text alone; every step of its full and "
            "its brief trace is re-derived. Equal problems: the same problem text twice, before any dedup (target: "
            "under 1 %, no violations).",
            table(heads, lines),
        )
    )


def main() -> None:
    """Measure and write benchmarks/results/scale.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", help="families of the soak; all by default")
    parser.add_argument("--only", choices=("processes", "memory", "soak"), action="append")
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000, 10_000], help="sizes of the memory runs")
    parser.add_argument("--jobs", type=int, default=2, help="workers of the memory runs")
    parser.add_argument("--count", type=int, default=200, help="problems of each family in the soak")
    parser.add_argument("--level", type=int, default=LEVEL)
    parser.add_argument("--work", type=int, default=20_000, help="rows of the process runs")
    parser.add_argument("--rounds", type=int, default=5, help="times that each process run is made")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    wanted = asked.only or ["processes", "memory", "soak"]
    parts = []
    if "processes" in wanted:
        parts.append(processes(asked.work, asked.rounds))
    if "memory" in wanted:
        parts.append(memory(asked.rows, asked.jobs))
    if "soak" in wanted:
        parts.append(soak(asked.families or list(families()), asked.count, asked.level))
    save("scale" if not asked.only else "scale_" + "_".join(wanted), "Scale", parts, asked.out)


if __name__ == "__main__":
    main()
