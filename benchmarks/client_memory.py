"""Whether asking holds more in memory when there is more to ask: `verimill ask` from end to end, small and large.

    python benchmarks/client_memory.py                        10,000 and 200,000 samples, about ten minutes
    python benchmarks/client_memory.py --samples 2000 20000   smaller

Each size has its own problems, four samples of each. The peak is that of the asking process itself, by the system.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from client import fake
from machine import RESULTS, note, save, table

K = 4
ONE = """
import resource, sys
from verimill.cli import app
sys.argv = ["verimill", *sys.argv[1:]]
try:
    app()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """A command of ours in a process that tells its peak memory at its end, in KiB."""
    done = subprocess.run([sys.executable, "-P", "-c", ONE, *words], capture_output=True, text=True, cwd="/tmp")
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done


def row(url: str, samples: int, folder: Path) -> list[str]:
    """One size: samples, rows, peak memory, seconds."""
    problems = folder / "problems"
    command("generate", "arithmetic_chain", "--level", "2-8", "--count", str(samples // K), "--recount", "0",
            "--traces", "none", "--out", str(problems))  # fmt: skip
    began = time.monotonic()
    done = command("ask", str(problems), "--out", str(folder / "asked"), "--base-url", url, "--k", str(K), "--json",
                   "--in-flight", "128", "--queue", "600")  # fmt: skip
    summary, peak = json.loads(done.stdout), int(done.stderr.split()[-1])
    log = sum(path.stat().st_size for path in (folder / "asked" / "samples").iterdir())
    return [f"{summary['asked']:,}", f"{summary['rows']:,}", f"{log / 1e6:,.0f}", f"{peak / 1024:,.0f}",
            f"{time.monotonic() - began:,.0f}"]  # fmt: skip


def main() -> None:
    """The table is in results/client_memory.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[10_000, 200_000])
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    rows = []
    with fake().serving(slots=1024, tokens=20) as server:
        for samples in given.samples:
            note(f"{samples:,} samples")
            with tempfile.TemporaryDirectory() as folder:
                rows.append(row(server.url, samples, Path(folder)))
    heads = ["samples asked", "rows of traces", "log, MB", "peak memory of the process, MiB", "seconds"]
    part = "## `verimill ask`, from problems to traces\n\n" + table(heads, rows)
    save("client_memory", "Memory of asking a teacher", [part], given.out)


if __name__ == "__main__":
    main()
