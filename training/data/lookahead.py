"""Results by number, each made on a thread before it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

from core.cores import usable_cores

_T = TypeVar("_T")
_BEHIND = 2  # results that stay: whoever reads begins anew after a first look, as Keras does


class Lookahead(Generic[_T]):
    """What ``make`` returns for the numbers from 0 to ``length`` - 1, best read in their order.

    While one is used, the next ones are made, by default on as many threads as there are cores.
    ``make`` is called from several threads at once, and must give the same for a number every
    time: any may be read again, at the cost of making it again. Threads end with the object.
    """

    def __init__(
        self, make: Callable[[int], _T], length: int, *, threads: int | None = None
    ) -> None:
        self._make, self._length = make, length
        self._threads = threads or usable_cores()
        self._pool = ThreadPoolExecutor(self._threads, "lookahead")
        self._made: dict[int, Future[_T]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, number: int) -> _T:
        """Wait for a result; raises IndexError outside the length, and whatever ``make`` raises."""
        if not 0 <= number < self._length:
            raise IndexError(f"There are {self._length} results and none has the number {number}.")
        with self._lock:
            for each in range(number, min(number + self._threads + 1, self._length)):
                if each not in self._made:
                    self._made[each] = self._pool.submit(self._make, each)
            for each in [each for each in self._made if each < number - _BEHIND]:
                del self._made[each]
            wanted = self._made[number]
        return wanted.result()

    def __iter__(self) -> Iterator[_T]:
        """All of them in order."""
        return (self[number] for number in range(self._length))
