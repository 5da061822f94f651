"""Words for arrangement puzzles: vocabularies, clue sentences, ways to list them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from verimill.schemas.clues import KINDS, Clue, items_of

# Attribute: (how an item is spoken of, its words). Words are unique over all attributes.
VOCABULARY: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "name": (
        "{}",
        ("Alice", "Boris", "Chloe", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Karin", "Leo"),
    ),
    "pet": ("the owner of the {}", ("cat", "dog", "fish", "horse", "parrot", "rabbit", "snail", "turtle", "hamster")),
    "drink": ("whoever drinks {}", ("tea", "coffee", "milk", "juice", "water", "cola", "cocoa", "lemonade")),
    "colour": ("the one with the {} door", ("red", "green", "blue", "white", "yellow", "black", "pink", "purple")),
    "hobby": (
        "the person who likes {}",
        ("chess", "golf", "painting", "cooking", "hiking", "knitting", "rowing", "surfing"),
    ),
    "fruit": ("the one who eats the {}", ("apple", "pear", "plum", "fig", "kiwi", "mango", "lime", "cherry")),
    "job": ("the {}", ("baker", "doctor", "pilot", "tailor", "judge", "nurse", "farmer", "miner")),
    "instrument": ("the player of the {}", ("flute", "violin", "piano", "trumpet", "harp", "drum", "cello", "oboe")),
    "gem": ("the wearer of the {}", ("ruby", "opal", "pearl", "topaz", "jade", "amber", "garnet", "onyx")),
}  # fmt: skip

PLACES: Mapping[str, str] = {
    "house": "houses in a street", "office": "offices along a corridor", "stall": "stalls in a market row",
    "tent": "tents on a camp site", "desk": "desks along a wall",
}  # fmt: skip

# Two sentences a kind; {p} is what a position is called, {a} {b} {c} items, {n} a number.
ROW_SENTENCES: Mapping[str, tuple[str, str]] = {
    "at": ("{a} is at {p} {n}.", "At {p} number {n} one finds {a}."),
    "not_at": ("{a} is not at {p} {n}.", "{P} {n} does not belong to {a}."),
    "same": ("{a} is {b}.", "{a} and {b} are one and the same person."),
    "apart": ("{a} is not {b}.", "{a} and {b} are two different people."),
    "left": ("{a} is somewhere to the left of {b}.", "{b} is somewhere to the right of {a}."),
    "just_left": ("{a} is directly to the left of {b}.", "{b} is directly to the right of {a}."),
    "next": ("{a} is next to {b}.", "{a} and {b} are direct neighbours."),
    "far": (
        "{a} is at a different {p} from {b}, and not next to it either.",
        "{a} and {b} are neither together nor neighbours.",
    ),
    "gap": (
        "The number of {p}s between {a} and {b} is exactly {n}.",
        "Going from {a} to {b} one passes exactly {n} other {p}(s).",
    ),
    "between": (
        "{b} is somewhere between {a} and {c}.",
        "{b} has {a} on one side and {c} on the other, perhaps further away.",
    ),
    "either": ("{a} is either {b} or {c}, but not both.", "{a} is exactly one of these two: {b}; {c}."),
    "end": ("{a} is at one of the two ends.", "{a} has a neighbour on one side only."),
    "odd": ("{a} is at an odd-numbered {p}.", "The number of the {p} of {a} is odd."),
    "even": ("{a} is at an even-numbered {p}.", "The number of the {p} of {a} is even."),
    "if_at": (
        "If {a} is somewhere to the left of {b}, then {a} is not at {p} {n}.",
        "{a} cannot both be at {p} {n} and be somewhere left of {b}.",
    ),
}  # fmt: skip


def sentence(
    clue: Clue, speak: Callable[[int], str], place: str, style: int, table: Mapping[str, tuple[str, str]]
) -> str:
    """The clue as a sentence; `speak(item)` says how an item is called."""
    kind, *values = clue
    used = items_of(clue)
    form = KINDS[kind]
    number = values[form.index("n")] if "n" in form else 0
    words = dict(zip("abc", (speak(i) for i in used), strict=False))
    text = table[kind][style % 2].format(p=place, P=place.capitalize(), n=number, way="{way}", **words)
    return text[0].upper() + text[1:]


def numbered(lines: Sequence[str]) -> str:
    return "\n".join(f"{k}. {line}" for k, line in enumerate(lines, 1))


def bracketed(lines: Sequence[str]) -> str:
    return "\n".join(f"- (clue {k}) {line}" for k, line in enumerate(lines, 1))


def prose(lines: Sequence[str]) -> str:
    return " ".join(f"[{k}] {line}" for k, line in enumerate(lines, 1))


LISTS: Mapping[str, Callable[[Sequence[str]], str]] = {"numbered": numbered, "bullets": bracketed, "prose": prose}
