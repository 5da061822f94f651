"""Statements about who tells the truth as codes for the kernels of `truth_tables`, and back."""

from __future__ import annotations

import numpy as np

from verimill.generators.engines.truth_tables import COUNT, LEAF, Table
from verimill.schemas.formulas import COUNTS, PAIRS, parse

Said = tuple[tuple[int, str], ...]


class _Codes(dict[str, int]):
    """The code of a token; people are below 12."""

    def __missing__(self, token: str) -> int:
        node = parse(token)
        head, number = node[0], int(node[1])
        if head in COUNTS:
            members = sum([1 << int(i) for i in node[2]])
            code = COUNT + (COUNTS.index(head) << 16 | number << 12 | members)
        else:
            code = LEAF + 2 * number + int(head == "n")
        self[token] = code
        return code


class _Texts(dict[int, str]):
    """The token of a code."""

    def __missing__(self, code: int) -> str:
        if code < COUNT:
            text = f"{'kn'[code - LEAF & 1]}{code - LEAF >> 1}"
        else:
            which, k = code - COUNT >> 16, code - COUNT >> 12 & 15
            text = f"{COUNTS[which]}:{k}:{'.'.join(str(i) for i in range(12) if code - COUNT >> i & 1)}"
        self[code] = text
        return text


_CODES = _Codes({token: code for code, token in enumerate((*PAIRS, "not"))})
_TEXTS = _Texts({code: token for token, code in _CODES.items()})


_KEPT = 64
_coded: dict[Said, tuple[Table, Table]] = {}


def coded(statements: Said) -> tuple[Table, Table]:
    """The codes of all statements in one row, and a row (speaker, where its codes begin, where they end) each; kept
    for the last few."""
    found = _coded.get(statements)
    if found is None:
        codes: list[int] = []
        spans = []
        for speaker, formula in statements:
            begin = len(codes)
            codes += map(_CODES.__getitem__, formula.split(" "))
            spans.append((speaker, begin, len(codes)))
        found = np.array(codes, np.int64), np.array(spans, np.int64)
        _keep(statements, found)
    return found


def _keep(statements: Said, found: tuple[Table, Table]) -> None:
    if len(_coded) >= _KEPT:
        _coded.clear()
    _coded[statements] = found


def said(codes: Table, spans: Table) -> Said:
    """The statements of codes as `coded` gives them."""
    rows = spans.tolist()
    tokens = [_TEXTS[code] for code in codes[: rows[-1][2]].tolist()]
    statements = tuple([(speaker, " ".join(tokens[begin:end])) for speaker, begin, end in rows])
    _keep(statements, (codes, spans))
    return statements
