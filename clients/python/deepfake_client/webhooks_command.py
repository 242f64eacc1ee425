"""``deepfake webhooks``: where a service sends the ends of jobs, and what became of that."""

from __future__ import annotations

import json
from typing import Any

import click

from deepfake_client.connecting import at_a_service, connected

_PATH = "/v1/webhooks"


@click.group()
def webhooks() -> None:
    """Have a service tell a URL of yours when jobs end.

    Each command prints what the service answers, as JSON.

    \b
    Examples:
      deepfake webhooks create https://example.org/hook --event job.succeeded
      deepfake webhooks test whe_01JD...
      deepfake webhooks deliveries whe_01JD...
    """


def _call(server: str, api_key: str | None, method: str, path: str, body: Any = None) -> None:
    with connected(server, api_key) as client:
        answer = client.call(method, f"{_PATH}{path}", body)
    if answer is not None:
        click.echo(json.dumps(answer, indent=2))


@webhooks.command("list")
@at_a_service
def list_them(server: str, api_key: str | None) -> None:
    """Show all webhooks of the key's tenant, without their secrets.

    \b
    Example:
      deepfake webhooks list
    """
    _call(server, api_key, "GET", "")


@webhooks.command()
@click.argument("url")
@click.option("--event", "events", multiple=True, metavar="NAME",
              help="Such as job.failed; may be repeated. The default is all.")  # fmt: skip
@click.option("--description", default="")
@at_a_service
def create(
    url: str, events: tuple[str, ...], description: str, server: str, api_key: str | None
) -> None:
    """Make a webhook. Its secret is shown this once: keep it where URL is served.

    \b
    Example:
      deepfake webhooks create https://example.org/hook --event job.succeeded
    """
    body: dict[str, Any] = {"url": url, "description": description}
    if events:
        body["events"] = list(events)
    _call(server, api_key, "POST", "", body)


@webhooks.command()
@click.argument("webhook")
@at_a_service
def delete(webhook: str, server: str, api_key: str | None) -> None:
    """Delete a webhook; what waits for it is not sent any more.

    \b
    Example:
      deepfake webhooks delete whe_01JD...
    """
    _call(server, api_key, "DELETE", f"/{webhook}")


@webhooks.command()
@click.argument("webhook")
@at_a_service
def rotate(webhook: str, server: str, api_key: str | None) -> None:
    """Give a webhook a new secret; the old one signs too for 24 h.

    \b
    Example:
      deepfake webhooks rotate whe_01JD...
    """
    _call(server, api_key, "POST", f"/{webhook}/rotate-secret")


@webhooks.command()
@click.argument("webhook")
@at_a_service
def test(webhook: str, server: str, api_key: str | None) -> None:
    """Send one message that tells of nothing; `deliveries` says how it went.

    \b
    Example:
      deepfake webhooks test whe_01JD...
    """
    _call(server, api_key, "POST", f"/{webhook}/test")


@webhooks.command()
@click.argument("webhook")
@at_a_service
def deliveries(webhook: str, server: str, api_key: str | None) -> None:
    """Show the newest deliveries, with the status or the error of each try.

    \b
    Example:
      deepfake webhooks deliveries whe_01JD...
    """
    _call(server, api_key, "GET", f"/{webhook}/deliveries")


@webhooks.command()
@click.argument("webhook")
@click.argument("delivery")
@at_a_service
def redeliver(webhook: str, delivery: str, server: str, api_key: str | None) -> None:
    """Send the message of a delivery once more.

    \b
    Example:
      deepfake webhooks redeliver whe_01JD... dlv_01JE..._succeeded_1
    """
    _call(server, api_key, "POST", f"/{webhook}/deliveries/{delivery}/redeliver")
