"""The oracle's traces of one split of a dataset become lines of prompt, reasoning and response, to train on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

# In this layout the oracle names results that the prompt does not show; a tiny model learns nothing from it. The
# teacher is still asked such problems, so that there is something for the judge to refuse.
LEFT_OUT = "expression"


def write_texts(data: Path, split: str, out: Path) -> int:
    """How many lines were written to `out`, in an order that does not depend on the shards."""
    import polars as pl

    problems = pl.read_parquet(data / "problems" / f"{split}-*.parquet", columns=["id", "prompt", "style"])
    problems = problems.filter(~pl.col("style").str.ends_with(LEFT_OUT)).drop("style")
    traces = pl.read_parquet(
        data / "traces" / f"{split}-*.parquet", columns=["problem_id", "teacher", "reasoning", "response"]
    )
    joined = traces.filter(pl.col("teacher") == "oracle").join(problems, left_on="problem_id", right_on="id")
    with out.open("w") as file:
        for row in joined.sort("problem_id").iter_rows(named=True):
            line = {"prompt": row["prompt"][-1]["content"], "reasoning": row["reasoning"], "response": row["response"]}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return joined.height


if __name__ == "__main__":
    print(write_texts(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])), "texts")
