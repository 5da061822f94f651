"""What the sources may not do: run text as code, take signals, draw on chance or the clock, import upwards."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from verimill.pipelines.contract.sources import IMPORTS

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ("schemas", "verifiers", "generators", "data_cards", "pipelines")  # all but the command line
FOLDERS = (*LIBRARY, "verimill")

# The families' files are held to the same list by the contract; these are the files beside them that may do more.
ALLOWED = {
    "schemas/rng.py": {"random"},  # seeded with a hash of the whole key, behind the only door to it
    "generators/warm.py": {"time"},  # how long compiling took, for a message
    "verifiers/reward_server.py": {"socket", "threading", "time", "http"},  # judges over HTTP, on its own
}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), _tree(path)


def _imports(tree: ast.Module) -> Iterator[str]:
    """Full name of every import, wherever it stands, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_text_is_run_as_code() -> None:
    banned = {"eval", "exec", "compile", "__import__"}
    offenders = [
        f"{name}, line {node.lineno}: {node.func.id}"
        for name, tree in _sources(*FOLDERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in banned
    ]
    offenders += [
        f"{name}: {imported}"
        for name, tree in _sources(*FOLDERS)
        for imported in _imports(tree)
        if imported.partition(".")[0] in ("pickle", "marshal", "dill", "shelve")
    ]
    assert not offenders


def test_what_a_trainer_imports_takes_no_signals() -> None:
    """Signals work in a main thread only. Processes that the pipelines start for themselves may set theirs:
    a worker leaves Ctrl-C to its parent, and the guard of a server passes the end on."""
    offenders = [
        name
        for name, tree in _sources("schemas", "verifiers", "generators", "data_cards")
        if any(imported.partition(".")[0] == "signal" for imported in _imports(tree))
    ]
    assert not offenders


def test_problems_and_verdicts_depend_on_nothing_outside() -> None:
    offenders = [
        f"{name}: {imported}"
        for name, tree in _sources("schemas", "verifiers", "generators")
        for imported in _imports(tree)
        if imported.partition(".")[0] in IMPORTS - ALLOWED.get(name, set())
    ]
    assert not offenders


def test_nothing_below_the_command_line_imports_it() -> None:
    offenders = [
        f"{name}: {imported}"
        for name, tree in _sources(*LIBRARY)
        for imported in _imports(tree)
        if (imported + "_").startswith(("verimill.cli_", "verimill.cli."))
    ]
    assert not offenders


def test_compiled_code_calls_no_compiled_code_of_another_file() -> None:
    """A cache of compiled code looks at the time stamp of its own file alone: a changed callee elsewhere would
    leave a stale caller behind."""
    imports = {name: set(_imports(tree)) for name, tree in _sources(*FOLDERS)}
    compiled = {name for name, imported in imports.items() if "numba" in imported}
    modules = {"verimill." + name.removesuffix(".py").replace("/", ".") for name in compiled}
    offenders = [
        f"{name}: {imported}"
        for name in sorted(compiled)
        for imported in imports[name]
        if imported in modules or imported.rpartition(".")[0] in modules
    ]
    assert len(compiled) > 3 and not offenders
