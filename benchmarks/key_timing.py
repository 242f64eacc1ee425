"""Whether the time that a wrong API key takes tells how near it was.

    python -m benchmarks.key_timing

The gateway's own check runs in this process, with keys of a file. Wrong keys of each kind take
turns with the others in random order, and each kind is compared with keys that share nothing, by
Welch's t as in dudect (Reparaz et al. 2017, https://eprint.iacr.org/2016/1123): below 4.5 nothing
is seen. As a control, the same is asked of a comparison character by character.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable
from itertools import chain
from typing import Final

import click
from starlette.requests import Request

from api.access.auth import KeyAuthenticator, Principal, new_key
from api.http.problems import Unauthorized
from core.store.api_keys import digest, new_secret

SEEN: Final = 4.5
GATEWAY, BASE = "the gateway", "nothing is right"
_CROP: Final = 0.9  # the slowest tenth are interruptions
_KEYS: Final = 64  # of each kind


class NoKeys:
    """Redis, which knows none of them."""

    async def principal(self, secret_hash: str) -> Principal:  # noqa: ARG002
        raise Unauthorized("The API key is not known here.")


def near(secret: str, same: int) -> str:
    """A wrong key of the same length whose first ``same`` characters are right."""
    rest = new_secret()[same : len(secret)]
    first = "A" if secret[same : same + 1] != "A" else "B"
    return secret[:same] + first + rest[1:]


def near_hash(secret: str) -> str:
    """A wrong key whose hash begins as that of the right one, by two hexadecimal digits."""
    wanted = digest(secret)[:2]
    return next(key for key in iter(new_secret, None) if digest(key).startswith(wanted))


def request_of(key: str) -> Request:
    headers = [(b"authorization", f"Bearer {key}".encode())]
    return Request({"type": "http", "headers": headers})


def naive(secret: str) -> Callable[[str], bool]:
    """The comparison that must not be: it ends at the first character that is wrong."""

    def same(key: str) -> bool:
        return all(one == other for one, other in zip(key, secret, strict=True))

    return same


def checked(secret: str) -> Callable[[str], object]:
    """One check by the gateway's own class, without an event loop around it."""
    authenticator = KeyAuthenticator({digest(secret): "acme"})
    ring = NoKeys()

    def check(key: str) -> object:
        try:
            authenticator.principal(request_of(key), ring).send(None)
        except (Unauthorized, StopIteration):
            return None
        raise RuntimeError("the check waits for something")

    return check


def times_ns(check: Callable[[str], object], key: str) -> int:
    started = time.perf_counter_ns()
    check(key)
    return time.perf_counter_ns() - started


def measure(
    check: Callable[[str], object], kinds: dict[str, list[str]], rounds: int
) -> dict[str, list[int]]:
    """Times of each kind, all in turns of random order; the slowest tenth of all is left out."""
    found: dict[str, list[int]] = {name: [] for name in kinds}
    names = list(kinds)
    for _ in range(rounds):
        random.shuffle(names)
        for name in names:
            found[name].append(times_ns(check, _copy(random.choice(kinds[name]))))
    every = sorted(chain.from_iterable(found.values()))
    limit = every[int(len(every) * _CROP)]
    return {name: [each for each in times if each <= limit] for name, times in found.items()}


def welch_t(one: list[int], other: list[int]) -> float:
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.fmean(one) - statistics.fmean(other)) / math.sqrt(spread)


def _copy(key: str) -> str:
    """A new string, as each request brings one."""
    return key[:20] + key[20:]


def kinds_of(secret: str) -> dict[str, list[str]]:
    """Wrong keys of each kind."""
    half, last = len(secret) // 2, len(secret) - 1
    makers: dict[str, Callable[[], str]] = {
        BASE: lambda: near(secret, 4),
        "nothing is right, again": lambda: near(secret, 4),
        "half of it is right": lambda: near(secret, half),
        "all but the last character": lambda: near(secret, last),
        "its hash begins alike": lambda: near_hash(secret),
    }
    return {name: [make() for _ in range(_KEYS)] for name, make in makers.items()}


@click.command()
@click.option("--rounds", default=20_000, show_default=True)
def main(rounds: int) -> None:
    """Print a table; exit with 1 when the gateway's time tells of a key."""
    secret = new_key("acme").secret
    kinds = kinds_of(secret)
    told = False
    print("| Checked by | Wrong key | median, µs | mean, µs | t | seen |")
    print("|---|---|---|---|---|---|")
    for by, check in ((GATEWAY, checked(secret)), ("character by character", naive(secret))):
        found = measure(check, kinds, rounds)
        for name, times in found.items():
            t = welch_t(times, found[BASE])
            seen = abs(t) > SEEN
            middle, mean = statistics.median(times) / 1000, statistics.fmean(times) / 1000
            cells = f"{middle:.2f} | {mean:.3f} | {t:+.1f} | {'yes' if seen else 'no'}"
            print(f"| {by} | {name} | {cells} |")
            told |= seen and by == GATEWAY
    raise SystemExit(1 if told else 0)


if __name__ == "__main__":
    main()
