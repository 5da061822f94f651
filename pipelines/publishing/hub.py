"""The Hub as publishing sees it: few calls, each retried while the trouble may pass, each error one sentence.

Where the Hub is (HF_ENDPOINT) and the token (HF_TOKEN) come from the environment alone; no text of an error holds the
token.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")
TOKEN = "HF_TOKEN"
WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds between tries
_REPO = re.compile(r"[\w-][\w.-]{0,95}/[\w-][\w.-]{0,95}\Z", re.ASCII)
LONGEST = 300  # seconds; the Hub counts requests in windows of five minutes
AT_ONCE = 5  # files on their way
_PASSING = (408, 429, 500, 502, 503, 504)
_CARRIERS = ("httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3", "aiohttp")


class HubError(ValueError):
    """The Hub or its repository is not as wanted; one sentence that the caller can act on."""


class MissingHub(ModuleNotFoundError):
    """A package that only the Hub needs is absent; the message names the extra."""


def missing(error: ModuleNotFoundError) -> MissingHub:
    """What to say of a package that is not there."""
    return MissingHub(f'the Hub needs {error.name}, which is not installed: pip install "verimill[hub]"')


class Unreachable(HubError):
    """The Hub did not answer, again and again; the work can go on later."""


class Overtaken(HubError):
    """Somebody else changed the repository meanwhile; nothing of theirs was touched."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A file on the Hub: its size, the sha256 where LFS keeps it, else git's own hash."""

    size: int
    sha256: str | None
    git: str


def token(wanted: bool = True) -> str | None:
    """HF_TOKEN; HubError where it is `wanted` and not there."""
    found = os.environ.get(TOKEN, "").strip()
    if wanted and not found:
        raise HubError(f"publishing needs a token that may write: wanted it in {TOKEN}, got nothing")
    return found or None


def require_repo(name: str) -> str:
    """The name looks like user/name; HubError otherwise."""
    if not _REPO.match(name):
        raise HubError(f"--repo must look like user/name, got {name!r:.80}")
    return name


