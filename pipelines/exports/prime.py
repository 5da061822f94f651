"""A package for prime-rl and `vf-eval`: the problems, and a module that hands them over as tasks with our judge.

Neither reads a file of rows: both import a package by its name, which is that of the export's folder.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib.util import find_spec

from verimill import __version__
from verimill.pipelines.exports.shapes import Format, Item, Made, Options

_INIT = '''"""Problems as tasks for prime-rl and vf-eval, exported by verimill {version}."""

from pathlib import Path

from verimill.pipelines.taskset import Exported


class Problems(Exported):
    """The rows beside this file."""

    HOME = Path(__file__).parent


__all__ = ["Problems"]
'''

_PROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "0.1.0"
description = "Problems as tasks for prime-rl and vf-eval, exported by verimill."
requires-python = ">=3.11"
dependencies = ["verimill[verifiers]=={version}"]

[tool.setuptools]
packages = ["{name}"]
package-dir = {{ "{name}" = "." }}

[tool.setuptools.package-data]
"{name}" = ["*.parquet", "*.jsonl"]
"""


def rows(item: Item, options: Options) -> Made:
    """One row a problem."""
    yield item.columns() | {
        "prompt": item.prompt, "verification": item.problem["verification"], "answer": item.problem["answer"],
    }  # fmt: skip


def columns(options: Options) -> tuple[tuple[str, str], ...]:
    """`prompt`, `verification`, and the answer with which `vf-validate` tries the judge."""
    return (("prompt", "messages"), ("verification", "string"), ("answer", "string"))


def package(folder: str) -> Mapping[str, str]:
    """The texts that make the export's folder a package named after it; ValueError where none can have the name."""
    name = re.sub(r"[^a-z0-9]+", "_", folder.lower()).strip("_")
    if not name.isidentifier():
        raise ValueError(f"--out names the package and must begin with a letter, got {folder!r:.40}")
    if name in sys.stdlib_module_names or _taken(name):
        raise ValueError(f"--out names the package, and Python has another module named {name!r}")
    project = _PROJECT.format(name=name, version=__version__)
    return {"__init__.py": _INIT.format(version=__version__), "pyproject.toml": project}


def _taken(name: str) -> bool:
    """Whether a module of the name is installed; a plain folder that lies on the path is none."""
    spec = find_spec(name)
    return spec is not None and spec.origin is not None


BY_NAME = {"prime-rl": Format("prime-rl", "prime-rl and vf-eval, as an installed package", columns, rows, package)}
