"""Distillation without a GPU, for real: a tiny teacher is trained, served by vLLM, asked, and every sample judged.

make demo-vllm
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # this folder is no package

import making

from verimill.pipelines.teachers.environments import NotServing
from verimill.pipelines.teachers.managed import Managed


def rejudged(problems: Path, traces: Path) -> tuple[int, int]:
    """(rows, rows whose verdict a fresh look at the stored text does not confirm)."""
    import polars as pl

    from verimill.verifiers.judge import verify

    cases = dict(pl.read_parquet(problems / "*.parquet", columns=["id", "verification"]).iter_rows())
    rows = pl.read_parquet(traces / "*.parquet", columns=["problem_id", "response", "outcome"])
    wrong = 0
    for problem, response, outcome in rows.iter_rows():
        if outcome in ("right", "wrong", "unreadable"):
            wrong += verify(cases[problem], response).outcome != outcome
    return rows.height, wrong


def by_level(problems: Path, traces: Path) -> list[str]:
    """Pass rates, a line for each ladder level that the knobs were laid over."""
    import polars as pl

    from verimill.schemas.families import codec

    ladder = {codec(making.FAMILY).level(n).operations: n for n in range(1, 11)}
    rows = pl.read_parquet(problems / "*.parquet", columns=["id", "params"]).with_columns(
        pl.col("params").str.json_path_match("$.operations").cast(pl.Int64).replace_strict(ladder).alias("level")
    )
    judged = pl.read_parquet(traces / "*.parquet", columns=["problem_id", "outcome"])
    table = judged.join(rows, left_on="problem_id", right_on="id").group_by("level")
    right = (pl.col("outcome") == "right").sum().alias("right")
    each = table.agg(pl.len().alias("samples"), right, pl.col("problem_id").n_unique().alias("problems")).sort("level")
    return [
        f"level {row['level']} of {making.FAMILY}, small numbers: {row['right']:4} of {row['samples']:4} samples right"
        f" ({100 * row['right'] / row['samples']:.0f} %), {row['problems']} problems"
        for row in each.iter_rows(named=True)
    ]


def sample(traces: Path) -> str:
    """One right trace as it is stored."""
    import polars as pl

    rows = pl.read_parquet(traces / "*.parquet").filter((pl.col("outcome") == "right") & (pl.col("reasoning") != ""))
    if not rows.height:
        return "(no right trace)"
    row = rows.sort("id").row(0, named=True)
    return f"{row['reasoning']}\n----\n{row['response']}"


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--environment", default="", help="the environment with vLLM; .venv-vllm by default")
    words.add_argument("--cache", type=Path, default=making.ROOT / "build" / "tiny-teacher")
    words.add_argument("--out", type=Path, default=making.ROOT / "out" / "demo-vllm")
    words.add_argument("--k", type=int, default=4)
    words.add_argument("--temperature", type=float, default=0.6)
    told = words.parse_args()
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {text}", file=sys.stderr, flush=True)

    try:
        python = told.environment or making.environment()
        model = making.teacher(python, told.cache, say)
        data = model.parent / "data"
        with Managed(making.plan(python, model), told.out.parent / "demo-vllm.log", say) as server:
            say(f"serving at {server.url}")
            ask = [
                str(Path(sys.executable).parent / "verimill"), "ask", str(data), "--split", "test",
                "--out", str(told.out), "--base-url", server.url, "--model", making.NAME, "--reasoner",
                "--k", str(told.k), "--temperature", str(told.temperature), "--max-tokens", "400", "--patience", "90",
            ]  # fmt: skip
            say(" ".join(["verimill", *ask[1:]]))
            code = subprocess.run(ask).returncode
        say("the server is stopped")
    except NotServing as why:
        print(f"demo: {why}", file=sys.stderr)
        return 2
    if code not in (0, 3):
        return code
    rows, wrong = rejudged(data / "problems", told.out / "traces")
    print("\npass rates by level:\n" + "\n".join(by_level(data / "problems", told.out / "traces")))
    print(f"\none right trace:\n{sample(told.out / 'traces')}\n")
    print(f"{rows:,} traces judged again from their stored text: {wrong} differ; all in {told.out}")
    return 1 if wrong else code


if __name__ == "__main__":
    sys.exit(main())
