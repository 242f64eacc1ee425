"""Faults of many kinds while jobs run, and the proof that none is lost.

    python -m tests.chaos --jobs 2000 --seed 1

The seed draws the jobs and the faults; when what happens is not the same twice, the machine was
faster or slower. Exits with 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from pathlib import Path

from tests.chaos import clocks, network
from tests.chaos.plan import ANYWHERE, CUTS, STEPS, FaultKind
from tests.chaos.report import report
from tests.chaos.run import Setup, run


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=24, help="jobs under way at one time")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--fsync", choices=("always", "everysec"), default="always")
    parser.add_argument(
        "--fault", action="append", choices=[kind.value for kind in FaultKind], help="these alone"
    )
    parser.add_argument("--clocks", action="store_true", help="set the clocks of processes too")
    parser.add_argument(
        "--namespaces",
        action="store_true",
        help="a machine for each process, that is cut off too; needs Linux and root",
    )
    parser.add_argument("--keep", type=Path, help="a folder for the events and the logs")
    options = parser.parse_args()
    drawn = (*ANYWHERE, *(STEPS if options.clocks else ()), *(CUTS if options.namespaces else ()))
    kinds = tuple(map(FaultKind, options.fault or drawn))
    if set(kinds) & set(STEPS) and (reason := clocks.why_not()):
        parser.error(f"Clocks cannot be set: {reason}.")
    if set(kinds) & set(CUTS) and (reason := network.why_not()):
        parser.error(f"Machines cannot be cut off: {reason}.")
    # So that a run that is ended ends its processes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    logging.getLogger("httpx").setLevel(logging.WARNING)
    setup = Setup(
        seed=options.seed,
        jobs=options.jobs,
        clients=options.clients,
        workers=options.workers,
        fsync=options.fsync,
        kinds=kinds,
    )
    # Short, as the path of a socket has 107 characters.
    with tempfile.TemporaryDirectory(prefix="df-") as folder:
        outcome = asyncio.run(run(setup, Path(folder)))
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            outcome.log.write(options.keep / "events.ndjson")
            for log in Path(folder).glob("*.log"):
                (options.keep / log.name).write_bytes(log.read_bytes())
    print("\n".join(report(outcome)))
    return int(bool(outcome.broken))


if __name__ == "__main__":
    sys.exit(main())
