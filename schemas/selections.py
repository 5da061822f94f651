"""The stages of `select:` in a recipe: their names, their knobs, and the paper that each comes from.

A stage takes every problem with its traces and says which to keep. The functions are in pipelines/selections; here
is what a recipe may say of them, so that a recipe is checked before anything runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Union, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, TypeAdapter, ValidationError
from pydantic import model_validator as after

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Few = Annotated[int, Field(ge=1, le=10_000)]


class Stage(BaseModel):
    """One stage with its knobs; `paper` names where the idea is from."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    paper: ClassVar[str] = ""
    stage: str

    @property
    def knobs(self) -> dict[str, Any]:
        """Knob name to value, without the stage's name and what is not set."""
        return {k: v for k, v in self.model_dump(mode="json", exclude_none=True).items() if k != "stage"}

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value}" for name, value in self.knobs.items())
        return f"{self.stage}({said})" if said else self.stage

    @after(mode="after")
    def _low_is_low(self) -> Stage:
        low, high = getattr(self, "low", None), getattr(self, "high", None)
        if low is not None and high is not None and low > high:
            raise ValueError(f"low must not be above high, got {low:g} and {high:g}")
        return self


class _Rated(Stage):
    teacher: str | None = None
    """Whose samples count; by default those of all teachers together."""
    least: Few = 1
    """Samples that a problem must have to be rated at all."""


# --- problems ---------------------------------------------------------------------------------------------------


class Band(_Rated):
    """Problems whose pass rate lies in a band: neither always nor never solved."""

    paper = "Guru (Revisiting RL for LLM reasoning from a cross-domain perspective); the filter of open-r1"
    stage: Literal["band"]
    low: Share = 0.1
    high: Share = 0.9


class Variation(_Rated):
    """Problems whose scores vary: coefficient of variation (standard deviation over mean) at least `cv`."""

    paper = "DeepDistill (difficulty-graded data training)"
    stage: Literal["variation"]
    cv: Annotated[float, Field(gt=0.0, le=1_000.0)] = 0.05
    low: Share = 0.0
    high: Share = 1.0


class Teachable(Stage):
    """Problems at the edge of a student's ability that a teacher can solve."""

    paper = "Phi-4-reasoning technical report (teachable prompts)"
    stage: Literal["teachable"]
    student: str
    teacher: str
    low: Share = 0.1
    high: Share = 0.8
    solved: Share = 0.0
    """The teacher's pass rate must be above this."""


class FewRight(_Rated):
    """Problems solved a few times among many samples."""

    paper = "LIMO (Less is more for reasoning), its filter of questions"
    stage: Literal["few-right"]
    low: Annotated[int, Field(ge=0)] = 1
    high: Annotated[int, Field(ge=0)] = 3
    of: Few = 32
    """The first so many samples count; a problem with fewer is dropped."""


class Mix(_Rated):
    """Problems thinned so that each family and level weighs as much as its share of failures."""

    paper = "difficulty-flipped mixing weights: what teachers fail at more weighs more"
    stage: Literal["mix"]
    floor: Share = 0.05
    """The least weight of a family and level."""


class Traced(Stage):
    """Problems that still have a trace."""

    paper = "none: what the stages before have emptied"
    stage: Literal["traced"]
    least: Few = 1


# --- traces -----------------------------------------------------------------------------------------------------


class RightPath(Stage):
    """Traces with a right answer and no step that does not follow."""

    paper = "CoT-Pass@K (Reinforcement learning with verifiable rewards implicitly incentivizes correct reasoning)"
    stage: Literal["right-path"]
    steps: Annotated[int, Field(ge=0)] = 1
    """Steps that must have been checked."""


class Shortest(Stage):
    """The shortest right traces of each problem."""

    paper = "short-m@k (Don't overthink it: preferring shorter thinking chains)"
    stage: Literal["shortest"]
    keep: Few = 1


class TraceScore(Stage):
    """The right traces of each problem with the best score of style: elaboration, checks, exploration, connectives."""

    paper = "LIMO (Less is more for reasoning), its score of solutions"
    stage: Literal["trace-score"]
    keep: Few = 1
    elaboration: Share = 0.30
    checks: Share = 0.20
    exploration: Share = 0.25
    connectives: Share = 0.25


class Diverse(Stage):
    """Right traces of each problem that are far apart by edit distance in words."""

    paper = "DED (data-efficient distillation), its choice of diverse right trajectories"
    stage: Literal["diverse"]
    keep: Few = 4
    distance: Share = 0.1
    """The least distance to those kept, as a share of the longer text."""


