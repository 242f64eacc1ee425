"""``python -m worker.webhooks.health``: is what is due taken by some sender? For HEALTHCHECK."""

from __future__ import annotations

import sys
from typing import Final

from core.errors import DeepfakeError
from core.store.connection import connect
from core.store.outbox import Outbox
from worker.webhooks.settings import WebhookSettings

# A sender looks every second, and at the longest when one of its places is free again.
MOST_OVERDUE_S: Final = 60.0


def check(redis_url: str) -> str | None:
    """What is wrong with the senders; None when nothing has waited for them for long."""
    try:
        overdue_s = Outbox(connect(redis_url)).overdue_s()
    except DeepfakeError as error:
        return error.message
    if overdue_s <= MOST_OVERDUE_S:
        return None
    return f"A webhook has been due for {overdue_s:.0f} s, and no sender has looked at it."


def main() -> int:
    """0 when senders do their work; 1 and a line on stderr when not."""
    try:
        problem = check(WebhookSettings.load().redis_url)
    except DeepfakeError as error:
        problem = error.message
    if problem is not None:
        print(f"worker.webhooks.health: {problem}", file=sys.stderr)
    return int(problem is not None)


if __name__ == "__main__":
    sys.exit(main())
