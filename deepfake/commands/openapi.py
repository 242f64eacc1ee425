"""``deepfake openapi``: the OpenAPI document of the gateway, and what changed in it."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
              help="The file to write; without it the document goes to stdout.")  # fmt: skip
@click.option("--breaking", is_flag=True,
              help="Write it although that breaks clients of what the file holds.")  # fmt: skip
def openapi(out: Path | None, breaking: bool) -> None:
    """Print the OpenAPI document, as /openapi.json of a gateway gives it.

    A file that is there already is taken for what clients know: changes that break them are
    listed, and nothing is written unless --breaking says so.

    \b
    Examples:
      deepfake openapi > openapi.json
      deepfake openapi --out docs/openapi.json
    """
    from api.contract.compatibility import breaking_changes
    from api.contract.document import document, text_of

    told = document()
    if out is None:
        click.echo(text_of(told), nl=False)
        return
    broken = breaking_changes(json.loads(out.read_text("utf-8")), told) if out.exists() else []
    for sentence in broken:
        click.echo(f"breaks clients: {sentence}", err=True)
    if broken and not breaking:
        raise click.ClickException(
            f"{out} stays as it is: {len(broken)} changes break clients. Take them back, or say "
            "--breaking and name them in the changelog."
        )
    out.write_text(text_of(told), "utf-8")
