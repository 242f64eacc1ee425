"""Many messages to receivers that fail, hang, reset, recover or stay dead: none is lost."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest
from redis import Redis

from core.store.outbox import Bounds, Outbox
from core.store.webhook_records import DeliveryState
from tests.core.store.webhooks import ended, endpoint
from tests.worker.webhooks.conftest import RunSender
from tests.worker.webhooks.receiver import Receiver
from worker.webhooks import sender as sender_module

JOBS, BAD_S = 12, 1.0
KINDS = ("works", "fail", "hang", "reset", "dead")


def test_every_message_is_delivered_or_given_up_and_bad_receivers_delay_no_good_one(
    redis: Redis, sending: RunSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_module, "LOOK_S", 0.05)
    started = time.monotonic()

    def behave(kind: str) -> str:
        if kind == "works" or (kind != "dead" and time.monotonic() - started > BAD_S):
            return "ok"
        return {"dead": "fail"}.get(kind, kind)

    retries_s = (0.2, 0.4, 0.8, 1.0, 1.0, 1.0)
    with ExitStack() as stack:
        receivers = {kind: stack.enter_context(Receiver(behave)) for kind in KINDS}
        hooks = {kind: endpoint(redis, receivers[kind].url(kind)).id for kind in KINDS}
        ports = tuple(receiver.port for receiver in receivers.values())
        bounds = Bounds(tries=len(retries_s) + 1)
        with sending(retries_s=retries_s, limit_s=0.5, ports=ports, bounds=bounds):
            for _ in range(JOBS):
                ended(redis)
            receivers["works"].wait_for(JOBS, "works")
            states = {kind: wait_over(redis, hook) for kind, hook in hooks.items()}
    assert states.pop("dead") == {DeliveryState.FAILED}
    assert set(map(frozenset, states.values())) == {frozenset({DeliveryState.DELIVERED})}
    for kind in KINDS:
        ids = {request.headers["webhook-id"] for request in receivers[kind].received}
        assert len(ids) == JOBS, kind


def wait_over(redis: Redis, hook: str) -> set[DeliveryState]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = Outbox(redis).deliveries(hook)
        if all(delivery.over_at is not None for delivery in found):
            return {delivery.state for delivery in found}
        time.sleep(0.1)
    raise AssertionError(f"Not all deliveries to {hook} are over.")
