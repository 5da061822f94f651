"""The wheel and the sdist hold all that is needed: installed elsewhere, verimill works and finds its templates."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"verimill": "verimill"} | {
    folder: f"verimill/{folder}" for folder in ("schemas", "verifiers", "generators", "pipelines", "data_cards")
}


def _run(*command: str | Path, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env={**env, "PYTHONSAFEPATH": "1"},
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def _only(folder: Path, ending: str) -> Path:
    (found,) = folder.glob(f"*{ending}")
    return found


@pytest.fixture(scope="module", name="built")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `dist` (an sdist and the wheel that it builds) and `from_tree`; the checkout stays clean."""
    home = tmp_path_factory.mktemp("built")
    listed = _run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in listed.split("\0"):
        if name and (ROOT / name).is_file():
            (home / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, home / "tree" / name)
    build = (sys.executable, "-m", "build", "--no-isolation")
    _run(*build, "--outdir", home / "dist", cwd=home / "tree")  # an sdist, and a wheel from it
    _run(*build, "--wheel", "--outdir", home / "from_tree", cwd=home / "tree")
    return home


def _files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_every_module_and_template(built: Path) -> None:
    files = _files(_only(built / "from_tree", ".whl"))
    wanted = set()
    for folder, installed in FOLDERS.items():
        for path in (built / "tree" / folder).rglob("*"):
            if path.suffix in (".py", ".j2", ".html", ".css", ".js") or path.name == "py.typed":
                wanted.add(f"{installed}/{path.relative_to(built / 'tree' / folder).as_posix()}")
    assert files >= wanted, sorted(wanted - files)
    assert "verimill/py.typed" in files and any(name.endswith(".j2") for name in files)
    assert all(name.startswith("verimill/") for name in files)


def test_the_sdist_builds_the_same_wheel(built: Path) -> None:
    assert _files(_only(built / "dist", ".whl")) == _files(_only(built / "from_tree", ".whl"))
    with tarfile.open(_only(built / "dist", ".tar.gz")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {"pyproject.toml", "README.md", "LICENSE", "data_cards/card.md.j2"}


def test_an_installed_wheel_works_away_from_the_checkout(built: Path, tmp_path: Path) -> None:
    inner = tmp_path / "venv"
    _run(sys.executable, "-m", "venv", "--without-pip", inner, cwd=tmp_path)
    python = inner / "bin" / "python"
    site = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip())
    # The dependencies come from outside; the .pth files out there, an editable verimill among them, stay unread.
    (site / "outer.pth").write_text(sysconfig.get_path("purelib") + "\n")
    wheel = _only(built / "dist", ".whl")
    _run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=tmp_path)

    code = "import verimill; print(verimill.__file__); print(len(verimill.families()))"
    place, count = _run(python, "-c", code, cwd=tmp_path).split()
    assert Path(place).is_relative_to(inner) and int(count) > 20
    command = inner / "bin" / "verimill"
    assert "Usage: verimill" in _run(command, "--help", cwd=tmp_path)
    assert "sudoku" in _run(command, "families", cwd=tmp_path)
    assert "certificate" in _run(command, "show", "arithmetic_chain", "--level", "1", cwd=tmp_path).lower()
