"""Options that name the models of a service: one for all files, or another for videos."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class WantedModels:
    """What was asked for; None is the default, and for videos the model of images."""

    model: str | None
    runtime: str | None
    video_model: str | None
    video_runtime: str | None


_OPTIONS = (
    click.option(
        "--model", envvar="DEEPFAKE_MODEL", show_envvar=True, metavar="NAME|PATH",
        help="A bundle; the default is the one that ships.",
    ),
    click.option(
        "--runtime", envvar="DEEPFAKE_RUNTIME", show_envvar=True, metavar="NAME",
        help="auto, tensorflow, openvino-fp32 or openvino-int8. Default: auto.",
    ),
    click.option(
        "--video-model", envvar="DEEPFAKE_VIDEO_MODEL", show_envvar=True, metavar="NAME|PATH",
        help="A bundle for videos. Default: --model judges them too.",
    ),
    click.option(
        "--video-runtime", envvar="DEEPFAKE_VIDEO_RUNTIME", show_envvar=True, metavar="NAME",
        help="The runtime of the model for videos. Default: auto.",
    ),
)  # fmt: skip


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one argument, ``models``."""

    @functools.wraps(command)
    def with_models(
        *args: Any,
        model: str | None,
        runtime: str | None,
        video_model: str | None,
        video_runtime: str | None,
        **others: Any,
    ) -> Any:
        models = WantedModels(model, runtime, video_model or None, video_runtime)
        return command(*args, models=models, **others)

    wrapped: Callable[..., Any] = with_models
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped
