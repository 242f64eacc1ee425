"""One device or several: a batch is divided between them and the gradients are added up."""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def choose_strategy(devices: Sequence[str] | None = None) -> Any:
    """A ``tf.distribute.Strategy``: mirrored over the devices, by default every GPU visible.

    With fewer than two it is the default one, which leaves everything as it is.
    """
    import tensorflow as tf

    if devices is None:
        devices = [device.name for device in tf.config.list_logical_devices("GPU")]
    if len(devices) < 2:
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy(devices)


def spread(batches: Any, strategy: Any) -> Any:
    """Batches in an order that gives each device of ``strategy`` both classes.

    A mixture's batch has its real pictures first. Divided as it is, one device would normalise
    real pictures alone and the other fakes alone (BatchNormalization counts per device).
    """
    import tensorflow as tf

    if strategy.num_replicas_in_sync < 2:
        return batches

    def deal(crops: Any, fake: Any) -> tuple[Any, Any]:
        real_first = tf.argsort(fake, stable=True)
        half = (tf.size(real_first) + 1) // 2
        place = tf.range(tf.size(real_first))
        order = tf.gather(real_first, place // 2 + (place % 2) * half)
        return tf.gather(crops, order), tf.gather(fake, order)

    return batches.map(deal, num_parallel_calls=1)
