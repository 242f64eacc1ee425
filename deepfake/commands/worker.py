"""``deepfake worker``: one worker process, from DEEPFAKE_* settings."""

from __future__ import annotations

import click


@click.command()
def worker() -> None:
    """Run one worker alone, configured by DEEPFAKE_* variables.

    \b
    Example:
      DEEPFAKE_REDIS_URL=redis://redis:6379/0 DEEPFAKE_MODEL=my-model deepfake worker
    """
    from worker.main import main

    raise SystemExit(main())
