from __future__ import annotations

from tests.containers.dockerfile import ROOT


def test_the_client_ships_the_one_owner_of_a_results_shape() -> None:
    """A link in the repository; wheels and source distributions hold the file itself."""
    ours = ROOT / "clients/python/deepfake_client/result.py"
    assert ours.resolve() == ROOT / "core/result.py"
