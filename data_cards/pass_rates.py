"""What the traces of teachers show: pass rates, Pass@k and CoT-Pass@k by family and level, tokens, agreement.

The tables are read as streams, one number of rows a problem and teacher stays in memory. A sample passes with its
path where the answer is right and every checked step follows (`steps_wrong` is 0); a right answer whose text made no
claim that could be checked has no path and is counted apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verimill.data_cards.estimates import Estimate, mean_over_problems, pass_at, share, variation
from verimill.data_cards.folder import FolderError, read_files

if TYPE_CHECKING:
    import polars as pl

KS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class Row:
    """One family and level as one teacher answers it; level 0 stands for knobs that were given one by one."""

    teacher: str
    family: str
    level: int
    problems: int
    samples: int
    right: int
    pass_rate: Estimate
    pass_at: dict[int, Estimate]
    path_pass_at: dict[int, Estimate]
    wrong_path: Estimate | None
    without_path: int
    mixed: float
    variation: float | None
    outcomes: dict[str, int]
    tokens: float | None
    tokens_per_right: float | None
    failed_steps: float | None
    first_right: float | None
    reflection: float | None


@dataclass(frozen=True, slots=True)
class Teacher:
    """One teacher over all problems; correlations are Spearman's, between problems."""

    teacher: str
    problems: int
    samples: int
    right: int
    variation: float | None
    length_effort: float | None
    length_level: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two teachers on the problems that both answered."""

    first: str
    second: str
    problems: int
    correlation: float | None
    same_majority: float
    both_right: float
    kappa: float | None
    """Cohen's, of the majority verdicts: agreement beyond what their pass rates alone would give."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """All tables."""

    rows: tuple[Row, ...]
    teachers: tuple[Teacher, ...]
    pairs: tuple[Pair, ...]

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        return {name: [asdict(item) for item in getattr(self, name)] for name in ("rows", "teachers", "pairs")}


def measure(traces: Path | str, problems: Path | str | None = None, oracle: bool = False) -> Metrics:
    """The metrics of a folder's traces. `problems` is the dataset folder where the traces folder holds no problems."""
    import polars as pl

    table = per_problem(traces, problems, oracle)
    rows = tuple(_row(key, part) for key, part in _parts(table, ("teacher", "family", "level")))
    teachers = tuple(_teacher(str(key[0]), part) for key, part in _parts(table, ("teacher",)))
    pairs = []
    for a, b in combinations([teacher.teacher for teacher in teachers], 2):
        both = table.filter(pl.col("teacher") == a).join(table.filter(pl.col("teacher") == b), on="problem_id")
        if both.height:
            pairs.append(_pair(a, b, both))
    return Metrics(rows, teachers, tuple(pairs))


def per_problem(traces: Path | str, problems: Path | str | None = None, oracle: bool = False) -> pl.DataFrame:
    """One row a teacher and problem, with what its samples came to; sorted."""
    import polars as pl

    path = pl.col("provenance").str
    right = pl.col("outcome") == "right"
    told = {name: path.json_path_match(f"$.path.{name}").cast(pl.Float64, strict=False)
            for name in ("failed_steps", "first_right", "reflection")}  # fmt: skip
    own = ~pl.col("hinted") & (pl.lit(oracle) | (pl.col("teacher") != "oracle"))  # help counts into no pass rate
    samples = pl.scan_parquet(_files(traces, "traces")).filter(own)
    found = samples.group_by("teacher", "problem_id").agg(
        n=pl.len(),
        c=right.sum(),
        whole=(right & (pl.col("steps_wrong") == 0)).fill_null(False).sum(),
        astray=(right & (pl.col("steps_wrong") > 0)).fill_null(False).sum(),
        pathless=(right & pl.col("steps_checked").is_null()).sum(),
        tokens=pl.col("completion_tokens").sum(),
        counted=pl.col("completion_tokens").count(),
        **{name: (pl.col("outcome") == name).sum() for name in ("wrong", "unreadable", "truncated")},
        **{name: told[name].mean() for name in told},
    )
    known = pl.scan_parquet(_files(problems or traces, "problems")).select(
        pl.col("id").alias("problem_id"), "family", pl.col("level").fill_null(0).cast(pl.Int64),
        effort=pl.col("hardness").str.json_path_match("$.effort").cast(pl.Float64, strict=False),
    )  # fmt: skip
    both = found.join(known, on="problem_id", how="inner").sort("teacher", "family", "level", "problem_id")
    return both.collect(engine="streaming")


def _files(folder: Path | str, table: str) -> list[Path]:
    """The shards of a table, as the manifest names them; ValueError where there are none."""
    home = Path(folder)
    found = [home / file.name for file in read_files(home) if file.table == table]
    if not found:
        raise FolderError(f"{home} holds no {table}; name the folder that does")
    return found


