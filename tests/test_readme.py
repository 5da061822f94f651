"""Every code block of the README and of the pages beside it runs, and prints what is shown.

`console`: commands after `$`, all in one scratch folder that has `recipes/`; the lines below are their output, where
`...` stands for anything within a line and, alone on a line, for any lines. `python`: a script; a `text` block right
after it is what it prints. `sh`: set-up commands, which are compared with the Makefile and pyproject.toml but not run,
since they install packages. Text between `<!-- made: NAME -->` and `<!-- end -->` is generated.

    VERIMILL_UPDATE_README=1 pytest tests/test_readme.py     writes what commands print now into the pages
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from verimill.schemas.rows import COLUMNS
from verimill.schemas.selections import KINDS, example, name_of, read_stages

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "docs/README.md",
    "docs/adding_a_family.md",
    "docs/custom_splits.md",
    "docs/looking.md",
    "docs/selections.md",
    "docs/teachers.md",
    "docs/teachers_in_a_recipe.md",
    "docs/training.md",
    "docs/publishing.md",
)
UPDATE = "VERIMILL_UPDATE_README"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MADE = re.compile(r"(<!-- made: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scratch folder with the recipes, as a user in the root of a checkout has them; each page begins afresh."""
    place = tmp_path_factory.mktemp("readme")
    (place / "recipes").symlink_to(ROOT / "recipes")
    return place


