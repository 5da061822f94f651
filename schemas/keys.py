"""The text id of a problem: `sudoku@2:level=4#7/0` is all that is needed to make it again.

    FAMILY @ VERSION : KNOBS # SEED / INDEX [ !twin ]

KNOBS is `level=N`, or every knob of the family's Params in declared order (`size=9,variant=diagonal,...`).
SEED is a whole number or a short word. `!twin` names the unanswerable twin of the problem: the same key
without it, perturbed so that no answer, or more than one, follows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from verimill.schemas.core import LEVELS
from verimill.schemas.families import codec
from verimill.schemas.rng import Rng, rng_for
from verimill.schemas.values import from_text, to_text

MAX_KEY = 2000  # characters of a key that will be looked at
MAX_INDEX = 10**12
TWIN = "!twin"
_SEED = re.compile(r"[A-Za-z0-9_.-]{1,40}\Z")
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,15})\Z")
_SHAPE = "FAMILY@VERSION:KNOBS#SEED/INDEX"


@dataclass(frozen=True, slots=True)
class Key:
    """One problem of one family; `level` is None where the knobs are given one by one.

    `params` are the full knobs in either case. Two keys with equal params, seed and index make the same problem.
    """

    family: str
    version: int
    level: int | None
    params: Any
    seed: int | str
    index: int
    twin: bool = False

    def __post_init__(self) -> None:
        code = codec(self.family)
        if self.version != code.version:
            raise ValueError(f"this verimill has {self.family} version {code.version}, the key wants {self.version}")
        if type(self.params) is not code.params:
            raise ValueError(f"params of {self.family} must be {code.params.__name__}, got {self.params!r:.60}")
        if self.level is not None and not _same(level_params(self.family, self.level), self.params):
            raise ValueError(f"params of {self.family} level {self.level} differ from the knobs given: {self.params!r}")
        if isinstance(self.seed, str) and _NUMBER.match(self.seed):
            raise ValueError(f"seed {self.seed!r} must be given as a whole number, not as text")
        if not _SEED.match(str(self.seed)) or isinstance(self.seed, bool):
            raise ValueError(f"seed must be a whole number or a word of at most 40 letters, got {self.seed!r:.60}")
        if type(self.index) is not int or not 0 <= self.index <= MAX_INDEX:
            raise ValueError(f"index must be in 0..{MAX_INDEX}, got {self.index!r:.40}")

    def __str__(self) -> str:
        knobs = knobs_text(self.params) if self.level is None else f"level={self.level}"
        return f"{self.family}@{self.version}:{knobs}#{self.seed}/{self.index}{TWIN if self.twin else ''}"

    def rng(self, *purpose: str) -> Rng:
        """The stream of this problem; `purpose` names a separate one (style, twin).

        The full text of the params is hashed, not the level's number: a family that changes a level without
        changing its version cannot make two different problems look alike.
        """
        return rng_for(self.family, self.version, knobs_text(self.params), self.seed, self.index, *purpose)


def _same(a: Any, b: Any) -> bool:
    return a is b or a == b


@lru_cache(maxsize=1024)
def knobs_text(params: Any) -> str:
    """Params as key text; kept, since thousands of keys share one."""
    return to_text(params)


@lru_cache(maxsize=1024)
def level_params(family: str, level: int) -> Any:
    """The Params of a family's level; ValueError outside 1..10."""
    if type(level) is not int or level not in LEVELS:
        raise ValueError(f"level must be in {LEVELS[0]}..{LEVELS[-1]}, got {level!r:.40}")
    return codec(family).level(level)


def read_seed(text: str) -> int | str:
    """A seed from text: a whole number where it is written as one, else a word."""
    if not _SEED.match(text):
        raise ValueError(f"seed must be a whole number or a word of at most 40 letters, got {text!r:.60}")
    return int(text) if _NUMBER.match(text) else text


def key_for(
    family: str, level: int | None = None, params: Any = None, seed: int | str = 0, index: int = 0, twin: bool = False
) -> Key:
    """The key of one problem.

    `params` is a Params object or knob text (`size=9,variant=diagonal`; knobs not named keep those of the
    level, or of the class). Without params the level holds, level 1 by default.
    """
    code = codec(family)
    if isinstance(seed, str):
        seed = read_seed(seed)
    if params is None:
        level = 1 if level is None else level
        return Key(family, code.version, level, level_params(family, level), seed, index, twin)
    if isinstance(params, str):
        params = _from_text(family, params, level)
    elif level is not None:
        raise ValueError("give a level or a Params object, got both; knob text may change single knobs of a level")
    return Key(family, code.version, None, params, seed, index, twin)


@lru_cache(maxsize=1024, typed=True)
def _from_text(family: str, text: str, level: int | None) -> Any:
    """Knob text as params; kept, since thousands of keys share one."""
    return from_text(codec(family).params, text, None if level is None else level_params(family, level))


def parse_key(text: str) -> Key:
    """The key that `str(key)` wrote; ValueError names the part that is malformed."""
    if len(text) > MAX_KEY:
        raise ValueError(f"a key must have at most {MAX_KEY} characters, got {len(text)}")
    text = text.strip()
    body, bang, suffix = text.partition("!")
    if bang and bang + suffix != TWIN:
        raise ValueError(f"a key may end in {TWIN} only, got {bang + suffix!r:.40}")
    head, colon, rest = body.partition(":")
    family, at, version = head.partition("@")
    knobs, hash_sign, place = rest.rpartition("#")
    seed, slash, index = place.rpartition("/")
    if not (colon and at and hash_sign and slash):
        raise ValueError(f"a key must look like {_SHAPE}, for example sudoku@2:level=4#7/0; got {text!r:.80}")
    codec(family)  # an unknown family is named first
    numbers = {"version": version, "index": index}
    for name, word in numbers.items():
        if not _NUMBER.match(word):
            raise ValueError(f"{name} of a key must be a whole number without leading zeros, got {word!r:.40}")
    level, params = _knobs(family, knobs)
    return Key(family, int(version), level, params, read_seed(seed), int(index), bool(bang))


def _knobs(family: str, text: str) -> tuple[int | None, Any]:
    if text.startswith("level="):
        word = text.removeprefix("level=")
        if not _NUMBER.match(word):
            raise ValueError(f"level must be in {LEVELS[0]}..{LEVELS[-1]}, got {word!r:.60}")
        return int(word), level_params(family, int(word))
    if not text:
        raise ValueError(f"a key must name level=N or the knobs of {family}, got nothing between : and #")
    return None, from_text(codec(family).params, text)
