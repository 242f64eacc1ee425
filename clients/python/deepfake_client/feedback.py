"""``deepfake feedback``: what was said of verdicts, as a set to calibrate with."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import click

from deepfake_client.connecting import at_a_service, connected


@click.group()
def feedback() -> None:
    """Fetch what was said of verdicts.

    \b
    Example:
      deepfake feedback export --out feedback.ndjson
    """


@feedback.command("export")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="The file to write: one JSON object a line.")  # fmt: skip
@click.option("--media", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Also write the frames that were kept, where that was asked for.")  # fmt: skip
@at_a_service
def export(out: Path, media: Path | None, server: str, api_key: str | None) -> None:
    """Write all feedback of the key's tenant: hash, score, logit, label, model and time.

    With --media the frames become FOLDER/<label>/<sha256>-<n>.jpg, and each line names its own.

    \b
    Examples:
      deepfake feedback export --out feedback.ndjson
      deepfake feedback export --out feedback.ndjson --media frames/
    """
    try:
        with connected(server, api_key) as client, out.open("w", encoding="utf-8") as lines:
            number = 0
            for entry in client.feedback_entries(media=media is not None):
                if media is not None:
                    entry["frames"] = _write_frames(media, entry)
                lines.write(json.dumps(entry) + "\n")
                number += 1
    except OSError as error:
        raise click.ClickException(
            f"{error.filename or out} cannot be written: {error.strerror or error}."
        ) from error
    click.echo(f"{out}: feedback on {number} jobs")


def _write_frames(folder: Path, entry: dict[str, Any]) -> list[str]:
    """Names are made of a label, a hash and a number, whatever a server says."""
    label = "fake" if entry.get("label") == "fake" else "real"
    digest = "".join(c for c in str(entry.get("sha256")) if c in "0123456789abcdef")[:64]
    files = []
    for frame in entry.get("frames", []):
        file = folder / label / f"{digest}-{int(frame['n']):02d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b64decode(frame["jpeg"]))
        files.append(str(file))
    return files
