"""Commands that go to the Hub: publish."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verimill.cli_screens import put_json, say, table, telling

if TYPE_CHECKING:
    from verimill.pipelines.publishing.publish import Order

PARTLY = 3


def publish(
    folder: Annotated[Path, typer.Argument(help="A dataset folder.")],
    repo: Annotated[str, typer.Option("--repo", help="The dataset repository, as user/name.")],
    private: Annotated[bool, typer.Option("--private", help="Make a private repository.")] = False,
    revision: Annotated[str, typer.Option("--revision", help="The branch that readers will see.")] = "main",
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of other files there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List files and sizes; send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Publish a dataset on the Hugging Face Hub.

    Manifest, card and a sample of the rows are checked first. The files go to a branch of their own, are loaded
    back and compared, and only then one commit puts them on the branch that readers see, with a tag. Run it again
    after a stop: it goes on. The token is read from HF_TOKEN, the address of the Hub from HF_ENDPOINT. Ends with 1
    when the dataset or its card does not hold, with 3 when the Hub did not answer or somebody else changed it.

    \b
    Examples:
      verimill publish out/small --repo user/small --dry-run
      verimill publish out/small --repo user/small --private
    """
    from verimill.pipelines.publishing.publish import Order, publish

    order = Order(folder, repo, private, revision, replace)
    if dry_run:
        _list(order, as_json)
        return
    try:
        with telling() as tell:
            done = publish(order, tell)
    except KeyboardInterrupt:
        say("verimill: stopped; run the same command again to go on")
        raise typer.Exit(PARTLY) from None
    if as_json:
        put_json(asdict(done))
        return
    how = "published" if done.uploaded else "stood there already"
    print(
        f"{done.repo}: {done.problems:,} problems, {done.traces:,} traces, {done.files} files, {done.bytes:,} bytes "
        f"{how} on {done.revision}, commit {done.commit[:12]}, tag {done.tag}"
    )


def _list(order: Order, as_json: bool) -> None:
    from verimill.pipelines.publishing.publish import listed

    with telling() as tell:
        found = listed(order, tell)
    if as_json:
        put_json(asdict(found))
        return
    lines = [(path, f"{size:,}", "" if rows is None else f"{rows:,}") for path, size, rows in found.files]
    table("", ("file", "bytes", "rows"), lines)
    print(f"\n{len(lines)} files, {sum(size for _, size, _ in found.files):,} bytes, tag {found.tag}; nothing was sent")
    if found.left:
        print(f"stays at home: {', '.join(found.left)}")
