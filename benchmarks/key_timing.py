"""Whether the time that a wrong API key takes tells how near it was.

    python -m benchmarks.key_timing

The gateway's own check runs in this process, with keys of a file. In each of many blocks there is
another right key, and wrong keys of each kind, all new, take turns in random order: a single key
may be slower than another by where its hash falls in a table, which tells nothing of the right one.
Each kind is compared with keys that share nothing by the t of the blocks' means, as in dudect
(Reparaz et al. 2017, https://eprint.iacr.org/2016/1123): below 4.5 nothing is seen. As a control,
the same is asked of a comparison character by character.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable
from typing import Final

import click
from starlette.requests import Request

from api.access.auth import KeyAuthenticator, Principal
from api.http.problems import Unauthorized
from core.store.api_keys import digest, new_secret

SEEN: Final = 4.5
GATEWAY, BASE = "the gateway", "nothing is right"
_CROP: Final = 0.9  # the slowest tenth are interruptions
_KEYS: Final = 50  # of each kind in a block
_PREFIX: Final = len("dfk_")


class NoKeys:
    """Redis, which knows none of them."""

    async def principal(self, secret_hash: str) -> Principal:  # noqa: ARG002
        raise Unauthorized("The API key is not known here.")


def near(secret: str, same: int) -> str:
    """A wrong key of the same length whose first ``same`` characters are right."""
    others = iter(new_secret, None)
    rest = next(r for r in (each[same:] for each in others) if r[0] != secret[same])
    return secret[:same] + rest


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


def means_of_block(check: Callable[[str], object], kinds: dict[str, list[str]]) -> dict[str, float]:
    """The mean time of each kind; the slowest tenth of all is left out."""
    turns = [(name, key) for name, keys in kinds.items() for key in keys]
    random.shuffle(turns)
    found = [(name, times_ns(check, _copy(key))) for name, key in turns]
    limit = sorted(time for _, time in found)[int(len(found) * _CROP)]
    return {
        name: statistics.fmean(time for kind, time in found if kind == name and time <= limit)
        for name in kinds
    }


def t_of(means: list[float], base: list[float]) -> float:
    """The t of the differences, block by block."""
    differences = [one - other for one, other in zip(means, base, strict=True)]
    spread = statistics.stdev(differences) / math.sqrt(len(differences))
    return statistics.fmean(differences) / spread if spread else 0.0


def _copy(key: str) -> str:
    """A new string, as each request brings one."""
    return key[:20] + key[20:]


def kinds_of(secret: str) -> dict[str, list[str]]:
    """Wrong keys of each kind."""
    half, last = len(secret) // 2, len(secret) - 2
    makers: dict[str, Callable[[], str]] = {
        BASE: lambda: near(secret, _PREFIX),
        "nothing is right, again": lambda: near(secret, _PREFIX),
        "half of it is right": lambda: near(secret, half),
        "all but the last two characters": lambda: near(secret, last),
        "its hash begins alike": lambda: near_hash(secret),
    }
    return {name: [make() for _ in range(_KEYS)] for name, make in makers.items()}


@click.command()
@click.option("--blocks", default=1000, show_default=True)
def main(blocks: int) -> None:
    """Print a table; exit with 1 when the gateway's time tells of a key."""
    checks: dict[str, Callable[[str], Callable[[str], object]]] = {
        GATEWAY: checked,
        "character by character": naive,
    }
    found: dict[str, list[dict[str, float]]] = {by: [] for by in checks}
    for _ in range(blocks):
        secret = new_secret()
        kinds = kinds_of(secret)
        for by, make in checks.items():
            found[by].append(means_of_block(make(secret), kinds))
    print("| Checked by | Wrong key | mean, µs | more than the first, ns | t | seen |")
    print("|---|---|---|---|---|---|")
    told = [_print(by, means) for by, means in found.items()]
    raise SystemExit(1 if told[0] else 0)


def _print(by: str, means: list[dict[str, float]]) -> bool:
    """One line for each kind; whether any differs."""
    base = [block[BASE] for block in means]
    told = False
    for name in means[0]:
        times = [block[name] for block in means]
        t, mean = t_of(times, base), statistics.fmean(times)
        seen = abs(t) > SEEN
        more = mean - statistics.fmean(base)
        cells = f"{mean / 1000:.2f} | {more:+.1f} | {t:+.1f} | {'yes' if seen else 'no'}"
        print(f"| {by} | {name} | {cells} |")
        told |= seen
    return told


if __name__ == "__main__":
    main()
