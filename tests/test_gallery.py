"""The pages of the families are there, and current where it is quick to tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from verimill.pipelines.gallery import index, page, write_pages
from verimill.schemas.families import names

pytest.importorskip("jinja2")
PAGES = Path(__file__).resolve().parent.parent / "docs" / "families"


def test_every_family_has_a_page_and_nothing_else_has() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted([*names(), "README"])
    assert (PAGES / "README.md").read_text() == index()


@pytest.mark.parametrize("family", ["arithmetic_chain", "shortest_path", "knights_knaves"])
def test_a_page_is_current(family: str) -> None:
    """Refresh all of them with `make pages`."""
    assert (PAGES / f"{family}.md").read_text() == page(family)


def test_an_unknown_family_is_named_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="did you mean sudoku"):
        list(write_pages(tmp_path / "pages", ["shortest_path", "sudokku"]))
    assert not (tmp_path / "pages").exists()
