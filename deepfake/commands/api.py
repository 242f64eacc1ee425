"""``deepfake api``: one gateway process, from DEEPFAKE_* settings."""

from __future__ import annotations

import click


@click.command()
def api() -> None:
    """Run the gateway alone, configured by DEEPFAKE_* variables.

    For one process a container; `deepfake serve` runs everything at once.

    \b
    Examples:
      DEEPFAKE_REDIS_URL=redis://redis:6379/0 DEEPFAKE_HOST=0.0.0.0 \\
        DEEPFAKE_API_KEYS_FILE=/run/secrets/keys deepfake api
      DEEPFAKE_REDIS_URL=redis://redis:6379/0 DEEPFAKE_HOST=0.0.0.0 \\
        DEEPFAKE_API_KEYS=redis deepfake api      keys made by deepfake keys create
    """
    from api.main import run

    run()
