"""One thing that ``deepfake doctor`` looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """``fail`` is for what the service cannot run without."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found, and what to do about it; ``hint`` is empty where nothing is to do."""

    name: str
    health: Health
    detail: str
    hint: str = ""
