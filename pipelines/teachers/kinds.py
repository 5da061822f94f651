"""Where a teacher is: at some address, in a server that we start, or in this process. One way to open all three.

A sample's key, its seed and its row do not depend on the kind, so work begun with one kind goes on with another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from verimill.pipelines.teachers.engine import Engine, require_vllm
from verimill.pipelines.teachers.engine_line import EngineLine
from verimill.pipelines.teachers.environments import Plan, vllm_version
from verimill.pipelines.teachers.managed import Managed
from verimill.pipelines.teachers.samples import Messages, Model
from verimill.pipelines.teachers.transport import KEY_VARIABLE, HttpServer, Server, api_key, base_of, require_aiohttp
from verimill.pipelines.teachers.watching import ServerGone, Settings

LOG = "vllm.log"
LOOK_S = 0.5  # between two looks at a server of ours
T = TypeVar("T")


class Serving(Server, Protocol):
    """A server as the probe sees it: it can be asked what it serves."""

    model: Model

    async def get(self, path: str, root: bool = False) -> tuple[int, bytes]:
        """Status and body of a GET below the base URL, or below its host."""

    async def tokens(self, messages: Messages) -> list[int] | None:
        """Token ids of the rendered prompt; None where it cannot say."""

    async def close(self) -> None:
        """Nothing of it stays open."""


@dataclass(frozen=True, slots=True)
class Remote:
    """`openai`: servers that somebody else runs, replicas of one model."""

    urls: tuple[str, ...]
    key_variable: str = KEY_VARIABLE
    """The environment variable that holds the API key."""

    def __post_init__(self) -> None:
        urls = [base_of(url) for url in self.urls]
        if len(set(urls)) < len(urls):
            raise ValueError(f"each base URL must be given once, got {', '.join(urls)}")


@dataclass(frozen=True, slots=True)
class Started:
    """`managed`: a vLLM server that we start from an environment of its own, watch and stop."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Loaded:
    """`engine`: vLLM's engine in this process, or in one of the environment that `python` names."""

    folder: str
    """A folder or the name of a model, as vLLM takes it."""
    name: str = ""
    """The name in keys and rows; the model's own where empty."""
    flags: Mapping[str, Any] = field(default_factory=dict)
    python: str = ""
    """The environment with vLLM: its python executable, or the folder that holds bin/python."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables for that process, over our own."""
    ready_s: float = 600.0


Place = Remote | Started | Loaded


@dataclass(frozen=True, slots=True)
class Opened:
    """A teacher that can be asked. `key_variable` is empty where no key is needed."""

    servers: list[Serving]
    key_variable: str = KEY_VARIABLE
    managed: Managed | None = None

    def facts(self) -> dict[str, str]:
        """What is known of the engine where it runs here; empty for a server that somebody else started."""
        if self.managed is not None:
            return self.managed.facts()
        return next((one.facts() for one in self.servers if isinstance(one, Engine | EngineLine)), {})

    @property
    def failure(self) -> str:
        """Why it will never answer again; empty while it may."""
        if self.managed is not None:
            return self.managed.failure
        return next((one.failure for one in self.servers if isinstance(one, EngineLine)), "")


def require(place: Place) -> None:
    """What this process needs to ask there is installed; ValueError with one sentence otherwise. Nothing is asked."""
    if isinstance(place, Loaded):
        vllm_version(place.python) if place.python else require_vllm()
        return
    require_aiohttp()
    if isinstance(place, Started):
        vllm_version(place.plan.python)
    elif not place.urls:
        raise ValueError("asking a teacher needs at least one --base-url, such as http://127.0.0.1:8000/v1")
    else:
        api_key(place.key_variable)


def asked_as(place: Place, model: Model) -> Model:
    """The model with the name under which the place serves it."""
    if isinstance(place, Started):
        return replace(model, name=place.plan.served)
    if isinstance(place, Loaded):
        return replace(model, name=place.name or place.folder)
    return model


def fitting(place: Place, settings: Settings) -> Settings:
    """Settings that wait for a server of ours as long as it may take to come back."""
    if isinstance(place, Started):
        return replace(settings, patience_s=max(settings.patience_s, place.plan.ready_s + 60))
    return settings


@asynccontextmanager
async def opened(place: Place, model: Model, folder: Path, say: Callable[[str], None]) -> AsyncIterator[Opened]:
    """The teacher while it is asked; afterwards nothing of it is left. ValueError says why it cannot be opened.

    A managed server writes its log to `folder`.
    """
    require(place)
    model = asked_as(place, model)
    if isinstance(place, Loaded):
        engine = await _loaded(place, model, folder / LOG, say)
        try:
            yield Opened([engine], "")
        finally:
            await engine.close()
    elif isinstance(place, Started):
        managed = Managed(place.plan, folder / LOG, say)
        try:
            await asyncio.to_thread(managed.start)
            async with _connected([managed.url], model, "") as servers:
                yield Opened(servers, "", managed)
        finally:
            await asyncio.to_thread(managed.stop)
    else:
        async with _connected(place.urls, model, api_key(place.key_variable)) as servers:
            yield Opened(servers, place.key_variable)


async def _loaded(place: Loaded, model: Model, log: Path, say: Callable[[str], None]) -> Engine | EngineLine:
    if place.python:
        say(f"vLLM: loading {model.name} in a process of {place.python}, log in {log}")
        return await EngineLine.open(
            place.python, place.folder, model, place.flags, place.environment, log, place.ready_s
        )  # fmt: skip
    engine = await Engine.open(place.folder, model.name, place.flags)
    engine.model = model
    return engine


@asynccontextmanager
async def _connected(urls: list[str] | tuple[str, ...], model: Model, key: str) -> AsyncIterator[list[Serving]]:
    servers = [HttpServer(url, model, key) for url in urls]
    try:
        yield list(servers)
    finally:
        await asyncio.gather(*(server.close() for server in servers))


async def while_served(teacher: Opened, work: Awaitable[T]) -> T:
    """The result of the work; ServerGone, with the reason, as soon as a server of ours is given up."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait((task,), timeout=LOOK_S))[0]:
            if teacher.failure:
                raise ServerGone(f"{teacher.failure}\nrun the same command again to go on")
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
