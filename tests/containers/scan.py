"""What an exported image holds: sizes by layer and folder, and what it should not hold.

    podman save --output IMAGE.tar deepfake-api     # or docker save; podman export for one layer
    python -m tests.containers.scan IMAGE.tar

Prints Markdown, and ends with 1 where something was found.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import click

from tests.containers.archive import Image, read_image
from tests.containers.findings import Finding, findings

_TOLD_APART = ("site-packages", "models")  # by what they hold


@click.command()
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--folders", default=12, show_default=True, help="How many of the largest to show.")
def main(archive: Path, folders: int) -> None:
    """Print the tables of one image."""
    image = read_image(archive)
    found = findings(image)
    click.echo("\n".join([*_layers(image), "", *_largest(image, folders), "", *_found(found)]))
    sys.exit(bool(found))


def _layers(image: Image) -> Iterator[str]:
    yield "| layer | MB | files | made by |"
    yield "|---|---|---|---|"
    for number, layer in enumerate(image.layers, 1):
        files = sum(entry.kind == "file" for entry in layer.entries.values())
        made_by = " ".join(layer.made_by.replace("|", "\\|").split())[:80]
        yield f"| {number} | {_mb(layer.size)} | {files:,} | `{made_by}` |"
    entries = image.tree().values()
    files = sum(entry.kind == "file" for entry in entries)
    yield f"| all that is seen | {_mb(sum(entry.size for entry in entries))} | {files:,} | |"


def _largest(image: Image, count: int) -> Iterator[str]:
    sizes: Counter[str] = Counter()
    for path, entry in image.tree().items():
        sizes[folder_of(path)] += entry.size
    yield "| folder | MB |"
    yield "|---|---|"
    for folder, size in sizes.most_common(count):
        yield f"| `{folder}` | {_mb(size)} |"


def folder_of(path: str) -> str:
    """The package for what is in site-packages, two steps from the root for the rest."""
    parts = PurePosixPath(path).parts
    for at, part in enumerate(parts[:-1]):
        if part in _TOLD_APART:
            return str(PurePosixPath(*parts[: at + 2]))
    return str(PurePosixPath(*parts[: min(3, len(parts) - 1)]))


def _found(found: list[Finding]) -> Iterator[str]:
    kinds = Counter(each.what for each in found)
    yield "| found | how many | for example |"
    yield "|---|---|---|"
    for what, count in kinds.most_common():
        paths = [each.path for each in found if each.what == what][:3]
        yield f"| {what} | {count:,} | {', '.join(f'`{path}`' for path in paths)} |"
    if not found:
        yield "| nothing | 0 | |"


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f}"


if __name__ == "__main__":
    main()
