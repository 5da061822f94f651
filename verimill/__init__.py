"""A factory for synthetic, verifiable reasoning data: `families`, `generate`, `verify`.

Everything is imported on first use, so `import verimill` costs nothing in a trainer's worker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verimill.pipelines.rows import Problem as Problem
    from verimill.pipelines.rows import generate as generate
    from verimill.schemas.families import names as families
    from verimill.verifiers.judge import verify as verify

__version__ = "0.1.0"
__all__ = ["Problem", "__version__", "families", "generate", "verify"]

_HOMES = {
    "Problem": ("verimill.pipelines.rows", "Problem"),
    "generate": ("verimill.pipelines.rows", "generate"),
    "families": ("verimill.schemas.families", "names"),
    "verify": ("verimill.verifiers.judge", "verify"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'verimill' has no attribute {name!r}")
    import importlib

    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(module), attribute)
