"""What administrators do over HTTP, for the audit log."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import Request

from api.access.auth import Principal
from api.gateway import Gateway
from core.errors import StoreError
from core.store.audit import Actor

logger = logging.getLogger(__name__)


def actor_of(request: Request, caller: Principal) -> Actor:
    """Who asks: the id of the key, where it has one, and the client's address."""
    address = "unknown" if request.client is None else request.client.host
    return Actor(caller.key_id or f"tenant {caller.tenant}", address)


def log(action: str, tenant: str, subject: str, actor: Actor) -> None:
    """The line for the gateway's own log."""
    logger.info(
        "audit: %s %s of tenant %s by %s from %s",
        action,
        subject,
        tenant,
        actor.name,
        actor.address,
    )


async def note(
    request: Request, gateway: Gateway, caller: Principal, done: tuple[str, str], **details: Any
) -> None:
    """Write an entry of what was ``done``: the action and its subject.

    Where Redis takes none, the line in the gateway's own log stays the only one: the change is
    made, and its answer may show a secret this once.
    """
    action, subject = done
    actor = actor_of(request, caller)
    log(action, caller.tenant, subject, actor)
    try:
        await gateway.store(gateway.audit.note, action, caller.tenant, subject, actor, details)
    except StoreError as error:
        logger.error("%s of %s is not in the audit log: %s", action, subject, error.message)
