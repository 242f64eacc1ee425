"""``deepfake sender``: one sender of webhooks, from DEEPFAKE_* settings."""

from __future__ import annotations

import click


@click.command()
def sender() -> None:
    """Run one sender of webhooks alone, configured by DEEPFAKE_* variables.

    It needs no model. `deepfake serve` runs one too.

    \b
    Example:
      DEEPFAKE_REDIS_URL=redis://redis:6379/0 deepfake sender
    """
    from worker.webhooks.main import main

    raise SystemExit(main())
