"""A published dataset as a folder: every file of one commit, in the Hub's own cache, where a second look is free."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from verimill.pipelines.manifest import MANIFEST
from verimill.pipelines.progress import Quiet, Tell
from verimill.pipelines.publishing.hub import AT_ONCE, Hub, HubError, token


def fetch(repo: str, revision: str = "main", tell: Tell | None = None) -> tuple[Path, str]:
    """The folder that holds the dataset as it stands at the revision, and the commit that this is.

    HF_TOKEN is used where it is set. Raises HubError where there is no such dataset, Unreachable where the Hub did
    not answer.
    """
    tell = tell or Quiet()
    hub = Hub(repo, token(wanted=False), tell.line)
    sha = hub.head(revision)
    if sha is None:
        hidden = "" if hub.token else ", or a private one, which HF_TOKEN must be set for"
        raise HubError(f"{hub.endpoint} must have a dataset {repo} with the revision {revision}, got none{hidden}")
    files = hub.tree(sha)
    if MANIFEST not in files:
        raise HubError(
            f"{repo} at {revision} is no dataset of verimill: wanted {MANIFEST}, got {len(files)} other files"
        )
    tell.stage("download", sum(file.size for file in files.values()), "bytes")

    def fetched(path: str) -> Path:
        def asked() -> str:
            return str(hub.api.hf_hub_download(repo, path, repo_type="dataset", revision=sha))

        return Path(hub.tried(f"download {path}", asked))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = {pool.submit(fetched, path): path for path in files}
        try:
            for job in as_completed(jobs):
                job.result()
                tell.step(files[jobs[job]].size, jobs[job])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return fetched(MANIFEST).parent, sha
