"""Every family keeps every property of the contract."""

from __future__ import annotations

import sys

import pytest

from verimill.pipelines.contract import PROPERTIES, check
from verimill.pipelines.contract.subject import fingerprints_elsewhere, subject
from verimill.schemas.families import names

PROBLEMS = 60  # of level 1; `verimill check FAMILY` takes 1,000
SEED = 0


@pytest.fixture(scope="module")
def elsewhere() -> dict[str, dict[str, dict[str, str]]]:
    """What one other process with another hash seed makes of every family."""
    whole = []
    for family in names():
        try:
            whole.append(subject(family))
        except (AttributeError, ImportError):  # told by the family's own test
            continue
    return fingerprints_elsewhere(whole, SEED)


@pytest.mark.parametrize("family", names())
def test_the_family_keeps_the_contract(family: str, elsewhere: dict[str, dict[str, dict[str, str]]]) -> None:
    report = check(family, problems=PROBLEMS, seed=SEED, elsewhere=elsewhere.get(family, {}))
    assert report.ok, "\n" + "\n".join(map(str, report.failed))


def test_the_same_check_gives_the_same_report() -> None:
    quick = ("answers are right", "near misses are wrong", "twins are the same problem")
    family = names()[0]
    first, second = (check(family, problems=20, seed=3, only=quick) for _ in range(2))
    assert [finding.complaints for finding in first.findings] == [finding.complaints for finding in second.findings]
    assert [finding.name for finding in first.findings] == list(quick)


@pytest.mark.parametrize(
    ("family", "options", "message"),
    [
        ("no_such_family", {}, "unknown family"),
        ("", {}, "unknown family"),
        (names()[0], {"only": ("no such property",)}, "unknown property"),
        (names()[0], {"problems": 0}, "problems must be at least"),
    ],
)
def test_wrong_use_is_told_in_one_sentence(family: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check(family, **options)  # type: ignore[arg-type]


def test_every_property_has_a_sentence_that_explains_it() -> None:
    for name, holds in PROPERTIES.items():
        assert holds.__doc__ and holds.__doc__.strip().endswith("."), name


def test_a_second_solver_that_is_not_installed_is_no_complaint_about_the_family(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ortools", None)
    with pytest.raises(ModuleNotFoundError, match=r"verimill\[recount\]"):
        check("minesweeper", problems=20, only=("recounts agree",))
