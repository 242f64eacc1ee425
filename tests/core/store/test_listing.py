"""Lists of jobs: pages, filters, and what is kept of jobs that went."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from core.result import Label
from core.store import listing
from core.store.attempts import Attempts
from core.store.jobs import JobStore
from core.store.listing import JobFilter, JobLists
from core.store.records import Job, JobStatus
from tests.core.store.lost_worker import take
from tests.core.store.uploads import enqueue, upload

ANY = JobFilter()


@pytest.fixture
def lists(redis: Redis) -> JobLists:
    return JobLists(redis)


def tagged(redis: Redis, *tags: str, tenant: str = "local") -> Job:
    return JobStore(redis).create(Job.new(media=upload(redis, tenant), tenant=tenant, tags=tags))


def end(redis: Redis, verdict: Label | None) -> None:
    """Judge the next job, or let it fail."""
    attempts = Attempts(redis)
    job = take(attempts)
    result: Any = {"verdict": verdict, "frames": [{"index": 0}], "timings_ms": {"infer": 1}}
    if verdict is None:
        attempts.finish(job.id, 1, status=JobStatus.FAILED, error={"code": "x"})
    else:
        attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result=result)


def walk(lists: JobLists, wanted: JobFilter = ANY, *, tenant: str = "local", limit: int = 3) -> Any:
    """The ids of all pages, page by page."""
    pages, place = [], None
    while True:
        page = lists.page(tenant, wanted, after=place, limit=limit)
        pages.append([job.id for job in page.jobs])
        if (place := page.next) is None:
            return pages


def test_pages_hold_the_newest_first_and_only_the_tenants_own(
    redis: Redis, lists: JobLists
) -> None:
    mine = [enqueue(redis, tenant="acme").id for _ in range(7)]
    enqueue(redis, tenant="evil")
    newest = mine[::-1]
    assert walk(lists, tenant="acme") == [newest[:3], newest[3:6], newest[6:]]
    assert walk(lists, tenant="acme", limit=7) == [newest]
    assert walk(lists, tenant="nobody") == [[]]


def test_a_page_neither_repeats_nor_leaves_out_a_job_though_others_come_and_go(
    redis: Redis, lists: JobLists
) -> None:
    old = [enqueue(redis).id for _ in range(6)][::-1]
    first = lists.page("local", ANY, limit=2)
    JobStore(redis).delete(old[1], "local")  # the very job at which the first page ended
    JobStore(redis).delete(old[3], "local")
    enqueue(redis)
    second = lists.page("local", ANY, after=first.next, limit=2)
    assert [job.id for job in (*first.jobs, *second.jobs)] == [old[0], old[1], old[2], old[4]]


def test_jobs_of_one_moment_and_of_a_clock_that_was_set_back_keep_their_order(
    redis: Redis, lists: JobLists
) -> None:
    first = enqueue(redis).id
    redis.zadd("df:jobs:local", {first: 2**52})  # made when the clock was ahead
    later = [enqueue(redis).id for _ in range(3)]
    assert walk(lists, limit=1) == [[later[2]], [later[1]], [later[0]], [first]]


def test_jobs_are_found_by_status_verdict_and_tag(redis: Redis, lists: JobLists) -> None:
    fake, real, failed, waits = (tagged(redis, t).id for t in ("a", "b", "a", ", "))
    for verdict in (Label.FAKE, Label.REAL, None):
        end(redis, verdict)
    assert walk(lists, JobFilter(status=JobStatus.SUCCEEDED)) == [[real, fake]]
    assert walk(lists, JobFilter(status=JobStatus.FAILED, tag="a")) == [[failed]]
    assert walk(lists, JobFilter(verdict=Label.FAKE)) == [[fake]]
    assert walk(lists, JobFilter(tag="a")) == [[failed, fake]]
    assert walk(lists, JobFilter(tag=", ")) == [[waits]]
    assert walk(lists, JobFilter(verdict=Label.REAL, tag="a")) == [[]]


def test_a_tag_is_compared_whole(redis: Redis, lists: JobLists) -> None:
    tagged(redis, "a", "b")
    job = tagged(redis, 'quo"te', "ü\\")
    assert walk(lists, JobFilter(tag=", ")) == [[]]
    assert walk(lists, JobFilter(tag='"a"')) == [[]]
    assert walk(lists, JobFilter(tag="ü\\")) == walk(lists, JobFilter(tag='quo"te')) == [[job.id]]


def test_times_of_creation_are_exclusive_bounds(redis: Redis, lists: JobLists) -> None:
    jobs = []
    for _ in range(3):
        jobs.append(enqueue(redis))
        time.sleep(0.003)
    first, middle, last = jobs
    moment = middle.created_at
    assert walk(lists, JobFilter(created_after=moment)) == [[last.id]]
    assert walk(lists, JobFilter(created_before=moment)) == [[first.id]]
    near = timedelta(microseconds=1)
    both = JobFilter(created_after=moment - near, created_before=moment + near)
    assert walk(lists, both) == [[middle.id]]
    assert walk(lists, JobFilter(created_before=last.created_at + near), limit=1) == [
        [last.id], [middle.id], [first.id],
    ]  # fmt: skip
    assert walk(lists, JobFilter(created_after=datetime.max.replace(tzinfo=UTC))) == [[]]


def test_a_listed_job_has_all_but_its_frames(redis: Redis, lists: JobLists) -> None:
    job = tagged(redis, "a")
    end(redis, Label.FAKE)
    (listed,) = lists.page("local", ANY).jobs
    assert listed.summary == {"verdict": "fake"}
    assert (listed.result, listed.tags, listed.media) == (None, ("a",), job.media)
    assert listed.finished_at == JobStore(redis).get(job.id).finished_at


def test_one_page_looks_at_a_bounded_number_of_records(
    redis: Redis, lists: JobLists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LOOKS", 4)
    rare = tagged(redis, "rare").id
    for _ in range(9):
        enqueue(redis)
    assert walk(lists, JobFilter(tag="rare")) == [[], [], [rare]]


def test_jobs_that_expired_leave_the_list(redis: Redis, lists: JobLists) -> None:
    expired = [enqueue(redis).id for _ in range(5)]
    for job_id in expired:
        redis.delete(f"df:job:{job_id}")
    left = enqueue(redis).id  # a new job takes two of them out
    assert int(redis.zcard("df:jobs:local")) == 4
    assert walk(lists) == [[left]]
    assert int(redis.zcard("df:jobs:local")) == 1
    JobStore(redis).delete(left, "local")
    assert list(redis.scan_iter("df:jobs:*")) == []


def test_a_list_lives_as_long_as_its_last_job(redis: Redis, lists: JobLists) -> None:
    store, attempts = JobStore(redis, ttl_s=0.3), Attempts(redis, ttl_s=0.6)
    job = store.create(Job.new(media=upload(redis)))
    attempts.finish(job.id, take(attempts).attempt, status=JobStatus.SUCCEEDED, result={})
    time.sleep(0.4)
    assert walk(lists) == [[job.id]]
    time.sleep(0.3)
    assert list(redis.scan_iter("df:jobs:*")) == []


def test_a_job_that_nobody_took_leaves_the_list_when_it_expires(
    redis: Redis, lists: JobLists
) -> None:
    JobStore(redis, ttl_s=0.05).create(Job.new(media=upload(redis)))
    job = JobStore(redis).create(Job.new(media=upload(redis)))
    time.sleep(0.1)
    assert JobStore(redis).counts().queued["interactive"] == 1  # a look sweeps
    assert int(redis.zcard("df:jobs:local")) == 1
    assert walk(lists) == [[job.id]]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.sampled_from(["create", "delete", "page"]), max_size=12),
    limit=st.integers(1, 3),
)
def test_every_job_that_stays_is_on_exactly_one_page(
    redis: Redis, steps: list[str], limit: int
) -> None:
    redis.flushall()
    lists, store = JobLists(redis), JobStore(redis)
    at_first = [enqueue(redis).id for _ in range(6)]
    gone: set[str] = set()
    seen: list[str] = []
    page = lists.page("local", ANY, limit=limit)
    seen += [job.id for job in page.jobs]
    for number, step in enumerate([*steps, *["page"] * 6]):
        if step == "create":
            enqueue(redis)
        elif step == "delete" and (left := [i for i in at_first if i not in gone]):
            gone.add(left[number % len(left)])
            store.delete(left[number % len(left)], "local")
        elif page.next is not None:
            page = lists.page("local", ANY, after=page.next, limit=limit)
            seen += [job.id for job in page.jobs]
    assert len(seen) == len(set(seen))
    assert {job_id for job_id in at_first if job_id not in gone} <= set(seen)
    assert set(seen) <= set(at_first)
