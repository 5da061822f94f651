"""Which families exist, found by file name: no registry to edit, nothing imported until asked for.

Our own families are the stems in the kind folders. A third party's package declares the entry point group
`verimill.families`, `stem = "their_package"`, and holds `their_package.schemas.STEM`,
`their_package.verifiers.STEM` and `their_package.generators.STEM`.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any

from verimill.schemas.core import Codec

KINDS = ("grids", "logic", "graphs", "optimisation", "planning", "programs", "numbers", "tables", "language")


@lru_cache(maxsize=1)
def _modules() -> dict[str, tuple[str, str]]:
    """Stem to (package root, path below schemas/verifiers/generators)."""
    import verimill.schemas as home

    found: dict[str, tuple[str, str]] = {}
    for kind in KINDS:
        for folder in home.__path__:
            for module in pkgutil.iter_modules([f"{folder}/{kind}"]):
                found[module.name] = ("verimill", f"{kind}.{module.name}")
    for point in entry_points(group="verimill.families"):
        found.setdefault(point.name, (point.value, point.name))
    return dict(sorted(found.items()))


def names() -> tuple[str, ...]:
    """Every family's name, sorted."""
    return tuple(_modules())


def locate(family: str, side: str) -> str:
    """The dotted module that holds one side (schemas, verifiers, generators) of a family.

    Raises ValueError for an unknown family, with the nearest known names.
    """
    known = _modules()
    if family not in known:
        near = difflib.get_close_matches(family, known, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else f"; known: {', '.join(known)}"
        raise ValueError(f"unknown family {family!r:.60}{hint}")
    root, path = known[family]
    return f"{root}.{side}.{path}"


def constant(family: str, side: str, name: str) -> Any:
    """One side's constant: CODEC, JUDGE or MAKER. Imports that side only."""
    return getattr(importlib.import_module(locate(family, side)), name)


@lru_cache(maxsize=256)
def codec(family: str) -> Codec[Any, Any, Any]:
    """The family's codec; ValueError for an unknown family."""
    found: Codec[Any, Any, Any] = constant(family, "schemas", "CODEC")
    return found
