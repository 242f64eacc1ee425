"""What it costs a poll that rates are limited.

Asks two gateways on one Redis in turns, one of which limits the rate of requests. Figures are as
in :mod:`benchmarks.gateway_speed`.

    python -m benchmarks.rate_speed --rounds 8
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.gateway_processes import gateway_process
from benchmarks.gateway_speed import Connection, measured
from tests.redis_server import RedisServer

KINDS: dict[str, dict[str, Any]] = {
    "no rate is limited": {},
    "requests are limited": {"tenant_requests_per_minute": 100_000},
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=8)
    arguments.add_argument("--polls", type=int, default=200, help="in a round, of each kind")
    options = arguments.parse_args()

    def polls(connection: Connection) -> int:
        return connection.poll(options.polls)

    with tempfile.TemporaryDirectory(prefix="df-") as folder, ExitStack() as stack:
        redis = stack.enter_context(RedisServer(Path(folder)))
        gateways = {
            kind: stack.enter_context(gateway_process(redis.url, **settings))
            for kind, settings in KINDS.items()
        }
        rounds = [
            {kind: measured(gateway, polls) for kind, gateway in gateways.items()}
            for _ in range(options.rounds + 1)
        ][1:]  # the first round makes pools and caches
    print("| a poll, ms | CPU of the gateway | ratio, median of the rounds | time for the client |")
    print("|---|---|---|---|")
    first = next(iter(KINDS))
    for kind in KINDS:
        ratio = median(each[kind][0] / each[first][0] for each in rounds)
        cpu, wall = (median(each[kind][index] for each in rounds) for index in (0, 1))
        print(f"| {kind} | {cpu:.3f} | {ratio:.2f} | {wall:.3f} |")


if __name__ == "__main__":
    main()
