"""``deepfake models``: the bundles on this machine, and new ones out of files from elsewhere."""

from __future__ import annotations

import click

from core.errors import BundleNotFound, DeepfakeError
from deepfake.commands.models_assemble import assemble, pack, ranges
from deepfake.commands.models_import import import_, summary


@click.group()
def models() -> None:
    """List, import, assemble and verify model bundles.

    \b
    Examples:
      deepfake models list
      deepfake models verify
      deepfake models import my_model.keras --positive-class real --scaling unit
      deepfake models import --help
      deepfake models assemble clip-faces
    """


@models.command("list")
def list_models() -> None:
    """Show the bundles that --model and DEEPFAKE_MODEL take by name.

    \b
    Example:
      deepfake models list
    """
    from core.model.bundle import MODELS_DIR, default_name, installed, load_bundle

    names = installed()
    if not names:
        click.echo(f"There are no bundles in {MODELS_DIR}.", err=True)
        return
    try:
        default = default_name()
    except BundleNotFound:
        default = None
    for name in names:
        mark = "*" if name == default else " "
        try:
            click.echo(f"{mark} {summary(load_bundle(MODELS_DIR / name))}")
        except DeepfakeError as error:
            click.echo(f"{mark} {name}  unusable: {error.message}")
    if default is not None:
        click.echo("* is the default", err=True)


@models.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME|PATH]...")
def verify(names: tuple[str, ...]) -> None:
    """Check the hashes of bundles, and the answers of every runtime to the self-test.

    Without a name, all bundles. Exit code: 0 when all is well, 1 when anything is not.

    \b
    Examples:
      deepfake models verify
      deepfake models verify ./models/my-model
    """
    from core.model.bundle import find_bundle, installed, load_bundle
    from deepfake.doctor.self_tests import run_self_tests

    failures = 0
    for name in names or installed():
        try:
            bundle = load_bundle(find_bundle(name))
            click.echo(f"{bundle.manifest.name} {bundle.manifest.version}")
            click.echo("  hashes         ok")
            for answer in run_self_tests(bundle):
                failures += not answer.ok
                click.echo(
                    f"  {answer.runtime:<14} {'ok' if answer.ok else 'FAIL'}  {answer.detail}"
                )
        except DeepfakeError as error:
            failures += 1
            click.echo(f"{name}\n  FAIL  {error.message}")
    click.get_current_context().exit(1 if failures else 0)


for command in (import_, assemble, pack, ranges):
    models.add_command(command)
