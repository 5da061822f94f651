"""A card says what the rows say: recomputed by other means, refused when edited, read by `datasets`, kept current."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sampled
import yaml

from verimill.data_cards import cards, charts, licences
from verimill.data_cards.counting import measure
from verimill.pipelines.build import build
from verimill.pipelines.decontamination import decontaminate, keep
from verimill.pipelines.workers import Workers
from verimill.schemas.recipes import load_recipe, parse_recipe

pl = pytest.importorskip("polars")
pytest.importorskip("matplotlib")
ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "data_cards" / "quickstart"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, recipe_text: str) -> Path:
    out = tmp_path_factory.mktemp("carded") / "set"
    build(parse_recipe(recipe_text + "recount: 0.3\n"), out)
    cards.write_card(out)
    return out


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "set"))


def card(folder: Path) -> str:
    return (folder / cards.CARD).read_text()


def head(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


def tables(text: str, title: str) -> Iterator[list[dict[str, str]]]:
    """The tables of a section, each as rows of cells by column."""
    section = text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    for block in re.findall(r"(?:^\|.*\n?)+", section, re.M):
        lines = [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in block.strip().split("\n")]
        yield [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def whole(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_figures_are_those_of_the_rows(built: Path) -> None:
    text = card(built)
    rows = pl.read_parquet(f"{built}/problems/*.parquet")
    hardness = [json.loads(one) for one in rows["hardness"]]
    rows = rows.with_columns(
        tier=pl.Series([one["tier"] for one in hardness]), effort=pl.Series([float(one["effort"]) for one in hardness])
    )
    splits = rows["split"].unique(maintain_order=True).to_list()

    (families,) = tables(text, "Families")
    for line in families[:-1]:
        mine = rows.filter(family=line["family"])
        assert [whole(line[split]) for split in splits] == [len(mine.filter(split=split)) for split in splits]
        assert whole(line["unanswerable"]) == (~mine["answerable"]).sum()
        assert line["tier"] == f"{mine['tier'].min()}-{mine['tier'].max()}"
        low, high = line["effort"].split("-")
        assert float(low) == pytest.approx(mine["effort"].min(), rel=0.02)
        assert float(high) == pytest.approx(mine["effort"].max(), rel=0.02)
    assert {line["family"] for line in families[:-1]} == set(rows["family"])
    assert whole(families[-1]["unanswerable"]) == (~rows["answerable"]).sum() > 0

    levels, ladder = tables(text, "Levels and hardness")
    assert [whole(line["level"]) for line in levels] == sorted(set(rows["level"]))
    for line in levels:
        mine = rows.filter(level=whole(line["level"]))
        assert [whole(line[split]) for split in splits] == [len(mine.filter(split=split)) for split in splits]
        assert float(line["mean tier"]) == pytest.approx(mine["tier"].mean(), abs=0.006)
    for line in ladder:
        for level, shown in list(line.items())[1:]:
            mine = rows.filter(family=line["family"], level=int(level))
            assert float(shown) == pytest.approx(mine["effort"].mean(), abs=0.06) if len(mine) else not shown


def test_files_counted_by_workers_in_any_order_give_the_same_figures(built: Path) -> None:
    def backwards(
        kind: str, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, Any]]:
        return ((at, function(*jobs[at])) for at in reversed(range(len(jobs))))

    alone = measure(built)
    assert len(alone.files) > 5 and alone.twin is not None and alone.recounts and alone.sizes
    assert measure(built, backwards) == alone
    with Workers(2) as workers:
        assert measure(built, workers.each) == alone


def test_certificates_traces_and_drops_are_those_of_the_rows(built: Path) -> None:
    text = card(built)
    rows = pl.read_parquet(f"{built}/problems/*.parquet")
    proofs = [json.loads(one) for one in rows["certificate"]]
    (certificates, recounts) = tables(text, "Certificates")
    claims: Counter[tuple[str, str]] = Counter(
        (kind, proof["claim"].replace("_", " ")) for kind, proof in zip(rows["kind"], proofs, strict=True)
    )
    shown: Counter[tuple[str, str]] = Counter()
    for line in certificates:
        shown[line["kind"], line["claim"]] += whole(line["problems"])
    assert shown == claims
    methods = Counter(re.sub(r" [\d.]+$", "", proof["recount"]["method"]) for proof in proofs if "recount" in proof)
    assert {line["second solver"]: whole(line["problems"]) for line in recounts} == methods
    assert f"{sum(methods.values())} problems" in text and methods

    traces = pl.read_parquet(f"{built}/traces/*.parquet")
    (verbosities,) = tables(text, "Traces")
    for line in verbosities:
        mine = traces.filter(pl.col("provenance").str.json_path_match("$.verbosity") == line["verbosity"])
        assert whole(line["right"]) == (mine["outcome"] == "right").sum() == len(mine)
        assert whole(line["step-checked"]) == mine["steps_checked"].count()
        assert whole(line["steps checked"]) == mine["steps_checked"].sum()
        assert whole(line["most"]) == mine["reasoning"].str.len_chars().max()
    assert sum(whole(line["right"]) for line in verbosities) == len(traces)

    gone = pl.read_parquet(f"{built}/dropped/*.parquet")
    summary = json.loads((built / "summary.json").read_text())
    (dropped,) = tables(text, "What was dropped")
    for line in dropped[:-1]:
        counts = summary["families"][line["family"]]
        for name in ("tried", "made", "kept", "exhausted", "duplicate", "orphan", "spare"):
            assert whole(line[name]) == counts[name], name
        for reason in ("exhausted", "duplicate", "orphan", "spare"):
            assert whole(line[reason]) == len(gone.filter(family=line["family"], reason=reason))
    assert f"across all splits: {(gone['reason'] == 'duplicate').sum()}." in text
    assert f"over all splits: {rows['canonical'].n_unique()} of {len(rows)}." in text


def test_the_head_names_every_file_row_and_column(built: Path) -> None:
    data = head(card(built))
    manifest = [json.loads(line) for line in (built / "manifest.jsonl").read_text().splitlines()]
    assert [config["config_name"] for config in data["configs"]] == ["problems", "traces"]
    for config, info in zip(data["configs"], data["dataset_info"], strict=True):
        mine = [entry for entry in manifest if entry["table"] == config["config_name"]]
        assert info["download_size"] == sum((built / entry["name"]).stat().st_size for entry in mine)
        assert {split["name"]: split["num_examples"] for split in info["splits"]} == {
            split: sum(e["rows"] for e in mine if e["note"]["split"] == split)
            for split in ("train", "test", "ood", "hard")
        }
        assert info["dataset_size"] == sum(split["num_bytes"] for split in info["splits"])
        matched = [str(path.relative_to(built)) for one in config["data_files"] for path in built.glob(one["path"])]
        assert sorted(matched) == sorted(entry["name"] for entry in mine)
    assert data["size_categories"] == ["n<1K"] and data["configs"][0]["default"] is True


def test_datasets_reads_every_split_through_the_card(built: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    data = head(card(built))
    for info in data["dataset_info"]:
        loaded = datasets.load_dataset(str(built), info["config_name"], cache_dir=str(tmp_path / "cache"))
        assert {name: len(split) for name, split in loaded.items()} == {
            split["name"]: split["num_examples"] for split in info["splits"]
        }
        for split in loaded.values():
            assert split.features._to_yaml_list() == info["features"]
            assert split[0] is not None
    assert "prompt" in datasets.load_dataset(str(built), cache_dir=str(tmp_path / "cache"))["train"].column_names


def test_the_example_is_a_row_whose_wrong_answer_the_judge_refuses(built: Path) -> None:
    text = card(built)
    section = text.split("\n## An example\n")[1].split("\n## ")[0]
    rows = {row["key"]: row for row in pl.read_parquet(f"{built}/problems/*.parquet").to_dicts()}
    shown = re.findall(r"^`([^`]+#5/[^`]+)` in the split", section, re.M)
    row, twin = (rows[key] for key in shown)
    assert row["answerable"] and not twin["answerable"]
    assert row["prompt"][0]["content"] in section and twin["prompt"][0]["content"] in section
    assert f"The right reply is `{twin['answer']}`" in section
    from verimill.verifiers.judge import verify

    wrong = re.search(r"A wrong answer:\n\n```text\n(.*?)\n```\n\nThe judge's reason: `(.*?)`", section, re.S)
    assert wrong is not None
    verdict = verify(row["verification"], f"Answer: {wrong[1]}")
    assert verdict.outcome == "wrong" and " ".join(verdict.reason.split()) == wrong[2]


@pytest.fixture(scope="module")
def asked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same dataset with the samples of two invented teachers."""
    out = Path(shutil.copytree(built, tmp_path_factory.mktemp("asked") / "set"))
    assert sampled.add_samples(out, k=2)
    recipe = (out / "recipe.yaml").read_text()
    (out / "recipe.yaml").write_text(f"{recipe}licenses: {{data: cc-by-4.0, {sampled.GOOD}: mit}}\n")
    cards.write_card(out)
    return out


