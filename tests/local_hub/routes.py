"""What the routes answer: accounts, repositories, refs, trees, downloads. Writing is in writing.py."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from local_hub import writing
from local_hub.server import Handler

Query = dict[str, str]
BRANCH, TAG = "refs/heads/", "refs/tags/"


def whoami(handler: Handler, query: Query) -> None:
    if not handler.known():
        return handler.refuse(401, "", "Invalid username or password.")
    token = {"displayName": "local", "role": "write"}
    handler.send(200, {"type": "user", "name": "user", "orgs": [], "auth": {"accessToken": token}})


def validate_yaml(handler: Handler, query: Query) -> None:
    import yaml

    text = json.loads(handler.data)["content"]
    head = re.match(r"^---\n(.*?)\n---", text, re.S)
    errors, warnings = [], []
    try:
        if not head or not yaml.safe_load(head[1]):
            warnings.append({"message": "empty or missing yaml metadata"})
    except yaml.YAMLError as error:
        errors.append({"message": str(error)})
    handler.send(400 if errors else 200, {"errors": errors, "warnings": warnings})


def create(handler: Handler, query: Query) -> None:
    told, store = json.loads(handler.data), handler.server.store
    name = f"{told.get('organization') or 'user'}/{told['name']}"
    url = f"{handler.server.base}/datasets/{name}"
    with store.lock:
        if store.load(name) is not None:
            return handler.send(409, {"error": "You already created this dataset repo", "url": url})
        store.create(name, told.get("visibility") == "private" or bool(told.get("private")))
    handler.send(200, {"url": url, "name": name, "id": name})


def info(handler: Handler, query: Query, name: str, revision: str = "main") -> None:
    found = handler.found(name, revision)
    if found is None:
        return
    repo, sha = found
    commit = repo["commits"][sha]
    files = [{"rfilename": path} for path in sorted(commit["files"])]
    handler.send(200, {
        "_id": "0", "id": name, "author": name.partition("/")[0], "sha": sha, "private": repo["private"],
        "gated": False, "disabled": False, "tags": [], "downloads": 0, "likes": 0, "siblings": files,
        "lastModified": commit["date"], "createdAt": commit["date"],
    })  # fmt: skip


def refs(handler: Handler, query: Query, name: str) -> None:
    found = handler.found(name)
    if found is None:
        return
    known: dict[str, str] = found[0]["refs"]

    def named(start: str) -> list[dict[str, str]]:
        return [
            {"name": ref.removeprefix(start), "ref": ref, "targetCommit": sha}
            for ref, sha in known.items()
            if ref.startswith(start)
        ]

    handler.send(200, {"branches": named(BRANCH), "tags": named(TAG), "converts": [], "pullRequests": []})


def make_ref(handler: Handler, query: Query, name: str, what: str, at: str) -> None:
    told, store = json.loads(handler.data or b"{}"), handler.server.store
    start = at if what == "tag" and handler.command == "POST" else told.get("startingPoint") or "main"
    with store.lock:
        found = handler.found(name, start)
        if found is None:
            return
        repo, sha = found
        ref = TAG + (told["tag"] if handler.command == "POST" else at) if what == "tag" else BRANCH + at
        if handler.command == "DELETE":
            if repo["refs"].pop(ref, None) is None:
                return handler.refuse(404, "RevisionNotFound", "Reference does not exist")
        elif ref in repo["refs"]:
            return handler.refuse(409, "", "Reference already exists")
        else:
            repo["refs"][ref] = sha
        store.save(name, repo)
    handler.send(200, {})


# --- files ------------------------------------------------------------------------------------------------------


def entry(path: str, file: dict[str, Any]) -> dict[str, Any]:
    told = {"type": "file", "path": path, "size": file["size"], "oid": file["git"]}
    return told | ({"lfs": {"oid": file["oid"], "size": file["size"], "pointerSize": 130}} if file["lfs"] else {})


def folder(path: str) -> dict[str, Any]:
    return {"type": "directory", "path": path, "size": 0, "oid": hashlib.sha1(path.encode()).hexdigest()}


def tree(handler: Handler, query: Query, name: str, revision: str, below: str = "") -> None:
    found = handler.found(name, revision)
    if found is None:
        return
    files = found[0]["commits"][found[1]]["files"]
    start = f"{below.strip('/')}/" if below.strip("/") else ""
    deep = query.get("recursive", "").lower() == "true"
    folders, told = {}, []
    for path in sorted(path for path in files if path.startswith(start)):
        parts = path.removeprefix(start).split("/")
        for depth in range(1, len(parts) if deep else min(2, len(parts))):
            folders[start + "/".join(parts[:depth])] = True
        if deep or len(parts) == 1:
            told.append(entry(path, files[path]))
    if start and not told and not folders:
        return handler.refuse(404, "EntryNotFound", f"{below} does not exist on {revision}")
    handler.send(200, [*map(folder, folders), *told])


def paths_info(handler: Handler, query: Query, name: str, revision: str) -> None:
    found = handler.found(name, revision)
    if found is None:
        return
    raw = handler.data.decode()
    wanted = json.loads(raw)["paths"] if raw.startswith("{") else parse_qs(raw).get("paths", [])
    files = found[0]["commits"][found[1]]["files"]
    told = [entry(path, files[path]) for path in wanted if path in files]
    told += [folder(p) for p in wanted if p not in files and any(f.startswith(p.strip("/") + "/") for f in files)]
    handler.send(200, told)


def download(handler: Handler, query: Query, name: str, revision: str, path: str) -> None:
    found = handler.found(name, revision)
    if found is None:
        return
    repo, sha = found
    file = repo["commits"][sha]["files"].get(path)
    if file is None:
        return handler.refuse(404, "EntryNotFound", f"{path} does not exist on {revision}")
    data = handler.server.store.blob(file["oid"]).read_bytes()
    told = {"X-Repo-Commit": sha, "ETag": f'"{file["oid"] if file["lfs"] else file["git"]}"', "Accept-Ranges": "bytes"}
    if file["lfs"]:
        told |= {"X-Linked-Size": str(file["size"]), "X-Linked-Etag": f'"{file["oid"]}"'}
    wanted = re.match(r"bytes=(\d*)-(\d*)", handler.headers.get("Range", ""))
    code = 200
    if wanted and data:
        low, high = wanted[1], wanted[2]
        first = int(low) if low else max(0, len(data) - int(high))
        last = min(int(high), len(data) - 1) if low and high else len(data) - 1
        told["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        data, code = data[first : last + 1], 206
    handler.send(code, data, "application/octet-stream", headers=told)


REPO = r"/api/datasets/(?P<name>[^/]+/[^/]+)"
FILE = r"/datasets/(?P<name>[^/]+/[^/]+)"
READ, POST = ("GET", "HEAD"), ("POST",)
ROUTES: list[tuple[tuple[str, ...], str, Callable[..., None]]] = [
    (READ, r"/api/whoami-v2", whoami),
    (POST, r"/api/validate-yaml", validate_yaml),
    (POST, r"/api/repos/create", create),
    (READ, REPO, info),
    (READ, REPO + r"/revision/(?P<revision>[^/]+)", info),
    (READ, REPO + r"/refs", refs),
    (("POST", "DELETE"), REPO + r"/(?P<what>branch|tag)/(?P<at>[^/]+)", make_ref),
    (READ, REPO + r"/tree/(?P<revision>[^/]+)(?P<below>/.*)?", tree),
    (POST, REPO + r"/paths-info/(?P<revision>[^/]+)", paths_info),
    (POST, REPO + r"/preupload/(?P<revision>[^/]+)", writing.preupload),
    (POST, REPO + r"/commit/(?P<revision>[^/]+)", writing.commit),
    (POST, FILE + r"\.git/info/lfs/objects/batch", writing.lfs_batch),
    (("PUT",), r"/lfs/(?P<name>[^/]+/[^/]+)/(?P<oid>[0-9a-f]{64})(?:/(?P<part>\d+))?", writing.lfs_put),
    (POST, r"/lfs/(?P<name>[^/]+/[^/]+)/(?P<oid>[0-9a-f]{64})/complete", writing.lfs_complete),
    (POST, r"/lfs-verify", writing.lfs_verify),
    (READ, FILE + r"/resolve/(?P<revision>[^/]+)/(?P<path>.+)", download),
]
