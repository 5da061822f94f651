"""Text with its Unicode look-alikes made plain: full-width digits, minus signs, arrows, quotes, odd spaces.

Each character is mapped on its own (`str.translate` with a table that fills itself), so the work is linear;
normalising a whole text is quadratic in a run of combining marks.
"""

from __future__ import annotations

import unicodedata

_GROUPS = {
    "-": "‐‑‒–—―−﹘﹣－─━",
    "*": "×✕✖⋅·∙•●▪‣★☆⭐∗＊",
    "/": "÷∕⁄",
    ":": "∶：",
    ",": "、，",
    ".": "。．",
    "->": "→⟶➔➜➝➞➙⇒⟹↦▶►⇨➡",
    "<-": "←⟵⇐",
    "<->": "↔⟷⇔⟺",
    "'": "‘’‚‛′`´ʼ",
    '"': "“”„‟″«»",
    "|": "│┃║∣｜",
    "+": "┼┬┴├┤┌┐└┘╋＋",
    "\n": "\u0085\u2028\u2029",
    "I": "\u0130",  # the only character whose lower case is two characters long
    "": "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\ufe0e\ufe0f"
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",  # zero width, direction marks
}
_SUPERSCRIPTS = {"⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9"}
_CACHED = 4096  # look-alikes kept in the table; a hostile text cannot grow it further


class _Table(dict[int, str]):
    """Code point to plain text, filled on demand."""

    def __missing__(self, point: int) -> str:
        plain = _plain_character(chr(point))
        if len(self) < _CACHED:
            self[point] = plain
        return plain


def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    plain = unicodedata.normalize("NFKC", character)
    if unicodedata.category(character) == "No" and "\u2044" in plain:  # a fraction in one character: 3½ is not 31/2
        return " " + plain.replace("\u2044", "/")
    return "".join(_TABLE.get(ord(c), c) for c in plain) if len(plain) <= 4 else plain


_TABLE = _Table({ord(c): plain for plain, group in _GROUPS.items() for c in group if c != "`"})
_TABLE.update({ord(c): f"^{digit}" for c, digit in _SUPERSCRIPTS.items()})


def plain(text: str) -> str:
    """`text` with look-alikes replaced: ASCII text comes back as it is, and the work is linear in its length."""
    return text if text.isascii() else text.translate(_TABLE)


_PUNCTUATION = str.maketrans({c: " " for c in map(chr, range(33, 127)) if not c.isalnum()})


def words(text: str) -> list[str]:
    """The runs of letters and digits of an already plain text; ASCII punctuation separates like spaces."""
    return text.translate(_PUNCTUATION).split()
