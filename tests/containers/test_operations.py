"""docs/operations.md and the settings classes name the same variables."""

from __future__ import annotations

import re

import pytest
from pydantic_settings import BaseSettings

from api.settings import GatewaySettings
from tests.containers.dockerfile import ROOT
from worker.settings import WorkerSettings
from worker.webhooks.settings import WebhookSettings

_READERS = "(?:gateway|worker|sender)"
_ROW = re.compile(
    rf"^\| `([A-Z0-9_]+)` \| .* \| (both|{_READERS}(?:, {_READERS})*) \|", re.MULTILINE
)


def _documented(process: str) -> set[str]:
    rows: list[tuple[str, str]] = _ROW.findall((ROOT / "docs/operations.md").read_text("utf-8"))
    return {name for name, readers in rows if {"both", process} & set(readers.split(", "))}


@pytest.mark.parametrize(
    ("process", "settings"),
    [("gateway", GatewaySettings), ("worker", WorkerSettings), ("sender", WebhookSettings)],
)
def test_every_setting_is_documented_and_nothing_else(
    process: str, settings: type[BaseSettings]
) -> None:
    names = {
        str(field.validation_alias or f"DEEPFAKE_{name.upper()}")
        for name, field in settings.model_fields.items()
    }
    assert _documented(process) == names
