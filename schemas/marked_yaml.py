"""YAML text becomes plain values and the line of each: {"splits": ...} and {("splits", 0): 12, ...}.

Only what a recipe needs: mappings with text names, lists and plain scalars. Names given twice, tags of a
programming language and aliases that multiply are refused, each with its line.
"""

from __future__ import annotations

from typing import Any

import yaml

Path = tuple[str | int, ...]
Marks = dict[Path, int]

MAX_NODES = 100_000  # visited nodes; aliases of aliases would multiply without end
MAX_DEPTH = 50


class MarkedYamlError(ValueError):
    """A fault in the text, with the line where it stands."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(words)
        self.line = line


def read_marked(text: str) -> tuple[Any, Marks]:
    """The values of a YAML document and the line (from 1) of every name and list item.

    Raises MarkedYamlError for text that is not YAML or is more than plain values.
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        marks: Marks = {(): 1}
        return (None if node is None else _Reader(loader, marks).value(node, ())), marks
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = " ".join(filter(None, (error.context, error.problem)))
        raise MarkedYamlError(mark.line + 1 if mark else 1, f"not YAML: {words}") from None
    except (yaml.YAMLError, RecursionError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise MarkedYamlError(1, f"not YAML: {words:.100}") from None
    finally:
        loader.dispose()


class _Reader:
    """One walk over the nodes of a document, filling `marks`."""

    def __init__(self, loader: yaml.SafeLoader, marks: Marks) -> None:
        self._loader = loader
        self._marks = marks
        self._seen = 0

    def value(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self._seen += 1
        if self._seen > MAX_NODES or len(path) > MAX_DEPTH:
            raise MarkedYamlError(line, f"must have at most {MAX_NODES} values, {MAX_DEPTH} deep")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for at, item in enumerate(node.value):
                self._marks[(*path, at)] = item.start_mark.line + 1
                items.append(self.value(item, (*path, at)))
            return items
        try:
            return self._loader.construct_object(node)
        except (yaml.constructor.ConstructorError, ValueError) as error:
            words = getattr(error, "problem", None) or str(error)
            raise MarkedYamlError(line, f"must be plain values: {words}") from None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self.value(key_node, path)
            if not isinstance(key, str):
                raise MarkedYamlError(line, f"names must be text, got {key!r:.40}")
            if key in out:
                raise MarkedYamlError(line, f"{key} is given twice")
            self._marks[(*path, key)] = line
            out[key] = self.value(value_node, (*path, key))
        return out
