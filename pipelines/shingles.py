"""Texts to hashes of their words and of runs of words, in numpy: the same numbers on every machine.

A word is a run of letters, digits or bytes beyond ASCII, in lower case. Its hash is a polynomial of its bytes,
taken from running sums, so that no Python loop touches a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Hashes: TypeAlias = npt.NDArray[np.uint64]
    Places: TypeAlias = npt.NDArray[np.int64]

BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64
MASK = (1 << 64) - 1


def mixed(values: Hashes) -> Hashes:
    """Each number spread over all 64 bits (the finaliser of splitmix64)."""
    import numpy as np

    x = values ^ (values >> np.uint64(30))
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


@lru_cache(maxsize=2)
def _powers(size: int) -> tuple[Hashes, Hashes]:
    """BASE^0.. and the inverses, `size` of each."""
    import numpy as np

    inverse = pow(BASE, -1, 1 << 64)
    found = []
    for base in (BASE, inverse):
        made = np.empty(size, dtype=np.uint64)
        made[0] = 1
        have = 1
        while have < size:  # doubling: BASE^(i+have) = BASE^i * BASE^have
            more = min(have, size - have)
            made[have : have + more] = made[:more] * np.uint64(pow(base, have, 1 << 64))
            have += more
        found.append(made)
    return found[0], found[1]


@lru_cache(maxsize=1)
def _tables() -> tuple[Any, Any]:
    """For each byte: whether it is part of a word, and its lower case."""
    import numpy as np

    part, fold = np.zeros(256, dtype=bool), np.arange(256, dtype=np.uint64)
    for byte in range(256):
        part[byte] = byte >= 128 or chr(byte).isalnum()
        if 65 <= byte <= 90:
            fold[byte] = byte + 32
    return part, fold + np.uint64(1)


def words(texts: Sequence[str], least: int = 1) -> tuple[Hashes, Places]:
    """The hash of every word of `least` bytes or more, and where each text's words begin, with the end of all."""
    import numpy as np

    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    data = np.frombuffer(b"\n" + b"\n".join(encoded) + b"\n", dtype=np.uint8)
    size = 1 << max(16, len(data).bit_length())
    power, inverse = _powers(size)
    part, fold = _tables()
    inside = part[data]
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    starts, ends = edges[::2], edges[1::2]
    if least > 1:
        long = ends - starts >= least
        starts, ends = starts[long], ends[long]
    running = fold[data]
    running *= power[: len(data)]
    np.cumsum(running, out=running)
    hashes = mixed((running[ends - 1] - running[starts - 1]) * inverse[starts])
    lengths = np.array([len(text) + 1 for text in encoded], dtype=np.int64)
    bounds = np.concatenate(([0], np.cumsum(lengths))) + 1
    return hashes, np.searchsorted(starts, bounds).astype(np.int64)


def runs(hashes: Hashes, begins: Places, length: int) -> tuple[Hashes, Places]:
    """The hash of every run of `length` words within a text, and where each text's runs begin, with the end of all."""
    import numpy as np

    counts = np.maximum(np.diff(begins) - (length - 1), 0)
    out = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    total = len(hashes) - length + 1
    if total <= 0:
        return np.empty(0, dtype=np.uint64), np.zeros(len(counts) + 1, dtype=np.int64)
    whole = np.zeros(total, dtype=np.uint64)
    for at in range(length):
        whole += hashes[at : at + total] * np.uint64(pow(BASE, 2 * at + 1, 1 << 64))
    keep = np.zeros(len(hashes) + 1, dtype=np.int8)
    some = counts > 0
    np.add.at(keep, begins[:-1][some], 1)
    np.add.at(keep, begins[:-1][some] + counts[some], -1)
    return mixed(whole[np.cumsum(keep[:total], dtype=np.int8) > 0]), out
