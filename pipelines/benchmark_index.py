"""A hash-only index of benchmarks that a user has: no text of theirs is kept, so the index may be shared.

Three layers an item: `canonical` (the key of the problem up to symmetry, where the item is a problem of ours or one
that `benchmark_texts` can read), `exact` (all words of the text) and `gram` (runs of 13 words of two letters or more).
Reads Parquet and JSON lines, one file or a folder of them, such as a copy from the Hub.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verimill.pipelines.benchmark_texts import problems_in
from verimill.pipelines.certificates import maker_of
from verimill.pipelines.manifest import MANIFEST, ShardError, cannot, sha256_of
from verimill.pipelines.shingles import runs, words
from verimill.verifiers.judge import read_case

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

VERSION = "3"
GRAM = 13  # words
LEAST = 2  # bytes of a word; single signs would make every grid look like every other
BATCH = 1_000  # items
TEXTS = ("prompt", "question", "problem", "input", "puzzle", "messages", "query", "quiz", "text")
LAYERS = ("canonical", "exact", "gram")


@dataclass(frozen=True, slots=True)
class Index:
    """One benchmark: for each layer the hashes, sorted, and the item of each; `items` in all."""

    benchmark: str
    items: int
    layers: Mapping[str, tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]]
    short: int  # items with too few words for a gram


def key_of(family: str, canonical: str) -> int:
    """64 bits of a problem's canonical key; families do not meet."""
    return int.from_bytes(hashlib.blake2b(f"{family}\x1f{canonical}".encode(), digest_size=8).digest(), "big")


