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
    """What was found, and what to do about it; ``hint`` is empty where nothing is to do.

    Raises ValueError for a failure without a hint, because nobody could act on it.
    """

    name: str
    health: Health
    detail: str
    hint: str = ""

    def __post_init__(self) -> None:
        if self.health is Health.FAIL and not self.hint:
            raise ValueError(f"The check {self.name!r} fails without saying what to do.")
