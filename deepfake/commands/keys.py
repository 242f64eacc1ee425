"""``deepfake keys``: API keys for tenants."""

from __future__ import annotations

import os
from pathlib import Path

import click

from core.errors import ConfigurationError


@click.group()
def keys() -> None:
    """Make API keys; a service needs them on any address but loopback.

    \b
    Example:
      deepfake keys new --tenant alice --file keys.txt
    """


@keys.command("new")
@click.option("--tenant", required=True, metavar="NAME", help="Whose key it is.")
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Append the hash to it; without it, the line is printed.")  # fmt: skip
def new(tenant: str, path: Path | None) -> None:
    """Make a key and show it once; only its hash is kept.

    \b
    Examples:
      deepfake keys new --tenant alice --file keys.txt
      deepfake serve --host 0.0.0.0 --api-keys keys.txt
    """
    from api.auth import new_key

    key = new_key(tenant)
    if path is not None:
        _append(path, key.entry)
        click.echo(f"The hash was added to {path}. The key itself is shown only here:", err=True)
    else:
        click.echo(f"A line for the keys file:\n  {key.entry}\nThe key, shown only here:", err=True)
    click.echo(key.secret)


def _append(path: Path, line: str) -> None:
    try:
        # Readable by its owner alone: hashes of random keys, but nobody else's business.
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+", encoding="utf-8") as stream:
            before = stream.read()
            gap = "" if not before or before.endswith("\n") else "\n"
            stream.write(f"{gap}{line}\n")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
