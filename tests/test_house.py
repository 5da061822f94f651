"""The house stands: packages listed, layers kept, types and style clean, heavy parts left at the door."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("verimill", "schemas", "verifiers", "generators", "pipelines", "data_cards")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def tool(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / args[0]), *args[1:]],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONSAFEPATH": "1", **env},
    )  # fmt: skip


def importable_folders() -> dict[str, str]:
    found = {}
    for folder in FOLDERS:
        for marker in sorted((ROOT / folder).rglob("__init__.py")):
            path = marker.parent.relative_to(ROOT).as_posix()
            found[path if path == "verimill" else "verimill." + path.replace("/", ".")] = path
    return found


def test_every_importable_folder_is_in_the_wheel() -> None:
    setuptools = PYPROJECT["tool"]["setuptools"]
    assert setuptools["package-dir"] == importable_folders()
    assert sorted(setuptools["packages"]) == sorted(importable_folders())


@pytest.fixture(scope="session")
def typed_tree() -> Path:
    """build/typed/verimill, where each folder is a link: type checkers do not follow an editable install."""
    home = ROOT / "build" / "typed" / "verimill"
    home.mkdir(parents=True, exist_ok=True)
    wanted = {folder: ROOT / folder for folder in FOLDERS[1:]}
    wanted |= {p.name: p for p in (ROOT / "verimill").iterdir() if p.suffix == ".py" or p.name == "py.typed"}
    for link in home.iterdir():
        if link.name not in wanted or not link.exists():
            link.unlink() if link.is_symlink() else None
    for name, target in wanted.items():
        if not (home / name).exists():
            (home / name).symlink_to(os.path.relpath(target, home))
    return home.parent


def test_types_are_strict_and_clean(typed_tree: Path) -> None:
    done = tool("mypy", "--no-error-summary", MYPYPATH=str(typed_tree))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


def test_style_is_clean() -> None:
    done = tool("ruff", "check", ".")
    assert done.returncode == 0, done.stdout[-4000:]
    done = tool("ruff", "format", "--check", ".")
    assert done.returncode == 0, done.stdout[-4000:]


def lint_imports(home: Path, plant: tuple[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run import-linter over a copy with the folders under one name; it does not follow the editable install."""
    for folder in FOLDERS:
        target = home / "verimill" if folder == "verimill" else home / "verimill" / folder
        shutil.copytree(ROOT / folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", home)
    if plant is not None:
        (home / "verimill" / plant[0]).write_text(plant[1])
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=home, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(home)},
    )  # fmt: skip


def test_folders_import_downwards_only(tmp_path: Path) -> None:
    done = lint_imports(tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize(
    "plant",
    [
        ("verifiers/planted.py", "import verimill.generators.prompts\n"),
        ("generators/planted.py", "import verimill.verifiers.judge\n"),
        ("schemas/planted.py", "import verimill.verifiers.judge\n"),
        ("pipelines/planted.py", "import prefect\n"),
    ],
)
def test_the_layer_rules_catch_a_planted_violation(plant: tuple[str, str], tmp_path: Path) -> None:
    done = lint_imports(tmp_path, plant)
    assert done.returncode != 0 and "BROKEN" in done.stdout


# Compiled code is cached by the time stamp of its own file alone: kernels that call each other share one file, or a
# changed callee would leave a stale caller behind.
ONE_FILE = {"generators/engines/kernels.py"}


def test_files_stay_readable_in_one_sitting() -> None:
    long = {
        name: lines
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if (name := path.relative_to(ROOT).as_posix()) not in ONE_FILE
        and (lines := len(path.read_text().splitlines())) > 320
    }
    assert not long, long
