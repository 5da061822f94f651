"""A dataset folder to a dataset repository: nothing of it shows on the branch before all of it has come back whole.

Files go to a staging branch, one commit; that commit is loaded back and compared; then one commit, whose parent must
still be the head that was found at the start, puts them on the branch that readers see; then the tag. Every step asks
the Hub what is there already, so a publish that was killed is finished by running it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from verimill import __version__
from verimill.pipelines.progress import Quiet, Tell
from verimill.pipelines.publishing.hub import AT_ONCE, Hub, HubError, Overtaken, require_repo, token
from verimill.pipelines.publishing.loading_back import OWN, differences, require_same, some
from verimill.pipelines.publishing.staging import Staged, require_fit, staged

MAIN = "main"


@dataclass(frozen=True, slots=True)
class Order:
    """What to publish and where."""

    folder: Path
    repo: str
    private: bool = False
    revision: str = MAIN
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """Where the dataset stands now; `uploaded` is False where it stood there already."""

    repo: str
    revision: str
    commit: str
    tag: str
    files: int
    bytes: int
    problems: int
    traces: int
    uploaded: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """What a publish would send: path, bytes and rows (None where a file has none), and what stays at home."""

    files: tuple[tuple[str, int, int | None], ...]
    left: tuple[str, ...]
    tag: str


def listed(order: Order, tell: Tell | None = None) -> Listed:
    """What `publish` would send, without a word to the Hub. Raises as it does for a dataset that is not fit."""
    require_repo(order.repo)
    require_fit(order.folder, tell)
    with staged(order.folder) as stage:
        files = tuple((file.path, file.bytes, file.rows if file.table else None) for file in stage.files)
        return Listed(files, stage.left, stage.tag)


def publish(order: Order, tell: Tell | None = None) -> Published:
    """The dataset is on the Hub, whole, on its branch, and tagged.

    Raises Unfit for a dataset or card that does not hold, HubError for what the caller can mend, Overtaken where
    somebody else changed the branch meanwhile, Unreachable where the Hub did not answer.
    """
    tell = tell or Quiet()
    require_repo(order.repo)
    hub = Hub(order.repo, token(), tell.line)
    require_fit(order.folder, tell)
    with staged(order.folder) as stage:
        return _Publication(order, hub, stage, tell).run()


class _Publication:
    """One run; everything it must know of an earlier one is on the Hub."""

    def __init__(self, order: Order, hub: Hub, stage: Staged, tell: Tell) -> None:
        self.order, self.hub, self.stage, self.tell = order, hub, stage, tell
        self.aside = f"staging-{stage.tag}"
        self.title = f"{stage.tag} (made by verimill {__version__})"

    def run(self) -> Published:
        base = self._base()
        self._require_tag()
        target = self.hub.head(self.order.revision)
        there = None if target is None else self.hub.tree(target)
        if target is not None and there is not None and not differences(self.stage, there):
            done, uploaded = target, False
        else:
            self._require_free(set(there or ()))
            sent = self._upload(target or base)
            require_same(self.hub, self.stage, sent, self.tell)
            done, uploaded = self._merge(target, sent), True
        self.hub.tag(self.stage.tag, done)
        self.hub.drop_branch(self.aside)
        return self._published(done, uploaded)

    def _base(self) -> str:
        """The head of main, in a repository that is as private as was asked for; made where there is none."""
        private = self.hub.is_private()
        if private is None:
            self.hub.create(self.order.private)
        elif self.order.private and not private:
            raise HubError(f"{self.order.repo} exists and is public: make it private there, or leave --private out")
        head = self.hub.head(MAIN)
        if head is None:
            raise HubError(f"{self.order.repo} must have a branch {MAIN}, got none")
        return head

    def _require_tag(self) -> None:
        """The tag is free, or names these very files."""
        known = self.hub.tags().get(self.stage.tag)
        if known is not None and differences(self.stage, self.hub.tree(known)):
            raise HubError(f"the tag {self.stage.tag} of {self.order.repo} names other files: remove it and run again")

    def _require_free(self, there: set[str]) -> None:
        other = there - set(OWN)
        if other and not self.order.replace:
            raise HubError(
                f"{self.order.repo} holds other files on {self.order.revision} ({some(other)}): "
                "give --replace to put this dataset in their place, or another --repo"
            )

    def _upload(self, base: str) -> str:
        """The staging branch has the files and no others; its commit."""
        hub, files = self.hub, self.stage.files
        hub.branch(self.aside, base)
        there = hub.tree(self.aside)
        if differences(self.stage, there):
            self.tell.stage("upload", sum(file.bytes for file in files), "bytes")
            for at in range(0, len(files), AT_ONCE):
                few = files[at : at + AT_ONCE]
                hub.upload({file.path: str(file.source) for file in few}, self.aside)
                self.tell.step(sum(file.bytes for file in few), few[-1].path)
            self._commit(self.aside, there, None)
        head = hub.head(self.aside)
        if head is None:
            raise Overtaken(f"the branch {self.aside} of {self.order.repo} was removed meanwhile; run again")
        return head

    def _commit(self, branch: str, there: Iterable[str], parent: str | None) -> str:
        files = {file.path: str(file.source) for file in self.stage.files}
        gone = set(there) - set(files) - set(OWN)
        return self.hub.commit(branch, files, gone, self.title, parent)

    def _merge(self, target: str | None, sent: str) -> str:
        """The branch that readers see has the files, by one commit on the head that was found; its new head."""
        name = self.order.revision
        if target is None:
            self.hub.branch(name, sent)
        else:
            try:
                self._commit(name, self.hub.tree(target), target)
            except Overtaken:
                pass  # by somebody else, or by this very commit, whose reply was lost
        head = self.hub.head(name)
        if head is None or differences(self.stage, self.hub.tree(head)):
            raise Overtaken(
                f"{name} of {self.order.repo} got another commit while this was being published "
                f"(wanted {(target or sent)[:12]}, got {(head or 'nothing')[:12]}); it was left as it is: look at it, "
                "then run again"
            )
        return head

    def _published(self, commit: str, uploaded: bool) -> Published:
        stage = self.stage
        problems, traces = (sum(file.rows for file in stage.of(table)) for table in ("problems", "traces"))
        size = sum(file.bytes for file in stage.files)
        return Published(
            self.order.repo, self.order.revision, commit, stage.tag, len(stage.files), size, problems, traces, uploaded
        )
