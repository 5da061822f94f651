"""Conditions over measured hardness: what they mean, and that nothing else can be said in them."""

import pytest

from verimill.schemas.conditions import parse

MEASURES = {"level": 4, "tier": 3, "steps": 20, "search": 51, "space": 12.5, "effort": 80.25}


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("tier>=3", True),
        ("tier>=3 and search>50", True),
        ("tier >= 3 and search > 51", False),
        ("tier=3", True),
        ("tier == 3 or nothing_measured > 1", True),
        ("not tier<3", True),
        ("not (tier>=3 and search>50)", False),
        ("tier>9 or steps<=20 and level!=5", True),
        ("(tier>9 or steps<=20) and level!=4", False),
        ("2<=tier<=4", True),
        ("2 <= tier < 3", False),
        ("steps<search", True),
        ("space>=12.5 and effort<80.3", True),
        ("effort>-1", True),
        ("not not tier=3", True),
    ],
)
def test_a_condition_means_what_it_says(text: str, true: bool) -> None:
    assert parse(text).holds(MEASURES) is true


REFUSED = """
tier | 3 | tier> | tier>=3 and | tier>=3 search>50 | (tier>3 | tier>3) | and | not | tier=>3 | tier>3; import os
__import__('os') | tier>'3' | tier.real>1 | tier>3 & | steps() | tier>1e999x | ((( | tier > ٣ | lambda: 1 | tier>3 else
"""
TOO_MUCH = ["(" * 400 + "tier>1" + ")" * 400, "not " * 200 + "tier>1", "tier>1 or " * 200 + "tier>1"]


@pytest.mark.parametrize("text", ["", "  ", *REFUSED.replace("\n", " | ").strip(" |").split(" | "), *TOO_MUCH])
def test_anything_else_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(a )?condition .*(wanted|must|cannot|may)") as error:
        parse(text)
    assert "\n" not in str(error.value) and len(str(error.value)) < 250


def test_a_measure_that_was_not_taken_is_named_with_those_that_were() -> None:
    with pytest.raises(ValueError, match=r"'depth'.*known: level, tier"):
        parse("depth>3").holds(MEASURES)


def test_the_names_that_a_condition_looks_at_are_known_before_anything_is_made() -> None:
    assert parse("tier>=3 and not (search>50 or tier=9)").names == ("search", "tier")
