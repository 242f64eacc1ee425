"""``deepfake keys``: API keys for tenants."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from core.errors import ConfigurationError
from core.scopes import USUAL_SCOPES, Scope
from deepfake.commands.duration import duration, duration_or_none
from deepfake.commands.table import moment, print_table

if TYPE_CHECKING:
    from core.store.api_keys import ApiKey, ApiKeyStore, NewSecret
    from core.store.audit import Actor

F = TypeVar("F", bound=Callable[..., Any])

redis_option: Callable[[F], F] = click.option(
    "--redis-url", envvar="DEEPFAKE_REDIS_URL", show_envvar=True, metavar="URL",
    default="redis://localhost:6379/0", show_default=True, help="The Redis of the gateways.",
)  # fmt: skip
json_option: Callable[[F], F] = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line."
)


@click.group()
def keys() -> None:
    """Make and manage API keys; a service needs them on any address but loopback.

    Keys in Redis are created, rotated and revoked while gateways run. Keys of a file take
    effect when gateways start. Both count side by side.

    \b
    Examples:
      deepfake keys create --tenant alice --label laptop --expires 90d
      deepfake keys list --tenant alice
      deepfake keys rotate key_01JD8ZK3V5T8M2Q9W4R7X6Y1AB --grace 24h
      deepfake keys revoke key_01JD8ZK3V5T8M2Q9W4R7X6Y1AB
      deepfake keys new --tenant alice --file keys.txt
    """


@keys.command("create")
@click.option("--tenant", required=True, metavar="NAME", help="Whose key it is.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice([each.value for each in Scope]),
              help="What it may do, repeatable; submit and read without it.")  # fmt: skip
@click.option("--label", default="", metavar="TEXT", help="What it is for.")
@click.option("--expires", "ttl_s", type=duration, metavar="TIME",
              help="In 90d, 12h or so; never without it.")  # fmt: skip
@redis_option
def create(
    tenant: str, scopes: tuple[str, ...], label: str, ttl_s: float | None, redis_url: str
) -> None:
    """Make a key in Redis and show it once; every gateway knows it at once.

    \b
    Examples:
      deepfake keys create --tenant alice
      deepfake keys create --tenant alice --scope submit --label scanner --expires 90d
      deepfake keys create --tenant alice --scope admin     may manage alice's keys over HTTP
    """
    wanted = {Scope(name) for name in scopes} or set(USUAL_SCOPES)
    with _store(redis_url) as store:
        new = store.create(tenant, wanted, actor=_operator(), label=label, ttl_s=ttl_s)
    _show(new, f"Key {new.key.id} of {tenant} may: {', '.join(sorted(wanted))}.")


@keys.command("list")
@click.option("--tenant", metavar="NAME", help="Only this one's keys.")
@click.option("--all", "everything", is_flag=True, help="Also those that ended within 30 days.")
@json_option
@redis_option
def list_keys(tenant: str | None, everything: bool, as_json: bool, redis_url: str) -> None:
    """Show the keys in Redis; secrets are not kept and cannot be shown.

    \b
    Examples:
      deepfake keys list
      deepfake keys list --tenant alice --all --json
    """
    with _store(redis_url) as store:
        found = [key for key in store.listing(tenant) if everything or key.state == "active"]
    if as_json:
        for key in found:
            click.echo(json.dumps(_as_json(key)))
        return
    rows = [
        (key.id, key.tenant, ",".join(sorted(key.scopes)), key.state,
         moment(key.expires_at, "never"), moment(key.last_used_at, "never"), key.label)
        for key in found
    ]  # fmt: skip
    print_table(("KEY", "TENANT", "SCOPES", "STATE", "EXPIRES", "USED", "LABEL"), rows)


@keys.command("rotate")
@click.argument("key_id", metavar="KEY")
@click.option("--grace", "grace_s", type=duration_or_none, default="24h", show_default=True,
              metavar="TIME", help="The old secret counts so long; 0 ends it now.")  # fmt: skip
@redis_option
def rotate(key_id: str, grace_s: float, redis_url: str) -> None:
    """Give a key a new secret; id, scopes and expiry stay.

    \b
    Examples:
      deepfake keys rotate key_01JD8ZK3V5T8M2Q9W4R7X6Y1AB
      deepfake keys rotate key_01JD8ZK3V5T8M2Q9W4R7X6Y1AB --grace 0     it has leaked
    """
    with _store(redis_url) as store:
        new = store.rotate(key_id, actor=_operator(), grace_s=grace_s)
    until = moment(new.key.before_ends_at)
    _show(new, f"The old secret of key {key_id} of {new.key.tenant} counts until {until} UTC.")


@keys.command("revoke")
@click.argument("key_id", metavar="KEY")
@redis_option
def revoke(key_id: str, redis_url: str) -> None:
    """End a key; every gateway refuses it within a second.

    \b
    Example:
      deepfake keys revoke key_01JD8ZK3V5T8M2Q9W4R7X6Y1AB
    """
    with _store(redis_url) as store:
        key = store.revoke(key_id, actor=_operator())
    click.echo(f"Key {key_id} of {key.tenant} is revoked.")


@keys.command("new")
@click.option("--tenant", required=True, metavar="NAME", help="Whose key it is.")
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Append the hash to it; without it, the line is printed.")  # fmt: skip
def new(tenant: str, path: Path | None) -> None:
    """Make a key for a keys file and show it once; only its hash is kept.

    It may submit and read, and counts when gateways start with the file.

    \b
    Examples:
      deepfake keys new --tenant alice --file keys.txt
      deepfake serve --host 0.0.0.0 --api-keys keys.txt
    """
    from api.access.auth import new_key

    key = new_key(tenant)
    if path is not None:
        _append(path, key.entry)
        click.echo(f"The hash was added to {path}. The key itself is shown only here:", err=True)
    else:
        click.echo(f"A line for the keys file:\n  {key.entry}\nThe key, shown only here:", err=True)
    click.echo(key.secret)


@contextmanager
def _store(redis_url: str) -> Iterator[ApiKeyStore]:
    from core.store.api_keys import ApiKeyStore
    from core.store.connection import check_server, connect

    with connect(redis_url) as redis:
        check_server(redis)
        yield ApiKeyStore(redis)


def _operator() -> Actor:
    """Who runs this command, for the log."""
    from core.store.audit import Actor

    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = f"user {os.getuid()}"
    return Actor(f"{user}, command line", socket.gethostname())


def _show(new: NewSecret, told: str) -> None:
    click.echo(f"{told}\nThe key itself is shown only here:", err=True)
    click.echo(new.secret)


def _as_json(key: ApiKey) -> dict[str, Any]:
    times = ("created_at", "expires_at", "last_used_at", "rotated_at", "revoked_at")
    told = {name: getattr(key, name) for name in times}
    return {
        "id": key.id,
        "tenant": key.tenant,
        "scopes": sorted(key.scopes),
        "label": key.label,
        "state": key.state,
        **{name: None if at is None else at.isoformat() for name, at in told.items()},
    }


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
