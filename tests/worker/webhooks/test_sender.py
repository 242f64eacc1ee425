"""A sender on a real Redis, with a receiver that misbehaves."""

from __future__ import annotations

import json
import time
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from redis import Redis
from standardwebhooks import Webhook, WebhookVerificationError

from core.signatures import public_key
from core.store.endpoints import EndpointStore
from core.store.outbox import Bounds, Outbox, Parcel
from core.store.records import JobStatus
from core.store.webhook_records import Delivery, DeliveryState
from tests.core.store.webhooks import ended, endpoint
from tests.worker.webhooks.conftest import RunSender
from tests.worker.webhooks.receiver import Received, Receiver
from worker.webhooks import sender as sender_module


@pytest.fixture(autouse=True)
def looks_are_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "LOOK_S", 0.02)


def wait_over(redis: Redis, endpoint_id: str, number: int = 1) -> list[Delivery]:
    """The deliveries to an endpoint, once so many are over."""
    outbox, deadline = Outbox(redis), time.monotonic() + 20
    while True:
        found = outbox.deliveries(endpoint_id)
        if sum(delivery.over_at is not None for delivery in found) >= number:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def verifies_by_key(redis: Redis, request: Received, tenant: str = "local") -> bool:
    key = public_key(EndpointStore(redis).signing(tenant).seed).removeprefix("whpk_")
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
    for part in request.headers["webhook-signature"].split():
        version, _, text = part.partition(",")
        if version == "v1a":
            Ed25519PublicKey.from_public_bytes(b64decode(key)).verify(
                b64decode(text), signed + request.body
            )
            return True
    return False


def test_a_message_is_signed_as_standard_webhooks_says(
    redis: Redis, receiver: Receiver, sending: RunSender
) -> None:
    hook = endpoint(redis, receiver.url())
    job = ended(redis)
    with sending():
        (request,) = receiver.wait_for(1)
        (delivery,) = wait_over(redis, hook.id)
    body = Webhook(hook.secret).verify(request.body, dict(request.headers))
    assert (body["type"], body["data"]["id"]) == ("job.succeeded", job.id)
    assert body["data"]["result"]["verdict"] == "fake"
    assert verifies_by_key(redis, request)
    assert request.headers["webhook-id"] == delivery.message
    assert request.headers["content-type"] == "application/json"
    assert (delivery.state, delivery.tries[0].status) == (DeliveryState.DELIVERED, 204)


def test_both_secrets_sign_after_a_rotation(
    redis: Redis, receiver: Receiver, sending: RunSender
) -> None:
    old = endpoint(redis, receiver.url())
    new = EndpointStore(redis).rotate(old.id, "local")
    ended(redis)
    with sending():
        (request,) = receiver.wait_for(1)
    assert old.secret != new.secret
    for secret in (old.secret, new.secret):
        Webhook(secret).verify(request.body, dict(request.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint(redis).secret).verify(request.body, dict(request.headers))


def test_a_callback_is_signed_by_the_tenants_key_and_by_its_secret_once_there_is_one(
    redis: Redis, receiver: Receiver, sending: RunSender
) -> None:
    ended(redis, callback_url=receiver.url())
    with sending():
        (first,) = receiver.wait_for(1)
        secret = EndpointStore(redis).rotate_callbacks("local").secret
        assert secret is not None
        ended(redis, callback_url=receiver.url())
        second = receiver.wait_for(2)[1]
    assert verifies_by_key(redis, first)
    assert "v1," not in first.headers["webhook-signature"]
    Webhook(secret).verify(second.body, dict(second.headers))


def test_a_receiver_that_fails_is_tried_again_with_the_same_id_and_body(
    redis: Redis, receiver: Receiver, sending: RunSender
) -> None:
    answers = iter(["fail", "reset", "ok"])
    receiver.behave = lambda _word: next(answers)
    hook = endpoint(redis, receiver.url())
    ended(redis)
    with sending(retries_s=(0.05, 0.05)):
        (delivery,) = wait_over(redis, hook.id)
    assert [(done.status, done.error) for done in delivery.tries] == [
        (500, None), (None, "connection_broken"), (204, None)
    ]  # fmt: skip
    requests = receiver.of("ok")
    assert len({request.body for request in requests}) == 1
    assert {request.headers["webhook-id"] for request in requests} == {delivery.message}


def test_a_delivery_is_given_up_after_its_last_try_and_that_is_logged(
    redis: Redis, receiver: Receiver, sending: RunSender, caplog: pytest.LogCaptureFixture
) -> None:
    hook = endpoint(redis, receiver.url("fail"))
    ended(redis)
    with sending(retries_s=(0.01, 0.01)):
        (delivery,) = wait_over(redis, hook.id)
    assert (delivery.state, delivery.reason) == (DeliveryState.FAILED, "given_up")
    assert len(receiver.of("fail")) == 3
    assert f"{delivery.id} of local is given up after 3 tries: status 500" in caplog.text
    assert hook.secret not in caplog.text


def test_an_endpoint_that_answers_410_is_disabled(
    redis: Redis, receiver: Receiver, sending: RunSender
) -> None:
    hook = endpoint(redis, receiver.url("gone"))
    ended(redis)
    with sending(retries_s=(0.01,)):
        wait_over(redis, hook.id)
    assert not EndpointStore(redis).get(hook.id, "local").enabled
    assert len(receiver.of("gone")) == 1


def test_retry_after_is_heeded(redis: Redis, receiver: Receiver, sending: RunSender) -> None:
    hook = endpoint(redis, receiver.url("busy"))
    ended(redis)
    with sending(retries_s=(0.01,)):
        receiver.wait_for(1, "busy")
        time.sleep(0.3)
    (delivery,) = Outbox(redis).deliveries(hook.id)
    assert len(receiver.of("busy")) == 1
    assert (delivery.due_at - delivery.tries[0].at).total_seconds() >= 2


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("redirect", 307, None),
        ("hang", None, "timeout"),
        ("trickle", None, "timeout"),
        ("garbage", None, "connection_broken"),
    ],
)
def test_what_is_no_success(
    redis: Redis, receiver: Receiver, sending: RunSender, path: str, status: int, error: str
) -> None:
    hook = endpoint(redis, receiver.url(path))
    ended(redis)
    if path == "trickle":
        receiver.behave = lambda _word: "trickle"
    with sending(limit_s=0.4):
        (delivery,) = wait_over(redis, hook.id)
    (done,) = delivery.tries
    assert (done.status, done.error) == (status, error)
    assert done.ms < 3000
    assert receiver.of("ok") == []  # no redirect was followed


