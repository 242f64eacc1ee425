from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import ConfigurationError
from training.data.mixture import Mixture
from training.recipes import Recipe, find_recipe, override, parse_settings


def _set(*settings: str, recipe: str = "faces") -> Recipe:
    return override(find_recipe(recipe), parse_settings(settings))


def test_fields_are_typed() -> None:
    recipe = _set("learning_rate=2e-4", "steps=100", "freeze_norm=true", "clip_norm=null")
    assert (recipe.learning_rate, recipe.steps, recipe.clip_norm) == (2e-4, 100, None)
    assert recipe.freeze_norm is True
    assert _set("freeze_until=all").freeze_until == "all"
    assert _set("class_weights=[1, 2]").class_weights == (1.0, 2.0)
    assert _set("weights=none").weights == "none"


def test_a_dotted_name_reaches_into_a_field() -> None:
    recipe = _set("augmentation.flip=0", "augmentation.erase_area=[0.1,0.2]")
    assert (recipe.augmentation.flip, recipe.augmentation.erase_area) == (0, (0.1, 0.2))
    assert recipe.augmentation.margin == find_recipe("faces").augmentation.margin


def test_a_name_with_several_points_reaches_further() -> None:
    before = find_recipe("faces").augmentation
    after = _set(
        "augmentation.degradation.quality=[60,90]",
        "augmentation.degradation.film=0.1",
        "augmentation.blending.opacity=[1]",
    ).augmentation
    assert after.degradation == replace(before.degradation, quality=(60, 90), film=0.1)
    assert after.blending == replace(before.blending, opacity=(1.0,))


def test_the_weight_of_any_source_may_be_set() -> None:
    assert _set("mixture.weights.lfw=3", "mixture.weights.v1.2=0").mixture == Mixture(
        {"lfw": 3.0, "v1.2": 0.0}
    )
    assert _set("mixture.weights.swap=2", recipe="frozen_base").mixture == Mixture({"swap": 2.0})
    assert _set("mixture={}", recipe="frozen_base").mixture == Mixture()


def test_the_rest_stays_as_it_was() -> None:
    before = find_recipe("advanced_fine_tune")
    after = _set("seed=9", recipe="advanced_fine_tune")
    assert after == before.model_copy(update={"seed": 9})


def test_steps_and_epochs_replace_each_other() -> None:
    assert _set("epochs=2").steps is None
    assert _set("steps=5", recipe="frozen_base").epochs is None
    with pytest.raises(ConfigurationError, match="one of steps and epochs"):
        _set("steps=5", "epochs=2")


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("stepz=1", r"no field 'stepz'; there are: network, margin, .*steps, epochs"),
        ("name=x", r"no field 'name'"),
        ("augmentation.flop=1", r"'augmentation\.flop'; there are: augmentation\.flip"),
        ("seed.x=1", r"seed has no parts"),
        ("augmentation.flip.x=1", r"augmentation\.flip has no parts"),
        ("augmentation.degradation.x=1", r"'augmentation\.degradation\.x'; there are: .*\.crf"),
        ("augmentation.degradation.film=x", r"augmentation\.degradation\.film \(given: 'x'\)"),
        ("steps=ten", r"steps \(given: 'ten'\): Input should be a valid integer"),
        ("learning_rate=-1", r"learning_rate \(given: -1\): Input should be greater than 0"),
        ("optimizer=sgd", r"optimizer \(given: 'sgd'\): Input should be 'adam' or 'adamw'"),
        ("precision=half", r"'auto', 'float32', 'mixed_float16' or 'mixed_bfloat16'"),
        ("freeze_until=base", r"freeze_until .*valid integer.*, or Input should be 'all'"),
        ("augmentation.flip=abc", r"augmentation\.flip \(given: 'abc'\)"),
        ("steps", r"'steps' must read field=value"),
    ],
)
def test_what_does_not_fit_is_named_with_what_would(setting: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        _set(setting)
