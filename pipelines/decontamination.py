"""A dataset against benchmarks: the canonical key first, then the whole text, then long runs of words.

No two of our rows are the same problem, so a run of words that two of them have is template text and says nothing; nor
does one that many items of the benchmark have. An item of which less than half is left is not compared by text, and
counted as such; any other is found when half of what is left stands in one row. A benchmark that is not there is
*not checked*, never clean.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verimill.pipelines.benchmark_index import BATCH, Index, build, exact_of, grams_of, is_index, key_of, read
from verimill.pipelines.shards import read_rows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SHARE = 0.5  # of an item's grams that must not be template, and of those that must be in a row
TEMPLATE = 0.01  # of the items
FEW = 3  # items that a gram may be in, however few there are


@dataclass(frozen=True, slots=True)
class Hit:
    """A row of ours that is an item of a benchmark: how it was found, and how much of the item was."""

    problem_id: str
    benchmark: str
    item: int
    layer: str
    share: float


@dataclass(slots=True)
class Checked:
    """One benchmark: its hits, or why it was not checked. `keyed`: items with a canonical key; `masked`: those that are
    mostly template text."""

    benchmark: str
    why_not: str = ""
    items: int = 0
    short: int = 0
    masked: int = 0
    keyed: int = 0
    hits: list[Hit] = field(default_factory=list)

    def __str__(self) -> str:
        if self.why_not:
            return f"{self.benchmark}: not checked ({self.why_not})"
        layers = {layer: sum(hit.layer == layer for hit in self.hits) for layer in ("canonical", "exact", "gram")}
        rows = len({hit.problem_id for hit in self.hits})
        told = ", ".join(f"{count} by {layer}" for layer, count in layers.items())
        blind = self.short + self.masked
        more = f"; {self.keyed} items have a canonical key" + (
            f", {blind} items have no run of words to compare by" if blind else ""
        )
        return f"{self.benchmark}: {self.items} items, {rows} of our rows found ({told}){more}"


def decontaminate(folder: Path | str, against: Sequence[Path | str], column: str | None = None) -> list[Checked]:
    """What of the dataset is in each benchmark, given as an index or as the benchmark's own file."""
    found = []
    for path in map(Path, against):
        if not path.exists():
            found.append(Checked(path.stem, f"{path} is not there"))
            continue
        index = read(path) if is_index(path) else build(path, column=column)
        found.append(check(folder, index))
    return found


def keep(folder: Path | str, found: Sequence[Checked]) -> Path:
    """What was found stands beside the dataset, for its card."""
    from verimill.data_cards.figures import digest_of
    from verimill.data_cards.overlap import LAYERS, record

    rows = read_rows(folder, "problems", ["family", "canonical"])
    canonical = array("Q", (digest_of(row["family"], row["canonical"]) for row in rows))
    told = [
        {"benchmark": one.benchmark, "why_not": one.why_not, "items": one.items, "blind": one.short + one.masked,
         "rows": len({hit.problem_id for hit in one.hits}),
         **{layer: sum(hit.layer == layer for hit in one.hits) for layer in LAYERS}}
        for one in found
    ]  # fmt: skip
    return record(Path(folder), canonical, told)


def check(folder: Path | str, index: Index) -> Checked:
    """The dataset against one index; reads the rows twice, and keeps nothing but the index and the hits."""
    import numpy as np

    keyed = len(np.unique(index.layers["canonical"][1]))
    made = Checked(index.benchmark, items=index.items, short=index.short, keyed=keyed)
    grams, owners = index.layers["gram"]
    unique = np.unique(grams)
    seen = np.zeros(len(unique), dtype=np.int64)
    for batch in _batches(folder):
        _, places = _gram_hits(unique, [_text(row) for row in batch])
        seen += np.bincount(places, minlength=len(unique))
    at = np.searchsorted(unique, grams)
    items = np.bincount(at, minlength=len(unique))
    template = (seen > 1) | (items > max(FEW, TEMPLATE * index.items))
    kept = ~template[at]
    whole = np.bincount(owners, minlength=index.items)
    sizes = np.bincount(owners[kept], minlength=index.items)
    telling = (sizes > 0) & (sizes >= SHARE * whole)
    made.masked = int((~telling).sum()) - index.short
    kept &= telling[owners]
    grams, owners = grams[kept], owners[kept]
    for batch in _batches(folder):
        _check_batch(batch, index, made, grams, owners, sizes)
    made.hits.sort(key=lambda hit: (hit.problem_id, hit.item))
    return made


def _check_batch(
    batch: Sequence[dict[str, Any]], index: Index, made: Checked, grams: npt.NDArray[np.uint64],
    owners: npt.NDArray[np.int32], sizes: npt.NDArray[np.int64],
) -> None:  # fmt: skip
    import numpy as np

    texts = [_text(row) for row in batch]
    keys = np.array([key_of(row["family"], row["canonical"]) for row in batch], dtype=np.uint64)
    taken: set[tuple[int, int]] = set()
    for layer, hashes in (("canonical", keys), ("exact", exact_of(texts))):
        known, items = index.layers[layer]
        low, high = np.searchsorted(known, hashes, "left"), np.searchsorted(known, hashes, "right")
        for row in np.flatnonzero((high > low) & (hashes > 0)).tolist():
            for item in items[low[row] : high[row]].tolist():
                if (row, item) not in taken:
                    taken.add((row, item))
                    made.hits.append(Hit(batch[row]["id"], index.benchmark, item, layer, 1.0))
    unique, first, counts = np.unique(grams, return_index=True, return_counts=True)
    rows, places = _gram_hits(unique, texts)
    shared: dict[tuple[int, int], int] = {}
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        for item in owners[first[place] : first[place] + counts[place]].tolist():
            shared[row, item] = shared.get((row, item), 0) + 1
    for (row, item), count in shared.items():
        share = count / int(sizes[item])
        if share >= SHARE and (row, item) not in taken:
            made.hits.append(Hit(batch[row]["id"], index.benchmark, item, "gram", round(share, 3)))


def _gram_hits(
    known: npt.NDArray[np.uint64], texts: Sequence[str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:  # fmt: skip
    """Which known grams stand in which text, each once a text."""
    import numpy as np

    grams, begins = grams_of(texts)
    rows = np.repeat(np.arange(len(texts)), np.diff(begins))
    places = np.minimum(np.searchsorted(known, grams), max(len(known) - 1, 0))
    hit = known[places] == grams if len(known) else np.zeros(len(grams), dtype=bool)
    pairs = np.unique(np.stack((rows[hit], places[hit]), axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _text(row: dict[str, Any]) -> str:
    return "\n".join(message["content"] for message in row["prompt"])


def _batches(folder: Path | str) -> Iterator[list[dict[str, Any]]]:
    rows = read_rows(folder, "problems", ["id", "family", "canonical", "prompt"])
    while batch := list(islice(rows, BATCH)):
        yield batch
