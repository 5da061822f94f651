"""The first column of a row that is not what it must be, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from verimill.pipelines.certificates import Uncertified

Row = Mapping[str, Any]
_SHOWN = 100  # characters of a long text in a message


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first column of a row that is not what it must be."""

    row: str
    column: str
    wanted: str
    got: str

    def __str__(self) -> str:
        where = "" if self.row == "-" else f"row {self.row}, column {self.column}: "
        return f"{where}wanted {self.wanted}, got {self.got}"


class Differs(Exception):
    """A column differs: column, wanted, got."""

    def __init__(self, column: str, wanted: object, got: object) -> None:
        super().__init__(column)
        self.column = column
        self.wanted, self.got = _window(_line(wanted), _line(got))


def _line(value: object) -> str:
    return str(value).replace("\n", "\\n")


def _window(wanted: str, got: str) -> tuple[str, str]:
    """Both texts, cut to the surroundings of the first difference where they are long."""
    if max(len(wanted), len(got)) <= _SHOWN:
        return wanted, got
    at = next((i for i, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b), min(len(wanted), len(got)))
    start = max(0, at - 20)

    def cut(text: str) -> str:
        return f"{'...' if start else ''}{text[start : start + _SHOWN]}{'...' if len(text) > start + _SHOWN else ''}"

    return cut(wanted), cut(got)


def same(column: str, wanted: object, got: object) -> None:
    """Raises Differs unless both are equal and of one type."""
    if type(wanted) is not type(got) or wanted != got:
        raise Differs(column, wanted, got)


def first_mismatch(row: Row, check: Callable[[], None]) -> Mismatch | None:
    """None when the check of the row passes, else what it found, a crash included.

    Raises ModuleNotFoundError where the check needs a package that is not installed, which is no fault of the row.
    """
    name = str(row["id"])
    try:
        check()
    except Differs as found:
        return Mismatch(name, found.column, found.wanted, found.got)
    except Uncertified as error:
        return Mismatch(name, "certificate", "maker and judge to agree", str(error))
    except ModuleNotFoundError:
        raise
    except Exception as error:  # a row that crashes a family is named, and the crash is ours to mend
        return Mismatch(name, "verification", "a problem that can be checked", f"{type(error).__name__}: {error}")
    return None


def json_object(column: str, text: str) -> dict[str, Any]:
    """The object that a column's JSON text holds; Differs for any other text."""
    try:
        data = json.loads(text)
    except ValueError:
        raise Differs(column, "JSON", text) from None
    if not isinstance(data, dict):
        raise Differs(column, "a JSON object", text)
    return data
