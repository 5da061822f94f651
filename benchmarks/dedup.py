"""Copies among many synthetic traces: traces a second of one core, peak memory, and how many planted copies are found.

python benchmarks/dedup.py                   1,000,000 traces of 150 words, 8 to a problem; some minutes
python benchmarks/dedup.py --traces 20000    a short run
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from machine import RESULTS, note, save, table

from verimill.pipelines.trace_dedup import BATCH, Copies, count_copies

WORDS, SAMPLES, COPIED = 150, 8, 0.05
GIB = 1 << 30


class Traces:
    """Random traces in batches; one in twenty is an earlier one of its problem with a few words changed."""

    def __init__(self, count: int) -> None:
        self.count, self.planted, self.spent = count, 0, 0.0

    def __iter__(self) -> Iterator[tuple[list[str], list[str]]]:
        rng = np.random.default_rng(7)
        vocabulary = np.array([f"{stem}{end}" for stem in "abcdefghijklmnopqrst" for end in range(1000)], dtype=object)
        for start in range(0, self.count, BATCH):
            began = time.process_time()
            size = min(BATCH, self.count - start)
            drawn = rng.integers(0, len(vocabulary), (size, WORDS))
            for at in np.flatnonzero(rng.random(size) < COPIED):
                if (start + at) % SAMPLES:
                    drawn[at] = drawn[at - 1]
                    edits = rng.integers(0, 3)
                    drawn[at, rng.integers(0, WORDS, edits)] = 0
                    self.planted += 1
            texts = [" ".join(row) for row in vocabulary[drawn]]
            ids = [f"{(start + at) // SAMPLES:032x}" for at in range(size)]
            self.spent += time.process_time() - began
            yield ids, texts


def measured(count: int) -> tuple[Copies, Traces, float, int]:
    """The counts, what was planted, processor seconds without making the texts, and peak memory."""
    traces = Traces(count)
    began = time.process_time()
    found = count_copies(traces)
    spent = time.process_time() - began - traces.spent
    return found, traces, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Measure and write benchmarks/results/dedup.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    note(f"dedup: {asked.traces} traces")
    found, traces, spent, peak = measured(asked.traces)
    got = found.exact + found.near
    heads = ("traces", "traces/s, one core", "at least 15,000", "peak, GiB", "under 2", "planted copies", "found")
    row = (f"{found.traces:,}", f"{found.traces / spent:,.0f}", "yes" if found.traces / spent >= 15_000 else "no",
           f"{peak / GIB:.2f}", "yes" if peak < 2 * GIB else "no", f"{traces.planted:,}", f"{got:,}")  # fmt: skip
    part = "\n\n".join(
        (
            "## Copies among traces",
            f"Synthetic traces of {WORDS} words, {SAMPLES} to a problem; {COPIED:.0%} copy the one before with up to "
            "two words changed. Exact hash and MinHash within problems, and the count across problems; processor "
            "seconds of all threads, without making the texts.",
            table(heads, [row]),
        )
    )
    save("dedup", "Dedup", [part], asked.out)


if __name__ == "__main__":
    main()
