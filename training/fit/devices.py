"""One device or several: a batch is divided between them and the gradients are added up.

Several share a batch on the TensorFlow backend alone; the others compute on one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from core.errors import ConfigurationError
from training.fit import backend


class Strategy(Protocol):
    """How variables lie on devices, as ``tf.distribute.Strategy`` says it."""

    @property
    def num_replicas_in_sync(self) -> int:
        """Devices that share a batch."""

    def scope(self) -> AbstractContextManager[Any]:
        """Where variables are made."""


class OneDevice:
    """The device that the backend chooses by itself."""

    num_replicas_in_sync = 1

    def scope(self) -> AbstractContextManager[Any]:
        """Changes nothing."""
        return nullcontext()


def choose_strategy(devices: Sequence[str] | None = None) -> Strategy:
    """With TensorFlow mirrored over the devices, by default every GPU visible; else one device.

    Raises :class:`ConfigurationError` when another backend is given several.
    """
    if backend.name() != backend.TENSORFLOW:
        if devices is not None and len(devices) > 1:
            raise ConfigurationError(
                f"{len(devices)} devices cannot share a batch on the backend {backend.name()}; "
                "give one, or train with KERAS_BACKEND=tensorflow."
            )
        return OneDevice()
    import tensorflow as tf

    if devices is None:
        devices = [device.name for device in tf.config.list_logical_devices("GPU")]
    strategy: Strategy = (
        tf.distribute.get_strategy()
        if len(devices) < 2
        else tf.distribute.MirroredStrategy(devices)
    )
    return strategy


def describe(strategy: Strategy) -> str:
    """The backend and the devices of a run, in words."""
    names, used = backend.gpus(), strategy.num_replicas_in_sync
    told = f"{backend.name()} {backend.version()} on "
    if used > 1:
        return told + f"{used} devices that share a batch"
    told += names[0] if names else "the CPU"
    if len(names) > 1:
        told += (
            f", one of {len(names)} GPUs (several share a batch on the tensorflow backend alone)"
        )
    return told
