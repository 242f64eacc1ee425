"""The same tower in Keras, so that its normalizations can be tuned, and a head for tuning alone.

Only layers that Keras itself has, so that a saved network loads without code of this project. The
head is one layer on the class tokens of all blocks, each normalized: what a fake leaves is in the
middle of the network, and every block gets its gradient by a short way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from core.errors import ConfigurationError
from core.model.preprocess import Scaling
from training.networks.clip.norms import EPSILON
from training.networks.clip.tower_weights import TowerWeights
from training.networks.clip.wheel import tower_file
from training.networks.network import Head, Network

SLOPE = 1.702  # of the sigmoid that stands for GELU
FEATURES = "class_tokens"


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a vision transformer is; by default ViT-B/16."""

    size: int = 224  # px, of a crop
    patch: int = 16  # px
    width: int = 768
    heads: int = 12
    hidden: int = 3072  # units of the layer between the two of a block
    blocks: int = 12

    @property
    def places(self) -> int:
        """Patches of a crop."""
        return (self.size // self.patch) ** 2


def build(shape: Shape, size: int | None = None, head: Head | None = None) -> Any:
    """Return an untrained ``keras.Model``: (n, size, size, 3) float32 in [0, 1] → (n, 1) logits.

    Raises :class:`ConfigurationError` for another side than that of the shape: the positions of
    patches were learned for it.
    """
    import keras

    if size not in (None, shape.size):
        raise ConfigurationError(f"The tower sees crops of {shape.size} px, not of {size}.")
    crops = keras.Input((shape.size, shape.size, 3), name="crops")
    tokens = _stem(crops, shape)
    found = []
    for number in range(shape.blocks):
        tokens = _block(tokens, number, shape)
        found.append(_class_token(tokens, number, shape))
    x = keras.layers.Concatenate(dtype="float32", name=FEATURES)(found)
    # So many inputs move the logit far in one step of Adam, whatever their gradients are.
    x = keras.layers.Rescaling(head_scale(shape), dtype="float32", name="shrunk")(x)
    x = keras.layers.Dropout((head or Head()).dropout, dtype="float32", name="dropout")(x)
    logit = keras.layers.Dense(1, kernel_initializer="zeros", dtype="float32", name="logit")(x)
    return keras.Model(crops, logit, name="clip_vit_b16")


def head_scale(shape: Shape) -> float:
    """What gives each class token the length 1, before the head."""
    return float(shape.width**-0.5)


def _stem(crops: Any, shape: Shape) -> Any:
    """Patches → tokens with their positions; the first is the class token. All in float32."""
    from keras import layers

    side, patch = shape.size // shape.patch, shape.patch
    x = layers.Reshape((side, patch, side, patch, 3), dtype="float32", name="rows")(crops)
    x = layers.Permute((1, 3, 2, 4, 5), dtype="float32", name="squares")(x)
    x = layers.Reshape((shape.places, patch * patch * 3), dtype="float32", name="patches")(x)
    # An empty patch stands where the class token is to be: its bias brings the token.
    x = layers.ZeroPadding1D((1, 0), dtype="float32", name="place")(x)
    x = layers.EinsumDense(
        "abc,cd->abd", (shape.places + 1, shape.width), bias_axes="bd", dtype="float32",
        name="embedding",
    )(x)  # fmt: skip
    return layers.LayerNormalization(epsilon=EPSILON, dtype="float32", name="pre_norm")(x)


def _block(x: Any, number: int, shape: Shape) -> Any:
    """Attention and two dense layers, each beside a way past it that is in float32."""
    from keras import layers

    def named(name: str) -> str:
        return f"block_{number}_{name}"

    normal = partial(layers.LayerNormalization, epsilon=EPSILON, dtype="float32")
    y = normal(name=named("norm1"))(x)
    attention = layers.MultiHeadAttention(
        shape.heads, shape.width // shape.heads, name=named("attention")
    )
    y = attention(y, y)
    x = layers.Add(name=named("attended"), dtype="float32")([x, y])
    y = normal(name=named("norm2"))(x)
    y = layers.Dense(shape.hidden, name=named("dense1"))(y)
    gate = layers.Rescaling(SLOPE, name=named("slope"))(y)
    gate = layers.Activation("sigmoid", name=named("gate"))(gate)
    y = layers.Multiply(name=named("gelu"))([y, gate])
    y = layers.Dense(shape.width, name=named("dense2"))(y)
    return layers.Add(name=named("answer"), dtype="float32")([x, y])


def _class_token(tokens: Any, number: int, shape: Shape) -> Any:
    from keras import layers

    x = layers.Cropping1D((0, shape.places), name=f"token_{number}")(tokens)
    x = layers.Flatten(name=f"token_{number}_flat")(x)
    # Mean 0 and variance 1, without weights of its own.
    return layers.LayerNormalization(
        epsilon=EPSILON, center=False, scale=False, dtype="float32", name=f"token_{number}_norm"
    )(x)


def load_published(model: Any) -> None:
    """Fill all but the head with the weights of the installed wheel; see its errors there."""
    TowerWeights.read(tower_file()).fill(model, Shape())


NETWORK = Network(
    name="clip_vit_b16",
    scaling=Scaling.UNIT,
    build=partial(build, Shape()),
    load_imagenet=load_published,
    published="CLIP's, of 400 million pictures with texts,",
    features=FEATURES,
    linear_head=False,
)
