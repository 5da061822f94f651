"""The knobs of a family as data: name, type, default and the docstring line under the field.

Read from the source of the Params class, so help, gallery and card say what the code says.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class Knob:
    """One field of Params. `type` is whole number, number, yes or no, or the words that it may be."""

    name: str
    type: str
    default: Any
    doc: str


def knobs(params: type[Any]) -> tuple[Knob, ...]:
    """The knobs of a Params class in declared order."""
    docs, hints = field_docs(params), get_type_hints(params)
    return tuple(Knob(f.name, _type(hints[f.name]), f.default, docs.get(f.name, "")) for f in fields(params))


def field_docs(params: type[Any]) -> dict[str, str]:
    """Field name to the text that stands under it."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(params)))
    except (OSError, TypeError, SyntaxError):  # a class made at run time has no source
        return {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    docs: dict[str, str] = {}
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            if isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
                docs[field.target.id] = " ".join(below.value.value.split())
    return docs


def _type(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " | ".join(map(str, get_args(hint)))
    if get_origin(hint) is tuple:
        return f"list of {_type(get_args(hint)[0])}, joined by +"
    return {bool: "yes | no", int: "whole number", float: "number", str: "word"}.get(hint, str(hint))
