"""Signatures of Standard Webhooks: ``v1`` with a shared secret, ``v1a`` with an ed25519 key."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook


def signature_header(
    message_id: str, at: datetime, body: str, *, secrets: Iterable[str], seed: str
) -> str:
    """The value of ``webhook-signature``: one signature a secret, and one by the key.

    ``at`` is UTC; ``seed`` is that of the key, in hexadecimal digits.
    """
    symmetric = [Webhook(secret).sign(message_id, at, body) for secret in secrets]
    signed = f"{message_id}.{int(at.timestamp())}.{body}".encode()
    signature = b64encode(_key(seed).sign(signed)).decode()
    return " ".join([*symmetric, f"v1a,{signature}"])


def public_key(seed: str) -> str:
    """What receivers verify ``v1a`` with, as ``whpk_…``."""
    return f"whpk_{b64encode(_key(seed).public_key().public_bytes_raw()).decode()}"


def _key(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
