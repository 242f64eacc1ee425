"""Verifies what a service sends to a webhook, by Standard Webhooks.

The standard library is enough for secrets (``whsec_…``); public keys (``whpk_…``) need the package
``cryptography``.
"""

from __future__ import annotations

import binascii
import hmac
import json
import time
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from deepfake_client.errors import WebhookRejected

TOLERANCE_S = 300.0  # between the clocks of the service and of this machine


def verify_webhook(
    headers: Mapping[str, str], body: bytes | str, key: str, *, tolerance_s: float = TOLERANCE_S
) -> dict[str, Any]:
    """The message in ``body``, once its signature and its time are found to be right.

    Parameters
    ----------
    headers
        Of the request, in any case.
    body
        As it came: parsing it and writing it again would change it.
    key
        The secret of the webhook or of callbacks, or the public key of the tenant.

    Raises :class:`WebhookRejected`. A message can come twice: ``webhook-id`` stays the same.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, sent_at = given["webhook-id"], given["webhook-timestamp"]
        signatures = given["webhook-signature"].split()
    except KeyError as missing:
        raise WebhookRejected(f"The header {missing} is missing.") from None
    _check_time(sent_at, tolerance_s)
    raw = body.encode() if isinstance(body, str) else body
    signed = f"{message_id}.{sent_at}.".encode() + raw
    if not any(_matches(signature, signed, key) for signature in signatures):
        raise WebhookRejected("No signature was made with this key.")
    message: dict[str, Any] = json.loads(raw)
    return message


def _check_time(sent_at: str, tolerance_s: float) -> None:
    if not (sent_at.isascii() and sent_at.isdigit()):
        raise WebhookRejected(f"webhook-timestamp {sent_at[:40]!r} is no time in seconds.")
    apart_s = abs(time.time() - int(sent_at[:15]))
    if apart_s > tolerance_s:
        raise WebhookRejected(
            f"The message is {apart_s:,.0f} s from now; the limit is {tolerance_s:g} s."
        )


def _matches(signature: str, signed: bytes, key: str) -> bool:
    version, _, text = signature.partition(",")
    try:
        presented = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    if key.startswith("whpk_"):
        return version == "v1a" and _signed_by(_decoded(key), presented, signed)
    expected = hmac.digest(_decoded(key), signed, "sha256")
    return version == "v1" and hmac.compare_digest(expected, presented)


def _decoded(key: str) -> bytes:
    prefix, _, text = key.partition("_")
    try:
        decoded = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if prefix not in ("whsec", "whpk") or not decoded:
        raise WebhookRejected("The key is neither a whsec_ secret nor a whpk_ public key.")
    return decoded


def _signed_by(public_key: bytes, signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True
