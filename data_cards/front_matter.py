"""The YAML head of a card: what the Hub and `datasets.load_dataset` read, from the files alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from verimill.data_cards.figures import Figures
from verimill.data_cards.folder import File
from verimill.schemas.rows import COLUMNS

TABLES = ("problems", "traces")
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
          (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"))  # fmt: skip


def front_matter(figures: Figures, title: str, license: str) -> str:
    """The YAML text between the two `---` lines."""
    data = {
        "license": license,
        "pretty_name": title,
        "language": sorted(figures.languages),
        "task_categories": ["text-generation", "question-answering"],
        "annotations_creators": ["machine-generated"],
        "source_datasets": ["original"],
        "size_categories": [size_category(figures.problems)],
        "tags": ["synthetic", "reasoning", "verifiable", "rlvr", "verimill", *figures.families],
        "configs": [_config(figures, table) for table in TABLES if figures.of(table)],
        "dataset_info": [_info(figures, table) for table in TABLES if figures.of(table)],
    }
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120).rstrip()


def size_category(rows: int) -> str:
    """The Hub's bucket for so many rows."""
    return next((name for limit, name in _SIZES if rows < limit), "n>1B")


def _config(figures: Figures, table: str) -> dict[str, Any]:
    files = figures.of(table)
    splits = tuple(dict.fromkeys(file.split for file in files))
    config: dict[str, Any] = {
        "config_name": table,
        "data_files": [{"split": split, "path": _paths(split, files)} for split in splits],
    }
    return config | ({"default": True} if table == TABLES[0] else {})


def _paths(split: str, files: Sequence[File]) -> str | list[str]:
    """A pattern that matches the split's files and no others, or their names."""
    mine = [file.name for file in files if file.split == split]
    start = f"{mine[0].rpartition('/')[0]}/{split}-"
    others = [file.name for file in files if file.split != split]
    if all(name.startswith(start) for name in mine) and not any(name.startswith(start) for name in others):
        return f"{start}*.parquet"
    return mine


def _info(figures: Figures, table: str) -> dict[str, Any]:
    files = figures.of(table)
    splits = tuple(dict.fromkeys(file.split for file in files))
    rows = {split: sum(file.rows for file in files if file.split == split) for split in splits}
    return {
        "config_name": table,
        "features": features(table),
        "splits": [
            {"name": split, "num_bytes": figures.memory[table, split], "num_examples": rows[split]} for split in splits
        ],
        "download_size": sum(file.bytes for file in files),
        "dataset_size": sum(figures.memory[table, split] for split in splits),
    }


def features(table: str) -> list[dict[str, Any]]:
    """The table's columns as the Hub writes types."""
    types = {"word": "string", "string": "string", "bool": "bool", "int8": "int8", "int32": "int32"}
    message = [{"name": "role", "dtype": "string"}, {"name": "content", "dtype": "string"}]
    return [
        {"name": name, "list": message} if kind == "messages" else {"name": name, "dtype": types[kind]}
        for name, kind, _, _ in COLUMNS[table]
    ]
