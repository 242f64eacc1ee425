from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import ConfigurationError
from core.model.preprocess import Scaling
from tests.training.pictures import tiny_network
from training.networks.network import Network, in_common


def test_experts_of_one_kind_leave_as_many_convolutions_in_fp32_as_the_neediest() -> None:
    other = replace(tiny_network(), name="other", float_convolutions=2)
    assert in_common([tiny_network(), other]).float_convolutions == 2
    assert in_common([other, tiny_network()]).name == "other"


@pytest.mark.parametrize(
    "other",
    [
        replace(tiny_network(), name="other", scaling=Scaling.UNIT),
        replace(tiny_network(), name="other", features="pool"),
        replace(tiny_network(), name="other", linear_head=False),
    ],
)
def test_experts_of_different_kinds_do_not_combine(other: Network) -> None:
    with pytest.raises(ConfigurationError, match="Experts of tiny, other do not combine"):
        in_common([tiny_network(), other])
