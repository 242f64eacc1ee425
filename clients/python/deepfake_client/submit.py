"""``deepfake submit``: have a running service judge files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepfake_client.connecting import at_a_service, connected
from deepfake_client.errors import ApiError, WaitTimeout
from deepfake_client.options import is_url
from deepfake_client.outcome import FAILED_EXIT_CODE, Outcome, OutcomePrinter
from deepfake_client.submit_options import media, options_of_a_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepfake_client.client import Client
    from deepfake_client.job import Job

_MAX_AHEAD = 8  # uploads before the first result is waited for


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE_OR_URL...")
@options_of_a_job
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0), metavar="SECONDS",
    help="Give up waiting for a file's result; the default is to wait until it is there.",
)  # fmt: skip
@click.option("--ndjson", "--json", "as_json", is_flag=True,
              help="One JSON object a line and file.")  # fmt: skip
@at_a_service
def submit(
    files: tuple[str, ...],
    server: str,
    api_key: str | None,
    timeout_s: float | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Upload files, or have a service fetch URLs, and wait for the verdicts.

    With --evidence the JSON lines name the report and the pictures at the service.

    Exit code: 0 when every file was judged, 2 when at least one was not.

    \b
    Examples:
      deepfake submit clip.mp4
      deepfake submit *.jpg --ndjson | jq .result.verdict
      deepfake submit https://example.com/clip.mp4 --evidence
      DEEPFAKE_API_KEY=... deepfake submit clip.mp4 --server https://deepfake.example.org
    """
    sent = [name if is_url(name) else media(name) for name in files]
    printer = OutcomePrinter([_name(file) for file in sent], as_json=as_json)
    with connected(server, api_key) as client, printer.progress():
        for outcome in _judge(client, sent, timeout_s, options):
            printer.print(outcome)
    click.get_current_context().exit(FAILED_EXIT_CODE if printer.failures else 0)


def _judge(
    client: Client, files: list[str | Path], timeout_s: float | None, options: dict[str, Any]
) -> Iterator[Outcome]:
    """Upload a few files ahead, so that the service is busy while this end uploads."""
    submitted: list[tuple[str | Path, Job | Outcome]] = []
    for file in files:
        submitted.append((file, _submit(client, file, options)))
        if len(submitted) >= _MAX_AHEAD:
            yield _outcome(client, *submitted.pop(0), timeout_s)
    for file, job in submitted:
        yield _outcome(client, file, job, timeout_s)


def _submit(client: Client, file: str | Path, options: dict[str, Any]) -> Job | Outcome:
    try:
        with _progress_bar(file) as advance:
            return client.submit(file, **options, on_progress=advance)
    except OSError as error:
        told = f"{file} cannot be read: {error.strerror or error}."
        return Outcome(_name(file), error={"code": "unreadable_media", "message": told})
    except ApiError as error:
        return Outcome.failed(_name(file), error)


def _outcome(
    client: Client, file: str | Path, job: Job | Outcome, timeout_s: float | None
) -> Outcome:
    if isinstance(job, Outcome):
        return job
    try:
        job = client.wait(job.id, timeout_s)
    except (ApiError, WaitTimeout) as error:
        return Outcome.failed(_name(file), error)
    return Outcome.of_job(_name(file), job)


def _name(file: str | Path) -> str:
    """What it is called in the output, which gets copied: of a URL without its signature."""
    from deepfake_client.address import shown  # httpx, which --help does not need

    return shown(file) if isinstance(file, str) else str(file)


@contextmanager
def _progress_bar(file: str | Path) -> Iterator[Callable[[int], None] | None]:
    if isinstance(file, str) or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(
        length=file.stat().st_size, label=file.name[-40:], file=sys.stderr
    ) as bar:
        yield bar.update
