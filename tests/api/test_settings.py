from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import GatewaySettings
from core.errors import ConfigurationError
from core.store.accounts import TenantLimits


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_PORT", "81")
    monkeypatch.setenv("DEEPFAKE_MAX_UPLOADS", "3")
    settings = GatewaySettings.load()
    assert (settings.port, settings.max_uploads) == (81, 3)


def test_every_bad_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_PORT", "http")
    monkeypatch.setenv("DEEPFAKE_FRAMES", "0")
    with pytest.raises(ConfigurationError, match=r"DEEPFAKE_PORT.*DEEPFAKE_FRAMES"):
        GatewaySettings.load()


def test_a_key_in_place_of_where_keys_are_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEEPFAKE_API_KEYS", "dfk_secret")
    with pytest.raises(ConfigurationError, match="DEEPFAKE_API_KEYS: Input should be 'redis'") as e:
        GatewaySettings.load()
    assert "dfk_secret" not in str(e.value)


def test_keys_are_needed_with_a_file_or_with_redis() -> None:
    assert not GatewaySettings().keys_needed
    assert GatewaySettings(api_keys_file=Path("keys")).keys_needed
    shared = GatewaySettings(api_keys="redis", tenant_share=0.25)
    assert shared.keys_needed
    assert shared.uploads_of_a_tenant == 4


def test_the_largest_upload_must_fit_the_bytes_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_MAX_UPLOAD_BYTES", "11")
    monkeypatch.setenv("DEEPFAKE_MAX_BYTES_IN_FLIGHT", "10")
    with pytest.raises(ConfigurationError, match="largest upload could never be taken"):
        GatewaySettings.load()


def test_a_file_of_a_batch_waits_for_room_no_longer_than_its_bytes_live() -> None:
    assert GatewaySettings().room_patience_s == 45
    assert GatewaySettings(batch_patience_s=600).room_patience_s == 70
    assert GatewaySettings(batch_patience_s=600, upload_idle_s=60).room_patience_s == 130


def test_one_tenant_may_have_a_share_of_the_whole_and_all_of_it_without_keys() -> None:
    alone = GatewaySettings()
    assert alone.uploads_of_a_tenant == 16
    assert alone.tenant_limits == TenantLimits(queued_jobs=alone.max_queued_jobs)
    shared = GatewaySettings(api_keys_file=Path("keys"), tenant_share=0.25, max_queued_jobs=3)
    assert shared.uploads_of_a_tenant == 4
    assert shared.tenant_limits.queued_jobs == 1
    assert shared.tenant_limits.bytes_in_flight == shared.max_upload_bytes  # one always fits


@pytest.mark.parametrize("path", ["deepfake", "/a//b", "//evil.example", "/a?b", "/a b"])
def test_a_root_path_that_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="root_path"):
        GatewaySettings(root_path=path)


def test_a_root_path_may_end_with_a_slash() -> None:
    assert [GatewaySettings(root_path=p).root_path for p in ("", "/", "/a/", "/a/b")] == [
        "", "", "/a", "/a/b",
    ]  # fmt: skip


def test_trusted_proxies_are_addresses_or_networks() -> None:
    GatewaySettings(trusted_proxies="10.0.0.1, 10.1.0.0/16,::1")
    GatewaySettings(trusted_proxies="*")
    with pytest.raises(ValidationError, match="'nginx' is no address or network"):
        GatewaySettings(trusted_proxies="10.0.0.1,nginx")


def test_urls_are_fetched_where_keys_are_asked_for_unless_a_setting_says_otherwise() -> None:
    keys = Path("keys")
    assert not GatewaySettings().fetches_urls
    assert GatewaySettings(fetch_urls=True).fetches_urls
    assert GatewaySettings(api_keys_file=keys).fetches_urls
    assert not GatewaySettings(api_keys_file=keys, fetch_urls=False).fetches_urls
