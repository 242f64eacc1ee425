from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field, ValidationError, model_validator

from core.errors import ConfigurationError
from core.settings import Settings


class OvenSettings(Settings):
    """Settings of a process that there is not."""

    trays: Annotated[int, Field(ge=1)] = 2
    devices: str = Field(default="all", validation_alias="OVEN_DEVICES", pattern="^[a-z]+$")

    @model_validator(mode="after")
    def _trays_fit(self) -> OvenSettings:
        if self.trays > self.max_attempts:
            raise ValueError(f"trays ({self.trays}) is above max_attempts ({self.max_attempts})")
        return self


def test_settings_come_from_prefixed_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_TRAYS", "3")
    monkeypatch.setenv("DEEPFAKE_LOG_LEVEL", "DEBUG")
    settings = OvenSettings.load()
    assert (settings.trays, settings.log_level) == (3, "DEBUG")
    with pytest.raises(ValidationError, match="frozen"):
        settings.trays = 1


def test_every_bad_variable_is_named_with_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_TRAYS", "many")
    monkeypatch.setenv("DEEPFAKE_JOB_TTL_S", "0")
    monkeypatch.setenv("OVEN_DEVICES", "7")
    with pytest.raises(ConfigurationError) as raised:
        OvenSettings.load()
    for told in ("DEEPFAKE_TRAYS='many'", "DEEPFAKE_JOB_TTL_S='0'", " OVEN_DEVICES='7'"):
        assert told in raised.value.message


def test_a_contradiction_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPFAKE_TRAYS", "4")
    with pytest.raises(ConfigurationError, match=r": trays \(4\) is above max_attempts \(3\)\.$"):
        OvenSettings.load()


def test_a_value_that_may_hold_a_password_appears_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    class Strict(Settings):
        redis_url: str = Field(default="redis", max_length=9, repr=False)

    monkeypatch.setenv("DEEPFAKE_REDIS_URL", "redis://:hunter2@redis")
    with pytest.raises(ConfigurationError) as raised:
        Strict.load()
    assert raised.value.message.startswith("Settings that are not valid: DEEPFAKE_REDIS_URL: ")
    assert "hunter2" not in raised.value.message
    assert "hunter2" not in repr(Settings(redis_url="redis://:hunter2@redis"))
