"""The embedded stack: Redis, workers, a sender and a gateway as children of one command."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import DeepfakeError
from core.exit_codes import describe_exit
from deepfake.stack.child_process import ChildProcess
from deepfake.stack.embedded_redis import EmbeddedRedis

READY_TIMEOUT_S = 180.0  # a large Keras model takes 12 s on two idle cores
METRICS_PORT = "DEEPFAKE_METRICS_PORT"
POLL_S = 0.2  # each look for readiness costs the gateway and Redis a little
GATEWAY_STOP_S = 15.0  # above the 10 s that a stop leaves to uploads
WORKER_STOP_S = 45.0  # above the 30 s that the worker's drain leaves to running jobs
HEALTHY_S = 60.0  # a worker that lived this long starts over with its restarts
FIRST_BACKOFF_S, MAX_BACKOFF_S, MAX_RESTARTS = 1.0, 30.0, 5


class StackFailed(DeepfakeError):
    """A part of the stack did not start, or died and cannot be replaced."""

    code = "stack_failed"


@dataclass(slots=True)
class _Slot:
    """A place for a worker or the sender, and the patience that is left with it."""

    command: str
    name: str
    child: ChildProcess
    started: float
    number: int
    failures: int = 0
    restart_at: float | None = None  # a time.monotonic() value while it waits for its turn


@dataclass(slots=True)
class Stack:
    """Started by :meth:`start`, watched by :meth:`watch`, ended by :meth:`stop`.

    ``environment`` is what the children see; ``say`` tells the user.
    """

    environment: Mapping[str, str]
    workers: int
    redis: EmbeddedRedis | None
    say: Callable[[str], None]
    stopping: Callable[[], int]  # how many times the user asked to stop
    is_ready: Callable[[], bool]
    _slots: list[_Slot] = field(default_factory=list)
    _gateway: ChildProcess | None = None

    def start(self) -> bool:
        """Start everything and wait until the gateway is ready.

        False when the user asked to stop meanwhile. Raises :class:`StackFailed`.
        """
        self._slots = [
            _Slot(command, name, self._start(command, number), time.monotonic(), number)
            for command, name, number in self._parts()
        ]
        self._gateway = self._start("api")
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self.is_ready():
            if self.stopping():
                return False
            self._fail_on_death(self._slots)
            if time.monotonic() > deadline:
                raise StackFailed(f"The service was not ready within {READY_TIMEOUT_S:g} s.")
            time.sleep(POLL_S)
        return True

    def watch(self) -> None:
        """Return when the user asked to stop; a dead worker or sender is replaced meanwhile.

        Raises :class:`StackFailed` when Redis or the gateway died, or the others keep dying.
        """
        while not self.stopping():
            self._fail_on_death([])
            for slot in self._slots:
                self._care_for(slot)
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Gateway, then workers, which finish their jobs, and sender, then Redis; none is left."""
        if self._gateway is not None:
            self._end([self._gateway], GATEWAY_STOP_S)
        self._end([slot.child for slot in self._slots], WORKER_STOP_S)
        if self.redis is not None:
            self.redis.close()

    def _start(self, command: str, number: int = 0) -> ChildProcess:
        # -P: nothing is imported from the current directory in place of a package.
        return ChildProcess(
            command,
            [sys.executable, "-P", "-m", "deepfake", command],
            {**self.environment, **self._metrics_port(number)},
        )

    def _metrics_port(self, number: int) -> dict[str, str]:
        """The gateway serves its metrics at the port that is set, and workers at those after it."""
        first = self.environment.get(METRICS_PORT, "0")
        is_set = first.isdecimal() and int(first) > 0
        return {METRICS_PORT: str(int(first) + number)} if is_set else {}

    def _parts(self) -> list[tuple[str, str, int]]:
        """What is replaced when it dies: its command, its name for people, and its number."""
        numbers = range(1, self.workers + 1)
        workers = [("worker", f"Worker {number}", number) for number in numbers]
        return [*workers, ("sender", "The sender of webhooks", self.workers + 1)]

    def _fail_on_death(self, slots: Sequence[_Slot]) -> None:
        if self.redis is not None and (code := self.redis.process.exit_code) is not None:
            raise StackFailed(
                f"The embedded redis-server {describe_exit(code)}. {self.redis.last_words()}"
            )
        children = [("gateway", self._gateway), *((slot.command, slot.child) for slot in slots)]
        for name, child in children:
            if child is not None and (code := child.exit_code) is not None:
                raise StackFailed(f"The {name} {describe_exit(code)}; its last lines are above.")

    def _care_for(self, slot: _Slot) -> None:
        now = time.monotonic()
        if slot.restart_at is not None:
            if now >= slot.restart_at:
                slot.child = self._start(slot.command, slot.number)
                slot.started, slot.restart_at = now, None
            return
        code = slot.child.exit_code
        if code is None:
            return
        slot.failures = 1 if now - slot.started >= HEALTHY_S else slot.failures + 1
        if slot.failures > MAX_RESTARTS:
            raise StackFailed(
                f"{slot.name} {describe_exit(code)}, for the {slot.failures}th time "
                f"within {HEALTHY_S:g} s of its start; its last lines are above."
            )
        delay_s = min(FIRST_BACKOFF_S * 2 ** (slot.failures - 1), MAX_BACKOFF_S)
        self.say(f"{slot.name} {describe_exit(code)}; restarting it in {delay_s:g} s.")
        slot.restart_at = now + delay_s

    def _end(self, children: Sequence[ChildProcess], grace_s: float) -> None:
        """Ask, wait, and kill what is left; a second Ctrl-C ends the waiting."""
        for child in children:
            child.terminate()
        deadline = time.monotonic() + grace_s
        while any(child.exit_code is None for child in children):
            if time.monotonic() > deadline or self.stopping() > 1:
                break
            time.sleep(POLL_S / 2)
        for child in children:
            child.kill()