def test_nobody_listens(redis: Redis, receiver: Receiver, sending: RunSender) -> None:
    hook = endpoint(redis, "http://127.0.0.1:1/")
    ended(redis)
    with sending(ports=(1,)):
        (delivery,) = wait_over(redis, hook.id)
    assert delivery.tries[0].error == "connect_failed"


def test_a_huge_answer_is_not_read(redis: Redis, receiver: Receiver, sending: RunSender) -> None:
    hook = endpoint(redis, receiver.url("huge"))
    ended(redis)
    with sending():
        (delivery,) = wait_over(redis, hook.id)
    assert delivery.state is DeliveryState.DELIVERED
    assert delivery.tries[0].ms < 3000


def test_no_cookie_is_kept_and_no_proxy_is_asked(
    redis: Redis, receiver: Receiver, sending: RunSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    endpoint(redis, receiver.url("cookie"))
    with sending():
        ended(redis)
        receiver.wait_for(1, "cookie")
        ended(redis)
        requests = receiver.wait_for(2, "cookie")
    assert all("cookie" not in request.headers for request in requests)


def test_a_dead_receiver_blocks_neither_other_endpoints_nor_jobs(
    redis: Redis, receiver: Receiver, sending: RunSender
) -> None:
    """replicate/cog#2229: with its receiver down, its worker stayed busy and took no cancel."""
    endpoint(redis, receiver.url("hang"))
    with Receiver(host="127.0.0.2") as works:
        EndpointStore(redis).create("local", works.url(), ("job.succeeded",))
        with sending(limit_s=10, ports=(works.port,), bounds=Bounds(of_a_receiver=2)):
            jobs = [ended(redis) for _ in range(8)]
            works.wait_for(8, limit_s=5)
    assert all(job.status is JobStatus.SUCCEEDED for job in jobs)
    assert len(receiver.of("hang")) == 2


def test_what_was_on_its_way_with_a_sender_that_died_is_sent_by_the_next(
    redis: Redis, receiver: Receiver, sending: RunSender
) -> None:
    hook = endpoint(redis, receiver.url())
    ended(redis)
    Outbox(redis, lease_s=0.3).take(1)  # by a sender that is killed here
    with sending(retries_s=(1.0,)):
        (delivery,) = wait_over(redis, hook.id)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)


def test_a_redis_that_is_away_for_a_while_loses_nothing(
    redis: Redis, receiver: Receiver, sending: RunSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.errors import StoreUnavailable

    hook = endpoint(redis, receiver.url())
    ended(redis)
    real, failures = Outbox.settle, iter([StoreUnavailable("away")] * 2)
    monkeypatch.setattr(sender_module, "SETTLE_PAUSE_S", 0.01)

    def settle(*arguments: object, **options: object) -> bool:
        for failure in failures:
            raise failure
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Outbox, "settle", settle)
    with sending():
        (delivery,) = wait_over(redis, hook.id)
    assert delivery.state is DeliveryState.DELIVERED


def test_a_look_that_fails_in_a_way_nobody_foresaw_does_not_end_the_sender(
    redis: Redis, receiver: Receiver, sending: RunSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = endpoint(redis, receiver.url())
    ended(redis)
    real, failures = Outbox.take, iter([RuntimeError("can't start new thread")])

    def take(outbox: Outbox, wanted: int) -> list[Parcel]:
        for failure in failures:
            raise failure
        return real(outbox, wanted)

    monkeypatch.setattr(Outbox, "take", take)
    with sending():
        (delivery,) = wait_over(redis, hook.id)
    assert delivery.state is DeliveryState.DELIVERED


def test_a_test_message_is_tried_once(redis: Redis, receiver: Receiver, sending: RunSender) -> None:
    hook = endpoint(redis, receiver.url("fail"))
    Outbox(redis).test(hook.id, "local", {"webhook": hook.id})
    with sending(retries_s=(0.01, 0.01)):
        (delivery,) = wait_over(redis, hook.id)
    (request,) = receiver.of("fail")
    assert json.loads(request.body)["data"] == {"webhook": hook.id}
    assert delivery.attempts == 1
