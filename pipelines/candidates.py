"""Working shards become one table of candidates, marked by dedup, and the pools that splits are filled from.

Only key columns are read: a candidate costs about 60 bytes of memory, whatever its prompt and trace weigh.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from verimill.pipelines.dedup import CANDIDATES, mark_duplicates
from verimill.pipelines.shards import Entry, read_shard
from verimill.pipelines.splits import Cell, Pool
from verimill.pipelines.stages import cell_key
from verimill.schemas.conditions import Condition, parse
from verimill.schemas.keys import TWIN
from verimill.schemas.recipes import Recipe


class Candidates:
    """All candidates made so far, in the order of making; grows by whole shards."""

    def __init__(self, recipe: Recipe, cells: Sequence[Cell]) -> None:
        self._recipe = recipe
        self._cells = cells
        self._stems = [str(cell_key(cell, recipe.seed)).removesuffix("0") for cell in cells]
        known = list(dict.fromkeys(cell.family for cell in cells))
        self._families = [known.index(cell.family) for cell in cells]
        self._cell_of = {stem: at for at, stem in enumerate(self._stems)}
        self._parts: list[pl.DataFrame] = []
        self._wheres = [(at, parse(split.where)) for at, split in enumerate(recipe.splits) if split.where]
        self._always = sum(1 << at for at, split in enumerate(recipe.splits) if not split.where)
        self._measured: set[str] = set()
        self.shards: list[Entry] = []
        self.tried = [0] * len(cells)

    def add(self, folder: Path, entry: Entry, tried: Mapping[int, int]) -> None:
        """The problems of one working shard; `tried` counts the candidates by cell, the exhausted ones included."""
        columns: dict[str, list[Any]] = {name: [] for name in CANDIDATES}
        wanted = ["key", "canonical"] + (["hardness"] if self._wheres else [])
        for at, row in enumerate(read_shard(folder, entry, wanted)):
            stem, _, rest = row["key"].rpartition("/")
            cell = self._cell_of[f"{stem}/"]
            columns["cell"].append(cell)
            columns["index"].append(int(rest.removesuffix(TWIN)))
            columns["twin"].append(rest.endswith(TWIN))
            columns["family"].append(self._families[cell])
            columns["canonical"].append(row["canonical"])
            columns["meets"].append(self._meets(cell, row))
            columns["shard"].append(len(self.shards))
            columns["row"].append(at)
        self._parts.append(pl.DataFrame(columns, schema=CANDIDATES))
        self.shards.append(entry)
        for cell, count in tried.items():
            self.tried[cell] += count

    def _meets(self, cell: int, row: Mapping[str, Any]) -> int:
        bits = self._always
        if self._wheres:
            measures = {"level": self._cells[cell].level, **json.loads(row["hardness"])}
            self._measured.update(measures)
            for at, condition in self._wheres:
                if _holds(condition, measures):
                    bits |= 1 << at
        return bits

    def unmeasured(self) -> str | None:
        """What is wrong when a condition names a measure that no candidate has, or None."""
        for at, condition in self._wheres:
            strange = [name for name in condition.names if name not in self._measured]
            if strange and self._measured:
                where = f"split {self._recipe.splits[at].name}: {condition.text!r:.80}"
                known = ", ".join(sorted(self._measured))
                return f"{where} names {', '.join(strange)}, which no family measures; known: {known}"
        return None

    def marked(self) -> pl.DataFrame:
        """The table with the column `why` of dedup."""
        table = pl.concat(self._parts) if self._parts else pl.DataFrame(schema=CANDIDATES)
        return mark_duplicates(table)

    def key(self, cell: int, index: int, twin: bool) -> str:
        """The text id of a candidate."""
        return f"{self._stems[cell]}{index}{TWIN if twin else ''}"

    def pools(self, marked: pl.DataFrame) -> list[Pool]:
        """The units of each cell: originals that stay, each with its twin where that stays too."""
        stays = marked["why"].is_null().to_numpy()
        twin = marked["twin"].to_numpy()
        cell = marked["cell"].to_numpy()
        meets = marked["meets"].to_numpy()
        follower = np.full(len(stays), -1, dtype=np.int64)  # a twin stands right behind its original
        at = np.flatnonzero(twin & stays)
        follower[at - 1] = at
        heads = np.flatnonzero(~twin & stays)
        heads = heads[np.argsort(cell[heads], kind="stable")]
        bounds = np.searchsorted(cell[heads], np.arange(len(self._cells) + 1))
        return [
            Pool(mine, follower[mine], meets[mine], self.tried[c])
            for c in range(len(self._cells))
            for mine in (heads[bounds[c] : bounds[c + 1]].astype(np.int64),)
        ]


def _holds(condition: Condition, measures: Mapping[str, float]) -> bool:
    """False where a family does not measure what the condition names."""
    return all(name in measures for name in condition.names) and condition.holds(measures)
