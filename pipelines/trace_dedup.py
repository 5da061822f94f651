"""Copies among traces: exact ones by hash, near ones by MinHash of runs of five words.

Only copies within one problem are dropped: different problems of a family share sentences, and a threshold would
delete the family. Copies across problems are counted, as a measure of boilerplate. A signature takes 256 bytes; with
the hashes that is about 300 bytes a trace in memory, whatever the traces' length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from verimill.pipelines.shingles import mixed, runs, words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Signatures: TypeAlias = npt.NDArray[np.uint16]

RUN = 5  # words
SIZE = 128  # hashes of a signature
BANDS, ROWS = 16, 8  # of a signature, to find copies across problems
THRESHOLD = 0.8
BATCH = 2_000  # texts


@dataclass(frozen=True, slots=True)
class Sketches:
    """For each text: 128 bits that are equal for equal words and spaces, and its MinHash signature."""

    exact: npt.NDArray[np.void]
    signatures: Signatures


@lru_cache(maxsize=1)
def _draws() -> tuple[Any, Any]:
    import numpy as np

    made = mixed(np.arange(1, 2 * SIZE + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    return (made[:SIZE] >> np.uint64(32)).astype(np.uint32), (made[SIZE:] >> np.uint64(32)).astype(np.uint32) | 1


def sketches(texts: Sequence[str]) -> Sketches:
    """The sketches of the texts, in order."""
    import numpy as np

    exact = np.frombuffer(b"".join(_exact(text) for text in texts), dtype="V16")
    signatures = np.empty((len(texts), SIZE), dtype=np.uint16)
    for at in range(0, len(texts), BATCH):
        part = slice(at, at + BATCH)
        signatures[part] = _minhash(texts[part], exact[part])
    return Sketches(exact, signatures)


def _exact(text: str) -> bytes:
    plain = " ".join(text.split()).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(plain, digest_size=16).digest()


def _minhash(texts: Sequence[str], exact: npt.NDArray[np.void]) -> Signatures:
    import numpy as np

    found, begins = runs(*words(texts), RUN)
    counts = np.diff(begins)
    values = (found >> np.uint64(32)).astype(np.uint32)
    low = np.ascontiguousarray(exact).view(np.uint64).reshape(-1, 2)[:, 0]
    out = np.empty((SIZE, len(texts)), dtype=np.uint16)
    full = np.flatnonzero(counts > 0)
    starts = begins[:-1][full]
    shifts, factors = _draws()
    scratch = np.empty_like(values)
    for k in range(SIZE):
        if len(full):
            np.bitwise_xor(values, shifts[k], out=scratch)
            np.multiply(scratch, factors[k], out=scratch)
            least = np.minimum.reduceat(scratch, starts)
            # The least of many hashes has zeros in front; the low bits, multiplied up, still tell them apart.
            out[k, full] = ((least * np.uint32(0x9E3779B1)) >> np.uint32(16)).astype(np.uint16)
    if len(full) < len(texts):  # too short for a run: like its equals only
        short = np.flatnonzero(counts == 0)
        for k in range(SIZE):
            out[k, short] = (mixed(low[short] + np.uint64(k)) >> np.uint64(48)).astype(np.uint16)
    return np.ascontiguousarray(out.T)


def likeness(a: Signatures, b: Signatures) -> npt.NDArray[np.float32]:
    """The estimated share of common runs of each pair of signatures."""
    import numpy as np

    found: npt.NDArray[np.float32] = (a == b).mean(axis=-1, dtype=np.float32)
    return found


# --- within a problem -------------------------------------------------------------------------------------------


def copies_within(
    sketched: Sketches, problems: npt.NDArray[np.int64], threshold: float = THRESHOLD
) -> npt.NDArray[np.int64]:
    """For each text the place of the earlier kept text of its problem that it copies, or -1 where it is kept."""
    import numpy as np

    order = np.argsort(problems, kind="stable")
    ranked = problems[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1]))) if len(order) else order
    sizes = np.diff(np.concatenate((starts, [len(order)])))
    copy_of = np.full(len(problems), -1, dtype=np.int64)
    for size in np.unique(sizes):
        if size < 2:
            continue
        groups = order[starts[sizes == size][:, None] + np.arange(size)]
        chunk = max(1, 2_000_000 // (int(size) * SIZE))  # so that what is compared at once stays in the cache
        for at in range(0, len(groups), chunk):
            _mark(sketched, groups[at : at + chunk], copy_of, threshold)
    return copy_of


def _mark(
    sketched: Sketches, groups: npt.NDArray[np.int64], copy_of: npt.NDArray[np.int64], threshold: float
) -> None:  # fmt: skip
    """The groups' texts (a row a group, in order) compared with each earlier kept one."""
    signatures, exact = sketched.signatures[groups], sketched.exact[groups]
    for later in range(1, groups.shape[1]):
        for earlier in range(later):
            mine, theirs = groups[:, later], groups[:, earlier]
            like = likeness(signatures[:, later], signatures[:, earlier]) >= threshold
            like |= exact[:, later] == exact[:, earlier]
            like &= (copy_of[theirs] < 0) & (copy_of[mine] < 0)
            copy_of[mine[like]] = theirs[like]


