"""Frozen dataclasses to JSON values and back, and to the short text of a key.

Problems and Params hold only bool, int, float, str and (nested) tuples of them, so one pair of functions
serves every family. `load` checks every type against the annotations: a tampered text is refused with one
sentence, and the class's own `__post_init__` refuses the rest.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

MAX_TEXT = 1_000_000  # characters of JSON text that anything here will look at


def dump(value: Any) -> dict[str, Any]:
    """The fields of a dataclass as JSON values; tuples become lists when written as JSON."""
    return {f.name: getattr(value, f.name) for f in fields(value)}


@lru_cache(maxsize=256)
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _coerce(value: Any, want: Any, where: str) -> Any:
    origin = get_origin(want)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"{where} must be a list, got {type(value).__name__}")
        inner = get_args(want)
        if len(inner) == 2 and inner[1] is Ellipsis:
            item = inner[0]
            if item is int:  # the common case, kept fast
                for v in value:
                    if type(v) is not int:
                        raise ValueError(f"{where} must hold whole numbers, got {v!r:.40}")
                return tuple(value)
            return tuple(_coerce(v, item, where) for v in value)
        if len(inner) != len(value):
            raise ValueError(f"{where} must have {len(inner)} parts, got {len(value)}")
        return tuple(_coerce(v, w, where) for v, w in zip(value, inner, strict=True))
    if origin in (Union, types.UnionType):
        if value is None and type(None) in get_args(want):
            return None
        rest = [w for w in get_args(want) if w is not type(None)]
        return _coerce(value, rest[0], where)
    if origin is Literal:
        if value not in get_args(want):
            raise ValueError(f"{where} must be one of {', '.join(map(repr, get_args(want)))}, got {value!r:.40}")
        return value
    if want is float and type(value) in (int, float):
        return float(value)
    if type(value) is not want:
        raise ValueError(f"{where} must be {want.__name__}, got {type(value).__name__}")
    return value


def load(cls: type[T], data: Any) -> T:
    """The dataclass that `dump` wrote; ValueError names the field, what was wanted and what was got."""
    if not isinstance(data, Mapping):
        raise ValueError(f"{cls.__name__} must be an object, got {type(data).__name__}")
    hints = _hints(cls)
    unknown = sorted(set(data) - set(hints))
    missing = sorted(set(hints) - set(data))
    if unknown or missing:
        raise ValueError(f"{cls.__name__}: unknown fields {unknown}, missing fields {missing}")
    return cls(**{name: _coerce(data[name], hints[name], f"{cls.__name__}.{name}") for name in hints})


def to_text(params: Any) -> str:
    """Params as the text of a key: `size=9,variant=classic`, fields in declared order."""
    return ",".join(f"{name}={_word(value)}" for name, value in dump(params).items())


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "+".join(_word(v) for v in value)
    return str(value)


def from_text(cls: type[T], text: str, base: T | None = None) -> T:
    """Params from `name=value,name=value`; fields not named keep those of `base` or the class defaults.

    Raises ValueError naming the knob, what is wanted and what was got.
    """
    values: dict[str, Any] = dump(base) if base is not None else {}
    hints = _hints(cls)
    for part in filter(None, text.split(",")):
        name, eq, word = part.partition("=")
        name = name.strip()
        if not eq or name not in hints:
            raise ValueError(f"unknown knob {part!r:.60}; {cls.__name__} has {', '.join(hints)}")
        values[name] = _parse(word.strip(), hints[name], name)
    return cls(**values)


def _parse(word: str, want: Any, name: str) -> Any:
    if get_origin(want) is tuple:
        item = get_args(want)[0]
        return tuple(_parse(w, item, name) for w in word.split("+") if w)
    if get_origin(want) is Literal:
        if word not in get_args(want):
            raise ValueError(f"{name} must be one of {', '.join(get_args(want))}, got {word!r:.40}")
        return word
    if want is bool:
        if word not in ("yes", "no"):
            raise ValueError(f"{name} must be yes or no, got {word!r:.40}")
        return word == "yes"
    if want in (int, float):
        try:
            return want(word)
        except ValueError:
            kind = "a whole number" if want is int else "a number"
            raise ValueError(f"{name} must be {kind}, got {word!r:.40}") from None
    return word
