from __future__ import annotations

import json
from pathlib import Path

import pytest
from redis import Redis

from api.access.auth import read_keys
from core.scopes import Scope
from core.store.api_keys import ApiKeyStore, digest
from tests.deepfake.conftest import RunCommand


def test_keys_are_appended_and_readable_by_their_owner_alone(
    run: RunCommand, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.txt"
    first = run("keys", "new", "--tenant", "alice", "--file", keys).stdout.strip()
    keys.write_text(keys.read_text().rstrip("\n"))  # as some editors leave it
    second = run("keys", "new", "--tenant", "bob", "--file", keys).stdout.strip()
    assert sorted(read_keys(keys).values()) == ["alice", "bob"]
    assert keys.stat().st_mode & 0o777 == 0o600
    assert first != second
    assert first not in keys.read_text()


def test_without_a_file_the_line_is_shown(run: RunCommand) -> None:
    done = run("keys", "new", "--tenant", "alice")
    assert "alice:" in done.stderr
    assert done.stdout.startswith("dfk_")


def test_a_bad_tenant_is_one_line(run: RunCommand) -> None:
    done = run("keys", "new", "--tenant", "not a name")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: 'not a name' cannot name a tenant")


def test_a_key_is_created_listed_rotated_and_revoked_in_redis(
    run: RunCommand, redis_url: str, redis: Redis
) -> None:
    at = ("--redis-url", redis_url)
    store = ApiKeyStore(redis)
    made = run("keys", "create", "--tenant", "alice", "--label", "ci", "--expires", "90d", *at)
    secret = made.stdout.strip()
    key_id = made.stderr.split()[1]
    assert "may: read, submit" in made.stderr
    assert store.find(digest(secret)).id == key_id
    listed = run("keys", "list", "--tenant", "alice", *at).stdout
    assert listed.splitlines()[1].split()[:4] == [key_id, "alice", "read,submit", "active"]
    assert secret not in listed
    again = run("keys", "rotate", key_id, "--grace", "0", *at).stdout.strip()
    assert (store.find(digest(secret)).state, store.find(digest(again)).state) == (
        "replaced",
        "active",
    )
    assert run("keys", "revoke", key_id, *at).output == f"Key {key_id} of alice is revoked.\n"
    assert store.find(digest(again)).state == "revoked"
    assert key_id not in run("keys", "list", *at).output
    (line,) = run("keys", "list", "--all", "--json", *at).stdout.splitlines()
    told = json.loads(line)
    assert (told["id"], told["state"], told["label"]) == (key_id, "revoked", "ci")


def test_a_key_has_the_scopes_that_were_asked_for(
    run: RunCommand, redis_url: str, redis: Redis
) -> None:
    made = run("keys", "create", "--tenant", "alice", "--scope", "admin", "--redis-url", redis_url)
    found = ApiKeyStore(redis).find(digest(made.stdout.strip()))
    assert (found.tenant, set(found.scopes)) == ("alice", {Scope.ADMIN})
    wrong = run("keys", "create", "--tenant", "alice", "--scope", "all", "--redis-url", redis_url)
    assert wrong.exit_code == 2


@pytest.mark.parametrize("length", ["1w", "-1d", "1.5h", "11111d", "d", ""])
def test_a_length_of_time_is_explained(run: RunCommand, redis_url: str, length: str) -> None:
    done = run("keys", "rotate", "key_x", "--grace", length, "--redis-url", redis_url)
    assert done.exit_code == 2
    never = run("keys", "create", "--tenant", "a", "--expires", "0", "--redis-url", redis_url)
    assert never.exit_code == 2
    assert "90d, 24h" in done.stderr or "10 years" in done.stderr


def test_a_key_that_is_not_there_and_a_redis_that_is_away_are_one_line(
    run: RunCommand, redis_url: str, tmp_path: Path
) -> None:
    missing = run("keys", "revoke", "key_nothing", "--redis-url", redis_url)
    away = run("keys", "list", "--redis-url", f"unix://{tmp_path}/nowhere.sock")
    assert (missing.exit_code, away.exit_code) == (1, 1)
    assert missing.stderr.startswith("Error: There is no API key key_nothing")
    assert away.stderr.startswith("Error: Redis cannot be reached")
