"""Compiles the kernels once, so that no user waits for them: `python -m verimill.generators.warm`.

Numba keeps what it compiled beside the source (or in the user's cache where that is not writable).
"""

from __future__ import annotations

import importlib
import sys
import time

from verimill.schemas.core import Exhausted
from verimill.schemas.families import locate, names
from verimill.schemas.rng import rng_for


def warm() -> float:
    """Seconds spent; every family has made, solved and keyed one problem of levels 1 and 5."""
    begun = time.monotonic()
    for family in names():
        code = importlib.import_module(locate(family, "schemas")).CODEC
        maker = importlib.import_module(locate(family, "generators")).MAKER
        for level in (1, 5):
            try:
                problem = maker.make(rng_for("warm", family, level), code.level(level))
            except Exhausted:
                continue
            maker.solve(problem)
            maker.canonical(problem)
    return time.monotonic() - begun


if __name__ == "__main__":
    print("compiling kernels (once, a minute or two)", file=sys.stderr, flush=True)
    print(f"done in {warm():.0f} s", file=sys.stderr)
