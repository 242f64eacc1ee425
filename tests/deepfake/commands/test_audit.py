from __future__ import annotations

import json

from redis import Redis

from core.store.api_keys import ApiKeyStore
from core.store.audit import Actor
from tests.deepfake.conftest import RunCommand


def test_the_log_tells_who_did_what_from_where(
    run: RunCommand, redis_url: str, redis: Redis
) -> None:
    at = ("--redis-url", redis_url)
    made = run("keys", "create", "--tenant", "alice", "--label", "ci", *at)
    key_id = made.stderr.split()[1]
    ApiKeyStore(redis).revoke(key_id, actor=Actor("key_admin", "203.0.113.7"))
    head, created, revoked = run("audit", *at).stdout.splitlines()
    assert head.split()[:3] == ["WHEN", "(UTC)", "WHAT"]
    assert f"key.created  alice   {key_id}" in created
    assert "command line" in created
    assert "203.0.113.7" in revoked
    told = run("audit", "--json", "--limit", "1", *at)
    (entry,) = [json.loads(line) for line in told.stdout.splitlines()]
    assert (entry["action"], entry["actor"], entry["address"]) == (
        "key.revoked",
        "key_admin",
        "203.0.113.7",
    )
    assert made.stdout.strip() not in run("audit", *at).output


def test_an_empty_log_is_a_head_alone(run: RunCommand, redis_url: str) -> None:
    assert len(run("audit", "--redis-url", redis_url).stdout.splitlines()) == 1
