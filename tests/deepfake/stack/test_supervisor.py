"""Restarts and their bounds, with children that only sleep or die."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from deepfake.stack import supervisor as stack_module
from deepfake.stack.child_process import ChildProcess
from deepfake.stack.supervisor import Stack, StackFailed

SLEEPER = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


class ScriptedStack(Stack):
    """Children run a line of Python in place of a gateway and workers."""

    api = SLEEPER
    worker = SLEEPER
    sender = SLEEPER
    started: list[ChildProcess]

    def _start(self, command: str, number: int = 0) -> ChildProcess:  # noqa: ARG002
        script = {"api": self.api, "worker": self.worker, "sender": self.sender}[command]
        child = ChildProcess(command, [sys.executable, "-c", script], os.environ)
        self.started.append(child)
        return child


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def make(said: list[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedStack]:
    monkeypatch.setattr(stack_module, "POLL_S", 0.01)
    monkeypatch.setattr(stack_module, "FIRST_BACKOFF_S", 0.01)

    def build(
        *, workers: int = 1, stopping: Callable[[], int] = lambda: 0, ready: bool = True
    ) -> ScriptedStack:
        stack = ScriptedStack(
            environment={}, workers=workers, redis=None, say=said.append, stopping=stopping,
            is_ready=lambda: ready,
        )  # fmt: skip
        stack.started = []
        return stack

    return build


def test_a_worker_that_keeps_dying_ends_the_stack(
    make: Callable[..., ScriptedStack], said: list[str]
) -> None:
    stack = make()
    stack.start()
    stack.worker = "raise SystemExit(3)"
    stack.started[0].kill()
    with pytest.raises(StackFailed, match="Worker 1 exited with code 3, for the 6th time"):
        stack.watch()
    stack.stop()
    assert len(said) == stack_module.MAX_RESTARTS
    assert "ended by SIGKILL" in said[0]
    assert all(child.exit_code is not None for child in stack.started)


def test_a_worker_that_dies_before_the_stack_is_ready_ends_it(
    make: Callable[..., ScriptedStack],
) -> None:
    stack = make(ready=False)
    stack.worker = "raise SystemExit(1)"
    with pytest.raises(StackFailed, match="The worker exited with code 1"):
        stack.start()
    stack.stop()


def test_a_service_that_never_gets_ready_is_given_up(
    make: Callable[..., ScriptedStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_module, "READY_TIMEOUT_S", 0.1)
    stack = make(ready=False)
    with pytest.raises(StackFailed, match=r"not ready within 0\.1 s"):
        stack.start()
    stack.stop()


def test_a_sender_of_webhooks_that_dies_is_replaced(
    make: Callable[..., ScriptedStack], said: list[str]
) -> None:
    replaced: list[ChildProcess] = []
    stack = make(stopping=lambda: int(len(replaced) > 3))
    stack.started = replaced
    stack.start()
    stack.started[1].kill()
    stack.watch()
    stack.stop()
    assert "The sender of webhooks was ended by SIGKILL" in said[0]


def test_every_worker_is_started_and_stopped(make: Callable[..., ScriptedStack]) -> None:
    stack = make(workers=3)
    assert stack.start()
    assert len(stack.started) == 5
    stack.stop()
    assert [child.exit_code for child in stack.started] == [-signal.SIGTERM] * 5


def test_children_that_do_not_listen_are_killed_at_the_second_request(
    make: Callable[..., ScriptedStack],
) -> None:
    requests = 0
    stack = make(stopping=lambda: requests)
    stack.worker = STUBBORN
    stack.start()
    time.sleep(0.5)  # until it ignores SIGTERM
    requests = 2
    stack.stop()
    assert stack.started[0].exit_code == -signal.SIGKILL


def test_a_child_is_in_a_session_of_its_own() -> None:
    child = ChildProcess("sleeper", [sys.executable, "-c", SLEEPER], os.environ)
    try:
        assert os.getsid(child.pid) == child.pid
        assert not child.wait(0.05)
    finally:
        child.kill()
    assert not psutil.pid_exists(child.pid)
    child.kill()
    child.terminate()


def test_every_process_serves_its_metrics_at_a_port_of_its_own(
    make: Callable[..., ScriptedStack],
) -> None:
    stack = make()
    assert stack._metrics_port(1) == {}
    stack.environment = {stack_module.METRICS_PORT: "9464"}
    assert stack._metrics_port(0) == {stack_module.METRICS_PORT: "9464"}
    assert stack._metrics_port(2) == {stack_module.METRICS_PORT: "9466"}
