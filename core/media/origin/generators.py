"""Known generators and face swappers, by the names that they write into metadata."""

from __future__ import annotations

import re
from typing import Final

# Words of everyday language (Imagen, Veo, Sora) count beside their maker's name or a version only.
# fmt: off
_NAMES: Final = (
    "Adobe Firefly", "AUTOMATIC1111", "Bing Image Creator", "ChatGPT", "Civitai", "ComfyUI",
    "DALL-E", "DALL·E", "DALLE", "DeepFaceLab", "DeepFaceLive", "DreamStudio", "FaceApp",
    "FaceFusion", "Fooocus", "Google Gemini", "Google Imagen", "Google Veo", "HeyGen", "Ideogram",
    "InvokeAI", "Kling AI", "Leonardo.Ai", "Luma AI", "Made with Google AI", "Meta AI",
    "Midjourney", "NovelAI", "OpenAI", "Pika Labs", "RunwayML", "SadTalker", "Sora 2",
    "Stability AI", "Stable Diffusion", "Synthesia", "Wav2Lip", "xAI Grok",
)
# fmt: on
_ANY: Final = re.compile(
    "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in _NAMES), re.IGNORECASE
)
_BY_LOWER: Final = {name.lower(): name for name in _NAMES}
_NAMED_WITHIN: Final = 4096  # characters: looking for so many names is slow
# How Stable Diffusion's interfaces write down what they were asked for.
_PARAMETERS: Final = re.compile(
    r"\bSteps: \d|[\"'](?:sampler|sampler_name|class_type)[\"']\s{0,9}:"
)


def named_in(text: str) -> str | None:
    """The first known generator that a text names."""
    found = _ANY.search(text, 0, _NAMED_WITHIN)
    return None if found is None else _BY_LOWER[found[0].lower()]


def are_parameters(text: str) -> bool:
    """Whether a text looks like what a generator was asked for."""
    return _PARAMETERS.search(text) is not None
