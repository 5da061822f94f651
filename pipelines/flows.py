"""The mill as a Prefect flow; the only file that imports Prefect, and only while a build runs.

A Prefect task is a shard, never a row. On one machine the tasks are threads that hand their shard to a pool of
worker processes, which do not import Prefect; on Dask or Ray the tasks run on the cluster's own workers. The
embedded server is a child process that logs to a file and ends with the build, however that ends.
"""

from __future__ import annotations

import importlib.util
import logging
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

from verimill.pipelines.asking import Show, TeacherFailed, ask_teachers, require_teachers
from verimill.pipelines.build import WORK, build
from verimill.pipelines.certificates import Uncertified
from verimill.pipelines.embedded import embedded_server
from verimill.pipelines.progress import Tell, teller
from verimill.pipelines.reporting import FAILED, OK, RESUMABLE, USAGE, announce, report, say, whole
from verimill.pipelines.shards import Damaged, DiskFull, require_writable
from verimill.pipelines.stages import warm
from verimill.pipelines.workers import Each, WorkerDied, Workers, job_count, one_by_one
from verimill.schemas.recipes import Recipe, load_recipe

RUNNERS = ("local", "dask", "ray")


class MissingExtra(ImportError):
    """A package that only some users need is absent; the message names the extra."""


def run_build(
    recipe_path: str | Path,
    out: str | Path | None = None,
    runner: str = "local",
    dry_run: bool = False,
    jobs: int | None = None,
    as_json: bool = False,
) -> int:
    """Build the recipe into `out`, which a dry run needs not, or go on after a stop; the exit code is returned.

    0 whole; 1 maker and judge disagree, or a file was altered; 2 wrong usage; 3 a split could not be filled, or
    the build was stopped: run again to go on. The summary goes to standard output, progress and errors to
    standard error. `runner` is local, dask or ray, the last two optionally with the address of a cluster (`dask:tcp://host:8786`).
    """
    began = time.monotonic()
    try:
        recipe = load_recipe(recipe_path)
        count = job_count(jobs)
        if dry_run:
            return announce(recipe, count, as_json)
        if out is None:
            raise ValueError("a build needs a folder: wanted --out DIR, got none (only --dry-run goes without)")
        _require(runner)
        require_writable(out)
        summary = whole(recipe, Path(out))
        if summary is None:
            require_teachers(recipe)
    except Damaged as error:
        return say(error, FAILED)
    except (ValueError, MissingExtra) as error:
        return say(error, USAGE)
    if summary is not None:
        if not (Path(out) / "README.md").exists():  # stopped between the last row and the card
            write_card(Path(out))
        say(f"{out} is whole already; nothing to do", OK)
        return report(recipe, summary, out, None, as_json)
    try:
        with teller() as tell:
            summary = _run_flow(recipe, Path(recipe_path), Path(out), runner, count, tell)
    except Uncertified as error:
        return say(f"stopped, maker and judge disagree, which is a bug of the family: {error}", FAILED)
    except Damaged as error:
        return say(error, FAILED)
    except (DiskFull, WorkerDied, TeacherFailed) as error:
        return say(error, RESUMABLE)
    except ValueError as error:
        return say(error, USAGE)
    except KeyboardInterrupt:
        return say("stopped; run the same command again to go on from the last whole shard", RESUMABLE)
    return report(recipe, summary, out, time.monotonic() - began, as_json)


def _require(runner: str) -> None:
    """The runner is known and its packages are installed."""
    kind = runner.partition(":")[0]
    if kind not in RUNNERS:
        raise ValueError(f"runner must be one of {', '.join(RUNNERS)}, got {runner!r:.40}")
    if importlib.util.find_spec("prefect") is None:
        raise MissingExtra('verimill build runs on Prefect, which is not installed: pip install "verimill[flow]"')
    if kind != "local" and importlib.util.find_spec(f"prefect_{kind}") is None:
        raise MissingExtra(
            f'--runner {kind} needs prefect-{kind}, which is not installed: pip install "verimill[{kind}]"'
        )


# --- Prefect ----------------------------------------------------------------------------------------------------


