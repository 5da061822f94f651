"""Frozen dataclasses to JSON values and back, and to the short text of a key.

Problems and Params hold only bool, int, float, str and (nested) tuples of them, so one pair of functions
serves every family. `load` checks every type against the annotations: a tampered text is refused with one
sentence, and the class's own `__post_init__` refuses the rest.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

MAX_TEXT = 1_000_000  # characters of JSON text that anything here will look at


def dump(value: Any) -> dict[str, Any]:
    """The fields of a dataclass as JSON values; tuples become lists when written as JSON."""
    return {f.name: getattr(value, f.name) for f in fields(value)}


_HINTS: dict[type[Any], dict[str, Any]] = {}  # of the classes seen, since looking them up costs more than loading


def _hints(cls: type[Any]) -> dict[str, Any]:
    found = _HINTS.get(cls)
    if found is None:
        found = _HINTS[cls] = get_type_hints(cls)
    return found


Reader = Callable[[Any, str], Any]


@lru_cache(maxsize=1024)
def _reader(want: Any) -> Reader:
    """A function from (JSON value, where it stands) to the value of a type; built once a type, since rows are many."""
    origin, inner = get_origin(want), get_args(want)
    if origin is tuple:
        return _series(inner[0]) if len(inner) == 2 and inner[1] is Ellipsis else _parts(inner)
    if origin in (Union, types.UnionType):
        return _optional(inner)
    if origin is Literal:
        return _literal(inner)
    return _number if want is float else _plain(want)


def _series(item: Any) -> Reader:
    read, simple = _reader(item), item in (int, str, bool)
    name = {int: "whole numbers", str: "texts", bool: "true or false"}.get(item, "")

    def series(value: Any, where: str) -> Any:
        if type(value) not in (list, tuple):
            raise ValueError(f"{where} must be a list, got {type(value).__name__}")
        if not simple:
            return tuple([read(v, where) for v in value])
        for v in value:
            if type(v) is not item:
                raise ValueError(f"{where} must hold {name}, got {v!r:.40}")
        return tuple(value)

    return series


def _parts(inner: tuple[Any, ...]) -> Reader:
    reads, count = tuple(map(_reader, inner)), len(inner)
    simple = all(part in (int, str, bool) for part in inner)

    def parts(value: Any, where: str) -> Any:
        if type(value) not in (list, tuple):
            raise ValueError(f"{where} must be a list, got {type(value).__name__}")
        if len(value) != count:
            raise ValueError(f"{where} must have {count} parts, got {len(value)}")
        if simple and tuple(map(type, value)) == inner:
            return tuple(value)
        return tuple([read(v, where) for read, v in zip(reads, value, strict=True)])

    return parts


def _optional(inner: tuple[Any, ...]) -> Reader:
    read = _reader(next(part for part in inner if part is not type(None)))
    may_lack = type(None) in inner
    return lambda value, where: None if value is None and may_lack else read(value, where)


def _literal(inner: tuple[Any, ...]) -> Reader:
    def literal(value: Any, where: str) -> Any:
        for word in inner:
            if type(value) is type(word) and value == word:
                return word
        raise ValueError(f"{where} must be one of {', '.join(map(repr, inner))}, got {value!r:.40}")

    return literal


def _number(value: Any, where: str) -> Any:
    if type(value) not in (int, float):
        raise ValueError(f"{where} must be float, got {type(value).__name__}")
    return float(value)


def _plain(want: Any) -> Reader:
    def plain(value: Any, where: str) -> Any:
        if type(value) is not want:
            raise ValueError(f"{where} must be {want.__name__}, got {type(value).__name__}")
        return value

    return plain


def load(cls: type[T], data: Any) -> T:
    """The dataclass that `dump` wrote; ValueError names the field, what was wanted and what was got."""
    if not isinstance(data, Mapping):
        raise ValueError(f"{cls.__name__} must be an object, got {type(data).__name__}")
    hints = _hints(cls)
    unknown = sorted(set(data) - set(hints))
    missing = sorted(set(hints) - set(data))
    if unknown or missing:
        raise ValueError(f"{cls.__name__}: unknown fields {unknown}, missing fields {missing}")
    return cls(**{name: _reader(hints[name])(data[name], f"{cls.__name__}.{name}") for name in hints})


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
