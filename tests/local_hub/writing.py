"""The routes that change something: upload modes, LFS objects, and commits, each of them atomic."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from local_hub.server import Handler
from local_hub.store import pointer, regular, write

Query = dict[str, str]
LARGE = (".parquet", ".png")  # kept by LFS, whatever their size


def preupload(handler: Handler, query: Query, name: str, revision: str) -> None:
    found = handler.found(name, revision)
    if found is None:
        return
    known = found[0]["commits"][found[1]]["files"]
    told = []
    for file in json.loads(handler.data)["files"]:
        mode = "lfs" if file["size"] and file["path"].endswith(LARGE) else "regular"
        old = known.get(file["path"])
        oid = {"oid": old["oid"] if old["lfs"] else old["git"]} if old else {}
        told.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, **oid})
    handler.send(200, {"files": told})


def lfs_batch(handler: Handler, query: Query, name: str) -> None:
    hub, told = handler.server, []
    for wanted in json.loads(handler.data)["objects"]:
        oid, size = wanted["oid"], wanted["size"]
        one: dict[str, Any] = {"oid": oid, "size": size}
        if oid not in hub.store.objects(name):
            place = f"{hub.base}/lfs/{name}/{oid}"
            upload: dict[str, Any] = {"href": place, "header": {}}
            if hub.part_size and size > hub.part_size:
                parts = {f"{at:05d}": f"{place}/{at}" for at in range(1, -(-size // hub.part_size) + 1)}
                upload = {"href": f"{place}/complete", "header": {"chunk_size": str(hub.part_size), **parts}}
            one["actions"] = {"upload": upload, "verify": {"href": f"{hub.base}/lfs-verify", "header": {}}}
        told.append(one)
    handler.send(200, {"transfer": "multipart" if hub.part_size else "basic", "objects": told})


def lfs_put(handler: Handler, query: Query, name: str, oid: str, part: str) -> None:
    store = handler.server.store
    if part:
        write(store.root / "parts" / oid / f"{int(part):05d}", handler.data)
        return handler.send(200, b"", headers={"ETag": f'"{part}"'})
    _keep(handler, name, oid, handler.data)


def lfs_complete(handler: Handler, query: Query, name: str, oid: str) -> None:
    parts = sorted((handler.server.store.root / "parts" / oid).iterdir())
    _keep(handler, name, oid, b"".join(part.read_bytes() for part in parts))


def _keep(handler: Handler, name: str, oid: str, data: bytes) -> None:
    if hashlib.sha256(data).hexdigest() != oid:
        return handler.refuse(400, "", "the bytes do not have the sha256 that was announced")
    handler.server.store.put_blob(data)
    handler.server.store.own(name, oid)
    handler.send(200, {})


def lfs_verify(handler: Handler, query: Query) -> None:
    told = json.loads(handler.data)
    path = handler.server.store.blob(told["oid"])
    handler.send(200 if path.exists() and path.stat().st_size == told["size"] else 404, {})


def commit(handler: Handler, query: Query, name: str, revision: str) -> None:
    store = handler.server.store
    with store.lock:
        if handler.fault == "overtaken":
            _overtake(handler, name)
        found = handler.found(name, revision)
        if found is None:
            return
        repo, sha = found
        head, *operations = (json.loads(line) for line in handler.data.splitlines() if line.strip())
        parent = head["value"].get("parentCommit")
        if parent and parent != sha:
            return handler.refuse(412, "", "A commit has happened since. Please refresh and try again.")
        files = dict(repo["commits"][sha]["files"])
        for operation in operations:
            wrong = _apply(handler, operation["key"], operation["value"], files)
            if wrong:
                return handler.refuse(400, "", wrong)
        new = store.commit(name, f"refs/heads/{revision}", files, head["value"]["summary"])
    url = f"{handler.server.base}/datasets/{name}/commit/{new}"
    handler.send(200, {"success": True, "commitOid": new, "commitUrl": url, "hookOutput": ""})


def _apply(handler: Handler, kind: str, value: dict[str, Any], files: dict[str, Any]) -> str:
    """The operation is applied to `files`; a sentence where it cannot be."""
    store, path = handler.server.store, value["path"]
    if kind == "file":
        data = base64.b64decode(value["content"])
        files[path] = regular(data, store.put_blob(data))
    elif kind == "lfsFile":
        blob = store.blob(value["oid"])
        if not blob.exists():
            return f"{path} points to an object that was not uploaded"
        files[path] = pointer(value["oid"], blob.stat().st_size)
    elif kind == "deletedFile":
        if files.pop(path, None) is None:
            return f"{path} cannot be deleted: there is no such file"
    else:
        return f"no such operation: {kind}"
    return ""


def _overtake(handler: Handler, name: str) -> None:
    """Somebody else's commit lands on main."""
    store = handler.server.store
    repo = store.load(name)
    assert repo is not None
    files = dict(repo["commits"][repo["refs"]["refs/heads/main"]]["files"])
    data = b"somebody else was here\n"
    files["other.txt"] = regular(data, store.put_blob(data))
    store.commit(name, "refs/heads/main", files, "another commit")
