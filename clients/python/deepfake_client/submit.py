"""``deepfake submit``: have a running service judge files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepfake_client import DEFAULT_SERVER
from deepfake_client.errors import ApiError, ClientError, WaitTimeout
from deepfake_client.outcome import FAILED_EXIT_CODE, Outcome, OutcomePrinter

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepfake_client.client import Client
    from deepfake_client.job import Job

_MAX_AHEAD = 8  # uploads before the first result is waited for


@click.command()
@click.argument("files", nargs=-1, required=True,
                type=click.Path(exists=True, dir_okay=False, path_type=Path))  # fmt: skip
@click.option(
    "--server", envvar="DEEPFAKE_SERVER", show_envvar=True, default=DEFAULT_SERVER,
    show_default=True, metavar="URL",
)  # fmt: skip
@click.option("--api-key", envvar="DEEPFAKE_API_KEY", show_envvar=True, metavar="KEY",
              help="Better in the variable: arguments show up in process lists.")  # fmt: skip
@click.option("--frames", type=click.IntRange(1, 50), help="Frames sampled from a video.")
@click.option("--sampling", type=click.Choice(["keyframes", "exact"]))
@click.option("--queue", type=click.Choice(["interactive", "batch"]),
              help="batch jobs wait behind interactive ones.")  # fmt: skip
@click.option("--tag", "tags", multiple=True, help="May be repeated.")
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0), metavar="SECONDS",
    help="Give up waiting for a file's result; the default is to wait until it is there.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and file.")
def submit(
    files: tuple[Path, ...],
    server: str,
    api_key: str | None,
    timeout_s: float | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Upload files to a service and wait for the verdicts.

    Exit code: 0 when every file was judged, 2 when at least one was not.

    \b
    Examples:
      deepfake submit clip.mp4
      deepfake submit *.jpg --json | jq .result.verdict
      DEEPFAKE_API_KEY=... deepfake submit clip.mp4 --server https://deepfake.example.org
    """
    from deepfake_client.client import Client

    printer = OutcomePrinter([str(file) for file in files], as_json=as_json)
    try:
        with Client(server, api_key=api_key) as client, printer.progress():
            for outcome in _judge(client, files, timeout_s, options):
                printer.print(outcome)
    except ClientError as error:  # the service is not there, for any file
        raise click.ClickException(error.message) from error
    click.get_current_context().exit(FAILED_EXIT_CODE if printer.failures else 0)


def _judge(
    client: Client, files: tuple[Path, ...], timeout_s: float | None, options: dict[str, Any]
) -> Iterator[Outcome]:
    """Upload a few files ahead, so that the service is busy while this end uploads."""
    submitted: list[tuple[Path, Job | Outcome]] = []
    for file in files:
        submitted.append((file, _submit(client, file, options)))
        if len(submitted) >= _MAX_AHEAD:
            yield _outcome(client, *submitted.pop(0), timeout_s)
    for file, job in submitted:
        yield _outcome(client, file, job, timeout_s)


def _submit(client: Client, file: Path, options: dict[str, Any]) -> Job | Outcome:
    try:
        with _progress_bar(file) as advance:
            return client.submit(file, **options, on_progress=advance)
    except OSError as error:
        told = f"{file} cannot be read: {error.strerror or error}."
        return Outcome(str(file), error={"code": "unreadable_media", "message": told})
    except ApiError as error:
        return Outcome.failed(str(file), error)


def _outcome(client: Client, file: Path, job: Job | Outcome, timeout_s: float | None) -> Outcome:
    if isinstance(job, Outcome):
        return job
    try:
        job = client.wait(job.id, timeout_s)
    except (ApiError, WaitTimeout) as error:
        return Outcome.failed(str(file), error)
    provenance = job.document.get("provenance")  # older services send none
    if job.result is not None:
        result, media = job.document["result"], job.document.get("media")
        return Outcome(str(file), result=result, media=media, provenance=provenance)
    if job.error is not None:
        return Outcome.failed(str(file), job.error, provenance)
    told = f"Job {job.id} is {job.status}."
    return Outcome(str(file), error={"code": job.status, "message": told})


@contextmanager
def _progress_bar(file: Path) -> Iterator[Callable[[int], None] | None]:
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(
        length=file.stat().st_size, label=file.name[-40:], file=sys.stderr
    ) as bar:
        yield bar.update
