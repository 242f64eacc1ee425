"""What the commands of the service print holds no password and no key, at log level DEBUG.

Each command is a process of its own; those of a running service are in the tests of e2e.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.redis_server import RedisServer

SECRET = "hunter2"
AWAY = f"redis://bob:{SECRET}@127.0.0.1:1/0"


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """The URL of a Redis that wants a password, with that."""
    users = ("--user", "bob", "on", f">{SECRET}", "~*", "&*", "+@all")
    with (
        tempfile.TemporaryDirectory(prefix="df-") as folder,
        RedisServer(Path(folder), *users),
    ):
        yield f"unix://bob:{SECRET}@{folder}/redis.sock"


def done(*command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    given = {f"DEEPFAKE_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "deepfake", *command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEEPFAKE_LOG_LEVEL": "DEBUG", **given},
    )


@pytest.mark.parametrize(
    ("command", "settings", "told"),
    [
        ("keys list", {"redis_url": AWAY}, "Redis cannot be reached"),
        ("keys list", {"redis_url": f"redis://bob:{SECRET}/x@h"}, "cannot be read"),
        ("audit", {"redis_url": f"redis://h/0?passwort={SECRET}"}, "'passwort' is not understood"),
        ("keys list", {"redis_url": SECRET}, "DEEPFAKE_REDIS_URL: no scheme://"),
        ("api", {"redis_url": AWAY, "api_keys": SECRET}, "DEEPFAKE_API_KEYS"),
        ("api", {"redis_url": AWAY, "blob_url": f"s3://AKIA:{SECRET}@b"}, "not the address of a"),
        ("api", {"redis_url": AWAY, "blob_url": f"s3://b?secret={SECRET}"}, "has a '?'"),
    ],
    ids=["away", "unquoted", "misspelt", "no-url", "key-for-a-choice", "s3-user", "s3-query"],
)
def test_a_setting_that_is_wrong_is_named_and_not_shown(
    command: str, settings: dict[str, str], told: str
) -> None:
    ended = done(*command.split(), **settings)
    printed = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert told in printed
    assert SECRET not in printed


def test_a_wrong_password_is_told_without_it(guarded: str) -> None:
    ended = done("keys", "list", redis_url=guarded.replace(SECRET, f"{SECRET}x"))
    assert "refuses the user or the password" in ended.stderr
    assert SECRET not in ended.stdout + ended.stderr


def test_a_new_key_is_on_stdout_once_and_nowhere_else(guarded: str) -> None:
    made = done("keys", "create", "--tenant", "alice", redis_url=guarded)
    assert re.fullmatch(r"dfk_\S{43}\n", made.stdout)
    key, said = made.stdout.strip(), made.stderr
    for command in ("keys list --json", "audit --json"):
        shown = done(*command.split(), redis_url=guarded)
        assert "alice" in shown.stdout
        said += shown.stdout + shown.stderr
    assert key not in said
    assert SECRET not in said
