"""Level against measured effort, family by family: rank correlation over problems, and each level's middle.

python benchmarks/hardness.py                 all families, 20 problems of each level
python benchmarks/hardness.py sudoku --count 100
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path
from statistics import median

from machine import RESULTS, figure, note, one_core, save, table

from verimill import families, generate
from verimill.pipelines.contract.making import spearman
from verimill.schemas.core import LEVELS, Exhausted

TARGET = 0.9


def efforts(family: str, level: int, count: int) -> list[float]:
    """Measured effort of `count` problems of a level."""
    found: list[float] = []
    index = 0
    while len(found) < count and index < 20 * count:
        try:
            found.append(float(generate(family, level, "hardness", index).hardness["effort"]))
        except Exhausted:
            pass
        index += 1
    return found


def main() -> None:
    """Measure and write benchmarks/results/hardness.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", help="families; all by default")
    parser.add_argument("--count", type=int, default=20, help="problems of each level")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    one_core()
    lines = []
    reached = 0
    for family in asked.families or families():
        note(f"hardness: {family}")
        made = {level: efforts(family, level, asked.count) for level in LEVELS}
        pairs = [(float(level), effort) for level, found in made.items() for effort in found]
        rho = spearman([level for level, _ in pairs], [effort for _, effort in pairs])
        middles = [median(found) if found else 0.0 for found in made.values()]
        rises = all(low < high for low, high in pairwise(middles))
        reached += rho >= TARGET
        lines.append((family, f"{rho:.3f}", "yes" if rho >= TARGET else "no", "yes" if rises else "no",
                      *map(figure, middles)))  # fmt: skip
    heads = ("family", "Spearman", f"at least {TARGET}", "medians rise", *(f"L{level}" for level in LEVELS))
    about = (
        f"{asked.count} problems of each of the ten levels; effort is measured on the problem (the oracle's work, each "
        f"step weighted by the tier of its rule). {reached} of {len(lines)} families reach {TARGET}. "
        "L1 to L10: the median effort of a level."
    )
    save("hardness", "Level against measured hardness", [about, table(heads, lines)], asked.out)


if __name__ == "__main__":
    main()