def grams_of(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The texts' grams, and where each text's begin, with the end of all."""
    return runs(*words(texts, LEAST), GRAM)


def exact_of(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """One hash a text, equal for equal words; 0 for a text without words."""
    import numpy as np

    hashes, begins = words(texts)
    out = np.zeros(len(texts), dtype=np.uint64)
    for at, (start, end) in enumerate(pairwise(begins)):
        if end > start:
            out[at] = int.from_bytes(hashlib.blake2b(hashes[start:end].tobytes(), digest_size=8).digest(), "little")
    return out


# --- building ---------------------------------------------------------------------------------------------------


def build(path: Path | str, benchmark: str | None = None, column: str | None = None) -> Index:
    """The index of a file of items. Raises ValueError where no text column is found or a row is no item."""
    import numpy as np

    path = Path(path)
    found: dict[str, list[Any]] = {f"{layer} {part}": [] for layer in LAYERS for part in ("hash", "item")}
    at = short = 0
    rows = _rows(path)
    while batch := list(islice(rows, BATCH)):
        texts = [_text(path, at + n, row, column) for n, row in enumerate(batch)]
        for n, (row, text) in enumerate(zip(batch, texts, strict=True)):
            for key in _canonical(row, text):
                _add(found, "canonical", np.array([key], dtype=np.uint64), np.array([at + n]))
        exact = exact_of(texts)
        _add(found, "exact", exact[exact > 0], np.flatnonzero(exact) + at)
        grams, begins = grams_of(texts)
        owner = np.repeat(np.arange(len(texts)) + at, np.diff(begins))
        _add(found, "gram", grams, owner)
        short += int((np.diff(begins) == 0).sum())
        at += len(batch)
    if not at:
        raise ValueError(f"{path} holds no items")
    layers = {layer: _layer(found[f"{layer} hash"], found[f"{layer} item"]) for layer in LAYERS}
    return Index(benchmark or path.stem, at, layers, short)


def _add(found: dict[str, list[Any]], layer: str, hashes: Any, items: Any) -> None:
    found[f"{layer} hash"].append(hashes)
    found[f"{layer} item"].append(items)


def _layer(hashes: list[Any], items: list[Any]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
    """Sorted by hash, each hash once an item."""
    import numpy as np

    if not hashes:
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int32)
    pairs = np.stack((np.concatenate(hashes), np.concatenate(items).astype(np.uint64)), axis=1)
    pairs = np.unique(pairs, axis=0)
    return pairs[:, 0].copy(), pairs[:, 1].astype(np.int32)


def files_of(path: Path) -> list[Path]:
    """The files of a benchmark in the order of their names: itself, those in a folder, or the problems of a dataset."""
    if not path.is_dir():
        return [path]
    ours = (path / MANIFEST).is_file() and (path / "problems").is_dir()
    place = path / "problems" if ours else path
    found = sorted(file for kind in ("parquet", "jsonl") for file in place.rglob(f"*.{kind}"))
    if not found:
        raise ValueError(f"{path} must hold Parquet or JSON lines (*.jsonl), found neither")
    return found


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    for file in files_of(path):
        yield from _rows_of(file)


def _rows_of(path: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.suffix == ".parquet":
            with pq.ParquetFile(path) as file:
                for part in file.iter_batches(batch_size=BATCH):
                    yield from part.to_pylist()
            return
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _object(f"{path} line {number}", line)
    except (OSError, pa.ArrowException) as error:
        raise cannot("read", path, error) from error
    except UnicodeDecodeError as error:
        raise ShardError(f"{path} must be Parquet or JSON lines in UTF-8: {error.reason}") from None


def _object(where: str, line: str) -> Mapping[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise ValueError(f"{where} must be a JSON object, got {line.strip()[:60]!r}")
    return data


def _text(path: Path, at: int, row: Mapping[str, Any], column: str | None) -> str:
    """The item's text: of `column`, or of the first column with a usual name."""
    names = (column,) if column else TEXTS
    for name in names:
        value = row.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            parts = [m.get("content") for m in value if isinstance(m, Mapping) and m.get("role") != "assistant"]
            return "\n".join(part for part in parts if isinstance(part, str))
    if not column and any(problems_in(row, "")):
        return ""
    raise ValueError(f"{path} item {at + 1} has no text in {' or '.join(names)}; it has {', '.join(map(str, row))}")


def _canonical(row: Mapping[str, Any], text: str) -> Iterator[int]:
    """Keys of the problems that an item holds: ours by its verification, others where we know their words."""
    wrapped = [row.get(name) for name in ("reward_model", "reward_spec")]
    texts = [row.get("verification"), row.get("label"), row.get("ground_truth")]
    texts += [one.get("ground_truth") for one in wrapped if isinstance(one, Mapping)]
    for verification in texts:
        if isinstance(verification, str) and verification.startswith("{"):
            try:
                case = read_case(json.loads(verification))
            except ValueError:
                continue
            yield key_of(case.codec.family, maker_of(case.codec.family).canonical(case.problem))
    for family, problem in problems_in(row, text):
        yield key_of(family, maker_of(family).canonical(problem))


# --- on disk ----------------------------------------------------------------------------------------------------


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([("layer", pa.string()), ("hash", pa.uint64()), ("item", pa.int32())])


def save(index: Index, source: Path | str, out: Path | str) -> None:
    """The index is in one Parquet file; it names its benchmark, the items and the hash of the source file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: list[list[Any]] = [[], [], []]
    for layer, (hashes, items) in index.layers.items():
        columns[0].append(pa.array([layer]).take(pa.array([0] * len(hashes), type=pa.int32())))
        columns[1].append(pa.array(hashes))
        columns[2].append(pa.array(items))
    about = {"verimill_index": VERSION, "benchmark": index.benchmark, "items": str(index.items),
             "short": str(index.short), "source_sha256": " ".join(map(sha256_of, files_of(Path(source))))}  # fmt: skip
    chunked = [pa.chunked_array(parts) for parts in columns]
    made = pa.Table.from_arrays(chunked, schema=_schema()).replace_schema_metadata(about)
    try:
        pq.write_table(made, out, compression="zstd", use_dictionary=["layer"])
    except OSError as error:
        raise cannot("write", Path(out), error) from error


def is_index(path: Path | str) -> bool:
    """Whether the file is an index that `save` wrote."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return Path(path).is_file() and b"verimill_index" in (pq.read_schema(path).metadata or {})
    except (OSError, pa.ArrowException):
        return False


def read(path: Path | str) -> Index:
    """The index in a file; ValueError for one of another version."""
    import numpy as np
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    about = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    if about.get("verimill_index") != VERSION or not table.schema.remove_metadata().equals(_schema()):
        raise ValueError(f"{path} must be an index of version {VERSION}, got {about.get('verimill_index', 'none')!r}")
    import pyarrow.compute as pc

    layers = {}
    for layer in LAYERS:
        part = table.filter(pc.equal(table["layer"], layer))
        layers[layer] = (part["hash"].to_numpy().astype(np.uint64), part["item"].to_numpy().astype(np.int32))
    return Index(about["benchmark"], int(about["items"]), layers, int(about["short"]))
