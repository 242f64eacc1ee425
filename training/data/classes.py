"""Which class a name means: read from the name, never from the order of names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.errors import ConfigurationError

# What may stand beside "real" or "fake" without changing what it means: 0_real, training_fake.
_NEUTRAL = frozenset(
    {"train", "training", "valid", "validation", "val", "test", "testing", "class"}
    | {"image", "images", "img", "face", "faces"}
)


def is_fake(name: str) -> bool | None:
    """True for fake, False for real, None where the name does not say."""
    words = {word for word in re.split(r"[\W\d_]+", name.casefold()) if word}
    meant = words & {"real", "fake"}
    if len(meant) != 1 or words - meant - _NEUTRAL:
        return None
    return "fake" in meant


def unknown_classes(names: Iterable[str], where: str) -> ConfigurationError:
    """The error for names that say no class."""
    listed = ", ".join(repr(name) for name in sorted(set(names)))
    return ConfigurationError(f"{where}: {listed} names no class; call the folders real and fake.")
