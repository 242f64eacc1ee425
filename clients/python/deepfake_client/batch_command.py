"""``deepfake batch``: many files as one batch of a service."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from deepfake_client.connecting import at_a_service, connected
from deepfake_client.options import is_url
from deepfake_client.outcome import FAILED_EXIT_CODE, Outcome, OutcomePrinter
from deepfake_client.submit_options import media, options_of_a_job

if TYPE_CHECKING:
    from deepfake_client.batch import Batch, BatchItem
    from deepfake_client.client import Client

_LOOK_S = 1.0


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE_OR_URL...")
@options_of_a_job
@click.option(
    "--ndjson", "--json", "as_json", is_flag=True, help="One JSON object a line and file."
)
@at_a_service
def batch(
    files: tuple[str, ...], server: str, api_key: str | None, as_json: bool, **options: Any
) -> None:
    """Send files, one ZIP archive, or URLs as one batch, and wait for all verdicts.

    The service unpacks an archive; its files are judged and named by themselves. An interrupt
    (Ctrl-C) leaves the batch at work. Exit code: 0 when every file was judged, 2 when at least one
    was not.

    \b
    Examples:
      deepfake batch clips/*.mp4
      deepfake batch archive.zip --tag archive --ndjson > verdicts.ndjson
      deepfake batch https://example.com/a.mp4 https://example.com/b.jpg
    """
    sent = [name if is_url(name) else media(name) for name in files]
    with connected(server, api_key) as client:
        made = client.batch(*sent, **options)
        click.echo(f"{made.id}: {made.counts['total']} files", err=True)
        _wait(client, made)
        outcomes = [_outcome(item) for item in client.batch_results(made.id)]
    printer = OutcomePrinter([one.file for one in outcomes], as_json=as_json)
    with printer.progress():
        for outcome in outcomes:
            printer.print(outcome)
    click.get_current_context().exit(FAILED_EXIT_CODE if printer.failures else 0)


def _wait(client: Client, made: Batch) -> None:
    """With a bar of the files that have ended, on a terminal."""
    if not sys.stderr.isatty():
        client.wait_batch(made.id)
        return
    with click.progressbar(length=made.counts["total"], label="judged", file=sys.stderr) as bar:
        while True:
            bar.update(_ended(made) - bar.pos)
            if made.done:
                return
            time.sleep(_LOOK_S)
            made = client.get_batch(made.id)


def _ended(made: Batch) -> int:
    return made.counts["total"] - made.counts["queued"] - made.counts["processing"]


def _outcome(item: BatchItem) -> Outcome:
    if item.job is not None:
        return Outcome.of_job(item.name, item.job)
    if item.error is not None:
        return Outcome.failed(item.name, item.error)
    told = {"code": "job_not_found", "message": "The job was deleted, or has expired."}
    return Outcome(item.name, error=told)
