"""Inception-ResNet-v2 (Szegedy et al. 2017) with the head of the seed system.

The base is that of Keras: 780 layers, 54.3 M parameters. The head is global average pooling,
Dense 512 with L2 and an activation, BatchNormalization, dropout and one linear unit. The
network answers with the **logit**; the sigmoid is in the loss while training and in the
calibration when serving, which is the same function and keeps its precision.
"""

from __future__ import annotations

from typing import Any

from core.errors import ConfigurationError
from core.model.preprocess import Scaling
from training.networks.network import Head, Network

FEATURES = "conv_7b_ac"  # (n, 5, 5, 1536) at 224 px
HIDDEN_UNITS = 512


def build(size: int | None = None, head: Head | None = None) -> Any:
    """Return an untrained flat ``keras.Model``: (n, size, size, 3) float32 -> (n, 1) logits.

    Raises :class:`ConfigurationError` when ``head`` names no activation.
    """
    import keras

    head = head or Head(dropout=0.5, activation="relu", l2=1e-4)
    if head.activation is None:
        raise ConfigurationError(
            "inception_resnet_v2 needs an activation: set activation=relu or leaky_relu."
        )
    inputs = keras.Input((size, size, 3), name="crops")
    base = keras.applications.InceptionResNetV2(
        include_top=False, weights=None, input_tensor=inputs
    )
    return keras.Model(inputs, add_head(base.output, head), name="inception_resnet_v2")


def add_head(features: Any, head: Head) -> Any:
    """From the last feature map, (n, h, w, channels), to (n, 1) logits: six layers."""
    import keras

    x = keras.layers.GlobalAveragePooling2D(name="pool")(features)
    penalty = keras.regularizers.L2(head.l2)
    x = keras.layers.Dense(HIDDEN_UNITS, kernel_regularizer=penalty, name="hidden")(x)
    # The slope of LeakyReLU is Keras' own, 0.3.
    leaky = head.activation == "leaky_relu"
    x = keras.layers.LeakyReLU()(x) if leaky else keras.layers.ReLU()(x)
    x = keras.layers.BatchNormalization(name="hidden_bn")(x)
    x = keras.layers.Dropout(head.dropout, name="dropout")(x)
    return keras.layers.Dense(1, dtype="float32", name="logit")(x)


def load_imagenet(model: Any) -> None:
    """Fill the base with the ImageNet weights that Keras downloads, once, to ``~/.keras``.

    Raises :class:`ConfigurationError` when they cannot be had.
    """
    import keras

    try:
        found = keras.applications.InceptionResNetV2(
            include_top=False, weights="imagenet", input_shape=(None, None, 3)
        )
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise ConfigurationError(
            f"The ImageNet weights of inception_resnet_v2 cannot be downloaded: {error}. "
            "Fetch that file elsewhere and train with --set weights=FILE.h5, or with weights=none."
        ) from error
    base = keras.Model(model.input, model.get_layer(FEATURES).output)
    base.set_weights(found.get_weights())


NETWORK = Network(
    name="inception_resnet_v2",
    scaling=Scaling.SIGNED,
    build=build,
    load_imagenet=load_imagenet,
    features=FEATURES,
    linear_head=False,
)