class Hub:
    """One dataset repository."""

    def __init__(self, repo: str, token: str | None, say: Callable[[str], None] = lambda text: None) -> None:
        try:
            import huggingface_hub
            from huggingface_hub.utils import disable_progress_bars, logging
        except ModuleNotFoundError as error:
            raise MissingHub(
                f'the Hub needs {error.name}, which is not installed: pip install "verimill[hub]"'
            ) from None
        logging.set_verbosity_error()  # its warnings and bars repeat what is said here
        disable_progress_bars()
        self.repo, self.token, self.say = require_repo(repo), token, say
        self.api = huggingface_hub.HfApi(token=token or False)
        self.endpoint = str(self.api.endpoint)

    # reading

    def head(self, revision: str) -> str | None:
        """The commit of a branch; None where there is no such branch or repository."""
        found = self._info(revision)
        return None if found is None else str(found.sha)

    def is_private(self) -> bool | None:
        """Who may read the repository; None where it does not exist."""
        found = self._info(None)
        return None if found is None else bool(found.private)

    def _info(self, revision: str | None) -> Any:
        from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

        def asked() -> Any:
            try:
                return self.api.dataset_info(self.repo, revision=revision)
            except (RepositoryNotFoundError, RevisionNotFoundError):
                return None

        return self.tried("look at the repository", asked)

    def tree(self, revision: str) -> dict[str, Remote]:
        """Every file of a revision."""
        listed = self.tried("list the files", lambda: list(
            self.api.list_repo_tree(self.repo, recursive=True, revision=revision, repo_type="dataset")
        ))  # fmt: skip
        return {
            one.path: Remote(one.size, one.lfs.sha256 if one.lfs else None, one.blob_id)
            for one in listed
            if hasattr(one, "blob_id")
        }

    def tags(self) -> dict[str, str]:
        """Tags and their commits."""
        found = self.tried("list the tags", lambda: self.api.list_repo_refs(self.repo, repo_type="dataset"))
        return {tag.name: tag.target_commit for tag in found.tags}

    # writing

    def create(self, private: bool) -> None:
        """The repository exists."""
        self.tried("create the repository", lambda: self.api.create_repo(
            self.repo, private=private, repo_type="dataset", exist_ok=True
        ))  # fmt: skip

    def branch(self, name: str, at: str) -> None:
        """The branch exists."""
        self.tried("make a branch", lambda: self.api.create_branch(
            self.repo, branch=name, revision=at, repo_type="dataset", exist_ok=True
        ))  # fmt: skip

    def drop_branch(self, name: str) -> None:
        """The branch is gone."""
        from huggingface_hub.errors import HfHubHTTPError

        def dropped() -> None:
            try:
                self.api.delete_branch(self.repo, branch=name, repo_type="dataset")
            except HfHubHTTPError as error:
                if status_of(error) != 404:  # a try before this one may have reached the server
                    raise

        self.tried("remove the staging branch", dropped)

    def tag(self, name: str, at: str) -> None:
        """The tag exists."""
        self.tried("tag", lambda: self.api.create_tag(
            self.repo, tag=name, revision=at, repo_type="dataset", exist_ok=True
        ))  # fmt: skip

    def upload(self, files: Mapping[str, str], revision: str) -> None:
        """The Hub has the files' bytes, where it keeps such files apart; no revision shows them yet."""
        from huggingface_hub import CommitOperationAdd

        def uploaded() -> None:
            operations = [CommitOperationAdd(path, source) for path, source in files.items()]
            self.api.preupload_lfs_files(
                self.repo, operations, revision=revision, repo_type="dataset", num_threads=AT_ONCE, free_memory=False
            )

        self.tried(f"upload {next(iter(files))}", uploaded)

    def commit(
        self, revision: str, add: Mapping[str, str], delete: Iterable[str], message: str, parent: str | None
    ) -> str:
        """One commit on the branch; its id. With `parent`, Overtaken where the branch is not there any more."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete
        from huggingface_hub.errors import HfHubHTTPError

        gone, tries = sorted(delete), count()

        def committed() -> str:
            if next(tries) and parent is None:  # the try before this one may have removed them already
                gone[:] = sorted(set(gone) & set(self.tree(revision)))
            operations: list[Any] = [CommitOperationAdd(path, source) for path, source in add.items()]
            operations += [CommitOperationDelete(path, is_folder=False) for path in gone]
            try:
                made = self.api.create_commit(
                    self.repo, operations, commit_message=message, revision=revision, parent_commit=parent,
                    repo_type="dataset",
                )  # fmt: skip
            except HfHubHTTPError as error:
                if status_of(error) == 412:
                    raise Overtaken(f"{revision} of {self.repo} got another commit meanwhile") from None
                raise
            return str(made.oid)

        return self.tried(f"commit to {revision}", committed)

    # trouble

    def tried(self, what: str, call: Callable[[], T]) -> T:
        """What the call returns, tried again while the trouble may pass; HubError or Unreachable otherwise."""
        for wait in (*WAITS, None):
            try:
                return call()
            except HubError:
                raise
            except Exception as error:
                if not passing(error):
                    told = self._sentence(what, error)
                    if told is None:
                        raise
                    raise HubError(told) from None
                if wait is None:
                    raise Unreachable(f"{self.endpoint} cannot {what}: {self._short(error)}") from None
                pause = max(wait, asked_to_wait(error))
                self.say(f"verimill: {what}: {self._short(error)}; trying again in {pause:g} s")
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _sentence(self, what: str, error: Exception) -> str | None:
        """What an error of the Hub means; None for one that is ours."""
        status = status_of(error)
        if status in (401, 403):
            who = f"the token in {TOKEN}" if self.token else f"a reader without {TOKEN}"
            return f"{self.endpoint} refused {who} ({status}) to {what}: wanted one that may do so in {self.repo}"
        if status is not None or isinstance(error, (OSError, ValueError, RuntimeError)):
            return f"{self.endpoint} cannot {what} in {self.repo}: {self._short(error)}"
        return None

    def _short(self, error: Exception) -> str:
        """The first line of an error, without the token."""
        status = status_of(error)
        told = str(getattr(error, "server_message", "") or "") or str(error).strip()
        line = " ".join((told.splitlines() or [type(error).__name__])[0].split())[:200] or type(error).__name__
        line = f"{status}, {line}" if status is not None and str(status) not in line else line
        return line.replace(self.token, "***") if self.token else line


def status_of(error: BaseException) -> int | None:
    """The HTTP status of an error, where it has one."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def asked_to_wait(error: BaseException) -> float:
    """Seconds that the server asks for before another try, LONGEST at most; 0 where it does not say."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    told = headers.get("Retry-After", "")
    spent = re.search(r"\br=0;.*\bt=(\d+)", headers.get("RateLimit", ""))
    return float(min(LONGEST, int(spent[1] if spent else told if told.isdecimal() else 0)))


def passing(error: BaseException) -> bool:
    """True for trouble that may be over in a moment: no connection, a reset one, a busy server."""
    status = status_of(error)
    if status is not None:
        return status in _PASSING
    if isinstance(error, (ConnectionError, TimeoutError)):
        return True
    if type(error).__module__.partition(".")[0] in _CARRIERS:
        return True
    if error.__cause__ is not None:  # "error while uploading", from what went wrong
        return passing(error.__cause__)
    inner = error.__context__ if isinstance(error, OSError) else None  # "not in the cache", for want of a connection
    return inner is not None and passing(inner)
