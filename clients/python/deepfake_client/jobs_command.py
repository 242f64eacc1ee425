"""``deepfake jobs``: what a service knows of jobs that were sent before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from deepfake_client.connecting import at_a_service, connected

if TYPE_CHECKING:
    from deepfake_client.job import ListedJob


@click.group()
def jobs() -> None:
    """Look at jobs of a service, and cancel or delete them.

    \b
    Examples:
      deepfake jobs list --verdict fake
      deepfake jobs show job_01JD...
      deepfake jobs delete job_01JD...
    """


@jobs.command("list")
@click.option(
    "--status", type=click.Choice(["queued", "processing", "succeeded", "failed", "canceled"])
)
@click.option("--verdict", type=click.Choice(["fake", "real", "inconclusive"]))
@click.option("--tag")
@click.option(
    "--since", "created_after", metavar="TIME", help="Made after it: 2026-01-31T12:00:00Z."
)
@click.option("--until", "created_before", metavar="TIME", help="Made before it.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many, the newest first.",
)
@click.option("--ndjson", is_flag=True, help="One JSON object a line and job.")
@at_a_service
def list_them(limit: int, ndjson: bool, server: str, api_key: str | None, **filters: Any) -> None:
    """List the jobs of the key's tenant, the newest first.

    \b
    Examples:
      deepfake jobs list --status failed
      deepfake jobs list --tag archive --limit 1000 --ndjson | jq .result.verdict
    """
    with connected(server, api_key) as client:
        found = islice(client.list(**filters, limit=min(limit, 100)), limit)
        if ndjson:
            for job in found:
                click.echo(json.dumps(job.document))
            return
        click.echo(_row(("JOB", "MADE", "STATUS", "VERDICT", "P(FAKE)", "TAGS")))
        for job in found:
            click.echo(_row(_cells(job)))


@jobs.command()
@click.argument("job")
@at_a_service
def show(job: str, server: str, api_key: str | None) -> None:
    """Print a job as the service has it, as JSON.

    \b
    Example:
      deepfake jobs show job_01JD... | jq .result.verdict
    """
    with connected(server, api_key) as client:
        click.echo(json.dumps(client.get(job).document, indent=2))


@jobs.command()
@click.argument("ids", nargs=-1, required=True, metavar="JOB...")
@at_a_service
def cancel(ids: tuple[str, ...], server: str, api_key: str | None) -> None:
    """Stop jobs that have not ended.

    \b
    Example:
      deepfake jobs cancel job_01JD... job_01JE...
    """
    with connected(server, api_key) as client:
        for job_id in ids:
            click.echo(f"{job_id}: {client.cancel(job_id).status}")


@jobs.command()
@click.argument("ids", nargs=-1, required=True, metavar="JOB...")
@at_a_service
def delete(ids: tuple[str, ...], server: str, api_key: str | None) -> None:
    """Delete jobs with their media, evidence and results.

    \b
    Example:
      deepfake jobs delete job_01JD...
    """
    with connected(server, api_key) as client:
        for job_id in ids:
            client.delete(job_id)
            click.echo(f"{job_id}: deleted")


def _cells(job: ListedJob) -> Sequence[str]:
    made = datetime.fromisoformat(str(job.document["created_at"]))
    probability = "-" if job.fake_probability is None else f"{job.fake_probability:.3f}"
    verdict = job.verdict or (job.error.code if job.error else "-")
    return (job.id, f"{made:%Y-%m-%d %H:%M}", job.status, verdict, probability, " ".join(job.tags))


def _row(cells: Sequence[str]) -> str:
    widths = (30, 16, 10, 22, 7, 0)
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
