"""The properties of a family's source: no eval, no clock, no chance but the key's, and blind siblings.

Each function yields complaints about a bench; none means that the property holds.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping

from verimill.pipelines.contract.subject import Bench

CALLS = frozenset({"eval", "exec", "compile", "__import__", "open", "input", "breakpoint", "hash", "id"})
IMPORTS = frozenset(
    {"signal", "socket", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "aiohttp", "subprocess", "pickle"}
    | {
        "random",
        "secrets",
        "uuid",
        "time",
        "datetime",
        "threading",
        "multiprocessing",
        "os",
        "pty",
        "ctypes",
        "marshal",
    }
)


def _tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(importlib.import_module(module)))


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of every import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or "."
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def sources_are_tame(bench: Bench) -> Iterator[str]:
    """No eval, no files, no network, no signal, no clock, and no chance or hash but what the key gives."""
    for module in bench.subject.modules:
        tree = _tree(module)
        for line, name in _imported(tree):
            if name.partition(".")[0] in IMPORTS:
                yield f"{module}, line {line}: imports {name}"
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                yield f"{module}, line {node.lineno}: calls {node.func.id}"


def maker_and_judge_are_blind(bench: Bench) -> Iterator[str]:
    """Neither the maker nor the judge imports the other's side; the schemas import neither."""
    schemas, verifiers, generators = bench.subject.modules
    for module, others in ((schemas, (verifiers, generators)), (verifiers, (generators,)), (generators, (verifiers,))):
        sides = {other for other in others}
        sides |= {f"verimill.{word}" for word in ("verifiers", "generators") if _side_of(word, others)}
        for line, name in _imported(_tree(module)):
            if any(name == side or name.startswith(side + ".") for side in sides):
                yield f"{module}, line {line}: imports {name}"


def _side_of(word: str, modules: tuple[str, ...]) -> bool:
    return any(word in module.replace("_", ".").split(".") for module in modules)


PROPERTIES: Mapping[str, Callable[[Bench], Iterator[str]]] = {
    "sources are tame": sources_are_tame,
    "maker and judge are blind": maker_and_judge_are_blind,
}
