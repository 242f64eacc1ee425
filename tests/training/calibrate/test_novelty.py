from __future__ import annotations

import numpy as np
import pytest

from core.errors import ConfigurationError
from training.calibrate.novelty import fit_novelty


def test_the_limit_refuses_at_most_the_share_of_each_kind() -> None:
    rng = np.random.default_rng(0)
    kinds = {"clips": rng.gamma(3, 1, 100), "pictures": rng.gamma(3, 2, 1000)}
    found = fit_novelty(kinds, 0.02, "valid of here")
    shares = {kind: (values > found.limit).mean() for kind, values in kinds.items()}
    assert max(shares.values()) == shares["pictures"] == 0.02
    assert found.rate == pytest.approx((shares["clips"] * 100 + 20) / 1100, abs=1e-4)
    assert found.fitted_on == "100 clips and 1000 pictures, valid of here"


def test_too_few_files_for_the_share_are_refused_with_the_number_that_is_needed() -> None:
    with pytest.raises(ConfigurationError, match=r"0\.02 of clips needs 50 .* there are 49"):
        fit_novelty({"clips": np.ones(49)}, 0.02, "here")
    assert fit_novelty({"clips": np.arange(50.0)}, 0.02, "here").limit == pytest.approx(48, abs=0.1)
