"""A YAML recipe becomes a validated Recipe, or one RecipeError whose lines name file, line, wanted and got.

A recipe says which families, which splits and how many rows; it holds no path and no machine setting, so the
same recipe gives the same bytes anywhere. Knobs of a family are checked against its Params here, before
anything is made.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from verimill.schemas.conditions import parse as parse_condition
from verimill.schemas.core import LEVELS
from verimill.schemas.families import codec, locate, names
from verimill.schemas.marked_yaml import MarkedYamlError, Marks, read_marked
from verimill.schemas.selections import NAMES as STAGES
from verimill.schemas.selections import Entry as StageEntry
from verimill.schemas.selections import kind_of
from verimill.schemas.teachers import BudgetEntry, SamplingEntry, TeacherEntry
from verimill.schemas.values import from_text

MAX_BYTES = 1_000_000  # of a recipe file; more is refused unread
MAX_SHOWN = 5  # faults named in one error


class Misplaced(ValueError):
    """A fault that only the whole recipe shows, with the place where it stands."""

    def __init__(self, path: tuple[str | int, ...], words: str) -> None:
        super().__init__(words)
        self.path = path


class RecipeError(ValueError):
    """What is wrong with a recipe: one line of text for each fault, each naming file and line."""


def parse_levels(value: Any) -> list[int]:
    """Levels from 4, "1-6", "1-3,7" or [1, 2, 5], sorted and unique; ValueError says what is wanted."""
    parts: list[int] = []
    for item in value if isinstance(value, list) else str(value).split(","):
        low, dash, high = str(item).strip().partition("-")
        if not (low.strip().isdecimal() and (not dash or high.strip().isdecimal())) or isinstance(item, (bool, float)):
            raise ValueError(f"levels must look like 4, 1-6 or [1, 2, 5], got {value!r:.40}")
        parts.extend(range(int(low), int(high if dash else low) + 1) if len(low + high) < 8 else [-1])
    wrong = [level for level in parts if level not in LEVELS]
    if wrong or not parts:
        raise ValueError(f"levels must be in {LEVELS[0]}..{LEVELS[-1]} and not empty, got {value!r:.40}")
    return sorted(set(parts))


def _known_family(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a family must be a name, got {value!r:.40}")
    codec(value)  # raises with the nearest names
    return value


def _family_entries(value: Any) -> Any:
    if value == "all":
        value = [name for name in names() if find_spec(locate(name, "generators"))]
    if not isinstance(value, list) or not value:
        raise ValueError(f"families must be all or a list that is not empty, got {value!r:.40}")
    return [item if isinstance(item, dict) else {"family": item} for item in value]


def _condition(value: Any) -> Any:
    if isinstance(value, str):
        late = [name for name in parse_condition(value).names if "." in name]
        if late:
            raise ValueError(f"{late[0]} is known only after teachers were asked; choose by it with verimill export")
    return value


def _teachers(value: Any) -> Any:
    if not isinstance(value, list):
        raise ValueError(f"teachers must be a list, got {value!r:.40}")
    return value


Levels = Annotated[list[int], BeforeValidator(parse_levels)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
LicenceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 .+-]{0,79}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FamilyEntry(_Model):
    """One family of the recipe: its levels, knobs laid over each level, and its share of every split."""

    family: Annotated[str, BeforeValidator(_known_family)]
    """Its name."""
    levels: Levels = Field(default_factory=lambda: list(LEVELS))
    """Levels that it takes part with: 4, 1-6 or [1, 2, 5]."""
    knobs: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """Single knobs that are laid over each of the levels."""
    weight: float = Field(default=1.0, gt=0.0, le=1e6)
    """Its share of the rows beside the other families."""

    @model_validator(mode="after")
    def _knobs_fit(self) -> FamilyEntry:
        code = codec(self.family)
        made = [from_text(code.params, self.knobs_text, base=code.level(level)) for level in self.levels]
        for at, params in enumerate(made):
            if params in made[:at]:
                same = self.levels[made.index(params)]
                raise ValueError(f"knobs make levels {same} and {self.levels[at]} of {self.family} the same; name one")
        return self

    @property
    def knobs_text(self) -> str:
        """The knobs as they stand in a key: `size=5,unique=yes`, sorted by name."""
        words = {True: "yes", False: "no"}
        return ",".join(f"{k}={words[v] if isinstance(v, bool) else v}" for k, v in sorted(self.knobs.items()))


class Split(_Model):
    """One split: exactly `rows` rows, from these families and levels, of this measured hardness."""

    name: Name
    """Small letters, digits and _; names its files."""
    rows: int = Field(ge=1, le=1_000_000_000)
    """Exactly so many problems."""
    levels: Levels | None = None
    """Only these; by default every family's own."""
    families: Annotated[list[str], Field(min_length=1)] | None = None
    """Only these; all by default."""
    where: Annotated[str, BeforeValidator(_condition)] | None = None
    """A condition on level and measured hardness, such as `tier >= 3 and search > 50`."""


