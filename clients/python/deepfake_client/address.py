"""URLs as they may be told, and the address of a service apart from what signs a client in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Self

import httpx

from deepfake_client.errors import ServerUnreachable

_SIGNED_IN = re.compile(r"(?<=://)[^/?#]*@")
_SIGNATURE = re.compile(r"[?#].*", re.DOTALL)


def shown(url: str) -> str:
    """Without the user, the password, the query and the fragment: each may be a secret."""
    return _SIGNATURE.sub("", _SIGNED_IN.sub("", url))


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service is; a user and a password in its URL are kept apart from it.

    httpx logs the URL of each request, and errors tell where nobody answers.
    """

    url: str
    auth: tuple[str, str] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, server: str) -> Self:
        """Raises :class:`ServerUnreachable` for what cannot be an address."""
        try:
            url = httpx.URL(server.rstrip("/"))
            _ = url.host  # raises when it is no host name
        except (httpx.InvalidURL, UnicodeError) as error:
            # Of a password that is not quoted, the error may hold a part.
            if "@" in server:
                raise ServerUnreachable("an address that cannot be read", "it has an '@'") from None
            raise ServerUnreachable(shown(server), str(error)) from error
        auth = (url.username, url.password) if url.userinfo else None
        return cls(str(url.copy_with(userinfo=b"")), auth)
