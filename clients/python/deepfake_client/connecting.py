"""What commands have in common that talk to a service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from deepfake_client import DEFAULT_SERVER
from deepfake_client.errors import ClientError

if TYPE_CHECKING:
    from deepfake_client.client import Client

C = TypeVar("C", bound=Callable[..., None])


def at_a_service(command: C) -> C:
    """The options ``--server`` and ``--api-key``."""
    server = click.option(
        "--server", envvar="DEEPFAKE_SERVER", show_envvar=True, default=DEFAULT_SERVER,
        show_default=True, metavar="URL",
    )  # fmt: skip
    key = click.option(
        "--api-key", envvar="DEEPFAKE_API_KEY", show_envvar=True, metavar="KEY",
        help="Better in the variable: arguments show up in process lists.",
    )  # fmt: skip
    return server(key(command))


@contextmanager
def connected(server: str, api_key: str | None) -> Iterator[Client]:
    """A client; what goes wrong with it ends the command with one line."""
    from deepfake_client.client import Client

    try:
        with Client(server, api_key=api_key) as client:
            yield client
    except ClientError as error:
        raise click.ClickException(error.message) from error