def test_what_is_told_of_teachers_is_what_their_rows_say(asked: Path) -> None:
    text, traces = card(asked), pl.read_parquet(f"{asked}/traces/*.parquet")
    (facts,) = tables(text, "Teachers")
    told = {line["what"]: line for line in facts}
    good, hostile = f"`{sampled.GOOD}`", f"`{sampled.HOSTILE}`"
    mine = traces.filter(teacher=sampled.HOSTILE)
    assert told["traces"][good] == f"{len(traces.filter(teacher=sampled.GOOD)):,}"
    assert told["version of the engine"] == {"what": "version of the engine", good: "`0.32.0`", hostile: "not measured"}
    assert told["precision"][good] == told["hardware"][good] == "not measured"
    assert told["sampling"][good] == f"`{mine['sampling'][0]}`"
    cut = (mine["finish_reason"] == "length").sum()
    assert (
        told["ended by"][hostile]
        == f"`length` {100 * cut / len(mine):.1f} %; `stop` {100 - 100 * cut / len(mine):.1f} %"
    )
    astray = mine.filter((pl.col("outcome") == "right") & (pl.col("steps_wrong") > 0))
    share = 100 * len(astray) / (mine["outcome"] == "right").sum()
    assert told["right answer, wrong path"][hostile] == f"{share:.1f} %" and share > 0

    (lengths,) = tables(text, "Lengths")
    for line in lengths:
        column = {"reasoning": "reasoning", "reply": "response", "completion": "completion_tokens"}.get(
            line["what"].split(",")[0]
        )
        if column is not None:
            values = traces.filter(teacher=line["of"].strip("`"))[column]
            values = values if column == "completion_tokens" else values.str.len_chars()
            assert whole(line["rows"]) == len(values) and whole(line["most"]) == values.max()
            assert whole(line["50 %"]) == sorted(values)[(len(values) + 1) // 2 - 1]
    (splits,) = tables(text, "Splits")
    assert sum(whole(line["completion tokens"]) for line in splits) == traces["completion_tokens"].sum()
    assert f"do not follow: {traces['steps_wrong'].sum():,}." in text.split("## Weaknesses")[1]
    assert f"cut off before an answer: {(traces['outcome'] == 'truncated').sum():,};" in text


def test_each_part_has_its_licence_or_is_said_to_have_none(asked: Path, built: Path) -> None:
    (parts,) = tables(card(asked), "Licences")
    assert [line["licence"] for line in parts] == ["apache-2.0", "cc-by-4.0", "not stated", "mit"]
    assert head(card(asked))["license"] == "unknown"  # of one teacher nothing is stated
    assert head(card(built))["license"] == "apache-2.0"
    both = {"licenses": {"data": "mit", sampled.GOOD: "mit"}}
    assert licences.of_hub(both, ["oracle", sampled.GOOD]) == "mit"
    assert licences.of_hub({"licenses": {sampled.GOOD: "mit"}}, ["oracle", sampled.GOOD]) == "other"


def test_weaknesses_and_shortcuts_are_counted_from_the_rows(built: Path) -> None:
    text, rows = card(built), pl.read_parquet(f"{built}/problems/*.parquet")
    traces = pl.read_parquet(f"{built}/traces/*.parquet")
    (shortcuts,) = tables(text, "Weaknesses")
    for line in shortcuts:
        answers = Counter(rows.filter(family=line["family"])["answer"])
        assert whole(line["different answers"]) == len(answers)
        assert whole(line["the most frequent"]) == max(answers.values())
    texts = Counter((t["problem_id"], *f"{t['reasoning']} {t['response']}".split()) for t in traces.to_dicts())
    assert f"the same problem: {sum(texts.values()) - len(texts):,}." in text
    refused, misses = re.search(r"(\d+) of (\d+) near misses", text.replace("\n", " ")).groups()
    assert refused == misses and int(misses) >= 20
    assert "Public benchmarks: not checked." in text


def test_the_head_is_one_that_the_hub_library_reads(asked: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    loaded = hub.DatasetCard.load(asked / cards.CARD)
    data = loaded.data.to_dict()
    assert data["license"] == "unknown" and data["pretty_name"] and data["configs"][0]["config_name"] == "problems"
    assert yaml.safe_load(hub.DatasetCardData(**data).to_yaml()) == head(card(asked))


def test_croissant_is_valid_and_reads_every_row(asked: Path) -> None:
    mlc = pytest.importorskip("mlcroissant")
    data = json.loads((asked / "croissant.json").read_text())
    dataset = mlc.Dataset(jsonld=str(asked / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    assert not issues.errors and all("datePublished" in one for one in issues.warnings)
    for table in ("problems", "traces"):
        rows = pl.read_parquet(f"{asked}/{table}/*.parquet")
        read = {row[f"{table}/id"].decode(): row for row in dataset.records(table)}
        assert len(read) == len(rows)
        row = rows.row(7, named=True)
        mine = read[row["id"]]
        assert {name.partition("/")[2] for name in mine} == set(rows.columns)
        if table == "problems":
            assert mine["problems/prompt"][0]["problems/prompt/content"].decode() == row["prompt"][0]["content"]
        else:
            assert mine["traces/response"].decode() == row["response"]
    hashes = {entry["name"]: entry["sha256"] for entry in map(json.loads, (asked / "manifest.jsonl").open())}
    assert {f["@id"]: f["sha256"] for f in data["distribution"] if f["@type"] == "cr:FileObject"} == hashes
    wanted = ("dataCollection", "dataBiases", "dataLimitations", "dataUseCases", "personalSensitiveInformation",
              "dataSocialImpact", "dataAnnotationProtocol", "machineAnnotationTools")  # fmt: skip
    assert all(data[f"rai:{name}"] for name in wanted)


@pytest.mark.parametrize(
    ("file", "was", "now"),
    [
        ("README.md", "| problems, answers, certificates and the oracle's traces | cc-by-4.0", "| problems | mit"),
        ("README.md", "Traces cut off before an answer: ", "Traces cut off before an answer: 1"),
        ("README.md", "| seed of the run | not measured |", "| seed of the run | `7` |"),
        ("README.md", "near misses", "fewer near misses"),
        ("README.md", "license: unknown", "license: mit"),
        ("croissant.json", '"contentSize": "', '"contentSize": "1'),
    ],
)
def test_no_figure_of_any_section_can_be_edited(asked: Path, file: str, was: str, now: str) -> None:
    path = asked / file
    text = path.read_text()
    assert was in text
    line = text[: text.index(was)].count("\n") + 1
    path.write_text(text.replace(was, now, 1))
    try:
        with pytest.raises(cards.Stale, match=rf"{re.escape(file)} line {line} does not say what the rows say"):
            cards.check(asked)
    finally:
        path.write_text(text)


def test_an_edited_number_is_refused_in_one_sentence(copy: Path) -> None:
    cards.check(copy)
    text = card(copy)
    (copy / cards.CARD).write_text(text.replace("| train | 60 |", "| train | 61 |"))
    with pytest.raises(cards.Stale, match=r"line \d+ does not say what the rows say: wanted .*60.*got .*61") as caught:
        cards.check(copy)
    assert len(str(caught.value).splitlines()) == 1
    (copy / cards.CARD).write_text(text)
    picture = copy / "charts" / "levels.png"
    shutil.copy(copy / "charts" / "families.png", picture)
    with pytest.raises(cards.Stale, match=r"levels\.png does not show what the rows say"):
        cards.check(copy)
    cards.write_card(copy)
    cards.check(copy)
    assert card(copy) == text


def test_the_card_on_another_screen_has_its_pictures_inside_and_no_head(built: Path) -> None:
    text = cards.standalone(built / cards.CARD)
    assert text.startswith("# small\n") and "](charts/" not in text and "pretty_name" not in text
    for name in ("families", "levels", "hardness", "dropped"):
        picture = (built / "charts" / f"{name}.png").read_bytes()
        assert base64.b64encode(picture).decode() in text


def test_a_check_against_benchmarks_is_told_while_the_rows_are_those_checked(copy: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(f"{copy}/problems/*.parquet")
    with (tmp_path / "bench.jsonl").open("w") as file:
        for prompt in rows["prompt"][:3]:
            print(json.dumps({"prompt": prompt[0]["content"]}), file=file)
    found = decontaminate(copy, [tmp_path / "bench.jsonl"], column="prompt")
    keep(copy, found)
    keep(copy, decontaminate(copy, [tmp_path / "gone.parquet"]))  # the first is kept
    text = card(cards.write_card(copy).parent)
    told, missing = next(tables(text, "Overlap with benchmarks"))
    assert told["benchmark"] == "`bench`" and told["items"] == "3"
    assert whole(told["our rows found"]) == len({hit.problem_id for hit in found[0].hits}) >= 3
    assert missing["benchmark"] == "`gone`" and missing["items"] == "not checked"
    assert "bench: 3 rows found" in (copy / "croissant.json").read_text().replace(told["our rows found"], "3")
    record = json.loads((copy / "overlap.json").read_text())
    (copy / "overlap.json").write_text(json.dumps(record | {"rows": "0" * 32}))
    with pytest.raises(cards.Stale, match=r"wanted 'Public benchmarks: not checked"):
        cards.check(copy)
    (copy / "overlap.json").write_text("[]")
    with pytest.raises(cards.FolderError, match=r"overlap\.json is no record"):
        cards.check(copy)


def test_what_the_rows_do_not_say_is_not_measured(copy: Path) -> None:
    manifest = copy / "manifest.jsonl"
    kept = [line for line in manifest.read_text().splitlines() if json.loads(line)["table"] == "problems"]
    manifest.write_text("\n".join(kept) + "\n")
    (copy / "recipe.yaml").unlink()
    text = card(cards.write_card(copy).parent)
    cards.check(copy)
    assert "What was tried and not kept: not measured." in text
    assert "A reasoning whose steps were checked: not measured." in text
    assert "Pass rates of models: not measured." in text
    assert not (copy / "charts" / "dropped.png").exists()
    assert not re.search(r"more information needed|\btodo\b|\bnan\b|\binf\b", text, re.I)
    assert [config["config_name"] for config in head(text)["configs"]] == ["problems"]


def test_a_folder_that_is_not_whole_is_one_sentence(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(cards.FolderError, match="holds no dataset"):
        cards.write_card(tmp_path)
    next((copy / "traces").glob("test-*")).unlink()
    with pytest.raises(cards.FolderError, match=r"test-.* is missing: the manifest wants \d+ rows"):
        cards.write_card(copy)


def test_a_missing_extra_is_named(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "matplotlib" else found(name))
    with pytest.raises(cards.MissingReport, match=re.escape('pip install "verimill[report]"')):
        cards.write_card(copy)


def test_the_quickstart_card_is_current(tmp_path: Path) -> None:
    """Refresh it with `make pages`. Sizes of files are left out: they depend on the Parquet library."""
    out = tmp_path / "quickstart"
    build(load_recipe(ROOT / "recipes" / "quickstart.yaml"), out)
    cards.write_card(out)
    cards.compare(EXAMPLE / cards.CARD, without_sizes(card(out)), without_sizes(card(EXAMPLE)))
    pictures = sorted(path.name for path in (out / "charts").iterdir())
    assert pictures == sorted(path.name for path in (EXAMPLE / "charts").iterdir())
    for name in pictures:
        assert charts.drawn(EXAMPLE / "charts" / name) == charts.drawn(out / "charts" / name) is not None
    assert sum(path.stat().st_size for path in EXAMPLE.rglob("*.png")) < 300_000


def without_sizes(text: str) -> str:
    text = re.sub(r"(num_bytes|download_size|dataset_size): \d+", r"\1: SIZE", text)
    text = re.sub(r"\| [\d.]+ [kM]B \|", "| SIZE |", text)
    return re.sub(r"\| [\d,]+ \| `[0-9a-f]{16}` \|", "| SIZE | HASH |", text)
