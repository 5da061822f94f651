"""What it costs to judge the path of a reply: every claim of the oracle's own reasoning, whole and with gaps.

    python benchmarks/paths.py            all families, levels 3, 7 and 10, about two minutes

A reply is as long as the oracle's reasoning. With gaps (every third line is missing) its claims no longer follow from
what stands beside them, so all rules together must be asked. "First" is the first reply to a problem; "next" is
another one to the same problem, as the samples of one problem come.
"""

from __future__ import annotations

import argparse
import gc
import time
from pathlib import Path
from statistics import median

from machine import RESULTS, note, one_core, save, table

from verimill.pipelines.rows import Exhausted, Problem, generate, oracle_trace
from verimill.pipelines.teachers.assessing import assess
from verimill.schemas.families import names

LEVELS, EACH = (3, 7, 10), 4


def problems(family: str) -> list[Problem]:
    """Some problems of each level."""
    found: list[Problem] = []
    for level in LEVELS:
        wanted, index = len(found) + EACH, 0
        while len(found) < wanted and index < 40:
            try:
                found.append(generate(family, level, "paths", index))
            except Exhausted:
                pass
            index += 1
    return found


def cost(verification: str, text: str) -> float:
    """Processor milliseconds a thousand characters."""
    gc.collect()
    gc.disable()
    began = time.process_time()
    assess(verification, text, "")
    spent = time.process_time() - began
    gc.enable()
    return 1e6 * spent / len(text)


def row(family: str) -> list[str]:
    """Median and worst of a family."""
    first, later = [], []
    warm = generate(family, 2, "warm")
    cost(warm.verification, oracle_trace(warm).reasoning)  # imports the family's judge
    for problem in problems(family):
        lines = oracle_trace(problem).reasoning.split("\n")
        texts = ["\n".join(lines), "\n".join(line for n, line in enumerate(lines) if n % 3 != 1)]
        first.append(cost(problem.verification, texts[0]))
        later += [cost(problem.verification, text) for text in texts]
    return [family, f"{median(first):.2f}", f"{max(first):.2f}", f"{median(later):.2f}", f"{max(later):.2f}"]


def main() -> None:
    """The table is in results/paths.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", default=list(names()))
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    one_core()
    rows = []
    for family in given.families:
        note(family)
        rows.append(row(family))
    heads = ["family", "first, median", "first, most", "next, median", "next, most"]
    part = f"## Processor milliseconds a thousand characters of reply\n\n{table(heads, rows)}"
    save("paths", "What judging a path costs", [part], given.out)


if __name__ == "__main__":
    main()
