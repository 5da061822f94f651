"""docs/reference says what the code says, and every page of docs/ is found from its index."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from verimill.pipelines.exports.shapes import FORMATS
from verimill.reference import pages as now

pages = cache(now)
DOCS = Path(__file__).resolve().parent.parent / "docs"


def test_the_reference_has_its_pages_and_no_other() -> None:
    assert {path.name for path in (DOCS / "reference").iterdir()} == set(pages())


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_of_the_reference_is_current(name: str) -> None:
    """Refresh them with `make pages`, or only these with `python -m verimill.reference docs/reference`."""
    assert (DOCS / "reference" / name).read_text(encoding="utf-8").splitlines() == pages()[name].splitlines()


def test_every_option_column_and_knob_has_a_meaning() -> None:
    for name in ("commands.md", "columns.md", "families.md"):
        bare = [line for line in pages()[name].splitlines() if re.search(r"\|\s*\|$", line)]
        assert not bare, f"{name}: {bare[0]}"
    assert all(f"| `{name}` |" in pages()["exports.md"] for name in FORMATS)


def test_every_page_is_linked_from_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {(DOCS / link).resolve() for link in re.findall(r"\]\(([^)#:]+)\)", index)}
    assert all(path.exists() for path in linked)
    wanted = {path.resolve() for path in (*DOCS.glob("*.md"), *(DOCS / "reference").glob("*.md"))}
    assert wanted - {(DOCS / "README.md").resolve()} <= linked