def serve_prefect(listener: socket.socket) -> None:
    """Prefect's API and UI on the socket, without the services that schedule other work."""
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app(final=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on")).run(sockets=[listener])


def _run_flow(recipe: Recipe, source: Path, out: Path, runner: str, jobs: int, tell: Tell) -> dict[str, Any]:
    """The build inside a flow run, on the server that PREFECT_API_URL names or on an embedded one."""
    with ExitStack() as stack:
        local = runner == "local"
        workers = stack.enter_context(Workers(jobs)) if local else None
        families = dict.fromkeys(entry.family for entry in recipe.families) if workers is not None else ()
        warming = [workers.start(warm, family) for family in families if workers]  # while the server starts
        (out / WORK).mkdir(exist_ok=True)
        server = stack.enter_context(embedded_server(serve_prefect, out / WORK, tell))
        stack.enter_context(_quiet_logs(out / WORK / "prefect.log"))
        stack.callback(_send_events)
        server.wait()
        if not all(one.done() for one in warming):
            tell.line("compiling the solvers, which takes a minute or two and happens once on each machine")
        stack.enter_context(_settings(server.url))
        return _mill(recipe, source, out, runner, jobs, workers, tell)


def _settings(url: str) -> Any:
    """Prefect talks to this server, even when it was imported, and read its settings, before the server was there."""
    from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

    return temporary_settings({PREFECT_API_URL: url, PREFECT_LOGGING_TO_API_ENABLED: False})


def _send_events() -> None:
    """Prefect's queue of events is empty before the server ends, so that nothing complains at exit."""
    try:
        from prefect.events.worker import EventsWorker

        EventsWorker.drain_all(timeout=20, at_exit=False)
    except (ImportError, AttributeError):
        return  # another version of Prefect keeps its queue elsewhere; then there is noise, and no harm


def _mill(
    recipe: Recipe, source: Path, out: Path, runner: str, jobs: int, workers: Workers | None, tell: Tell
) -> dict[str, Any]:
    from prefect import flow, task

    stopped: list[bool] = []

    def in_pool(job: Callable[[], Any]) -> Any:
        if stopped or workers is None:
            raise WorkerDied("the build was stopped")
        return workers.call(job)

    def each(kind: str, function: Callable[..., Any], work: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
        from prefect.futures import as_completed

        run = task(in_pool if workers is not None else run_here, name=kind, persist_result=False)
        # Bound into one callable, because engines look through arguments for futures, and change what they see.
        bound = [partial(function, *job) for job in work]
        at = {run.with_options(task_run_name=f"{kind} {n}").submit(one): n for n, one in enumerate(bound)}
        try:
            for future in as_completed(list(at)):
                yield at[future], future.result()
        except BaseException:
            stopped.append(True)  # tasks that wait for a worker end at once
            raise

    def here(name: str, step: Callable[[], Any]) -> Any:
        return task(step, name=name, persist_result=False)()

    @flow(  # type: ignore[untyped-decorator]
        name="verimill build",
        flow_run_name=recipe.name,
        task_runner=_task_runner(runner, jobs),
        validate_parameters=False,
    )
    def mill(recipe_file: str, folder: str) -> dict[str, Any]:
        summary = build(recipe, out.resolve(), each=cast(Each, each), here=here, tell=tell)
        summary |= {"teachers": _ask(recipe, out.resolve(), jobs, tell)}
        card = here("card", lambda: write_card(out, workers.each if workers is not None else one_by_one))
        _artifacts(summary, card)
        return summary

    made: dict[str, Any] = mill(str(source), str(out))
    return made


def _ask(recipe: Recipe, out: Path, jobs: int, tell: Tell) -> list[dict[str, Any]]:
    """The teachers are asked in a flow below the build's: a task is a portion, and no sample reaches Prefect."""
    from prefect import flow, task
    from prefect.task_runners import ThreadPoolTaskRunner

    tasks: list[Any] = []

    def spawn(name: str, step: Callable[[], None]) -> None:
        run = task(step, name=f"teacher {name.partition(' ')[0]}", task_run_name=name, persist_result=False)
        tasks.append(run.submit())

    # portions wait for their teacher in threads, of which there are only as many as are in use
    @flow(  # type: ignore[untyped-decorator]
        name="verimill ask",
        flow_run_name=f"{recipe.name} teachers",
        task_runner=ThreadPoolTaskRunner(max_workers=1_000),
    )
    def asking() -> list[dict[str, Any]]:
        try:
            return ask_teachers(recipe, out, spawn, tell, jobs, _shown())
        finally:
            for one in tasks:
                one.wait()

    if not recipe.teachers:
        return ask_teachers(recipe, out, spawn, tell)  # those of an earlier recipe go
    asked: list[dict[str, Any]] = asking()
    return asked


def _shown() -> Show:
    """Keeps one progress artifact for each teacher up to date."""
    from prefect.artifacts import create_progress_artifact, update_progress_artifact

    known: dict[str, Any] = {}

    def show(standing: Mapping[str, tuple[float, str]]) -> None:
        for name, (done, text) in standing.items():
            if name in known:
                update_progress_artifact(known[name], progress=100 * done, description=text)
            else:
                key = "teacher-" + "".join(c if c.isalnum() else "-" for c in name.lower())
                known[name] = create_progress_artifact(progress=100 * done, key=key, description=text)

    return show


def run_here(job: Callable[[], Any]) -> Any:
    """The job's result, made right here: on a worker of a cluster."""
    return job()


def _task_runner(runner: str, jobs: int) -> Any:
    kind, _, address = runner.partition(":")
    if kind == "dask":
        from prefect_dask import DaskTaskRunner

        cluster = {"n_workers": jobs, "threads_per_worker": 1, "dashboard_address": None}
        return DaskTaskRunner(address=address) if address else DaskTaskRunner(cluster_kwargs=cluster)
    if kind == "ray":
        from prefect_ray import RayTaskRunner

        quiet = {"num_cpus": jobs, "include_dashboard": False, "logging_level": logging.ERROR, "log_to_driver": False}
        return RayTaskRunner(address=address) if address else RayTaskRunner(init_kwargs=quiet)
    from prefect.task_runners import ThreadPoolTaskRunner

    return ThreadPoolTaskRunner(max_workers=jobs + 1)  # one more, so that no worker waits for its next shard


def write_card(out: Path, each: Each = one_by_one) -> Path | None:
    """The dataset's card; None, and a sentence, where this install has not what cards need."""
    from verimill.data_cards import cards

    try:
        return cards.write_card(out, each)
    except (cards.FolderError, cards.MissingReport) as error:  # the rows are whole; a card can be written later
        say(f"no card was written: {error}", OK)
        return None


def _artifacts(summary: Mapping[str, Any], card: Path | None) -> None:
    """In Prefect's UI: the table of yields, the card and where it lies."""
    from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

    from verimill.data_cards.cards import standalone

    yields = [{"family": family, **counts} for family, counts in summary["families"].items()]
    create_table_artifact(key="yields", table=yields, description="Problems tried, made, kept and dropped by family")
    if card is not None and card.exists():
        create_markdown_artifact(key="card", markdown=standalone(card), description=f"The data card, {card.resolve()}")
        told = "The data card's file; a browser may refuse to open files from here"
        create_link_artifact(
            key="card-file", link=card.resolve().as_uri(), link_text=str(card.resolve()), description=told
        )


@contextmanager
def _quiet_logs(path: Path) -> Iterator[None]:
    """Prefect's own log lines go to a file; a person sees the mill's lines only."""
    import prefect  # noqa: F401  sets its loggers up
    from prefect.logging.configuration import setup_logging

    setup_logging()
    sink = logging.FileHandler(path, encoding="utf-8")
    changed: list[tuple[logging.Logger, logging.Handler]] = []
    named = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    for logger in named:
        if logger.name.split(".")[0] in ("root", "prefect", "distributed", "ray"):
            for handler in list(logger.handlers):
                if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
                    logger.removeHandler(handler)
                    logger.addHandler(sink)
                    changed.append((logger, handler))
    try:
        yield
    finally:
        for logger, handler in changed:
            logger.removeHandler(sink)
            logger.addHandler(handler)
        sink.close()