class BestTeacher(Stage):
    """For each family, the traces of the teacher that does best there."""

    paper = "AM (Not all correct answers are equal: why your distillation source matters)"
    stage: Literal["best-teacher"]
    by: Literal["right", "right-path"] = "right"


class FewestFailed(Stage):
    """The right traces of each problem with the least share of steps in branches that failed."""

    paper = "failed-step fraction (What characterizes effective reasoning?)"
    stage: Literal["fewest-failed"]
    keep: Few = 1
    most: Share = 1.0
    """The greatest share that is kept at all."""


class Wrong(Stage):
    """Wrong traces whose first wrong step is known, after enough right ones."""

    paper = "Shape of Thought (when distribution matters more than correctness)"
    stage: Literal["wrong"]
    before: Annotated[int, Field(ge=0)] = 1
    """Right steps before the first wrong one."""
    right: bool = True
    """Whether right traces stay too."""


# --- rewritings -------------------------------------------------------------------------------------------------


class FirstRight(Stage):
    """Right traces, the reasoning cut after the first right answer; answer and claims are judged again."""

    paper = "First Try Matters (revisiting the role of reflection)"
    stage: Literal["first-right"]


class CutBranches(Stage):
    """Right traces without the branches that failed, where what is left still holds when judged again."""

    paper = "failed-step fraction (What characterizes effective reasoning?), its removal of failed branches"
    stage: Literal["cut-branches"]
    most: Annotated[int, Field(ge=1, le=200)] = 20
    """Branches of one trace that are tried."""


AnyStage = Union[  # noqa: UP007 (a discriminated union is read from its members)
    Band, Variation, Teachable, FewRight, Mix, Traced, RightPath, Shortest, TraceScore, Diverse, BestTeacher,
    FewestFailed, Wrong, FirstRight, CutBranches,
]  # fmt: skip
KINDS: tuple[type[Stage], ...] = get_args(AnyStage)


def name_of(kind: type[Stage]) -> str:
    """The name of a kind of stage in recipes."""
    name: str = get_args(kind.model_fields["stage"].annotation)[0]
    return name


NAMES = tuple(name_of(kind) for kind in KINDS)


def kind_of(name: str) -> type[Stage]:
    """The kind of stage of a name."""
    return KINDS[NAMES.index(name)]


def _entry(value: Any) -> Any:
    if isinstance(value, str):
        value = {"stage": value}
    if not isinstance(value, Stage | dict):
        raise ValueError(f"a stage must be a name or a mapping with stage and knobs, got {value!r:.60}")
    if isinstance(value, dict) and value.get("stage") not in NAMES:
        raise ValueError(f"stage must be one of {', '.join(NAMES)}, got {value.get('stage')!r:.40}")
    return value


Entry = Annotated[Annotated[AnyStage, Discriminator("stage")], BeforeValidator(_entry)]
_ENTRIES: TypeAdapter[list[Any]] = TypeAdapter(list[Entry])


def read_stages(values: Sequence[Any]) -> list[Stage]:
    """The stages of names or mappings; ValueError says which is wrong and how."""
    try:
        return _ENTRIES.validate_python(list(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = first["loc"][0]
        where = ".".join(map(str, first["loc"][2:]))
        words = str(first["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
        raise ValueError(f"stage {int(at) + 1}{': ' + where if where else ''}: {words}") from None


def parse_stage(text: str) -> Mapping[str, Any]:
    """The mapping that `band:low=0.2,high=0.8` says; the knobs are checked by read_stages."""
    import yaml

    name, _, rest = text.partition(":")
    found: dict[str, Any] = {"stage": name.strip()}
    for part in filter(None, rest.split(",")):
        knob, eq, word = part.partition("=")
        if not eq:
            raise ValueError(f"--stage must look like band:low=0.2,high=0.8, got {text!r:.80}")
        try:
            found[knob.strip()] = yaml.safe_load(word)
        except yaml.YAMLError:
            raise ValueError(f"--stage: the value of {knob.strip()} cannot be read, got {word!r:.40}") from None
    return found


def example(kind: type[Stage]) -> str:
    """The stage as a command takes it, with every knob that has a value; those that it needs stand for themselves."""
    knobs = {name: one for name, one in kind.model_fields.items() if name != "stage"}
    said = {name: name.upper() if one.is_required() else one.default for name, one in knobs.items()}
    words = [f"{name}={_word(value)}" for name, value in said.items() if value is not None]
    return name_of(kind) + (":" + ",".join(words) if words else "")


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
