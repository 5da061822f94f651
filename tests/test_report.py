"""The report page counts what the rows hold, runs nothing that a model wrote, and works in a real browser."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import browser
import pytest
import sampled

from verimill.data_cards.folder import FolderError
from verimill.data_cards.report import page
from verimill.data_cards.report.marks import BAD, RIGHT, UNKNOWN, marks
from verimill.pipelines.build import build
from verimill.pipelines.shards import read_rows
from verimill.schemas.recipes import parse_recipe

pl = pytest.importorskip("polars")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, recipe_text: str) -> Path:
    """A dataset of two families with the oracle's traces and those of two invented teachers."""
    out = tmp_path_factory.mktemp("reported") / "set"
    build(parse_recipe(recipe_text + "title: <b>Bold</b> [[DATA]]\n"), out)
    assert sampled.add_samples(out) > 500
    return out


@pytest.fixture(scope="module")
def data(folder: Path) -> dict[str, Any]:
    return page.gathered(folder)


@pytest.fixture(scope="module")
def written(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page.write_report(folder, tmp_path_factory.mktemp("page") / "report.html")


def test_every_count_is_that_of_the_rows(folder: Path, data: dict[str, Any]) -> None:
    counts = data["counts"]
    rows = {row["id"]: row for row in read_rows(folder, "problems")}
    names = [counts["families"], None, counts["splits"]]

    def told(table: str, columns: list[Any], places: slice) -> Counter[Any]:
        found: Counter[Any] = Counter()
        for cell in counts[table]:
            parts = zip(columns, cell[places], strict=True)
            found[tuple(part if known is None else known[part] for known, part in parts)] += cell[-1]
        return found

    wanted = Counter((r["family"], r["level"], r["split"], json.loads(r["hardness"])["tier"]) for r in rows.values())
    assert told("problems", [*names, None], slice(0, 4)) == wanted
    traces = list(read_rows(folder, "traces"))
    by = Counter((t["teacher"], *(rows[t["problem_id"]][c] for c in ("family", "level", "split"))) for t in traces)
    assert told("traces", [counts["teachers"], *names], slice(0, 4)) == by
    helped = sum(t["hinted"] for t in traces)
    assert sum(cell[-1] for cell in counts["traces"] if cell[7]) == helped > 0
    outcomes = Counter((t["teacher"], t["outcome"]) for t in traces)
    assert {(counts["teachers"][s[0]], counts["outcomes"][s[1]]): s[2] for s in counts["steps"]} == outcomes
    assert sum(s[4] for s in counts["steps"]) == sum(t["steps_checked"] or 0 for t in traces)
    assert sum(s[5] for s in counts["steps"]) == sum(t["steps_wrong"] or 0 for t in traces) > 0
    agreed = Counter("recount" in json.loads(r["certificate"]) for r in rows.values())
    told_so: Counter[bool] = Counter()
    for cell in counts["certificates"]:
        told_so[counts["claims"][cell[3]].endswith("; recounted")] += cell[-1]
    assert told_so == agreed and agreed[True]
    reasons = Counter((d["family"], d["reason"]) for d in read_rows(folder, "dropped"))
    assert sum(reasons.values()) == sum(cell[-1] for cell in counts["dropped"])
    assert sum(c[-1] for c in counts["lengths"] if c[0] == 0) == len(rows)
    longest = max(t["completion_tokens"] for t in traces if t["completion_tokens"])
    assert max(c[5] for c in counts["lengths"] if c[0] == 3) == int(2 * math.log2(longest))


def test_the_choice_is_even_repeatable_and_what_is_left_out_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = page.gathered(folder, samples=24), page.gathered(folder, samples=24)
    assert one == two and len(one["samples"]) == 24 and one["all"]["problems"] == 102
    assert len({(s["family"], s["level"], s["split"]) for s in one["samples"]}) > 12
    assert all(len(s["traces"]) == 8 == s["of"] for s in one["samples"] if s["answerable"])
    monkeypatch.setattr(page, "MAX_BYTES", 200_000)
    small = page.gathered(folder, samples=24)
    assert small["limits"]["full"] and 0 < len(small["samples"]) < 24
    assert small["samples"] == one["samples"][: len(small["samples"])]


def test_traces_that_lie_in_another_folder_join_their_problems(folder: Path, tmp_path: Path) -> None:
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    places = {
        "asked": [e for e in entries if "teacher" in e["note"]],
        "plain": [e for e in entries if "teacher" not in e["note"]],
    }
    for name, mine in places.items():
        for entry in mine:
            (tmp_path / name / entry["name"]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / entry["name"]).hardlink_to(folder / entry["name"])
        (tmp_path / name / "manifest.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in mine))
    apart, whole = page.gathered(tmp_path / "plain", [tmp_path / "asked"]), page.gathered(folder)
    assert apart["counts"] == whole["counts"] and apart["samples"] == whole["samples"]
    with pytest.raises(FolderError, match="asked has no problems"):
        page.gathered(tmp_path / "asked")


def test_marks_say_what_the_judge_found_of_each_line(folder: Path) -> None:
    rows = {row["id"]: row for row in read_rows(folder, "problems")}
    traces = [t for t in read_rows(folder, "traces") if t["steps_checked"]]
    seen = Counter[bool]()
    for trace in traces[:60] + traces[-60:]:
        found, why_not = marks(rows[trace["problem_id"]]["verification"], trace)
        assert found and not why_not
        assert any(mark.found == BAD for mark in found) == bool(trace["steps_wrong"])
        assert sum(mark.first_wrong for mark in found) == bool(trace["steps_wrong"])
        seen[bool(trace["steps_wrong"])] += 1
        if trace["teacher"] == "oracle":
            assert len(found) == trace["steps_checked"] and found[0].found == RIGHT
    assert min(seen.values()) > 5

    oracle = next(t for t in traces if t["teacher"] == "oracle" and t["steps_checked"] > 3)
    text = rows[oracle["problem_id"]]["verification"]
    found, _ = marks(text, {**oracle, "steps_wrong": 1, "first_wrong_step": 2})
    assert [mark.found for mark in found[:3]] == [RIGHT, BAD, UNKNOWN]
    assert marks(text, {**oracle, "teacher": "other", "steps_checked": 99})[1].startswith("this verimill reads other")
    assert marks(text, {**oracle, "steps_checked": None}) == ([], "no steps of this trace were checked")


class Tags(HTMLParser):
    """Counts elements; keeps what stands in scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen[tag] += 1
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, text: str) -> None:
        if self.lasttag == "script" and self.scripts:
            self.scripts[-1] += text


def test_model_text_is_data_and_never_markup(written: Path, data: dict[str, Any]) -> None:
    text = written.read_text()
    tags = Tags(text)
    assert tags.seen["script"] == 2 and not tags.seen["img"] and not tags.seen["b"]
    assert json.loads(tags.scripts[0]) == data
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "") and "https://" not in text
    assert any(sampled.ATTACKS[1] in t["reasoning"] for s in data["samples"] for t in s["traces"])


def test_a_folder_that_is_not_whole_is_one_sentence(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(FolderError, match="holds no dataset"):
        page.write_report(tmp_path)
    with pytest.raises(FolderError, match=r"cannot write .*nowhere"):
        page.write_report(folder, tmp_path / "nowhere" / "report.html", samples=0)
    with pytest.raises(ValueError, match="samples must be at least 0, got -1"):
        page.write_report(folder, samples=-1)


# --- in a browser -----------------------------------------------------------------------------------------------

READY = "document.documentElement?.dataset.ready === 'yes'"


@pytest.fixture(scope="module")
def tab() -> Iterator[browser.Browser]:
    pytest.importorskip("websockets")
    if browser.found() is None:
        pytest.skip("no Chromium or Chrome on PATH: the report page is not opened (apt-get install chromium)")
    with browser.browsing() as one:
        yield one


def shown(tab: browser.Browser) -> int:
    """How many samples the page says it shows."""
    return int(tab.text("#found").split(" ")[0].replace(",", ""))


def selected(tab: browser.Browser) -> str:
    return str(tab.run("document.querySelector('#list [aria-selected=true]').id"))


def _rates(data: dict[str, Any], level: int) -> list[str]:
    """Right samples, samples and their share for each teacher; those that were helped count nowhere."""
    counts, told = data["counts"], []
    for teacher, name in enumerate(counts["teachers"]):
        alone = [counts["outcomes"][t["outcome"]] for s in data["samples"] for t in s["traces"]
                 if s["level"] == level and t["teacher"] == teacher and not t["hinted"]]  # fmt: skip
        right = alone.count("right")
        told += [str(right), str(len(alone)), f"{100 * right / len(alone):.1f} %"] if name != "oracle" else []
    return told


def test_a_reader_clicks_filters_searches_and_reads_in_a_browser(
    tab: browser.Browser, written: Path, data: dict[str, Any]
) -> None:
    tab.size(1280, 900)
    tab.open(written.as_uri(), READY)
    samples, counts = data["samples"], data["counts"]
    assert tab.text("h1") == "<b>Bold</b> [[DATA]]"
    assert shown(tab) == len(samples) == 102
    assert tab.run("document.querySelectorAll('figure svg').length") >= 12

    row = "[...document.querySelectorAll(\"figure[data-title='Pass rate by level'] tbody tr:first-child td\")]"
    assert tab.run(f"{row}.map((cell) => cell.textContent)") == ["1", *_rates(data, level=1)]
    tab.click("[data-pick=shortest_path]")  # a bar of the chart
    family = counts["families"].index("shortest_path")
    assert shown(tab) == sum(s["family"] == family for s in samples)
    tab.press("Enter")  # the same bar is still in focus; once more frees the filter
    assert shown(tab) == 102

    wrong = [s for s in samples if any(t["steps"][1] for t in s["traces"])]
    tab.run("(() => { const s = document.getElementById('filter-steps'); s.focus(); s.value = 'wrong'; "
            "s.dispatchEvent(new Event('change')); })()")  # fmt: skip
    assert shown(tab) == len(wrong) > 0
    tab.click("#list [role=option]:first-child")  # what was chosen before may fit the filter too
    trace = next(t for t in wrong[0]["traces"] if t["steps"][1])
    assert tab.text("#trace .lines .wrong em b") == "first wrong step"
    (mark,) = [m for m in trace["marks"] if m[4]]
    line = f"{trace['reasoning']}\n{trace['reply']}".split("\n")[mark[0]]
    assert tab.text("#trace .lines > .wrong").startswith(line) and mark[3] in tab.text("#trace .lines > .wrong em")
    assert tab.text("#trace .badge") == counts["outcomes"][trace["outcome"]]

    tab.click("#clear")
    tab.press("/")
    tab.type("</SCRIPT><script>window.hacked")
    hit = [s for s in samples if any(sampled.ATTACKS[1] in t["reasoning"] for t in s["traces"])]
    tab.until(f"document.getElementById('found').textContent.startsWith('{len(hit)} of')")
    assert "query=" in tab.run("location.hash")

    tab.press("Escape", "ArrowDown")  # from the search into the list
    assert selected(tab) == f"sample-{hit[1]['id']}"
    tab.press("End", "Home")
    assert selected(tab) == f"sample-{hit[0]['id']}"
    tab.click("#detail [role=tab]:nth-child(2)")
    tab.press("ArrowRight", "ArrowRight")
    assert tab.run("[...document.querySelectorAll('[role=tab]')].findIndex(t => t.ariaSelected === 'true')") == 3
    assert tab.run("document.activeElement.ariaSelected") == "true"
    tab.run("document.querySelectorAll('[role=tab]').forEach((one) => one.click())")  # every text of this problem
    _nothing_ran(tab, written)


def test_the_page_keeps_its_place_follows_the_dark_and_fits_a_phone(tab: browser.Browser, written: Path) -> None:
    tab.size(390, 844, dark=True)
    tab.open("about:blank")
    tab.open(f"{written.as_uri()}#family=0&outcome=1&query={quote('answer')}", READY)
    assert tab.run("document.documentElement.dataset.theme") == "dark"
    assert tab.run("document.getElementById('filter-family').value") == "0" and shown(tab) < 102
    assert tab.run("document.documentElement.scrollWidth") == 390
    edges = "[...document.querySelectorAll('svg text')].map((one) => one.getBoundingClientRect().right)"
    assert max(tab.run(edges)) <= 390
    before = tab.run("getComputedStyle(document.body).backgroundColor")
    tab.click("#theme")
    assert tab.run("getComputedStyle(document.body).backgroundColor") != before
    assert not tab.run("document.getElementById('filter-level').offsetHeight")
    tab.click("#toggle")
    assert tab.run("document.getElementById('filter-level').offsetHeight") > 20
    _nothing_ran(tab, written)


def _nothing_ran(tab: browser.Browser, written: Path) -> None:
    """No text of a model became an element or ran, nothing was loaded, nothing complained."""
    assert tab.run("typeof window.hacked") == "undefined"
    assert tab.run("document.querySelectorAll('img, iframe, object, main script').length") == 0
    assert {url.partition("#")[0] for url in tab.asked} <= {written.as_uri(), "about:blank", "data:,"}
    assert tab.complaints == []
