"""``deepfake audit``: what administrators did."""

from __future__ import annotations

import json

import click

from deepfake.commands.keys import json_option, redis_option
from deepfake.commands.table import print_table


@click.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000),
              help="The newest entries.")  # fmt: skip
@json_option
@redis_option
def audit(limit: int, as_json: bool, redis_url: str) -> None:
    """Show what administrators did: when, what, to what, by whom and from where.

    Redis holds about the 10,000 newest entries; gateways log each of theirs besides.

    \b
    Examples:
      deepfake audit
      deepfake audit --limit 1000 --json
    """
    from core.store.audit import AuditLog
    from core.store.connection import check_server, connect

    with connect(redis_url) as redis:
        check_server(redis)
        entries = AuditLog(redis).newest(limit)
    if as_json:
        for entry in entries:
            click.echo(json.dumps(entry.to_json()))
        return
    rows = [
        (f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.action, entry.tenant, entry.subject,
         entry.actor.name, entry.actor.address, json.dumps(entry.details, ensure_ascii=False))
        for entry in entries
    ]  # fmt: skip
    print_table(("WHEN (UTC)", "WHAT", "TENANT", "OF", "WHO", "FROM", "DETAILS"), rows)
