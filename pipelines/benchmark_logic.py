"""Knights and knaves as the K&K benchmark and reasoning-gym tell them, and houses as ZebraLogic does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from verimill.schemas.clues import MAX_CLUES
from verimill.schemas.families import constant

Found = tuple[str, Any]
Item = tuple[int, int]  # an attribute and one of its values

# --- knights and knaves -----------------------------------------------------------------------------------------

_SETTING = re.compile(
    r"inhabited only by (\w+) and (\w+)\. .{0,160}?You meet \d+ inhabitants?: ([A-Z][\w, ]+?)\. (.*?) So who is", re.S
)
_TOKEN = re.compile(r"\(|\)|[A-Za-z]+")
_PAIRS = (("if and only if", "iff"), ("or", "or"), ("and", "and"))


def people(text: str) -> Iterator[Found]:
    """A village where everybody says one thing; nothing where any part of it cannot be read for certain."""
    found = _SETTING.search(text)
    if found is None:
        return
    names = tuple(re.findall(r"[A-Z]\w+", found[3]))
    roles = found[1].lower(), found[2].lower()
    said = [_statement(part, names, roles) for part in _sentences(found[4])]
    if None in said or len(said) != len(names):
        return
    try:
        yield "knights_knaves", constant("knights_knaves", "schemas", "CODEC").problem(names, "island", tuple(said))
    except ValueError:
        return


def _sentences(text: str) -> list[str]:
    """The text cut behind full stops, and after a name that follows a closing quote and a dash."""
    out, begin, quoted = [], 0, False
    for at, sign in enumerate(text):
        quoted ^= sign in '"“”'
        if sign == "." and not quoted:
            out.append(text[begin : at + 1].strip())
            begin = at + 1
        elif sign in '"”' and not quoted and text[at - 1] == "." and re.match(r"\s+(?:[A-Z\"“]|$)", text[at + 1 :]):
            out.append(text[begin : at + 1].strip())
            begin = at + 1
    rest = text[begin:].strip()
    return [part for part in (*out, rest) if part.strip(". ")]


def _statement(text: str, names: Sequence[str], roles: tuple[str, str]) -> tuple[int, str] | None:
    """The speaker and the formula of one sentence."""
    quote = re.search(r'["“](.+?)["”]', text)
    if quote:
        rest, said = text[: quote.start()] + " " + text[quote.end() :], quote[1]
    else:
        rest, _, said = text.partition(" that ")
    speakers = {name for name in re.findall(r"[A-Z]\w+", rest) if name in names}
    tokens = _TOKEN.findall(said)
    if len(speakers) != 1 or not tokens:
        return None
    try:
        formula, used = _formula(tokens, 0, names, roles)
    except (ValueError, IndexError):
        return None
    return (names.index(speakers.pop()), formula) if used == len(tokens) else None


def _formula(tokens: list[str], at: int, names: Sequence[str], roles: tuple[str, str]) -> tuple[str, int]:
    """One formula: several parts with one and the same word between them, or a single part."""
    if tokens[at] == "if":
        left, at = _formula(tokens, at + 1, names, roles)
        if tokens[at] != "then":
            raise ValueError("if without then")
        right, at = _formula(tokens, at + 1, names, roles)
        return f"if {left} {right}", at
    parts, joined = [], ""
    while True:
        part, at = _part(tokens, at, names, roles)
        parts.append(part)
        for words, sign in _PAIRS:
            size = len(words.split())
            if tokens[at : at + size] == words.split():
                if joined not in ("", sign):
                    raise ValueError("two joining words without brackets")
                joined, at = sign, at + size
                break
        else:
            break
    whole = parts[0]
    for part in parts[1:]:
        whole = f"{joined} {whole} {part}"
    return whole, at


def _part(tokens: list[str], at: int, names: Sequence[str], roles: tuple[str, str]) -> tuple[str, int]:
    if tokens[at] == "(":
        inner, at = _formula(tokens, at + 1, names, roles)
        if tokens[at] != ")":
            raise ValueError("a bracket is open")
        return inner, at + 1
    if tokens[at : at + 6] == "it is not the case that".split():
        inner, at = _part(tokens, at + 6, names, roles)
        return f"not {inner}", at
    who, at = names.index(tokens[at]), at + 1
    if tokens[at] != "is":
        raise ValueError("a claim without is")
    denied = tokens[at + 1] == "not"
    at += 1 + denied
    if tokens[at] not in ("a", "an"):
        raise ValueError("a claim without a role")
    role = [plural in (tokens[at + 1].lower() + "s", tokens[at + 1].lower() + "es") for plural in roles].index(True)
    return f"{'nk'[(role == 0) ^ denied]}{who}", at + 2


# --- houses -----------------------------------------------------------------------------------------------------

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_TWO_SIDED = (
    (re.compile(r"^(.+?) is (?:somewhere )?to the left of (.+)$"), "left", False),
    (re.compile(r"^(.+?) is (?:somewhere )?to the right of (.+)$"), "left", True),
    (re.compile(r"^(.+?) is directly left of (.+)$"), "just_left", False),
    (re.compile(r"^(.+?) is directly right of (.+)$"), "just_left", True),
    (re.compile(r"^(.+?) and (.+?) are next to each other$"), "next", False),
    (re.compile(r"^there is one house between (.+?) and (.+)$"), "gap 1", False),
    (re.compile(r"^there are two houses between (.+?) and (.+)$"), "gap 2", False),
    (re.compile(r"^(.+?) is (.+)$"), "same", False),
)
_PLACE = re.compile(r"^(.+?) is (not )?in the (\w+) house$")
_EMPTY = frozenset("the a an person who one of is in has s to and".split())


def zebra(text: str) -> Iterator[Found]:
    """Houses in a row: the values of attributes, then numbered clues; nothing where a clue is not read for certain."""
    size = re.search(r"There are (\d) houses", text)
    if size is None:
        return
    lists = [(head, [_words(v) for v in values.split(", ")])
             for head, values in re.findall(r"^\s*[-*] (.+?): (.+?)\.?$", text.replace("`", ""), re.M)]  # fmt: skip
    told = re.findall(r"^\d{1,2}\. (.+?)\.?$", text, re.M)
    if not 2 <= len(lists) <= 6 or not 1 <= len(told) <= MAX_CLUES:
        return
    clues = [_clue(line[:1].lower() + line[1:], lists) for line in told]
    if None in clues or any(len(values) != int(size[1]) for _, values in lists):
        return
    codec = constant("zebra", "schemas", "CODEC")
    own = tuple(
        tuple(f"v{chr(97 + a)}{chr(97 + v)}" for v, _ in enumerate(values)) for a, (_, values) in enumerate(lists)
    )
    try:
        names = tuple(f"a{chr(97 + a)}" for a, _ in enumerate(lists))
        yield "zebra", codec.problem("house", names, own, tuple(clues))
    except ValueError:
        return


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[a-z0-9]+", text.lower()))


def _clue(line: str, lists: Sequence[tuple[str, list[tuple[str, ...]]]]) -> tuple[str, int, int, int] | None:
    """One clue in our form; None where a side does not name one value for certain."""
    size = len(lists[0][1]) if lists else 0
    place = _PLACE.match(line)
    if place and place[3] in _ORDINALS:
        item = _item(place[1], lists)
        return (
            None
            if item is None
            else ("not_at" if place[2] else "at", _number(item, size), _ORDINALS.index(place[3]) + 1, -1)
        )
    for form, kind, swapped in _TWO_SIDED:
        # `is` may stand within a side too, as in "whose child is named Fred": the cut that names two values is right
        for cut in _cuts(line, form) if kind == "same" else [form.match(line)]:
            if cut is None:
                continue
            sides = cut if isinstance(cut, tuple) else (cut[1], cut[2])
            one, two = (_item(side, lists) for side in sides)
            if one is None or two is None or one == two:
                continue
            a, b = (_number(two, size), _number(one, size)) if swapped else (_number(one, size), _number(two, size))
            word, _, houses = kind.partition(" ")
            return word, a, b, int(houses) if houses else -1
        if kind != "same" and form.match(line):
            return None
    return None


def _cuts(line: str, form: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r" is ", line):
        yield line[: found.start()], line[found.end() :]


def _number(item: Item, size: int) -> int:
    return item[0] * size + item[1]


def _item(phrase: str, lists: Sequence[tuple[str, list[tuple[str, ...]]]]) -> Item | None:
    """The one value that the phrase names: all its words, or their stems, and best with its attribute's words."""
    spoken = [word for word in _words(phrase) if word not in _EMPTY]
    scored = []
    for a, (head, values) in enumerate(lists):
        named = "name" in _words(head)  # said by itself: "Alice", where "the child named Alice" is somebody else
        about = 0 if named else sum(any(_alike(word, other) for other in _words(head)) for word in spoken)
        for v, value in enumerate(values):
            hits = sum(any(_alike(word, other) for other in spoken) for word in value)
            if hits:
                bare = named and len(spoken) == len(value)
                scored.append(((hits / len(value), hits, bare, about), (a, v)))
    scored.sort(reverse=True)
    if not scored or any(one[0] == two[0] for one, two in pairwise(scored[:2])):
        return None
    return scored[0][1]


def _alike(one: str, two: str) -> bool:
    """The same word, or two of one stem: brit and British, lilies and lily, cat and cats."""
    shorter, longer = sorted((one, two), key=len)
    shared = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), len(shorter))
    rest = len(longer) - shared
    return rest == 0 or (shared >= 4 and rest <= 4) or (shared == len(shorter) == 3 and rest == 1)
