"""The licence of every part of a dataset, as its recipe states it; what it does not state is not guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

CODE = "apache-2.0"
OWN = "apache-2.0"  # of what verimill itself makes, where the recipe names no other
NOT_STATED = "not stated"
HUB_UNKNOWN, HUB_OTHER = "unknown", "other"  # the Hub's names for these cases


def stated(recipe: Mapping[str, Any]) -> Mapping[str, str]:
    """What the recipe says under `licenses`."""
    told = recipe.get("licenses")
    return {str(part): str(name) for part, name in told.items()} if isinstance(told, dict) else {}


def parts(recipe: Mapping[str, Any], teachers: Sequence[str]) -> list[tuple[str, str]]:
    """(part, licence) for the code, what verimill made, and the outputs of each teacher."""
    told = stated(recipe)
    return [
        ("the code, verimill", CODE),
        ("problems, answers, certificates and the oracle's traces", told.get("data", OWN)),
        *((f"traces of {name}", told.get(name, NOT_STATED)) for name in teachers if name != "oracle"),
    ]


def of_hub(recipe: Mapping[str, Any], teachers: Sequence[str]) -> str:
    """The one licence that the Hub shows: that of all data where it is one, else that it is unknown or mixed."""
    found = {licence for _, licence in parts(recipe, teachers)[1:]}
    if NOT_STATED in found:
        return HUB_UNKNOWN
    return next(iter(found)) if len(found) == 1 else HUB_OTHER
