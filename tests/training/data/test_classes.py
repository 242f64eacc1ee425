from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.classes import is_fake, unknown_classes


@pytest.mark.parametrize("name", ["fake", "FAKE", "1_fake", "training_fake", "fake-faces", "Fake2"])
def test_a_name_with_the_word_fake_means_fake(name: str) -> None:
    assert is_fake(name) is True


@pytest.mark.parametrize("name", ["real", "Real", "0_real", "1_real", "training_real"])
def test_a_name_with_the_word_real_means_real(name: str) -> None:
    assert is_fake(name) is False


@pytest.mark.parametrize(
    "name", ["0", "1", "original", "deepfake", "not_real", "unreal", "real_vs_fake", "", "_"]
)
def test_any_other_name_says_no_class(name: str) -> None:
    assert is_fake(name) is None


def test_the_error_says_what_names_are_known() -> None:
    message = unknown_classes(["b", "a"], "train/x").message
    assert message == "train/x: 'a', 'b' names no class; call the folders real and fake."


@settings(deadline=None)
@given(st.text())
def test_no_name_breaks_it(name: str) -> None:
    assert is_fake(name) in (True, False, None)
