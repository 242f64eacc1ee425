"""Keys of Redis as this gateway knows them: each is looked up again once a second at most."""

from __future__ import annotations

import time
from typing import Final

from api.access.auth import Principal
from api.http.problems import Unauthorized
from api.offload import Offload
from core.store.api_keys import ApiKeyStore, FoundKey

# So long a key that was revoked, or a secret that was replaced, may still open this gateway.
KEEP_S: Final = 1.0
_MOST: Final = 10_000  # keys; beyond as many, those that were kept are asked for anew


class KeyCache:
    """Whose a secret is, and what it opens.

    Only what opens something is kept, so a new key counts at once. A Redis that is away lets
    nobody in: what was known a second ago may not hold any longer.
    """

    def __init__(self, keys: ApiKeyStore, store: Offload, *, keep_s: float = KEEP_S) -> None:
        self._keys = keys
        self._store = store
        self._keep_s = keep_s
        self._known: dict[str, tuple[float, Principal]] = {}

    async def principal(self, secret_hash: str) -> Principal:
        """Raises Unauthorized, which tells the holder of a secret why it opens nothing."""
        asked_at = time.monotonic()
        until, principal = self._known.get(secret_hash, (0.0, None))
        if principal is not None and asked_at < until:
            return principal
        found = await self._store(self._keys.find, secret_hash)
        if found.state != "active":
            self._known.pop(secret_hash, None)
            raise Unauthorized(_why_not(found))
        principal = Principal(found.tenant, found.scopes, found.id)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[secret_hash] = asked_at + self._keep_s, principal
        return principal


def _why_not(found: FoundKey) -> str:
    if found.state == "unknown":
        return "The API key is not known here."
    since = f"{found.since:%Y-%m-%d %H:%M:%S} UTC"
    if found.state == "replaced":
        return (
            f"This secret of API key {found.id} was replaced, and its grace ended at {since}; "
            "send the new secret."
        )
    return f"API key {found.id} is {found.state} since {since}; send another one."