class Traces(_Model):
    """Which traces to write for each problem: the oracle's, in these verbosities."""

    oracle: list[Literal["full", "brief"]] = Field(default=["full"])
    """Every step, only those that the answer needs, both, or none for an empty list."""


class Recipe(_Model):
    """What to build. Defaults make a recipe short; `recipe.yaml` in the dataset's folder has them all filled in."""

    name: Name
    """Small letters, digits and _; names the dataset."""
    title: str = ""
    """The card's title."""
    seed: int = Field(ge=0, le=2**53)
    """The same seed, the same problems."""
    families: Annotated[list[FamilyEntry], BeforeValidator(_family_entries)]
    """`all`, or a list of names or of mappings with the fields below."""
    splits: Annotated[list[Split], Field(min_length=1, max_length=60)]
    """No two splits share a problem, copies up to symmetry included."""
    traces: Traces = Field(default_factory=Traces)
    """The oracle's traces."""
    teachers: Annotated[list[TeacherEntry], BeforeValidator(_teachers), Field(max_length=20)] = Field(
        default_factory=list
    )
    """Who is asked beside the oracle."""
    teachers_at_once: int = Field(default=0, ge=0, le=20)
    """Teachers that are asked side by side; 0 is all of them. One graphics card serves one managed server at a time."""
    select: list[StageEntry] = Field(default_factory=list, max_length=40)
    """Stages that choose among the problems and traces; what they keep is a dataset in the folder `selected`."""
    unanswerable: float = Field(default=0.0, ge=0.0, le=0.5)
    """Share of rows, 0..0.5, that are unanswerable twins, in families that can have them."""
    recount: Share = 1.0
    """Share of problems, 0..1, that an independent second solver counts again."""
    licenses: dict[str, LicenceName] = Field(default_factory=dict)
    """Licence of `data`, and of each teacher's outputs by its name. What is not named is apache-2.0 for what verimill
    makes, and not stated for a teacher."""
    tries: float = Field(default=20.0, ge=1.0, le=10_000.0)
    """Budget: at most this many problems are tried for each row wanted, in each family and level."""
    shard_seconds: float = Field(default=20.0, ge=0.1, le=3_600.0)
    """Work in one shard, about; a build that is killed loses no more than the shards it was making."""
    shard_rows: int = Field(default=1_000, ge=1, le=10_000)
    """Most problems in one working shard, whatever their rate: this bounds a worker's memory."""
    file_rows: int = Field(default=20_000, ge=1, le=1_000_000)
    """Problems in one published Parquet file; the file of their traces has the same number."""

    @model_validator(mode="after")
    def _hangs_together(self) -> Recipe:
        split_names = [split.name for split in self.splits]
        if len(set(split_names)) < len(split_names):
            raise ValueError(f"splits must have different names, got {', '.join(split_names)}")
        entries = [(entry.family, entry.knobs_text) for entry in self.families]
        if len(set(entries)) < len(entries):
            raise ValueError("families must be different in name or knobs, the same one is listed twice")
        for split in self.splits:
            strange = sorted(set(split.families or ()) - {entry.family for entry in self.families})
            if strange:
                raise ValueError(f"split {split.name} names {', '.join(strange)}, which families does not list")
            if not any(self.levels_of(split, entry) for entry in self.families):
                raise ValueError(f"split {split.name} has no family with one of its levels")
        self._teachers_fit(split_names)
        return self

    def _teachers_fit(self, split_names: list[str]) -> None:
        known = {"splits": set(split_names), "families": {entry.family for entry in self.families}}
        for at, teacher in enumerate(self.teachers):
            if teacher.name in [other.name for other in self.teachers[:at]]:
                raise Misplaced(("teachers", at, "name"), f"{teacher.name} is the name of another teacher already")
            for what, names_ in known.items():
                strange = sorted(set(getattr(teacher, what) or ()) - names_)
                if strange:
                    raise Misplaced(("teachers", at, what), f"the recipe has no {', '.join(strange)} among its {what}")

    @staticmethod
    def levels_of(split: Split, entry: FamilyEntry) -> list[int]:
        """The levels that a family gives to a split: those both name."""
        if split.families is not None and entry.family not in split.families:
            return []
        return [level for level in entry.levels if split.levels is None or level in split.levels]

    @property
    def digest(self) -> str:
        """A hash of all that decides the problems: the recipe with defaults filled in, and the families' versions.

        Teachers, selections and licences are not in it: they may be added and changed while the problems stay.
        """
        versions = {entry.family: codec(entry.family).version for entry in self.families}
        data = self.model_dump(mode="json", exclude={"teachers", "teachers_at_once", "licenses", "select"})
        text = json.dumps([data, versions], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def load_recipe(path: str | Path) -> Recipe:
    """The recipe in a file. Raises RecipeError naming file, line, what was wanted and what was got."""
    place = Path(path)
    try:
        if place.stat().st_size > MAX_BYTES:
            raise RecipeError(f"{place}: a recipe must be at most {MAX_BYTES} bytes, got {place.stat().st_size}")
        text = place.read_text(encoding="utf-8")
    except OSError as error:
        raise RecipeError(f"{place}: the recipe cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{place}: a recipe must be UTF-8 text") from None
    return parse_recipe(text, str(place))


def parse_recipe(text: str, source: str = "recipe") -> Recipe:
    """The recipe in a YAML text; `source` names it in errors."""
    try:
        data, marks = read_marked(text)
    except MarkedYamlError as error:
        raise RecipeError(f"{source}, line {error.line}: {error}") from None
    if not isinstance(data, dict):
        raise RecipeError(f"{source}, line 1: a recipe must be a mapping of names to values, got {_got(data)}")
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        faults = list(dict.fromkeys(_fault(dict(one), marks, source) for one in error.errors(include_url=False)))
        more = [f"and {len(faults) - MAX_SHOWN} more"] if len(faults) > MAX_SHOWN else []
        raise RecipeError("\n".join(faults[:MAX_SHOWN] + more)) from None


_MODELS: dict[str, type[BaseModel]] = {
    "families": FamilyEntry, "splits": Split, "traces": Traces, "teachers": TeacherEntry, "sampling": SamplingEntry,
    "budget": BudgetEntry,
}  # fmt: skip


def _model_at(path: tuple[Any, ...]) -> type[BaseModel]:
    """The model whose field a path ends in."""
    if path[0] == "select" and len(path) > 2 and path[2] in STAGES:
        return kind_of(path[2])
    named = [part for part in path[:-1] if part in _MODELS]
    return _MODELS[named[-1]] if named else Recipe


def _fault(error: dict[str, Any], marks: Marks, source: str) -> str:
    """One fault as a sentence with its line."""
    loc = (*error["loc"], *getattr(error.get("ctx", {}).get("error"), "path", ()))
    if loc[:1] == ("select",):
        loc = loc[:2] + loc[3:]  # pydantic puts the stage's name between its place and its knob
    while loc and loc not in marks:  # pydantic adds parts of its own, such as the tried type of a union
        loc = loc[:-1]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")
    at = f"{source}, line {marks.get(loc, 1)}: "
    kind, full = error["type"], error["loc"]
    if kind == "missing":
        return f"{at}{where + ' ' if where else 'the recipe '}must have {full[-1]}, which is missing"
    if kind == "extra_forbidden":
        fields = list(_model_at(full).model_fields)
        near = difflib.get_close_matches(str(full[-1]), fields, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(fields)}"
        return f"{at}unknown name {where}; {hint}"
    if kind == "value_error":
        words = str(error["msg"]).removeprefix("Value error, ")
        return f"{at}{where + ': ' if where else ''}{words}"
    words = str(error["msg"]).replace("Input should be", "must be").replace("String should", "must")
    words = words.replace("List should", "must").replace("a valid integer", "a whole number")
    words = words.replace("a valid dictionary or instance of ", "a mapping, a ")
    return f"{at}{where} {words}, got {_got(error['input'])}"


def _got(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"{value!r:.60}"