def first_of_each(texts: Sequence[str], threshold: float = THRESHOLD) -> list[int]:
    """For each text of one problem the place of the earlier one that it copies, or -1."""
    import numpy as np

    if len(texts) < 2:
        return [-1] * len(texts)
    return [int(at) for at in copies_within(sketches(texts), np.zeros(len(texts), dtype=np.int64), threshold)]


# --- across problems --------------------------------------------------------------------------------------------


def copies_across(
    sketched: Sketches, problems: npt.NDArray[np.int64], threshold: float = THRESHOLD
) -> tuple[int, int]:  # fmt: skip
    """How many texts equal one of another problem, and how many are near copies of one. Nothing is dropped for it."""
    import numpy as np

    near = np.zeros(len(problems), dtype=bool)
    same = _like_first(sketched.exact.view(np.uint64).reshape(-1, 2)[:, 0], problems, None, threshold)
    bands = sketched.signatures.reshape(len(problems), BANDS, ROWS)
    for band in range(BANDS):
        packed = np.ascontiguousarray(bands[:, band]).view(np.uint64)
        key = mixed(packed[:, 0] + mixed(packed[:, 1].copy()))
        near |= _like_first(key, problems, sketched.signatures, threshold)
    return int(same.sum()), int((near | same).sum())


def _like_first(
    keys: npt.NDArray[np.uint64], problems: npt.NDArray[np.int64], signatures: Signatures | None, threshold: float
) -> npt.NDArray[np.bool_]:
    """Texts whose key is that of a text of another problem, the first with the key, and which are like it."""
    import numpy as np

    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    new = np.concatenate(([True], ranked[1:] != ranked[:-1])) if len(order) else np.empty(0, dtype=bool)
    first = order[np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))] if len(order) else order
    pairs = problems[order] != problems[first]
    a, b = order[pairs], first[pairs]
    if signatures is not None and len(a):
        like = np.concatenate([likeness(signatures[a[i : i + BATCH]], signatures[b[i : i + BATCH]]) >= threshold
                               for i in range(0, len(a), BATCH)])  # fmt: skip
        a = a[like]
    found = np.zeros(len(keys), dtype=bool)
    found[a] = True
    return found


# --- a dataset --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Copies:
    """Counts over all traces of a dataset: exact and near copies within problems, then across them."""

    traces: int
    exact: int
    near: int
    exact_across: int
    near_across: int


def count_copies(batches: Iterable[tuple[Sequence[str], Sequence[str]]], threshold: float = THRESHOLD) -> Copies:
    """Copies among traces given as (problem ids, texts), batch by batch; texts are not kept."""
    import numpy as np

    known: dict[str, int] = {}
    codes, parts = [], []
    for ids, texts in batches:
        codes.append(np.array([known.setdefault(problem, len(known)) for problem in ids], dtype=np.int64))
        parts.append(sketches(texts))
    if not parts:
        return Copies(0, 0, 0, 0, 0)
    problems = np.concatenate(codes)
    exact = np.concatenate([part.exact for part in parts])
    signatures = np.empty((len(problems), SIZE), dtype=np.uint16)
    at = 0
    for index, part in enumerate(parts):
        signatures[at : at + len(part.exact)] = part.signatures
        at += len(part.exact)
        parts[index] = Sketches(part.exact[:0], part.signatures[:0])  # or each signature would be there twice
    whole = Sketches(exact, signatures)
    copy_of = copies_within(whole, problems, threshold)
    copied = np.flatnonzero(copy_of >= 0)
    same = int((exact[copied] == exact[copy_of[copied]]).sum())
    return Copies(len(problems), same, len(copied) - same, *copies_across(whole, problems, threshold))


def copies_in(folder: Path | str, threshold: float = THRESHOLD) -> Copies:
    """Copies among the traces of a dataset folder."""
    return count_copies(_batches(Path(folder)), threshold)


def _batches(folder: Path) -> Iterable[tuple[list[str], list[str]]]:
    from itertools import islice

    from verimill.pipelines.shards import read_rows

    rows = read_rows(folder, "traces", ["problem_id", "reasoning", "response"])
    while part := list(islice(rows, BATCH)):
        yield [row["problem_id"] for row in part], [f"{row['reasoning']}\n{row['response']}" for row in part]
