"""Linear systems, read from their prompts alone."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from readers.shapes import lines_of, told

SOLVED = (1, 4, 8)
_NAMES = "[a-z]+(?:, [a-z]+)* and [a-z]+"
_STORIES = {
    "Unknown numbers are tied together as follows.": "",
    "A shop sells each kind of thing at a fixed price in coins (a price may be a fraction).": "price",
    "All things of one kind weigh the same number of grams (a weight may be a fraction).": "weight",
    "In a game each kind of token is worth a fixed number of points (which may be a fraction).": "worth",
}
_WORDINGS = (
    "{story}\n\n{board}\n\nFind {names}{what} so that every numbered statement holds. Values may be any exact"
    " numbers, fractions and negative ones included.",
    "Solve for {names}{what}. {story}\n\n{board}\n\nAll statements must be true at the same time; solutions are"
    " rational numbers, not necessarily whole or positive, and must be exact.",
    "{board}\n\n{story} In the list above a name stands for one unknown number{what}. Which values of {names} make"
    " the whole list true? Any rational value is allowed.",
    "You are given simultaneous linear conditions on {names}{what}.\n{story}\n\n{board}\n\nDetermine the values"
    " that satisfy each condition exactly. Whole numbers, fractions, zero and negative numbers are all possible.",
)
_FORM = "One line, {form}, each value exact: a whole number or a fraction such as a/b (no rounded decimals)."
_FIELDS = {
    "names": _NAMES, "what": r"| \(the [a-z]+ of one of each\)", "story": "|".join(map(re.escape, _STORIES)),
    "board": r"(?:\(1\)|\|).+?", "form": "[a-z]+ = value(?:, [a-z]+ = value)*",
}  # fmt: skip
_VERBS = {  # a unit, the verb, the words for no difference
    "price": ("coin", "cost", "cost as much as"),
    "weight": ("gram", "weigh", "balance exactly with"),
    "worth": ("point", "score", "score as much as"),
}


def read(prompt: str) -> dict[str, Any]:
    """The unknowns in order, and each statement as coefficients and a right side, up to its sign."""
    found = told(prompt, _WORDINGS, _FORM, _FIELDS)
    names = re.findall("[a-z]+", found["names"].replace(" and ", ", "))
    what = _STORIES[found["story"]]
    if found["form"] != ", ".join(f"{name} = value" for name in names) or len(set(names)) != len(names):
        raise ValueError(f"unknowns must be named alike: {prompt!r}")
    if found["what"] != (f" (the {what} of one of each)" if what else ""):
        raise ValueError(f"not what {found['story']} asks for: {found['what']}")
    if found["board"].startswith("|"):
        rows = _table(found["board"], names)
    else:
        lines = lines_of(found["board"], r"\((1)\) (.+)", r"*\((\d+)\) (.+)")
        if [int(line[1]) for line in lines] != list(range(1, found["board"].count("\n") + 2)):
            raise ValueError(f"statements are numbered from 1: {found['board']!r}")
        rows = [_statement(line[2].replace("−", "-"), what) for line in lines]
    if not all(row.keys() <= {"", *names} for row in rows):
        raise ValueError(f"unknown names: {rows}")
    return {"names": names, "rows": [_signed([row.get(name, 0) for name in [*names, ""]]) for row in rows]}


def _signed(row: list[int]) -> tuple[int, ...]:
    """A statement and its negative say the same."""
    first = next((a for a in row if a), 0)
    return tuple(-a for a in row) if first < 0 else tuple(row)


def _table(board: str, names: list[str]) -> list[dict[str, int]]:
    head, rule, *lines, note = board.split("\n")
    if head != f"| {' | '.join(['row', *names, 'total'])} |" or rule != f"|{' --- |' * (len(names) + 2)}":
        raise ValueError(f"not a table of {names}: {board!r}")
    if note != "A row says: each number times the unknown above it, added up, gives the total.":
        raise ValueError(f"the table is not explained: {note!r}")
    rows = []
    for at, line in enumerate(lines, 1):
        label, *cells = line.strip("| ").split(" | ")
        if label != f"({at})" or len(cells) != len(names) + 1:
            raise ValueError(f"not row {at}: {line!r}")
        rows.append(dict(zip([*names, ""], map(int, cells), strict=True)))
    return rows


def _statement(text: str, what: str) -> dict[str, int]:
    if "=" in text:
        left, _, right = text.partition(" = ")
        return _less(_terms(left), _terms(right))
    if text[-1] != "." or (not what and ", equals " not in text):
        raise ValueError(f"no statement: {text!r}")
    if not what:
        left, _, right = text[:-1].lower().partition(", equals ")
        said = re.sub("(^|, )(?:plus )?", " + ", left).replace("+ minus", "-").replace(" times ", "*")
        return _less(
            _terms(re.sub("^ [+-] ", lambda sign: sign[0].strip(" +"), said)), _terms(right.replace("minus ", "-"))
        )
    unit, verb, even = _VERBS[what]
    things = r"[0-9]+ [a-z]+(?:(?:, [0-9]+ [a-z]+)* and [0-9]+ [a-z]+)?"
    one, _, rest = even.partition(" ")
    match = re.fullmatch(
        rf"({things})( together)? (?:({verb}|{verb}s) (-?\d+) {unit}s?(?: (more|less) than ({things}))?"
        rf"|({one}|{one}s) {rest} ({things}))\.",
        text,
    )
    if match is None:
        raise ValueError(f"not a sentence of the story: {text!r}")
    more, less = _things(match[1]), _things(match[6] or match[8])
    if (sum(more.values()) == 1) != (match[3] or match[7]).endswith("s"):
        raise ValueError(f"a verb in the wrong number: {text!r}")
    if match[4] and (abs(int(match[4])) == 1) == (f"{unit}s" in text):
        raise ValueError(f"a unit in the wrong number: {text!r}")
    if bool(match[2]) != (" and " in match[1] and not less):
        raise ValueError(f"together or each: {text!r}")
    row = {name: more.get(name, 0) - less.get(name, 0) for name in more | less}
    return row | {"": int(match[4] or 0) * (-1 if match[5] == "less" else 1)}


def _things(text: str | None) -> dict[str, int]:
    found = [(int(count), noun) for count, noun in re.findall(r"(\d+) ([a-z]+)", text or "")]
    if any((count == 1) == (noun[-1] == "s") for count, noun in found):
        raise ValueError(f"one thing or several: {text}")
    return {noun if count == 1 else noun[:-1]: count for count, noun in found}


def _terms(text: str) -> dict[str, int]:
    """`3x - 2y + 5` as what each name is multiplied by; the plain number under ""."""
    out: dict[str, int] = {}
    if not re.fullmatch(r"-?[0-9a-z*·]+(?: [-+] [0-9a-z*·]+)*", text):
        raise ValueError(f"not a sum: {text!r}")
    for sign, term in re.findall(r"(-?) ?([0-9a-z*·]+)", text):
        match = re.fullmatch(r"(\d*)[*·]?([a-z]*)", term)
        if match is None or match[2] in out:
            raise ValueError(f"not a term: {term!r} in {text!r}")
        out[match[2]] = int(sign + (match[1] or "1"))
    return out


def _less(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    row = {name: left.get(name, 0) - right.get(name, 0) for name in left | right}
    return row | {"": -row.get("", 0)}


def plain(problem: Any) -> dict[str, Any]:
    """The same of the stored problem."""
    return {"names": list(problem.names), "rows": [_signed(list(row)) for row in problem.rows]}


def solutions(instance: dict[str, Any], limit: int = 2) -> list[str]:
    """The solution, none, or two of many."""
    names = instance["names"]
    rows = [[Fraction(a) for a in row] for row in instance["rows"]]
    pivots: list[int] = []
    for column in range(len(names)):
        at = next((k for k in range(len(pivots), len(rows)) if rows[k][column]), None)
        if at is not None:
            top = len(pivots)
            rows[top], rows[at] = rows[at], rows[top]
            rows[top] = [a / rows[top][column] for a in rows[top]]
            for k, row in enumerate(rows):
                if k != top:
                    rows[k] = [a - row[column] * b for a, b in zip(row, rows[top], strict=True)]
            pivots.append(column)
    if any(row[-1] for row in rows[len(pivots) :]):
        return []
    out = []
    for free in range(2 if len(pivots) < len(names) else 1):
        values = [Fraction(free)] * len(names)
        for row, column in zip(rows, pivots, strict=False):
            loose = sum(row[k] * values[k] for k in range(len(names)) if k not in pivots)
            values[column] = row[-1] - loose
        out.append(", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True)))
    return out[:limit]


def accepts(instance: dict[str, Any], answer: str) -> bool:
    """Every name once, with an exact value, and every statement true."""
    items = [re.fullmatch(r"([a-z]+) = (-?\d+(?:/0*[1-9]\d*)?)", item) for item in answer.split(", ")]
    values = {item[1]: Fraction(item[2]) for item in items if item}
    if None in items or len(values) != len(items) or values.keys() != set(instance["names"]):
        return False
    known = [*(values[name] for name in instance["names"]), Fraction(-1)]
    return all(sum(a * x for a, x in zip(row, known, strict=True)) == 0 for row in instance["rows"])