@pytest.fixture(autouse=True)
def hub(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page on publishing finds a Hub: a local one."""
    if "docs/publishing.md" not in request.node.name:
        yield
        return
    monkeypatch.syspath_prepend(str(ROOT / "tests"))
    from local_hub import serve

    server = serve(tmp_path / "hub")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield
    server.shutdown()
    server.server_close()


def ran(words: list[str] | str, folder: Path) -> str:
    """Standard output of a command that ends well, or a failure with both of its streams."""
    env = os.environ | {"PYTHONSAFEPATH": "1", "HF_HOME": str(folder / ".hf"), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run(
        words, cwd=folder, env=env, shell=isinstance(words, str), text=True, capture_output=True, timeout=400
    )
    assert done.returncode == 0, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def pattern(shown: str) -> re.Pattern[str]:
    """What is shown, as an expression in which `...` stands for anything."""
    lines = []
    for line in shown.strip().splitlines():
        whole = line.strip() == "..."
        lines.append(r"(?:.*\n)*?" if whole else ".*".join(re.escape(part) for part in line.split("...")) + "\n")
    return re.compile("".join(lines))


def same(shown: str, printed: str) -> bool:
    """True when the output is what the page shows."""
    return pattern(shown).fullmatch(printed.strip() + "\n") is not None


def console(body: str, folder: Path) -> str:
    """The block as it should read: each command, then what it prints now."""
    out = []
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        while command.endswith("\\"):
            more, _, shown = shown.partition("\n")
            command += "\n" + more
        printed = ran(command, folder)
        kept = not shown.strip() or same(shown, printed)
        out.append(f"$ {command}\n{shown.strip() if kept else printed}".strip())
    return "\n".join(out) + "\n"


def current(text: str, folder: Path) -> str:
    """The page with the output of its blocks, and its generated parts, as they are now."""
    printed: list[str] = []

    def block(found: re.Match[str]) -> str:
        kind, body = found[1], found[2]
        if kind == "console":
            body = console(body, folder)
        elif kind == "python":
            printed[:] = [ran([sys.executable, "-c", body], folder)]
        elif kind == "text" and printed:
            body = body if same(body, printed[0]) else printed[0] + "\n"
        elif kind == "sh":
            set_up(body)
        elif kind == "yaml" and body.startswith("select:"):
            read_stages(yaml.safe_load(body)["select"])
        else:
            raise AssertionError(f"a {kind} block is not run by any test")
        return f"```{kind}\n{body}```"

    text = _BLOCK.sub(block, text)
    return _MADE.sub(lambda found: f"{found[1]}{MADE[found[2]](folder)}\n{found[4]}", text)


def set_up(body: str) -> None:
    """Every command of a set-up block is one that the Makefile or pyproject.toml knows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for line in filter(None, (line.partition("#")[0].strip() for line in body.splitlines())):
        tool, *words = line.split()
        if tool == "make":
            assert re.search(rf"^{words[0]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE), line
        elif words[:3] == ["-m", "pip", "install"] or (tool == "pip" and words[0] == "install"):
            for extras in re.findall(r"\[([\w,]+)\]", line):
                assert set(extras.split(",")) <= set(project["optional-dependencies"]), line
        else:
            assert tool in ("git", "cd"), f"set-up blocks hold make, pip, git and cd, got {line}"


# --- generated parts --------------------------------------------------------------------------------------------


def families(folder: Path) -> str:
    """The table that the command prints."""
    return ran([sys.executable, "-m", "verimill.cli", "families", "--markdown"], folder)


def _null(null: bool, about: str) -> str:
    return " (may be null)" if null and "null" not in about else ""


def columns(table: str) -> Callable[[Path], str]:
    """The columns of a table, as the schema has them."""

    def listed(_: Path) -> str:
        lines = [f"| `{name}` | {about}{_null(null, about)} |" for name, _, null, about in COLUMNS[table]]
        return "\n".join(["| column | what it holds |", "| --- | --- |", *lines])

    return listed


def measured(_: Path) -> str:
    """The benchmarks' own figures, in one paragraph."""
    rates = (ROOT / "benchmarks" / "results" / "rates.md").read_text(encoding="utf-8")
    hardness = (ROOT / "benchmarks" / "results" / "hardness.md").read_text(encoding="utf-8")
    scoring = re.search(r"Median family ([\d,]+) verdicts/s .*slowest ([\d,]+)", rates)
    level = re.search(r"(\d+ of \d+) families reach ([\d.]+)\.", hardness)
    number = r" ([\d,.]+) \|"
    beside = re.findall(rf"^\| ([^|]+) \|{number}{number}{number} ([\d,.]+)x \| [\d,.]+x \|", rates, re.MULTILINE)
    assert scoring and level and beside, "benchmarks/results lack the figures that the README shows"
    lines = [f"| {task} | {row} | {made} | {its} | {ratio}x |" for task, row, made, its, ratio in beside]
    return "\n".join(
        (
            f"Measured on one core ([benchmarks](benchmarks/results/rates.md)): {scoring[1]} verdicts a second in the",
            f"median family, {scoring[2]} in the slowest. Level and measured effort have a rank correlation of at",
            f"least {level[2]} in {level[1]} families ([hardness](benchmarks/results/hardness.md)).",
            "What is made (problem,",
            "certificate, grading, trace, canonical key, prompt) beside bare items of reasoning-gym 0.1.25 at the same",
            "size; a checked row has its trace re-derived by the judge as well:",
            "",
            "| task | checked rows/s | made/s | reasoning-gym items/s | made : its |",
            "| --- | ---: | ---: | ---: | ---: |",
            *lines,
        )
    )


def stages(_: Path) -> str:
    """The stages of a selection, as schemas.selections has them."""
    lines = [f"| `{name_of(kind)}` | {kind.paper} | {kind.__doc__} | `{example(kind)}` |" for kind in KINDS]
    return "\n".join(["| stage | from | keeps | `--stage` with its knobs |", "| --- | --- | --- | --- |", *lines])


MADE: dict[str, Callable[[Path], str]] = {
    "families": families,
    "measured": measured,
    "problems": columns("problems"),
    "stages": stages,
    "traces": columns("traces"),
}


# --- tests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_shows_is_what_its_commands_print(page: str, folder: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    now = current(text, folder)
    if os.environ.get(UPDATE):
        (ROOT / page).write_text(now, encoding="utf-8")
        return
    assert text.splitlines() == now.splitlines(), f"{page} is stale; run with {UPDATE}=1 and look at the difference"


@pytest.mark.parametrize("page", PAGES)
def test_links_of_a_page_lead_to_files(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in link:
            assert ((ROOT / page).parent / link).exists(), f"{page} links to {link}, which is not there"


def test_every_command_that_the_readme_shows_is_in_the_help() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = ran([sys.executable, "-m", "verimill.cli", "--help"], ROOT)
    for command in re.findall(r"verimill ([a-z]+) ", readme):
        assert re.search(rf"^  {command} ", shown, re.MULTILINE), f"the README shows `verimill {command}`"


def test_an_ellipsis_stands_for_anything() -> None:
    assert same("a ...\n...\nz", "a 1\nb\nc\nz")
    assert same("a\n...", "a")
    assert not same("a ...\nz", "a 1\nb\nz")
