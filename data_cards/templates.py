"""Texts from the templates that lie beside this file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template


@lru_cache(maxsize=8)
def _template(name: str) -> Template:
    import jinja2

    source = (Path(__file__).parent / name).read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return environment.from_string(source)


def fill(name: str, **values: Any) -> str:
    """The template with its values, no spaces at line ends, one newline at the end; a missing value is an error."""
    text = _template(name).render(**values)
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip() + "\n"
