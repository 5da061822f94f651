"""`verimill new` writes a family that keeps the contract under its new name, found like any other."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from verimill.pipelines.contract import PROPERTIES, check
from verimill.pipelines.contract.subject import subject_of
from verimill.pipelines.template import write

OURS = [f"verimill.pipelines.template.{side}" for side in ("schemas", "verifiers", "generators")]


def test_the_template_keeps_the_contract() -> None:
    report = check(subject_of(OURS), problems=200)
    assert report.ok, str(report)


def test_a_written_package_is_found_by_its_entry_point_and_keeps_the_contract(tmp_path: Path) -> None:
    paths = write("coin_pairs", tmp_path)
    assert {path.suffix for path in paths} == {".py", ".toml"}
    assert not any("pair_sum" in path.read_text() for path in paths)
    # What pip would leave behind: the package on the path, and its entry point beside it.
    info = tmp_path / "coin_pairs_family-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: coin-pairs-family\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[verimill.families]\ncoin_pairs = coin_pairs_family\n")
    code = (
        "from verimill.pipelines.contract import check\nfrom verimill.schemas.families import names\n"
        "assert 'coin_pairs' in names()\nreport = check('coin_pairs', problems=60)\nprint(report)\n"
        "raise SystemExit(not report.ok)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("coin_pairs: ")


def test_in_a_checkout_the_files_go_into_the_kinds_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "verimill").mkdir()
    for side in ("schemas", "verifiers", "generators"):
        (tmp_path / side / "numbers").mkdir(parents=True)
    (tmp_path / "schemas" / "core.py").touch()
    paths = write("coin_pairs", tmp_path, kind="numbers")
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "schemas/numbers/coin_pairs.py", "verifiers/numbers/coin_pairs.py", "generators/numbers/coin_pairs.py",
    ]  # fmt: skip
    assert "from verimill.schemas.numbers.coin_pairs import" in paths[2].read_text()
    with pytest.raises(ValueError, match="must exist"):
        write("other_pairs", tmp_path, kind="tables")
    for side in ("schemas", "verifiers", "generators"):
        home = importlib.import_module(f"verimill.{side}.numbers")
        monkeypatch.setattr(home, "__path__", [*home.__path__, str(tmp_path / side / "numbers")])
    found = subject_of([f"verimill.{side}.numbers.coin_pairs" for side in ("schemas", "verifiers", "generators")])
    here = tuple(name for name in PROPERTIES if name != "the same in another process")
    report = check(found, problems=20, only=here)
    assert report.ok, str(report)


@pytest.mark.parametrize(
    "name", ["", "X", "a", "Coin", "coin-pairs", "1coin", "class", "../coin", "x" * 50, "coin pairs"]
)
def test_a_malformed_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="name"):
        write(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    write("coin_pairs", tmp_path)
    (tmp_path / "pyproject.toml").write_text("mine")
    with pytest.raises(ValueError, match="exists already"):
        write("coin_pairs", tmp_path)
    assert (tmp_path / "pyproject.toml").read_text() == "mine"


def test_a_taken_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="already"):
        write("arithmetic_chain", tmp_path)
    with pytest.raises(ValueError, match="kind must be one of"):
        write("coin_pairs", tmp_path, kind="nonsense")
