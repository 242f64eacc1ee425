from __future__ import annotations

import pytest

from api.settings import GatewaySettings
from core.errors import ConfigurationError


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


def test_the_largest_upload_must_fit_the_bytes_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_MAX_UPLOAD_BYTES", "11")
    monkeypatch.setenv("DEEPFAKE_MAX_BYTES_IN_FLIGHT", "10")
    with pytest.raises(ConfigurationError, match="largest upload could never be taken"):
        GatewaySettings.load()
