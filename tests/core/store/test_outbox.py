"""Messages in Redis: written with the end of a job, lost by nothing, bounded for each receiver."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis

from core.errors import DeliveryNotFound, WebhookNotFound
from core.store.attempts import Attempts
from core.store.endpoints import EndpointStore
from core.store.jobs import JobStore
from core.store.outbox import Bounds, Outbox, Parcel
from core.store.records import Job, JobStatus
from core.store.scripts import load_script
from core.store.webhook_records import DeliveryState, Event, Try
from tests.core.store.lost_worker import begin, expire_lease, take
from tests.core.store.uploads import enqueue, upload
from tests.core.store.webhooks import ended, endpoint

LOAD = load_script
OK = Try(datetime.now(UTC), ms=3, status=200)
BAD = Try(datetime.now(UTC), ms=3, status=500)


@pytest.fixture
def outbox(redis: Redis) -> Outbox:
    return Outbox(redis)


def only(outbox: Outbox) -> Parcel:
    (parcel,) = outbox.take(10)
    return parcel


def families(redis: Redis) -> set[str]:
    """Of the keys about webhooks that there are."""
    keys: Any = redis.keys("df:webhook*")
    return {key.decode().split(":")[1] for key in keys} - {"webhook-looked-at"}


@pytest.mark.parametrize("status", [JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELED])
def test_the_end_of_a_job_is_written_for_its_tenants_endpoints(
    redis: Redis, outbox: Outbox, status: JobStatus
) -> None:
    mine, _other = endpoint(redis), endpoint(redis, tenant="evil")
    job = ended(redis, status)
    parcel = only(outbox)
    assert (parcel.message.type, parcel.delivery.subject) == (f"job.{status}", job.id)
    assert parcel.endpoint == mine
    assert parcel.message.job is not None
    assert (parcel.message.job.status, parcel.message.job.error) == (status, job.error)
    assert parcel.message.job.finished_at == job.finished_at


def test_the_message_holds_the_verdict_and_no_frames(redis: Redis, outbox: Outbox) -> None:
    endpoint(redis)
    ended(redis)
    told = only(outbox).message.job
    assert told is not None
    assert told.result is None
    assert told.summary is not None
    assert told.summary["verdict"] == "fake"
    assert "frames" not in told.summary


def test_a_waiting_job_that_is_canceled_is_told_of(redis: Redis, outbox: Outbox) -> None:
    endpoint(redis)
    JobStore(redis).request_cancel(enqueue(redis).id, "local")
    assert only(outbox).message.type == "job.canceled"


def test_a_job_that_fails_because_its_workers_were_lost_is_told_of(
    redis: Redis, outbox: Outbox
) -> None:
    endpoint(redis)
    attempts = Attempts(redis, max_attempts=1)
    enqueue(redis)
    expire_lease(redis, begin(attempts).id)
    attempts.reap()
    parcel = only(outbox)
    assert parcel.message.type == "job.failed"
    assert parcel.message.job is not None
    assert parcel.message.job.error is not None
    assert parcel.message.job.error["code"] == "worker_lost"


def test_a_job_that_is_given_up_is_told_of(redis: Redis, outbox: Outbox) -> None:
    endpoint(redis)
    attempts = Attempts(redis, max_attempts=1)
    enqueue(redis)
    job = take(attempts)
    attempts.give_up(job.id, job.attempt, {"code": "x", "message": "y", "retryable": True})
    assert only(outbox).message.type == "job.failed"


def test_a_job_that_goes_back_to_the_queue_is_not_told_of(redis: Redis, outbox: Outbox) -> None:
    endpoint(redis)
    attempts = Attempts(redis)
    enqueue(redis)
    job = take(attempts)
    attempts.release(job.id, job.attempt)
    assert outbox.take(10) == []


def test_an_endpoint_hears_only_what_it_asked_for(redis: Redis, outbox: Outbox) -> None:
    endpoint(redis, "https://example.org/", "local", Event.JOB_FAILED)
    ended(redis, JobStatus.SUCCEEDED)
    assert outbox.take(10) == []
    ended(redis, JobStatus.FAILED)
    assert only(outbox).message.type == "job.failed"


def test_a_job_without_a_receiver_writes_nothing(redis: Redis) -> None:
    ended(redis)
    assert redis.keys("df:webhook*") == []


def test_a_callback_is_a_receiver_beside_the_endpoints(redis: Redis, outbox: Outbox) -> None:
    endpoint(redis)
    ended(redis, callback_url="https://example.com/done")
    parcels = outbox.take(10)
    urls = ["https://example.com/done", "https://example.org/hook"]
    assert sorted(parcel.url for parcel in parcels) == urls
    assert len({parcel.message.id for parcel in parcels}) == 1


def test_a_try_that_nobody_settles_is_made_again(redis: Redis) -> None:
    outbox = Outbox(redis, lease_s=0.1)
    endpoint(redis)
    ended(redis)
    first = only(outbox)
    assert outbox.take(10) == []
    time.sleep(0.15)
    again = only(outbox)
    assert (again.delivery.id, again.delivery.attempts) == (first.delivery.id, 2)
    assert not outbox.settle(first.delivery, DeliveryState.DELIVERED, OK)  # it is stale
    assert outbox.settle(again.delivery, DeliveryState.DELIVERED, OK)
    assert outbox.take(10) == []


def test_a_delivery_that_its_log_has_forgotten_leaves_nothing_of_its_job(redis: Redis) -> None:
    outbox = Outbox(redis)
    endpoint(redis)
    jobs = [ended(redis) for _ in range(102)]
    while parcels := outbox.take(64):
        for parcel in parcels:
            outbox.settle(parcel.delivery, DeliveryState.DELIVERED, OK)
    ended(redis)
    assert not redis.exists(f"df:webhook-deliveries:{jobs[0].id}")
    assert redis.exists(f"df:webhook-deliveries:{jobs[-1].id}")


def test_a_delivery_that_loses_every_sender_ends(redis: Redis) -> None:
    outbox = Outbox(redis, Bounds(tries=2), lease_s=0.02)
    hook = endpoint(redis)
    ended(redis)
    for _ in range(2):
        only(outbox)
        time.sleep(0.04)
    assert outbox.take(10) == []
    (lost,) = outbox.deliveries(hook.id)
    assert (lost.state, lost.reason) == (DeliveryState.FAILED, "sender_lost")


def test_a_bad_try_is_due_again_after_its_pause(redis: Redis, outbox: Outbox) -> None:
    hook = endpoint(redis)
    ended(redis)
    outbox.settle(only(outbox).delivery, DeliveryState.WAITING, BAD, again_in_s=0.1)
    assert outbox.take(10) == []
    time.sleep(0.15)
    outbox.settle(only(outbox).delivery, DeliveryState.DELIVERED, OK)
    (delivery,) = outbox.deliveries(hook.id)
    assert [done.status for done in delivery.tries] == [500, 200]
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)


def test_a_receiver_has_few_tries_at_once_and_holds_up_no_other(
    redis: Redis,
) -> None:
    outbox = Outbox(redis, Bounds(of_a_receiver=2))
    endpoint(redis, "https://hangs.example.org/a")
    endpoint(redis, "https://hangs.example.org/b")
    endpoint(redis, "https://works.example.org/")
    for _ in range(4):
        ended(redis)
    hosts = [parcel.url.split("/")[2].split(".")[0] for _ in range(9) for parcel in outbox.take(1)]
    assert sorted(hosts) == ["hangs"] * 2 + ["works"] * 2


def test_a_tenant_leaves_places_to_others(redis: Redis) -> None:
    outbox = Outbox(redis, Bounds(of_a_tenant=3))
    for number in range(6):
        endpoint(redis, f"https://{number}.example.org/")
    endpoint(redis, tenant="acme")
    ended(redis)
    ended(redis, tenant="acme")
    tenants = [parcel.delivery.tenant for _ in range(9) for parcel in outbox.take(1)]
    assert sorted(tenants) == ["acme", "local", "local", "local"]


def test_a_place_is_free_again_when_its_try_has_ended(redis: Redis) -> None:
    outbox = Outbox(redis, Bounds(of_a_receiver=1))
    endpoint(redis)
    for _ in range(3):
        ended(redis)
    for _ in range(3):
        outbox.settle(only(outbox).delivery, DeliveryState.DELIVERED, OK)
    assert outbox.take(10) == []


def test_what_waits_goes_to_the_url_that_the_endpoint_has_now(redis: Redis, outbox: Outbox) -> None:
    hook = endpoint(redis)
    ended(redis)
    EndpointStore(redis).update(hook.id, "local", url="https://example.net/new")
    assert only(outbox).url == "https://example.net/new"


def test_an_endpoint_that_is_gone_is_disabled_and_hears_nothing_more(
    redis: Redis, outbox: Outbox
) -> None:
    hook = endpoint(redis)
    ended(redis)
    ended(redis)
    first, _ = outbox.take(1)[0], ended(redis)
    gone = Try(datetime.now(UTC), ms=1, status=410)
    outbox.settle(first.delivery, DeliveryState.FAILED, gone, gone=first.url)
    assert outbox.take(10) == []
    ended(redis)
    assert len(outbox.deliveries(hook.id)) == 3
    now = EndpointStore(redis).get(hook.id, "local")
    assert (now.enabled, now.disabled_because) == (False, "gone")
    again = EndpointStore(redis).update(hook.id, "local", enabled=True)
    assert (again.enabled, again.disabled_because) == (True, None)


def test_a_url_that_is_gone_says_nothing_of_the_one_that_took_its_place_during_the_try(
    redis: Redis, outbox: Outbox
) -> None:
    hook, endpoints = endpoint(redis), EndpointStore(redis)
    ended(redis)
    parcel = only(outbox)
    endpoints.update(hook.id, "local", url="https://example.net/new")
    gone = Try(datetime.now(UTC), ms=1, status=410)
    outbox.settle(parcel.delivery, DeliveryState.FAILED, gone, gone=parcel.url)
    assert endpoints.get(hook.id, "local").enabled
    again = only(outbox)
    assert (again.delivery.id, again.url) == (parcel.delivery.id, "https://example.net/new")


def test_a_deleted_endpoint_leaves_nothing_behind(redis: Redis, outbox: Outbox) -> None:
    hook = endpoint(redis)
    ended(redis)
    EndpointStore(redis).delete(hook.id, "local")
    assert outbox.take(10) == []
    assert families(redis) <= {"webhook-deliveries"}  # the empty index of the job, which expires


def test_deleting_a_job_takes_its_messages_along(redis: Redis, outbox: Outbox) -> None:
    endpoint(redis)
    job = ended(redis, callback_url="https://example.com/")
    taken = outbox.take(1)[0]
    JobStore(redis).delete(job.id, "local")
    assert outbox.take(10) == []
    assert not outbox.settle(taken.delivery, DeliveryState.DELIVERED, OK)
    assert families(redis) == {"webhook", "webhooks"}


def test_a_message_goes_with_its_last_delivery(redis: Redis, outbox: Outbox) -> None:
    ended(redis, callback_url="https://example.com/")
    delivery = only(outbox).delivery
    outbox.settle(delivery, DeliveryState.DELIVERED, OK)
    assert redis.keys("df:webhook-message:*") == []
    assert [done.state for done in outbox.deliveries(delivery.subject)] == ["delivered"]


def test_the_log_of_an_endpoint_holds_its_newest_hundred(redis: Redis, outbox: Outbox) -> None:
    hook = endpoint(redis)
    for _ in range(103):
        outbox.test(hook.id, "local", {})
        outbox.settle(only(outbox).delivery, DeliveryState.DELIVERED, OK)
    assert len(outbox.deliveries(hook.id)) == 100
    assert len(redis.keys("df:webhook-delivery:*")) == 100
    assert len(redis.keys("df:webhook-message:*")) == 100


def test_a_delivery_that_left_the_log_is_still_delivered(redis: Redis, outbox: Outbox) -> None:
    hook = endpoint(redis)
    for _ in range(101):
        outbox.test(hook.id, "local", {})
    oldest = only(Outbox(redis, Bounds(of_a_receiver=1)))
    assert oldest.delivery.id not in {done.id for done in outbox.deliveries(hook.id)}
    assert outbox.settle(oldest.delivery, DeliveryState.DELIVERED, OK)
    assert redis.exists(f"df:webhook-delivery:{oldest.delivery.id}") == 0


def test_the_oldest_of_too_many_is_given_up_and_says_so(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "core.store.scripts.load_script",
        lambda *args, **kwargs: LOAD(*args, **kwargs).replace("10000, 100", "5, 100"),
    )
    hook = endpoint(redis)
    outbox = Outbox(redis)
    made = []
    for _ in range(7):
        made.append(outbox.test(hook.id, "local", {}).id)
        time.sleep(0.003)  # their order is by the millisecond
    failed = [done for done in outbox.deliveries(hook.id) if done.state is DeliveryState.FAILED]
    assert {done.id for done in failed} == set(made[:2])
    assert {done.reason for done in failed} == {"too_many_undelivered"}


def test_a_message_can_be_sent_again_with_the_same_id(redis: Redis, outbox: Outbox) -> None:
    hook = endpoint(redis)
    ended(redis)
    first = only(outbox)
    outbox.settle(first.delivery, DeliveryState.FAILED, BAD)
    outbox.redeliver(first.delivery.id, hook.id, "local")
    again = only(outbox)
    assert again.delivery.id != first.delivery.id
    assert again.message == first.message
    assert again.delivery.attempts == 1


def test_the_deliveries_of_others_do_not_exist(redis: Redis, outbox: Outbox) -> None:
    hook = endpoint(redis)
    ended(redis)
    delivery = only(outbox).delivery
    with pytest.raises(DeliveryNotFound):
        outbox.redeliver(delivery.id, hook.id, "evil")
    with pytest.raises(DeliveryNotFound):
        outbox.redeliver(delivery.id, endpoint(redis, tenant="evil").id, "evil")
    with pytest.raises(WebhookNotFound):
        outbox.test(hook.id, "evil", {})


def test_a_job_ends_and_its_message_is_written_while_redis_is_at_its_maxmemory(
    redis: Redis, outbox: Outbox
) -> None:
    endpoint(redis)
    job = JobStore(redis).create(Job.new(media=upload(redis)))
    attempts = Attempts(redis)
    taken = take(attempts)
    redis.config_set("maxmemory", 1)
    try:
        assert attempts.finish(job.id, taken.attempt, status=JobStatus.SUCCEEDED, result={})
        parcel = only(outbox)
        assert outbox.settle(parcel.delivery, DeliveryState.WAITING, BAD, again_in_s=0)
        assert outbox.settle(only(outbox).delivery, DeliveryState.DELIVERED, OK)
    finally:
        redis.config_set("maxmemory", 0)


def test_a_bell_is_wanted_while_something_is_due_and_none_sounds(
    redis: Redis, outbox: Outbox
) -> None:
    assert not outbox.wants_bell()
    endpoint(redis)
    ended(redis)
    assert outbox.wants_bell()
    redis.lpush("webhooks", "a bell")
    assert not outbox.wants_bell()


def test_how_long_something_waits_for_a_sender_can_be_told(redis: Redis, outbox: Outbox) -> None:
    assert outbox.overdue_s() == 0
    endpoint(redis)
    ended(redis)
    time.sleep(0.1)
    assert outbox.overdue_s() >= 0.1
    outbox.take(1)
    assert outbox.overdue_s() == 0


def test_a_clock_that_was_set_back_delays_no_webhook(redis: Redis, outbox: Outbox) -> None:
    endpoint(redis)
    ended(redis)
    first = only(outbox)
    outbox.settle(first.delivery, DeliveryState.WAITING, BAD, again_in_s=0.1)
    # As all of it was written while the clock of Redis was an hour ahead.
    hour_ms = 3600 * 1000
    redis.incrby("df:webhook-looked-at", hour_ms)
    client: Any = redis
    for key in client.keys("df:webhook-lane*"):
        for member in client.zrange(key, 0, -1):
            client.zincrby(key, hour_ms, member)
    assert outbox.take(10) == []  # it is due as long after this look as it was after the last one
    time.sleep(0.15)
    again = only(outbox)
    assert (again.delivery.id, again.delivery.attempts) == (first.delivery.id, 2)
    assert abs((again.at - datetime.now(UTC)).total_seconds()) < 60
