"""Exact numbers as people write them: whole, decimal, a fraction, a mixed number; read without guessing."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

MAX_CHARS = 120  # of one number's text; more is refused unread

_MINUS = str.maketrans({c: "-" for c in "−–—‒﹣－"} | {"⁄": "/", "∕": "/", "÷": "/", "’": ",", "٬": ",", "'": ","})
_WHOLE = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,8}|[0-9]{1,40})"
_FORMS = re.compile(
    rf"(?P<sign>[+-]?) ?(?:(?P<mixed>{_WHOLE}) (?P<mn>[0-9]{{1,20}}) ?/ ?(?P<md>[0-9]{{1,20}})"
    rf"|(?P<num>{_WHOLE})(?: ?/ ?(?P<dsign>-?)(?P<den>{_WHOLE}))?"
    rf"|(?P<dec>{_WHOLE}\.[0-9]{{1,40}}))"
)
_PART = r" ?(?:\{ ?([+-]?[0-9]{1,40}) ?\}|([0-9]))"
_LATEX = re.compile(rf"\\[dtc]?frac{_PART}{_PART}")
_THOUSANDS = re.compile(r"(?<=[0-9])(?:\{,\}|\\,)(?=[0-9]{3}(?![0-9]))")
_BRACKET = re.compile(r"([+-]) ?\(([^()]*)\)?")


def plain(text: str) -> str:
    """`text` with look-alike digits, minus and fraction signs made ASCII, `\\frac` undone, runs of spaces made one."""
    if "frac" in text:
        text = _LATEX.sub(_fraction, text)
    if "," in text:
        text = _THOUSANDS.sub(",", text)
    if text.isascii():
        return " ".join(text.translate(_MINUS).split())
    text = "".join(" " + c if unicodedata.decomposition(c).startswith("<fraction>") else c for c in text)
    text = unicodedata.normalize("NFKC", text).translate(_MINUS)
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    return " ".join(text.split())


def _fraction(found: re.Match[str]) -> str:
    top, bottom = (part for part in found.groups() if part)
    return f" {top}/{bottom}"  # 3\frac{1}{2} is not 31/2


def write_rational(value: Fraction | int) -> str:
    """`7`, `-3/4`: lowest terms, no denominator of 1."""
    return str(value)


def read_rational(text: str) -> Fraction:
    """The one number that `text` is: `-7`, `1,250`, `3/4`, `-2 1/2`, `0.75`, `\\frac{3}{4}`.

    Raises ValueError when it is anything else, is over-long, or has a zero denominator.
    """
    if len(text) > MAX_CHARS:
        raise ValueError(f"a number must have at most {MAX_CHARS} characters, got {len(text)}")
    cleaned = plain(text).strip(" *_`$()").rstrip(".;").strip()
    bracket = _BRACKET.fullmatch(cleaned)  # -(3/4)
    found = _FORMS.fullmatch(bracket[1] + bracket[2].strip() if bracket else cleaned)
    if found is None:
        raise ValueError(f"wanted one exact number such as 12, -3/4 or 2.5, got {text!r:.60}")
    part = found.groupdict()
    if part["dec"]:
        value = Fraction(part["dec"].replace(",", ""))
    else:
        whole, top, bottom = part["mixed"] or "0", part["num"] or part["mn"], part["den"] or part["md"] or "1"
        low = int(bottom.replace(",", ""))
        if low == 0:
            raise ValueError(f"a denominator must not be 0, got {text!r:.60}")
        value = int(whole.replace(",", "")) + Fraction(int(top.replace(",", "")), low)
        if part["dsign"]:
            value = -value
    return -value if part["sign"] == "-" else value
