from __future__ import annotations

import pytest

from tests.containers.dockerfile import ROOT


@pytest.mark.parametrize("name", ["result.py", "provenance.py"])
def test_the_client_ships_the_one_owner_of_a_shape(name: str) -> None:
    """A link in the repository; wheels and source distributions hold the file itself."""
    ours = ROOT / "clients/python/deepfake_client" / name
    assert ours.resolve() == ROOT / "core" / name