def _parts(table: pl.DataFrame, keys: tuple[str, ...]) -> Iterator[tuple[tuple[Any, ...], pl.DataFrame]]:
    yield from sorted(table.partition_by(keys, as_dict=True, maintain_order=True).items(), key=lambda p: p[0])


def _row(key: tuple[Any, ...], part: pl.DataFrame) -> Row:
    counts = _counts(part, "c")
    rate = mean_over_problems([(c / n, problems) for (n, c), problems in counts.items()])
    samples, right = int(part["n"].sum()), int(part["c"].sum())
    astray, whole = int(part["astray"].sum()), int(part["whole"].sum())
    tokens, counted = int(part["tokens"].sum()), int(part["counted"].sum())
    if rate is None:
        raise ValueError(f"no samples of {key}")
    return Row(
        teacher=str(key[0]),
        family=str(key[1]),
        level=int(key[2]),
        problems=part.height,
        samples=samples,
        right=right,
        pass_rate=rate,
        pass_at=_passes(counts),
        path_pass_at=_passes(_counts(part, "whole")),
        wrong_path=share(astray, astray + whole),
        without_path=int(part["pathless"].sum()),
        mixed=sum(problems for (n, c), problems in counts.items() if 0 < c < n) / part.height,
        variation=variation([(n, c, problems) for (n, c), problems in counts.items()]),
        outcomes={"right": right, **{name: int(part[name].sum()) for name in ("wrong", "unreadable", "truncated")}},
        tokens=tokens / counted if counted else None,
        tokens_per_right=tokens / right if right and counted else None,
        failed_steps=_mean(part, "failed_steps"),
        first_right=_mean(part, "first_right"),
        reflection=_mean(part, "reflection"),
    )


def _counts(part: pl.DataFrame, column: str) -> dict[tuple[int, int], int]:
    """How many problems have (samples, passes)."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    for n, c in part.select("n", column).iter_rows():
        found[n, c] += 1
    return dict(sorted(found.items()))


def _passes(counts: Mapping[tuple[int, int], int]) -> dict[int, Estimate]:
    """Pass@k for every k that all problems have samples for; an unequal budget is cut to its least."""
    least = min(n for n, _ in counts)
    found = {}
    for k in KS:
        if k <= least:
            estimate = mean_over_problems([(pass_at(n, c, k), problems) for (n, c), problems in counts.items()])
            if estimate is not None:
                found[k] = estimate
    return found


def _mean(part: pl.DataFrame, column: str) -> float | None:
    value = part[column].mean()
    return float(value) if isinstance(value, int | float) else None


def _teacher(name: str, part: pl.DataFrame) -> Teacher:
    import polars as pl

    lengths = part.filter(pl.col("counted") > 0).with_columns(length=pl.col("tokens") / pl.col("counted"))
    return Teacher(
        name, part.height, int(part["n"].sum()), int(part["c"].sum()),
        variation([(n, c, problems) for (n, c), problems in _counts(part, "c").items()]),
        _correlation(lengths, "length", "effort", "spearman"), _correlation(lengths, "length", "level", "spearman"),
    )  # fmt: skip


def _correlation(table: pl.DataFrame, one: str, two: str, method: Any) -> float | None:
    import polars as pl

    both = table.select(one, two).drop_nulls()
    if both.height < 3 or both[one].n_unique() < 2 or both[two].n_unique() < 2:
        return None
    value = both.select(pl.corr(one, two, method=method)).item()
    return None if value is None or value != value else float(value)


def _pair(a: str, b: str, both: pl.DataFrame) -> Pair:
    import polars as pl

    rates = both.select(one=pl.col("c") / pl.col("n"), two=pl.col("c_right") / pl.col("n_right"))
    one, two = rates["one"] > 0.5, rates["two"] > 0.5
    whole, right = both.height, int((one & two).sum())
    same, a_right, b_right = int((one == two).sum()) / whole, int(one.sum()) / whole, int(two.sum()) / whole
    chance = a_right * b_right + (1 - a_right) * (1 - b_right)
    kappa = (same - chance) / (1 - chance) if chance < 1 else None
    return Pair(a, b, whole, _correlation(rates, "one", "two", "pearson"), same, right / whole, kappa)


def pass_rates(traces: Path | str, problems: Path | str | None = None) -> dict[str, dict[str, float]]:
    """Per problem `pass_rate.TEACHER` and `path_rate.TEACHER`, as conditions name them."""
    found: dict[str, dict[str, float]] = {}
    columns = ("problem_id", "teacher", "n", "c", "whole")
    for problem, teacher, n, c, whole in per_problem(traces, problems, oracle=True).select(columns).iter_rows():
        found.setdefault(problem, {}).update({f"pass_rate.{teacher}": c / n, f"path_rate.{teacher}": whole / n})
    return found
