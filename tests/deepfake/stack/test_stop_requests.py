from __future__ import annotations

import os
import signal

import pytest

from deepfake.stack.stop_requests import stop_requests


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_counted_and_their_handlers_come_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_requests() as requests:
        assert requests() == 0
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert requests() == 2
    assert signal.getsignal(number) == before
