"""The ``deepfake`` command: the service's command line where one is installed, else our own."""

from __future__ import annotations

from importlib.metadata import entry_points

import click

from deepfake_client.batch_command import batch
from deepfake_client.feedback import feedback
from deepfake_client.jobs_command import jobs
from deepfake_client.submit import submit
from deepfake_client.webhooks_command import webhooks

ENTRY_POINTS = "deepfake.command_line"  # the group in which the service names its own main()


@click.group(name="deepfake", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="deepfake-client", message="deepfake-client %(version)s")
def cli() -> None:
    """Tell real faces from generated and swapped ones, at a running service.

    This is the client alone; the distribution deepfake-detection adds the service itself.

    \b
    Examples:
      deepfake submit clip.mp4
      deepfake submit *.jpg --server https://deepfake.example.org --json
    """


cli.add_command(submit)
cli.add_command(batch)
cli.add_command(jobs)
cli.add_command(feedback)
cli.add_command(webhooks)


def main() -> None:
    """Run the command line of the service, which includes ours, or ours."""
    for service in entry_points(group=ENTRY_POINTS):
        service.load()()
        return
    cli(prog_name="deepfake")
