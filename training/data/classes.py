"""Which class a name means: read from the name, never from the order of names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import ConfigurationError

# What may stand beside "real" or "fake" without changing what it means: 0_real, training_fake.
_NEUTRAL = frozenset(
    {"train", "training", "valid", "validation", "val", "test", "testing", "class"}
    | {"image", "images", "img", "face", "faces"}
)


@dataclass(frozen=True, slots=True)
class ClassNames:
    """Names given for a class; any other name is read by the word ``real`` or ``fake`` in it."""

    real: frozenset[str] = frozenset()
    fake: frozenset[str] = frozenset()

    @classmethod
    def of(cls, real: Iterable[str] = (), fake: Iterable[str] = ()) -> ClassNames:
        """From names in any case.

        Raises :class:`ConfigurationError` when one name is given for both classes.
        """
        names = cls(*(frozenset(name.casefold() for name in some) for some in (real, fake)))
        both = names.real & names.fake
        if both:
            raise ConfigurationError(f"--real and --fake both name {min(both)!r}; it is one class.")
        return names

    def is_fake(self, name: str) -> bool | None:
        """True for fake, False for real, None where the name does not say."""
        known = name.casefold()
        if known in self.real or known in self.fake:
            return known in self.fake
        words = {word for word in re.split(r"[\W\d_]+", known) if word}
        meant = words & {"real", "fake"}
        if len(meant) != 1 or words - meant - _NEUTRAL:
            return None
        return "fake" in meant


BY_NAME = ClassNames()


def unknown_classes(names: Iterable[str], where: str) -> ConfigurationError:
    """The error for names that say no class."""
    listed = ", ".join(repr(name) for name in sorted(set(names)))
    return ConfigurationError(
        f"{where}: {listed} names no class; say what each means with --real NAME and --fake NAME."
    )
