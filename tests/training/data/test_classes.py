from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError
from training.data.classes import BY_NAME, ClassNames, unknown_classes


@pytest.mark.parametrize("name", ["fake", "FAKE", "1_fake", "training_fake", "fake-faces", "Fake2"])
def test_a_name_with_the_word_fake_means_fake(name: str) -> None:
    assert BY_NAME.is_fake(name) is True


@pytest.mark.parametrize("name", ["real", "Real", "0_real", "1_real", "training_real"])
def test_a_name_with_the_word_real_means_real(name: str) -> None:
    assert BY_NAME.is_fake(name) is False


@pytest.mark.parametrize(
    "name", ["0", "1", "original", "deepfake", "not_real", "unreal", "real_vs_fake", "", "_"]
)
def test_any_other_name_says_no_class(name: str) -> None:
    assert BY_NAME.is_fake(name) is None


def test_a_name_can_be_given_a_class() -> None:
    names = ClassNames.of(real=["Original"], fake=["manipulated", "not_real"])
    assert names.is_fake("original") is False
    assert names.is_fake("Manipulated") is True
    assert names.is_fake("not_real") is True
    assert names.is_fake("1_fake") is True


def test_one_name_for_both_classes_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'a'"):
        ClassNames.of(real=["a"], fake=["A"])


def test_the_error_offers_the_options() -> None:
    message = unknown_classes(["b", "a"], "train/x").message
    assert message.startswith("train/x: 'a', 'b' names no class")
    assert "--real NAME" in message


@settings(deadline=None)
@given(st.text())
def test_no_name_breaks_it(name: str) -> None:
    assert BY_NAME.is_fake(name) in (True, False, None)
