"""The OpenAPI document as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from api.app import create_app
from api.settings import GatewaySettings


def document() -> dict[str, Any]:
    """What a gateway answers at ``/openapi.json``, whatever this process's own settings are."""
    return create_app(GatewaySettings.model_construct()).openapi()


def text_of(told: Mapping[str, Any]) -> str:
    """One field a line, so that a change shows as the lines that changed."""
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"
