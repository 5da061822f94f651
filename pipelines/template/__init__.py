"""A new family to start from: three files that keep the contract already, under a name of one's own.

Inside a checkout of verimill the files go into the kind's folders. Anywhere else they become a small package that
verimill finds by its entry point once it is installed.
"""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from pathlib import Path

from verimill.schemas.families import KINDS, names

SIDES = ("schemas", "verifiers", "generators")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_PROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{dist}"
version = "0.1.0"
description = "A family of verifiable problems for verimill: {title}."
requires-python = ">=3.11"
dependencies = ["verimill"]

[project.entry-points."verimill.families"]
{family} = "{package}"

[tool.setuptools]
packages = ["{package}", "{package}.schemas", "{package}.verifiers", "{package}.generators"]
"""
_TEST = """\
\"\"\"{title} keeps the whole contract.\"\"\"

from verimill.pipelines.contract import check


def test_{family}_keeps_the_contract() -> None:
    report = check("{family}", problems=100)
    assert report.ok, str(report)
"""


def write(family: str, folder: Path, kind: str = "numbers", package: str | None = None) -> list[Path]:
    """The files written for a new family, in `folder`; none is overwritten.

    Raises ValueError for a name that is taken or malformed, an unknown kind, or files that exist.
    """
    if not _NAME.fullmatch(family) or keyword.iskeyword(family):
        raise ValueError(f"a family's name must be 2 to 40 lower case letters, digits and _, got {family!r:.60}")
    if family in names():
        raise ValueError(f"there is a family {family} already; choose another name")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r:.40}")
    title = family.replace("_", " ").capitalize()
    inside = (folder / "schemas" / "core.py").is_file() and (folder / "verimill").is_dir()
    texts = _ours(family, folder, kind, title) if inside else _package(family, folder, kind, title, package)
    taken = [path for path in texts if path.exists()]
    if taken:
        raise ValueError(f"{taken[0]} exists already; nothing was written")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)


def _ours(family: str, folder: Path, kind: str, title: str) -> dict[Path, str]:
    """Path to text, in the kind's folders of a checkout."""
    if not (folder / "schemas" / kind).is_dir():
        raise ValueError(f"{folder / 'schemas' / kind} must exist and be listed in pyproject.toml first")
    home = f"verimill.schemas.{kind}.{family}"
    return {folder / side / kind / f"{family}.py": _side(side, family, kind, title, home) for side in SIDES}


def _package(family: str, folder: Path, kind: str, title: str, package: str | None) -> dict[Path, str]:
    """Path to text, as a package of its own."""
    package = package or f"{family}_family"
    if not _NAME.fullmatch(package) or keyword.iskeyword(package):
        raise ValueError(f"a package's name must be 2 to 40 lower case letters, digits and _, got {package!r:.60}")
    told = {"family": family, "title": title, "package": package, "dist": package.replace("_", "-")}
    out = {
        folder / "pyproject.toml": _PROJECT.format(**told),
        folder / package / "__init__.py": f'"""{title}: problems for verimill."""\n',
    }
    for side in SIDES:
        out[folder / package / side / "__init__.py"] = ""
        text = _side(side, family, kind, title, f"{package}.schemas.{family}")
        out[folder / package / side / f"{family}.py"] = text
    out[folder / "tests" / f"test_{family}.py"] = _TEST.format(**told)
    return out


def _side(side: str, family: str, kind: str, title: str, home: str) -> str:
    """One of the three files, with the new names in it."""
    text = files("verimill.pipelines.template").joinpath(f"{side}.py").read_text(encoding="utf-8")
    for old, new in (
        ("verimill.pipelines.template.schemas", home),
        ('family="pair_sum"', f'family="{family}"'),
        ('kind="numbers"', f'kind="{kind}"'),
        ('title="Pair sum"', f'title="{title}"'),
        ("Pair sum:", f"{title}:"),
        ("pair sum:", f"{title.lower()}:"),
    ):
        text = text.replace(old, new)
    return text
