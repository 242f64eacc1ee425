"""Messages that the service signed, and those that somebody else made."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from core.signatures import public_key, signature_header
from core.store.webhook_records import new_secret
from deepfake_client import WebhookRejected, verify_webhook

SECRET, OTHER, SEED = new_secret(), new_secret(), "ab" * 32
BODY = '{"type":"job.succeeded","data":{"tags":["ü"]}}'


def headers(*, at: float | None = None, secrets: tuple[str, ...] = (SECRET,)) -> dict[str, str]:
    sent = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(sent.timestamp())),
        "Webhook-Signature": signature_header("msg_1", sent, BODY, secrets=secrets, seed=SEED),
    }


def test_a_message_of_the_service_is_verified_by_secret_and_by_public_key() -> None:
    for key in (SECRET, public_key(SEED)):
        assert verify_webhook(headers(), BODY.encode(), key) == json.loads(BODY)
        assert verify_webhook(headers(), BODY, key) == json.loads(BODY)


def test_a_message_of_any_standard_webhooks_sender_is_verified() -> None:
    now = datetime.now(UTC)
    signed = {
        "webhook-id": "msg_2",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_2", now, BODY),
    }
    assert verify_webhook(signed, BODY, SECRET)["type"] == "job.succeeded"


def test_either_of_two_secrets_is_enough_while_one_is_rotated() -> None:
    both = headers(secrets=(OTHER, SECRET))
    assert verify_webhook(both, BODY, SECRET) == verify_webhook(both, BODY, OTHER)


@pytest.mark.parametrize("key", [OTHER, public_key("cd" * 32)], ids=["secret", "public key"])
def test_a_message_that_another_key_signed_is_rejected(key: str) -> None:
    with pytest.raises(WebhookRejected, match="No signature was made with this key"):
        verify_webhook(headers(), BODY, key)


def test_a_changed_body_or_id_is_rejected() -> None:
    for key in (SECRET, public_key(SEED)):
        with pytest.raises(WebhookRejected):
            verify_webhook(headers(), BODY.replace("succeeded", "failed"), key)
        with pytest.raises(WebhookRejected):
            verify_webhook({**headers(), "Webhook-Id": "msg_9"}, BODY, key)


@pytest.mark.parametrize("apart_s", [-400, 400])
def test_a_message_of_another_time_is_rejected(apart_s: float) -> None:
    with pytest.raises(WebhookRejected, match="the limit is 300 s"):
        verify_webhook(headers(at=time.time() + apart_s), BODY, SECRET)


def test_a_missing_header_and_a_key_that_is_none_are_named() -> None:
    with pytest.raises(WebhookRejected, match="webhook-signature"):
        verify_webhook({"webhook-id": "1", "webhook-timestamp": "1"}, BODY, SECRET)
    with pytest.raises(WebhookRejected, match="neither a whsec_ secret"):
        verify_webhook(headers(), BODY, "hunter2")


@given(
    signature=st.one_of(st.text(max_size=60), st.binary(max_size=64).map(
        lambda data: "v1," + base64.b64encode(data).decode()
    )),
    sent_at=st.one_of(st.text(max_size=20), st.just(str(int(time.time())))),
)  # fmt: skip
def test_no_made_up_header_passes_or_raises_anything_else(signature: str, sent_at: str) -> None:
    made_up = {"webhook-id": "1", "webhook-timestamp": sent_at, "webhook-signature": signature}
    for key in (SECRET, public_key(SEED)):
        with pytest.raises(WebhookRejected):
            verify_webhook(made_up, BODY, key)
