"""Repositories on disk: blobs by sha256, and one JSON file a repository with its refs and commits."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

FIRST = hashlib.sha1(b"the first commit").hexdigest()
ATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"
Repo = dict[str, Any]


class Store:
    """Everything the server keeps; `lock` guards each change of a repository."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self.lock = threading.RLock()
        for name in ("blobs", "repos", "parts", "objects"):
            (self.root / name).mkdir(parents=True, exist_ok=True)

    # blobs

    def blob(self, oid: str) -> Path:
        """Where the bytes of that sha256 are, or would be."""
        return self.root / "blobs" / oid

    def put_blob(self, data: bytes) -> str:
        """The bytes are kept; their sha256."""
        oid = hashlib.sha256(data).hexdigest()
        if not self.blob(oid).exists():
            write(self.blob(oid), data)
        return oid

    def own(self, name: str, oid: str) -> None:
        """The object was uploaded to the repository."""
        write(self.root / "objects" / name.replace("/", "--") / oid, b"")

    def objects(self, name: str) -> set[str]:
        """The LFS objects that were uploaded to a repository; no other repository's count."""
        place = self.root / "objects" / name.replace("/", "--")
        return {path.name for path in place.iterdir()} if place.exists() else set()

    # repositories

    def _path(self, name: str) -> Path:
        return self.root / "repos" / f"{name.replace('/', '--')}.json"

    def load(self, name: str) -> Repo | None:
        """The repository, None where there is none of that name."""
        path = self._path(name)
        return json.loads(path.read_text()) if path.exists() else None

    def save(self, name: str, repo: Repo) -> None:
        """The repository is on disk."""
        write(self._path(name), json.dumps(repo).encode())

    def create(self, name: str, private: bool) -> None:
        """A repository with the one file that the Hub puts into each."""
        files = {".gitattributes": regular(ATTRIBUTES, self.put_blob(ATTRIBUTES))}
        first = {"files": files, "parent": None, "title": "initial commit", "date": now()}
        repo = {"private": private, "refs": {"refs/heads/main": FIRST}, "commits": {FIRST: first}}
        self.save(name, repo)

    def commit(self, name: str, ref: str, files: dict[str, Any], title: str) -> str:
        """`ref` has a new commit with these files; its id."""
        with self.lock:
            repo = self.load(name)
            assert repo is not None, name
            parent = repo["refs"][ref]
            text = json.dumps([parent, title, sorted(files.items()), len(repo["commits"])])
            new = hashlib.sha1(text.encode()).hexdigest()
            repo["commits"][new] = {"files": files, "parent": parent, "title": title, "date": now()}
            repo["refs"][ref] = new
            self.save(name, repo)
            return new

    def files(self, name: str, revision: str = "main") -> dict[str, bytes]:
        """The files of a revision, for tests to look at."""
        repo = self.load(name)
        assert repo is not None, name
        sha = resolve(repo, revision)
        assert sha is not None, revision
        return {path: self.blob(f["oid"]).read_bytes() for path, f in repo["commits"][sha]["files"].items()}


def resolve(repo: Repo, revision: str) -> str | None:
    """The commit that a branch, tag, ref or commit id names."""
    for name in (revision, f"refs/heads/{revision}", f"refs/tags/{revision}"):
        if name in repo["refs"]:
            found: str = repo["refs"][name]
            return found
    return revision if revision in repo["commits"] else None


def regular(data: bytes, oid: str) -> dict[str, Any]:
    """A file that git itself keeps."""
    git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    return {"oid": oid, "size": len(data), "lfs": False, "git": git}


def pointer(oid: str, size: int) -> dict[str, Any]:
    """A file that LFS keeps; git has a pointer to it."""
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n".encode()
    return {"oid": oid, "size": size, "lfs": True, "git": hashlib.sha1(b"blob %d\0" % len(text) + text).hexdigest()}


def write(path: Path, data: bytes) -> None:
    """The file is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.{threading.get_ident()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary.write_bytes(data)
    os.replace(temporary, path)


def now() -> str:
    """The time as the Hub writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
