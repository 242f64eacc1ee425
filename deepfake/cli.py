"""The service's command line: finds the subcommand, and turns errors into one line.

The script ``deepfake`` belongs to the client, which calls :func:`main` where this distribution is
installed beside it (docs/decisions/0026-the-client-is-a-distribution-of-its-own.md).
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import Any

import click

from core.errors import DeepfakeError

# name → (module:attribute, the extra that brings its packages); a subcommand's module
# imports heavy packages inside its functions only.
_COMMANDS = {
    "serve": ("deepfake.commands.serve:serve", "serve"),
    "scan": ("deepfake.commands.scan:scan", "worker"),
    "explain": ("deepfake.commands.explain:explain", "worker"),
    "submit": ("deepfake_client.submit:submit", "gateway"),
    "batch": ("deepfake_client.batch_command:batch", "gateway"),
    "jobs": ("deepfake_client.jobs_command:jobs", "gateway"),
    "feedback": ("deepfake_client.feedback:feedback", "gateway"),
    "webhooks": ("deepfake_client.webhooks_command:webhooks", "gateway"),
    "models": ("deepfake.commands.models:models", "worker"),
    "data": ("training.commands.data:data", "training"),
    "train": ("training.commands.train:train", "training"),
    "evaluate": ("training.commands.evaluate:evaluate", "training"),
    "predict": ("training.commands.predict:predict", "training"),
    "export": ("training.commands.export:export", "training"),
    "calibrate": ("training.commands.calibrate:calibrate", "training"),
    "gate": ("training.commands.gate:gate", "training"),
    "doctor": ("deepfake.commands.doctor:doctor", "worker"),
    "keys": ("deepfake.commands.keys:keys", "gateway"),
    "audit": ("deepfake.commands.audit:audit", "gateway"),
    "api": ("deepfake.commands.api:api", "gateway"),
    "worker": ("deepfake.commands.worker:worker", "worker"),
    "sender": ("deepfake.commands.sender:sender", "gateway"),
    "mcp": ("deepfake.commands.mcp:mcp", "mcp"),
    "openapi": ("deepfake.commands.openapi:openapi", "gateway"),
}
_OUR_PACKAGES = frozenset({"api", "core", "deepfake", "training", "worker"})


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DeepfakeError as error:
            raise click.ClickException(error.message) from error
        except ModuleNotFoundError as error:
            package = (error.name or "").partition(".")[0]
            if not package or package in _OUR_PACKAGES:
                raise  # a defect of ours, not of the installation
            raise click.ClickException(
                _missing_package(ctx.invoked_subcommand or "", package)
            ) from error


def _missing_package(command: str, package: str) -> str:
    extra = _COMMANDS[command][1]
    return (
        f"deepfake {command} needs the package {package!r}, which is not installed. "
        f"Run: pip install 'deepfake-detection[{extra}]'"
    )


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    try:
        version = metadata.version("deepfake-detection")
    except metadata.PackageNotFoundError:
        version = "(run from a checkout that is not installed)"
    click.echo(f"deepfake {version}")
    ctx.exit()


@click.group(
    name="deepfake", cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Tell real faces from generated and swapped ones.

    \b
    Examples:
      deepfake serve                        the whole service, one command
      deepfake scan holiday.mp4 photos/     judge files here, without a service
      deepfake submit clip.mp4              judge a file at a running service
      deepfake doctor                       what works on this machine
    """


def main() -> None:
    """The entry point."""
    cli(prog_name="deepfake")
